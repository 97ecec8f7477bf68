package terminal

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestFigures(t *testing.T) {
	t.Parallel()
	start := time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)
	at := func(d time.Duration) time.Time { return start.Add(d) }
	cases := map[string]struct {
		state snapshot
		now   time.Time
		want  string
	}{
		"nothing is known yet": {snapshot{unit: "pages"}, at(0), "0 pages"},
		"all is known": {
			snapshot{unit: "pages", done: 120, total: 400, rows: 12_000, waited: 41 * time.Second}, at(100 * time.Second),
			"120/400 pages, 12,000 rows, 120 rows/s, eta 3m53s, throttled 41%",
		},
		"the total is not known":            {snapshot{unit: "documents", done: 1234567}, at(10 * time.Second), "1,234,567 documents"},
		"several workers wait at once":      {snapshot{unit: "pages", done: 1, waited: time.Hour}, at(time.Minute), "1 pages, throttled 100%"},
		"more than the total":               {snapshot{unit: "pages", done: 5, total: 4}, at(time.Minute), "5/4 pages"},
		"an ended task counts to its end":   {snapshot{unit: "pages", done: 2, total: 2, rows: 100, ended: at(2 * time.Second)}, at(time.Hour), "2/2 pages, 100 rows, 50 rows/s, in 2s"},
		"a message stands last":             {snapshot{unit: "pages", message: "waiting for the token"}, at(0), "0 pages, waiting for the token"},
		"rows in the first second, no pace": {snapshot{unit: "pages", done: 1, rows: 100}, at(time.Millisecond), "1 pages, 100 rows"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c.state.started = start
			if got := c.state.figures(c.now); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

func TestLines(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		l := newLines(&out, Style{}, 10*time.Second)
		stock := l.Task("wdt.stock wdt-main", 0)
		other := l.Task("yonsuite.current_stock ys-main", 0)
		stock.SetTotal(40)
		for range 20 {
			time.Sleep(time.Second + time.Millisecond)
			stock.Add(1)
			stock.AddRows(100)
			stock.AddWait(500 * time.Millisecond)
		}
		other.Done(errors.New("refused"))
		stock.Add(20)
		stock.Done(nil)
		stock.Done(errors.New("again"))
		stock.Add(5)
		_, _ = fmt.Fprintln(l.logWriter(), "a log line")
		time.Sleep(time.Minute)
		l.close()
		l.close()
		want := strings.Join([]string{
			"wdt.stock wdt-main: 9/40 pages, 900 rows, 90 rows/s, eta 34s, throttled 45%",
			"yonsuite.current_stock ys-main: 0 pages",
			"wdt.stock wdt-main: 19/40 pages, 1,900 rows, 95 rows/s, eta 22s, throttled 47%",
			"yonsuite.current_stock ys-main: 0 pages",
			"x yonsuite.current_stock ys-main: 0 pages, in 20s: failed",
			"ok wdt.stock wdt-main: 40/40 pages, 2,000 rows, 99 rows/s, in 20s, throttled 49%",
			"a log line", "",
		}, "\n")
		if diff := cmp.Diff(want, out.String()); diff != "" {
			t.Errorf("want -, got +\n%s", diff)
		}
	})
}

