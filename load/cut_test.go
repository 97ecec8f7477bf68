package load_test

import (
	"bytes"
	"context"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"pandian/load"
)

func TestDrain_writes_results_again_when_the_database_failed_to(t *testing.T) {
	t.Parallel()
	f, target := newFixture(t), &erp{}
	f.putMany(5)
	f.exec(`create sequence tries`)
	f.exec(`create function fail_once() returns trigger language plpgsql as $$
		begin
			if nextval('tries') = 1 then raise exception 'disk full'; end if; -- a sequence is not rolled back
			return new;
		end $$`)
	f.exec(`create trigger fail_once before insert on outbox.result for each row execute function fail_once()`)
	if counts := f.drain(target, quick()); counts.Sent != 5 || counts.Calls != 1 || counts.Lost != 0 {
		t.Errorf("got %+v, want 5 sent with one call, none lost", counts)
	}
	f.wantStates("sent", "sent", "sent", "sent", "sent")
}

// deaf is a connection that hears nothing any more once the commit of a transaction
// was asked for, if it is the first to ask while isArmed.
type deaf struct {
	net.Conn
	isArmed *atomic.Bool
	isDeaf  *atomic.Bool
}

func (d deaf) Write(p []byte) (int, error) {
	if !bytes.Contains(p, []byte("commit\x00")) || !d.isArmed.CompareAndSwap(true, false) {
		return d.Conn.Write(p)
	}
	d.isDeaf.Store(true)
	n, err := d.Conn.Write(p)
	time.Sleep(100 * time.Millisecond) // the server carries it out
	return n, err
}

func (d deaf) Read(p []byte) (int, error) {
	if d.isDeaf.Load() {
		return 0, net.ErrClosed
	}
	return d.Conn.Read(p)
}

// The database kept the results, but its answer was lost. That is found out, and
// not mistaken for a lost lease.
func TestDrain_knows_its_results_when_the_answer_to_the_commit_is_lost(t *testing.T) {
	t.Parallel()
	f, target := newFixture(t), &erp{}
	f.putMany(5)
	var isArmed atomic.Bool
	isArmed.Store(true)
	config := f.pool.Config()
	dial := config.ConnConfig.DialFunc
	config.ConnConfig.DialFunc = func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := dial(ctx, network, address)
		return deaf{conn, &isArmed, new(atomic.Bool)}, err
	}
	pool, err := pgxpool.NewWithConfig(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	counts, err := load.Drain(t.Context(), pool, f.outbox, target, quick())
	if err != nil || counts.Sent != 5 || counts.Lost != 0 {
		t.Errorf("got %+v and error %v, want 5 sent, none lost", counts, err)
	}
	if isArmed.Load() {
		t.Error("no commit was cut: nothing was tested")
	}
	f.balanced(counts)
	target.wantEachOnce(t, 5)
	f.wantStates("sent", "sent", "sent", "sent", "sent")
}

// Backends are ended at random while documents are drained. Nothing is lost, and no
// document is stuck; twice may arrive what this target takes twice without harm.
func TestDrain_loses_nothing_when_connections_are_cut(t *testing.T) {
	t.Parallel()
	f, target := newFixture(t), &erp{}
	const documents = 4000
	f.putMany(documents)
	settings := quick()
	settings.BatchSize, settings.Lease, settings.MaxAttempts = 50, 200*time.Millisecond, 1000
	ctx, stop := context.WithCancel(f.Context())
	var cuts int64
	var cutter sync.WaitGroup
	cutter.Go(func() {
		for ctx.Err() == nil {
			tag, _ := f.pool.Exec(ctx, `select pg_terminate_backend(pid) from pg_stat_activity
				where datname = current_database() and pid <> pg_backend_pid() order by random() limit 1`)
			cuts += tag.RowsAffected()
			time.Sleep(10 * time.Millisecond)
		}
	})
	for until := time.Now().Add(time.Second); time.Now().Before(until); {
		counts, _ := load.Drain(f.Context(), f.pool, f.outbox, target, settings)
		f.balanced(counts)
	}
	stop()
	cutter.Wait()
	time.Sleep(settings.Lease)
	f.pool.Reset()
	f.drain(target, settings)
	if n := f.number(`select count(*) from outbox.delivery where state = 'sent'`); n != documents || target.arrived() != documents {
		t.Errorf("got %d sent and %d arrived, want %d both", n, target.arrived(), documents)
	}
	if cuts < 5 {
		t.Errorf("%d connections were cut, want enough to test anything", cuts)
	}
}
