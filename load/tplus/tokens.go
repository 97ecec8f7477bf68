package tplus

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"pandian/internal/erphttp"
	"pandian/internal/vault"
)

const (
	// secretName is the name under which the tokens are kept.
	secretName = "tplus.token"
	// defaultLife holds where a sign-in names none, as clients on the cloud keep a
	// token; serverLife is for servers: a token is fetched about once a day.
	defaultLife = 6 * 24 * time.Hour
	serverLife  = 24 * time.Hour
	// renewPatience bounds a renewal, whoever waits for it: once the platform has
	// rotated a token it must be kept, even if nobody waits any more.
	renewPatience = 2 * time.Minute
)

// tokens are what a sign-in gives.
type tokens struct {
	Access  string `json:"access_token"`
	Refresh string `json:"refresh_token,omitempty"`
	SID     string `json:"sid,omitempty"`
	// RenewAt and ExpiresAt are zero where the life is not known.
	RenewAt   time.Time `json:"renew_at,omitzero"`
	ExpiresAt time.Time `json:"expires_at,omitzero"`
	// Origin tells the credentials from which the tokens came: after those were
	// changed in the configuration, what was kept is no longer looked at.
	Origin string `json:"origin"`
}

// protocol is one generation's way to sign in and to call.
type protocol interface {
	// signIn gets tokens: by what is kept, or by the credentials. refused is the
	// access token that must not come back; empty if none.
	signIn(ctx context.Context, kept tokens, refused string) (tokens, error)
}

// keeper holds the tokens of a connection for all callers. Whoever finds them gone
// renews them; the others wait.
type keeper struct {
	store      vault.Store
	connection string
	origin     string
	protocol   protocol
	secrets    *erphttp.Secrets

	// turn is held by the one caller who may look at or change what follows.
	turn    chan struct{}
	now     tokens
	refused string
}

// get returns tokens that are good for a while yet.
func (k *keeper) get(ctx context.Context) (tokens, error) {
	select {
	case k.turn <- struct{}{}:
	case <-ctx.Done():
		return tokens{}, fmt.Errorf("%s wait for token: %w", platform, context.Cause(ctx))
	}
	if k.isGood(k.now) {
		defer func() { <-k.turn }()
		return k.now, nil
	}
	type renewal struct {
		tokens tokens
		err    error
	}
	done := make(chan renewal, 1)
	go func() {
		defer func() { <-k.turn }()
		patient, cancel := context.WithTimeout(context.WithoutCancel(ctx), renewPatience)
		defer cancel()
		err := k.renew(patient)
		done <- renewal{k.now, err}
	}()
	select {
	case renewed := <-done:
		return renewed.tokens, renewed.err
	case <-ctx.Done():
		return tokens{}, fmt.Errorf("%s wait for token: %w", platform, context.Cause(ctx))
	}
}

// refuse notes that the platform no longer takes a token.
func (k *keeper) refuse(access string) {
	k.turn <- struct{}{}
	defer func() { <-k.turn }()
	k.refused = access
}

func (k *keeper) isGood(held tokens) bool {
	return held.Access != "" && held.Access != k.refused &&
		(held.RenewAt.IsZero() || time.Now().Before(held.RenewAt))
}

// renew takes what another process may have renewed meanwhile, or signs in, while
// nobody else can.
func (k *keeper) renew(ctx context.Context) error {
	secret, err := k.store.Read(ctx, k.connection, secretName)
	if err == nil && k.isGood(k.read(secret)) {
		k.hold(k.read(secret))
		return nil
	}
	if err != nil && !errors.Is(err, vault.ErrNotFound) {
		return fmt.Errorf("%s read kept token: %w", platform, err)
	}
	_, err = k.store.Renew(ctx, k.connection, secretName, func(ctx context.Context, current vault.Secret) (vault.Secret, error) {
		kept := k.read(current)
		if k.isGood(kept) {
			k.hold(kept)
			return current, nil
		}
		fresh, err := k.protocol.signIn(ctx, kept, k.refused)
		if err != nil {
			return vault.Secret{}, err
		}
		fresh.Origin = k.origin
		k.hold(fresh)
		text, err := json.Marshal(fresh)
		if err != nil {
			return vault.Secret{}, fmt.Errorf("write token: %w", err)
		}
		return vault.Secret{Value: text, ExpiresAt: fresh.ExpiresAt}, nil
	})
	if err != nil {
		return fmt.Errorf("%s renew token: %w", platform, err)
	}
	return nil
}

// read reads what is kept; it is empty where nothing is, or something of other
// credentials or another shape.
func (k *keeper) read(secret vault.Secret) tokens {
	var kept tokens
	if json.Unmarshal(secret.Value, &kept) != nil || kept.Origin != k.origin {
		return tokens{}
	}
	k.secrets.Add(kept.Access, kept.Refresh, kept.SID)
	return kept
}

func (k *keeper) hold(held tokens) {
	k.secrets.Add(held.Access, held.Refresh, held.SID)
	k.now = held
}

// newTokens are tokens that were given out at asked for life.
func newTokens(access, refresh, sid string, asked time.Time, life, early time.Duration) tokens {
	made := tokens{Access: access, Refresh: refresh, SID: sid}
	if life > 0 {
		made.ExpiresAt, made.RenewAt = asked.Add(life), asked.Add(life-min(early, life/2))
	}
	return made
}

// originOf tells credentials apart without telling them.
func originOf(credentials ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(credentials, "\x00")))
	return hex.EncodeToString(sum[:8])
}

// memory is the Store of one process.
type memory struct {
	mu     sync.Mutex
	secret vault.Secret
}

// Read implements [vault.Store].
func (m *memory) Read(context.Context, string, string) (vault.Secret, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.secret.Version == 0 {
		return vault.Secret{}, vault.ErrNotFound
	}
	return m.secret, nil
}

// Renew implements [vault.Store].
func (m *memory) Renew(ctx context.Context, _, _ string, renew func(context.Context, vault.Secret) (vault.Secret, error)) (vault.Secret, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	renewed, err := renew(ctx, m.secret)
	if err != nil {
		return vault.Secret{}, err
	}
	renewed.Version = m.secret.Version + 1
	m.secret = renewed
	return renewed, nil
}
