package extract_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"pandian/extract"
)

func TestResume(t *testing.T) {
	t.Parallel()
	world := newWorld(t)

	t.Run("stopped by a signal: what was read is committed, and the next run goes on behind it", func(t *testing.T) {
		b := world.bench(t)
		source := windowed(some(29))
		ctx, stop := context.WithCancel(t.Context())
		source.answer = func(call int, _ extract.Request, honest *fakeResponse) (*fakeResponse, error) {
			if call == 5 { // pages 0 9 8 7 6
				stop()
				return nil, ctx.Err()
			}
			return honest, nil
		}
		b.run = world.runs.Add(1)
		report, err := b.lander().Land(ctx, b.job(source))
		if !errors.Is(err, context.Canceled) {
			t.Fatalf("got %v, want it to be cancelled", err)
		}
		b.balance(report)
		if got := b.window(`state || ' ' || next_page`); got != "open 6" || report.PagesLanded != 3 {
			t.Errorf("got %s with %d pages, want open 6 with 3", got, report.PagesLanded)
		}
		b.goesOn(source, []int{6, 5, 4, 3, 2, 1, 0}, 29)
	})

	t.Run("a call that failed for good leaves the window open, and says where", func(t *testing.T) {
		b := world.bench(t)
		source := windowed(some(29))
		source.answer = func(call int, _ extract.Request, honest *fakeResponse) (*fakeResponse, error) {
			if call == 4 {
				return nil, errors.New("connection refused")
			}
			return honest, nil
		}
		_, err := b.try(source)
		want := fmt.Sprintf("land acme.stock of %s page 7 of window %s: connection refused", b.connection, source.calls[0].Window)
		if err == nil || err.Error() != want {
			t.Fatalf("got  %v\nwant %s", err, want)
		}
		b.goesOn(source, []int{7, 6, 5, 4, 3, 2, 1, 0}, 29)
	})

	t.Run("goes on forwards as well", func(t *testing.T) {
		b := world.bench(t)
		source := windowed(some(14))
		source.spec.Backwards, source.spec.FirstPage = false, 1
		source.answer = func(call int, _ extract.Request, honest *fakeResponse) (*fakeResponse, error) {
			if call == 4 {
				return nil, errors.New("connection refused")
			}
			return honest, nil
		}
		if _, err := b.try(source); err == nil {
			t.Fatal("got no error, want one")
		}
		b.goesOn(source, []int{4, 5, 1}, 14)
	})

	t.Run("a page that repeats the one landed before the stop is noticed", func(t *testing.T) {
		b := world.bench(t)
		source := windowed(some(12))
		repeat := false
		source.answer = func(call int, request extract.Request, honest *fakeResponse) (*fakeResponse, error) {
			if call == 5 && !repeat { // pages 0 3 4(beyond) 2
				return nil, errors.New("connection refused")
			}
			if repeat && request.Page == 1 {
				honest.records = source.records[6:9]
			}
			return honest, nil
		}
		if _, err := b.try(source); err == nil {
			t.Fatal("got no error, want one")
		}
		source.calls, repeat = nil, true
		b.land(source)
		if got := source.pages()[:2]; !slices.Equal(got, []int{1, 0}) {
			t.Errorf("got pages %v, want 1 and then a second reading from 0 on", got)
		}
		if got := b.window("reason"); !strings.Contains(got, "page 1 holds the same records as page 2") {
			t.Errorf("got %s, want the repeated page", got)
		}
	})

	t.Run("a page size that changed begins anew", func(t *testing.T) {
		b := world.bench(t)
		source := windowed(some(29))
		source.answer = func(call int, _ extract.Request, honest *fakeResponse) (*fakeResponse, error) {
			if call == 4 {
				return nil, errors.New("connection refused")
			}
			return honest, nil
		}
		if _, err := b.try(source); err == nil {
			t.Fatal("got no error, want one")
		}
		source.spec.PageSize, source.answer, source.calls = 10, nil, nil
		b.land(source)
		if got, want := source.pages(), []int{0, 2, 1, 0}; !slices.Equal(got, want) {
			t.Errorf("got pages %v, want %v", got, want)
		}
		got := b.text(`select string_agg(state || coalesce(' ' || reason, ''), '; ' order by window_id) from ops.window where connection_code = $1`, b.connection)
		if want := fmt.Sprintf("incomplete run %d ended before it was read to its end; complete", b.run-1); !strings.HasPrefix(got, "incomplete run ") || !strings.HasSuffix(got, "; complete") {
			t.Errorf("got %s, want %s", got, want)
		}
	})

	t.Run("a second reading is not resumed, because its doubts are not known any more", func(t *testing.T) {
		b := world.bench(t)
		source := windowed(some(8))
		source.answer = func(call int, request extract.Request, honest *fakeResponse) (*fakeResponse, error) {
			if request.Page == 2 && call < 5 {
				honest.records = nil
			}
			if call == 6 { // pages 0 2 1 0, then 0
				return nil, errors.New("connection refused")
			}
			return honest, nil
		}
		if _, err := b.try(source); err == nil {
			t.Fatal("got no error, want one")
		}
		source.calls, source.answer = nil, nil
		b.land(source)
		if got, want := source.pages(), []int{0, 2, 1, 0}; !slices.Equal(got, want) {
			t.Errorf("got pages %v, want %v", got, want)
		}
	})

	t.Run("a process that was thought dead cannot commit any more", func(t *testing.T) { // fault 3
		b := world.bench(t)
		b.settings.CommitPages = 1
		source := windowed(some(29))
		source.answer = func(call int, _ extract.Request, honest *fakeResponse) (*fakeResponse, error) {
			if call == 4 {
				b.exec(`update ops.window set run_id = 999999 where connection_code = $1`, b.connection)
			}
			return honest, nil
		}
		_, err := b.try(source)
		if err == nil || !strings.Contains(err.Error(), "another run has taken over the window") {
			t.Errorf("got %v, want to be told that the window was taken", err)
		}
		if got := b.window("state || ' ' || next_page"); got != "open 7" && got != "open 8" { // page 8 may have been under way
			t.Errorf("got %s, want the checkpoint to stand where it was", got)
		}
		if n := b.number(`select count(*) from staging.page where connection_code = $1 and page_no < 8`, b.connection); n != 0 {
			t.Errorf("got %d pages stored after the window was taken, want none", n)
		}
	})
}

