package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"pandian/internal/config"
	"pandian/internal/fault"
	"pandian/internal/pgconnect"
	"pandian/internal/pgserver"
)

// database is the database of one command: a private server or the one that
// the configuration names.
type database struct {
	url  string
	cfg  config.Database
	psql string
	// isUnmasked shows personal data to an account that may see them.
	isUnmasked bool
	// server is nil where the configuration names a database.
	server *pgserver.Server

	mutex sync.Mutex
	pools map[string]*pgxpool.Pool
	// hasSessions is set once it is known that no pooler takes them away.
	hasSessions bool
}

// openDatabase connects, or starts the private server. The schema is not
// looked at: see passGate.
func (a *app) openDatabase(ctx context.Context, cfg *config.Config) (*database, error) {
	d, err := a.findDatabase(ctx, cfg)
	if err != nil {
		return nil, err
	}
	if _, err := d.pool(ctx, ""); err != nil {
		d.close()
		return nil, err
	}
	return d, nil
}

// findDatabase is openDatabase without a connection: the database that is
// configured need not exist.
func (a *app) findDatabase(ctx context.Context, cfg *config.Config) (*database, error) {
	url, err := cfg.DatabaseURL()
	if err != nil {
		return nil, err
	}
	d := &database{cfg: cfg.Database, url: encrypted(url.Reveal()), psql: `psql "$PANDIAN_DATABASE_URL"`, pools: map[string]*pgxpool.Pool{}}
	if url.IsZero() {
		dir, err := cfg.DataDir()
		if err != nil {
			return nil, err
		}
		d.server, err = a.startServer(ctx, dir)
		if err != nil {
			return nil, err
		}
		d.url, d.psql = d.server.URL(), d.server.PSQL()
	}
	return d, nil
}

func (a *app) startServer(ctx context.Context, dir string) (*pgserver.Server, error) {
	server, err := pgserver.Start(ctx, pgserver.Options{
		Dir: dir, Logger: a.log,
		Notify: func(line string) { a.term.Note("%s", line) },
	})
	switch {
	case errors.Is(err, pgserver.ErrNoBinaries):
		return nil, fault.New(fault.PostgresNoBinaries, "%w", err)
	case err != nil:
		return nil, fault.New(fault.PostgresNoStart, "%w", err)
	}
	return server, nil
}

// pool returns the pool of one role, making it at the first call. role is
// pandian_extract, pandian_transform or pandian_load; where the account is not
// a member of it, and for "", the account's own rights hold.
func (d *database) pool(ctx context.Context, role string) (*pgxpool.Pool, error) {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	return d.poolFor(ctx, role, role, func(*pgxpool.Config) {})
}

// pacePool is a pool of one role for what processes share about the platforms that
// they call. It is apart from the others, so that a call does not wait for a long
// statement; and its commits do not wait for the disk, because a server that crashed
// is away for longer than what it may forget is worth.
func (d *database) pacePool(ctx context.Context, role string) (*pgxpool.Pool, error) {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	return d.poolFor(ctx, role, role+" pace", func(settings *pgxpool.Config) {
		settings.MaxConns = 2
		settings.ConnConfig.RuntimeParams["synchronous_commit"] = "off"
		settings.ConnConfig.RuntimeParams["statement_timeout"] = fmt.Sprint(paceTimeout.Milliseconds())
	})
}

