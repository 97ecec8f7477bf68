package pace

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"pandian/internal/db"
	"pandian/internal/erphttp"
	"pandian/internal/repeat"
)

// CircuitOptions are what a [Circuit] is made of. Database and Connection are
// required.
type CircuitOptions struct {
	// Database is a pool.
	Database db.DBTX
	// Connection is the connection's code.
	Connection string
	// Threshold is how many calls must fail in a row, over all processes. Default
	// 10.
	Threshold int
	// OpenFor is how long nobody calls, after the last of them and after each probe
	// that fails. Default 30 s.
	OpenFor time.Duration
	// ProbeTime is after how long a probe that is not heard of is taken for dead;
	// longer than any call takes. Default 2 min.
	ProbeTime time.Duration
	// Log hears when the circuit opens and closes, in the one process that did it;
	// nil discards it.
	Log *slog.Logger
	// Now replaces the database's clock; nil leaves it.
	Now func() time.Time
}

const (
	// freshness is how long what the database said about a circuit is believed. A
	// process goes on calling for so long after another one opened it.
	freshness = time.Second
	// mostDelay is how long it is believed that the circuit is open: it may close
	// before its time.
	mostDelay = 5 * time.Second
	// deafness is how long a database that failed is not asked again.
	deafness = 5 * time.Second
)

// Circuit is the circuit of one connection, shared by all processes. It costs a
// round trip a second while all is well, and one for each failure. While the
// database fails it lets calls through: the [Pacer] stops them then.
type Circuit struct {
	CircuitOptions

	mu sync.Mutex
	// asked is when the database was last asked, or until when it is not asked.
	asked time.Time
	// closedUntil is when to ask again while the circuit is open.
	closedUntil time.Time
	isOpen      bool
	isFailing   bool
}

var _ erphttp.Circuit = (*Circuit)(nil)

// NewCircuit makes a circuit. Nothing is asked of the database before it is used.
func NewCircuit(options CircuitOptions) *Circuit {
	if options.Log == nil {
		options.Log = slog.New(slog.DiscardHandler)
	}
	setDefault(&options.Threshold, 10)
	setDefault(&options.OpenFor, 30*time.Second)
	setDefault(&options.ProbeTime, 2*time.Minute)
	return &Circuit{CircuitOptions: options}
}

func setDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

// IsOpen says that calls have been failing and nobody but a probe may call.
func (c *Circuit) IsOpen(ctx context.Context) bool {
	isOpen, _ := c.state(ctx)
	return isOpen
}

// Delay implements [erphttp.Circuit].
func (c *Circuit) Delay(ctx context.Context) time.Duration {
	_, delay := c.state(ctx)
	return delay
}

// Enter implements [erphttp.Circuit]. A call with an effect is never the probe: a
// platform that does not come back would leave a document in doubt each time.
func (c *Circuit) Enter(ctx context.Context, mayProbe bool) (erphttp.Pass, time.Duration) {
	isOpen, delay := c.state(ctx)
	switch {
	case !isOpen:
		return &pass{circuit: c}, 0
	case delay > 0:
		return nil, delay
	case !mayProbe:
		return nil, time.Second
	}
	token := rand.Int64N(1<<62) + 1
	ctx, cancel := within(ctx, databaseTimeout)
	defer cancel()
	var taken int64
	err := repeat.Do(ctx, c.Log, "probe a circuit", func(ctx context.Context) (err error) {
		taken, err = db.New(c.Database).OpsCircuitProbe(ctx, db.OpsCircuitProbeParams{
			ConnectionCode: c.Connection, ProbeToken: token, ProbeTime: interval(c.ProbeTime), AskedAt: moment(c.Now),
		})
		return err
	})
	c.forget()
	if err != nil || taken == 0 {
		return nil, time.Second
	}
	return &pass{circuit: c, probe: token}, 0
}

