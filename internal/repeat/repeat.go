// Package repeat carries out a transaction again that Postgres undid because it got
// into the way of another one.
//
// Of two transactions that wait for each other the server ends one with a deadlock
// (40P01), and one that saw what another has changed since with a serialization
// failure (40001). Either was rolled back as a whole, and nobody did anything wrong:
// it is to be carried out once more. That the server says so is what makes it safe.
// A connection that ends while a commit is under way says nothing of the kind, and
// is not repeated here.
package repeat

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"pandian/internal/erphttp"
)

// Tries is how often a transaction is carried out at most.
const Tries = 6

// longestPause bounds the wait between two tries; the first is at most firstPause,
// each following one twice as long. All of them together take 3.1 s at most.
const (
	firstPause   = 100 * time.Millisecond
	longestPause = 2 * time.Second
)

// SQLSTATEs after which nothing of a transaction is left. The others of class 40
// do not promise that.
const (
	serializationFailure = "40001"
	deadlockDetected     = "40P01"
)

// ExhaustedError says that a transaction was undone at every try.
type ExhaustedError struct {
	// What was to be done.
	What string
	// Err is what the server said the last time.
	Err error
}

func (e *ExhaustedError) Error() string {
	return fmt.Sprintf("%s: the database undid it %d times in a row, because it got into the way of another transaction: %s",
		e.What, Tries, e.Err)
}

// Unwrap returns what the server said the last time.
func (e *ExhaustedError) Unwrap() error { return e.Err }

// IsUndone says that the server undid the transaction that err came of, and that it
// may be carried out again.
func IsUndone(err error) bool {
	var refused *pgconn.PgError
	return errors.As(err, &refused) && (refused.Code == serializationFailure || refused.Code == deadlockDetected)
}

// Do carries out a transaction, or a single statement, and repeats it up to [Tries]
// times while the server undoes it; then it returns an *ExhaustedError. work begins
// from nothing at each call. A nil log is told nothing.
func Do(ctx context.Context, log *slog.Logger, what string, work func(context.Context) error) error {
	for try := 1; ; try++ {
		err := work(ctx)
		var exhausted *ExhaustedError
		switch {
		case !IsUndone(err), errors.As(err, &exhausted): // the latter by a Do within this one
			return err
		case try == Tries:
			return &ExhaustedError{What: what, Err: err}
		}
		Note(ctx, log, what, try, err)
		if waitErr := erphttp.Sleep(ctx, pause(try)); waitErr != nil {
			return errors.Join(waitErr, err)
		}
	}
}

// pause is how long to wait after a try, counted from 1. It is drawn by chance, so
// that those who met do not meet again.
func pause(try int) time.Duration {
	longest := min(firstPause<<(try-1), longestPause)
	return longest/4 + rand.N(longest*3/4)
}

// Note counts and tells that what the server undid is repeated, for code with a loop
// of its own. It passes over other errors.
func Note(ctx context.Context, log *slog.Logger, what string, try int, err error) {
	if !IsUndone(err) {
		return
	}
	if count, ok := ctx.Value(countKey{}).(*Count); ok {
		count.repeats.Add(1)
	}
	if log != nil {
		log.WarnContext(ctx, "the database undid a transaction, which is repeated", "what", what, "try", try, "error", err)
	}
}

// Count counts what was repeated on behalf of one piece of work.
type Count struct{ repeats atomic.Int64 }

// Repeats returns how many tries were made again so far.
func (c *Count) Repeats() int64 { return c.repeats.Load() }

type countKey struct{}

// Counted returns a context in which repeats are counted.
func Counted(ctx context.Context) (context.Context, *Count) {
	count := &Count{}
	return context.WithValue(ctx, countKey{}, count), count
}
