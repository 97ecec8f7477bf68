package extract_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"pandian/extract"
)

// answer is a recorded response of the fake platform.
type answer struct{ *extract.RecordReader }

func (a answer) Envelope() extract.Envelope {
	envelope := extract.Envelope{JSON: a.RecordReader.Envelope()}
	var said struct {
		Total *int64 `json:"total_count"`
	}
	if json.Unmarshal(envelope.JSON, &said) == nil {
		envelope.Total = said.Total
	}
	return envelope
}

func (answer) Close() error { return nil }

func decode(body io.Reader) extract.Response {
	return answer{extract.NewRecordReader(body, extract.Layout{Lists: []string{"stocks"}, Known: []string{"code"}})}
}

// saved is a file with this content.
func saved(name, content string) extract.File {
	return extract.File{Name: name, Open: func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(content)), nil }}
}

// body is an answer with records from..to of some; count below 0 leaves the total out.
func body(from, to, count int) string {
	list := strings.Join(some(to)[from:], ",")
	if count < 0 {
		return fmt.Sprintf(`{"code":0,"stocks":[%s]}`, list)
	}
	return fmt.Sprintf(`{"code":0,"total_count":%d,"stocks":[%s]}`, count, list)
}

func (b *bench) tryFiles(spec extract.Spec, complete bool, window *extract.Window, files ...extract.File) (extract.Report, error) {
	b.Helper()
	b.run = b.world.runs.Add(1)
	return b.lander().LandFiles(b.Context(), extract.FilesJob{
		RunID: b.run, ConnectionCode: b.connection, Spec: spec, Settings: b.settings,
		Files: files, Decode: decode, Complete: complete, Window: window,
	})
}

func (b *bench) landFiles(spec extract.Spec, complete bool, window *extract.Window, files ...extract.File) extract.Report {
	b.Helper()
	report, err := b.tryFiles(spec, complete, window, files...)
	if err != nil {
		b.Fatal(err)
	}
	b.balance(report)
	return report
}

