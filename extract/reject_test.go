package extract_test

import (
	"context"
	"strings"
	"testing"

	"pandian/extract"
)

// fault 22: what Postgres cannot hold does not stop the rest and is not lost.
func TestReject(t *testing.T) {
	t.Parallel()
	world := newWorld(t)

	const bad = `{"sku":"A","details":[{"remark":"x"},{"remark":"half \ud83d"}],"qty":1}`
	broken := func(records []string, places ...int) *fakeSource {
		source := whole(records)
		source.answer = func(_ int, _ extract.Request, honest *fakeResponse) (*fakeResponse, error) {
			honest.field, honest.problems = "details[1].remark", map[int]string{}
			for _, place := range places {
				honest.problems[place] = "field details[1].remark holds half of a pair"
			}
			return honest, nil
		}
		return source
	}
	records := []string{`{"n":1}`, `{"n":2}`, `{"n":3}`, `{"n":4}`, bad, `{"n":6}`}

	t.Run("is kept with field, value, reason and record; the others of the page land", func(t *testing.T) {
		b := world.bench(t)
		report := b.land(broken(records, 5))
		if report.RecordsLanded != 5 || report.RecordsRejected != 1 || report.WindowsComplete != 1 {
			t.Errorf("got %+v, want 5 landed, 1 rejected, the snapshot complete", report.Counts)
		}
		if got, want := b.records(), `{"n":1} {"n":2} {"n":3} {"n":4} {"n":6}`; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
		got := b.text(`
			select concat_ws('|', stage, reject.page_no, place, field, value, reason, record, coalesce(raw::text, '-'), page.record_count)
			from staging.reject
			inner join staging.page using (connection_code, page_id)
			where connection_code = $1`, b.connection)
		want := `land|1|5|details[1].remark|half \ud83d|field details[1].remark holds half of a pair|` + bad + `|-|2`
		if got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	})

	t.Run("is counted but not written again while its page is unchanged", func(t *testing.T) {
		b := world.bench(t)
		b.land(broken(records, 5))
		report := b.land(broken(records, 5))
		if report.PagesLanded != 0 || report.RecordsRejected != 1 {
			t.Errorf("got %+v, want nothing landed and 1 rejected", report.Counts)
		}
		if n := b.number(`select count(*) from staging.reject where connection_code = $1`, b.connection); n != 1 {
			t.Errorf("got %d rejects, want 1", n)
		}
	})

	t.Run("a window with rejects can be proved complete", func(t *testing.T) {
		b := world.bench(t)
		source := windowed(some(8))
		source.answer = func(_ int, request extract.Request, honest *fakeResponse) (*fakeResponse, error) {
			if request.Page == 1 {
				honest.problems = map[int]string{2: "the record is not an object"}
			}
			return honest, nil
		}
		report := b.land(source)
		if report.WindowsComplete != 1 || report.RecordsLanded != 7 || report.RecordsRejected != 1 {
			t.Errorf("got %+v, want 7 landed, 1 rejected, complete", report.Counts)
		}
	})

	t.Run("two pages of nothing but rejects are no repeated page", func(t *testing.T) {
		b := world.bench(t)
		source := windowed(some(6))
		source.answer = func(_ int, _ extract.Request, honest *fakeResponse) (*fakeResponse, error) {
			honest.problems = map[int]string{1: "bad", 2: "bad", 3: "bad"}
			return honest, nil
		}
		if report := b.land(source); report.WindowsComplete != 1 || report.RecordsRejected != 6 {
			t.Errorf("got %+v, want 6 rejected, complete", report.Counts)
		}
	})

	t.Run("bytes that are no text are kept as bytes, even where the source saw nothing wrong", func(t *testing.T) {
		b := world.bench(t)
		b.land(whole([]string{"{\"n\":\"\xc4\xe3\"}", "{\"n\":\"a\x00b\"}", `{"n":3}`}))
		if got := b.records(); got != `{"n":3}` {
			t.Errorf("got %s landed, want the third record alone", got)
		}
		got := b.text(`select string_agg(place || ' ' || encode(raw, 'escape'), '; ' order by place) from staging.reject where connection_code = $1`, b.connection)
		if want := `1 {"n":"\304\343"}; 2 {"n":"a\000b"}`; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	})

	for name, c := range map[string]struct{ bad, rejects, landed int }{
		"a page of which no record is UTF-8 is asked for again":    {1, 0, 3},
		"and is not complete if that does not help":                {100, 4, 0},
		"a single record that is not UTF-8 is the record's affair": {0, 1, 0},
	} {
		t.Run(name, func(t *testing.T) {
			b, source, calls := world.bench(t), windowed(some(3)), 0
			foreign := []string{"{\"n\":\"\xc4\xe3\"}", "{\"n\":\"\xba\xc3\"}", "{\"n\":\"\xc4\"}"}
			if c.bad == 0 {
				source = windowed(foreign[:1])
			}
			source.answer = func(_ int, _ extract.Request, honest *fakeResponse) (*fakeResponse, error) {
				if calls++; calls <= c.bad {
					honest.records = foreign
				}
				return honest, nil
			}
			report := b.land(source)
			rejects := int(b.number(`select count(*) from staging.reject where connection_code = $1`, b.connection))
			if report.RecordsLanded != int64(c.landed) || rejects != c.rejects || (report.WindowsComplete == 1) != (c.rejects < 4) {
				t.Errorf("got %+v and %d rejects, want %d records and %d rejects", report.Counts, rejects, c.landed, c.rejects)
			}
		})
	}

	t.Run("a body that breaks off keeps what came of its envelope where its bytes are gone", func(t *testing.T) {
		b := world.bench(t)
		source := whole([]string{`{"n":1}`})
		source.answer = func(_ int, _ extract.Request, honest *fakeResponse) (*fakeResponse, error) {
			honest.end = &extract.BodyError{Reason: extract.ReasonCutOff}
			honest.envelope = &extract.Envelope{JSON: []byte(`{"code":"200"}`)}
			return honest, nil
		}
		report := b.land(headless{source})
		if report.WindowsIncomplete != 1 || report.RecordsLanded != 1 {
			t.Errorf("got %+v, want one record landed and the snapshot incomplete", report.Counts)
		}
		if got := b.text(`select record from staging.reject where connection_code = $1`, b.connection); got != `{"code":"200"}` {
			t.Errorf("got %s, want the envelope", got)
		}
	})

	t.Run("an envelope or request that Postgres cannot hold does not stop its page", func(t *testing.T) {
		b := world.bench(t)
		source := whole([]string{`{"n":1}`})
		source.answer = func(_ int, _ extract.Request, honest *fakeResponse) (*fakeResponse, error) {
			honest.envelope = &extract.Envelope{JSON: []byte("{\"message\":\"a\x00\xff\"}"), Request: []byte(`{"spec_no":"\u0000"}`)}
			return honest, nil
		}
		b.land(source)
		got := b.text(`select envelope || ' ' || request from staging.page where connection_code = $1`, b.connection)
		if want := "{\"message\":\"a\uFFFD\uFFFD\"} {}"; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	})

	t.Run("a huge one is cut to 1 MiB", func(t *testing.T) {
		b := world.bench(t)
		b.land(broken([]string{`{"n":"` + strings.Repeat("x", 2<<20) + `"}`}, 1))
		if n := b.number(`select length(raw) from staging.reject where connection_code = $1`, b.connection); n != 1<<20 {
			t.Errorf("got %d bytes, want 1 MiB", n)
		}
	})

	t.Run("a body without records leaves its first bytes and no page", func(t *testing.T) {
		b := world.bench(t)
		source := windowed(nil)
		source.answer = func(_ int, _ extract.Request, honest *fakeResponse) (*fakeResponse, error) {
			honest.end, honest.head = &extract.BodyError{Reason: extract.ReasonMarkup, Detail: "HTML"}, []byte("<html>login</html>")
			return honest, nil
		}
		report := b.land(source)
		if report.BodiesRejected != 1 || report.PagesLanded != 0 || report.WindowsIncomplete != 1 {
			t.Errorf("got %+v, want one body rejected, no page, incomplete", report.Counts)
		}
		got := b.text(`select concat_ws('|', coalesce(page_id::text, '-'), page_no, place, record) from staging.reject where connection_code = $1`, b.connection)
		if want := "-|0|0|<html>login</html>"; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	})
}

// headless is a source whose responses cannot show how they began, as those that
// are streamed.
type headless struct{ extract.Source }

func (h headless) Fetch(ctx context.Context, request extract.Request) (extract.Response, error) {
	response, err := h.Source.Fetch(ctx, request)
	return struct{ extract.Response }{response}, err
}
