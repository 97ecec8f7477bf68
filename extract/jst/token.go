package jst

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"pandian/internal/erphttp"
	"pandian/internal/vault"
)

const (
	// tokenName is the name of the pair of tokens in the vault.
	tokenName = "jst.token"
	// accessMargin and refreshMargin are how long before its end a token is no
	// longer trusted, but never more than half and a quarter of its life: that
	// lives differ between 24 hours and a year is all that is known of them.
	accessMargin  = 24 * time.Hour
	refreshMargin = 12 * time.Hour
)

// token is the pair as it is kept in the vault.
type token struct {
	Access     string    `json:"access_token"`
	Refresh    string    `json:"refresh_token,omitempty"`
	ObtainedAt time.Time `json:"obtained_at,omitzero"`
	// ExpiresAt is zero where the platform did not say.
	ExpiresAt time.Time `json:"expires_at,omitzero"`
	// Seed is a fingerprint of the configuration that the pair grew from. When
	// that changes, as after a new consent, the pair begins anew.
	Seed string `json:"seed"`
}

// isFresh is true while the access token may be used.
func (t token) isFresh(now time.Time) bool {
	return t.Access != "" && t.isGood(now, accessMargin, 2)
}

// isRefreshable is true while the refresh token is likely to be accepted.
func (t token) isRefreshable(now time.Time) bool {
	return t.Refresh != "" && t.isGood(now, refreshMargin, 4)
}

func (t token) isGood(now time.Time, margin time.Duration, share int64) bool {
	if t.ExpiresAt.IsZero() {
		return true
	}
	life := t.ExpiresAt.Sub(t.ObtainedAt)
	return now.Before(t.ExpiresAt.Add(-min(margin, life/time.Duration(share))))
}

// grant is a token in use. version tells whether it was renewed since; it is that
// of the vault.
type grant struct {
	token
	version int64
}

// tokens keeps the access token of one connection of the open platform good, for
// all callers and together with other processes.
type tokens struct {
	conn    Connection
	code    string // of the connection
	store   vault.Store
	http    *erphttp.Client
	clock   *clock
	secrets *erphttp.Secrets
	log     *slog.Logger
	cache   *cache
}

// cache is the grant that was used last.
type cache struct {
	mu    sync.Mutex
	grant grant
}

func (c *cache) load() grant {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.grant
}

func (c *cache) keep(g grant) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.grant = g
}

// grant returns an access token that is good for a while yet.
func (t *tokens) grant(ctx context.Context) (grant, error) {
	if held := t.cache.load(); held.isFresh(time.Now()) {
		return held, nil
	}
	stored, err := t.store.Read(ctx, t.code, tokenName)
	if err != nil && !errors.Is(err, vault.ErrNotFound) {
		return grant{}, fmt.Errorf("access token of %s: %w", t.code, err)
	}
	if held, ok := t.decode(stored); ok && held.isFresh(time.Now()) {
		t.cache.keep(held)
		return held, nil
	}
	return t.renew(ctx, 0)
}

// renew replaces the version that the platform refused, unless somebody else has;
// used is 0 where none was refused.
func (t *tokens) renew(ctx context.Context, used int64) (grant, error) {
	stored, err := t.store.Renew(ctx, t.code, tokenName, func(ctx context.Context, current vault.Secret) (vault.Secret, error) {
		held, known := t.decode(current)
		switch {
		case known && held.version > used && held.isFresh(time.Now()):
			return current, nil
		case !known:
			held = grant{token: t.seed()}
			if held.isFresh(time.Now()) {
				return encode(held.token)
			}
		}
		next, err := t.obtain(ctx, held.token)
		if err != nil {
			return vault.Secret{}, err
		}
		return encode(next)
	})
	if err != nil {
		return grant{}, fmt.Errorf("access token of %s: %w", t.code, err)
	}
	held, ok := t.decode(stored)
	if !ok {
		return grant{}, fmt.Errorf("access token of %s: what the vault keeps is of another configuration", t.code)
	}
	t.cache.keep(held)
	return held, nil
}

// seed is the pair that the configuration gives; empty with self_built.
func (t *tokens) seed() token {
	return token{Access: t.conn.AccessToken, Refresh: t.conn.RefreshToken, Seed: t.seedID()}
}

// seedID tells configurations apart without showing them.
func (t *tokens) seedID() string {
	text, _ := json.Marshal([]string{
		string(t.conn.Auth), t.conn.AuthURL, t.conn.AppKey, t.conn.AccessToken, t.conn.RefreshToken,
	})
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:8])
}

// decode reads what the vault keeps; false where that is nothing, or has grown
// from another configuration.
func (t *tokens) decode(secret vault.Secret) (grant, bool) {
	held := grant{version: secret.Version}
	if secret.Version == 0 || json.Unmarshal(secret.Value, &held.token) != nil || held.Seed != t.seedID() {
		return grant{}, false
	}
	t.secrets.Add(held.Access, held.Refresh)
	return held, true
}

func encode(t token) (vault.Secret, error) {
	value, err := json.Marshal(t)
	return vault.Secret{Value: value, ExpiresAt: t.ExpiresAt}, err
}

// obtain gets the next pair: by the refresh token where there is one, and for a
// self-built app from nothing where there is none or it is refused.
func (t *tokens) obtain(ctx context.Context, held token) (token, error) {
	if t.conn.Auth == Refresh {
		if held.Refresh == "" {
			return token{}, t.consent(errors.New("the access token is no longer good and there is no refresh_token"))
		}
		return t.refresh(ctx, held)
	}
	if !held.isRefreshable(time.Now()) {
		return t.begin(ctx)
	}
	next, err := t.refresh(ctx, held)
	if failed := erphttp.AsError(err); failed != nil && !failed.Retryable() {
		t.log.Info("the refresh token was refused, asking for a new pair", "platform", platform, "connection", t.code, "code", failed.Code)
		return t.begin(ctx)
	}
	return next, err
}

// consent is the error that only the merchant can mend.
func (t *tokens) consent(cause error) error {
	return &erphttp.Error{Kind: erphttp.LoginRefused, Platform: platform, Operation: refreshPath, Err: cause, Advice: adviceConsent}
}