func TestBars(t *testing.T) {
	t.Parallel()

	t.Run("show counts, and logs come above them", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			var out bytes.Buffer
			b := newBars(&out, Style{Terminal: true, Fancy: true, width: func() int { return 160 }})
			good := b.Task("库存 wdt-main", 4)
			bad := b.Task("ys-main", 0)
			time.Sleep(time.Second)
			good.Add(2)
			good.AddRows(200)
			_, _ = fmt.Fprintln(b.logWriter(), "level=WARN msg=throttled")
			time.Sleep(time.Second)
			good.Add(2)
			good.Done(nil)
			bad.Done(errors.New("refused"))
			time.Sleep(time.Second)
			b.close()
			b.close()
			got := out.String()
			for _, want := range []string{"库存 wdt-main", "2/4 pages, 200 rows", "4/4 pages", "done", "failed", "level=WARN msg=throttled\n"} {
				if !strings.Contains(got, want) {
					t.Errorf("got no %q in\n%q", want, got)
				}
			}
			if n := strings.Count(got, "level=WARN"); n != 1 {
				t.Errorf("got the log line %d times, want once", n)
			}
		})
	})

	t.Run("no line of a frame is wider than the terminal", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			var out bytes.Buffer
			b := newBars(&out, Style{Terminal: true, Fancy: true, width: func() int { return 40 }})
			wide := b.Task("一个名字很长的仓库和连接", 1000)
			wide.Add(500)
			wide.AddRows(123456789)
			time.Sleep(3 * time.Second)
			wide.Done(nil)
			b.close()
			for line := range strings.Lines(out.String()) {
				if got := Width(line); got > 40 {
					t.Errorf("got %d cells, want at most 40: %q", got, line)
				}
			}
		})
	})

	t.Run("what is logged before, between and after bars is written once", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			var out bytes.Buffer
			b := newBars(&out, Style{Terminal: true, Fancy: true})
			log := func(i int) { _, _ = fmt.Fprintf(b.logWriter(), "line-%03d\n", i) }
			log(0)
			first := b.Task("first", 1)
			log(1)
			time.Sleep(time.Second)
			first.Done(nil)
			time.Sleep(time.Second)
			log(2) // no bar is active
			time.Sleep(time.Second)
			second := b.Task("second", 1)
			var wait sync.WaitGroup
			for i := range 50 {
				wait.Go(func() { log(3 + i) })
			}
			wait.Wait()
			second.Done(nil)
			b.close()
			log(53)
			for i := range 54 {
				if n := strings.Count(out.String(), fmt.Sprintf("line-%03d\n", i)); n != 1 {
					t.Errorf("got line %d %d times, want once", i, n)
				}
			}
		})
	})

	t.Run("what is logged after the last bar is not lost", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			var out bytes.Buffer
			b := newBars(&out, Style{Terminal: true, Fancy: true})
			b.Task("only", 1).Done(nil)
			time.Sleep(time.Second)
			_, _ = fmt.Fprintln(b.logWriter(), "the last word")
			time.Sleep(time.Second)
			b.close()
			if n := strings.Count(out.String(), "the last word\n"); n != 1 {
				t.Errorf("got the line %d times, want once", n)
			}
		})
	})

	t.Run("a close right after the first task ends", func(t *testing.T) {
		t.Parallel()
		for range 25 {
			var out bytes.Buffer
			b := newBars(&out, Style{Terminal: true, Fancy: true})
			b.Task("short", 1).Done(nil)
			b.close()
			b.Task("late", 1).Add(1)
		}
	})

	t.Run("many workers feed one bar", func(t *testing.T) {
		t.Parallel()
		var out bytes.Buffer
		b := newBars(&out, Style{Terminal: true, Fancy: true})
		tracker := b.Task("pages", 800)
		var wait sync.WaitGroup
		for range 8 {
			wait.Go(func() {
				for range 100 {
					tracker.Add(1)
					tracker.AddRows(10)
					tracker.AddWait(time.Millisecond)
					tracker.Message("page")
				}
			})
		}
		wait.Wait()
		tracker.Done(nil)
		b.close()
		if got := out.String(); !strings.Contains(got, "800/800 pages, 8,000 rows") {
			t.Errorf("got no full count in %q", got)
		}
	})
}

func TestSilentProgressWritesNothing(t *testing.T) {
	t.Parallel()
	for _, options := range []Options{{Quiet: true}, {JSON: true}} {
		var out bytes.Buffer
		options.Stdout, options.Stderr = &out, &out
		terminal := New(options)
		tracker := terminal.Progress().Task("x", 1)
		tracker.Add(1)
		tracker.Done(nil)
		terminal.Close()
		if out.Len() > 0 {
			t.Errorf("got %q, want nothing", out.String())
		}
	}
}