// state is how the circuit stands, asked again when that is no longer fresh.
func (c *Circuit) state(ctx context.Context) (isOpen bool, delay time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := time.Now()
	if now.Before(c.closedUntil) {
		return true, c.closedUntil.Sub(now)
	}
	if now.Sub(c.asked) < freshness && !c.isOpen {
		return false, 0
	}
	ctx, cancel := within(ctx, databaseTimeout)
	defer cancel()
	row, err := db.New(c.Database).OpsCircuitState(ctx, db.OpsCircuitStateParams{
		ConnectionCode: c.Connection, AskedAt: moment(c.Now),
	})
	c.asked = time.Now()
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		c.isOpen, c.isFailing = false, false
	case err != nil:
		c.isOpen, c.asked = false, c.asked.Add(deafness)
	default:
		c.isOpen, c.isFailing = row.IsOpen, row.FailureCount > 0
		delay = min(time.Duration(row.ClosedForUs)*time.Microsecond, mostDelay)
		c.closedUntil = c.asked.Add(delay)
	}
	return c.isOpen, delay
}

// forget lets the database be asked at the next occasion.
func (c *Circuit) forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.asked, c.closedUntil = time.Time{}, time.Time{}
}

// pass is an attempt that was let through; probe is not 0 for that of the probe.
type pass struct {
	circuit *Circuit
	probe   int64
}

// Leave implements [erphttp.Pass].
func (p *pass) Leave(ctx context.Context, outcome erphttp.Outcome, sign string) {
	// What was found out counts, whether or not its caller still waits.
	ctx, cancel := within(context.WithoutCancel(ctx), databaseTimeout)
	defer cancel()
	var say func(context.Context) error
	switch {
	case outcome == erphttp.Down:
		say = func(ctx context.Context) error { return p.circuit.fail(ctx, p.probe, sign) }
	case outcome == erphttp.Well && (p.probe != 0 || p.circuit.hasFailed()):
		say = func(ctx context.Context) error { return p.circuit.succeed(ctx, p.probe) }
	case outcome == erphttp.Unknown && p.probe != 0:
		say = p.leave
	default:
		return
	}
	if err := repeat.Do(ctx, p.circuit.Log, "tell a circuit", say); err != nil {
		p.circuit.Log.Debug("the circuit was not told of a call", "connection", p.circuit.Connection, "error", err)
	}
	p.circuit.forget()
}

// leave gives a probe back of which nothing became known.
func (p *pass) leave(ctx context.Context) error {
	return db.New(p.circuit.Database).OpsCircuitLeave(ctx, db.OpsCircuitLeaveParams{
		ConnectionCode: p.circuit.Connection, ProbeToken: p.probe,
	})
}

func (c *Circuit) hasFailed() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.isFailing
}

func (c *Circuit) fail(ctx context.Context, probe int64, sign string) error {
	queries := db.New(c.Database)
	asked := db.OpsCircuitFailParams{
		Failure: sign, Threshold: int32(c.Threshold), Delay: interval(c.OpenFor), ProbeToken: probe,
		AskedAt: moment(c.Now), ConnectionCode: c.Connection,
	}
	counted, err := queries.OpsCircuitFail(ctx, asked)
	if errors.Is(err, pgx.ErrNoRows) {
		if err = queries.OpsCircuitAdd(ctx, c.Connection); err == nil {
			counted, err = queries.OpsCircuitFail(ctx, asked)
		}
	}
	if err == nil && counted.HasOpened {
		c.Log.Warn("circuit opened: nobody calls the connection until a probe goes well",
			"connection", c.Connection, "failures", counted.FailureCount, "last", sign, "delay", c.OpenFor)
	}
	return err
}

func (c *Circuit) succeed(ctx context.Context, probe int64) error {
	hasClosed, err := db.New(c.Database).OpsCircuitSucceed(ctx, db.OpsCircuitSucceedParams{
		ConnectionCode: c.Connection, ProbeToken: probe,
	})
	if errors.Is(err, pgx.ErrNoRows) {
		return nil // it opened, or another probe began, meanwhile
	}
	if err == nil && hasClosed {
		c.Log.Info("circuit closed: the connection answers again", "connection", c.Connection)
	}
	return err
}
