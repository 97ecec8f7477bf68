package schedule_test

import (
	"strings"
	"testing"
	"time"
	_ "time/tzdata" // bare hosts have no table of zones

	"pandian/internal/schedule"
)

func mustTimes(t *testing.T, cron, zone string) schedule.Times {
	t.Helper()
	times, err := schedule.ParseTimes(cron, zone)
	if err != nil {
		t.Fatal(err)
	}
	return times
}

func moment(t *testing.T, text string) time.Time {
	t.Helper()
	parsed, err := time.Parse(time.RFC3339, text)
	if err != nil {
		t.Fatal(err)
	}
	return parsed
}

// fault 30: daylight saving time, and the border of the day in Asia/Shanghai
// against that in UTC.
func TestNext(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		cron, zone, from string
		want             string // blank between
	}{
		"a day begins in Shanghai at 16:00 UTC": {
			"0 0 * * *", "Asia/Shanghai", "2026-11-22T15:59:59Z",
			"2026-11-22T16:00:00Z 2026-11-23T16:00:00Z",
		},
		"the same expression in UTC": {
			"0 0 * * *", "UTC", "2026-11-22T15:59:59Z",
			"2026-11-23T00:00:00Z 2026-11-24T00:00:00Z",
		},
		"the first of the month is Shanghai's": {
			"30 0 1 * *", "Asia/Shanghai", "2026-11-30T15:00:00Z",
			"2026-11-30T16:30:00Z 2026-12-31T16:30:00Z",
		},
		"monday is Shanghai's": {
			"0 1 * * 1", "Asia/Shanghai", "2026-11-22T00:00:00Z",
			"2026-11-22T17:00:00Z 2026-11-29T17:00:00Z",
		},
		"a time that is skipped in spring is the moment after the gap": {
			"30 2 * * *", "America/New_York", "2026-03-07T12:00:00Z",
			"2026-03-08T07:00:00Z 2026-03-09T06:30:00Z",
		},
		"several times in one gap are one moment": {
			"*/20 2 * * *", "America/New_York", "2026-03-08T05:00:00Z",
			"2026-03-08T07:00:00Z 2026-03-09T06:00:00Z",
		},
		"a time that comes twice in autumn counts the first time": {
			"30 1 * * *", "America/New_York", "2026-10-31T12:00:00Z",
			"2026-11-01T05:30:00Z 2026-11-02T06:30:00Z",
		},
		"also when asked between the two": {
			"30 1 * * *", "America/New_York", "2026-11-01T06:10:00Z",
			"2026-11-02T06:30:00Z",
		},
		"every half hour goes on through the hour that comes twice": {
			"*/30 * * * *", "America/New_York", "2026-11-01T04:50:00Z",
			"2026-11-01T05:00:00Z 2026-11-01T05:30:00Z 2026-11-01T06:00:00Z 2026-11-01T06:30:00Z 2026-11-01T07:00:00Z",
		},
		"every half hour goes on over the gap": {
			"*/30 * * * *", "America/New_York", "2026-03-08T06:20:00Z",
			"2026-03-08T06:30:00Z 2026-03-08T07:00:00Z 2026-03-08T07:30:00Z",
		},
		"every two hours in Berlin when clocks go back": {
			"0 */2 * * *", "Europe/Berlin", "2026-10-24T22:30:00Z",
			"2026-10-25T00:00:00Z 2026-10-25T03:00:00Z 2026-10-25T05:00:00Z",
		},
		"half an hour of daylight saving time on Lord Howe": {
			"15 2 * * *", "Australia/Lord_Howe", "2026-10-03T00:00:00Z",
			"2026-10-03T15:30:00Z 2026-10-04T15:15:00Z",
		},
		"midnight that does not exist in Cairo": {
			"0 0 * * *", "Africa/Cairo", "2026-04-23T12:00:00Z",
			"2026-04-23T22:00:00Z 2026-04-24T21:00:00Z",
		},
		"a leap day": {
			"0 12 29 2 *", "UTC", "2026-01-01T00:00:00Z",
			"2028-02-29T12:00:00Z",
		},
		"every so many seconds": {
			"@every 90s", "Asia/Shanghai", "2026-01-01T00:00:00Z",
			"2026-01-01T00:01:30Z 2026-01-01T00:03:00Z",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			times := mustTimes(t, c.cron, c.zone)
			at := moment(t, c.from)
			for want := range strings.SplitSeq(c.want, " ") {
				at = times.Next(at)
				if got := at.UTC().Format(time.RFC3339); got != want {
					t.Fatalf("got %s, want %s", got, want)
				}
			}
		})
	}

	t.Run("is zero for a day that never comes", func(t *testing.T) {
		t.Parallel()
		if got := mustTimes(t, "0 0 30 2 *", "UTC").Next(moment(t, "2026-01-01T00:00:00Z")); !got.IsZero() {
			t.Errorf("got %s, want none", got)
		}
	})
}

// Whatever the zone, the fires of a day's schedule increase, and there is one on
// each day of ten years.
func TestADailyFireHappensOnceEveryDay(t *testing.T) {
	t.Parallel()
	for _, zone := range []string{
		"Asia/Shanghai", "UTC", "America/New_York", "Europe/Berlin", "Australia/Lord_Howe", "Africa/Cairo", "America/Santiago",
	} {
		for _, cron := range []string{"0 0 * * *", "15 1 * * *", "30 2 * * *", "59 23 * * *"} {
			t.Run(zone+" "+cron, func(t *testing.T) {
				t.Parallel()
				times := mustTimes(t, cron, zone)
				last := time.Date(2024, 12, 31, 23, 59, 59, 0, times.Zone())
				for day := time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC); day.Year() < 2035; day = day.AddDate(0, 0, 1) {
					next := times.Next(last)
					if !next.After(last) || next.Format(time.DateOnly) != day.Format(time.DateOnly) {
						t.Fatalf("after %s got %s, want a moment on %s", last, next, day.Format(time.DateOnly))
					}
					last = next
				}
			})
		}
	}
}

func TestParseTimesRefuses(t *testing.T) {
	t.Parallel()
	for name, c := range map[string][2]string{
		"six fields":             {"0 0 0 * * *", "UTC"},
		"a zone in the cron":     {"CRON_TZ=UTC 0 0 * * *", "UTC"},
		"the machine's own zone": {"0 0 * * *", "Local"},
		"no zone":                {"0 0 * * *", ""},
		"a zone that is none":    {"0 0 * * *", "Asia/Shanghei"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := schedule.ParseTimes(c[0], c[1]); err == nil {
				t.Error("got no error")
			}
		})
	}
}

func TestDue(t *testing.T) {
	t.Parallel()
	times := mustTimes(t, "0 * * * *", "UTC")
	due := times.Due(moment(t, "2026-01-01T00:00:00Z"), moment(t, "2026-01-02T01:00:30Z"), 2)
	if due.Count != 26 || due.Late != 25 || len(due.Newest) != 2 {
		t.Errorf("got %d fires, %d late, %d kept, want 26, 25, 2", due.Count, due.Late, len(due.Newest))
	}
	for what, c := range map[string][2]time.Time{
		"oldest": {due.Oldest, moment(t, "2026-01-01T00:00:00Z")},
		"newest": {due.Newest[1], moment(t, "2026-01-02T01:00:00Z")},
		"next":   {due.Next, moment(t, "2026-01-02T02:00:00Z")},
	} {
		if !c[0].Equal(c[1]) {
			t.Errorf("%s: got %s, want %s", what, c[0], c[1])
		}
	}
}
