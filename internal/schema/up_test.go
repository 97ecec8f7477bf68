package schema_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"pandian/internal/fault"
	"pandian/internal/pgtest"
	"pandian/internal/schema"
)

func TestUp(t *testing.T) {
	t.Parallel()

	t.Run("applies_migrations_then_functions_and_views_and_nothing_the_second_time", func(t *testing.T) {
		t.Parallel()
		m := newMigrator(t, schema.Options{URL: pgtest.Empty(t)})
		first := mustUp(t, m)
		status := mustStatus(t, m)
		if got := len(first.Migrations); got == 0 || got != status.Count(schema.Applied) || got != len(status.Migrations) {
			t.Errorf("applied %d of %d migrations, status counts %d", got, len(status.Migrations), status.Count(schema.Applied))
		}
		if got := len(first.Replaced); got == 0 || got != len(status.Replaceable) || status.Outdated() != 0 {
			t.Errorf("applied %d of %d functions and views, %d are outdated", got, len(status.Replaceable), status.Outdated())
		}
		if second := mustUp(t, m); len(second.Migrations)+len(second.Replaced) != 0 {
			t.Errorf("the second time: got %+v, want nothing", second)
		}
	})

	// fault 31: 8 concurrent migrate up
	t.Run("eight_at_once_apply_each_migration_once", func(t *testing.T) {
		t.Parallel()
		url := pgtest.Empty(t)
		var results [8]schema.UpResult
		var failures [8]error
		var wg sync.WaitGroup
		for i := range results {
			m := newMigrator(t, schema.Options{URL: url})
			wg.Go(func() { results[i], failures[i] = m.Up(t.Context()) })
		}
		wg.Wait()
		if err := errors.Join(failures[:]...); err != nil {
			t.Fatal(err)
		}
		var applied []int64
		replaced := 0
		for _, result := range results {
			for _, step := range result.Migrations {
				applied = append(applied, step.Version)
			}
			replaced += len(result.Replaced)
		}
		slices.Sort(applied)
		status := mustStatus(t, newMigrator(t, schema.Options{URL: url}))
		if len(applied) != len(status.Migrations) || len(slices.Compact(applied)) != len(applied) || status.Count(schema.Applied) != len(applied) {
			t.Errorf("got versions %v, want each of %d once", applied, len(status.Migrations))
		}
		if replaced != len(status.Replaceable) {
			t.Errorf("got %d functions and views applied, want %d", replaced, len(status.Replaceable))
		}
	})

	t.Run("needs_no_right_but_to_create_schemas", func(t *testing.T) {
		t.Parallel()
		_, url := emptyFor(t, "maker", "grant create on database %[2]s to %[1]s")
		m := newMigrator(t, schema.Options{URL: url})
		mustUp(t, m)
		if _, err := m.Gate(t.Context(), connect(t, url)); err != nil {
			t.Errorf("gate: %v", err)
		}
	})

	t.Run("a_database_that_does_not_exist_is_named", func(t *testing.T) {
		t.Parallel()
		_, err := newMigrator(t, schema.Options{URL: absent(t)}).Up(t.Context())
		wantFault(t, err, fault.DatabaseUnreachable, `"pandian_absent" does not exist`, `create database "pandian_absent"`)
	})

	t.Run("a_failed_migration_is_named_and_what_came_before_it_stays", func(t *testing.T) {
		t.Parallel()
		url := pgtest.Empty(t)
		broken := with(three(), "00003_create_box.sql", "-- +goose Up\ncreate table shop.box (n int);\ncreate table shop.shelf (n int);\n-- +goose Down\n")
		result, err := newMigrator(t, schema.Options{URL: url, Migrations: files(broken)}).Up(t.Context())
		wantFault(t, err, fault.MigrationFailed, "apply 00003_create_box.sql", `relation "shelf" already exists`, "nothing of it was kept")
		if len(result.Migrations) != 2 {
			t.Errorf("got %+v, want the two before it", result.Migrations)
		}
		if result := mustUp(t, newMigrator(t, schema.Options{URL: url, Migrations: files(three())})); len(result.Migrations) != 1 {
			t.Errorf("after the mending: got %+v, want the one that failed", result.Migrations)
		}
	})

	t.Run("a_migration_below_the_newest_applied_one_is_refused", func(t *testing.T) {
		t.Parallel()
		url := pgtest.Empty(t)
		branch := three()
		delete(branch, "00002_create_shelf.sql")
		mustUp(t, newMigrator(t, schema.Options{URL: url, Migrations: files(branch)}))
		_, err := newMigrator(t, schema.Options{URL: url, Migrations: files(three())}).Up(t.Context())
		if !errors.Is(err, schema.ErrOutOfOrder) {
			t.Errorf("got %v, want %v", err, schema.ErrOutOfOrder)
		}
	})
}

