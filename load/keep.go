package load

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"pandian/internal/db"
	"pandian/internal/repeat"
)

// errGraceOver says that a call was cut off, because the drain had to end.
var errGraceOver = errors.New("the drain was stopped while the target was being called")

// keeper renews a lease while its documents are sent, and says by this process's
// own clock how long it is good for.
type keeper struct {
	// ctx is for calls of the target. It ends when the lease is lost, or a grace
	// time after the drain was stopped.
	ctx    context.Context
	until  atomic.Pointer[time.Time]
	cancel context.CancelCauseFunc
	done   sync.WaitGroup
}

// keep starts to renew a lease that was asked for at since. The caller stops it.
func (w *worker) keep(ctx context.Context, held lease, since time.Time) *keeper {
	k := &keeper{}
	k.ctx, k.cancel = context.WithCancelCause(context.WithoutCancel(ctx))
	k.extend(since.Add(w.settings.Lease))
	k.done.Go(func() { k.endAfterGrace(ctx, w.settings.Grace) })
	k.done.Go(func() { k.renewUntilLost(w, held) })
	return k
}

// isGood says that the lease certainly still holds. A process that was frozen
// finds out here, before it calls the target with documents that are not its own.
func (k *keeper) isGood() bool { return time.Now().Before(*k.until.Load()) }

func (k *keeper) stop() {
	k.cancel(context.Canceled)
	k.done.Wait()
}

func (k *keeper) extend(until time.Time) { k.until.Store(&until) }

func (k *keeper) endAfterGrace(ctx context.Context, grace time.Duration) {
	select {
	case <-k.ctx.Done():
		return
	case <-ctx.Done():
	}
	timer := time.NewTimer(grace)
	defer timer.Stop()
	select {
	case <-k.ctx.Done():
	case <-timer.C:
		k.cancel(errGraceOver)
	}
}

func (k *keeper) renewUntilLost(w *worker, held lease) {
	ticker := time.NewTicker(w.settings.Lease / 3)
	defer ticker.Stop()
	for {
		select {
		case <-k.ctx.Done():
			return
		case <-ticker.C:
		}
		asked := time.Now()
		err := w.tryDatabase(k.ctx, func(ctx context.Context) error {
			return held.renew(ctx, db.New(w.pool), w.settings.Lease)
		})
		repeat.Note(k.ctx, w.settings.Logger, "renew a lease", 1, err)
		switch {
		case err == nil:
			k.extend(asked.Add(w.settings.Lease))
		case errors.Is(err, errLeaseLost), !k.isGood():
			k.cancel(errLeaseLost)
			return
		}
	}
}
