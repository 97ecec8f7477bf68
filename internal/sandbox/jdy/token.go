package jdy

import (
	"crypto/subtle"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"
)

// tokenState is what the gateway makes of a token.
type tokenState int

const (
	tokenUnknown tokenState = iota
	tokenExpired
	tokenValid
)

// tokenBook remembers every token it gave out. A new token leaves the older
// ones valid (assumed).
type tokenBook struct {
	life time.Duration

	mu      sync.Mutex
	rng     *rand.Rand
	expires map[string]time.Time
}

func newTokenBook(seed, stream uint64, life time.Duration) *tokenBook {
	return &tokenBook{life: life, rng: rand.New(rand.NewPCG(seed, stream)), expires: map[string]time.Time{}}
}

// issue makes a token of 32 hexadecimal digits and tells when it expires.
func (b *tokenBook) issue(now time.Time) (string, time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	token, expires := fmt.Sprintf("%016x%016x", b.rng.Uint64(), b.rng.Uint64()), now.Add(b.life)
	b.expires[token] = expires
	return token, expires
}

func (b *tokenBook) state(token string, now time.Time) tokenState {
	b.mu.Lock()
	defer b.mu.Unlock()
	expires, known := b.expires[token]
	switch {
	case !known:
		return tokenUnknown
	case !now.Before(expires):
		return tokenExpired
	default:
		return tokenValid
	}
}

func (b *tokenBook) expireAll() {
	b.mu.Lock()
	defer b.mu.Unlock()
	for token := range b.expires {
		b.expires[token] = time.Time{}
	}
}

// codeLife is how long an authorization code holds (assumed).
const codeLife = 10 * time.Minute

// codeBook keeps authorization codes, each good for one token.
type codeBook struct {
	book *tokenBook
	mu   sync.Mutex
	used map[string]bool
}

func newCodeBook(seed uint64) *codeBook {
	return &codeBook{book: newTokenBook(seed, 0x1d3, codeLife), used: map[string]bool{}}
}

// redeem tells whether a code holds, and voids it.
func (c *codeBook) redeem(code string, now time.Time) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.used[code] || c.book.state(code, now) != tokenValid {
		return false
	}
	c.used[code] = true
	return true
}

// NewCode is the code that a person's consent in the browser would yield, for
// /auth/oauth2/access_token.
func (s *Server) NewCode() string {
	code, _ := s.codes.book.issue(s.options.Now())
	return code
}

// same compares secrets without telling how much of them is right.
func same(got, want string) bool {
	return subtle.ConstantTimeCompare([]byte(got), []byte(want)) == 1
}
