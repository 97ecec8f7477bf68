package vault

import (
	"context"
	"sync"
)

// slot names a secret.
type slot struct {
	connection, name string
}

// turns lets one caller of this process at a time renew a secret.
type turns struct {
	mu    sync.Mutex
	taken map[slot]chan struct{}
}

// take waits for the turn of one secret. Give it back with release.
func (t *turns) take(ctx context.Context, secret slot) (release func(), err error) {
	t.mu.Lock()
	if t.taken == nil {
		t.taken = map[slot]chan struct{}{}
	}
	turn, known := t.taken[secret]
	if !known {
		turn = make(chan struct{}, 1)
		t.taken[secret] = turn
	}
	t.mu.Unlock()
	select {
	case turn <- struct{}{}:
		return func() { <-turn }, nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}
