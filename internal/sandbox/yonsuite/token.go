package yonsuite

import (
	"math/rand/v2"
	"sync"
	"time"
)

// tokenBook remembers the tokens that hold. A new token leaves the older ones
// valid (assumed).
type tokenBook struct {
	life time.Duration

	mu      sync.Mutex
	rng     *rand.Rand
	expires map[string]time.Time
}

func newTokenBook(seed uint64, life time.Duration) *tokenBook {
	return &tokenBook{life: life, rng: rand.New(rand.NewPCG(seed, 0x70ce)), expires: map[string]time.Time{}}
}

// issue makes a token with every character that a query must escape: a client
// that does not will be told that its token is not valid.
func (b *tokenBook) issue(now time.Time) string {
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
	b.mu.Lock()
	defer b.mu.Unlock()
	token := []byte("YT_")
	for range 48 {
		token = append(token, letters[b.rng.IntN(len(letters))])
	}
	token = append(token, "+/=|%2B%y="...)
	b.expires[string(token)] = now.Add(b.life)
	return string(token)
}

// holds tells whether a token was given out and has not expired.
func (b *tokenBook) holds(token string, now time.Time) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	expires, known := b.expires[token]
	if known && !now.Before(expires) {
		delete(b.expires, token)
		known = false
	}
	return known
}

func (b *tokenBook) clear() {
	b.mu.Lock()
	defer b.mu.Unlock()
	clear(b.expires)
}
