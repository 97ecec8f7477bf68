// Package vault keeps secrets that change while pandian runs: tokens that a
// platform hands out and rotates. They are encrypted before they reach the
// database and never logged.
package vault

import (
	"bytes"
	"context"
	"errors"
	"time"
)

// ErrNotFound says that no such secret is kept.
var ErrNotFound = errors.New("no such secret is kept")

// Secret is one secret of one connection.
type Secret struct {
	// Value is the clear text, as a platform client wrote it (JSON by custom).
	Value []byte
	// ExpiresAt is when it stops being good; zero when that is not known.
	ExpiresAt time.Time
	// Version counts from 1 with each renewal.
	Version int64
}

// sameAs is true for a secret of the same value that is good for as long.
func (s Secret) sameAs(other Secret) bool {
	return bytes.Equal(s.Value, other.Value) && s.ExpiresAt.Equal(other.ExpiresAt) && other.Version > 0
}

// Store keeps secrets by connection and name, as in "jst", "token".
type Store interface {
	// Read returns the newest version, or ErrNotFound.
	Read(ctx context.Context, connection, name string) (Secret, error)
	// Renew calls renew with the newest version (the zero Secret if there is
	// none) and keeps what it returns before anybody else may renew the same
	// secret, in this process or another: a rotated token must not be lost or
	// rotated twice. When renew fails nothing changes; when it returns current as
	// it was, that is kept and counts no version. Renew returns the version that
	// is kept. renew must not renew the same secret itself.
	Renew(ctx context.Context, connection, name string, renew func(ctx context.Context, current Secret) (Secret, error)) (Secret, error)
}