func TestLandFiles(t *testing.T) {
	t.Parallel()
	world := newWorld(t)
	stock, all := windowed(nil).spec, whole(nil).spec

	proofs := []struct {
		name     string
		complete bool
		files    []extract.File
		reason   string
		landed   int64
	}{
		{
			name:  "all pages of a window add up to its total",
			files: []extract.File{saved("0.json", body(0, 3, 5)), saved("1.json", body(3, 5, -1))}, landed: 5,
		},
		{
			name:   "a page is missing",
			files:  []extract.File{saved("0.json", body(0, 3, 5))},
			reason: "the file says total_count 5, 3 records were given; add the other pages or --complete", landed: 3,
		},
		{
			name: "a page is missing, but the caller knows better", complete: true,
			files: []extract.File{saved("0.json", body(0, 3, 5))}, landed: 3,
		},
		{
			name:   "no file has a total",
			files:  []extract.File{saved("1.json", body(3, 5, -1))},
			reason: "no file says how many records there are, 2 were given; add --complete", landed: 2,
		},
		{
			name:  "two windows of one page each",
			files: []extract.File{saved("a.json", body(0, 2, 2)), saved("b.json", body(2, 5, 3))}, landed: 5,
		},
		{
			name:   "pages of two windows",
			files:  []extract.File{saved("a.json", body(0, 2, 4)), saved("b.json", body(2, 5, 6))},
			reason: "the files say different totals ([4 6]), 5 records were given", landed: 5,
		},
		{
			name:   "no files",
			reason: "no files were given",
		},
		{
			name: "a file that is no answer does not stop the others, whatever the caller says", complete: true,
			files:  []extract.File{saved("0.json", body(0, 2, 5)), saved("login.html", "<html>login</html>"), saved("1.json", body(2, 5, -1))},
			reason: "file login.html: the answer is HTML", landed: 5,
		},
		{
			name: "the good records before a cut stay", complete: true,
			files:  []extract.File{saved("0.json", `{"code":0,"stocks":[{"a":1},{"b":2},{"c":`), saved("1.json", body(2, 5, -1))},
			reason: "file 0.json: the answer is cut off", landed: 5,
		},
		{
			name: "a file larger than a page is cut up", complete: true,
			files: []extract.File{saved("all.json", body(0, 8, -1))}, landed: 8,
		},
	}
	for _, c := range proofs {
		t.Run(c.name, func(t *testing.T) {
			b := world.bench(t)
			report := b.landFiles(stock, c.complete, nil, c.files...)
			if report.RecordsLanded != c.landed {
				t.Errorf("got %d records landed, want %d", report.RecordsLanded, c.landed)
			}
			reason := b.window("coalesce(reason, '')")
			if c.reason == "" && (reason != "" || b.window("state") != "complete") {
				t.Errorf("got %s (%s), want complete", b.window("state"), reason)
			}
			if c.reason != "" && (!strings.Contains(reason, c.reason) || b.window("state") != "incomplete") {
				t.Errorf("got %s (%s), want incomplete (%s)", b.window("state"), reason, c.reason)
			}
		})
	}

	t.Run("what could not be read is kept with its bytes, and pages name their file", func(t *testing.T) {
		b := world.bench(t)
		b.landFiles(stock, true, nil, saved("login.html", "<html>登录</html>"), saved("0.json", body(0, 2, 2)), saved("cut.json", `{"code":0,"stocks":[{"a":1},{"b`))
		got := b.text(`select string_agg(concat_ws('|', (page_id is null)::text, place, record), '; ' order by reject_id) from staging.reject where connection_code = $1`, b.connection)
		if want := `true|0|<html>登录</html>; false|0|{"code":0,"stocks":[{"a":1},{"b`; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
		got = b.text(`select string_agg(request ->> 'file', ' ' order by page_no) from staging.page where connection_code = $1`, b.connection)
		if want := "0.json cut.json"; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	})

	t.Run("a span that the files are proved to cover is not read from the source", func(t *testing.T) {
		b := world.bench(t)
		until := b.clock.Add(-time.Hour)
		b.landFiles(stock, false, &extract.Window{From: b.settings.Since, To: until}, saved("0.json", body(0, 2, 2)))
		source := windowed(some(2))
		b.land(source)
		if got, want := source.calls[0].Window.From, until.Add(-5*time.Minute); !got.Equal(want) {
			t.Errorf("got a window from %s, want %s", got, want)
		}
	})

	t.Run("a span without proof covers nothing", func(t *testing.T) {
		b := world.bench(t)
		b.landFiles(stock, false, &extract.Window{From: b.settings.Since, To: b.clock}, saved("0.json", body(0, 2, 3)))
		if covered := b.covered(); len(covered) != 0 {
			t.Errorf("got %v covered, want nothing", covered)
		}
	})

	t.Run("a span in the future or of a snapshot is refused", func(t *testing.T) {
		b := world.bench(t)
		future := &extract.Window{From: b.clock, To: b.clock.Add(time.Second)}
		if _, err := b.tryFiles(stock, true, future); err == nil || !strings.Contains(err.Error(), "in the future") {
			t.Errorf("got %v, want it to be refused", err)
		}
		if _, err := b.tryFiles(all, true, &extract.Window{From: b.settings.Since, To: b.clock}); err == nil || !strings.Contains(err.Error(), "no window") {
			t.Errorf("got %v, want it to be refused", err)
		}
	})

	t.Run("complete files of a snapshot are one snapshot", func(t *testing.T) {
		b := world.bench(t)
		b.land(whole(some(9)))
		report := b.landFiles(all, true, nil, saved("0.json", body(0, 3, -1)), saved("1.json", body(3, 5, -1)))
		if report.PagesUnchanged != 1 || report.PagesLanded != 1 || report.PagesRemoved != 1 || b.window("kind") != "snapshot" {
			t.Errorf("got %+v in a %s; want one page each unchanged, landed and removed in a snapshot", report.Counts, b.window("kind"))
		}
	})

	t.Run("incomplete files of a snapshot leave its places alone", func(t *testing.T) {
		b := world.bench(t)
		b.land(whole(some(9)))
		before := b.places()
		b.landFiles(all, false, nil, saved("0.json", body(4, 5, -1)))
		if b.window("kind") != "files" || b.places() != before {
			t.Errorf("got a %s and places %s, want files and %s", b.window("kind"), b.places(), before)
		}
	})

	t.Run("a broken file of a complete snapshot removes nothing", func(t *testing.T) {
		b := world.bench(t)
		b.land(whole(some(9)))
		report := b.landFiles(all, true, nil, saved("0.json", body(0, 3, -1)), saved("1.json", ""))
		if report.PagesRemoved != 0 || b.window("state") != "incomplete" {
			t.Errorf("got %+v, %s; want nothing removed, incomplete", report.Counts, b.window("state"))
		}
	})

	t.Run("a file that cannot be opened is an error that names it", func(t *testing.T) {
		b := world.bench(t)
		lost := extract.File{Name: "lost.json", Open: func() (io.ReadCloser, error) { return nil, errors.New("no such file") }}
		_, err := b.tryFiles(stock, true, nil, saved("0.json", body(0, 2, 2)), lost)
		if err == nil || !strings.Contains(err.Error(), "file lost.json: no such file") || b.window("state") != "incomplete" {
			t.Errorf("got %v, %s; want an error with the name, incomplete", err, b.window("state"))
		}
	})
}
