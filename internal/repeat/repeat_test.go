package repeat_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"pandian/internal/repeat"
)

func undone(code string) error {
	return fmt.Errorf("commit: %w", &pgconn.PgError{Code: code, Message: "undone"})
}

// fault 12: what the server undid is repeated, and what it may have done is not.
func TestDo(t *testing.T) {
	t.Parallel()
	for code, want := range map[string]int{"40001": 3, "40P01": 3, "40003": 1, "23505": 1, "57014": 1} {
		t.Run(code, func(t *testing.T) {
			t.Parallel()
			ctx, count := repeat.Counted(t.Context())
			tries := 0
			var told bytes.Buffer
			err := repeat.Do(ctx, slog.New(slog.NewTextHandler(&told, nil)), "keep it", func(context.Context) error {
				if tries++; tries < 3 {
					return undone(code)
				}
				return nil
			})
			if tries != want || (err == nil) != (want == 3) {
				t.Errorf("got %d tries and %v, want %d tries", tries, err, want)
			}
			if got := count.Repeats(); got != int64(want-1) {
				t.Errorf("got %d repeats counted, want %d", got, want-1)
			}
			if got := strings.Count(told.String(), "level=WARN"); got != want-1 {
				t.Errorf("got %d lines logged, want %d", got, want-1)
			}
		})
	}

	t.Run("a connection that ends says nothing about the commit", func(t *testing.T) {
		t.Parallel()
		tries := 0
		err := repeat.Do(t.Context(), nil, "keep it", func(context.Context) error { tries++; return io.ErrUnexpectedEOF })
		if tries != 1 || !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("got %d tries and %v, want one", tries, err)
		}
	})

	t.Run("ends with what was to be done and what the server said", func(t *testing.T) {
		t.Parallel()
		tries := 0
		within := func(ctx context.Context) error {
			return repeat.Do(ctx, nil, "keep it", func(context.Context) error { tries++; return undone("40P01") })
		}
		err := repeat.Do(t.Context(), nil, "around it", within)
		var exhausted *repeat.ExhaustedError
		if !errors.As(err, &exhausted) || exhausted.What != "keep it" || !repeat.IsUndone(err) {
			t.Errorf("got %v, want what was to be done and what the server said", err)
		}
		if tries != repeat.Tries {
			t.Errorf("got %d tries, want %d: one Do within another must not multiply them", tries, repeat.Tries)
		}
	})

	t.Run("does not outlast its context", func(t *testing.T) {
		t.Parallel()
		ctx, cancel := context.WithCancel(t.Context())
		tries := 0
		err := repeat.Do(ctx, nil, "keep it", func(context.Context) error { tries++; cancel(); return undone("40001") })
		if tries != 1 || !errors.Is(err, context.Canceled) {
			t.Errorf("got %d tries and %v, want one", tries, err)
		}
	})
}
