package transform_test

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"pandian/internal/pgtest/uptodate"
	"pandian/sql"
	"pandian/transform"
)

var (
	//go:embed testdata/given.sql
	givenSQL string
	//go:embed testdata/given_documents.sql
	givenDocumentsSQL string
)

// givenPartitionsSQL makes those of the days around today.
const givenPartitionsSQL = `
	select ops.make_day_partitions(parent::regclass, current_date - 1, current_date + 2)
	from unnest(array[
		'staging.page', 'wdt.stock_change', 'yonsuite.current_stock_change', 'compare.stock_result_change',
		'wdt.shop_change', 'wdt.stockout_change', 'jst.saleout_change'
	]) as parent`

// pipeline is the one that the tests carry out where they do not name another.
const pipeline = "stock-compare"

// datasets are what each pipeline reads.
func datasets() map[string][]string {
	return map[string][]string{
		pipeline:                  {"wdt.stock", "yonsuite.current_stock"},
		"wdt-stockouts-to-tplus":  {"wdt.stockout"},
		"wdt-shops-to-jdy":        {"wdt.shop"},
		"jst-saleouts-to-k3cloud": {"jst.saleout"},
		"jst-orders":              {"jst.saleout"},
	}
}

// bundle is a fresh database with every function and view of sql/, the day
// partitions around today and the functions of testdata/given*.sql.
type bundle struct {
	testing.TB
	pool     *pgxpool.Pool
	library  *transform.Library
	pipeline string
	steps    []transform.File
}

func newBundle(t testing.TB) *bundle {
	t.Helper()
	return newBundleFor(t, pipeline)
}

// newBundleFor is a database in which another pipeline runs, with the
// parameters of its published scheme; datasets that it does not read may be
// typed beside it.
func newBundleFor(t testing.TB, pipeline string, more ...string) *bundle {
	t.Helper()
	library := loadLibrary(t)
	names := append(slices.Clone(datasets()[pipeline]), more...)
	steps, err := library.Steps(pipeline, names)
	if err != nil {
		t.Fatal(err)
	}
	if len(steps) <= len(names) {
		t.Fatalf("no pipeline %q", pipeline)
	}
	// The partitions are those of a day, so each day has a database to copy from.
	given := fmt.Sprintf("-- %s\n%s;\n%s;\n%s", time.Now().UTC().Format(time.DateOnly), givenPartitionsSQL, givenSQL, givenDocumentsSQL)
	b := &bundle{TB: t, pool: uptodate.Pool(t, given), library: library, pipeline: pipeline, steps: steps}
	b.exec("select given.defaults($1)", pipeline)
	return b
}

func loadLibrary(t testing.TB) *transform.Library {
	t.Helper()
	library, err := transform.Load(sql.FS)
	if err != nil {
		t.Fatal(err)
	}
	return library
}

// script sends statements as they stand.
func (b *bundle) script(text string) {
	b.Helper()
	if _, err := b.pool.Exec(b.Context(), text, pgx.QueryExecModeSimpleProtocol); err != nil {
		b.Fatal(err)
	}
}

func (b *bundle) exec(text string, args ...any) {
	b.Helper()
	if _, err := b.pool.Exec(b.Context(), text, args...); err != nil {
		b.Fatalf("%v\nin %s", err, text)
	}
}

// scan reads one value.
func scan[T any](b *bundle, text string, args ...any) T {
	b.Helper()
	var value T
	if err := b.pool.QueryRow(b.Context(), text, args...).Scan(&value); err != nil {
		b.Fatalf("%v\nin %s", err, text)
	}
	return value
}

// begin writes the row of a run that works.
func (b *bundle) begin(pipeline string, params map[string]string) int64 {
	b.Helper()
	if params == nil {
		params = map[string]string{}
	}
	encoded, err := json.Marshal(params)
	if err != nil {
		b.Fatal(err)
	}
	return scan[int64](b, `
		insert into ops.run (pipeline_code, command, params, host, process_id, program_version)
		values ($1, 'run', $2, 'here', 1, 'test')
		returning run_id`, pipeline, string(encoded))
}

