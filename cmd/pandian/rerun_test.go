package main

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"pandian/internal/sandbox/fault"
)

// rowVersions is every row of the schemas wdt, jst, yonsuite and compare and of the
// outbox, with who wrote it last and who locked it last: a write of the same
// values shows too.
func (s *shop) rowVersions() map[string]string {
	s.t.Helper()
	tables := ask[[]string](s, `
		select array_agg(format('%I.%I', nspname, relname))
		from pg_class
		inner join pg_namespace on pg_namespace.oid = relnamespace
		where relkind = 'r' and (nspname in ('wdt', 'jst', 'yonsuite', 'compare') or nspname = 'outbox' and relname not in ('cursor', 'claim'))`)
	versions := map[string]string{}
	for _, table := range tables {
		maps.Copy(versions, s.pairs(fmt.Sprintf("select '%[1]s ' || ctid::text, xmin || ' ' || xmax || ' ' || t::text from %[1]s as t", table)))
	}
	return versions
}

func TestASecondRunWritesNothing(t *testing.T) {
	t.Parallel()
	for _, route := range []string{"qimen", "openapi2"} {
		t.Run(route, func(t *testing.T) {
			t.Parallel()
			s := newShop(t, shopOptions{route: route, source: ", overlap: 6d"})
			first := s.run()
			before := s.rowVersions()
			if len(before) < 500 {
				t.Fatalf("got %d rows after the first run, want all of them", len(before))
			}
			nextSecond()
			second := s.run()
			if diff := cmp.Diff(before, s.rowVersions()); diff != "" {
				t.Errorf("a run on unchanged sources wrote (before -, after +)\n%s", diff)
			}
			if second.Datasets["wdt.stock"].Got == 0 || second.Datasets["yonsuite.current_stock"].Got == 0 {
				t.Errorf("got %+v, want both sources to be read again", second.Datasets)
			}
			if second.RunID == first.RunID || second.Documents.Made != 0 || second.Documents.Sent != 0 {
				t.Errorf("got run %d with %d documents made and %d sent after run %d, want none", second.RunID, second.Documents.Made, second.Documents.Sent, first.RunID)
			}
			agreeOnOutcomes(t, second, s.truth(demoParams))
		})
	}

	t.Run("nor does one that reads everything again", func(t *testing.T) {
		t.Parallel()
		s := newShop(t, shopOptions{})
		first := s.run()
		before := s.rowVersions()
		again := s.run("--full")
		if diff := cmp.Diff(before, s.rowVersions()); diff != "" {
			t.Errorf("--full on unchanged sources wrote (before -, after +)\n%s", diff)
		}
		if got, want := again.Datasets["wdt.stock"].Landed, first.Datasets["wdt.stock"].Landed; got != want {
			t.Errorf("--full landed %d records of 旺店通, want all %d", got, want)
		}
	})
}

