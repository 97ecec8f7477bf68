package tplus

import (
	"math/rand/v2"
	"sync"
	"time"
)

// session is one login at a customer's server.
type session struct {
	token, sid, appKey string
	until              time.Time
	v1                 bool
}

// sessionBook keeps the sessions of both generations. On v1 a user has one at
// most.
type sessionBook struct {
	life time.Duration

	mu   sync.Mutex
	rng  *rand.Rand
	live map[string]session
}

func newSessionBook(o Options) *sessionBook {
	return &sessionBook{life: o.TokenLife, rng: rand.New(rand.NewPCG(o.Seed, 0x792)), live: map[string]session{}}
}

func (b *sessionBook) begin(appKey string, v1 bool, now time.Time) session {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.add(appKey, v1, now)
}

func (b *sessionBook) add(appKey string, v1 bool, now time.Time) session {
	x := session{token: draw(b.rng), sid: draw(b.rng), appKey: appKey, until: now.Add(b.life), v1: v1}
	b.live[x.token] = x
	return x
}

// beginOnly begins a session unless the application has one of the generation,
// which it returns then.
func (b *sessionBook) beginOnly(appKey string, v1 bool, now time.Time) (x session, existed bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, x := range b.live {
		if x.v1 == v1 && x.appKey == appKey && now.Before(x.until) {
			return x, true
		}
	}
	return b.add(appKey, v1, now), false
}

// renew replaces a session of v1 by another.
func (b *sessionBook) renew(token, appKey string, now time.Time) (session, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	old, ok := b.live[token]
	if !ok || !old.v1 || old.appKey != appKey || !now.Before(old.until) {
		return session{}, false
	}
	delete(b.live, token)
	return b.add(appKey, true, now), true
}

// holds tells whether a token is a session of this application and generation.
func (b *sessionBook) holds(token, appKey string, v1 bool, now time.Time) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	x, ok := b.live[token]
	return ok && x.appKey == appKey && x.v1 == v1 && now.Before(x.until)
}

func (b *sessionBook) end(token string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.live, token)
}

func (b *sessionBook) endAll() {
	b.mu.Lock()
	defer b.mu.Unlock()
	clear(b.live)
}
