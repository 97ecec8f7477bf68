package terminal

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Progress shows how far tasks are: bars on a terminal, a line every 10 s
// elsewhere, nothing under Quiet and JSON.
type Progress interface {
	// Task begins a task of total pages; 0 means not known yet.
	Task(name string, total int64) Tracker
}

// Tracker is fed by one task. It is safe for concurrent use; after Done the
// other methods change nothing.
type Tracker interface {
	// Add counts pages (or whatever SetUnit says) that are done.
	Add(pages int64)
	// AddRows counts rows that came with them.
	AddRows(rows int64)
	// AddWait counts time spent waiting for the platform's rate limit.
	AddWait(wait time.Duration)
	// SetTotal says how many pages there are, once it is known.
	SetTotal(pages int64)
	// SetUnit names what is counted, in the plural; "pages" until then.
	SetUnit(unit string)
	// Message shows a short word on what happens now; "" takes it away.
	Message(text string)
	// Done ends the task, with err if it failed. A second call does nothing.
	Done(err error)
}

// Progress returns the display of this command.
func (t *Terminal) Progress() Progress { return t.progress }

// progressEngine is a Progress that shares stderr with loggers.
type progressEngine interface {
	Progress
	logWriter() io.Writer
	// settle lets what is written next stand below the progress.
	settle()
	close()
}

func (t *Terminal) newProgress() progressEngine {
	switch {
	case t.options.Quiet || t.options.JSON:
		return silent{t.options.Stderr}
	case t.err.Fancy:
		return newBars(t.options.Stderr, t.err)
	default:
		return newLines(t.options.Stderr, t.err, lineInterval)
	}
}

type silent struct{ w io.Writer }

func (silent) Task(name string, total int64) Tracker { return newTask(name, total, nil) }
func (s silent) logWriter() io.Writer                { return s.w }
func (silent) settle()                               {}
func (silent) close()                                {}

// task counts. Its observer, which may be nil, is told once when it is done.
type task struct {
	observer func(*task)

	mu    sync.Mutex
	state snapshot
}

// snapshot is a task at one moment.
type snapshot struct {
	name, unit, message string
	done, total, rows   int64
	waited              time.Duration
	started, ended      time.Time
	err                 error
}

func newTask(name string, total int64, observer func(*task)) *task {
	return &task{observer: observer, state: snapshot{name: Printable(name), unit: "pages", total: total, started: time.Now()}}
}

func (t *task) change(apply func(*snapshot)) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.state.ended.IsZero() {
		apply(&t.state)
	}
}

func (t *task) Add(pages int64)      { t.change(func(s *snapshot) { s.done += pages }) }
func (t *task) AddRows(rows int64)   { t.change(func(s *snapshot) { s.rows += rows }) }
func (t *task) SetTotal(pages int64) { t.change(func(s *snapshot) { s.total = pages }) }
func (t *task) SetUnit(unit string)  { t.change(func(s *snapshot) { s.unit = unit }) }
func (t *task) Message(text string)  { t.change(func(s *snapshot) { s.message = Printable(text) }) }
func (t *task) AddWait(wait time.Duration) {
	t.change(func(s *snapshot) { s.waited += wait })
}

func (t *task) Done(err error) {
	isFirst := false
	t.change(func(s *snapshot) { s.ended, s.err, isFirst = time.Now(), err, true })
	if isFirst && t.observer != nil {
		t.observer(t)
	}
}

func (t *task) snapshot() snapshot {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.state
}

// figures writes "120/400 pages, 12,000 rows, 1,234 rows/s, eta 3m20s,
// throttled 41%". What is not known is left out.
func (s snapshot) figures(now time.Time) string {
	if !s.ended.IsZero() {
		now = s.ended
	}
	elapsed := now.Sub(s.started)
	count := grouped(s.done)
	if s.total > 0 {
		count += "/" + grouped(s.total)
	}
	parts := []string{count + " " + s.unit}
	if s.rows > 0 {
		parts = append(parts, grouped(s.rows)+" rows")
		if elapsed >= time.Second {
			parts = append(parts, grouped(s.rows*1000/elapsed.Milliseconds())+" rows/s")
		}
	}
	switch eta := s.eta(elapsed); {
	case !s.ended.IsZero():
		parts = append(parts, "in "+short(elapsed))
	case eta > 0:
		parts = append(parts, "eta "+short(eta))
	}
	if share := s.waitShare(elapsed); share > 0 {
		parts = append(parts, fmt.Sprintf("throttled %d%%", share))
	}
	if s.message != "" && s.ended.IsZero() {
		parts = append(parts, s.message)
	}
	return strings.Join(parts, ", ")
}

// eta is the time left at the pace so far; 0 if it cannot be told.
func (s snapshot) eta(elapsed time.Duration) time.Duration {
	if s.total <= s.done || s.done == 0 || elapsed < time.Second {
		return 0
	}
	return elapsed / time.Duration(s.done) * time.Duration(s.total-s.done)
}

// waitShare is the share of the time spent waiting for the rate limit, in
// percent. Several workers can wait at once, so it is cut at 100.
func (s snapshot) waitShare(elapsed time.Duration) int64 {
	if elapsed <= 0 {
		return 0
	}
	return min(100, int64(s.waited*100/elapsed))
}

// grouped writes 1234567 as "1,234,567".
func grouped(n int64) string {
	digits := strconv.FormatInt(n, 10)
	sign := ""
	if n < 0 {
		sign, digits = "-", digits[1:]
	}
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return sign + digits
}

// short writes a duration to the second, and to the millisecond below one.
func short(d time.Duration) string {
	if d < time.Second {
		return d.Round(time.Millisecond).String()
	}
	return d.Round(time.Second).String()
}