// absent is the URL of a database that is not there, on the server of the
// tests.
func absent(t *testing.T) string {
	t.Helper()
	url := pgtest.Empty(t)
	return strings.Replace(url, connect(t, url).Config().Database, "pandian_absent", 1)
}

// fault 31: kill in the middle
func TestUpKilledInTheMiddle(t *testing.T) {
	t.Parallel()

	// The second migration waits for a lock that the test holds, after it has
	// made a table.
	slow := func() fstest.MapFS {
		return files(with(three(), "00002_create_shelf.sql",
			"-- +goose Up\ncreate table shop.shelf (n int);\nselect pg_advisory_xact_lock(42);\n-- +goose Down\ndrop table shop.shelf;\n"))
	}
	const isWaiting = `select exists (select from pg_locks
		where locktype = 'advisory' and objid = 42 and not granted
		and database = (select oid from pg_database where datname = current_database()))`

	for name, kill := range map[string]func(t *testing.T, url string, cancel context.CancelFunc){
		"by_its_context": func(_ *testing.T, _ string, cancel context.CancelFunc) { cancel() },
		"by_the_end_of_its_backend": func(t *testing.T, url string, _ context.CancelFunc) {
			exec(t, connect(t, url), `select pg_terminate_backend(pid) from pg_stat_activity
				where datname = current_database() and application_name = 'pandian migrate'`)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url := pgtest.Empty(t)
			holder := connect(t, url)
			exec(t, holder, "select pg_advisory_lock(42)")
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			options := schema.Options{URL: url, Migrations: slow(), LockTimeout: time.Minute}
			ended := make(chan error)
			go func() {
				_, err := newMigrator(t, options).Up(ctx)
				ended <- err
			}()
			eventually(t, holder, "the second migration waits", isWaiting)
			kill(t, url, cancel)
			err := <-ended
			if err == nil || ctx.Err() != nil && !errors.Is(err, context.Canceled) {
				t.Fatalf("got %v from the killed one, want an error that names the cause", err)
			}
			exec(t, holder, "select pg_advisory_unlock(42)")
			result := mustUp(t, newMigrator(t, options))
			if len(result.Migrations) != 2 || result.Migrations[0].Version != 2 {
				t.Errorf("got %+v, want the two that the killed one left", result.Migrations)
			}
			if got := scan[int64](t, holder, "select count(*) from pg_tables where schemaname = 'shop'"); got != 2 {
				t.Errorf("got %d tables, want 2", got)
			}
		})
	}
}

