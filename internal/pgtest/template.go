package pgtest

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"

	"github.com/jackc/pgx/v5/pgxpool"
	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/database"
)

// recipe says what a template holds.
type recipe struct {
	// sum tells templates apart; it changes with what prepare does.
	sum     [sha256.Size]byte
	prepare func(ctx context.Context, address string) error
}

// migrated is the recipe of a database with the migrations in fsys.
func migrated(fsys fs.FS) (recipe, error) {
	sum, err := fingerprint("migrations", fsys)
	return recipe{sum, func(ctx context.Context, address string) error { return migrate(ctx, address, fsys) }}, err
}

// template returns the name of the database that was made by the recipe, and
// makes it if it is not there. Of several processes one makes it, under an
// advisory lock, and the others wait. It is prepared under another name and
// then renamed, so that a half-made one is never taken for it.
func (h *host) template(ctx context.Context, r recipe) (string, error) {
	name := "pandian_template_" + hex.EncodeToString(r.sum[:8])
	if exists, err := h.exists(ctx, name); err != nil || exists {
		return name, err
	}
	conn, err := h.admin.Acquire(ctx)
	if err != nil {
		return "", fmt.Errorf("connect to make the template: %w", err)
	}
	defer conn.Release()
	key := int64(binary.BigEndian.Uint64(r.sum[:8]))
	if _, err := conn.Exec(ctx, "select pg_advisory_lock($1)", key); err != nil {
		return "", fmt.Errorf("wait for the template: %w", err)
	}
	defer func() { _, _ = conn.Exec(context.WithoutCancel(ctx), "select pg_advisory_unlock($1)", key) }()
	if exists, err := h.exists(ctx, name); err != nil || exists {
		return name, err
	}
	return name, h.makeTemplate(ctx, conn, name, r)
}

func (h *host) makeTemplate(ctx context.Context, conn *pgxpool.Conn, name string, r recipe) error {
	making := name + "_making"
	for _, statement := range []string{
		"drop database if exists " + quoted(making) + " with (force)",
		"create database " + quoted(making),
	} {
		if _, err := conn.Exec(ctx, statement); err != nil {
			return fmt.Errorf("make the template: %w", err)
		}
	}
	if err := r.prepare(ctx, h.url(making)); err != nil {
		return err
	}
	for _, statement := range []string{
		// Nobody may be connected to a database that is copied.
		"alter database " + quoted(making) + " with is_template true allow_connections false",
		"alter database " + quoted(making) + " rename to " + quoted(name),
	} {
		if _, err := conn.Exec(ctx, statement); err != nil {
			return fmt.Errorf("finish the template: %w", err)
		}
	}
	return nil
}

func (h *host) exists(ctx context.Context, name string) (bool, error) {
	var exists bool
	err := h.admin.QueryRow(ctx, "select exists (select from pg_database where datname = $1)", name).Scan(&exists)
	if err != nil {
		return false, fmt.Errorf("look for the template: %w", err)
	}
	return exists, nil
}

// versionTable is where pandian's own migrator keeps the applied versions, so
// that its gate knows the databases of tests.
const versionTable = "pandian.goose_db_version"

// migrate applies all migrations in fsys.
func migrate(ctx context.Context, address string, fsys fs.FS) (err error) {
	db, err := sql.Open("pgx", address)
	if err != nil {
		return fmt.Errorf("connect to migrate: %w", err)
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if _, err := db.ExecContext(ctx, "create schema if not exists pandian"); err != nil {
		return fmt.Errorf("make the schema of the versions: %w", err)
	}
	provider, err := goose.NewProvider(database.DialectPostgres, db, fsys,
		goose.WithDisableGlobalRegistry(true), goose.WithTableName(versionTable))
	if err != nil {
		return fmt.Errorf("read migrations: %w", err)
	}
	if _, err := provider.Up(ctx); err != nil {
		var partial *goose.PartialError
		if errors.As(err, &partial) {
			return fmt.Errorf("apply migration %s: %w", partial.Failed.Source.Path, err)
		}
		return fmt.Errorf("apply migrations: %w", err)
	}
	return nil
}

// fingerprint changes with the key and with the names and contents of the files.
func fingerprint(key string, files ...fs.FS) ([sha256.Size]byte, error) {
	hash := sha256.New()
	fmt.Fprintf(hash, "%d %s\n", len(key), key)
	for _, fsys := range files {
		err := fs.WalkDir(fsys, ".", func(path string, entry fs.DirEntry, err error) error { // sorted
			if err != nil || entry.IsDir() {
				return err
			}
			content, err := fs.ReadFile(fsys, path)
			fmt.Fprintf(hash, "%s %d\n%s", path, len(content), content)
			return err
		})
		if err != nil {
			return [sha256.Size]byte{}, fmt.Errorf("read what the template is made of: %w", err)
		}
	}
	return [sha256.Size]byte(hash.Sum(nil)), nil
}
