package jst

import (
	"math/rand/v2"
	"sync"
	"time"
)

// tokens is what a token call hands out.
type tokens struct {
	access, refresh string
	life            time.Duration // what is left of the access token
}

// tokenBook keeps the one pair of tokens that a merchant has at a time. Each
// new pair makes the one before it void (assumed for the access token).
type tokenBook struct {
	life time.Duration
	keep bool // a refresh extends the access token and does not change it

	mu                        sync.Mutex
	rng                       *rand.Rand
	access, refresh           string
	accessUntil, refreshUntil time.Time
	consents                  map[string]bool // codes that were not exchanged yet
}

func newTokenBook(o Options) *tokenBook {
	b := &tokenBook{
		life: o.TokenLife, keep: o.KeepAccess,
		rng: rand.New(rand.NewPCG(o.Seed, 0x70c3)), consents: map[string]bool{},
	}
	if o.Account.AuthCode != "" {
		b.consents[o.Account.AuthCode] = true
	}
	return b
}

// current is the pair that holds, or a new one when the access token does not
// (that a second getInitToken answers with the same pair is assumed: the vendor
// says only that expires_in is what is left).
func (b *tokenBook) current(now time.Time) tokens {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.holdsAccess(b.access, now) {
		b.renew(now)
	}
	return b.pair(now)
}

// exchange turns the code of a consent into a new pair.
func (b *tokenBook) exchange(code string, now time.Time) (tokens, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.consents[code] {
		return tokens{}, false
	}
	delete(b.consents, code)
	b.renew(now)
	return b.pair(now), true
}

// rotate turns a refresh token into a new pair; it is void afterwards.
func (b *tokenBook) rotate(refresh string, now time.Time) (tokens, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if refresh == "" || refresh != b.refresh || !now.Before(b.refreshUntil) {
		return tokens{}, false
	}
	access := b.access
	b.renew(now)
	if b.keep {
		b.access = access
	}
	return b.pair(now), true
}

// holds tells whether an access token lets its bearer in.
func (b *tokenBook) holds(access string, now time.Time) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.holdsAccess(access, now)
}

func (b *tokenBook) expire() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.accessUntil = time.Time{}
}

func (b *tokenBook) consent() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	code := b.word(12)
	b.consents[code] = true
	return code
}

// holdsAccess, renew, pair and word are for callers that hold the lock.
func (b *tokenBook) holdsAccess(access string, now time.Time) bool {
	return access != "" && access == b.access && now.Before(b.accessUntil)
}

func (b *tokenBook) renew(now time.Time) {
	b.access, b.refresh = b.word(32), b.word(32)
	b.accessUntil, b.refreshUntil = now.Add(b.life), now.Add(2*b.life)
}

func (b *tokenBook) pair(now time.Time) tokens {
	return tokens{b.access, b.refresh, b.accessUntil.Sub(now)}
}

func (b *tokenBook) word(length int) string {
	const letters = "abcdef0123456789"
	out := make([]byte, length)
	for i := range out {
		out[i] = letters[b.rng.IntN(len(letters))]
	}
	return string(out)
}

// oldGrant is how long the token of the old gateway holds. Its value never
// changes; refresh.token extends it, even when it has expired (assumed).
type oldGrant struct {
	life time.Duration

	mu    sync.Mutex
	until time.Time
}

func (g *oldGrant) holds(now time.Time) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return now.Before(g.until)
}

func (g *oldGrant) extend(now time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.until = now.Add(g.life)
}
