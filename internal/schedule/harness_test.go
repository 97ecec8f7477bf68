package schedule_test

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"pandian/internal/db"
	"pandian/internal/pgtest"
	"pandian/internal/schedule"
)

// bench is a database with servers whose clock the test turns.
type bench struct {
	t    *testing.T
	pool *pgxpool.Pool
	now  atomic.Pointer[time.Time]

	mu   sync.Mutex
	runs []schedule.Fire
	// running counts the runs of each pipeline at this moment.
	running map[string]int
	overlap []string
}

func newBench(t *testing.T, now string) *bench {
	t.Helper()
	b := &bench{t: t, pool: pgtest.Pool(t), running: map[string]int{}}
	b.at(now)
	return b
}

// at sets the clock.
func (b *bench) at(now string) {
	b.t.Helper()
	parsed := moment(b.t, now)
	b.now.Store(&parsed)
}

func (b *bench) forward(by time.Duration) {
	later := b.now.Load().Add(by)
	b.now.Store(&later)
}

// clock is the bench's clock as a server sees it whose own is off by skew.
func (b *bench) clock(skew time.Duration) schedule.Clock {
	return func(context.Context, db.DBTX) (time.Time, error) { return b.now.Load().Add(skew), nil }
}

// hourly is a schedule of the pipeline p.
func hourly(missed schedule.Policy) schedule.Job {
	return schedule.Job{
		Pipeline: "p", Kind: schedule.Run, Cron: "0 * * * *", Zone: "UTC", Missed: missed, CatchUpLimit: 5, BusyWait: time.Minute,
	}
}

func quick(worker string) schedule.Settings {
	settings := schedule.DefaultSettings()
	// The pause is longer than a tick takes, as it is in a server: else a fire that
	// is given back between a tick's two steps is tried once more.
	settings.Worker, settings.Tick, settings.BusyPause = worker, 10*time.Millisecond, 500*time.Millisecond
	return settings
}

// server makes a server that has noted its schedules.
func (b *bench) server(settings schedule.Settings, run schedule.RunFunc, jobs ...schedule.Job) *schedule.Scheduler {
	b.t.Helper()
	var pipelines []string
	for _, job := range jobs {
		pipelines = append(pipelines, job.Pipeline)
	}
	if pipelines == nil {
		pipelines = []string{"p"}
	}
	s, err := schedule.New(b.pool, pipelines, jobs, run, settings, slog.New(slog.DiscardHandler))
	if err != nil {
		b.t.Fatal(err)
	}
	if err := s.Keep(b.t.Context()); err != nil {
		b.t.Fatal(err)
	}
	return s
}

// plain is a server that goes by the bench's clock.
func (b *bench) plain(worker string, run schedule.RunFunc, jobs ...schedule.Job) *schedule.Scheduler {
	b.t.Helper()
	settings := quick(worker)
	settings.Now = b.clock(0)
	return b.server(settings, run, jobs...)
}

// note remembers a fire that runs, and that no other of its pipeline does.
func (b *bench) note(_ context.Context, fire schedule.Fire, _ func(int64)) error {
	b.mu.Lock()
	b.runs = append(b.runs, fire)
	b.running[fire.Pipeline]++
	if b.running[fire.Pipeline] > 1 {
		b.overlap = append(b.overlap, fmt.Sprintf("%s at %s", fire.Pipeline, fire.At))
	}
	b.mu.Unlock()
	defer func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.running[fire.Pipeline]--
	}()
	return nil
}

func (b *bench) ran() []schedule.Fire {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.runs)
}

// tickUntilIdle ticks until nothing is due and nothing runs.
func (b *bench) tickUntilIdle(s *schedule.Scheduler) {
	b.t.Helper()
	for {
		if _, err := s.Tick(b.t.Context()); err != nil {
			b.t.Fatal(err)
		}
		if s.Health().Running == 0 && b.ask("select count(*) from ops.job_fire where state in ('due', 'running')") == "0" {
			return
		}
		time.Sleep(2 * time.Millisecond)
	}
}

// ask returns one value as text.
func (b *bench) ask(sql string, args ...any) string {
	b.t.Helper()
	var value any
	if err := b.pool.QueryRow(b.t.Context(), sql, args...).Scan(&value); err != nil {
		b.t.Fatalf("%s: %v", sql, err)
	}
	return fmt.Sprint(value)
}

func (b *bench) tell(sql string, args ...any) {
	b.t.Helper()
	if _, err := b.pool.Exec(b.t.Context(), sql, args...); err != nil {
		b.t.Fatalf("%s: %v", sql, err)
	}
}

// waitFor asks until the answer is yes; only a test that fails waits for long.
func (b *bench) waitFor(what string, yes func() bool) {
	b.t.Helper()
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(2 * time.Millisecond) {
		if yes() {
			return
		}
	}
	b.t.Fatalf("waited a minute for %s; fires: %s", what, b.fires())
}

// fires shows every fire: when, state, and what it stands for.
func (b *bench) fires() string {
	b.t.Helper()
	rows, err := b.pool.Query(b.t.Context(), `
		select
			to_char(fire_at at time zone 'UTC', 'DD"T"HH24:MI') || ' ' || kind || ' ' || state || ' ' || stands_for_count
			|| case when covers_from_at < fire_at then ' from ' || to_char(covers_from_at at time zone 'UTC', 'DD"T"HH24:MI') else '' end
		from ops.job_fire
		order by
			fire_at,
			kind`)
	if err != nil {
		b.t.Fatal(err)
	}
	lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		b.t.Fatal(err)
	}
	return strings.Join(lines, "\n")
}

func (b *bench) wantFires(want ...string) {
	b.t.Helper()
	if got := b.fires(); got != strings.Join(want, "\n") {
		b.t.Errorf("got\n%s\nwant\n%s", got, strings.Join(want, "\n"))
	}
}
