package extract_test

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"pandian/extract"
)

// versioned is a source like 聚水潭 by row version, three to a page: the cursor is
// the number of records that were passed, and one more call tells the end.
func versioned(records []string) *fakeSource {
	source := &fakeSource{records: records, spec: extract.Spec{
		Dataset: dataset, Kind: extract.Windowed, MaxSpan: 7 * 24 * time.Hour, PageSize: 3, FirstPage: 1, Cursor: true,
	}}
	source.answer = func(_ int, request extract.Request, honest *fakeResponse) (*fakeResponse, error) {
		return source.behind(request, honest), nil
	}
	return source
}

// behind makes an answer the page behind the cursor of the request.
func (s *fakeSource) behind(request extract.Request, honest *fakeResponse) *fakeResponse {
	from, _ := strconv.Atoi(request.Cursor)
	to := min(from+s.spec.PageSize, len(s.records))
	honest.records = s.records[from:to]
	if to > from {
		honest.goesOn(strconv.Itoa(to))
	} else {
		honest.envelope = &extract.Envelope{}
	}
	return honest
}

// goesOn makes the answer name a next page.
func (r *fakeResponse) goesOn(next string) { r.envelope = &extract.Envelope{Next: &next} }

func (s *fakeSource) cursors() []string {
	var cursors []string
	for _, call := range s.calls {
		cursors = append(cursors, call.Cursor)
	}
	return cursors
}

