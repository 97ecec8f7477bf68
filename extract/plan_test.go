package extract_test

import (
	"strings"
	"testing"
	"time"

	"pandian/extract"
)

// at reads a moment of November 2026 in Beijing, as "21 10:00:00".
func at(t *testing.T, text string) time.Time {
	t.Helper()
	moment, err := time.ParseInLocation("2006-01-02 15:04:05", "2026-11-"+text, time.FixedZone("GMT+8", 8*60*60))
	if err != nil {
		t.Fatal(err)
	}
	return moment
}

func span(t *testing.T, text string) extract.Window {
	t.Helper()
	from, to, _ := strings.Cut(text, " > ")
	return extract.Window{From: at(t, from), To: at(t, to)}
}

func TestPlan(t *testing.T) {
	t.Parallel()
	const now = "22 10:02:00"
	cases := []struct {
		name    string
		since   string
		now     string
		covered []string
		spec    time.Duration // the vendor's widest window
		span    time.Duration // the user's
		full    bool
		want    []string
	}{
		{
			name: "nothing read: from since to now less settling", since: "22 00:00:00", now: now,
			want: []string{"22 00:00:00 > 22 10:00:00"},
		},
		{
			name: "since is still settling: nothing", since: "22 10:01:00", now: now,
		},
		{
			name: "since has just settled: one second", since: "22 10:00:00", now: now,
			want: []string{"22 10:00:00 > 22 10:00:00"},
		},
		{
			name: "after covered time: from its end less the overlap", since: "20 00:00:00", now: now,
			covered: []string{"20 00:00:00 > 22 09:00:00"},
			want:    []string{"22 08:55:00 > 22 10:00:00"},
		},
		{
			name: "the overlap does not reach behind since", since: "20 00:00:00", now: now,
			covered: []string{"20 00:00:00 > 20 00:03:00"},
			want:    []string{"20 00:00:00 > 22 10:00:00"},
		},
		{
			name: "nothing new has settled: nothing", since: "20 00:00:00", now: now,
			covered: []string{"20 00:00:00 > 22 10:00:00"},
		},
		{
			name: "one new second: a window of the overlap", since: "20 00:00:00", now: "22 10:02:01",
			covered: []string{"20 00:00:00 > 22 10:00:00"},
			want:    []string{"22 09:55:00 > 22 10:00:01"},
		},
		{
			name: "a gap that an incomplete window left is read again, and what is covered is not", since: "20 00:00:00", now: now,
			covered: []string{"20 00:00:00 > 20 12:00:00", "21 00:00:00 > 22 09:00:00"},
			want:    []string{"20 11:55:00 > 21 00:00:00", "22 08:55:00 > 22 10:00:00"},
		},
		{
			name: "since was moved back: only the new part", since: "18 00:00:00", now: now,
			covered: []string{"20 00:00:00 > 22 10:00:00"},
			want:    []string{"18 00:00:00 > 20 00:00:00"},
		},
		{
			name: "wider than the vendor allows: cut, neighbours share a second", since: "20 00:00:00", now: now, spec: 24 * time.Hour,
			want: []string{"20 00:00:00 > 21 00:00:00", "21 00:00:00 > 22 00:00:00", "22 00:00:00 > 22 10:00:00"},
		},
		{
			name: "exactly as wide as allowed: one", since: "21 10:00:00", now: now, spec: 24 * time.Hour,
			want: []string{"21 10:00:00 > 22 10:00:00"},
		},
		{
			name: "the user's span is narrower", since: "22 00:00:00", now: now, spec: 24 * time.Hour, span: 6 * time.Hour,
			want: []string{"22 00:00:00 > 22 06:00:00", "22 06:00:00 > 22 10:00:00"},
		},
		{
			name: "the user's span is wider than the vendor's: the vendor's", since: "21 00:00:00", now: now, spec: 24 * time.Hour, span: 72 * time.Hour,
			want: []string{"21 00:00:00 > 22 00:00:00", "22 00:00:00 > 22 10:00:00"},
		},
		{
			name: "full: everything again", since: "22 00:00:00", now: now, full: true,
			covered: []string{"22 00:00:00 > 22 10:00:00"},
			want:    []string{"22 00:00:00 > 22 10:00:00"},
		},
		{
			name: "coverage in the future, by a wrong clock: nothing", since: "20 00:00:00", now: now,
			covered: []string{"20 00:00:00 > 24 00:00:00"},
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			settings := extract.DefaultSettings()
			// Fractions of a second must not reach a window.
			settings.Since = at(t, c.since).Add(300 * time.Millisecond).UTC()
			settings.MaxSpan, settings.Full = c.span, c.full
			var covered []extract.Window
			for _, text := range c.covered {
				covered = append(covered, span(t, text))
			}
			var want []string
			for _, text := range c.want {
				want = append(want, span(t, text).String())
			}
			var got []string
			now := at(t, c.now).Add(999 * time.Millisecond)
			for _, window := range extract.Plan(now, covered, extract.Spec{MaxSpan: c.spec}, settings) {
				got = append(got, window.String())
			}
			if strings.Join(got, "\n") != strings.Join(want, "\n") {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
			}
		})
	}
}

func TestVerifiedThrough(t *testing.T) {
	t.Parallel()
	covered := []extract.Window{span(t, "20 00:00:00 > 20 12:00:00"), span(t, "21 00:00:00 > 22 09:00:00")}

	t.Run("ends at the first gap", func(t *testing.T) {
		t.Parallel()
		got, ok := extract.VerifiedThrough(covered, at(t, "20 00:00:00"))
		if want := at(t, "20 12:00:00"); !ok || !got.Equal(want) {
			t.Errorf("got %s, %t; want %s", got, ok, want)
		}
	})

	t.Run("is nothing when since itself is not covered", func(t *testing.T) {
		t.Parallel()
		for _, since := range []string{"19 23:59:59", "20 12:00:01", "23 00:00:00"} {
			if got, ok := extract.VerifiedThrough(covered, at(t, since)); ok {
				t.Errorf("since %s: got %s, want nothing", since, got)
			}
		}
	})
}
