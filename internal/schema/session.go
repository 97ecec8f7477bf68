package schema

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"

	"pandian/internal/fault"
)

const (
	// connectTimeout bounds one attempt to connect where the URL does not.
	connectTimeout = 10 * time.Second
	// readTimeout ends a statement that only looks.
	readTimeout = 30 * time.Second
)

// Codes of PostgreSQL, https://www.postgresql.org/docs/current/errcodes-appendix.html
const (
	codeNoDatabase      = "3D000"
	codeForbidden       = "42501"
	codeLockNotGranted  = "55P03"
	codeStillDependedOn = "2BP01"
)

// errLost stands for what database/sql would do in silence: connect again,
// without the lock.
var errLost = errors.New("the connection to the database was lost, and with it the lock on the schema")

// session is one connection to the database, for goose and for ourselves.
type session struct {
	db *sql.DB
}

// onceConnector connects one time.
type onceConnector struct {
	driver.Connector
	used atomic.Bool
}

func (c *onceConnector) Connect(ctx context.Context) (driver.Conn, error) {
	if c.used.Swap(true) {
		return nil, errLost
	}
	return c.Connector.Connect(ctx)
}

// open connects and limits what a statement may wait for. A read-only session
// is held to it by the server.
func (m *Migrator) open(ctx context.Context, readOnly bool) (*session, error) {
	config, err := m.config()
	if err != nil {
		return nil, err
	}
	statementTimeout, readOnlySetting := m.options.StatementTimeout, any(nil)
	if readOnly {
		statementTimeout, readOnlySetting = readTimeout, "on"
	}
	s := &session{db: sql.OpenDB(&onceConnector{Connector: stdlib.GetConnector(*config)})}
	s.db.SetMaxOpenConns(1)
	err = s.use(ctx, func(conn *pgx.Conn) error {
		_, err := conn.Exec(ctx, `
			select
				set_config('statement_timeout', $1, false),
				set_config('lock_timeout', $2, false),
				set_config('default_transaction_read_only', $3, false)`,
			// A null leaves the account's own setting: it is there for a reason,
			// and checkServer reports it.
			milliseconds(statementTimeout), milliseconds(m.options.LockTimeout), readOnlySetting)
		return err
	})
	if err != nil {
		s.close()
		return nil, connectFault(config, err)
	}
	return s, nil
}

func (m *Migrator) config() (*pgx.ConnConfig, error) {
	config, err := pgx.ParseConfig(m.options.URL)
	if err != nil {
		return nil, fault.New(fault.ConfigBadValue, "read the database URL: %w", err)
	}
	if config.ConnectTimeout == 0 {
		config.ConnectTimeout = connectTimeout
	}
	if config.RuntimeParams["application_name"] == "" {
		config.RuntimeParams["application_name"] = "pandian migrate"
	}
	// Prepared statements would go stale while the schema changes.
	config.DefaultQueryExecMode = pgx.QueryExecModeExec
	return config, nil
}

// use lends the connection. goose must not be called meanwhile.
func (s *session) use(ctx context.Context, do func(*pgx.Conn) error) error {
	conn, err := s.db.Conn(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }() // back into the pool of one
	return conn.Raw(func(raw any) error {
		return do(raw.(*stdlib.Conn).Conn())
	})
}

// close ends the session, and with it its locks.
func (s *session) close() { _ = s.db.Close() }

func milliseconds(d time.Duration) string { return fmt.Sprintf("%dms", d.Milliseconds()) }

func connectFault(config *pgx.ConnConfig, err error) error {
	if hasCode(err, codeNoDatabase) {
		return fault.New(fault.DatabaseUnreachable, "the database %q does not exist: %w", config.Database, err).
			Suggest("create it as an account that may, with: create database %s", pgx.Identifier{config.Database}.Sanitize())
	}
	return fault.New(fault.DatabaseUnreachable, "connect to the database: %w", err)
}

func hasCode(err error, code string) bool {
	var refused *pgconn.PgError
	return errors.As(err, &refused) && refused.Code == code
}

// withDetail adds what Postgres tells beside its message, as who depends on a
// table.
func withDetail(err error) error {
	var refused *pgconn.PgError
	if errors.As(err, &refused) && refused.Detail != "" {
		return fmt.Errorf("%w: %s", err, refused.Detail)
	}
	return err
}
