package main

import (
	"strings"
	"testing"
	"time"

	"pandian/internal/fault"
)

func TestStatusShowsSchedules(t *testing.T) {
	t.Parallel()
	s := scheduled(t, `{cron: "30 4 * * *", time_zone: America/New_York, reread: {cron: "0 5 * * *", span: 2d}}`, shopOptions{})
	s.once()

	t.Run("also of a pipeline that never ran, in their own zone", func(t *testing.T) {
		s := s.in(t)
		shown := s.must("status")
		for _, want := range []string{"America/New_York", "30 4 * * *", "0 5 * * *", " 04:30:00-0", "reread"} {
			if !strings.Contains(shown.stdout, want) {
				t.Errorf("there is no %q in %s", want, shown)
			}
		}
		read := decode[[]pipelineStatus](t, s.must("status", "--json").envelope(t).Result)
		if len(read) != 1 || len(read[0].Schedules) != 2 || read[0].Schedules[0].Kind != "run" || read[0].Schedules[0].NextFireAt.Minute() != 30 {
			t.Errorf("got %+v, want one pipeline with its two schedules", read)
		}
	})

	t.Run("and what was missed", func(t *testing.T) {
		s := s.in(t)
		s.must("status", "--fail-on", "missed,skipped")
		s.tell("update ops.job set next_fire_at = next_fire_at - interval '3 days' where kind = 'run'")
		overdue := s.fails(fault.NeedsAttention, "status", "--fail-on", "missed")
		if overdue.Path != "stock-compare" || !strings.Contains(overdue.Message, "1 fires missed") {
			t.Errorf("got %+v, want the overdue fire to be told", overdue)
		}
		if told := s.must("status"); !strings.Contains(told.stderr, "is overdue: no pandian serve runs") {
			t.Errorf("there is no word of it in %s", told)
		}
		s.once()
		// Two or three of the last three days' fires are past, as the hour may be.
		read := decode[[]pipelineStatus](t, s.must("status", "--json").envelope(t).Result)[0].Schedules[0]
		if read.MissedCount < 2 || read.MissedCount > 3 || read.MissedInADay != read.MissedCount || read.IsOverdue || *read.LastState != "ok" {
			t.Errorf("got %+v, want the missed fires and one that is ok", read)
		}
		s.fails(fault.NeedsAttention, "status", "--fail-on", "missed")
		s.must("status", "--fail-on", "stale=1h,failed,incomplete,in_doubt,rejected,held_back,skipped")
	})
}

// Each word of --fail-on finds what it names, and nothing else.
func TestComplain(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	good, run, ok, failed, gap := now.Add(-time.Hour), int64(7), "ok", "failed", "a window is open"
	well := func() pipelineStatus {
		return pipelineStatus{Pipeline: "p", NewestRun: &run, State: &ok, LastGoodAt: &good, Schedules: []scheduleStatus{{}}}
	}
	all := []string{"stale=2h", "failed", "incomplete", "in_doubt", "rejected", "held_back", "unread", "missed", "skipped", "restored"}
	for name, c := range map[string]struct {
		change func(*pipelineStatus)
		want   string
	}{
		"all is well":             {func(*pipelineStatus) {}, ""},
		"never good":              {func(s *pipelineStatus) { s.LastGoodAt = nil }, "stale"},
		"good too long ago":       {func(s *pipelineStatus) { old := now.Add(-3 * time.Hour); s.LastGoodAt = &old }, "stale"},
		"failed":                  {func(s *pipelineStatus) { s.State = &failed }, "failed"},
		"a source not whole":      {func(s *pipelineStatus) { s.Incomplete = &gap }, "incomplete"},
		"a document in doubt":     {func(s *pipelineStatus) { s.InDoubt = 1 }, "in_doubt"},
		"a document refused":      {func(s *pipelineStatus) { s.Refused = 1 }, "rejected"},
		"a document held back":    {func(s *pipelineStatus) { s.HeldBack = 1 }, "held_back"},
		"a record not read":       {func(s *pipelineStatus) { s.RejectedInADay = 1 }, "unread"},
		"a fire missed":           {func(s *pipelineStatus) { s.Schedules[0].MissedInADay = 1 }, "missed"},
		"a fire missed long ago":  {func(s *pipelineStatus) { s.Schedules[0].MissedCount = 1 }, ""},
		"nobody serves":           {func(s *pipelineStatus) { s.Schedules[0].IsOverdue = true }, "missed"},
		"a fire skipped":          {func(s *pipelineStatus) { s.Schedules[0].SkippedInADay = 1 }, "skipped"},
		"a fire lost":             {func(s *pipelineStatus) { s.Schedules[0].LostInADay = 1 }, "skipped"},
		"a run that is under way": {func(s *pipelineStatus) { running := "running"; s.State = &running }, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			asked, err := parseComplaints(all)
			if err != nil {
				t.Fatal(err)
			}
			status := well()
			c.change(&status)
			found := fault.From(complain(asked, []pipelineStatus{status}, databaseState{State: "trusted"}, now))
			switch {
			case c.want == "" && found != nil:
				t.Errorf("got %v, want none", found)
			case c.want != "" && (found == nil || !strings.HasPrefix(found.Message, c.want+": ") || len(found.Problems) > 0):
				t.Errorf("got %v, want %s alone", found, c.want)
			}
		})
	}

	t.Run("tells everything at once", func(t *testing.T) {
		t.Parallel()
		asked, err := parseComplaints(all)
		if err != nil {
			t.Fatal(err)
		}
		bad := well()
		bad.State, bad.InDoubt = &failed, 2
		if found := fault.From(complain(asked, []pipelineStatus{bad, bad}, databaseState{State: "looked_up"}, now)); found == nil || len(found.Problems) != 5 {
			t.Errorf("got %v, want two problems of each pipeline and one of the database", found)
		}
	})

	// fault 15: a monitor hears of a restore, whether a run has noticed it or not.
	t.Run("tells of a database that is doubted", func(t *testing.T) {
		t.Parallel()
		asked, err := parseComplaints(all)
		if err != nil {
			t.Fatal(err)
		}
		cause := "moved"
		for state, isDoubted := range map[string]bool{"new": false, "trusted": false, "changed": true, "looked_up": true} {
			// No pipeline has run in it yet.
			found := fault.From(complain(asked, nil, databaseState{State: state, Cause: &cause}, now))
			if isTold := found != nil && strings.HasPrefix(found.Message, "restored: the database was restored from a dump"); isTold != isDoubted {
				t.Errorf("%s: got %v", state, found)
			}
		}
	})

	t.Run("refuses what it does not know", func(t *testing.T) {
		t.Parallel()
		for _, wrong := range []string{"stale", "stale=soon", "missed=1", "anything"} {
			if _, err := parseComplaints([]string{wrong}); fault.ExitCode(err) != fault.ExitUsage {
				t.Errorf("%s: got %v, want it refused", wrong, err)
			}
		}
	})
}
