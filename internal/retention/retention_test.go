package retention_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5/pgxpool"

	"pandian/internal/fault"
	"pandian/internal/pgtest"
	"pandian/internal/retention"
)

// evening is 30 minutes before midnight in UTC, so already the 22nd in Beijing.
var evening = time.Date(2026, 11, 21, 23, 30, 0, 0, time.UTC)

func TestMakeAhead(t *testing.T) {
	t.Parallel()

	t.Run("makes yesterday to three days from now in every table partitioned by day", func(t *testing.T) {
		t.Parallel()
		pool := without(t)
		made, err := retention.MakeAhead(t.Context(), pool, evening)
		if err != nil {
			t.Fatal(err)
		}
		want := []string{"page_20261121", "page_20261122", "page_20261123", "page_20261124", "page_20261125"}
		if diff := cmp.Diff(want, partitions(t, pool, "staging.page")); diff != "" {
			t.Errorf("staging.page (want -, got +)\n%s", diff)
		}
		for _, table := range []string{"wdt.stock_change", "yonsuite.current_stock_change", "compare.stock_result_change"} {
			if got := partitions(t, pool, table); len(got) != 5 {
				t.Errorf("%s: got partitions %v, want 5", table, got)
			}
		}
		if got, want := made, len(partitions(t, pool, "")); got != want {
			t.Errorf("got %d made, want %d", got, want)
		}
	})

	t.Run("makes nothing twice", func(t *testing.T) {
		t.Parallel()
		pool := without(t)
		for range 2 {
			if _, err := retention.MakeAhead(t.Context(), pool, evening); err != nil {
				t.Fatal(err)
			}
		}
		made, err := retention.MakeAhead(t.Context(), pool, evening.AddDate(0, 0, 1))
		if err != nil {
			t.Fatal(err)
		}
		if want := len(parents(t, pool)); made != want {
			t.Errorf("got %d made a day later, want one for each of %d tables", made, want)
		}
	})

	t.Run("an account that owns nothing may make them, and is told what to grant if it may not", func(t *testing.T) {
		t.Parallel()
		pool := without(t)
		restricted := asReader(t, pool)
		if made, err := retention.MakeAhead(t.Context(), restricted, evening); err != nil || made == 0 {
			t.Errorf("got %d made, %v; want some and no error", made, err)
		}
		exec(t, pool, "revoke execute on function ops.make_day_partitions from public")
		_, err := retention.MakeAhead(t.Context(), restricted, evening)
		var forbidden *fault.Error
		if !errors.As(err, &forbidden) || forbidden.Code != fault.DatabaseForbidden || forbidden.Suggestion == "" {
			t.Fatalf("got %v, want %s with a suggestion", err, fault.DatabaseForbidden)
		}
	})
}

func TestDrop(t *testing.T) {
	t.Parallel()

	t.Run("drops what is older than the retention and nothing else", func(t *testing.T) {
		t.Parallel()
		pool := madeFor(t, 10)
		dropped, err := retention.Drop(t.Context(), pool, 5, evening)
		if err != nil {
			t.Fatal(err)
		}
		got := partitions(t, pool, "staging.page")
		if len(got) == 0 || got[0] != "page_20261117" {
			t.Errorf("got %v, want page_20261117 as the oldest", got)
		}
		if got, want := dropped.Count, 5*len(parents(t, pool)); got != want {
			t.Errorf("got %d dropped, want %d", got, want)
		}
	})

	t.Run("keeps a partition that a newest snapshot stands on", func(t *testing.T) {
		t.Parallel()
		pool := madeFor(t, 10)
		// Half past midnight of the 14th in Beijing is still the 13th in UTC.
		exec(t, pool, `insert into staging.snapshot_page values ('ys', 'yonsuite.current_stock', 0, 7, '2026-11-13 16:30:00+00', 1, 1)`)
		dropped, err := retention.Drop(t.Context(), pool, 5, evening)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]string{"staging.page_20261114"}, dropped.InUse); diff != "" {
			t.Errorf("in use (want -, got +)\n%s", diff)
		}
		if got := partitions(t, pool, "staging.page")[0]; got != "page_20261114" {
			t.Errorf("got %s as the oldest, want page_20261114", got)
		}
		if got := partitions(t, pool, "wdt.stock_change")[0]; got != "stock_change_20261117" {
			t.Errorf("got %s as the oldest change feed, want stock_change_20261117", got)
		}
	})

	t.Run("gives way to somebody who reads, and comes back later", func(t *testing.T) {
		t.Parallel()
		pool := madeFor(t, 6)
		reader, err := pool.Begin(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer reader.Rollback(context.WithoutCancel(t.Context()))
		if _, err := reader.Exec(t.Context(), "select count(*) from staging.page"); err != nil {
			t.Fatal(err)
		}
		dropped, err := retention.Drop(t.Context(), pool, 5, evening)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]string{"staging.page"}, dropped.Busy); diff != "" {
			t.Errorf("busy (want -, got +)\n%s", diff)
		}
		if err := reader.Rollback(t.Context()); err != nil {
			t.Fatal(err)
		}
		if dropped, err = retention.Drop(t.Context(), pool, 5, evening); err != nil || dropped.Count != 1 {
			t.Errorf("got %v, %v afterwards; want it to be dropped", dropped, err)
		}
	})

	t.Run("refuses to keep nothing", func(t *testing.T) {
		t.Parallel()
		pool := pgtest.Pool(t)
		if _, err := retention.Drop(t.Context(), pool, 0, evening); err == nil {
			t.Error("got no error, want one")
		}
	})
}

