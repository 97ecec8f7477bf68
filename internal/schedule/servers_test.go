package schedule_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"pandian/internal/run"
	"pandian/internal/schedule"
)

// fault 29: two and four servers on one database, their clocks up to 5 s off,
// run each fire once. Here the skewed clocks decide; in production not even
// they do, but the database's.
func TestEachFireRunsOnceWhateverTheClocksSay(t *testing.T) {
	t.Parallel()
	for _, skews := range [][]time.Duration{
		{-5 * time.Second, 5 * time.Second},
		{-5 * time.Second, -time.Second, 2 * time.Second, 5 * time.Second},
	} {
		t.Run(fmt.Sprint(len(skews), " servers"), func(t *testing.T) {
			t.Parallel()
			b := newBench(t, "2026-01-01T00:00:30Z")
			jobs := []schedule.Job{hourly(schedule.CatchUp), hourly(schedule.Coalesce)}
			jobs[0].Cron, jobs[1].Cron, jobs[1].Pipeline = "* * * * *", "@every 30s", "q"
			var servers []*schedule.Scheduler
			for index, skew := range skews {
				settings := quick(fmt.Sprint("server ", index))
				settings.Now = b.clock(skew)
				servers = append(servers, b.server(settings, b.note, jobs...))
			}
			const minutes = 10
			for range minutes * 6 {
				b.forward(10 * time.Second)
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
			seen := map[string]int{}
			total := map[string]int64{}
			for _, fire := range b.ran() {
				seen[fire.Pipeline+" "+fire.At.UTC().Format(time.RFC3339)]++
				total[fire.Pipeline] += fire.StandsFor
			}
			for fire, count := range seen {
				if count != 1 {
					t.Errorf("%s ran %d times", fire, count)
				}
			}
			if total["p"] != minutes {
				t.Errorf("the fires of p stand for %d, want %d", total["p"], minutes)
			}
			if got := b.ask("select count(*) from ops.job_fire where pipeline_code = 'p' and state = 'ok' and stands_for_count = 1"); got != fmt.Sprint(minutes) {
				t.Errorf("%s fires of p ran by themselves, want %d:\n%s", got, minutes, b.fires())
			}
			// 5 s ahead, the fastest clock sees one more.
			if total["q"] < 2*minutes || total["q"] > 2*minutes+1 {
				t.Errorf("the fires of q stand for %d, want %d", total["q"], 2*minutes)
			}
			if len(b.overlap) > 0 {
				t.Errorf("runs overlap: %s", b.overlap)
			}
		})
	}
}

// fault 29: with tickers, and the clock of the database.
func TestServersThatTickShareTheFires(t *testing.T) {
	t.Parallel()
	b := newBench(t, "2026-01-01T00:00:00Z")
	job := hourly(schedule.CatchUp)
	job.Cron, job.CatchUpLimit = "@every 1s", 1000
	ctx, stop := context.WithCancel(t.Context())
	var group sync.WaitGroup
	for index := range 4 {
		s := b.server(quick(fmt.Sprint("server ", index)), b.note, job)
		group.Go(func() {
			if err := s.Serve(ctx, time.Minute); err != nil {
				t.Error(err)
			}
		})
	}
	b.waitFor("four fires", func() bool { return len(b.ran()) >= 4 })
	stop()
	group.Wait()
	seen := map[time.Time]bool{}
	for _, fire := range b.ran() {
		if seen[fire.At] || fire.StandsFor != 1 {
			t.Errorf("the fire of %s ran twice, or stands for %d", fire.At, fire.StandsFor)
		}
		seen[fire.At] = true
	}
	if got := b.ask("select count(*) from ops.job_fire where state = 'ok'"); got != fmt.Sprint(len(seen)) {
		t.Errorf("%s fires are ok, want %d:\n%s", got, len(seen), b.fires())
	}
	if len(b.overlap) > 0 {
		t.Errorf("runs overlap: %s", b.overlap)
	}
}

// blocked is a run that waits until it is let go or cancelled.
type blocked struct {
	begun chan schedule.Fire
	let   chan error
}

func newBlocked() blocked { return blocked{make(chan schedule.Fire, 10), make(chan error)} }

func (r blocked) run(ctx context.Context, fire schedule.Fire, _ func(int64)) error {
	r.begun <- fire
	select {
	case err := <-r.let:
		return err
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func TestAFireOfADeadServer(t *testing.T) {
	t.Parallel()
	const gone = "update ops.job_fire set lease_until = clock_timestamp() - interval '1 second' where state = 'running'" // 40 s later
	begin := func(t *testing.T) (*bench, *schedule.Scheduler, blocked) {
		b, frozen := newBench(t, "2026-01-01T00:10:00Z"), newBlocked()
		settings := quick("frozen")
		settings.Now, settings.Renew, settings.Lease = b.clock(0), time.Hour, 3*time.Hour // it does not speak
		s := b.server(settings, frozen.run, hourly(schedule.Coalesce))
		b.at("2026-01-01T01:00:00Z")
		if _, err := s.Tick(t.Context()); err != nil {
			t.Fatal(err)
		}
		<-frozen.begun
		return b, s, frozen
	}

	t.Run("is taken over, and what the dead one says later does not count", func(t *testing.T) { // fault 3
		t.Parallel()
		b, dead, frozen := begin(t)
		b.tell(gone)
		other := b.plain("other", b.note, hourly(schedule.Coalesce))
		b.tickUntilIdle(other)
		frozen.let <- errors.New("stale")
		if err := dead.Stop(time.Minute); err != nil {
			t.Error(err)
		}
		b.wantFires("01T01:00 run ok 1")
		if ran := b.ran(); len(ran) != 1 || ran[0].Attempt != 2 {
			t.Errorf("got %+v, want the second attempt", ran)
		}
		if got := b.ask("select worker from ops.job_fire"); got != "other" {
			t.Errorf("it is of %s, want other", got)
		}
	})

	t.Run("is not run again when its run ended by itself", func(t *testing.T) {
		t.Parallel()
		b, dead, frozen := begin(t)
		b.tell(`insert into ops.run (pipeline_code, command, state, finished_at, host, process_id, program_version)
			values ('p', 'run', 'ok', clock_timestamp(), 'h', 1, 'test')`)
		b.tell("update ops.job_fire set run_id = (select max(run_id) from ops.run)")
		b.tell(gone)
		other := b.plain("other", b.note, hourly(schedule.Coalesce))
		b.tickUntilIdle(other)
		if ran := b.ran(); len(ran) != 0 {
			t.Errorf("got %d runs, want none", len(ran))
		}
		b.wantFires("01T01:00 run ok 1")
		close(frozen.let)
		if err := dead.Stop(time.Minute); err != nil {
			t.Error(err)
		}
	})

	t.Run("is lost after three servers, and the next one stands for it", func(t *testing.T) {
		t.Parallel()
		b, dead, frozen := begin(t)
		b.tell("update ops.job_fire set attempt_count = 3")
		b.tell(gone)
		other := b.plain("other", b.note, hourly(schedule.Coalesce))
		b.tickUntilIdle(other)
		b.at("2026-01-01T02:00:00Z")
		b.tickUntilIdle(other)
		b.wantFires("01T01:00 run lost 1", "01T02:00 run ok 2 from 01T01:00")
		if got := b.ask("select lost_count from ops.job"); got != "1" {
			t.Errorf("got %s lost fires, want 1", got)
		}
		close(frozen.let)
		if err := dead.Stop(time.Minute); err != nil {
			t.Error(err)
		}
	})
}

// fault 3: a server that finds its lease gone stops the run.
func TestALeaseThatIsGoneEndsTheRun(t *testing.T) {
	t.Parallel()
	b, r := newBench(t, "2026-01-01T00:10:00Z"), newBlocked()
	ended := make(chan error, 1)
	settings := quick("a")
	settings.Now, settings.Renew, settings.Lease = b.clock(0), 5*time.Millisecond, time.Hour
	s := b.server(settings, func(ctx context.Context, fire schedule.Fire, begun func(int64)) error {
		err := r.run(ctx, fire, begun)
		ended <- err
		return err
	}, hourly(schedule.Coalesce))
	b.at("2026-01-01T01:00:00Z")
	if _, err := s.Tick(t.Context()); err != nil {
		t.Fatal(err)
	}
	<-r.begun
	b.tell("update ops.job_fire set token = -1, worker = 'another'")
	if err := <-ended; !errors.Is(err, schedule.ErrTakenAway) {
		t.Errorf("the run ended with %v, want %v", err, schedule.ErrTakenAway)
	}
	if err := s.Stop(time.Minute); err != nil {
		t.Error(err)
	}
	if got := b.ask("select state || ' ' || worker from ops.job_fire"); got != "running another" {
		t.Errorf("the fire is %s, want it to be the other's still", got)
	}
}

// fault 9: a lease that cannot be renewed in time is as good as gone, and what the
// run then ends with does not count: the fire is run again.
func TestALeaseThatCannotBeRenewedEndsTheRun(t *testing.T) {
	t.Parallel()
	b, r := newBench(t, "2026-01-01T00:10:00Z"), newBlocked()
	ended := make(chan struct{})
	settings := quick("a")
	settings.Now, settings.Renew, settings.Lease = b.clock(0), 100*time.Millisecond, 400*time.Millisecond
	s := b.server(settings, func(ctx context.Context, fire schedule.Fire, begun func(int64)) error {
		err := r.run(ctx, fire, begun)
		close(ended)
		return err
	}, hourly(schedule.Coalesce))
	b.at("2026-01-01T01:00:00Z")
	if _, err := s.Tick(t.Context()); err != nil {
		t.Fatal(err)
	}
	<-r.begun
	holder, err := b.pool.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := holder.Exec(t.Context(), "select from ops.job_fire for update"); err != nil {
		t.Fatal(err)
	}
	<-ended
	if err := holder.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	b.tickUntilIdle(b.plain("b", b.note, hourly(schedule.Coalesce)))
	if got := b.ask("select state || ' ' || attempt_count from ops.job_fire"); got != "ok 2" {
		t.Errorf("the fire is %s, want it ok at the second attempt", got)
	}
}

// fault 30: a manual run and the schedule meet.
func TestABusyPipeline(t *testing.T) {
	t.Parallel()
	busy := fmt.Errorf("begin: %w", &run.BusyError{Pipeline: "p", RunID: 7, Host: "desk"})

	t.Run("is waited for", func(t *testing.T) {
		t.Parallel()
		b := newBench(t, "2026-01-01T00:10:00Z")
		tries := 0
		s := b.plain("a", func(ctx context.Context, fire schedule.Fire, begun func(int64)) error {
			if tries++; tries < 4 {
				return busy
			}
			return b.note(ctx, fire, begun)
		}, hourly(schedule.Coalesce))
		b.at("2026-01-01T01:00:00Z")
		b.tickUntilIdle(s)
		b.wantFires("01T01:00 run ok 1")
		if ran := b.ran(); len(ran) != 1 || ran[0].Attempt != 1 {
			t.Errorf("got %+v, want one run that counts as the first attempt", ran)
		}
	})

	t.Run("for too long makes the fire skipped, and the next one stands for it", func(t *testing.T) {
		t.Parallel()
		b := newBench(t, "2026-01-01T00:10:00Z")
		free := false
		job := hourly(schedule.Coalesce)
		job.BusyWait = 0
		s := b.plain("a", func(ctx context.Context, fire schedule.Fire, begun func(int64)) error {
			if !free {
				return busy
			}
			return b.note(ctx, fire, begun)
		}, job)
		b.at("2026-01-01T01:00:00Z")
		b.tickUntilIdle(s)
		free = true
		b.at("2026-01-01T02:00:00Z")
		b.tickUntilIdle(s)
		b.wantFires("01T01:00 run skipped 1", "01T02:00 run ok 2 from 01T01:00")
		if got := b.ask("select reason from ops.job_fire where state = 'skipped'"); !strings.HasPrefix(got, "busy: ") || !strings.Contains(got, "run 7 on desk") {
			t.Errorf("got reason %q, want busy and by what", got)
		}
		if got := b.ask("select skipped_count || ' ' || carried_count from ops.job"); got != "1 0" {
			t.Errorf("got %s, want one skipped and none carried", got)
		}
	})

	t.Run("catching up, the one behind stands for the one that is skipped", func(t *testing.T) {
		t.Parallel()
		b := newBench(t, "2026-01-01T00:10:00Z")
		tries := 0
		job := hourly(schedule.CatchUp)
		job.BusyWait = 0
		s := b.plain("a", func(ctx context.Context, fire schedule.Fire, begun func(int64)) error {
			if tries++; tries == 1 {
				return busy
			}
			return b.note(ctx, fire, begun)
		}, job)
		b.at("2026-01-01T02:00:00Z")
		b.tickUntilIdle(s)
		b.wantFires("01T01:00 run skipped 1", "01T02:00 run ok 2 from 01T01:00")
	})

	t.Run("by its own earlier fire makes the later ones one", func(t *testing.T) {
		t.Parallel()
		b, r := newBench(t, "2026-01-01T00:10:00Z"), newBlocked()
		s := b.plain("a", r.run, hourly(schedule.Coalesce))
		for _, now := range []string{"2026-01-01T01:00:00Z", "2026-01-01T02:00:00Z", "2026-01-01T03:00:00Z"} {
			b.at(now)
			if _, err := s.Tick(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if first := <-r.begun; first.StandsFor != 1 {
			t.Errorf("got %+v, want the first fire", first)
		}
		close(r.let)
		b.tickUntilIdle(s)
		b.wantFires("01T01:00 run ok 1", "01T02:00 run coalesced 1", "01T03:00 run ok 2 from 01T02:00")
	})
}

func TestAPanicFailsOneFire(t *testing.T) { // fault 5
	t.Parallel()
	b := newBench(t, "2026-01-01T00:10:00Z")
	s := b.plain("a", func(context.Context, schedule.Fire, func(int64)) error { panic("a nil map") }, hourly(schedule.Coalesce))
	b.at("2026-01-01T01:00:00Z")
	b.tickUntilIdle(s)
	if got := b.ask("select state || ': ' || reason from ops.job_fire"); got != "failed: the run panicked: a nil map" {
		t.Errorf("got %s", got)
	}
}

func TestStopping(t *testing.T) { // fault 4
	t.Parallel()
	begin := func(t *testing.T) (*bench, *schedule.Scheduler, blocked) {
		b, r := newBench(t, "2026-01-01T00:10:00Z"), newBlocked()
		s := b.plain("a", r.run, hourly(schedule.Coalesce))
		b.at("2026-01-01T01:00:00Z")
		if _, err := s.Tick(t.Context()); err != nil {
			t.Fatal(err)
		}
		<-r.begun
		return b, s, r
	}

	t.Run("lets what runs finish", func(t *testing.T) {
		t.Parallel()
		b, s, r := begin(t)
		stopped := make(chan error)
		go func() { stopped <- s.Stop(time.Hour) }()
		r.let <- nil
		if err := <-stopped; err != nil {
			t.Error(err)
		}
		b.wantFires("01T01:00 run ok 1")
	})

	t.Run("cancels what does not, and gives its fire to others", func(t *testing.T) {
		t.Parallel()
		b, s, _ := begin(t)
		var cut *schedule.CutShortError
		if err := s.Stop(0); !errors.As(err, &cut) || cut.Count != 1 {
			t.Errorf("got %v, want one run to be cut short", err)
		}
		b.wantFires("01T01:00 run due 1")
		if got := b.ask("select attempt_count || ' ' || reason from ops.job_fire"); got != "0 its server a was stopped" {
			t.Errorf("got %s, want no attempt to be counted", got)
		}
		other := b.plain("b", b.note, hourly(schedule.Coalesce))
		b.tickUntilIdle(other)
		b.wantFires("01T01:00 run ok 1")
	})
}

func TestRunDueRunsWhatIsDueAndEnds(t *testing.T) {
	t.Parallel()
	b := newBench(t, "2026-01-01T00:10:00Z")
	s := b.plain("a", b.note, hourly(schedule.CatchUp))
	b.at("2026-01-01T03:00:00Z")
	if err := s.RunDue(t.Context(), time.Minute); err != nil {
		t.Fatal(err)
	}
	b.wantFires("01T01:00 run ok 1", "01T02:00 run ok 1", "01T03:00 run ok 1")
}

// fault 4: a hundred starts and stops, a thousand in make chaos-starts. It is not
// parallel, so that the goroutines that are left are its own.
func TestStartAndStopAgainAndAgain(t *testing.T) { //nolint:paralleltest // see above
	starts := 200
	if text := os.Getenv("PANDIAN_STARTS"); text != "" {
		var err error
		if starts, err = strconv.Atoi(text); err != nil || starts < 1 {
			t.Fatalf("PANDIAN_STARTS is %q, want a number from 1", text)
		}
	}
	b := newBench(t, "2026-01-01T00:00:00Z")
	job := hourly(schedule.Coalesce)
	job.Cron = "@every 1s"
	for round := range starts {
		ctx, stop := context.WithCancel(t.Context())
		s := b.server(quick(fmt.Sprint("server ", round)), b.note, job)
		served := make(chan error)
		go func() { served <- s.Serve(ctx, time.Minute) }()
		if round%2 == 0 { // the others are stopped while they start
			b.waitFor("a tick", func() bool { return !s.Health().TickedAt.IsZero() })
		}
		stop()
		if err := <-served; err != nil {
			t.Fatal(err)
		}
	}
	if got := b.ask("select count(*) from ops.job_fire where state = 'running'"); got != "0" {
		t.Errorf("%s fires run although no server does", got)
	}
	seen := map[time.Time]bool{}
	for _, fire := range b.ran() {
		if seen[fire.At] {
			t.Errorf("the fire of %s ran twice", fire.At)
		}
		seen[fire.At] = true
	}
	b.waitFor("every goroutine of a scheduler to end", func() bool {
		stacks := make([]byte, 1<<20)
		text := string(stacks[:runtime.Stack(stacks, true)])
		return !strings.Contains(text, "schedule.(*Scheduler)") && !strings.Contains(text, "gocron")
	})
}
