package transform_test

import (
	"encoding/csv"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// update writes what the cases came to into want.csv, to be read and then
// committed.
var update = flag.Bool("update", false, "write testdata/*/want.csv")

// ofPipeline is how a case names its pipeline, in the first line of given.sql,
// and datasets that are typed beside those that it reads, as in "-- pipeline:
// jst-orders with wdt.shop". A case without it is stock-compare's.
var ofPipeline = regexp.MustCompile(`\A-- pipeline: (\S+)(?: with (.+))?\n`)

// TestCase carries out the folders of testdata. given.sql tells what a first
// run finds; after each line "-- run" comes what the next run finds. Then
// query.sql must list what is in want.csv. Every case must also keep the laws
// that hold whatever is given.
//
// fault 22: exactness.
func TestCase(t *testing.T) {
	t.Parallel()
	given, err := filepath.Glob("testdata/*/given.sql")
	if err != nil {
		t.Fatal(err)
	}
	if len(given) == 0 {
		t.Fatal("no cases")
	}
	for _, path := range given {
		folder := filepath.Dir(path)
		t.Run(filepath.Base(folder), func(t *testing.T) {
			t.Parallel()
			text, name, more := readText(t, path), pipeline, ""
			if match := ofPipeline.FindStringSubmatch(text); match != nil {
				name, more = match[1], match[2]
			}
			b := newBundleFor(t, name, strings.Fields(more)...)
			var last int64
			for _, part := range strings.Split(text, "\n-- run\n") {
				last = b.story(part)
				b.wantChecked(last)
			}
			b.wantTable(folder)
			b.wantLaws(last)
		})
	}
}

func readText(t testing.TB, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func (b *bundle) wantTable(folder string) {
	b.Helper()
	got := b.table(readText(b, filepath.Join(folder, "query.sql")))
	path := filepath.Join(folder, "want.csv")
	if *update {
		writeTable(b, path, got)
		return
	}
	want := readTable(b, path)
	for i := range max(len(got), len(want)) {
		gotRow, wantRow := "no row", "no row"
		if i < len(got) {
			gotRow = strings.Join(got[i], ",")
		}
		if i < len(want) {
			wantRow = strings.Join(want[i], ",")
		}
		if gotRow != wantRow {
			b.Errorf("%s line %d\n got %s\nwant %s", path, i+1, gotRow, wantRow)
		}
	}
}

func readTable(t testing.TB, path string) [][]string {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	rows, err := csv.NewReader(file).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

func writeTable(t testing.TB, path string, rows [][]string) {
	t.Helper()
	var text strings.Builder
	if err := csv.NewWriter(&text).WriteAll(rows); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text.String()), 0o644); err != nil {
		t.Fatal(err)
	}
}

// wantLaws fails when a law is broken that holds in every database.
func (b *bundle) wantLaws(lastRun int64) {
	b.Helper()
	b.wantAddsUp()
	b.wantNoFanOut()
	b.wantDocuments()
	b.wantNothingLeft(lastRun)
}

// wantAddsUp: every record that came is rejected, repeated, new, changed,
// unchanged or replaced by a newer page.
func (b *bundle) wantAddsUp() {
	b.Helper()
	for _, row := range b.table(`
		select
			run_id,
			subject,
			sum(value) filter (where name = 'taken') as taken,
			sum(value) filter (where name in ('rejected', 'repeated', 'new', 'changed', 'unchanged', 'replaced')) as became
		from ops.tally
		group by run_id, subject
		having count(*) filter (where name = 'taken') > 0
		order by run_id, subject`)[1:] {
		if row[2] != row[3] {
			b.Errorf("run %s: %s took %s records, and %s became something", row[0], row[1], row[2], row[3])
		}
	}
	for _, row := range b.table("select run_id, subject, equation, one_side, other_side from report.balance where not is_balanced")[1:] {
		b.Errorf("run %s: %s: %s: %s is not %s", row[0], row[1], row[2], row[3], row[4])
	}
}

// wantNoFanOut: a join that multiplies rows shows as a key that stands twice,
// or as more rows than there were records.
func (b *bundle) wantNoFanOut() {
	b.Helper()
	for _, row := range b.table(`
		with counted as (
			select 'more rows of wdt.stock than records' as what,
				(select count(*) from wdt.stock) as found,
				(select coalesce(sum(record_count), 0) from staging.page where dataset = 'wdt.stock') as allowed
			union all
			select 'more rows of yonsuite.current_stock than records',
				(select count(*) from yonsuite.current_stock),
				(select coalesce(sum(record_count), 0) from staging.page where dataset = 'yonsuite.current_stock')
			union all
			select 'more outcomes than source rows',
				(select count(*) from compare.stock_result),
				(select count(*) from wdt.stock)
			union all
			select 'a change is noted twice in one run: wdt.stock_change',
				(select count(*) from wdt.stock_change),
				(select count(*) from (select distinct connection_code, run_id, spec_id, warehouse_id from wdt.stock_change) as once)
			union all
			select 'a change is noted twice in one run: compare.stock_result_change',
				(select count(*) from compare.stock_result_change),
				(select count(*) from (select distinct connection_code, pipeline_code, run_id, spec_id, warehouse_id from compare.stock_result_change) as once)
			union all
			select 'more documents than changed outcomes',
				(select count(*) from outbox.document where pipeline_code = 'stock-compare'),
				(select count(*) from compare.stock_result_change)
			union all
			select 'a revision stands twice',
				(select count(*) from outbox.document),
				(select count(*) from (select distinct business_key, revision from outbox.document) as once)
			union all
			select 'a reject stands twice',
				(select count(*) from staging.reject),
				(select count(*) from (select distinct page_id, place, field from staging.reject) as once)
		)

		select what, found, allowed from counted where found > allowed`)[1:] {
		b.Errorf("%s: got %s, want at most %s", row[0], row[1], row[2])
	}
}

// wantNothingLeft: a step that is run again, by hand or by the next run on
// unchanged sources, writes nothing.
func (b *bundle) wantNothingLeft(lastRun int64) {
	b.Helper()
	before := b.written(stageSchemas()...)
	if err := b.runner(lastRun).Run(b.Context(), b.steps); err != nil {
		b.Errorf("run %d again: %v", lastRun, err)
	}
	b.wantSame("the same steps again", b.written(stageSchemas()...), before)
	b.story("select 1")
	b.wantSame("a new run on unchanged sources", b.written(stageSchemas()...), before)
	full := b.begin(b.pipeline, nil)
	b.given(full, "select 1")
	runner := b.runner(full)
	runner.Full = true
	if err := runner.Run(b.Context(), b.steps); err != nil {
		b.Errorf("full run: %v", err)
	}
	b.end(full, "ok")
	b.wantSame("a full run on unchanged sources", b.written(stageSchemas()...), before)
}

// TestCaseFolders holds the folders complete, so that none is left out by a
// misspelt name.
func TestCaseFolders(t *testing.T) {
	t.Parallel()
	folders, err := filepath.Glob("testdata/*/")
	if err != nil {
		t.Fatal(err)
	}
	for _, folder := range folders {
		if filepath.Base(folder) == "golden" {
			continue // TestGolden's
		}
		entries, err := os.ReadDir(folder)
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, entry := range entries {
			names = append(names, entry.Name())
		}
		if want := []string{"given.sql", "query.sql", "want.csv"}; !slices.Equal(names, want) {
			t.Error(fmt.Sprintf("%s: got", folder), names, "want", want)
		}
	}
}
