package schedule_test

import (
	"fmt"
	"testing"
	"time"

	"pandian/internal/schedule"
)

// fault 30: down for 25 h, under each policy.
func TestAfter25HoursDown(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		job    schedule.Job
		want   []string
		missed string
	}{
		"coalesce runs once for all": {
			hourly(schedule.Coalesce),
			[]string{"02T01:00 run ok 25 from 01T01:00"}, "24",
		},
		"catch_up runs the newest, and the oldest of them stands for those before": {
			hourly(schedule.CatchUp),
			[]string{"01T21:00 run ok 21 from 01T01:00", "01T22:00 run ok 1", "01T23:00 run ok 1", "02T00:00 run ok 1", "02T01:00 run ok 1"}, "24",
		},
		"skip runs only what is in time": {
			hourly(schedule.Skip),
			[]string{"01T01:00 run missed 24", "02T01:00 run ok 1"}, "24",
		},
		"a reread reads from before the oldest fire that it stands for": {
			schedule.Job{
				Pipeline: "p", Kind: schedule.Reread, Cron: "30 */6 * * *", Zone: "UTC", Missed: schedule.Coalesce,
				CatchUpLimit: 1, Span: 72 * time.Hour,
			},
			[]string{"02T00:30 reread ok 5 from 01T00:30"}, "5",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, "2026-01-01T00:10:00Z")
			s := b.plain("a", b.note, c.job)
			b.tickUntilIdle(s) // nothing is due yet
			b.at("2026-01-02T01:00:20Z")
			again := b.plain("b", b.note, c.job)
			b.tickUntilIdle(again)
			b.wantFires(c.want...)
			if got := b.ask("select missed_count from ops.job"); got != c.missed {
				t.Errorf("got %s missed fires, want %s", got, c.missed)
			}
			for index, fire := range b.ran() {
				if index > 0 && !fire.At.After(b.ran()[index-1].At) {
					t.Errorf("the fire of %s ran after that of %s", fire.At, b.ran()[index-1].At)
				}
				if fire.Span != c.job.Span {
					t.Errorf("got span %s, want %s", fire.Span, c.job.Span)
				}
			}
			// What comes next is neither late nor double.
			b.at("2026-01-02T06:30:05Z")
			b.tickUntilIdle(again)
			if got := b.ask("select sum(stands_for_count)::bigint from ops.job_fire"); got != fmt.Sprint(firesBetween(t, c.job)) {
				t.Errorf("the fires stand for %s, want %d:\n%s", got, firesBetween(t, c.job), b.fires())
			}
		})
	}
}

// firesBetween counts the fires of the test's days by the cron alone.
func firesBetween(t *testing.T, job schedule.Job) (count int64) {
	t.Helper()
	times := mustTimes(t, job.Cron, job.Zone)
	for at := times.Next(moment(t, "2026-01-01T00:10:00Z")); !at.After(moment(t, "2026-01-02T06:30:05Z")); at = times.Next(at) {
		count++
	}
	return count
}

func TestSkipGoesOnWithTheNextFire(t *testing.T) {
	t.Parallel()
	b := newBench(t, "2026-01-01T00:10:00Z")
	s := b.plain("a", b.note, hourly(schedule.Skip))
	b.at("2026-01-01T05:30:00Z")
	b.tickUntilIdle(s)
	if ran := b.ran(); len(ran) != 0 {
		t.Errorf("got %d runs, want none: all fires are late", len(ran))
	}
	b.at("2026-01-01T06:00:00Z")
	b.tickUntilIdle(s)
	b.wantFires("01T05:00 run missed 5 from 01T01:00", "01T06:00 run ok 1")
}

func TestAChangedScheduleSettlesWhatWasDueByTheOldOne(t *testing.T) {
	t.Parallel()
	b := newBench(t, "2026-01-01T00:10:00Z")
	b.plain("a", b.note, hourly(schedule.Coalesce))
	b.at("2026-01-01T03:30:00Z")
	daily := hourly(schedule.Coalesce)
	daily.Cron, daily.Zone = "0 6 * * *", "Asia/Shanghai"
	s := b.plain("b", b.note, daily)
	b.tickUntilIdle(s)
	b.wantFires("01T03:00 run ok 3 from 01T01:00")
	if got := b.ask("select next_fire_at at time zone 'UTC' from ops.job"); got != "2026-01-01 22:00:00 +0000 UTC" {
		t.Errorf("the next fire is %s, want 06:00 in Shanghai", got)
	}
}

func TestAScheduleThatIsTakenOutOfTheConfigurationEnds(t *testing.T) {
	t.Parallel()
	b := newBench(t, "2026-01-01T00:10:00Z")
	reread := schedule.Job{
		Pipeline: "p", Kind: schedule.Reread, Cron: "30 * * * *", Zone: "UTC", Missed: schedule.Coalesce, CatchUpLimit: 1, Span: time.Hour,
	}
	b.plain("a", b.note, hourly(schedule.Coalesce), reread)
	b.tell("insert into ops.job_fire (pipeline_code, kind, fire_at, covers_from_at, stands_for_count, state) values ('p', 'reread', now(), now(), 1, 'due')")
	s := b.plain("b", b.note, hourly(schedule.Coalesce))
	b.at("2026-01-01T04:00:00Z")
	b.tickUntilIdle(s)
	if got := b.ask("select string_agg(kind, ' ') from ops.job where next_fire_at is null"); got != "reread" {
		t.Errorf("got %s without a next fire, want reread", got)
	}
	if got := b.ask("select state || ': ' || reason from ops.job_fire where kind = 'reread'"); got != "skipped: the configuration has no such schedule any more" {
		t.Errorf("its open fire is %s", got)
	}
	// It comes back, and counts from then on.
	b.at("2026-01-01T09:10:00Z")
	b.plain("c", b.note, hourly(schedule.Coalesce), reread)
	if got := b.ask("select to_char(next_fire_at at time zone 'UTC', 'HH24:MI') from ops.job where kind = 'reread'"); got != "09:30" {
		t.Errorf("got %s, want 09:30", got)
	}
}