func TestARunWritesExactlyWhatChanged(t *testing.T) {
	t.Parallel()

	t.Run("at 旺店通", func(t *testing.T) {
		t.Parallel()
		s := newShop(t, shopOptions{})
		s.run()
		// The age is the one that the demo tells people to use.
		var answer struct{ Changed []string }
		s.admin(http.MethodPost, "/_mutate?rows=20&age=180", &answer)
		nextSecond()
		third := s.run()
		for _, table := range []string{"wdt.stock", "compare.stock_result"} {
			got := s.changedBy(table, third.RunID)
			if diff := cmp.Diff(slices.Sorted(slices.Values(answer.Changed)), got); diff != "" {
				t.Errorf("%s: rec_ids of the rows written (want -, got +)\n%s", table, diff)
			}
		}
		quoted := ask[int64](s, `
			select count(*) from compare.stock_result where run_id = $1 and is_written_back`, third.RunID)
		if third.Documents.Made != quoted || third.Documents.Sent != quoted || quoted == 0 {
			t.Errorf("got %d documents made and %d sent, want one for each of %d rows with a figure to write back", third.Documents.Made, third.Documents.Sent, quoted)
		}
		agreeOnOutcomes(t, third, s.truth(demoParams))
	})

	t.Run("at YonSuite", func(t *testing.T) {
		t.Parallel()
		s := newShop(t, shopOptions{})
		s.run()
		var answer struct{ Changed int64 }
		s.admin(http.MethodPost, "/_mutate?rows=20&side=yonsuite", &answer)
		third := s.run()
		if got := third.Datasets["yonsuite.current_stock"].Changed; got != answer.Changed {
			t.Errorf("got %d rows of YonSuite changed, want %d", got, answer.Changed)
		}
		if got := ask[int64](s, "select count(*) from yonsuite.current_stock where run_id = $1", third.RunID); got != answer.Changed {
			t.Errorf("got %d rows of YonSuite written, want %d", got, answer.Changed)
		}
		if got := third.Datasets["wdt.stock"].Changed + third.Datasets["wdt.stock"].New; got != 0 {
			t.Errorf("got %d rows of 旺店通 written, want none", got)
		}
		agreeOnOutcomes(t, third, s.truth(demoParams))
	})

	t.Run("rows that appear, and rows of YonSuite that vanish", func(t *testing.T) {
		t.Parallel()
		s := newShop(t, shopOptions{})
		s.run()
		var answer struct{ Changed []string }
		s.admin(http.MethodPost, "/_insert?rows=7&age=180", &answer)
		nextSecond()
		got := s.run()
		if got.Datasets["wdt.stock"].New != 7 {
			t.Errorf("got %d new rows, want 7", got.Datasets["wdt.stock"].New)
		}
		agreeOnOutcomes(t, got, s.truth(demoParams))

		// A record in the middle is left out of the next snapshot.
		var gone struct {
			Code string
			Data []json.RawMessage
		}
		s.front.rewriting(func(call string, body []byte) []byte {
			if call != "yonsuite" {
				return body
			}
			if err := json.Unmarshal(body, &gone); err != nil || len(gone.Data) < 100 {
				return body
			}
			gone.Data = slices.Delete(gone.Data, 40, 42)
			shorter, _ := json.Marshal(map[string]any{"code": gone.Code, "data": gone.Data})
			return shorter
		})
		before := got.Datasets["yonsuite.current_stock"].Typed
		got = s.run()
		figures := got.Datasets["yonsuite.current_stock"]
		if figures.Vanished != before-figures.Typed || figures.Vanished < 1 || figures.Vanished > 2 {
			t.Errorf("got %d vanished and %d rows after %d, want the two records gone", figures.Vanished, figures.Typed, before)
		}
		// They come back, and all is as it was.
		s.front.rewriting(nil)
		agreeOnOutcomes(t, s.run(), s.truth(demoParams))
	})
}

// nextSecond waits until the clock shows another second: a run in the same one
// finds that nothing new can have settled, and reads no window.
func nextSecond() {
	now := time.Now()
	time.Sleep(now.Truncate(time.Second).Add(time.Second + time.Millisecond).Sub(now))
}

// changedBy lists the rec_ids of the rows that a run wrote last, sorted.
func (s *shop) changedBy(table string, runID int64) []string {
	s.t.Helper()
	pairs := s.pairs(fmt.Sprintf(`
		select stock.rec_id, 'changed'
		from %s as changed
		inner join wdt.stock using (connection_code, spec_id, warehouse_id)
		where changed.run_id = $1`, table), runID)
	return slices.Sorted(maps.Keys(pairs))
}

// admin calls one of the sandbox's own paths.
func (s *shop) admin(method, path string, into any) {
	s.t.Helper()
	request, err := http.NewRequestWithContext(s.t.Context(), method, s.front.url+path, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		s.t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		s.t.Fatalf("%s: status %d, %v: %s", path, response.StatusCode, err, text)
	}
	if err := json.Unmarshal(text, into); err != nil {
		s.t.Fatalf("%s: %v: %s", path, err, text)
	}
}

// faulty puts faults in place; none ends them.
func (s *shop) faulty(rules ...fault.Rule) {
	s.t.Helper()
	s.faultyWith(fault.Modes{}, rules...)
}

func (s *shop) faultyWith(modes fault.Modes, rules ...fault.Rule) {
	s.t.Helper()
	if err := s.box.SetFaults(fault.Plan{Rules: rules, Modes: modes}); err != nil {
		s.t.Fatal(err)
	}
}
