package main

import (
	"fmt"
	"syscall"
	"testing"
	"time"
)

// waitLimit bounds a wait for something that a test has set going. It is far more than
// that takes on a loaded machine, and far less than go test gives to all tests together,
// which does not say in a few lines what stood still.
const waitLimit = 3 * time.Minute

// caller is a command line that is under way beside the test.
type caller interface {
	// over is closed once it has ended.
	over() <-chan struct{}
	// said is what it has printed, as far as that can be told.
	said() string
}

func (p *process) over() <-chan struct{} { return p.done }
func (p *process) said() string          { return fmt.Sprintf("%s\n%s", p, clip(p.errs.String())) }

// ends waits until a process has ended. One that does not is asked where it stands.
func (p *process) ends(t *testing.T) outcome {
	t.Helper()
	select {
	case <-p.done:
	case <-time.After(waitLimit):
		_ = p.Process.Signal(syscall.SIGQUIT)
		select {
		case <-p.done:
		case <-time.After(10 * time.Second):
		}
		t.Fatalf("it did not end within %s: %s", waitLimit, p.said())
	}
	return outcome{p.String(), p.ProcessState.ExitCode(), p.out.String(), p.errs.String()}
}

// beside is a command line in this process, beside the test.
type beside struct {
	done  chan struct{}
	ended outcome
}

func (s *shop) beside(args ...string) *beside {
	b := &beside{done: make(chan struct{})}
	go func() {
		defer close(b.done)
		b.ended = s.pandian(args...)
	}()
	return b
}

func (b *beside) over() <-chan struct{} { return b.done }

func (b *beside) said() string {
	select {
	case <-b.done:
		return b.ended.String()
	default:
		return "it is under way"
	}
}

func (b *beside) ends(t *testing.T) outcome {
	t.Helper()
	select {
	case <-b.done:
	case <-time.After(waitLimit):
		t.Fatalf("the command line did not end within %s", waitLimit)
	}
	return b.ended
}

// awaits waits for the call that the gate holds back. A caller that ends without it
// would be waited for in vain.
func (g gate) awaits(t *testing.T, from caller) {
	t.Helper()
	select {
	case <-g.reached:
		return
	case <-from.over():
	case <-time.After(waitLimit):
	}
	select {
	case <-g.reached: // both at once
	default:
		t.Fatalf("the call never came: %s", from.said())
	}
}
