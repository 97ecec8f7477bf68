package pace_test

import (
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"

	"pandian/internal/erphttp"
	"pandian/internal/pace"
	"pandian/internal/pgtest"
)

// BenchmarkWait is what the shared limit costs a call where the limit itself costs
// nothing: statements per call, and time per call beside that of a limiter of one
// process.
func BenchmarkWait(b *testing.B) {
	const unlimited = 60_000_000
	wait := func(b *testing.B, pacer erphttp.Pacer) {
		for b.Loop() {
			if _, err := pacer.Wait(b.Context()); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.Run("shared", func(b *testing.B) {
		pool, err := pgxpool.New(b.Context(), pgtest.URL(b))
		if err != nil {
			b.Fatal(err)
		}
		defer pool.Close()
		statements := &atomic.Int64{}
		wait(b, pace.New(pace.Options{
			Database: counted{pool, statements}, Credential: credential, Connection: "wdt-main", CallsPerMinute: unlimited,
		}))
		b.ReportMetric(float64(statements.Load())/float64(b.N), "statements/call")
	})
	b.Run("one process", func(b *testing.B) { wait(b, erphttp.NewLimiter(unlimited)) })
}
