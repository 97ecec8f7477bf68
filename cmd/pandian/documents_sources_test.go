package main

import (
	"testing"
	"time"

	"pandian/internal/fault"
	sandboxfault "pandian/internal/sandbox/fault"
	"pandian/internal/sandbox/saleouts"
	"pandian/internal/sandbox/stockouts"
)

// manyDocuments is a world whose windows have several pages each.
func manyDocuments() documentOptions {
	return documentOptions{
		saleouts:  func(o *saleouts.Options) { o.Orders = 240 },
		stockouts: func(o *stockouts.Options) { o.Shops, o.Stockouts = 120, 330 },
		source: map[string]string{
			noopPipeline: ", settle: 1s", k3Pipeline: ", settle: 1s", tplusPipeline: ", settle: 1s",
		},
		connections: map[string]keys{
			"wdt-main": {"max_attempts": "40"}, "jst-open": {"max_attempts": "40"}, "jst-qimen": {"max_attempts": "40"},
		},
	}
}

// untilRead runs until everything was read, as a schedule would.
func (d *documents) untilRead(pipeline string) {
	d.t.Helper()
	for range 6 {
		ended := d.pandian("run", pipeline, "--json")
		if ended.code == fault.ExitOK {
			return
		}
		if got := ended.envelope(d.t).Error; got == nil || (got.Code != string(fault.SourceIncomplete) && got.Code != string(fault.SourceUnreachable)) {
			d.t.Fatalf("want a run that goes well or says what was not read, got %s", ended)
		}
	}
	d.t.Error("not everything was read after six runs")
}

// sourceCase is a pipeline, the way to its source, and the calls it makes there.
type sourceCase struct {
	pipeline, endpoint string
	via                func(*documents) map[string]keys
}

func sourceCases() map[string]sourceCase {
	return map[string]sourceCase{
		"聚水潭, open platform":      {noopPipeline, "jst.open.saleout", nil},
		"聚水潭, old gateway":        {noopPipeline, "jst.old.saleout", jstWay("jst-open", (*documents).throughOld, "row_version")},
		"聚水潭, qimen":              {k3Pipeline, "jst.qimen.saleout", nil},
		"聚水潭, qimen, by page":     {k3Pipeline, "jst.qimen.saleout", jstWay("jst-qimen", nil, "window")},
		"旺店通 shops, qimen":        {jdyPipeline, "wdt.qimen.shop", nil},
		"旺店通 stockouts, qimen":    {tplusPipeline, "wdt.qimen.stockout", nil},
		"旺店通 stockouts, openapi2": {tplusPipeline, "wdt.openapi2.stockout", wdtOpenAPI2},
	}
}

// faults 17 to 20 at the sources: calls that break and pages that do not fit
// together. What is read in the end is the truth.
func TestSourcesThatFailAreReadInTheEnd(t *testing.T) {
	t.Parallel()
	kinds := map[string][]sandboxfault.Kind{
		"calls that break": {
			sandboxfault.HTTP500, sandboxfault.HTTP503, sandboxfault.Reset, sandboxfault.Cut, sandboxfault.Truncated, sandboxfault.HTMLPage,
			sandboxfault.NotJSON, sandboxfault.EmptyBody, sandboxfault.TruncatedGzip, sandboxfault.Throttle, sandboxfault.BOM, sandboxfault.TokenExpired,
		},
		"pages that do not fit": {
			sandboxfault.ShortPage, sandboxfault.EmptyPage, sandboxfault.RepeatedPage, sandboxfault.LyingTotal, sandboxfault.GBK,
		},
	}
	for name, c := range sourceCases() {
		for what, some := range kinds {
			t.Run(name+", "+what, func(t *testing.T) {
				t.Parallel()
				options := manyDocuments()
				if what == "calls that break" {
					options.saleouts, options.stockouts = nil, nil
				}
				d := newDocuments(t, options)
				if c.via != nil {
					d.reconfigure(c.via(d))
				}
				var rules []sandboxfault.Rule
				for _, kind := range some {
					rules = append(rules, sandboxfault.Rule{Kind: kind, Endpoint: c.endpoint, Count: 1, Value: -3 * valueOf(kind)})
				}
				d.faulty(rules...)
				d.untilRead(c.pipeline)
				if d.faultsFired() == 0 {
					t.Error("no fault fired")
				}
				d.faulty()
				d.run(c.pipeline)
				d.arrives(c.pipeline)
			})
		}
	}
}

// valueOf is 1 for the kinds of faults that take a value here.
func valueOf(kind sandboxfault.Kind) int {
	if kind == sandboxfault.LyingTotal {
		return 1
	}
	return 0
}

// fault 17: documents change and appear while pages are read.
func TestDocumentsThatMoveWhileTheyAreReadArriveOnce(t *testing.T) {
	t.Parallel()
	for name, c := range sourceCases() {
		if c.pipeline == jdyPipeline { // shops do not move
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDocuments(t, manyDocuments())
			if c.via != nil {
				d.reconfigure(c.via(d))
			}
			d.must("extract", c.pipeline)
			d.faulty(
				sandboxfault.Rule{Kind: sandboxfault.DriftUpdate, Endpoint: c.endpoint, Count: 3, Value: 4},
				sandboxfault.Rule{Kind: sandboxfault.DriftInsert, Endpoint: c.endpoint, Count: 3, Value: 2},
			)
			before := len(d.dues(c.pipeline).due)
			d.must("extract", c.pipeline, "--full")
			if d.faultsFired() == 0 || len(d.dues(c.pipeline).due) == before {
				t.Error("nothing moved while it was read")
			}
			d.faulty()
			// What moved has a time that was not settled yet.
			time.Sleep(2 * time.Second)
			d.run(c.pipeline)
			d.arrives(c.pipeline)
		})
	}
}
