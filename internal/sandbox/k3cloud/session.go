package k3cloud

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"sync"
	"time"
)

// The names under which a session travels, as cookies and as a header.
const (
	sessionName    = "kdservice-sessionid"
	aspSessionName = "ASP.NET_SessionId"
)

// session is one login. Its calls run one after the other.
type session struct {
	id    string
	aspID string
	turn  chan struct{} // holds one while a call runs

	// Kept by the book.
	last  time.Time
	calls int
}

// sessionBook knows the sessions that hold.
type sessionBook struct {
	seed     uint64
	idle     time.Duration
	maxCalls int // 0: no limit

	mu     sync.Mutex
	serial int
	open   map[string]*session
}

func newSessionBook(seed uint64, idle time.Duration, maxCalls int) *sessionBook {
	return &sessionBook{seed: seed, idle: idle, maxCalls: maxCalls, open: map[string]*session{}}
}

// issue opens a session.
func (b *sessionBook) issue(now time.Time) *session {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.serial++
	sum := sha256.Sum256(fmt.Appendf(nil, "k3cloud session %d %d", b.seed, b.serial))
	text := hex.EncodeToString(sum[:])
	id := text[:8] + "-" + text[8:12] + "-" + text[12:16] + "-" + text[16:20] + "-" + text[20:32]
	s := &session{id: id, aspID: text[32:56], turn: make(chan struct{}, 1), last: now}
	b.open[s.id] = s
	return s
}

// use counts a call on a session; nil means that it is lost.
func (b *sessionBook) use(id string, now time.Time) *session {
	b.mu.Lock()
	defer b.mu.Unlock()
	s, ok := b.open[id]
	if !ok {
		return nil
	}
	if now.Sub(s.last) > b.idle || b.maxCalls > 0 && s.calls >= b.maxCalls {
		delete(b.open, id)
		return nil
	}
	s.last = now
	s.calls++
	return s
}

// holds tells whether a session is still open.
func (b *sessionBook) holds(id string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.open[id] != nil
}

// drop ends a session.
func (b *sessionBook) drop(id string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.open, id)
}

// clear ends all sessions.
func (b *sessionBook) clear() {
	b.mu.Lock()
	defer b.mu.Unlock()
	clear(b.open)
}

// count is how many sessions are open, those included that idled away unseen.
func (b *sessionBook) count() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.open)
}

// setCookies hands a session to a client.
func (s *session) setCookies(header http.Header) {
	for _, cookie := range []http.Cookie{
		{Name: aspSessionName, Value: s.aspID, Path: "/", HttpOnly: true},
		{Name: sessionName, Value: s.id, Path: "/"},
	} {
		header.Add("Set-Cookie", cookie.String())
	}
}

// claimed finds the session that a request names: by the header, or by both
// cookies together. One cookie alone names none (assumed).
func (b *sessionBook) claimed(r *http.Request, now time.Time) *session {
	if id := r.Header.Get(sessionName); id != "" {
		return b.use(id, now)
	}
	id, err := r.Cookie(sessionName)
	if err != nil {
		return nil
	}
	asp, err := r.Cookie(aspSessionName)
	if err != nil {
		return nil
	}
	b.mu.Lock()
	known := b.open[id.Value]
	b.mu.Unlock()
	if known == nil || known.aspID != asp.Value {
		return nil
	}
	return b.use(id.Value, now)
}
