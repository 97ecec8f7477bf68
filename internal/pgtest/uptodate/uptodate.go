// Package uptodate gives tests databases as pandian migrate up leaves them: all
// migrations, functions and views. It is apart from pgtest because the tests of what
// it uses import that.
package uptodate

import (
	"context"
	"errors"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"pandian/internal/pgtest"
	"pandian/internal/schema"
	"pandian/migrations"
	"pandian/sql"
	"pandian/transform"
)

// Pool connects to a database of the test's own, a copy of one that was brought up
// to date and given the statements of given once.
func Pool(t testing.TB, given string) *pgxpool.Pool {
	t.Helper()
	address := pgtest.Prepared(t, "up to date "+given, func(ctx context.Context, address string) error {
		return prepare(ctx, address, given)
	}, migrations.FS, sql.FS)
	pool, err := pgxpool.New(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	return pool
}

func prepare(ctx context.Context, address, given string) (err error) {
	migrator, err := schema.New(schema.Options{URL: address, Migrations: migrations.FS})
	if err != nil {
		return err
	}
	if _, err := migrator.Up(ctx); err != nil {
		return err
	}
	library, err := transform.Load(sql.FS)
	if err != nil {
		return err
	}
	conn, err := pgx.Connect(ctx, address)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, conn.Close(context.WithoutCancel(ctx))) }()
	if _, err := library.Apply(ctx, conn); err != nil {
		return err
	}
	_, err = conn.Exec(ctx, given, pgx.QueryExecModeSimpleProtocol)
	return err
}
