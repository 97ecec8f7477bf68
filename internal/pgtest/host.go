package pgtest

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/url"
	"os"
	"os/user"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"pandian/internal/pgserver"
)

const (
	// serverVariable names a server to use in place of one of our own.
	serverVariable = "PANDIAN_TEST_DATABASE_URL"
	// linger spans the pause between two packages of one go test.
	linger = 2 * time.Second
	// adminConns is how many databases one process makes or drops at a time.
	adminConns = 4
)

// sharedHost is the process's one host. It is a package variable because only
// that can be shared by all tests of a process without a TestMain; it also
// keeps the Server from the garbage collector, which would end it.
var sharedHost = sync.OnceValues(func() (*host, error) { return openHost(context.Background()) })

// host is the server on which the databases are made.
type host struct {
	base   *url.URL         // some database on it
	admin  *pgxpool.Pool    // connections to base, to make and drop others from
	server *pgserver.Server // nil if the server is not ours; never closed, see the package comment
}

func openHost(ctx context.Context) (*host, error) {
	address := os.Getenv(serverVariable)
	h := &host{}
	if address == "" {
		var err error
		if h.server, err = startServer(ctx); err != nil {
			return nil, err
		}
		address = h.server.URL()
	}
	var err error
	h.base, err = url.Parse(address)
	if err != nil || h.base.Scheme == "" {
		return nil, fmt.Errorf("%s must be a URL such as postgres://user@host:5432/postgres", serverVariable)
	}
	config, err := pgxpool.ParseConfig(address)
	if err != nil {
		return nil, fmt.Errorf("address of the server for tests: %w", err)
	}
	config.MaxConns = adminConns
	if h.admin, err = pgxpool.NewWithConfig(ctx, config); err != nil {
		return nil, fmt.Errorf("connect to the server for tests: %w", err)
	}
	return h, nil
}

// startServer starts or joins the user's throwaway server. Its folder carries
// the user's name, so that users do not get into each other's way. It is in memory
// where there is room, unless TMPDIR says where to be: a database is some hundred
// files, and each test makes one.
func startServer(ctx context.Context) (*pgserver.Server, error) {
	dir := ""
	if os.Getenv("TMPDIR") == "" {
		dir = memoryFolder()
	}
	if dir == "" {
		var err error
		if dir, err = pgserver.ReachableTempDir(); err != nil {
			return nil, err
		}
	}
	name := "unknown"
	if u, err := user.Current(); err == nil {
		name = u.Uid
	}
	return pgserver.Start(ctx, pgserver.Options{
		Dir:       filepath.Join(dir, "pandian-test-"+name),
		Throwaway: true,
		Linger:    linger,
	})
}

// url is the address of one database of the host.
func (h *host) url(name string) string {
	u := *h.base
	u.Path = "/" + name
	return u.String()
}

// create makes a database, a copy of the recipe's unless that is nil, and
// returns its name.
func (h *host) create(ctx context.Context, r *recipe) (string, error) {
	statement := ""
	if r != nil {
		template, err := h.template(ctx, *r)
		if err != nil {
			return "", err
		}
		statement = " template " + quoted(template)
	}
	name := fmt.Sprintf("pandian_test_%d_%s", os.Getpid(), strings.ToLower(rand.Text()[:12]))
	if _, err := h.admin.Exec(ctx, "create database "+quoted(name)+statement); err != nil {
		return "", fmt.Errorf("make a test's database: %w", err)
	}
	return name, nil
}

// drop removes a database, ending the connections that a test left open.
func (h *host) drop(ctx context.Context, name string) error {
	if _, err := h.admin.Exec(ctx, "drop database if exists "+quoted(name)+" with (force)"); err != nil {
		return fmt.Errorf("drop a test's database: %w", err)
	}
	return nil
}

func quoted(name string) string { return pgx.Identifier{name}.Sanitize() }
