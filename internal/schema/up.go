package schema

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/pressly/goose/v3"

	"pandian/internal/fault"
)

// Step is one migration that was applied or rolled back.
type Step struct {
	Version int64  `json:"version"`
	Name    string `json:"name"` // of the file
	// Duration is that of the last attempt.
	Duration time.Duration `json:"duration_ns"`
}

// UpResult is what Up did.
type UpResult struct {
	// Migrations are those that this call applied; another one may have applied
	// the rest meanwhile.
	Migrations []Step `json:"migrations"`
	// Replaced are the functions and views that were applied.
	Replaced []string `json:"replaced"`
	// Dropped are invalid indexes of interrupted attempts.
	Dropped []string `json:"dropped,omitempty"`
	// Warnings are for a person.
	Warnings []string `json:"warnings,omitempty"`
}

// Up applies the pending migrations, each in a transaction of its own, then
// the outdated functions and views. Any number of Up may run at once.
//
// On an error the result says what was done before it. What an interrupted Up
// left, the next one completes. On a schema that is newer than this program it
// does nothing, and fails with ErrAhead unless the schema supports the program:
// older functions and views must not replace newer ones.
func (m *Migrator) Up(ctx context.Context) (UpResult, error) {
	var result UpResult
	s, fit, err := m.begin(ctx, &result.Warnings)
	if err != nil {
		return result, err
	}
	defer s.close()
	if err := fit.outOfOrder(); err != nil {
		return result, err
	}
	if len(fit.missing) > 0 {
		if !fit.supports() {
			return result, fit.ahead()
		}
		result.Warnings = append(result.Warnings, fmt.Sprintf(
			"the schema is newer (migration %d) than this program (%d) and still supports it: nothing was applied", fit.highest, fit.newest))
		return result, nil
	}
	if err := m.applyPending(ctx, s, fit.pending, &result); err != nil {
		return result, err
	}
	return result, m.applyReplaceable(ctx, s, &result)
}

// begin opens a session that holds the lock, on a server that can be migrated
// and has the table of versions.
func (m *Migrator) begin(ctx context.Context, warnings *[]string) (_ *session, state fit, err error) {
	s, err := m.open(ctx, false)
	if err != nil {
		return nil, fit{}, err
	}
	defer func() {
		if err != nil {
			s.close()
		}
	}()
	var server Server
	err = s.use(ctx, func(conn *pgx.Conn) error {
		var warning string
		server, warning, err = checkServer(ctx, conn, true)
		if warning != "" {
			*warnings = append(*warnings, warning)
		}
		return err
	})
	if err != nil {
		return nil, fit{}, err
	}
	if err = m.lock(ctx, s); err != nil {
		return nil, fit{}, err
	}
	err = s.use(ctx, func(conn *pgx.Conn) error {
		if err := ensureBookkeeping(ctx, conn, server); err != nil {
			return err
		}
		state, err = m.compare(ctx, conn)
		return err
	})
	return s, state, err
}

func ensureBookkeeping(ctx context.Context, conn *pgx.Conn, server Server) error {
	exists, err := hasBookkeeping(ctx, conn)
	if err != nil || exists {
		return err
	}
	if err := server.checkMayCreate(); err != nil {
		return err
	}
	// Without arguments pgx sends it in one go, which is one transaction.
	if _, err := conn.Exec(ctx, bookkeeping); err != nil {
		return fmt.Errorf("make %s: %w", Table, err)
	}
	return nil
}

func (m *Migrator) provider(s *session) (*goose.Provider, error) {
	provider, err := goose.NewProvider(goose.DialectPostgres, s.db, m.options.Migrations,
		goose.WithTableName(Table),
		goose.WithDisableGlobalRegistry(true),
		goose.WithLogger(goose.NopLogger()),
	)
	if err != nil {
		return nil, fmt.Errorf("read migrations: %w", err)
	}
	return provider, nil
}

func (m *Migrator) applyPending(ctx context.Context, s *session, pending []migration, result *UpResult) error {
	provider, err := m.provider(s)
	if err != nil {
		return err
	}
	for _, next := range pending {
		if next.noTransaction {
			err := s.use(ctx, func(conn *pgx.Conn) error {
				dropped, err := m.clearLeftovers(ctx, conn, next)
				result.Dropped = append(result.Dropped, dropped...)
				return err
			})
			if err != nil {
				return err
			}
		}
		step, err := m.runStep(ctx, s, provider, next, true)
		if err != nil {
			return err
		}
		result.Migrations = append(result.Migrations, step)
	}
	return nil
}

// runStep runs one migration up or down.
func (m *Migrator) runStep(ctx context.Context, s *session, provider *goose.Provider, next migration, up bool) (Step, error) {
	what := map[bool]string{true: "apply ", false: "roll back "}[up] + next.name
	if err := s.stillLocked(ctx); err != nil {
		return Step{}, fmt.Errorf("%s: %w", what, err)
	}
	if err := m.limitLockWait(ctx, s, next); err != nil {
		return Step{}, fmt.Errorf("%s: %w", what, err)
	}
	var done *goose.MigrationResult
	apply := func() (err error) {
		done, err = provider.ApplyVersion(ctx, next.version, up)
		return err
	}
	var err error
	if next.noTransaction {
		err = apply() // a part of it may be done, so it is not tried again
	} else {
		err = m.patiently(ctx, what, apply)
	}
	if err != nil {
		return Step{}, stepFault(what, next, err)
	}
	m.options.Log.InfoContext(ctx, what, "version", next.version, "duration", done.Duration)
	return Step{Version: next.version, Name: next.name, Duration: done.Duration}, nil
}

// limitLockWait is explained in the package comment.
func (m *Migrator) limitLockWait(ctx context.Context, s *session, next migration) error {
	limit := m.options.LockTimeout
	if next.noTransaction {
		limit = 0
	}
	return s.use(ctx, func(conn *pgx.Conn) error {
		_, err := conn.Exec(ctx, "select set_config('lock_timeout', $1, false)", milliseconds(limit))
		return err
	})
}

func stepFault(what string, next migration, err error) error {
	var known *fault.Error
	if errors.As(err, &known) {
		return err
	}
	var partial *goose.PartialError
	if errors.As(err, &partial) {
		err = partial.Err // goose's own words name neither file nor direction
	}
	failed := fault.New(fault.MigrationFailed, "%s: %w", what, withDetail(err))
	if hasCode(err, codeForbidden) {
		failed.Code = fault.DatabaseForbidden
		return failed.Suggest("use the account that owns the schema: select nspowner::regrole from pg_namespace where nspname = '%s'", Schema)
	}
	if next.noTransaction {
		return failed.Suggest("it runs outside a transaction, so a part of it may have been kept; pandian migrate status shows invalid indexes; correct the cause and run pandian migrate again")
	}
	return failed.Suggest("nothing of it was kept; correct the cause and run pandian migrate again")
}

func (m *Migrator) applyReplaceable(ctx context.Context, s *session, result *UpResult) error {
	if err := s.stillLocked(ctx); err != nil {
		return err
	}
	if err := m.limitLockWait(ctx, s, migration{}); err != nil {
		return err
	}
	const what = "apply functions and views"
	err := m.patiently(ctx, what, func() error {
		return s.use(ctx, func(conn *pgx.Conn) (err error) {
			result.Replaced, err = m.options.Replaceable.Apply(ctx, conn)
			return err
		})
	})
	if err != nil {
		result.Replaced = nil
		return stepFault(what, migration{}, err)
	}
	if len(result.Replaced) > 0 {
		m.options.Log.InfoContext(ctx, what, "count", len(result.Replaced))
	}
	return nil
}
