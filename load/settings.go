package load

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"
)

// Outbox names one outbox.
type Outbox struct {
	// Pipeline is the pipeline's code, as in "stock-compare".
	Pipeline string
	// Connection is the code of the source's connection.
	Connection string
}

// String returns "pipeline of connection", for messages.
func (o Outbox) String() string { return o.Pipeline + " of " + o.Connection }

// Settings tune a drain. The zero value of a field stands for its default.
type Settings struct {
	// BatchSize is how many documents one claim takes; default 500. Fewer than
	// 100 make the claims the bottleneck.
	BatchSize int
	// SendSize is how many documents one call of Target.Send gets; default
	// BatchSize. Results are committed after each call, so a slow target wants
	// few.
	SendSize int
	// Workers is how many claims are worked on at once; default 2.
	Workers int
	// Lease is how long a claim stays with a worker that is not heard of; default
	// 60 s. It is renewed three times per lease while a target is busy.
	Lease time.Duration
	// MaxAttempts is how often a document is tried before it is abandoned;
	// default 8.
	MaxAttempts int
	// BaseBackoff is the shortest wait before another attempt; default 5 s.
	BaseBackoff time.Duration
	// MaxBackoff is the longest; default 15 min.
	MaxBackoff time.Duration
	// SendTimeout bounds one call of Target.Send or Lookup; default 5 min.
	SendTimeout time.Duration
	// Grace is how long a call under way may go on after the context of Drain
	// has ended; default 20 s.
	Grace time.Duration
	// DatabaseTimeout bounds each exchange with the database; default 10 s.
	DatabaseTimeout time.Duration
	// OrderPatience is how long a worker waits for another one that is sending
	// an older revision of a document, before it leaves the newer one for later;
	// default 2 s.
	OrderPatience time.Duration
	// Limit is how many documents are sent at most, lookups not counted; default 0,
	// no limit. What is over stays in the outbox. With a limit one worker works.
	Limit int
	// Epoch says which life of the database it is; default nil, the only one. It is
	// asked at the beginning and after every claim.
	Epoch func(ctx context.Context) (Epoch, error)
	// RunID is the run that sends, as in ops.run; 0 for none.
	RunID int64
	// WorkerName is who sends, as in "host:process"; default "pandian".
	WorkerName string
	// Logger hears of lost leases, panics and repeated completions; default none.
	Logger *slog.Logger
	// Progress, where set, is told the counts so far after every completion. It
	// must be quick; it is called under a lock.
	Progress func(Counts)
}

// check says what is wrong with settings whose defaults are filled in.
func (s Settings) check() error {
	var wrong []error
	for name, value := range map[string]int{
		"batch size": s.BatchSize, "send size": s.SendSize, "workers": s.Workers, "max attempts": s.MaxAttempts,
	} {
		if value < 1 {
			wrong = append(wrong, fmt.Errorf("%s is %d, want 1 or more", name, value))
		}
	}
	for name, value := range map[string]time.Duration{
		"lease": s.Lease, "base backoff": s.BaseBackoff, "send timeout": s.SendTimeout, "database timeout": s.DatabaseTimeout,
	} {
		if value < time.Millisecond {
			wrong = append(wrong, fmt.Errorf("%s is %s, want 1ms or more", name, value))
		}
	}
	if s.Limit < 0 {
		wrong = append(wrong, fmt.Errorf("limit is %d, want 0 or more", s.Limit))
	}
	if s.MaxBackoff < s.BaseBackoff {
		wrong = append(wrong, fmt.Errorf("max backoff %s is shorter than base backoff %s", s.MaxBackoff, s.BaseBackoff))
	}
	return errors.Join(wrong...)
}

// withDefaults fills in what is not set.
func (s Settings) withDefaults() Settings {
	s.BatchSize = orDefault(s.BatchSize, 500)
	s.SendSize = orDefault(s.SendSize, s.BatchSize)
	s.Workers = orDefault(s.Workers, 2)
	if s.Limit > 0 {
		s.Workers, s.BatchSize = 1, min(s.BatchSize, s.Limit)
	}
	s.Lease = orDefault(s.Lease, time.Minute)
	s.MaxAttempts = orDefault(s.MaxAttempts, 8)
	s.BaseBackoff = orDefault(s.BaseBackoff, 5*time.Second)
	s.MaxBackoff = orDefault(s.MaxBackoff, 15*time.Minute)
	s.SendTimeout = orDefault(s.SendTimeout, 5*time.Minute)
	s.Grace = orDefault(s.Grace, 20*time.Second)
	s.DatabaseTimeout = orDefault(s.DatabaseTimeout, 10*time.Second)
	s.OrderPatience = orDefault(s.OrderPatience, 2*time.Second)
	s.WorkerName = orDefault(s.WorkerName, "pandian")
	if s.Logger == nil {
		s.Logger = slog.New(slog.DiscardHandler)
	}
	return s
}

func orDefault[T comparable](value, standard T) T {
	var zero T
	if value == zero {
		return standard
	}
	return value
}
