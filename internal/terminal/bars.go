package terminal

import (
	"bytes"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/jedib0t/go-pretty/v6/progress"
)

const (
	frameInterval = 200 * time.Millisecond
	barLength     = 24
	nameLength    = 32
)

// bars draws one bar per task and redraws them in place. Finished bars scroll
// up and stay.
type bars struct {
	writer progress.Writer
	frames *frameWriter
	ended  sync.WaitGroup

	mu      sync.Mutex // guards the rest
	running bool
	closed  bool
}

func newBars(w io.Writer, style Style) *bars {
	writer := progress.NewWriter()
	b := &bars{writer: writer, frames: &frameWriter{w: w, writer: writer, style: style}}
	writer.SetOutputWriter(b.frames)
	writer.SetUpdateFrequency(frameInterval)
	writer.SetTrackerLength(barLength)
	writer.SetMessageLength(nameLength)
	writer.SetTrackerPosition(progress.PositionRight)
	writer.SetTerminalWidth(style.Width())
	barStyle := progress.StyleBlocks
	barStyle.Visibility = progress.StyleVisibility{Percentage: true, Tracker: true, Value: true}
	barStyle.Options.PercentFormat = "%4.1f%%"
	barStyle.Options.DoneString, barStyle.Options.ErrorString = "done", "failed"
	writer.SetStyle(barStyle)
	return b
}

// Task begins a task; drawing begins with the first one.
func (b *bars) Task(name string, total int64) Tracker {
	tracker := &progress.Tracker{Message: Printable(name), Total: max(0, total), AutoStopDisabled: true}
	counted := newTask(name, total, func(done *task) {
		if done.snapshot().err != nil {
			tracker.MarkAsErrored()
			return
		}
		tracker.MarkAsDone()
	})
	tracker.Units = progress.Units{Formatter: func(int64) string { return counted.snapshot().figures(time.Now()) }}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return counted
	}
	b.writer.AppendTracker(tracker)
	if !b.running {
		b.running = true
		b.ended.Go(b.writer.Render)
	}
	return barTracker{counted, tracker}
}

// barTracker tells both the count and the bar.
type barTracker struct {
	*task
	bar *progress.Tracker
}

func (t barTracker) Add(pages int64) {
	t.task.Add(pages)
	t.bar.Increment(pages)
}

func (t barTracker) SetTotal(pages int64) {
	t.task.SetTotal(pages)
	t.bar.UpdateTotal(pages)
}

// settle draws a last frame and ends drawing, so that what is written next
// stands below the bars. The next task begins anew.
func (b *bars) settle() {
	b.mu.Lock()
	running := b.running
	b.running = false
	b.mu.Unlock()
	if !running {
		return
	}
	b.stop()
	b.frames.flush()
	fresh := newBars(b.frames.w, b.frames.style)
	b.mu.Lock()
	defer b.mu.Unlock()
	b.writer, b.frames = fresh.writer, fresh.frames
}

// close draws a last frame and gives back what was logged after it.
func (b *bars) close() {
	b.mu.Lock()
	b.closed = true
	running := b.running
	b.running = false
	b.mu.Unlock()
	if running {
		b.stop()
	}
	b.frames.flush()
}

// stop ends Render. A Stop that comes before Render has set itself up is lost,
// so it is said again until Render has returned.
func (b *bars) stop() {
	ended := make(chan struct{})
	go func() {
		b.ended.Wait()
		close(ended)
	}()
	for {
		b.writer.Stop()
		select {
		case <-ended:
			return
		case <-time.After(frameInterval / 10):
		}
	}
}

func (b *bars) logWriter() io.Writer { return barLog{b} }

type barLog struct{ b *bars }

// Write puts lines above the bars with the next frame; without bars it writes
// them at once.
func (l barLog) Write(p []byte) (int, error) {
	l.b.mu.Lock()
	running := l.b.running
	l.b.mu.Unlock()
	if !running {
		return l.b.frames.direct(p)
	}
	for line := range strings.Lines(string(p)) {
		l.b.frames.await(strings.TrimRight(line, "\n"))
	}
	return len(p), nil
}

// frameWriter sees every frame on its way to the terminal. go-pretty writes
// logs only while a bar is active, so it remembers those not seen in a frame
// yet; flush writes the rest.
type frameWriter struct {
	writer progress.Writer
	style  Style

	mu      sync.Mutex // guards w and waiting
	w       io.Writer
	waiting []string
}

func (f *frameWriter) Write(frame []byte) (int, error) {
	f.writer.SetTerminalWidth(f.style.Width()) // for the next frame: the window may change
	f.mu.Lock()
	defer f.mu.Unlock()
	for rest := frame; len(f.waiting) > 0; f.waiting = f.waiting[1:] {
		line := []byte(f.waiting[0] + "\n")
		at := bytes.Index(rest, line)
		if at < 0 {
			break
		}
		rest = rest[at+len(line):]
	}
	return f.w.Write(frame)
}

func (f *frameWriter) await(line string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.waiting = append(f.waiting, line)
	f.writer.Log("%s", line) // under the lock, so that both keep one order
}

func (f *frameWriter) direct(p []byte) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.w.Write(p)
}

func (f *frameWriter) flush() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, line := range f.waiting {
		_, _ = io.WriteString(f.w, line+"\n")
	}
	f.waiting = nil
}
