package transform_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"pandian/transform"
)

const (
	// benchDocuments is how many documents the benchmark types.
	benchDocuments = 2_000
	// pageRecords is how many documents come on a page.
	pageRecords = 50
)

// caseRecord is the record of a case that fills every field of a document.
var caseRecord = regexp.MustCompile(`(?s)'\[\s*(\{.*\})\s*\]'`)

// BenchmarkDocument types documents that fill every column, and types them
// again as they stand. Times are reported in microseconds a document, and as a
// multiple of the time that COPY takes for the same bytes into a jsonb column,
// which is the limit, in the same run.
func BenchmarkDocument(b *testing.B) {
	for _, document := range []struct{ pipeline, connection, dataset, folder, key string }{
		{"jst-orders", "jst", "jst.saleout", "jst_every_field_on_the_wire_has_its_column", "io_id"},
		{"wdt-stockouts-to-tplus", "wdt", "wdt.stockout", "wdt_stockout_every_field_has_its_column", "stockout_id"},
	} {
		b.Run(document.dataset, func(b *testing.B) {
			match := caseRecord.FindStringSubmatch(readText(b, "testdata/"+document.folder+"/given.sql"))
			record := strings.ReplaceAll(match[1], fmt.Sprintf(`"%[1]s": "%[1]s"`, document.key), fmt.Sprintf(`"%s": "%%s"`, document.key))
			for range b.N {
				bundle := newBundleFor(b, document.pipeline)
				bundle.landDocuments(document.connection, document.dataset, record)
				limit := bundle.copied(b)
				bundle.report(b, "new", limit, bundle.typed(b, document.pipeline, false))
				bundle.report(b, "again", limit, bundle.typed(b, document.pipeline, true))
			}
		})
	}
}

func (b *bundle) report(bench *testing.B, what string, limit, took time.Duration) {
	bench.ReportMetric(float64(took)/float64(time.Microsecond)/benchDocuments, what+"-µs/document")
	bench.ReportMetric(float64(took)/float64(limit), what+"-x-of-copy")
}

// landDocuments lands one document over and over, with a key of its own each
// time.
func (b *bundle) landDocuments(connection, dataset, record string) {
	b.Helper()
	runID := b.begin("landing", nil)
	b.given(runID, fmt.Sprintf(`
		select given.pages('%s', '%s', variadic array(
			select '[' || string_agg(replace($record$%s$record$, '%%s', id::text), ', ' order by id) || ']'
			from generate_series(1, %d) as id
			group by id / %d
		))`, connection, dataset, record, benchDocuments, pageRecords))
	b.end(runID, "ok")
}

// copied is how long COPY takes for the records that were landed, one a row,
// into a jsonb column.
func (b *bundle) copied(bench *testing.B) time.Duration {
	b.Helper()
	conn, err := b.pool.Acquire(b.Context())
	if err != nil {
		bench.Fatal(err)
	}
	defer conn.Release()
	var bytes strings.Builder
	if _, err := conn.Conn().PgConn().CopyTo(b.Context(), &bytes, `copy (
		select element.record from staging.page cross join lateral json_array_elements(records::json) as element (record)
	) to stdout`); err != nil {
		bench.Fatal(err)
	}
	if _, err := conn.Exec(b.Context(), "create table given.landed (record jsonb)"); err != nil {
		bench.Fatal(err)
	}
	started := time.Now()
	if _, err := conn.Conn().PgConn().CopyFrom(b.Context(), strings.NewReader(bytes.String()), "copy given.landed from stdin"); err != nil {
		bench.Fatal(err)
	}
	return time.Since(started)
}

// typed runs the step of the source and returns how long it took.
func (b *bundle) typed(bench *testing.B, pipeline string, full bool) (took time.Duration) {
	b.Helper()
	runID := b.begin(pipeline, nil)
	b.given(runID, "select 1")
	runner := b.runner(runID)
	runner.Full = full
	runner.After = func(result transform.StepResult) {
		if strings.HasPrefix(result.Step, "source/") {
			took += result.Duration
		}
	}
	if err := runner.Run(b.Context(), b.steps[:1]); err != nil {
		bench.Fatal(err)
	}
	b.end(runID, "ok")
	return took
}
