package terminal

import (
	"fmt"
	"io"
	"slices"
	"sync"
	"time"
)

// lineInterval is how often a running task is heard of where no person watches.
const lineInterval = 10 * time.Second

// lines writes one line per running task and interval, and one at its end.
type lines struct {
	style Style
	stop  chan struct{}
	ended sync.WaitGroup
	once  sync.Once

	mu     sync.Mutex // guards w and active
	w      io.Writer
	active []*task
}

func newLines(w io.Writer, style Style, interval time.Duration) *lines {
	l := &lines{w: w, style: style, stop: make(chan struct{})}
	l.ended.Go(func() { l.loop(interval) })
	return l
}

func (l *lines) loop(interval time.Duration) {
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	for {
		select {
		case <-l.stop:
			return
		case now := <-ticker.C:
			l.tick(now)
		}
	}
}

func (l *lines) tick(now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, running := range l.active {
		state := running.snapshot()
		_, _ = fmt.Fprintf(l.w, "%s: %s\n", state.name, state.figures(now))
	}
}

// Task begins a task.
func (l *lines) Task(name string, total int64) Tracker {
	begun := newTask(name, total, l.finish)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.active = append(l.active, begun)
	return begun
}

func (l *lines) finish(done *task) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.active = slices.DeleteFunc(l.active, func(other *task) bool { return other == done })
	_, _ = io.WriteString(l.w, doneLine(done.snapshot(), l.style))
}

// doneLine is the last word on a task.
func doneLine(s snapshot, style Style) string {
	mark, reason := style.Mark(Good), ""
	if s.err != nil {
		mark, reason = style.Mark(Bad), ": failed"
	}
	return fmt.Sprintf("%s %s: %s%s\n", mark, s.name, s.figures(s.ended), reason)
}

// settle has nothing to do: lines stay where they are.
func (l *lines) settle() {}

func (l *lines) close() {
	l.once.Do(func() { close(l.stop) })
	l.ended.Wait()
}

func (l *lines) logWriter() io.Writer { return lockedWriter{&l.mu, l.w} }

// lockedWriter keeps lines of several writers whole.
type lockedWriter struct {
	mu *sync.Mutex
	w  io.Writer
}

func (l lockedWriter) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.Write(p)
}
