package main

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pandian/internal/fault"
)

// readingOf names the reading that a query belongs to.
func readingOf(one answer) string {
	asked := strings.Split(one.query, " ")
	method, byModified, disabled, status := asked[1], asked[2], asked[3], asked[4]
	switch {
	case strings.HasPrefix(method, "jushuitan."):
		return "jst.saleout"
	case method == "wdt.shop.query" && disabled == "1":
		return "wdt.shop.disabled"
	case method == "wdt.shop.query":
		return "wdt.shop"
	case byModified == "1":
		return "wdt.stockout.modified"
	case status == "5":
		return "wdt.stockout.cancelled"
	default:
		return "wdt.stockout"
	}
}

// recordings saves what the platforms of another shop with the same world answer to
// one extraction, by reading.
func (d *documents) recordings(pipeline string) map[string][]string {
	d.t.Helper()
	recorded := newDocuments(d.t, documentOptions{connections: map[string]keys{"jst-qimen": {"paging": "window"}}})
	recorded.front.keeping()
	recorded.must("extract", pipeline, "-q")
	files := map[string][]string{}
	for _, call := range []string{"wdt", "jst"} {
		for number, one := range recorded.front.kept(call) {
			reading := readingOf(one)
			files[reading] = append(files[reading], d.write(fmt.Sprintf("%s-%02d.json", reading, number), string(one.body)))
		}
	}
	return files
}

// Saved responses, typed and delivered stage by stage, come to what a run comes to.
func TestLandedRecordingsAreDeliveredAsARunDoes(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		pipeline, connection string
		readings             map[string]bool // whether the reading has a window
		since                int
	}{
		"shops":     {jdyPipeline, "wdt-main", map[string]bool{"wdt.shop": false, "wdt.shop.disabled": false}, 0},
		"stockouts": {tplusPipeline, "wdt-main", map[string]bool{"wdt.stockout": true, "wdt.stockout.modified": true, "wdt.stockout.cancelled": true}, 90},
		"sale-outs": {k3Pipeline, "jst-qimen", map[string]bool{"jst.saleout": true}, 21},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDocuments(t, documentOptions{})
			files := d.recordings(c.pipeline)
			if len(files) != len(c.readings) {
				t.Fatalf("got recordings of %d readings, want %d: %v", len(files), len(c.readings), files)
			}
			land := func() (records, changed int64) {
				for reading, isWindowed := range c.readings {
					line := []string{"land", "--json", "--dataset", reading, "--connection", c.connection, "--complete"}
					if isWindowed {
						now := time.Now().In(beijing())
						line = append(line, "--window", now.AddDate(0, 0, -c.since).Format(time.DateOnly)+".."+now.Add(-time.Minute).Format(time.DateTime))
					}
					got := decode[landed](t, d.must(append(line, files[reading]...)...).envelope(t).Summary)
					if !got.Complete || got.Pages != int64(len(files[reading])) {
						t.Errorf("%s: got %+v of %d files, want all of them", reading, got, len(files[reading]))
					}
					records, changed = records+got.Records, changed+got.Landed
				}
				return records, changed
			}
			if records, _ := land(); records < d.dues(c.pipeline).typed {
				t.Errorf("got %d records, want at least those of the %d rows", records, d.dues(c.pipeline).typed)
			}
			transformed := d.stage("transform", c.pipeline)
			due := int64(len(d.dues(c.pipeline).due))
			if transformed.Documents.Made != due || transformed.Documents.Sent != 0 || len(d.ledger(targetOf(c.pipeline))) != 0 {
				t.Errorf("got %+v of transform, want %d documents made and none sent", transformed.Documents, due)
			}
			if loaded := d.stage("load", c.pipeline); loaded.Documents.Sent != due || loaded.Documents.Made != 0 {
				t.Errorf("got %+v of load, want %d documents sent", loaded.Documents, due)
			}
			d.arrives(c.pipeline)

			// The same again changes nothing.
			before, received := d.rowVersions(), d.box.Received()
			land()
			d.must("transform", c.pipeline)
			d.must("load", c.pipeline)
			for row, version := range d.rowVersions() {
				if before[row] != version {
					t.Errorf("landing the same again wrote %s: %.300s", row, version)
				}
			}
			d.sentNothing(received)
		})
	}
}

func TestWhatIsNoReadingIsNotLanded(t *testing.T) {
	t.Parallel()
	d := newDocuments(t, documentOptions{})
	file := d.write("page.json", `{"code":0,"shoplist":[]}`)
	for _, dataset := range []string{"wdt.trade", "jst.saleout.modified", "jst"} {
		failed := d.fails(fault.UsageWrong, "land", "--dataset", dataset, "--connection", "wdt-main", file)
		if !strings.Contains(failed.Suggestion, "jst.saleout") || !strings.Contains(failed.Suggestion, "wdt.stockout.cancelled") {
			t.Errorf("%s: got %q, want it to name the readings", dataset, failed.Suggestion)
		}
	}
}

func TestStagesOfDocumentsWithoutInput(t *testing.T) {
	t.Parallel()
	d := newDocuments(t, documentOptions{})
	for _, pipeline := range []string{noopPipeline, k3Pipeline, jdyPipeline, tplusPipeline} {
		if got := d.stage("transform", pipeline); got.Documents.Made != 0 {
			t.Errorf("%s: got %+v of nothing, want no document", pipeline, got.Documents)
		}
		if got := d.stage("load", pipeline); got.Documents.Sent != 0 {
			t.Errorf("%s: got %+v from an empty outbox, want nothing sent", pipeline, got.Documents)
		}
	}
}
