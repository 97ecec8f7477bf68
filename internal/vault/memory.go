package vault

import (
	"bytes"
	"context"
	"fmt"
	"sync"
)

// Memory keeps secrets in this process only, in clear: for tests, and for
// platforms where a new token costs nothing. The zero value is ready.
type Memory struct {
	turns turns

	mu   sync.Mutex
	kept map[slot]Secret
}

var _ Store = (*Memory)(nil)

// Read implements Store.
func (m *Memory) Read(_ context.Context, connection, name string) (Secret, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	secret, ok := m.kept[slot{connection, name}]
	if !ok {
		return Secret{}, ErrNotFound
	}
	secret.Value = bytes.Clone(secret.Value)
	return secret, nil
}

// Renew implements Store.
func (m *Memory) Renew(ctx context.Context, connection, name string, renew func(context.Context, Secret) (Secret, error)) (Secret, error) {
	secret := slot{connection, name}
	release, err := m.turns.take(ctx, secret)
	if err != nil {
		return Secret{}, fmt.Errorf("wait to renew %s of %s: %w", name, connection, err)
	}
	defer release()
	current, _ := m.Read(ctx, connection, name)
	next, err := renew(ctx, current)
	if err != nil {
		return Secret{}, err
	}
	if next.sameAs(current) {
		return current, nil
	}
	next.Version, next.Value = current.Version+1, bytes.Clone(next.Value)
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.kept == nil {
		m.kept = map[slot]Secret{}
	}
	m.kept[secret] = next
	next.Value = bytes.Clone(next.Value)
	return next, nil
}
