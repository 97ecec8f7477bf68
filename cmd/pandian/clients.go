package main

import (
	"context"
	"strings"
	"sync"

	"pandian/internal/config"
	"pandian/internal/erphttp"
	"pandian/internal/fault"
	"pandian/internal/vault"
)

// clients makes the clients of platforms for one command. Those of one
// connection share its rate limit, whatever they read or write.
type clients struct {
	app *app
	cfg *config.Config
	// db is where rotating tokens are kept; nil keeps them in memory.
	db *database
	// role is the one that the tokens are read and written as.
	role string

	mutex    sync.Mutex
	limiters map[string]erphttp.Pacer
	memory   vault.Memory
}

func (a *app) newClients(cfg *config.Config, db *database, role string) *clients {
	return &clients{app: a, cfg: cfg, db: db, role: role, limiters: map[string]erphttp.Pacer{}}
}

// deps are what every client of a connection needs.
func (c *clients) deps(connection string, stats *erphttp.Stats) erphttp.Deps {
	return erphttp.Deps{Log: c.app.log, Stats: stats, Pacer: c.limiter(connection)}
}

// limiter is the rate limit of a connection.
func (c *clients) limiter(connection string) erphttp.Pacer {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if limiter, ok := c.limiters[connection]; ok {
		return limiter
	}
	settings := c.http(c.cfg.Connections[connection].HTTP())
	limiter := erphttp.NewLimiter(settings.CallsPerMinute)
	c.limiters[connection] = limiter
	return limiter
}

func (c *clients) http(http config.HTTP) erphttp.Settings {
	settings := erphttp.Settings{
		Timeout: http.Timeout, MaxAttempts: http.MaxAttempts, MaxThrottles: http.MaxThrottles,
		MaxWait: http.MaxWait, CallsPerMinute: http.CallsPerMinute,
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
	return vault.NewPostgres(pool, key), nil
}

func joinWords(words []string) string { return strings.Join(words, ", ") }
