package load_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"pandian/load"
)

// pendingWorld is an outbox on which everybody works at once, until its time is over.
type pendingWorld struct {
	fixture
	over   context.Context //nolint:containedctx // how long everybody goes on
	failed chan error
}

// fault 14: while mappings, loads and people work on an outbox, and some of them die in
// the middle of it, every snapshot counts what its log has.
func TestPending_is_right_in_every_snapshot_while_everybody_works(t *testing.T) {
	t.Parallel()
	f := newPendingFixture(t)
	over, stop := context.WithTimeout(t.Context(), 2*time.Second)
	defer stop()
	w := pendingWorld{f, over, make(chan error, 10)}
	var looks, highest int64
	var work sync.WaitGroup
	for seed := range uint64(2) {
		work.Go(func() { w.until(w.writes(rand.New(rand.NewPCG(14, seed)))) })
		work.Go(func() { w.until(w.loads) })
	}
	work.Go(func() { w.until(w.decides(rand.New(rand.NewPCG(14, 9)))) })
	work.Go(func() {
		w.until(func(ctx context.Context) error {
			got, err := w.comparePending(ctx, w.pool)
			looks, highest = looks+1, max(highest, got.count)
			return err
		})
	})
	work.Go(func() { w.until(w.looksTwice) })
	work.Wait()
	close(w.failed)
	for err := range w.failed {
		t.Error(err)
	}
	if looks < 5 || highest == 0 {
		t.Errorf("got %d looks and %d pending at most, want something to be seen", looks, highest)
	}
	f.exec(`update outbox.retry set run_at = now() - interval '1 second'`)
	f.decide("release", `states => '{held}'`)
	f.drain(&erp{}, alone())
	f.wantPending(0)
	t.Logf("%d looks, %d pending at most, %d documents", looks, highest, f.number(`select count(*) from outbox.document`))
}

// until does something again and again.
func (w pendingWorld) until(do func(context.Context) error) {
	for w.over.Err() == nil {
		if err := do(w.Context()); err != nil {
			w.failed <- err
			return
		}
	}
}

// writes is a mapping that is killed every now and then, or thinks better of it.
func (w pendingWorld) writes(draw *rand.Rand) func(context.Context) error {
	return func(ctx context.Context) error {
		undone := errors.New("undone")
		n := 1 + draw.IntN(40)
		err := pgx.BeginFunc(ctx, w.pool, func(tx pgx.Tx) error {
			if _, err := tx.Exec(ctx, `select outbox.lock_writers('stock-compare', 'wdt-main')`); err != nil {
				return err
			}
			if _, err := tx.Exec(ctx, writeSome, n, draw.IntN(100)); err != nil {
				return err
			}
			if draw.IntN(3) == 0 {
				return undone
			}
			return nil
		})
		if errors.Is(err, undone) {
			return nil
		}
		return err
	}
}

// writeSome writes revisions of $1 of a hundred keys, from number $2 on.
const writeSome = `
	with logged as (
		insert into outbox.document (connection_code, pipeline_code, business_key, revision, payload, payload_hash, run_id)
		select 'wdt-main', 'stock-compare', 'k' || n % 100, coalesce(head.revision, 0) + 1, '{}', 0, 1
		from generate_series($2::integer, $2::integer + $1::integer - 1) as n
		left join outbox.head on (head.connection_code, head.pipeline_code, head.business_key) = ('wdt-main', 'stock-compare', 'k' || n % 100)
		returning *
	)
	insert into outbox.head (connection_code, pipeline_code, business_key, document_id, revision, payload_hash)
	select connection_code, pipeline_code, business_key, document_id, revision, payload_hash from logged
	on conflict on constraint head_pkey do update
	set document_id = excluded.document_id, revision = excluded.revision`

// loads is a load whose target refuses some documents and is down at times.
func (w pendingWorld) loads(ctx context.Context) error {
	settings := quick()
	settings.BatchSize, settings.Workers, settings.Limit = 7, 2, 60
	counts, err := load.Drain(ctx, w.pool, w.outbox, &erp{answer: func(_ context.Context, documents []load.Document) ([]load.Outcome, error) {
		outcomes := make([]load.Outcome, len(documents))
		for i, d := range documents {
			outcomes[i].State = []load.State{load.Sent, load.Sent, load.Sent, load.Rejected, load.Waiting}[d.ID%5]
		}
		return outcomes, nil
	}}, settings)
	if err != nil {
		return fmt.Errorf("load: %w", err)
	}
	return counts.Balance()
}

// decides is a person who decides on documents wherever they are.
func (w pendingWorld) decides(draw *rand.Rand) func(context.Context) error {
	return func(ctx context.Context) error {
		verb := []string{"hold", "release", "discard", "retry"}[draw.IntN(4)]
		_, err := w.pool.Exec(ctx, fmt.Sprintf(
			"select ops.%s('stock-compare', 'because', by_whom => 'Li', keys => array['k' || $1::integer, 'k' || $1::integer + 1])", verb), draw.IntN(99))
		if err != nil {
			return fmt.Errorf("%s: %w", verb, err)
		}
		return nil
	}
}

// looksTwice is a reader whose snapshot grows old between two looks.
func (w pendingWorld) looksTwice(ctx context.Context) error {
	return pgx.BeginTxFunc(ctx, w.pool, pgx.TxOptions{IsoLevel: pgx.RepeatableRead}, func(tx pgx.Tx) error {
		first, err := w.comparePending(ctx, tx)
		if err != nil {
			return err
		}
		time.Sleep(50 * time.Millisecond)
		second, err := w.comparePending(ctx, tx)
		if err == nil && !first.equals(second) {
			err = fmt.Errorf("one snapshot counts %s and %s", first, second)
		}
		return err
	})
}