// fault 1 and 7: killed between commits, the connections gone.
func TestKilledBetweenCommits(t *testing.T) {
	t.Parallel()
	for kill := 2; kill <= 9; kill++ {
		world := newWorld(t)
		t.Run(fmt.Sprintf("at call %d", kill), func(t *testing.T) {
			b := world.bench(t)
			b.settings.CommitPages = 2
			source := windowed(some(29))
			source.answer = func(call int, _ extract.Request, honest *fakeResponse) (*fakeResponse, error) {
				if call == kill {
					killAll(t, b.pool)
					time.Sleep(50 * time.Millisecond) // the landing notices
				}
				return honest, nil
			}
			_, err := b.try(source)
			if err == nil || !strings.Contains(err.Error(), "the lock is lost") {
				t.Fatalf("got %v, want to be told that the lock is lost", err)
			}
			b.pool.Reset() // a new process has new connections
			next := b.window("coalesce(next_page::text, 'none')")
			source.answer, source.calls = nil, nil
			b.land(source)
			if first := fmt.Sprint(source.pages()[0]); next != "none" && first != next {
				t.Errorf("got page %s first, want %s as the checkpoint says", first, next)
			}
			b.landedOnce(29)
		})
	}
}

// job is the job of the bench's newest run.
func (b *bench) job(source extract.Source) extract.Job {
	return extract.Job{RunID: b.run, ConnectionCode: b.connection, Source: source, Settings: b.settings}
}

// window is an expression over the newest window.
func (b *bench) window(expression string) string {
	b.Helper()
	return b.text(`select `+expression+` from ops.window where connection_code = $1 order by window_id desc limit 1`, b.connection)
}

// goesOn lands again and wants these pages to be asked for, and everything to be
// there once.
func (b *bench) goesOn(source *fakeSource, pages []int, records int64) {
	b.Helper()
	source.answer, source.calls = nil, nil
	b.land(source)
	if got := source.pages(); !slices.Equal(got, pages) {
		b.Errorf("got pages %v, want %v", got, pages)
	}
	b.landedOnce(records)
}

// landedOnce wants one complete window in which no page was landed twice.
func (b *bench) landedOnce(records int64) {
	b.Helper()
	if got := b.window("state || ' ' || records_landed"); got != fmt.Sprintf("complete %d", records) {
		b.Errorf("got a window that is %s, want complete %d", got, records)
	}
	twice := b.number(`
		select count(*)
		from (
			select page_no
			from staging.page
			where connection_code = $1
			group by page_no
			having count(*) > 1
		) as repeated`, b.connection)
	landed := b.number(`select sum(record_count) from staging.page where connection_code = $1`, b.connection)
	if twice != 0 || landed != records {
		b.Errorf("got %d pages twice and %d records, want none and %d", twice, landed, records)
	}
}

// killAll ends every connection to the database but its own.
func killAll(t *testing.T, pool *pgxpool.Pool) {
	t.Helper()
	conn, err := pool.Acquire(t.Context())
	if err != nil {
		t.Error(err)
		return
	}
	defer conn.Release()
	_, err = conn.Exec(t.Context(), `
		select pg_terminate_backend(pid) from pg_stat_activity
		where datname = current_database() and pid <> pg_backend_pid()`)
	if err != nil {
		t.Error(err)
	}
}
