package main

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"pandian/internal/sandbox/ledger"
)

// sentNothing holds what the targets know now against what they knew.
func (d *documents) sentNothing(before map[string][]ledger.Entry) {
	d.t.Helper()
	if diff := cmp.Diff(before, d.box.Received()); diff != "" {
		d.t.Errorf("something was sent (before -, after +)\n%s", diff)
	}
}

// A run on unchanged sources, and one that reads everything again.
func TestASecondRunSendsNothing(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		pipeline string
		options  documentOptions
	}{
		"sale-outs kept": {noopPipeline, documentOptions{source: map[string]string{noopPipeline: ", overlap: 3d"}}},
		"sale-outs kept, by page": {noopPipeline, documentOptions{
			source:      map[string]string{noopPipeline: ", overlap: 3d"},
			connections: map[string]keys{"jst-open": {"paging": "window"}},
		}},
		"sale-outs to 星空": {k3Pipeline, documentOptions{source: map[string]string{k3Pipeline: ", overlap: 3d"}}},
		"shops to 星辰":     {jdyPipeline, documentOptions{}},
		"stockouts to T+": {tplusPipeline, documentOptions{source: map[string]string{tplusPipeline: ", overlap: 6d"}}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDocuments(t, c.options)
			first := d.run(c.pipeline)
			before, received := d.rowVersions(), d.box.Received()
			if len(before) < 5*len(d.dues(c.pipeline).due) {
				t.Fatalf("got %d rows after the first run, want all of them", len(before))
			}
			nextSecond()
			d.writesNothing(before, d.run(c.pipeline), first)
			d.writesNothing(before, d.run(c.pipeline, "--full"), first)
			d.sentNothing(received)
			d.arrives(c.pipeline)
		})
	}
}

func (d *documents) writesNothing(before map[string]string, got, first runFigures) {
	d.t.Helper()
	if diff := cmp.Diff(before, d.rowVersions()); diff != "" {
		d.t.Errorf("run %d on unchanged sources wrote (before -, after +)\n%s", got.RunID, diff)
	}
	if got.RunID == first.RunID || got.Documents.Made != 0 || got.Documents.Sent != 0 {
		d.t.Errorf("got %+v of run %d after run %d, want no document made or sent", got.Documents, got.RunID, first.RunID)
	}
	var read int64
	for _, dataset := range got.Datasets {
		read += dataset.Got
	}
	if read == 0 {
		d.t.Errorf("got %+v, want something to be read again", got.Datasets)
	}
}
