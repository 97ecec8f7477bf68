package extract_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"pandian/extract"
)

func TestLandWindow(t *testing.T) {
	t.Parallel()
	world := newWorld(t)

	t.Run("lands the records byte by byte, pages last to first, page 0 read again at the end", func(t *testing.T) {
		b := world.bench(t)
		odd := []string{`{"sku" : "A" }`, `{"n":1.10}`, `{"n":9007199254740993}`, `{"s":"中文 \ud83d\ude00"}`, `{"e":""}`, `{"z":null}`, `{"last":1}`}
		source := windowed(odd)
		report := b.land(source)
		if got, want := source.pages(), []int{0, 2, 1, 0}; !slices.Equal(got, want) {
			t.Errorf("got pages %v, want %v", got, want)
		}
		if got, want := b.records(), strings.Join(odd, " "); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
		if report.PagesLanded != 3 || report.PagesReplaced != 1 || report.RecordsLanded != 7 || report.WindowsComplete != 1 {
			t.Errorf("got %+v, want 3 pages landed, 1 replaced, 7 records, 1 window", report.Counts)
		}
		got := b.text(`select concat_ws(' ', request ->> 'page_no', envelope, page_no, record_count) from staging.page where page_no = 2 and connection_code = $1`, b.connection)
		if want := `2 {"code":0} 2 1`; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
		got = b.text(`select concat_ws(' ', state, coalesce(reason, '-'), total_count, page_count, pages_read, pages_landed, records_read, records_landed) from ops.window where connection_code = $1`, b.connection)
		if want := "complete - 7 3 4 3 10 7"; got != want {
			t.Errorf("window: got %s, want %s", got, want)
		}
	})

	t.Run("an empty window is complete, with one call", func(t *testing.T) { // fault 17: empty 200
		b := world.bench(t)
		source := windowed(nil)
		report := b.land(source)
		if len(source.calls) != 1 || report.WindowsComplete != 1 || report.PagesLanded != 1 || report.RecordsLanded != 0 {
			t.Errorf("got %d calls, %+v; want 1 call, 1 complete window, an empty page", len(source.calls), report.Counts)
		}
	})

	t.Run("the next run reads the overlap only, and nothing when nothing has settled", func(t *testing.T) { // fault 21
		b := world.bench(t)
		source := windowed(some(1))
		b.land(source)
		b.land(source)
		if len(source.calls) != 1 {
			t.Errorf("got %d calls, want no second one", len(source.calls))
		}
		until := source.calls[0].Window.To
		b.clock = b.clock.Add(10 * time.Minute)
		b.land(source)
		window := source.calls[1].Window
		if want := until.Add(-5 * time.Minute); !window.From.Equal(want) {
			t.Errorf("got a window from %s, want %s", window.From, want)
		}
		if want := b.clock.Add(-2 * time.Minute); !window.To.Equal(want) {
			t.Errorf("got a window to %s, want %s", window.To, want)
		}
	})

	t.Run("reads forwards where the platform is stable", func(t *testing.T) {
		b := world.bench(t)
		source := windowed(some(7))
		source.spec.Backwards, source.spec.FirstPage = false, 1
		report := b.land(source)
		if got, want := source.pages(), []int{1, 2, 3, 1}; !slices.Equal(got, want) || report.WindowsComplete != 1 {
			t.Errorf("got pages %v, %d complete; want %v and one", got, report.WindowsComplete, want)
		}
	})

	t.Run("reads the window that was asked for, as far as it is settled, although it is covered", func(t *testing.T) {
		b := world.bench(t)
		source := windowed(some(1))
		b.land(source)
		only := extract.Window{From: b.clock.Add(-time.Hour), To: b.clock.Add(time.Hour)}
		b.run = world.runs.Add(1)
		_, err := b.lander().Land(t.Context(), extract.Job{
			RunID: b.run, ConnectionCode: b.connection, Source: source, Settings: b.settings, Only: &only,
		})
		if err != nil {
			t.Fatal(err)
		}
		want := extract.Window{From: only.From, To: b.clock.Add(-2 * time.Minute)}
		if got := source.calls[1].Window; got.String() != want.String() {
			t.Errorf("got %s, want %s", got, want)
		}
	})

	t.Run("windows that are not complete hold the verified time back and are read again", func(t *testing.T) {
		b := world.bench(t)
		b.settings.MaxSpan = 8 * time.Hour
		source := windowed(some(2))
		bad := b.clock.Add(-18 * time.Hour)
		lie := true
		source.answer = func(_ int, request extract.Request, honest *fakeResponse) (*fakeResponse, error) {
			if lie && request.Window.From.Before(bad) && request.Window.To.After(bad) {
				honest.total = total(5)
			}
			return honest, nil
		}
		report := b.land(source)
		if report.WindowsComplete != 2 || len(report.Incomplete()) != 1 {
			t.Fatalf("got %d complete, %d incomplete; want 2 and 1", report.WindowsComplete, len(report.Incomplete()))
		}
		if _, ok := extract.VerifiedThrough(b.covered(), b.settings.Since); ok {
			t.Error("got a verified time although the first window is incomplete")
		}
		source.calls, lie = nil, false
		b.land(source)
		if len(source.calls) != 1 {
			t.Errorf("got %d calls, want the incomplete window alone to be read again", len(source.calls))
		}
		verified, ok := extract.VerifiedThrough(b.covered(), b.settings.Since)
		if want := b.clock.Add(-2 * time.Minute); !ok || !verified.Equal(want) {
			t.Errorf("got %s, %t; want %s", verified, ok, want)
		}
	})
}

func (b *bench) covered() []extract.Window {
	b.Helper()
	covered, err := extract.Covered(b.Context(), b.pool, b.connection, dataset, b.settings.Since)
	if err != nil {
		b.Fatal(err)
	}
	return covered
}