func TestLandByCursor(t *testing.T) {
	t.Parallel()
	world := newWorld(t)

	t.Run("reads on from each cursor until there is no more", func(t *testing.T) {
		b := world.bench(t)
		source := versioned(some(7))
		report := b.land(source)
		if got, want := source.cursors(), []string{"", "3", "6", "7"}; !slices.Equal(got, want) {
			t.Errorf("got cursors %q, want %q", got, want)
		}
		if got, want := source.pages(), []int{1, 2, 3, 4}; !slices.Equal(got, want) {
			t.Errorf("got pages %v, want %v", got, want)
		}
		if got, want := b.records(), strings.Join(source.records, " "); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
		if report.WindowsComplete != 1 || report.PagesLanded != 3 || report.PagesReplaced != 1 {
			t.Errorf("got %+v, want 1 complete window, 3 pages landed and the empty one replaced", report.Counts)
		}
		if got, want := b.window("concat_ws(' ', state, coalesce(total_count, -1), records_landed)"), "complete -1 7"; got != want {
			t.Errorf("window: got %s, want %s", got, want)
		}
	})

	t.Run("an empty window is complete, with one call", func(t *testing.T) { // fault 17: empty 200
		b := world.bench(t)
		source := versioned(nil)
		report := b.land(source)
		if len(source.calls) != 1 || report.WindowsComplete != 1 || report.PagesLanded != 1 {
			t.Errorf("got %d calls, %+v; want 1 call, 1 complete window, an empty page", len(source.calls), report.Counts)
		}
	})

	t.Run("a row that changes meanwhile is read again ahead, and the window stays complete", func(t *testing.T) { // fault 17: drift
		b := world.bench(t)
		source := versioned(some(7))
		source.answer = func(call int, request extract.Request, honest *fakeResponse) (*fakeResponse, error) {
			if call == 2 {
				source.records = append(source.records, `{"sku":"A000","qty":"2.0000"}`)
			}
			return source.behind(request, honest), nil
		}
		report := b.land(source)
		if report.WindowsComplete != 1 || report.RecordsLanded != 8 || !strings.HasSuffix(b.records(), `{"sku":"A000","qty":"2.0000"}`) {
			t.Errorf("got %+v, want 8 records with the change at the end", report.Counts)
		}
	})

	t.Run("a cursor that stands still or goes back to an earlier one is not complete", func(t *testing.T) { // fault 17: has_more lies
		for name, next := range map[string]string{"stands still": "6", "goes back": "3", "goes back to the start": ""} {
			t.Run(name, func(t *testing.T) {
				b := world.bench(t)
				source := versioned(some(30))
				source.answer = func(_ int, request extract.Request, honest *fakeResponse) (*fakeResponse, error) {
					answer := source.behind(request, honest)
					if request.Cursor == "6" {
						answer.goesOn(next)
					}
					return answer, nil
				}
				report := b.land(source)
				if len(report.Incomplete()) != 1 || len(source.calls) != 6 || report.RecordsLanded != 6+9 {
					t.Fatalf("got %d calls, %+v; want the window read twice, 6 and 9 records landed", len(source.calls), report.Counts)
				}
				want := fmt.Sprintf("page 3 says that there is more, but its cursor %q does not advance (read twice)", next)
				if got := report.Windows[0].Reason; got != want {
					t.Errorf("got  %s\nwant %s", got, want)
				}
			})
		}
	})

	t.Run("what the source doubts is not complete, and is landed all the same", func(t *testing.T) {
		b := world.bench(t)
		source := versioned(some(7))
		source.answer = func(_ int, request extract.Request, honest *fakeResponse) (*fakeResponse, error) {
			answer := source.behind(request, honest)
			if request.Cursor == "3" {
				answer.envelope.Doubt = "the rows are not in order"
			}
			return answer, nil
		}
		report := b.land(source)
		if got, want := report.Windows[0].Reason, "page 2: the rows are not in order (read twice)"; got != want || report.RecordsLanded != 3+7 {
			t.Errorf("got %s with %d records, want %s with 3 and 7", got, report.RecordsLanded, want)
		}
	})

	t.Run("a doubt that is gone at the second reading does no harm", func(t *testing.T) {
		b := world.bench(t)
		source := versioned(some(7))
		source.answer = func(call int, request extract.Request, honest *fakeResponse) (*fakeResponse, error) {
			answer := source.behind(request, honest)
			if call == 4 { // the last, empty page of the first reading
				answer.envelope.Doubt = "it says that there is more"
			}
			return answer, nil
		}
		report := b.land(source)
		if report.WindowsComplete != 1 || b.number(`select count(*) from staging.page where run_id = $1`, b.run) != 6 {
			t.Errorf("got %+v, want a complete window with the pages of both readings", report.Counts)
		}
	})

	t.Run("a page that stays broken ends the window there", func(t *testing.T) {
		b := world.bench(t)
		source := versioned(some(12))
		source.answer = func(_ int, request extract.Request, honest *fakeResponse) (*fakeResponse, error) {
			answer := source.behind(request, honest)
			if request.Cursor == "6" {
				answer.end = &extract.BodyError{Reason: extract.ReasonCutOff}
			}
			return answer, nil
		}
		report := b.land(source)
		if len(report.Incomplete()) != 1 || !strings.HasPrefix(report.Windows[0].Reason, "page 3 could not be read to its end") {
			t.Errorf("got %+v, want it to be incomplete for page 3", report.Windows)
		}
		if got, want := len(source.calls), 2*(2+b.settings.PageTries); got != want {
			t.Errorf("got %d calls, want %d", got, want)
		}
	})

	t.Run("a window that a dead process left open is read again from its beginning", func(t *testing.T) { // fault 1
		b := world.bench(t)
		b.settings.CommitPages = 1
		source := versioned(some(9))
		honest := source.answer
		source.answer = func(call int, request extract.Request, page *fakeResponse) (*fakeResponse, error) {
			if call == 3 {
				return nil, errors.New("connection refused")
			}
			return honest(call, request, page)
		}
		report, err := b.try(source)
		if err == nil || report.PagesLanded != 2 {
			t.Fatalf("got %v with %d pages, want an error after 2", err, report.PagesLanded)
		}
		source.answer, source.calls = honest, nil
		report = b.land(source)
		if got, want := source.cursors(), []string{"", "3", "6", "9"}; !slices.Equal(got, want) || report.WindowsComplete != 1 {
			t.Errorf("got cursors %q, want %q", got, want)
		}
		if got := b.number(`select count(*) from ops.window where connection_code = $1 and state = 'open'`, b.connection); got != 0 {
			t.Errorf("got %d windows left open, want none", got)
		}
	})

	t.Run("a checkpoint of page numbers is not gone on with by cursor", func(t *testing.T) {
		b := world.bench(t)
		numbered := windowed(some(12))
		numbered.answer = func(call int, _ extract.Request, honest *fakeResponse) (*fakeResponse, error) {
			if call == 4 {
				return nil, errors.New("connection refused")
			}
			return honest, nil
		}
		if _, err := b.try(numbered); err == nil {
			t.Fatal("got no error, want one")
		}
		source := versioned(numbered.records)
		report := b.land(source)
		if report.WindowsComplete != 1 || report.RecordsLanded != 12 || source.calls[0].Cursor != "" {
			t.Errorf("got %+v, want all 12 records from the beginning", report.Counts)
		}
	})
}