// given runs the statements of a case for a run, and then gives the run the
// parameters that the case has named so far.
func (b *bundle) given(runID int64, text string) {
	b.Helper()
	err := b.inRun(runID, func(tx pgx.Tx) error {
		_, err := tx.Conn().PgConn().Exec(b.Context(), text).ReadAll()
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
	b.exec(`update ops.run set params = (select jsonb_object_agg(name, value) from given.params) where run_id = $1`, runID)
}

// inRun opens a transaction that works for a run, as a person does in psql.
func (b *bundle) inRun(runID int64, do func(pgx.Tx) error) error {
	return pgx.BeginFunc(b.Context(), b.pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(b.Context(), "select set_config('pandian.run_id', $1::bigint::text, true)", runID); err != nil {
			return err
		}
		return do(tx)
	})
}

func (b *bundle) runner(runID int64) *transform.Runner {
	return &transform.Runner{Pool: b.pool, Log: slog.New(slog.DiscardHandler), RunID: runID}
}

// run carries out steps for a run and ends it.
func (b *bundle) run(runID int64, steps []transform.File) {
	b.Helper()
	if err := b.runner(runID).Run(b.Context(), steps); err != nil {
		b.Fatal(err)
	}
	b.end(runID, "ok")
}

func (b *bundle) end(runID int64, state string) {
	b.Helper()
	b.exec("update ops.run set state = $2, finished_at = clock_timestamp() where run_id = $1", runID, state)
}

// story is the common course of a test: each part is what a new run finds, as
// in a case's given.sql, and is then typed and compared.
func (b *bundle) story(parts ...string) (runID int64) {
	b.Helper()
	for _, part := range parts {
		runID = b.begin(b.pipeline, nil)
		b.given(runID, part)
		b.run(runID, b.steps)
	}
	return runID
}

// table reads a query's rows as text, as psql shows them, under its column
// names; null is "null".
func (b *bundle) table(text string) [][]string {
	b.Helper()
	var rows [][]string
	err := b.pool.AcquireFunc(b.Context(), func(conn *pgxpool.Conn) error {
		results, err := conn.Conn().PgConn().Exec(b.Context(),
			"set timezone = 'Asia/Shanghai';"+text+";reset timezone").ReadAll()
		if err != nil {
			return err
		}
		var names []string
		for _, field := range results[1].FieldDescriptions {
			names = append(names, field.Name)
		}
		rows = append(rows, names)
		for _, record := range results[1].Rows {
			var row []string
			for _, value := range record {
				if value == nil {
					row = append(row, "null")
				} else {
					row = append(row, string(value))
				}
			}
			rows = append(rows, row)
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
	return rows
}

// written is a fingerprint of every row version in the schemas that steps
// write: even a row that was locked or rewritten with the same values
// changes it.
func (b *bundle) written(schemas ...string) map[string]string {
	b.Helper()
	prints := map[string]string{}
	for _, row := range b.table(`
		select format('%I.%I', nspname, relname)
		from pg_class
		inner join pg_namespace on pg_namespace.oid = relnamespace
		where relkind = 'r' and nspname in ('` + strings.Join(schemas, "', '") + `')
		order by 1`)[1:] {
		prints[row[0]] = scan[string](b, `
			select format('%s rows, %s', count(*), sum(hashtextextended(concat_ws(' ', xmin, xmax, ctid, t), 0)::numeric))
			from `+row[0]+` as t`)
	}
	return prints
}

// wantSame fails when a table was written between two fingerprints.
func (b *bundle) wantSame(when string, got, want map[string]string) {
	b.Helper()
	for name, print := range want {
		if got[name] != print {
			b.Errorf("%s: %s was written: got %s, want %s", when, name, got[name], print)
		}
	}
	if len(got) != len(want) {
		b.Errorf("%s: got %d tables, want %d", when, len(got), len(want))
	}
}

// stageSchemas are what a step may write besides ops.
func stageSchemas() []string {
	return []string{"staging", "wdt", "jst", "yonsuite", "compare", "outbox"}
}
