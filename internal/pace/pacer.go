package pace

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"pandian/internal/db"
	"pandian/internal/erphttp"
	"pandian/internal/repeat"
)

// Options are what a [Pacer] is made of. Database, Credential, Connection and
// CallsPerMinute are required.
type Options struct {
	// Database is a pool; leases are single short statements.
	Database db.DBTX
	// Credential is the [Fingerprint] of what the platform counts calls by.
	Credential string
	// Connection is the connection's code.
	Connection string
	// CallsPerMinute is the platform's limit, 1 or more.
	CallsPerMinute int
	// Log hears of lowered limits; nil discards it.
	Log *slog.Logger
	// Patience is how long Wait puts up with a database that fails before it
	// returns an error. Default 15 s.
	Patience time.Duration
	// Now replaces the database's clock; nil leaves it.
	Now func() time.Time
}

// Pacer is the rate limit of one credential, shared by all processes.
type Pacer struct {
	Options
	// turn is held by the one goroutine that leases.
	turn chan struct{}

	mu      sync.Mutex
	block   block
	waiting int
	// untold is how long others are yet to be held back, because the database did
	// not answer when it was said.
	untold time.Time
	// brokeAt and broke are how the last lease failed.
	brokeAt time.Time
	broke   error
}

var (
	_ erphttp.Pacer   = (*Pacer)(nil)
	_ erphttp.Learner = (*Pacer)(nil)
)

// New makes a pacer. Nothing is asked of the database before Wait or Hold.
func New(options Options) *Pacer {
	if options.Log == nil {
		options.Log = slog.New(slog.DiscardHandler)
	}
	if options.Patience == 0 {
		options.Patience = 15 * time.Second
	}
	return &Pacer{Options: options, turn: make(chan struct{}, 1)}
}

// Wait implements [erphttp.Pacer]. Where the database fails for longer than the
// patience it returns an error, and no call may start: without the database nobody
// knows how much of the limit is left.
func (p *Pacer) Wait(ctx context.Context) (time.Duration, error) {
	start := time.Now()
	err := p.wait(ctx, start)
	return time.Since(start), err
}

func (p *Pacer) wait(ctx context.Context, arrived time.Time) error {
	p.count(1)
	defer p.count(-1)
	for {
		slot, ok := p.take()
		if !ok {
			if err := p.lease(ctx, arrived); err != nil {
				return err
			}
			continue
		}
		if err := erphttp.Sleep(ctx, time.Until(slot)); err != nil {
			return err
		}
		// A hold may have begun while this call was waiting for its slot, or the
		// machine may have stood still.
		if p.isGood(slot) {
			return ctx.Err()
		}
	}
}

func (p *Pacer) count(more int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.waiting += more
}

func (p *Pacer) take() (time.Time, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.block.take(time.Now())
}

func (p *Pacer) isGood(slot time.Time) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return !slot.Before(p.block.notBefore) && time.Since(slot) <= lateness
}

// lease fills the block, once for all that wait.
func (p *Pacer) lease(ctx context.Context, arrived time.Time) error {
	select {
	case p.turn <- struct{}{}:
		defer func() { <-p.turn }()
	case <-ctx.Done():
		return ctx.Err()
	}
	for begun := time.Now(); ; {
		isFilled, failed := p.standing(arrived)
		if isFilled || failed != nil {
			return failed
		}
		pause, err := p.ask(ctx, p.Patience-time.Since(begun))
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err == nil:
			begun = time.Now()
		case time.Since(begun) >= p.Patience:
			return p.fail(err)
		default:
			pause = min(time.Second, p.Patience/10)
		}
		if err := erphttp.Sleep(ctx, pause); err != nil {
			return err
		}
	}
}

// standing tells whether somebody else has filled the block meanwhile, or found out
// that the database does not answer.
func (p *Pacer) standing(arrived time.Time) (isFilled bool, failed error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.brokeAt.After(arrived) {
		return false, p.broke
	}
	return p.block.left > 0, nil
}

func (p *Pacer) fail(err error) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.brokeAt = time.Now()
	p.broke = fmt.Errorf("the rate limit of connection %s is in the database, which has failed for %s: %w",
		p.Connection, p.Patience.Round(time.Second), err)
	return p.broke
}

// ask leases once. pause is how long to wait before asking again, where there is
// no slot near enough.
func (p *Pacer) ask(ctx context.Context, limit time.Duration) (pause time.Duration, err error) {
	ctx, cancel := within(ctx, min(limit, databaseTimeout))
	defer cancel()
	if err := p.tell(ctx); err != nil {
		return 0, err
	}
	p.mu.Lock()
	wanted := p.block.wanted(p.waiting)
	p.mu.Unlock()
	granted, err := p.query(ctx, wanted)
	if err != nil {
		return 0, fmt.Errorf("lease calls: %w", err)
	}
	// The answer is older than now; a slot is never taken for earlier than it is.
	received := time.Now()
	first := time.Duration(granted.FirstInUs) * time.Microsecond
	if granted.GrantedCount == 0 {
		return min(max(first-time.Second, time.Millisecond), longestPause), nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.block.fill(received.Add(first), int(granted.GrantedCount), time.Duration(granted.SpacingUs)*time.Microsecond)
	return 0, nil
}

// longestPause is after how long a held credential is looked at again: a person may
// have ended the hold.
const longestPause = 10 * time.Second

func (p *Pacer) query(ctx context.Context, wanted int) (db.OpsRateLimitLeaseRow, error) {
	queries := db.New(p.Database)
	asked := db.OpsRateLimitLeaseParams{
		CallsPerMinute: int32(p.CallsPerMinute), WantedCount: int32(wanted), AskedAt: p.now(),
		Credential: p.Credential, ConnectionCode: p.Connection,
	}
	var granted db.OpsRateLimitLeaseRow
	err := repeat.Do(ctx, p.Log, "lease calls", func(ctx context.Context) (err error) {
		granted, err = queries.OpsRateLimitLease(ctx, asked)
		if !errors.Is(err, pgx.ErrNoRows) {
			return err
		}
		if err = p.add(ctx, queries); err == nil {
			granted, err = queries.OpsRateLimitLease(ctx, asked)
		}
		return err
	})
	return granted, err
}

func (p *Pacer) add(ctx context.Context, queries *db.Queries) error {
	return queries.OpsRateLimitAdd(ctx, db.OpsRateLimitAddParams{
		Credential: p.Credential, ConnectionCode: p.Connection, CallsPerMinute: int32(p.CallsPerMinute), AskedAt: p.now(),
	})
}

func (p *Pacer) now() *time.Time { return moment(p.Now) }

// moment is what a replaced clock says; nil for the database's own.
func moment(clock func() time.Time) *time.Time {
	if clock == nil {
		return nil
	}
	now := clock()
	return &now
}

// within bounds an exchange with the database and names the bound.
func within(ctx context.Context, limit time.Duration) (context.Context, context.CancelFunc) {
	limit = max(limit, time.Millisecond)
	return context.WithTimeoutCause(ctx, limit, fmt.Errorf("the database did not answer within %s: %w", limit.Round(time.Millisecond), context.DeadlineExceeded))
}