func TestUpWaits(t *testing.T) {
	t.Parallel()

	t.Run("for_another_one_only_so_long_and_names_it", func(t *testing.T) {
		t.Parallel()
		url := pgtest.Empty(t)
		holder := connect(t, url)
		exec(t, holder, "set application_name = 'the other'")
		exec(t, holder, "select pg_advisory_lock(hashtextextended('pandian.migrate', 0))")
		m := newMigrator(t, schema.Options{URL: url, Migrations: files(three()), LockWait: 200 * time.Millisecond})
		_, err := m.Up(t.Context())
		wantFault(t, err, fault.MigrationFailed, "waited 200ms", "the other", "let it end")
		exec(t, holder, "select pg_advisory_unlock_all()")
		mustUp(t, m)
	})

	// What must not happen: the migration queues for the table, and every
	// reader queues behind it.
	t.Run("for_a_table_in_use_without_holding_up_others", func(t *testing.T) {
		t.Parallel()
		url := pgtest.Empty(t)
		texts := three()
		mustUp(t, newMigrator(t, schema.Options{URL: url, Migrations: files(texts)}))
		analyst, reader := connect(t, url), connect(t, url)
		exec(t, analyst, "begin")
		exec(t, analyst, "select from shop.shelf")
		texts = with(texts, "00004_add.sql", "-- +goose Up\nalter table shop.shelf add m int;\n-- +goose Down\nalter table shop.shelf drop m;\n")
		m := newMigrator(t, schema.Options{URL: url, Migrations: files(texts), LockTimeout: 100 * time.Millisecond, LockAttempts: 50})
		ended := make(chan error)
		go func() { _, err := m.Up(t.Context()); ended <- err }()
		for range 10 {
			started := time.Now()
			exec(t, reader, "select from shop.shelf")
			if took := time.Since(started); took > time.Second {
				t.Errorf("a reader waited for %s", took)
			}
			time.Sleep(50 * time.Millisecond)
		}
		select {
		case err := <-ended:
			t.Fatalf("it ended although the table is in use: %v", err)
		default:
		}
		exec(t, analyst, "commit")
		if err := <-ended; err != nil {
			t.Errorf("after the analyst: %v", err)
		}
	})

	t.Run("for_a_table_in_use_only_so_often_and_says_what_to_do", func(t *testing.T) {
		t.Parallel()
		url := pgtest.Empty(t)
		texts := three()
		mustUp(t, newMigrator(t, schema.Options{URL: url, Migrations: files(texts)}))
		analyst := connect(t, url)
		exec(t, analyst, "begin")
		exec(t, analyst, "select from shop.shelf")
		texts = with(texts, "00004_add.sql", "-- +goose Up\nalter table shop.shelf add m int;\n-- +goose Down\nalter table shop.shelf drop m;\n")
		_, err := newMigrator(t, schema.Options{URL: url, Migrations: files(texts), LockTimeout: 10 * time.Millisecond, LockAttempts: 2}).Up(t.Context())
		wantFault(t, err, fault.MigrationFailed, "00004_add.sql", "2 attempts", "pg_stat_activity")
	})
}

// fault 31: left-over invalid index
func TestUpAfterAnInterruptedIndex(t *testing.T) {
	t.Parallel()
	url := pgtest.Empty(t)
	texts := three()
	mustUp(t, newMigrator(t, schema.Options{URL: url, Migrations: files(texts)}))
	texts = with(texts, "00004_add_shelf_index.sql",
		"-- +goose NO TRANSACTION\n-- +goose Up\ncreate index concurrently shelf_n_idx on shop.shelf (n);\n-- +goose Down\ndrop index concurrently shop.shelf_n_idx;\n")
	options := schema.Options{URL: url, Migrations: files(texts), LockTimeout: 50 * time.Millisecond}

	// An old transaction makes the index wait in the middle of its work, longer
	// than a migration in a transaction would.
	old, watcher := connect(t, url), connect(t, url)
	exec(t, old, "begin")
	exec(t, old, "insert into shop.shelf values (1)")
	ended := make(chan error)
	go func() { _, err := newMigrator(t, options).Up(t.Context()); ended <- err }()
	eventually(t, watcher, "the index is being built", "select exists (select from pg_stat_progress_create_index where datname = current_database())")
	time.Sleep(200 * time.Millisecond)
	if status := mustStatus(t, newMigrator(t, options)); len(status.InvalidIndexes) != 0 {
		t.Errorf("while it is built: got %+v, want no invalid index", status.InvalidIndexes)
	}
	exec(t, watcher, `select pg_terminate_backend(pid) from pg_stat_activity
		where datname = current_database() and application_name = 'pandian migrate'`)
	if err := <-ended; err == nil {
		t.Fatal("got no error from the killed one")
	}
	exec(t, old, "rollback")

	status := mustStatus(t, newMigrator(t, options))
	want := schema.InvalidIndex{Name: "shop.shelf_n_idx", Table: "shop.shelf", Drop: "drop index concurrently if exists shop.shelf_n_idx;"}
	if len(status.InvalidIndexes) != 1 || status.InvalidIndexes[0].Name != want.Name ||
		status.InvalidIndexes[0].Table != want.Table || status.InvalidIndexes[0].Drop != want.Drop {
		t.Fatalf("got %+v, want %+v", status.InvalidIndexes, want)
	}
	result := mustUp(t, newMigrator(t, options))
	if len(result.Migrations) != 1 || !slices.Equal(result.Dropped, []string{"shop.shelf_n_idx"}) {
		t.Errorf("got %+v, want the index dropped and made again", result)
	}
	if status := mustStatus(t, newMigrator(t, options)); len(status.InvalidIndexes) != 0 {
		t.Errorf("after up: got %+v, want no invalid index", status.InvalidIndexes)
	}
}
