package main

import (
	"context"
	"net/http"
	"strings"
	"sync"

	"github.com/jackc/pgx/v5/pgxpool"

	"pandian/internal/config"
	"pandian/internal/erphttp"
	"pandian/internal/fault"
	"pandian/internal/pace"
	"pandian/internal/vault"
)

// clients makes the clients of platforms for one command. Those of one
// connection share its rate limit and its circuit, whatever they read or write; with
// a role they share both with all processes that use the database.
type clients struct {
	app *app
	cfg *config.Config
	// db is where rotating tokens, rate limits and circuits are kept; nil keeps
	// them in memory.
	db *database
	// role is the one that they are read and written as; "" keeps rate limits and
	// circuits in memory, so that doctor can ask a platform that others leave alone.
	role string

	// transport keeps the connections to platforms; all clients of one command share
	// it, and close ends those that are idle: a server makes clients for every run.
	transport *http.Transport

	mutex    sync.Mutex
	limiters map[string]erphttp.Pacer
	circuits map[string]*pace.Circuit
	memory   vault.Memory
}

func (a *app) newClients(cfg *config.Config, db *database, role string) *clients {
	return &clients{
		app: a, cfg: cfg, db: db, role: role, transport: http.DefaultTransport.(*http.Transport).Clone(),
		limiters: map[string]erphttp.Pacer{}, circuits: map[string]*pace.Circuit{},
	}
}

// close ends the connections that no call uses. What was made by c may still be
// used; it connects anew.
func (c *clients) close() { c.transport.CloseIdleConnections() }

// deps are what every client of a connection needs. conn has its secrets resolved.
func (c *clients) deps(ctx context.Context, conn config.Connection, stats *erphttp.Stats) (erphttp.Deps, error) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	deps := erphttp.Deps{Log: c.app.log, Stats: stats, Transport: c.transport, Pacer: c.limiters[conn.Name]}
	if circuit := c.circuits[conn.Name]; circuit != nil {
		deps.Circuit = circuit
	}
	if c.app.http != nil {
		deps.Observer = c.app.http.Connection(conn.Platform, conn.Name)
	}
	if deps.Pacer != nil {
		return deps, nil
	}
	settings := c.http(conn.HTTP())
	if c.db == nil || c.role == "" {
		deps.Pacer = erphttp.NewLimiter(settings.CallsPerMinute)
		c.limiters[conn.Name] = deps.Pacer
		return deps, nil
	}
	pool, err := c.db.pacePool(ctx, c.role)
	if err != nil {
		return deps, err
	}
	circuit := c.circuit(conn.Name, pool, settings)
	deps.Circuit, c.circuits[conn.Name] = circuit, circuit
	deps.Pacer = c.pacer(conn, pool, settings)
	c.limiters[conn.Name] = deps.Pacer
	return deps, nil
}

// pacer is the rate limit of a connection's credential.
func (c *clients) pacer(conn config.Connection, pool *pgxpool.Pool, settings erphttp.Settings) erphttp.Pacer {
	if settings.CallsPerMinute <= 0 {
		return erphttp.NewLimiter(settings.CallsPerMinute)
	}
	return pace.New(pace.Options{
		Database: pool, Credential: fingerprint(conn), Connection: conn.Name,
		CallsPerMinute: settings.CallsPerMinute, Log: c.app.log,
	})
}

// circuit is that of a connection. A probe that takes longer than two attempts was
// made by a process that is gone.
func (c *clients) circuit(name string, pool *pgxpool.Pool, settings erphttp.Settings) *pace.Circuit {
	settings = settings.WithDefaults(settings.CallsPerMinute)
	return pace.NewCircuit(pace.CircuitOptions{
		Database: pool, Connection: name, Threshold: settings.BreakerThreshold, OpenFor: settings.BreakerDelay,
		ProbeTime: 2 * settings.Timeout, Log: c.app.log,
	})
}

// awaken makes a cheap call where the circuit of a connection is open and its time
// is up: a document is never what finds out whether a platform is back.
func (c *clients) awaken(ctx context.Context, connection string, target delivery) {
	c.mutex.Lock()
	circuit := c.circuits[connection]
	c.mutex.Unlock()
	if circuit != nil && target.check != nil && circuit.IsOpen(ctx) {
		target.check(ctx) // what it finds is the circuit's to judge
	}
}

func (c *clients) http(http config.HTTP) erphttp.Settings {
	settings := erphttp.Settings{
		Timeout: http.Timeout, MaxAttempts: http.MaxAttempts, MaxThrottles: http.MaxThrottles,
		MaxWait: http.MaxWait, CallsPerMinute: http.CallsPerMinute, AllowHTTP: http.AllowHTTP,
	}
	if c.app.pace != nil {
		c.app.pace(&settings)
	}
	return settings
}

// vault is where the tokens of a connection are kept. A connection whose tokens
// are replaced by the platform needs a place that outlives the process.
func (c *clients) vault(ctx context.Context, conn config.Connection, mustLast bool) (vault.Store, error) {
	secret, err := c.cfg.VaultKey()
	if err != nil {
		return nil, err
	}
	if secret.IsZero() && mustLast {
		return nil, fault.New(fault.ConfigMissingKey, "connection %s has tokens that its platform replaces, and no key to keep them with", conn.Name).
			At("vault.key").Suggest("openssl rand -base64 32 > vault.key; then write key: file:vault.key below vault:")
	}
	if secret.IsZero() || c.db == nil {
		return &c.memory, nil
	}
	key, err := vault.ParseKey(secret.Reveal())
	if err != nil {
		return nil, fault.New(fault.ConfigBadValue, "%w", err).At("vault.key")
	}
	pool, err := c.db.pool(ctx, c.role)
	if err != nil {
		return nil, err
	}
	return vault.NewPostgres(pool, key, c.app.log), nil
}

func joinWords(words []string) string { return strings.Join(words, ", ") }
