package transform_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
)

// carefulReaders makes every record go field by field: each is said not to fit
// its columns, and is written from what ops.read_fields made of it.
const carefulReaders = `
	alter function ops.make_reader(regclass, text[]) rename to make_quick_reader;
	create function ops.make_reader(table_name regclass, variadic own_columns text[] default '{}')
	returns void
	language plpgsql
	as $$
	declare
		name constant text := (select relname from pg_class where oid = table_name);
		own constant text := (select string_agg(format('%L, read_%s.%I', own_column, name, own_column), ', ') from unnest(own_columns) as own_column);
	begin
		perform ops.make_quick_reader(table_name, variadic own_columns);
		execute format('create or replace function pg_temp.can_read_%s(record json) returns setof boolean language sql stable as %L', name, 'select false');
		execute format(
			'create or replace function pg_temp.read_%s(%s) returns setof %s language sql stable as %L',
			name,
			(select pg_get_function_arguments(oid) from pg_proc where pronamespace = pg_my_temp_schema() and proname = 'read_' || name),
			table_name,
			format(
				'select typed.* from ops.read_fields(record, ops.column_kinds(%L)) as found cross join lateral jsonb_populate_record(null::%s, found.fields || jsonb_build_object(%s)) as typed',
				table_name, table_name, own
			)
		);
	end
	$$`

// typedWay is a database in which documents are typed in one way.
type typedWay struct{ *bundle }

// TestReader types records as odd as they come in two ways, as a whole and
// field by field: rows, rejects and counts must be the same, also when some of
// the records come again, changed and unchanged.
//
// fault 22: exactness.
func TestReader(t *testing.T) {
	t.Parallel()
	for dataset, of := range map[string]struct {
		pipeline, connection, key string
		parts                     part
		count                     int
	}{
		"jst.saleout":  {"jst-orders", "jst", "io_id", saleoutParts(), 150},
		"wdt.stockout": {"wdt-stockouts-to-tplus", "wdt", "stockout_id", stockoutParts(), 150},
		"wdt.shop":     {"wdt-shops-to-jdy", "wdt", "shop_id", part{table: "wdt.shop"}, 150},
	} {
		t.Run(dataset, func(t *testing.T) {
			t.Parallel()
			quick, careful := typedWay{newBundleFor(t, of.pipeline)}, typedWay{newBundleFor(t, of.pipeline)}
			careful.script(carefulReaders)
			s := &scribe{Rand: rand.New(rand.NewPCG(22, 7)), columns: map[string][][2]string{}}
			s.learn(quick.bundle, of.parts)
			records := make([]string, of.count)
			for _, changed := range []float64{1, 0.5} {
				for i := range records {
					if s.is(changed) {
						records[i] = s.record(of.key, i*3/4, of.parts)
					}
				}
				for _, way := range []typedWay{quick, careful} {
					way.typeRecords(of.connection, dataset, records)
				}
				quick.wantSameAs(careful, dataset)
			}
			quick.wantEveryOutcome(dataset)
		})
	}
}

// learn takes the columns of every part from the database, but for those that
// pandian fills in.
func (s *scribe) learn(b *bundle, of part) {
	b.Helper()
	s.columns[of.table] = nil
	for _, row := range b.table(fmt.Sprintf(`
		select kind.key, kind.value #>> '{}'
		from jsonb_each(ops.column_kinds('%[1]s')) as kind
		inner join pg_attribute on attrelid = '%[1]s'::regclass and attname = kind.key
		where atttypid in ('text'::regtype, 'numeric'::regtype, 'timestamptz'::regtype) and attname not in ('connection_code', 'modified')
		order by 1`, of.table))[1:] {
		s.columns[of.table] = append(s.columns[of.table], [2]string(row))
	}
	for _, list := range of.lists {
		s.learn(b, list.of)
	}
}

// typeRecords lands records on pages and carries out the step of their source.
func (w typedWay) typeRecords(connection, dataset string, records []string) {
	w.Helper()
	var pages []string
	for page := range slices.Chunk(records, pageRecords) {
		pages = append(pages, "'"+strings.ReplaceAll("["+strings.Join(page, ", ")+`, "x"]`, "'", "''")+"'")
	}
	runID := w.begin(w.pipeline, nil)
	w.given(runID, fmt.Sprintf("select given.pages('%s', '%s', %s)", connection, dataset, strings.Join(pages, ", ")))
	w.run(runID, w.steps[:1])
}

