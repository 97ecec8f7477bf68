// Package pgbouncer puts the real pgbouncer before a test's database.
//
//	url := pgbouncer.Start(t, pgtest.URL(t), pgbouncer.Transaction)
//
// The program is Debian's; .ci/run installs it. A test that cannot find it fails.
package pgbouncer

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"pandian/internal/pgserver"
)

// The modes of a pool: how long a client keeps the session that it is lent.
const (
	Session     = "session"
	Transaction = "transaction"
	Statement   = "statement"
)

// startTime is how long the program may take to listen.
const startTime = 10 * time.Second

// Start runs pgbouncer before the server of an address until the test ends, and
// returns the address through it. settings are lines of its section [pgbouncer], as
// in "default_pool_size = 1".
func Start(t testing.TB, server, mode string, settings ...string) string {
	t.Helper()
	to, err := pgconn.ParseConfig(server)
	if err != nil {
		t.Fatal(err)
	}
	port := freePort(t)
	lines := append([]string{
		"[databases]",
		fmt.Sprintf("* = host=%s port=%d user=%s", to.Host, to.Port, to.User),
		"[pgbouncer]",
		"listen_addr = 127.0.0.1",
		fmt.Sprintf("listen_port = %d", port),
		"unix_socket_dir =",
		"auth_type = any",
		"pool_mode = " + mode,
		"max_client_conn = 200",
	}, settings...)
	run(t, append(lines, account(t, to.Host)...), port)

	address, err := url.Parse(server)
	if err != nil {
		t.Fatal(err)
	}
	address.Host = fmt.Sprintf("127.0.0.1:%d", port)
	query := address.Query()
	query.Del("host")
	query.Del("port")
	query.Set("sslmode", "disable")
	address.RawQuery = query.Encode()
	return address.String()
}

// account is whom the program becomes where root starts it: the owner of the server's
// socket, who alone may connect to it.
func account(t testing.TB, host string) []string {
	t.Helper()
	if os.Geteuid() != 0 {
		return nil
	}
	name := "nobody"
	if info, err := os.Stat(host); err == nil {
		owner, err := user.LookupId(fmt.Sprint(info.Sys().(*syscall.Stat_t).Uid))
		if err != nil {
			t.Fatal(err)
		}
		name = owner.Username
	}
	return []string{"user = " + name}
}

// run starts the program and waits until it listens.
func run(t testing.TB, lines []string, port int) {
	t.Helper()
	program, err := find()
	if err != nil {
		t.Fatal(err)
	}
	parent, err := pgserver.ReachableTempDir()
	if err != nil {
		t.Fatal(err)
	}
	dir, err := os.MkdirTemp(parent, "pandian-pgbouncer-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	file := filepath.Join(dir, "pgbouncer.ini")
	if err := os.WriteFile(file, []byte(strings.Join(lines, "\n")+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	said := &output{}
	child := exec.CommandContext(context.WithoutCancel(t.Context()), program, file) // its cleanup ends it
	child.Stdout, child.Stderr = said, said
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() { _ = child.Wait(); close(ended) }()
	t.Cleanup(func() { _ = child.Process.Kill(); <-ended })
	for deadline := time.Now().Add(startTime); ; time.Sleep(10 * time.Millisecond) {
		if answers(t.Context(), port) {
			return
		}
		select {
		case <-ended:
			t.Fatalf("pgbouncer ended: %s", said)
		default:
		}
		if time.Now().After(deadline) {
			t.Fatalf("pgbouncer does not listen after %s: %s", startTime, said)
		}
	}
}

// find looks where Debian puts the program, too: it is not in everybody's PATH.
func find() (string, error) {
	program, err := exec.LookPath("pgbouncer")
	if err == nil {
		return program, nil
	}
	if _, statErr := os.Stat("/usr/sbin/pgbouncer"); statErr == nil {
		return "/usr/sbin/pgbouncer", nil
	}
	return "", fmt.Errorf("this test needs pgbouncer: apt-get install pgbouncer: %w", err)
}

func answers(ctx context.Context, port int) bool {
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", fmt.Sprintf("127.0.0.1:%d", port))
	if err != nil {
		return false
	}
	_ = conn.Close()
	return true
}

func freePort(t testing.TB) int {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().(*net.TCPAddr).Port
}

// output is what the program said.
type output struct {
	mutex  sync.Mutex
	buffer bytes.Buffer
}

// Write implements [io.Writer].
func (o *output) Write(p []byte) (int, error) {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	return o.buffer.Write(p)
}

// String returns all of it.
func (o *output) String() string {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	return o.buffer.String()
}
