package tplus

import (
	"crypto/subtle"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"
)

// codeLife is how long an authorization code holds.
const codeLife = 10 * time.Minute

// grant is one pair of tokens of the open platform.
type grant struct {
	appKey, access, refresh   string
	accessUntil, refreshUntil time.Time
}

// tokenBook remembers every grant. A refresh voids both tokens that it renews;
// another login leaves earlier grants as they are (assumed).
type tokenBook struct {
	life, refreshLife time.Duration

	mu        sync.Mutex
	rng       *rand.Rand
	byAccess  map[string]*grant
	byRefresh map[string]*grant
	codes     map[string]code
}

// code is an authorization code, good for one grant.
type code struct {
	appKey string
	until  time.Time
}

func newTokenBook(o Options) *tokenBook {
	return &tokenBook{
		life: o.TokenLife, refreshLife: o.RefreshLife, rng: rand.New(rand.NewPCG(o.Seed, 0x791)),
		byAccess: map[string]*grant{}, byRefresh: map[string]*grant{}, codes: map[string]code{},
	}
}

func (b *tokenBook) issue(appKey string, now time.Time) grant {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.add(appKey, now)
}

func (b *tokenBook) add(appKey string, now time.Time) grant {
	g := &grant{
		appKey: appKey, access: draw(b.rng), refresh: draw(b.rng),
		accessUntil: now.Add(b.life), refreshUntil: now.Add(b.refreshLife),
	}
	b.byAccess[g.access], b.byRefresh[g.refresh] = g, g
	return *g
}

// rotate renews a grant: the old refresh token is good only this once, and the
// old access token is dead from now on.
func (b *tokenBook) rotate(appKey, refresh string, now time.Time) (grant, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	old, known := b.byRefresh[refresh]
	if !known || old.appKey != appKey || !now.Before(old.refreshUntil) {
		return grant{}, false
	}
	delete(b.byRefresh, refresh)
	old.accessUntil = time.Time{}
	return b.add(appKey, now), true
}

// check names the row that refuses an access token, or nothing.
func (b *tokenBook) check(appKey, access string, now time.Time) string {
	b.mu.Lock()
	defer b.mu.Unlock()
	g, known := b.byAccess[access]
	switch {
	case !known:
		return "50000/403"
	case g.appKey != appKey:
		return "50112/403"
	case !now.Before(g.accessUntil):
		return "50107"
	}
	return ""
}

func (b *tokenBook) expireAll() {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, g := range b.byAccess {
		g.accessUntil = time.Time{}
	}
}

func (b *tokenBook) newCode(appKey string, now time.Time) string {
	b.mu.Lock()
	defer b.mu.Unlock()
	text := draw(b.rng)
	b.codes[text] = code{appKey, now.Add(codeLife)}
	return text
}

// redeem turns a code into a grant, once.
func (b *tokenBook) redeem(appKey, text string, now time.Time) (grant, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	c, known := b.codes[text]
	delete(b.codes, text)
	if !known || c.appKey != appKey || !now.Before(c.until) {
		return grant{}, false
	}
	return b.add(appKey, now), true
}

// draw makes a random text of 32 hexadecimal digits.
func draw(rng *rand.Rand) string { return fmt.Sprintf("%016x%016x", rng.Uint64(), rng.Uint64()) }

// same compares secrets without telling how much of them is right.
func same(got, want string) bool {
	return subtle.ConstantTimeCompare([]byte(got), []byte(want)) == 1
}
