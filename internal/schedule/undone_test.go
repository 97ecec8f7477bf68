package schedule_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"pandian/internal/pgtest"
	"pandian/internal/schedule"
)

// fault 12: the server undoes what three schedulers write, at statements and at
// commits. Each fire still runs once, and no tick fails.
func TestFiresWhoseTransactionsAreUndone(t *testing.T) {
	t.Parallel()
	b := newBench(t, "2026-01-01T00:00:30Z")
	job := hourly(schedule.CatchUp)
	job.Cron, job.CatchUpLimit = "* * * * *", 100
	var servers []*schedule.Scheduler
	for index := range 3 {
		settings := quick(fmt.Sprint("server ", index))
		settings.Now = b.clock(0)
		servers = append(servers, b.server(settings, b.note, job))
	}
	pgtest.Strike(t, b.pool, 1, 60, "ops.job_fire")
	const minutes = 10
	for range minutes {
		b.forward(time.Minute)
		var group sync.WaitGroup
		for _, s := range servers {
			group.Go(func() {
				if _, err := s.Tick(t.Context()); err != nil {
					t.Error(err)
				}
			})
		}
		group.Wait()
	}
	b.tickUntilIdle(servers[0])
	if undone := pgtest.StrikeNoMore(t, b.pool); undone < 3 {
		t.Errorf("only %d transactions were undone", undone)
	}
	if got, want := b.ask("select count(*) filter (where state = 'ok' and attempt_count = 1) || ' of ' || count(*) from ops.job_fire"),
		fmt.Sprintf("%d of %d", minutes, minutes); got != want {
		t.Errorf("%s fires ran once and well, want %s:\n%s", got, want, b.fires())
	}
	if ran := b.ran(); len(ran) != minutes || len(b.overlap) > 0 {
		t.Errorf("%d runs, want %d; overlaps: %s", len(ran), minutes, b.overlap)
	}
}
