package extract_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"pandian/extract"
	"pandian/internal/fault"
)

func TestLock(t *testing.T) {
	t.Parallel()
	world := newWorld(t)

	t.Run("one process at a time lands a dataset of a connection; the other is told who", func(t *testing.T) {
		b := world.bench(t)
		source, second := windowed(some(2)), windowed(some(2))
		var busy, other error
		source.answer = func(_ int, _ extract.Request, honest *fakeResponse) (*fakeResponse, error) {
			_, busy = b.lander().Land(t.Context(), b.job(second))
			job := b.job(windowed(nil))
			job.ConnectionCode, job.RunID = job.ConnectionCode+" other", world.runs.Add(1)
			_, other = b.lander().Land(t.Context(), job)
			return honest, nil
		}
		b.land(source)
		var refused *fault.Error
		if !errors.As(busy, &refused) || refused.Code != fault.RunBusy {
			t.Fatalf("got %v, want %s", busy, fault.RunBusy)
		}
		for _, part := range []string{"is landing acme.stock of " + b.connection, "database session", "since 20"} {
			if !strings.Contains(busy.Error(), part) {
				t.Errorf("got %v, want it to say %q", busy, part)
			}
		}
		if len(second.calls) != 0 {
			t.Errorf("got %d calls of the second, want none", len(second.calls))
		}
		if other != nil {
			t.Errorf("another connection: got %v, want no error", other)
		}
	})

	t.Run("the lock is free again right after a landing", func(t *testing.T) {
		b := world.bench(t)
		for range 5 {
			b.land(whole(some(2)))
		}
	})
}

func TestCommitHasADeadline(t *testing.T) { // fault 9
	t.Parallel()
	world := newWorld(t) // of its own: the table is locked

	t.Run("and nothing is stored after a commit that failed", func(t *testing.T) {
		b := world.bench(t)
		b.settings.CommitPages, b.settings.QueryTimeout = 1, 300*time.Millisecond
		holder, err := b.pool.Begin(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer holder.Rollback(t.Context())
		source := windowed(some(29))
		source.answer = func(call int, _ extract.Request, honest *fakeResponse) (*fakeResponse, error) {
			switch call {
			case 2:
				if _, err := holder.Exec(t.Context(), "lock table staging.page in share mode"); err != nil {
					t.Error(err)
				}
			case 3: // page 9 is being committed, and waits
				time.Sleep(500 * time.Millisecond)
				if err := holder.Rollback(t.Context()); err != nil {
					t.Error(err)
				}
			}
			return honest, nil
		}
		_, err = b.try(source)
		if err == nil || !strings.Contains(err.Error(), "query_timeout (300ms)") {
			t.Fatalf("got %v, want the limit to be named", err)
		}
		if n := b.number(`select count(*) from staging.page where connection_code = $1`, b.connection); n != 0 {
			t.Errorf("got %d pages stored behind the one that was lost, want none", n)
		}
		b.goesOn(source, []int{0, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0}, 29)
	})
}
