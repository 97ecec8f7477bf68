package schema

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"pandian/internal/fault"
)

// How often a session asks for the lock.
const lockPoll = 100 * time.Millisecond

const (
	takeLock = "select pg_try_advisory_lock(hashtextextended('pandian.migrate', 0))"
	// The two halves of the key stand in columns of their own.
	lockHolder = `
		select
			pg_locks.pid = pg_backend_pid(),
			format(
				'process %s of %s (%s) since %s',
				pg_locks.pid,
				coalesce(nullif(pg_stat_activity.application_name, ''), 'an unnamed program'),
				coalesce(host(pg_stat_activity.client_addr), 'this machine'),
				to_char(pg_stat_activity.backend_start at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS "UTC"')
			)
		from pg_catalog.pg_locks
		left join pg_catalog.pg_stat_activity on pg_stat_activity.pid = pg_locks.pid
		where
			pg_locks.locktype = 'advisory'
			and pg_locks.granted
			and pg_locks.database = (select oid from pg_catalog.pg_database where datname = current_database())
			and (pg_locks.classid::bigint << 32) | pg_locks.objid::bigint = hashtextextended('pandian.migrate', 0)
			and pg_locks.objsubid = 1`
)

// lock waits until no other session migrates this database.
func (m *Migrator) lock(ctx context.Context, s *session) error {
	deadline := time.Now().Add(m.options.LockWait)
	for told := false; ; {
		var taken bool
		err := s.use(ctx, func(conn *pgx.Conn) error {
			return conn.QueryRow(ctx, takeLock).Scan(&taken)
		})
		if err != nil {
			return fmt.Errorf("take the lock on the schema: %w", err)
		}
		if taken {
			return nil
		}
		_, holder, err := s.holder(ctx)
		if err != nil {
			return err
		}
		if time.Now().After(deadline) {
			return fault.New(fault.MigrationFailed, "waited %s for the lock on the schema, which is held by %s", m.options.LockWait, holder).
				Suggest("let it end, then run pandian migrate again")
		}
		if !told {
			m.options.Log.InfoContext(ctx, "another pandian migrates this database: waiting", "holder", holder, "at_most", m.options.LockWait)
			told = true
		}
		if err := pause(ctx, lockPoll); err != nil {
			return fmt.Errorf("wait for the lock on the schema: %w", err)
		}
	}
}

// holder tells who has the lock, and whether it is this session.
func (s *session) holder(ctx context.Context) (mine bool, who string, err error) {
	err = s.use(ctx, func(conn *pgx.Conn) error {
		return conn.QueryRow(ctx, lockHolder).Scan(&mine, &who)
	})
	if errors.Is(err, pgx.ErrNoRows) {
		return false, "nobody any more", nil
	}
	if err != nil {
		return false, "", fmt.Errorf("look for who holds the lock on the schema: %w", err)
	}
	return mine, who, nil
}

// stillLocked is asked before each step. A pooler that hands out another
// server connection for each transaction loses the lock.
func (s *session) stillLocked(ctx context.Context) error {
	mine, _, err := s.holder(ctx)
	if err == nil && !mine {
		err = fault.New(fault.MigrationFailed, "the lock on the schema was lost").
			Suggest("connect to the server itself: a connection pooler in transaction mode cannot be migrated through")
	}
	return err
}

// patiently tries do until it gets the locks of the tables it needs.
func (m *Migrator) patiently(ctx context.Context, what string, do func() error) error {
	for attempt := 1; ; attempt++ {
		err := do()
		if !hasCode(err, codeLockNotGranted) {
			return err
		}
		if attempt == m.options.LockAttempts {
			return fault.New(fault.MigrationFailed, "%s did not get the lock of a table in %d attempts of %s: %w", what, attempt, m.options.LockTimeout, err).
				Suggest("nothing of it was kept; end long transactions (pg_stat_activity, oldest xact_start first) and run it again")
		}
		m.options.Log.WarnContext(ctx, "a table is in use: trying again", "what", what, "attempt", attempt, "of", m.options.LockAttempts)
		if err := pause(ctx, 2*m.options.LockTimeout); err != nil {
			return err
		}
	}
}

func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-time.After(d):
		return nil
	}
}
