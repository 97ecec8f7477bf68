package pace_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"pandian/internal/pace"
	"pandian/internal/pgtest"
)

// asCaller makes the test binary a process that calls the platform at its second
// argument as fast as the database at its first lets it, until its stdin ends.
const asCaller = "PANDIAN_TEST_AS_CALLER"

func TestMain(m *testing.M) {
	if os.Getenv(asCaller) != "" {
		if err := callOn(os.Args[1], os.Args[2]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

const childLimit = 1200

func callOn(database, platform string) error {
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		cancel()
	}()
	pool, err := pgxpool.New(ctx, database)
	if err != nil {
		return err
	}
	defer pool.Close()
	pacer := pace.New(pace.Options{Database: pool, Credential: credential, Connection: "wdt-main", CallsPerMinute: childLimit})
	for {
		if _, err := pacer.Wait(ctx); err != nil {
			if ctx.Err() != nil {
				return nil
			}
			return err
		}
		answer, err := http.Get(platform)
		if err != nil {
			return err
		}
		answer.Body.Close()
	}
}

// fault 18: four real processes; what counts is what reached the platform.
func TestPacers_of_four_processes_share_the_limit(t *testing.T) {
	t.Parallel()
	erp := newPlatform(0)
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { erp.call() }))
	defer server.Close()
	database := pgtest.URL(t)

	var stops []io.Closer
	var running sync.WaitGroup
	for range 4 {
		child := exec.Command(os.Args[0], database, server.URL)
		child.Env = append(os.Environ(), asCaller+"=yes")
		child.Stderr = os.Stderr
		stdin, err := child.StdinPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		stops = append(stops, stdin)
		running.Go(func() {
			if err := child.Wait(); err != nil {
				t.Error(err)
			}
		})
	}
	for erp.count() < 100 && t.Context().Err() == nil { // 5 s at 20 a second
		time.Sleep(10 * time.Millisecond)
	}
	for _, stop := range stops {
		stop.Close()
	}
	running.Wait()

	// However long it took: no more than the span allows, and a second's worth for a
	// machine so loaded that a call starts late.
	erp.mu.Lock()
	defer erp.mu.Unlock()
	took := erp.calls[len(erp.calls)-1].Sub(erp.calls[0])
	most := int((took + 1500*time.Millisecond).Minutes() * childLimit)
	if got := len(erp.calls); got > most {
		t.Errorf("got %d calls in %s, want %d at most", got, took, most)
	}
	t.Logf("%d calls in %s", len(erp.calls), took)
}