// all is every row that the step wrote, by table, without the times of writing.
func (w typedWay) all(dataset string) map[string][]string {
	w.Helper()
	rows := map[string][]string{}
	tables := []string{"staging.reject", "ops.tally"}
	for _, row := range w.table(fmt.Sprintf(`
		select oid::regclass from pg_class where oid::regclass::text ~ '^%s(_|$)' and relkind in ('r', 'p') and not relispartition`,
		strings.ReplaceAll(dataset, ".", "[.]")))[1:] {
		tables = append(tables, row[0])
	}
	for _, table := range tables {
		for _, row := range w.table(fmt.Sprintf(
			"select to_jsonb(t) - 'rejected_at' - 'landed_at' - 'changed_at' - 'reject_id' as row from %s as t order by 1", table))[1:] {
			rows[table] = append(rows[table], row[0])
		}
	}
	return rows
}

func (w typedWay) wantSameAs(other typedWay, dataset string) {
	w.Helper()
	got, want := w.all(dataset), other.all(dataset)
	for _, table := range slices.Sorted(maps.Keys(want)) {
		differ := 0
		for i := range max(len(got[table]), len(want[table])) {
			gotRow, wantRow := "no row", "no row"
			if i < len(got[table]) {
				gotRow = got[table][i]
			}
			if i < len(want[table]) {
				wantRow = want[table][i]
			}
			if gotRow != wantRow {
				if differ++; differ <= 2 {
					w.Errorf("%s row %d\nas a whole     %s\nfield by field %s", table, i+1, gotRow, wantRow)
				}
			}
		}
		if differ > 2 {
			w.Errorf("%s: %d rows differ", table, differ)
		}
	}
}

// wantEveryOutcome keeps the records from being too tame, or too wild, to show
// anything.
func (w typedWay) wantEveryOutcome(dataset string) {
	w.Helper()
	for _, outcome := range []string{"new", "changed", "unchanged", "repeated", "rejected"} {
		count := scan[int](w.bundle, "select coalesce(sum(value), 0)::integer from ops.tally where subject = $1 and name = $2", dataset, outcome)
		if count < 5 {
			w.Errorf("%d records of %s are %s, want some more", count, dataset, outcome)
		}
	}
	for table, rows := range w.all(dataset) {
		if len(rows) < 5 {
			w.Errorf("%d rows in %s, want some more", len(rows), table)
		}
	}
}

// TestReadersAreDropped: a step leaves none of its functions in the session,
// and touches none that a person made there.
func TestReadersAreDropped(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	var left string
	err := pgx.BeginFunc(t.Context(), b.pool, func(tx pgx.Tx) error {
		_, err := tx.Exec(t.Context(), `
			create function pg_temp.read_mine() returns integer language sql return 1;
			select ops.make_reader('wdt.shop', 'shop_id'), ops.make_finder('has_a_name', array['shop_name', 'shop_no']);
			select ops.drop_readers()`, pgx.QueryExecModeSimpleProtocol)
		if err != nil {
			return err
		}
		return tx.QueryRow(t.Context(), `
			select string_agg(proname, ' ') from pg_proc where pronamespace = pg_my_temp_schema()`).Scan(&left)
	})
	if err != nil {
		t.Fatal(err)
	}
	if left != "read_mine" {
		t.Errorf("got %s, want a person's function alone", left)
	}
}

// TestUpgradeOfReaders: functions of an earlier version that have the names and
// types of new ones, but other parameters, give way.
func TestUpgradeOfReaders(t *testing.T) {
	t.Parallel()
	b := newBundleFor(t, "jst-orders")
	b.script(`
		drop function ops.list_problem(json, text);
		create function ops.list(record json, name text) returns json language plpgsql as 'begin return null; end';
		create function ops.list_problem(record json, name text) returns jsonb language plpgsql as 'begin return null; end';
		update ops.sql_object set content_hash = 'earlier' where file_name in ('function/ops_incoming', 'function/ops_reader')`)
	conn, err := b.pool.Acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Release()
	if applied, err := b.library.Apply(t.Context(), conn.Conn()); err != nil || len(applied) != 2 {
		t.Fatalf("applied %v, error %v", applied, err)
	}
	b.story(`select given.pages('jst', 'jst.saleout', '[{"io_id": "1", "items": [{"qty": 1}]}]')`)
	if scan[bool](b, "select to_regprocedure('ops.list(json, text)') is not null") {
		t.Error("ops.list(json, text) is still there")
	}
	if rows := scan[int](b, "select count(*) from jst.saleout_item"); rows != 1 {
		t.Errorf("got %d items, want 1", rows)
	}
}
