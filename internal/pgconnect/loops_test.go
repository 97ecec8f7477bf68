package pgconnect_test

import (
	"context"
	"errors"
	"os"
	"testing"
	"time"

	"pandian/internal/blackhole"
	"pandian/internal/pgconnect"
	"pandian/internal/run"
	"pandian/load"
)

// swallowing is a target during whose first call the network goes away.
type swallowing struct {
	proxy *blackhole.Proxy
	calls int
}

func (s *swallowing) Send(_ context.Context, documents []load.Document) ([]load.Outcome, error) {
	if s.calls++; s.calls == 1 {
		s.proxy.Swallow()
	}
	outcomes := make([]load.Outcome, len(documents))
	for i := range outcomes {
		outcomes[i].State = load.Sent
	}
	return outcomes, nil
}

// fault 9: a drain whose results are swallowed ends, and the next one goes on.
func TestDrain_ends_when_the_database_swallows_its_results(t *testing.T) {
	t.Parallel()
	proxy, pool := guarded(t, pgconnect.Limits{Statement: limit, Acquire: limit})
	for _, sql := range []string{
		`select outbox.lock_writers('orders', 'wdt-main')`,
		`insert into outbox.document (connection_code, pipeline_code, business_key, revision, payload, payload_hash, run_id)
			select 'wdt-main', 'orders', 'k' || n, 1, '{}', 1, 1 from generate_series(1, 20) as n`,
		`insert into outbox.head (connection_code, pipeline_code, business_key, document_id, revision, payload_hash)
			select connection_code, pipeline_code, business_key, document_id, revision, payload_hash from outbox.document`,
	} {
		if _, err := pool.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	target := &swallowing{proxy: proxy}
	outbox := load.Outbox{Pipeline: "orders", Connection: "wdt-main"}
	settings := load.Settings{Workers: 1, SendSize: 5, DatabaseTimeout: limit, Lease: time.Second, BaseBackoff: time.Millisecond}
	if _, err := load.Drain(context.Background(), pool, outbox, target, settings); err == nil {
		t.Error("want an error of a drain that could not write its results")
	}
	proxy.Cut()
	proxy.Pass()
	for sent := 0; sent < 20; { // the claim of the first drain runs out after its lease
		if _, err := load.Drain(t.Context(), pool, outbox, target, settings); err != nil {
			t.Fatal(err)
		}
		if err := pool.QueryRow(t.Context(), `select count(distinct document_id) from outbox.result where outcome = 'sent'`).Scan(&sent); err != nil {
			t.Fatal(err)
		}
	}
}

// fault 9: a run notices that the session of its locks is swallowed, and ends.
func TestRun_ends_when_the_database_swallows_its_heartbeat(t *testing.T) {
	t.Parallel()
	proxy, pool := guarded(t, pgconnect.Limits{Statement: limit, Acquire: limit})
	functions, err := os.ReadFile("../../sql/function/ops_settings.sql")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := pool.Exec(t.Context(), string(functions)); err != nil {
		t.Fatal(err)
	}
	begun, ctx, err := run.Start(context.Background(), pool, run.Spec{Pipeline: "orders", Command: "run"})
	if err != nil {
		t.Fatal(err)
	}
	proxy.Swallow()
	<-ctx.Done()
	if cause := context.Cause(ctx); !errors.Is(cause, run.ErrLost) {
		t.Errorf("got %v, want %v", cause, run.ErrLost)
	}
	if err := begun.Finish(ctx, map[string]int{}, context.Cause(ctx)); err == nil {
		t.Error("want an error of a run whose end could not be written")
	}
	if _, _, err := run.Start(context.Background(), pool, run.Spec{Pipeline: "orders", Command: "run"}); err == nil {
		t.Error("want an error of a run whose beginning is swallowed")
	}
}