// without has no day partitions; migrations may have made those of today.
func without(t *testing.T) *pgxpool.Pool {
	t.Helper()
	pool := pgtest.Pool(t)
	exec(t, pool, `
		do $$
		declare
			part record;
		begin
			for part in select inhrelid::regclass as name from pg_inherits inner join pg_class on pg_class.oid = inhrelid where relname ~ '_[0-9]{8}$' loop
				execute format('drop table %s', part.name);
			end loop;
		end
		$$`)
	return pool
}

// madeFor has the partitions that were made on each of the last days.
func madeFor(t *testing.T, days int) *pgxpool.Pool {
	t.Helper()
	pool := without(t)
	for back := range days {
		if _, err := retention.MakeAhead(t.Context(), pool, evening.AddDate(0, 0, -back)); err != nil {
			t.Fatal(err)
		}
	}
	return pool
}

// asReader connects as an account that may look at things but owns nothing.
func asReader(t *testing.T, pool *pgxpool.Pool) *pgxpool.Pool {
	t.Helper()
	role := fmt.Sprintf("pandian_reader_%d", time.Now().UnixNano())
	exec(t, pool, "create role "+role)
	exec(t, pool, "grant usage on schema staging, wdt, yonsuite, compare, ops to "+role)
	config := pool.Config()
	config.ConnConfig.RuntimeParams["role"] = role
	restricted, err := pgxpool.NewWithConfig(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		restricted.Close()
		_, _ = pool.Exec(context.Background(), "drop owned by "+role)
		_, _ = pool.Exec(context.Background(), "drop role "+role)
	})
	return restricted
}

func exec(t *testing.T, pool *pgxpool.Pool, sql string) {
	t.Helper()
	if _, err := pool.Exec(t.Context(), sql); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

// partitions lists the day partitions of a table; of all tables for "".
func partitions(t *testing.T, pool *pgxpool.Pool, table string) []string {
	t.Helper()
	return list(t, pool, `
		select relname::text from pg_inherits inner join pg_class on pg_class.oid = inhrelid
		where relname ~ '_[0-9]{8}$' and relkind = 'r' and ($1 = '' or inhparent = to_regclass(nullif($1, ''))) order by relname`, table)
}

func parents(t *testing.T, pool *pgxpool.Pool) []string {
	t.Helper()
	return list(t, pool, `
		select partrelid::regclass::text from pg_partitioned_table
		inner join pg_attribute on attrelid = partrelid and attnum = partattrs[0]
		where atttypid = 'timestamptz'::regtype`)
}

func list(t *testing.T, pool *pgxpool.Pool, sql string, args ...any) []string {
	t.Helper()
	rows, err := pool.Query(t.Context(), sql, args...)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var names []string
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			t.Fatal(err)
		}
		names = append(names, name)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return names
}
