package transform_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"pandian/transform"
)

var byHand = regexp.MustCompile(`(?m)^-- by hand: +(.*)$`)

// TestByHand carries out each file of sql/ as its header says: the tables come
// out as the runner leaves them, and a second time changes nothing.
func TestByHand(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	runID := b.story(readText(t, "testdata/outbox_documents/given.sql"), readText(t, "testdata/ledger/given.sql"))
	before := b.written(stageSchemas()...)
	for _, file := range b.library.Files() {
		b.byHand(runID, file)
	}
	b.wantSame("every file by hand", b.written(stageSchemas()...), before)

	const contents = `
		select 'wdt' as what, spec_id as key, stock_num::text as value from wdt.stock
		union all select 'yonsuite', productsku_code, currentqty::text from yonsuite.current_stock
		union all select 'result', spec_id, concat_ws(' ', outcome, currentqty) from compare.stock_result
		union all select 'ledger', record_key, concat_ws(' ', kind, state, delta_qty) from compare.discrepancy
		union all select 'outbox', business_key, payload_hash::text from outbox.head
		order by 1, 2, 3`
	lonely := newBundle(t)
	runID = lonely.begin(pipeline, nil)
	lonely.given(runID, readText(t, "testdata/outbox_documents/given.sql"))
	lonely.run(runID, lonely.steps)
	want := fmt.Sprint(lonely.table(contents))
	lonely.exec("truncate wdt.stock, yonsuite.current_stock, compare.stock_result, compare.basis, compare.discrepancy, outbox.head")
	for _, step := range lonely.steps {
		lonely.byHand(runID, step)
	}
	if got := fmt.Sprint(lonely.table(contents)); got != want {
		t.Errorf("by hand, from nothing\n got %s\nwant %s", got, want)
	}
}

// byHand gives psql the line of a file's header. Checks, views and functions
// have none: they are read in as they are.
func (b *bundle) byHand(runID int64, file transform.File) {
	b.Helper()
	line := fmt.Sprintf(`begin; set local pandian.run_id = '42'; \i sql/%s.sql`, file.Name)
	if match := byHand.FindStringSubmatch(file.Text); match != nil {
		line = match[1]
	}
	if !strings.Contains(line, `set local pandian.run_id = '42'`) {
		b.Errorf("sql/%s says %q", file.Name, line)
	}
	script := strings.Replace(line, "'42'", fmt.Sprintf("'%d'", runID), 1) + "\n;commit;\n"
	psql := findPsql()
	if psql == "" {
		b.script(expand(b, script))
		return
	}
	command := exec.CommandContext(b.Context(), psql, "--no-psqlrc", "--quiet", "--set", "ON_ERROR_STOP=1", b.pool.Config().ConnString())
	command.Dir = ".." // sql/ is named from there
	command.Stdin = strings.NewReader(script)
	var output bytes.Buffer
	command.Stdout, command.Stderr = &output, &output
	if err := command.Run(); err != nil || strings.Contains(output.String(), "ERROR") {
		b.Errorf("sql/%s by hand: %v\n%s", file.Name, err, output.String())
	}
}

// TestDocumentsByHand does the same for the pipelines of documents: in the
// middle of their stories, where documents are held back, withdrawn, changed
// late and made again, and from nothing.
func TestDocumentsByHand(t *testing.T) {
	t.Parallel()
	const outbox = `
		union all select 'head', business_key, payload_hash::text from outbox.head
		union all select 'held back', business_key, reason from outbox.held_back
		union all select 'late', business_key, reason from outbox.late_change
		order by 1, 2, 3`
	for name, of := range map[string]struct {
		cases           []string
		typed, contents string
	}{
		"wdt-stockouts-to-tplus": {
			cases: []string{"tplus_held_back_until_it_is_mended", "tplus_cancelled"},
			typed: "wdt.stockout, wdt.stockout_line, wdt.stockout_position",
			contents: `
				select 'stockout' as what, stockout_id as key, stockout::text as value from wdt.stockout
				union all select 'line', stockout_id, stockout_line::text from wdt.stockout_line`,
		},
		"jst-saleouts-to-k3cloud": {
			cases: []string{"k3cloud_held_back_until_it_is_mended", "k3cloud_changed_and_cancelled"},
			typed: "jst.saleout, jst.saleout_item, jst.saleout_batch, jst.saleout_sn, jst.saleout_pay, jst.saleout_cluster",
			contents: `
				select 'saleout' as what, io_id as key, saleout::text as value from jst.saleout
				union all select 'item', io_id, saleout_item::text from jst.saleout_item`,
		},
		"wdt-shops-to-jdy": {
			cases:    []string{"jdy_held_back_changed_and_vanished"},
			typed:    "wdt.shop",
			contents: "select 'shop' as what, shop_id as key, shop::text as value from wdt.shop",
		},
		"jst-orders": {
			cases:    []string{"noop_keeps_what_it_was_asked_for", "jst_saleout_typing"},
			typed:    "jst.saleout, jst.saleout_item, jst.saleout_batch, jst.saleout_sn, jst.saleout_pay, jst.saleout_cluster",
			contents: "select 'saleout' as what, io_id as key, saleout::text as value from jst.saleout",
		},
	} {
		for _, story := range of.cases {
			t.Run(story, func(t *testing.T) {
				t.Parallel()
				b := newBundleFor(t, name)
				for _, part := range strings.Split(readText(t, "testdata/"+story+"/given.sql"), "\n-- run\n") {
					runID := b.story(part)
					before := b.written(stageSchemas()...)
					for _, step := range b.steps {
						b.byHand(runID, step)
					}
					b.wantSame(fmt.Sprintf("every step of run %d by hand", runID), b.written(stageSchemas()...), before)
				}

				lonely := newBundleFor(t, name)
				runID := lonely.begin(name, nil)
				lonely.given(runID, strings.Split(readText(t, "testdata/"+story+"/given.sql"), "\n-- run\n")[0])
				lonely.run(runID, lonely.steps)
				want := fmt.Sprint(lonely.table(of.contents + outbox))
				if strings.Count(want, "head") == 0 && strings.Count(want, "held back") == 0 {
					t.Error("the story makes no document")
				}
				lonely.exec("truncate " + of.typed + ", outbox.head, outbox.held_back, outbox.late_change")
				for _, step := range lonely.steps {
					lonely.byHand(runID, step)
				}
				if got := fmt.Sprint(lonely.table(of.contents + outbox)); got != want {
					t.Errorf("by hand, from nothing\n got %s\nwant %s", got, want)
				}
			})
		}
	}
}

// findPsql looks where the server's binaries are looked for; empty when there
// is none.
func findPsql() string {
	if path, err := exec.LookPath("psql"); err == nil {
		return path
	}
	paths, err := filepath.Glob("/usr/lib/postgresql/*/bin/psql")
	if err != nil || len(paths) == 0 {
		return ""
	}
	return paths[len(paths)-1]
}

var include = regexp.MustCompile(`\\i (\S+)`)

// expand puts the file in the place of \i, for machines without psql.
func expand(b *bundle, script string) string {
	return include.ReplaceAllStringFunc(script, func(command string) string {
		text, err := os.ReadFile(filepath.Join("..", include.FindStringSubmatch(command)[1]))
		if err != nil {
			b.Fatal(err)
		}
		return string(text)
	})
}
