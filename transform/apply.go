package transform

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"pandian/internal/repeat"
)

// Outdated returns the files of function/ and view/ that differ from what the
// database has, in the order in which they are applied. A database without
// ops.sql_object has none of them.
func (l *Library) Outdated(ctx context.Context, conn *pgx.Conn) ([]File, error) {
	applied, err := appliedHashes(ctx, conn)
	if err != nil {
		return nil, err
	}
	isApplied := func(file File) bool { return applied[file.Name] == hashText(file.Text) }
	if !slices.ContainsFunc(l.files, func(file File) bool { return file.isReplaceable() && !isApplied(file) }) {
		return nil, nil // as a rule, and putting them in order takes a while
	}
	files, err := l.Replaceable()
	return slices.DeleteFunc(files, isApplied), err
}

// Apply brings functions and views up to date in one transaction and grants
// the roles what they need. It returns the names of the files it applied.
//
// It takes the same lock as every other Apply, so that two at once do not meet.
func (l *Library) Apply(ctx context.Context, conn *pgx.Conn) ([]string, error) {
	var names []string
	// Replacing a view meets those who read it, and they it.
	err := repeat.Do(ctx, nil, "apply functions and views", func(ctx context.Context) (err error) {
		names, err = l.applyOnce(ctx, conn)
		return err
	})
	return names, err
}

func (l *Library) applyOnce(ctx context.Context, conn *pgx.Conn) ([]string, error) {
	var names []string
	err := pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, "select pg_advisory_xact_lock(hashtext('pandian.apply'))"); err != nil {
			return fmt.Errorf("wait for the lock: %w", err)
		}
		outdated, err := l.Outdated(ctx, conn)
		if err != nil {
			return err
		}
		for _, file := range outdated {
			if err := applyFile(ctx, tx, file); err != nil {
				return fmt.Errorf("apply sql/%s.sql: %w", file.Name, err)
			}
			names = append(names, file.Name)
		}
		// Always: the roles may have been made since.
		_, err = tx.Exec(ctx, "select ops.grant_roles()")
		return err
	})
	return names, err
}

// applyFile runs a file. A view whose columns changed cannot be replaced, so
// it is dropped and made again; what people built on it keeps it from being
// dropped, and the error says so.
func applyFile(ctx context.Context, tx pgx.Tx, file File) error {
	_, err := tx.Exec(ctx, "savepoint replaceable")
	if err != nil {
		return err
	}
	err = execFile(ctx, tx, file.Text)
	var refused *pgconn.PgError
	if errors.As(err, &refused) && refused.Code == "42P16" { // invalid_table_definition
		if _, err := tx.Exec(ctx, "rollback to savepoint replaceable"); err != nil {
			return err
		}
		for _, made := range file.Creates() {
			if made.Kind != "view" {
				continue
			}
			if _, err := tx.Exec(ctx, "drop view if exists "+made.Name); err != nil {
				return fmt.Errorf("its columns changed; drop what depends on %s and apply again: %w", made.Name, err)
			}
		}
		err = execFile(ctx, tx, file.Text)
	}
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `
		insert into ops.sql_object (file_name, content_hash)
		values ($1, $2)
		on conflict on constraint sql_object_pkey do update
		set
			content_hash = excluded.content_hash,
			applied_at = now()`, file.Name, hashText(file.Text))
	return err
}

func appliedHashes(ctx context.Context, conn *pgx.Conn) (map[string]string, error) {
	applied := map[string]string{}
	var exists bool
	if err := conn.QueryRow(ctx, "select to_regclass('ops.sql_object') is not null").Scan(&exists); err != nil {
		return nil, fmt.Errorf("look for ops.sql_object: %w", err)
	}
	if !exists {
		return applied, nil
	}
	rows, err := conn.Query(ctx, "select file_name, content_hash from ops.sql_object")
	if err != nil {
		return nil, fmt.Errorf("read ops.sql_object: %w", err)
	}
	var name, hash string
	_, err = pgx.ForEachRow(rows, []any{&name, &hash}, func() error {
		applied[name] = hash
		return nil
	})
	return applied, err
}

func hashText(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}
