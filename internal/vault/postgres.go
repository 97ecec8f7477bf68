package vault

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"pandian/internal/db"
	"pandian/internal/fault"
	"pandian/internal/repeat"
)

const (
	// queryLimit bounds each query.
	queryLimit = 30 * time.Second
	// storeLimit bounds all attempts to store a renewed secret, and storePause is
	// between two of them: the platform has taken the old one back already, so
	// giving up means that a person has to consent again.
	storeLimit = time.Minute
	storePause = 500 * time.Millisecond
)

// Postgres keeps secrets in ops.credential, sealed with AES-256-GCM.
type Postgres struct {
	pool  *pgxpool.Pool
	key   Key
	log   *slog.Logger
	turns turns
}

var _ Store = (*Postgres)(nil)

// NewPostgres makes the store. Nothing is asked of the database before Read or
// Renew. The log hears of attempts to store that are made again.
func NewPostgres(pool *pgxpool.Pool, key Key, log *slog.Logger) *Postgres {
	return &Postgres{pool: pool, key: key, log: log}
}

// Read implements Store. A secret that was sealed with another key, or a row that
// is not the one that was sealed, is a *fault.Error.
func (p *Postgres) Read(ctx context.Context, connection, name string) (Secret, error) {
	if err := p.key.valid(); err != nil {
		return Secret{}, err
	}
	row, err := p.row(ctx, connection, name)
	if err != nil {
		return Secret{}, err
	}
	return p.open(row)
}

// Renew implements Store. Other processes wait for a session lock in the
// database while renew runs; it runs outside any transaction. What it returns is
// stored even if ctx has ended meanwhile. Waiting longer than two minutes for
// another process is a *fault.Error with code RunBusy.
func (p *Postgres) Renew(ctx context.Context, connection, name string, renew func(context.Context, Secret) (Secret, error)) (Secret, error) {
	if err := p.key.valid(); err != nil {
		return Secret{}, err
	}
	release, err := p.turns.take(ctx, slot{connection, name})
	if err != nil {
		return Secret{}, fmt.Errorf("wait to renew %s of %s: %w", name, connection, err)
	}
	defer release()
	unlock, err := p.lock(ctx, connection, name)
	if err != nil {
		return Secret{}, fmt.Errorf("take the lock to renew %s of %s: %w", name, connection, err)
	}
	defer unlock()
	current, err := p.Read(ctx, connection, name)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return Secret{}, err
	}
	next, err := renew(ctx, current)
	if err != nil {
		return Secret{}, err
	}
	if next.sameAs(current) {
		return current, nil
	}
	next.Version = current.Version + 1
	if err := p.keep(context.WithoutCancel(ctx), connection, name, next); err != nil {
		return Secret{}, fmt.Errorf("%s of %s was renewed but could not be stored: %w", name, connection, err)
	}
	return next, nil
}

func (p *Postgres) row(ctx context.Context, connection, name string) (db.OpsCredential, error) {
	ctx, cancel := context.WithTimeout(ctx, queryLimit)
	defer cancel()
	row, err := db.New(p.pool).OpsCredentialGet(ctx, db.OpsCredentialGetParams{ConnectionCode: connection, Name: name})
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return row, ErrNotFound
	case err != nil:
		return row, fmt.Errorf("read %s of %s: %w", name, connection, err)
	}
	return row, nil
}

func (p *Postgres) open(row db.OpsCredential) (Secret, error) {
	const anew = "or delete the row from ops.credential and give the connection a new token"
	if row.KeyID != p.key.ID() {
		return Secret{}, fault.New(fault.ConfigBadValue, "%s of %s was sealed with another key (%s) than the one configured (%s)",
			row.Name, row.ConnectionCode, row.KeyID, p.key.ID()).
			Suggest("configure the vault key that has the fingerprint %s, %s", row.KeyID, anew)
	}
	value, err := p.key.open(row.Sealed, row.ConnectionCode, row.Name)
	if err != nil {
		return Secret{}, fault.New(fault.RunFailed, "%s of %s is not what was sealed for it: the row was damaged, or copied from another",
			row.Name, row.ConnectionCode).
			Suggest("restore the row of ops.credential, %s", anew)
	}
	secret := Secret{Value: value, Version: row.Version}
	if row.ExpiresAt != nil {
		secret.ExpiresAt = *row.ExpiresAt
	}
	return secret, nil
}

// keep stores a version over the one before it, again if the database was away
// for a moment.
func (p *Postgres) keep(ctx context.Context, connection, name string, next Secret) error {
	ctx, cancel := context.WithTimeout(ctx, storeLimit)
	defer cancel()
	sealed := p.key.seal(next.Value, connection, name)
	for try := 1; ; try++ {
		err := p.store(ctx, connection, name, sealed, next)
		if err == nil || errors.Is(err, errOvertaken) || isForGood(err) {
			return err
		}
		repeat.Note(ctx, nil, "", try, err) // the line below tells it
		p.log.WarnContext(ctx, "the database failed to store a renewed secret, trying again",
			"connection", connection, "name", name, "try", try, "error", err)
		select {
		case <-time.After(storePause):
		case <-ctx.Done():
			return err
		}
	}
}

// isForGood is true where the statement itself was refused (class 42: a missing
// table or permission), which no second attempt changes.
func isForGood(err error) bool {
	var refused *pgconn.PgError
	return errors.As(err, &refused) && strings.HasPrefix(refused.Code, "42")
}

// errOvertaken says that the secret was renewed by somebody else meanwhile, which
// can only happen when the connection that held the lock has died.
var errOvertaken = errors.New("another process has renewed it meanwhile; its version is kept, so try again")

// store writes one version, in one statement.
func (p *Postgres) store(ctx context.Context, connection, name string, sealed []byte, next Secret) error {
	ctx, cancel := context.WithTimeout(ctx, queryLimit)
	defer cancel()
	var expires *time.Time
	if !next.ExpiresAt.IsZero() {
		expires = &next.ExpiresAt
	}
	queries := db.New(p.pool)
	var rows int64
	var err error
	if next.Version == 1 {
		rows, err = queries.OpsCredentialAdd(ctx, db.OpsCredentialAddParams{
			ConnectionCode: connection, Name: name, Sealed: sealed, KeyID: p.key.ID(), ExpiresAt: expires,
		})
	} else {
		rows, err = queries.OpsCredentialReplace(ctx, db.OpsCredentialReplaceParams{
			ConnectionCode: connection, Name: name, Sealed: sealed, KeyID: p.key.ID(), ExpiresAt: expires,
			ReplacedVersion: next.Version - 1,
		})
	}
	if err != nil || rows == 1 {
		return err
	}
	return p.overtaken(ctx, connection, name, sealed)
}

// overtaken tells a version of somebody else from our own, stored by an attempt
// whose answer was lost: the nonce makes the bytes ours.
func (p *Postgres) overtaken(ctx context.Context, connection, name string, sealed []byte) error {
	row, err := p.row(ctx, connection, name)
	if err == nil && string(row.Sealed) == string(sealed) {
		return nil
	}
	if err != nil && !errors.Is(err, ErrNotFound) {
		return err
	}
	return errOvertaken
}
