package extract_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pandian/extract"
)

func TestLandSnapshot(t *testing.T) {
	t.Parallel()
	world := newWorld(t)

	t.Run("is cut into pages, and lands nothing when nothing changed", func(t *testing.T) {
		b := world.bench(t)
		source := whole(some(7))
		first := b.land(source)
		if first.PagesLanded != 3 || first.RecordsLanded != 7 || first.WindowsComplete != 1 {
			t.Errorf("got %+v, want 3 pages with 7 records", first.Counts)
		}
		if got, want := b.records(), strings.Join(source.records, " "); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
		before := b.places()
		again := b.land(source)
		if again.PagesLanded != 0 || again.PagesUnchanged != 3 || again.RecordsUnchanged != 7 {
			t.Errorf("got %+v, want 3 unchanged pages", again.Counts)
		}
		if got := b.places(); got != before {
			t.Errorf("got places %s, want %s", got, before)
		}
		got := b.window("concat_ws(' ', kind, coalesce(from_at::text, '-'), state, pages_read, pages_landed, pages_unchanged)")
		if want := "snapshot - complete 3 0 3"; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	})

	t.Run("every place stands on a page that is there", func(t *testing.T) {
		b := world.bench(t)
		b.land(whole(some(7)))
		missing := b.number(`
			select count(*)
			from staging.snapshot_page as place
			left join staging.page using (connection_code, page_id, landed_at, page_no, records_hash, record_count)
			where connection_code = $1 and page.dataset is null`, b.connection)
		if missing != 0 {
			t.Errorf("got %d places without their page, want none", missing)
		}
	})

	t.Run("lands only the place that changed", func(t *testing.T) {
		b := world.bench(t)
		records := some(7)
		b.land(whole(records))
		before := b.places()
		records[4] = `{"sku":"A004","qty":"2.0000"}`
		report := b.land(whole(records))
		if report.PagesLanded != 1 || report.PagesUnchanged != 2 {
			t.Errorf("got %+v, want one page landed", report.Counts)
		}
		after := b.places()
		for place, same := range []bool{true, false, true} {
			if got := strings.Fields(before)[place] == strings.Fields(after)[place]; got != same {
				t.Errorf("place %d: got %s after %s, want the same: %t", place, after, before, same)
			}
		}
	})

	t.Run("forgets the places of a shrunken snapshot, and all but one of an empty one", func(t *testing.T) {
		b := world.bench(t)
		b.land(whole(some(7)))
		report := b.land(whole(some(4)))
		if report.PagesRemoved != 1 || report.PagesLanded != 1 || report.PagesUnchanged != 1 {
			t.Errorf("got %+v, want one place each removed, landed and unchanged", report.Counts)
		}
		report = b.land(whole(nil))
		if report.PagesRemoved != 1 || report.PagesLanded != 1 || report.WindowsComplete != 1 {
			t.Errorf("got %+v, want an empty page and one place removed", report.Counts)
		}
		if got := b.number(`select sum(record_count) from staging.snapshot_page where connection_code = $1`, b.connection); got != 0 {
			t.Errorf("got %d records in places, want none", got)
		}
	})

	t.Run("a response of exactly full pages has no empty one behind it", func(t *testing.T) {
		b := world.bench(t)
		report := b.land(whole(some(6)))
		if report.PagesLanded != 2 || report.WindowsComplete != 1 {
			t.Errorf("got %+v, want 2 pages", report.Counts)
		}
	})

	t.Run("lands unchanged pages again before retention takes them", func(t *testing.T) {
		b := world.bench(t)
		b.land(whole(some(7)))
		b.clock = b.clock.Add(14 * 24 * time.Hour)
		if report := b.land(whole(some(7))); report.PagesLanded != 0 {
			t.Errorf("after 14 days: got %d pages landed, want none", report.PagesLanded)
		}
		b.clock = b.clock.Add(2 * 24 * time.Hour)
		if report := b.land(whole(some(7))); report.PagesLanded != 3 {
			t.Errorf("after 16 days: got %d pages landed, want all 3", report.PagesLanded)
		}
	})

	t.Run("a stream that breaks is incomplete, keeps what came and removes nothing", func(t *testing.T) {
		b := world.bench(t)
		b.land(whole(some(9)))
		source := whole(append([]string{`{"new":1}`}, some(9)...))
		source.answer = func(_ int, _ extract.Request, honest *fakeResponse) (*fakeResponse, error) {
			honest.records = honest.records[:4]
			honest.end = &extract.BodyError{Reason: extract.ReasonCutOff, Records: 4, Offset: 99}
			honest.head = []byte(`{"data":[{"new":1},`)
			return honest, nil
		}
		report := b.land(source)
		if report.RecordsLanded != 4 || report.BodiesRejected != 1 || report.PagesRemoved != 0 || report.WindowsIncomplete != 1 {
			t.Errorf("got %+v, want 4 records landed, one body rejected, the window incomplete", report.Counts)
		}
		if got := b.window("reason"); !strings.Contains(got, "cut off at byte 99") {
			t.Errorf("got %s, want to be told that it was cut off", got)
		}
		if got := b.number(`select count(*) from staging.snapshot_page where connection_code = $1`, b.connection); got != 3 {
			t.Errorf("got %d places, want the 3 of the last snapshot", got)
		}
		// The part of a page that came before the break must not pass for the place.
		if got := b.number(`select min(record_count) from staging.snapshot_page where connection_code = $1`, b.connection); got != 3 {
			t.Errorf("got a place with %d records, want 3 in each", got)
		}
		if report := b.land(whole(some(9))); report.WindowsComplete != 1 {
			t.Errorf("got %+v, want the next snapshot to be complete", report.Counts)
		}
	})

	t.Run("a source that fails is an error, and the window says so", func(t *testing.T) {
		b := world.bench(t)
		source := whole(some(7))
		source.answer = func(int, extract.Request, *fakeResponse) (*fakeResponse, error) {
			return nil, errors.New("code 310036: token expired")
		}
		_, err := b.try(source)
		if want := fmt.Sprintf("land acme.stock of %s: code 310036: token expired", b.connection); err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
		if got := b.window("state || ': ' || reason"); !strings.Contains(got, "incomplete: ") || !strings.Contains(got, "token expired") {
			t.Errorf("got %s, want the error", got)
		}
	})

	t.Run("an error of the platform's in the middle is an error, and what came stays", func(t *testing.T) {
		b := world.bench(t)
		source := whole(some(7))
		source.answer = func(_ int, _ extract.Request, honest *fakeResponse) (*fakeResponse, error) {
			honest.end = errors.New("code 999")
			return honest, nil
		}
		report, err := b.try(source)
		if err == nil || report.RecordsLanded != 6 || b.window("state") != "incomplete" {
			t.Errorf("got %v, %d records, window %s; want an error, 6, incomplete", err, report.RecordsLanded, b.window("state"))
		}
		b.balance(report)
	})

	t.Run("a count that does not fit is incomplete", func(t *testing.T) {
		b := world.bench(t)
		source := whole(some(7))
		source.answer = func(_ int, _ extract.Request, honest *fakeResponse) (*fakeResponse, error) {
			honest.total = total(8)
			return honest, nil
		}
		b.land(source)
		if got := b.window("reason"); got != "the platform says 8 records, 7 came" {
			t.Errorf("got %s", got)
		}
	})

	t.Run("what a dead process left open is closed", func(t *testing.T) {
		b := world.bench(t)
		b.exec(`insert into ops.window (connection_code, dataset, kind, run_id) values ($1, $2, 'snapshot', 77)`, b.connection, dataset)
		b.land(whole(some(1)))
		got := b.text(`select string_agg(concat_ws(' ', state, reason), '; ' order by window_id) from ops.window where connection_code = $1`, b.connection)
		if want := "incomplete run 77 ended before it was read to its end; complete"; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	})

	t.Run("a dataset in pages is read until one is short, each page a place", func(t *testing.T) {
		b := world.bench(t)
		source := whole(some(7))
		source.spec.PageSize = 3
		source.answer = func(_ int, _ extract.Request, honest *fakeResponse) (*fakeResponse, error) {
			honest.total = nil
			return honest, nil
		}
		b.land(source)
		if got, want := source.pages(), []int{0, 1, 2}; !slices.Equal(got, want) {
			t.Errorf("got pages %v, want %v", got, want)
		}
		source.records, source.calls = some(6), nil
		report := b.land(source)
		if got, want := source.pages(), []int{0, 1, 2}; !slices.Equal(got, want) || report.PagesRemoved != 1 || report.PagesUnchanged != 2 {
			t.Errorf("got pages %v, %+v; want %v, 2 unchanged and one removed", got, report.Counts, want)
		}
	})

	t.Run("a dataset in pages that repeats one is incomplete", func(t *testing.T) {
		b := world.bench(t)
		source := whole(some(7))
		source.spec.PageSize = 3
		source.answer = func(int, extract.Request, *fakeResponse) (*fakeResponse, error) {
			return &fakeResponse{records: some(3)}, nil
		}
		b.land(source)
		if got := b.window("reason"); got != "page 1 holds the same records as page 0" {
			t.Errorf("got %s", got)
		}
	})
}

// places are the page numbers of the newest snapshot, place by place.
func (b *bench) places() string {
	b.Helper()
	return b.text(`select string_agg(page_id::text, ' ' order by page_no) from staging.snapshot_page where connection_code = $1`, b.connection)
}