// poolFor returns the pool of that name, or makes it. The mutex is held.
func (d *database) poolFor(ctx context.Context, role, name string, tune func(*pgxpool.Config)) (*pgxpool.Pool, error) {
	if pool, ok := d.pools[name]; ok {
		return pool, nil
	}
	settings, err := pgxpool.ParseConfig(d.url)
	if err != nil {
		return nil, fault.New(fault.DatabaseUnreachable, "the database URL cannot be read: %w", parseError(err))
	}
	settings.MaxConns = int32(d.cfg.MaxConnections)
	settings.ConnConfig.ConnectTimeout = d.cfg.ConnectTimeout
	parameters := settings.ConnConfig.RuntimeParams
	parameters["application_name"] = "pandian"
	parameters["statement_timeout"] = fmt.Sprint(d.cfg.StatementTimeout.Milliseconds())
	parameters["timezone"] = "Asia/Shanghai"
	// Compiling a query of a dozen partitions takes a second and saves nothing.
	parameters["jit"] = "off"
	if !d.isUnmasked {
		parameters["pandian.masked"] = "on" // see ops.may_see_private
	}
	if role != "" {
		member, err := d.isMember(ctx, role)
		if err != nil {
			return nil, err
		}
		if member {
			parameters["role"] = role
		}
	}
	pgconnect.Guard(settings, pgconnect.Limits{
		Statement: d.cfg.StatementTimeout + lostAnswer, Acquire: d.cfg.ConnectTimeout + databaseTimeout,
	})
	tune(settings)
	if err := d.requireSession(ctx, settings.ConnConfig); err != nil {
		return nil, err
	}
	pgconnect.SetAfterStartup(settings.ConnConfig)
	pool, err := pgxpool.NewWithConfig(ctx, settings)
	if err != nil {
		return nil, d.unreachable(err)
	}
	pinging, cancel := context.WithTimeout(ctx, d.cfg.ConnectTimeout+databaseTimeout)
	defer cancel()
	if err := pool.Ping(pinging); err != nil {
		pool.Close()
		return nil, d.unreachable(err)
	}
	d.pools[name] = pool
	return pool, nil
}

// requireSession refuses, once for all pools, a pooler that gives each transaction
// another session: the locks of a run, its role and its settings would be lost, or
// another client's. The mutex is held.
func (d *database) requireSession(ctx context.Context, settings *pgx.ConnConfig) error {
	if d.hasSessions {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, d.cfg.ConnectTimeout)
	defer cancel()
	err := pgconnect.RequireSession(ctx, settings)
	switch {
	case errors.Is(err, pgconnect.ErrShared):
		return fault.New(fault.DatabasePooled, "%w", err)
	case errors.Is(err, pgconnect.ErrNoSecond):
		return fault.New(fault.DatabaseUnreachable, "%w", err).
			Suggest("let the pooler open at least database.max_connections sessions and a few more (pgbouncer: default_pool_size), or connect to the server directly")
	case err != nil:
		return d.unreachable(err)
	}
	d.hasSessions = true
	return nil
}

// apart is the same database with pools of its own, for work beside other work:
// a run must not wait for the connections of another. It is to be closed on its
// own, and before d.
func (d *database) apart() *database {
	return &database{url: d.url, cfg: d.cfg, psql: d.psql, pools: map[string]*pgxpool.Pool{}}
}

