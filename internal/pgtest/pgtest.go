// Package pgtest gives each test a PostgreSQL database of its own.
//
//	func TestClaim(t *testing.T) {
//		t.Parallel()
//		pool := pgtest.Pool(t) // all migrations applied, nobody else in it
//
// A database is a copy of a template into which the migrations were applied
// once (or which was prepared otherwise: Prepared), takes about 0.1 s, and is dropped when the test ends. Tests may commit,
// and may run in parallel.
//
// # The server
//
// By default all test processes of a user share one throwaway server
// (pgserver, without fsync), which the first of them starts. With
// PANDIAN_TEST_DATABASE_URL set, the databases are made on that server; the
// account needs the right to create databases, and templates stay there, one
// for each state of the migrations.
//
// Nobody has to write a TestMain. There is no hook at the end of a test
// process, and it may be killed, by a time-out for one. So a process never
// gives the server back: pgserver's watcher, a few lines of sh that outlive
// the process, sees the end of its pipe when the process is gone, lingers two
// seconds for the next package of the same go test, and if nobody came stops
// the server and removes its folder. Taking part and leaving are atomic steps
// of the file system, so neither needs the other alive; pgserver's doc comment
// tells how. The alternatives were a reference count in t.Cleanup, which is
// zero between any two tests and would start a server for each of them, and a
// re-executed test binary, which takes an init function in every package that
// imports this one.
package pgtest

import (
	"context"
	"io/fs"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"pandian/migrations"
)

const (
	// dropTimeout bounds the removal of a test's database.
	dropTimeout = 30 * time.Second
	// releaseTimeout is how long a test's connections may stay in use after it.
	releaseTimeout = 5 * time.Second
)

// Pool connects to a fresh database with all migrations of pandian. The pool
// is closed and the database dropped at the end of the test.
func Pool(t testing.TB) *pgxpool.Pool {
	t.Helper()
	return New(t, migrations.FS)
}

// URL is the address of a fresh database with all migrations of pandian, for
// code that connects by itself.
func URL(t testing.TB) string {
	t.Helper()
	return newDatabase(t, migratedBy(t, migrations.FS))
}

// Prepared is the address of a fresh copy of a database that prepare was given
// the address of once, when it was empty. key changes with what prepare does, and
// files are those that it reads.
func Prepared(t testing.TB, key string, prepare func(ctx context.Context, address string) error, files ...fs.FS) string {
	t.Helper()
	sum, err := fingerprint(key, files...)
	if err != nil {
		t.Fatalf("pgtest: %v", err)
	}
	return newDatabase(t, &recipe{sum, prepare})
}

// New connects to a fresh database with the migrations in fsys (goose, *.sql)
// or, if fsys is nil, to an empty one. Its address is in the pool's
// Config().ConnString().
func New(t testing.TB, fsys fs.FS) *pgxpool.Pool {
	t.Helper()
	pool, err := pgxpool.New(t.Context(), newDatabase(t, migratedBy(t, fsys)))
	if err != nil {
		t.Fatalf("pgtest: connect: %v", err)
	}
	t.Cleanup(func() {
		closed := make(chan struct{})
		go func() { pool.Close(); close(closed) }()
		select {
		case <-closed:
		case <-time.After(releaseTimeout):
			t.Errorf("pgtest: %d connections are still in use after the test: close rows, release connections, end transactions",
				pool.Stat().AcquiredConns())
		}
	})
	return pool
}

// Empty is the address of a fresh database without migrations.
func Empty(t testing.TB) string {
	t.Helper()
	return newDatabase(t, nil)
}

// migratedBy is the recipe for the migrations in fsys, nil for an empty database.
func migratedBy(t testing.TB, fsys fs.FS) *recipe {
	t.Helper()
	if fsys == nil {
		return nil
	}
	r, err := migrated(fsys)
	if err != nil {
		t.Fatalf("pgtest: %v", err)
	}
	return &r
}

func newDatabase(t testing.TB, r *recipe) string {
	t.Helper()
	h, err := sharedHost()
	if err != nil {
		t.Fatalf("pgtest: %v", err)
	}
	name, err := h.create(t.Context(), r)
	if err != nil {
		t.Fatalf("pgtest: %v", err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), dropTimeout)
		defer cancel()
		if err := h.drop(ctx, name); err != nil {
			t.Errorf("pgtest: %v", err)
		}
	})
	return h.url(name)
}
