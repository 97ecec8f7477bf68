package vault_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"pandian/internal/pgtest"
	"pandian/internal/repeat"
	"pandian/internal/vault"
)

// gives returns a renewal that gives a value.
func gives(value string, expires time.Time) func(context.Context, vault.Secret) (vault.Secret, error) {
	return func(context.Context, vault.Secret) (vault.Secret, error) {
		return vault.Secret{Value: []byte(value), ExpiresAt: expires}, nil
	}
}

// What every store promises.
func TestStore(t *testing.T) {
	t.Parallel()
	pool := pgtest.Pool(t)
	for name, store := range map[string]vault.Store{"memory": &vault.Memory{}, "postgres": vault.NewPostgres(pool, key(t, 1), slog.New(slog.DiscardHandler))} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			t.Run("knows no secret at first", func(t *testing.T) {
				if _, err := store.Read(t.Context(), "jst-a", "token"); !errors.Is(err, vault.ErrNotFound) {
					t.Errorf("got %v, want ErrNotFound", err)
				}
			})
			t.Run("keeps each rotation", func(t *testing.T) {
				expires := time.Now().Add(time.Hour).Truncate(time.Second)
				for i, value := range []string{"first", "second", "third"} {
					kept, err := store.Renew(t.Context(), "jst-a", "token", gives(value, expires))
					if err != nil || kept.Version != int64(i+1) {
						t.Fatalf("got version %d and %v, want %d", kept.Version, err, i+1)
					}
					read, err := store.Read(t.Context(), "jst-a", "token")
					if err != nil || string(read.Value) != value || read.Version != int64(i+1) || !read.ExpiresAt.Equal(expires) {
						t.Errorf("got %s %d %s and %v, want %s %d %s", read.Value, read.Version, read.ExpiresAt, err, value, i+1, expires)
					}
				}
			})
			t.Run("shows the newest to the renewal, and the zero one where there is none", func(t *testing.T) {
				for _, want := range []vault.Secret{{}, {Value: []byte("x"), Version: 1}} {
					_, err := store.Renew(t.Context(), "jst-b", "token", func(_ context.Context, current vault.Secret) (vault.Secret, error) {
						if string(current.Value) != string(want.Value) || current.Version != want.Version {
							t.Errorf("got %+v, want %+v", current, want)
						}
						return vault.Secret{Value: []byte("x")}, nil
					})
					if err != nil {
						t.Fatal(err)
					}
				}
			})
			t.Run("what is given back unchanged counts no version", func(t *testing.T) {
				_, _ = store.Renew(t.Context(), "jst-c", "token", gives("x", time.Now()))
				kept, err := store.Renew(t.Context(), "jst-c", "token", func(_ context.Context, current vault.Secret) (vault.Secret, error) {
					return current, nil
				})
				if err != nil || kept.Version != 1 || string(kept.Value) != "x" {
					t.Errorf("got %+v and %v, want version 1 as it was", kept, err)
				}
			})
			t.Run("a renewal that fails changes nothing", func(t *testing.T) {
				refused := errors.New("consent again")
				_, _ = store.Renew(t.Context(), "jst-d", "token", gives("old", time.Time{}))
				_, err := store.Renew(t.Context(), "jst-d", "token", func(context.Context, vault.Secret) (vault.Secret, error) {
					return vault.Secret{Value: []byte("new")}, refused
				})
				read, _ := store.Read(t.Context(), "jst-d", "token")
				if !errors.Is(err, refused) || string(read.Value) != "old" || !read.ExpiresAt.IsZero() {
					t.Errorf("got %v and %+v, want the refusal and the old one", err, read)
				}
			})
			t.Run("renews one at a time, and secrets beside each other", func(t *testing.T) {
				one, wait := make(chan struct{}), make(chan struct{})
				go func() {
					_, _ = store.Renew(t.Context(), "jst-e", "token", func(context.Context, vault.Secret) (vault.Secret, error) {
						close(one)
						<-wait
						return vault.Secret{Value: []byte("x")}, nil
					})
				}()
				<-one
				if _, err := store.Renew(t.Context(), "jst-e", "other", gives("y", time.Time{})); err != nil {
					t.Errorf("another secret: %v", err)
				}
				short, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
				defer cancel()
				if _, err := store.Renew(short, "jst-e", "token", gives("z", time.Time{})); !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("the same secret: got %v, want it to wait", err)
				}
				close(wait)
			})
		})
	}
}

// fault 19: refresh race in 4 workers -> 1 refresh
func TestRenew_four_processes_refresh_once(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t)
	var refreshed atomic.Int64
	var all sync.WaitGroup
	for range 4 {
		store := vault.NewPostgres(connect(t, url), key(t, 1), slog.New(slog.DiscardHandler))
		all.Go(func() {
			kept, err := store.Renew(t.Context(), "jst", "jst.token", func(_ context.Context, current vault.Secret) (vault.Secret, error) {
				if current.Version > 0 {
					return current, nil
				}
				refreshed.Add(1)
				time.Sleep(50 * time.Millisecond)
				return vault.Secret{Value: []byte("fresh")}, nil
			})
			if err != nil || string(kept.Value) != "fresh" || kept.Version != 1 {
				t.Errorf("got %+v and %v, want the one fresh token", kept, err)
			}
		})
	}
	all.Wait()
	if got := refreshed.Load(); got != 1 {
		t.Errorf("got %d refreshes, want 1", got)
	}
}

// fault 12: the platform has taken the old token back, so what the server undid is
// written again until it stands.
func TestRenew_writes_again_what_the_server_undid(t *testing.T) {
	t.Parallel()
	pool := connect(t, pgtest.URL(t))
	pgtest.Strike(t, pool, 1, 250, "ops.credential")
	var told bytes.Buffer
	store := vault.NewPostgres(pool, key(t, 1), slog.New(slog.NewTextHandler(&told, nil)))
	ctx, count := repeat.Counted(t.Context())
	for version := range int64(4) {
		kept, err := store.Renew(ctx, "jst", "jst.token", func(context.Context, vault.Secret) (vault.Secret, error) {
			return vault.Secret{Value: fmt.Append(nil, "token ", version)}, nil
		})
		if err != nil || kept.Version != version+1 {
			t.Fatalf("got version %d and %v, want version %d", kept.Version, err, version+1)
		}
	}
	lines := strings.Count(told.String(), "trying again")
	if undone := pgtest.StrikeNoMore(t, pool); undone == 0 || count.Repeats() != int64(undone) || lines != undone {
		t.Errorf("%d writes were undone, %d counted and %d told", undone, count.Repeats(), lines)
	}
	if kept, err := store.Read(t.Context(), "jst", "jst.token"); err != nil || string(kept.Value) != "token 3" || kept.Version != 4 {
		t.Errorf("got %+v and %v, want the newest token", kept, err)
	}
}
