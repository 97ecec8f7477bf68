package main

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"pandian/internal/fault"
)

func TestSelect(t *testing.T) {
	t.Parallel()
	d := newDocuments(t, documentOptions{
		tags: map[string]string{k3Pipeline: "[nightly, finance]", jdyPipeline: "[weekly]", tplusPipeline: "[nightly]"},
	})
	for line, want := range map[string][]string{
		"--select jst-*":                                {noopPipeline, k3Pipeline},
		"--select " + jdyPipeline:                       {jdyPipeline},
		"--select tag:nightly":                          {k3Pipeline, tplusPipeline},
		"--select tag:week*":                            {jdyPipeline},
		"--select source:wdt-main":                      {jdyPipeline, tplusPipeline},
		"--select source:jst-*":                         {noopPipeline, k3Pipeline},
		"--select target:k3":                            {k3Pipeline},
		"--select target:t* --select tag:weekly":        {jdyPipeline, tplusPipeline},
		"--select target:k3,target:qeasy":               {noopPipeline, k3Pipeline},
		jdyPipeline + " --select target:k3,tag:finance": {jdyPipeline, k3Pipeline},
		"": {noopPipeline, k3Pipeline, jdyPipeline, tplusPipeline},
	} {
		commands := []string{"load"} // the quickest
		if line == "--select jst-*" {
			commands = []string{"transform", "load", "plan", "extract"}
		}
		slices.Sort(want)
		for _, command := range commands {
			ended := d.must(append([]string{command, "--json"}, strings.Fields(line)...)...)
			var got []string
			if command == "plan" {
				for _, one := range decode[[]planned](t, ended.envelope(t).Result) {
					got = append(got, one.Pipeline)
				}
			} else {
				got = slices.Collect(maps.Keys(decode[map[string]runFigures](t, ended.envelope(t).Summary)))
			}
			slices.Sort(got)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s %s (want -, got +)\n%s", command, line, diff)
			}
		}
	}
	runs := ask[int](d.shop, "select count(*) from ops.run")
	for selector, says := range map[string]string{
		"wdt-shop-to-jdy": "means no pipeline", "tag:hourly": "means no pipeline", "source:k3": "means no pipeline",
		"owner:me": "no owner to select by", "target:": "means no pipeline", "[": "means no pipeline",
	} {
		failed := d.fails(fault.UsageWrong, "run", "--select", selector)
		if !strings.Contains(failed.Message, says) || failed.Suggestion == "" {
			t.Errorf("%s: got %q and %q, want it to say %q and what can be selected", selector, failed.Message, failed.Suggestion, says)
		}
	}
	if after := ask[int](d.shop, "select count(*) from ops.run"); after != runs {
		t.Errorf("got %d runs after %d, want a selector that means nothing to begin none", after, runs)
	}
}

// A window that is behind what was read is read again when it is asked for.
func TestWindowsOfDocuments(t *testing.T) {
	t.Parallel()
	const age = 9 * 24 * time.Hour
	cases := map[string]struct {
		pipeline string
		change   func(*documents, time.Time) int
	}{
		"sale-outs": {k3Pipeline, func(d *documents, at time.Time) int { return len(d.box.Saleouts().Insert(3, 8, at)) }},
		"stockouts": {tplusPipeline, func(d *documents, at time.Time) int { return len(d.box.Stockouts().Insert(3, 8, at)) }},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDocuments(t, documentOptions{})
			d.run(c.pipeline)
			before := len(d.dues(c.pipeline).due)
			c.change(d, time.Now().Add(-age))
			more := int64(len(d.dues(c.pipeline).due) - before)
			nextSecond()
			if got := d.run(c.pipeline); got.Documents.Sent != 0 || more == 0 {
				t.Errorf("got %+v, want nothing from behind the verified time, where there are %d documents", got.Documents, more)
			}
			day := time.Now().Add(-age).In(beijing())
			span := day.AddDate(0, 0, -1).Format(time.DateOnly) + ".." + day.AddDate(0, 0, 1).Format(time.DateOnly)
			if got := d.run(c.pipeline, "--window", span); got.Documents.Sent != more {
				t.Errorf("got %+v of the window %s, want %d documents", got.Documents, span, more)
			}
			d.arrives(c.pipeline)
		})
	}

	t.Run("shops are read whole whatever the window", func(t *testing.T) {
		t.Parallel()
		d := newDocuments(t, documentOptions{})
		d.run(jdyPipeline, "--window", "2026-01-01..2026-01-02")
		d.arrives(jdyPipeline)
	})
}
