package main

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"pandian/internal/fault"
	"pandian/internal/sandbox/world"
)

func TestStagesByThemselvesComeToTheSame(t *testing.T) {
	t.Parallel()
	s := newShop(t, shopOptions{})
	extracted := s.must("extract", "--json").figures(t)
	if extracted.Datasets["wdt.stock"].Typed != 0 || extracted.Comparison != nil {
		t.Errorf("got %+v after extract, want nothing typed or compared yet", extracted)
	}
	transformed := s.must("transform", "stock-compare", "--json").figures(t)
	if transformed.Documents.Made == 0 || transformed.Documents.Sent != 0 || transformed.Comparison.WrittenBack != 0 {
		t.Errorf("got %+v after transform, want documents that are not sent yet", transformed.Documents)
	}
	loaded := s.must("load", "--json").figures(t)
	truth := s.truth(demoParams)
	agreeOnOutcomes(t, loaded, truth)
	if want := int64(truth.WrittenBack); loaded.Documents.Sent != want || transformed.Documents.Made != want {
		t.Errorf("got %d documents made and %d sent, want %d", transformed.Documents.Made, loaded.Documents.Sent, want)
	}
	s.agreesByRow(world.Params{SkipUnkeyed: true, WithRows: true})
	if got := s.must("load", "--json").figures(t); got.Documents.Sent != 0 {
		t.Errorf("got %d documents sent by a second load, want none", got.Documents.Sent)
	}
}

func TestStagesWithoutInput(t *testing.T) {
	t.Parallel()
	s := newShop(t, shopOptions{})
	if got := s.must("load", "--json").figures(t); got.Documents.Sent != 0 {
		t.Errorf("got %+v from an empty outbox, want nothing sent", got.Documents)
	}
	failed := s.fails(fault.NotComparable, "transform")
	for _, want := range []string{"wdt.stock of wdt-main was never read", "yonsuite.current_stock of ys-main was never read"} {
		if !strings.Contains(failed.Message, want) {
			t.Errorf("got %s, want it to say that %s", failed.Message, want)
		}
	}
}

func TestWindow(t *testing.T) {
	t.Parallel()

	t.Run("reads a span again that is covered already", func(t *testing.T) {
		t.Parallel()
		s := newShop(t, shopOptions{})
		s.run()
		// Changed figures with a time far behind what is verified: a client's clock
		// was wrong, or a restore came in between.
		const age = 40 * 24 * time.Hour
		var answer struct{ Changed []string }
		s.admin(http.MethodPost, "/_mutate?rows=9&age=3456000", &answer)
		nextSecond()
		if got := s.run().Datasets["wdt.stock"]; got.Changed != 0 {
			t.Errorf("got %+v, want nothing from behind the verified time", got)
		}
		day := time.Now().Add(-age).In(beijing())
		span := day.AddDate(0, 0, -1).Format(time.DateOnly) + ".." + day.AddDate(0, 0, 1).Format(time.DateOnly)
		got := s.run("--window", span)
		// A record that is older than the row is left out, so only those that moved
		// forward count.
		moved := ask[int64](s, "select count(*) from wdt.stock where run_id = $1", got.RunID)
		if got.Datasets["wdt.stock"].Got < 9 || got.Datasets["wdt.stock"].Changed != moved {
			t.Errorf("got %+v with %d rows written, want the 9 records read and the newer ones written", got.Datasets["wdt.stock"], moved)
		}
		if begin := ask[string](s, `
			select to_char(min(from_at) at time zone 'Asia/Shanghai', 'YYYY-MM-DD HH24:MI:SS')
			from ops."window" where run_id = $1 and dataset = 'wdt.stock'`, got.RunID); begin != strings.Split(span, "..")[0]+" 00:00:00" {
			t.Errorf("got a window from %s, want %s", begin, span)
		}
	})

	t.Run("is not everything: nothing is compared with a part of a side", func(t *testing.T) {
		t.Parallel()
		s := newShop(t, shopOptions{})
		now := time.Now().In(beijing())
		failed := s.fails(fault.NotComparable, "run", "--window", now.AddDate(0, 0, -10).Format(time.DateOnly)+".."+now.Format(time.DateOnly))
		if !strings.Contains(failed.Message, "it was read from") {
			t.Errorf("got %s, want it to say from when on it was read", failed.Message)
		}
		s.comparedNothing()
		s.agreesAfterFaults(s.run())
	})

	t.Run("is refused where it cannot be read", func(t *testing.T) {
		t.Parallel()
		s := newShop(t, shopOptions{empty: true})
		for _, span := range []string{"2026-11-01", "yesterday..today", "2026-11-07..2026-11-01", "2026-13-01..2026-13-02", ".."} {
			if failed := s.fails(fault.UsageWrong, "run", "--window", span); !strings.Contains(failed.Suggestion, "2026-11-01..2026-11-07") {
				t.Errorf("%s: got advice %q, want an example", span, failed.Suggestion)
			}
		}
	})
}

func TestTwoRunsOfOnePipelineAtOnce(t *testing.T) {
	t.Parallel()
	s := newShop(t, shopOptions{})
	gate := s.front.holdFrom(t, "wdt", 2)
	first := s.beside("run", "--json")
	gate.awaits(t, first)
	failed := s.fails(fault.RunBusy, "run")
	if !strings.Contains(failed.Message, "run 1") {
		t.Errorf("got %s, want it to name the run that works", failed.Message)
	}
	if got := s.fails(fault.RunBusy, "transform"); got.Code == "" {
		t.Error("a stage got past the lock of the pipeline")
	}
	gate.open()
	ended := first.ends(t)
	if ended.code != 0 {
		t.Fatalf("want the first run to go well, got %s", ended)
	}
	s.agrees(ended.figures(t), demoParams)
	if runs := ask[int64](s, "select count(*) from ops.run"); runs != 1 {
		t.Errorf("got %d rows in ops.run, want that of the first run alone", runs)
	}
}