// unmask shows personal data from here on, to an account that may see them.
func (d *database) unmask(ctx context.Context) error {
	conn, err := d.conn(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	var may bool
	var account string
	if err := conn.QueryRow(ctx, "select ops.may_see_private(), current_user").Scan(&may, &account); err != nil {
		return fmt.Errorf("ask who may see personal data: %w", err)
	}
	if !may {
		return fault.New(fault.DatabaseForbidden, "the account %s may not see personal data", account).
			Suggest("leave --unmask out, or ask for the role: grant pandian_private to %s", pgx.Identifier{account}.Sanitize())
	}
	d.mutex.Lock()
	defer d.mutex.Unlock()
	for _, pool := range d.pools {
		pool.Close()
	}
	d.pools, d.isUnmasked = map[string]*pgxpool.Pool{}, true
	return nil
}

func (d *database) isMember(ctx context.Context, role string) (bool, error) {
	pool, err := d.poolFor(ctx, "", "", func(*pgxpool.Config) {})
	if err != nil {
		return false, err
	}
	var member bool
	err = pool.QueryRow(ctx, `
		select coalesce((
			select pg_has_role(
				current_user,
				pg_roles.oid,
				-- since 16 a member may be barred from acting as the role
				case when current_setting('server_version_num')::integer >= 160000 then 'SET' else 'MEMBER' end
			)
			from pg_catalog.pg_roles
			where pg_roles.rolname = $1
		), false)`, role).Scan(&member)
	return member, err
}

// conn opens a connection of its own, without a statement timeout: migrations
// and health checks set their own.
func (d *database) conn(ctx context.Context) (*pgx.Conn, error) {
	settings, err := pgx.ParseConfig(d.url)
	if err != nil {
		return nil, fault.New(fault.DatabaseUnreachable, "the database URL cannot be read: %w", parseError(err))
	}
	settings.ConnectTimeout = d.cfg.ConnectTimeout
	settings.RuntimeParams["application_name"] = "pandian"
	settings.RuntimeParams["jit"] = "off"
	pgconnect.KeepAlive(settings)
	pgconnect.SetAfterStartup(settings)
	conn, err := pgx.ConnectConfig(ctx, settings)
	if err != nil {
		return nil, d.unreachable(err)
	}
	return conn, nil
}

// close says goodbye to the database. A network that swallows it must not keep the
// process from ending.
func (d *database) close() {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	var closing sync.WaitGroup
	for _, pool := range d.pools {
		closing.Go(pool.Close)
	}
	closed := make(chan struct{})
	go func() { closing.Wait(); close(closed) }()
	select {
	case <-closed:
	case <-time.After(closePatience):
	}
	if d.server != nil {
		_ = d.server.Close()
	}
}

// parseError leaves the connection string, with its password, out of the text.
func parseError(err error) error {
	var parse *pgconn.ParseConfigError
	if errors.As(err, &parse) {
		if cause := errors.Unwrap(parse); cause != nil {
			return cause
		}
		return errors.New("it is not a PostgreSQL URL such as postgres://user@host:5432/name")
	}
	return err
}

// unreachable adds what to do where pandian itself asked for TLS.
func (d *database) unreachable(err error) error {
	told := unreachable(err)
	var refused *pgconn.PgError
	var network *net.OpError
	if known := fault.From(told); strings.HasSuffix(d.url, "sslmode=require") && !errors.As(err, &refused) && !errors.As(err, &network) {
		return known.Suggest("databases on other machines are reached by TLS: turn on ssl at the server; " +
			"where there is none and the network between is trusted, write sslmode=disable in database.url")
	}
	return told
}

// unreachable says in words why the database did not let us in.
func unreachable(err error) error {
	var refused *pgconn.PgError
	if errors.As(err, &refused) {
		switch refused.Code {
		case "28P01", "28000":
			return fault.New(fault.DatabaseForbidden, "the database refuses the account: %s", refused.Message).
				Suggest("check user and password of database.url")
		case "3D000":
			return fault.New(fault.DatabaseUnreachable, "%s", refused.Message).
				Suggest("create it, as in: createdb NAME")
		case "53300":
			return fault.New(fault.DatabaseUnreachable, "the database has no free connection: %s", refused.Message).
				Suggest("close others, raise max_connections there, or lower database.max_connections here")
		}
	}
	var network *net.OpError
	if errors.As(err, &network) || errors.Is(err, context.DeadlineExceeded) {
		return fault.New(fault.DatabaseUnreachable, "the database cannot be reached: %w", err).
			Suggest("check host and port of database.url, and that the server runs; without a URL pandian starts its own")
	}
	return fault.New(fault.DatabaseUnreachable, "connect to the database: %w", err)
}

const (
	// databaseTimeout bounds small questions to the database.
	databaseTimeout = 30 * time.Second
	// lostAnswer is how long after its own time-out the server may take to say so
	// before its answer is taken for lost.
	lostAnswer = 10 * time.Second
	// closePatience is how long the end of all connections may take.
	closePatience = 5 * time.Second
	// paceTimeout bounds the statements of rate limits and circuits.
	paceTimeout = 10 * time.Second
)
