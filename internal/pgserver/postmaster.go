package pgserver

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

const (
	readyPoll = 20 * time.Millisecond
	gonePoll  = time.Millisecond
	// startSeconds is how long a server may take to start; after a crash it
	// first replays up to max_wal_size of its log.
	startSeconds = 600
	stopSeconds  = 60
)

// postmaster is the main process of a running server, as it describes itself
// in postmaster.pid.
type postmaster struct {
	pid int
	at  endpoint
}

// parsePIDFile reads postmaster.pid: process, data folder, start time, port,
// folder of the socket, address; the last ones are empty early in a start.
func parsePIDFile(content string) (*postmaster, bool) {
	lines := strings.Split(content, "\n")
	if len(lines) < 6 {
		return nil, false
	}
	pid, errPID := strconv.Atoi(strings.TrimSpace(lines[0]))
	port, errPort := strconv.Atoi(strings.TrimSpace(lines[3]))
	if errPID != nil || errPort != nil || pid <= 0 {
		return nil, false
	}
	host := lines[4]
	if host == "" {
		host = strings.TrimSpace(lines[5])
	}
	return &postmaster{pid: pid, at: endpoint{host: host, port: port}}, true
}

// postmaster finds the running server; nil if there is none.
func (c *cluster) postmaster() (*postmaster, error) {
	raw, err := os.ReadFile(c.pidFile())
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("look for a running server: %w", err)
	}
	pm, ok := parsePIDFile(string(raw))
	switch {
	case ok && isPostgres(pm.pid):
		return pm, nil
	case !ok && len(bytes.TrimSpace(raw)) > 0:
		return nil, fmt.Errorf("%s names no server: if no postgres uses the folder, remove the file", c.pidFile())
	}
	return nil, nil
}

// isPostgres reports whether the process is there and may be a server. Where
// the system can tell, it is not one if it is another program, or has ended
// and was not collected (it has no command line then), as is usual in
// containers whose first process is not made for that.
func isPostgres(pid int) bool {
	if !processExists(pid) {
		return false
	}
	if runtime.GOOS != "linux" {
		return true
	}
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
	if err != nil {
		return !errors.Is(err, fs.ErrNotExist)
	}
	program, _, _ := strings.Cut(string(raw), "\x00")
	return filepath.Base(program) == "postgres"
}

// disownPIDFile makes the next server see that the one named in postmaster.pid
// is gone. The server looks only whether a process of that number exists, and
// refuses to start if the number is in use again. The file must not simply be
// removed: it also says which shared memory to look for processes in that
// outlived a killed server and may still write. So only the number is
// replaced, by that of this process: a server takes a file with its parent's
// number for a stale one.
func (c *cluster) disownPIDFile() error {
	raw, err := os.ReadFile(c.pidFile())
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read stale postmaster.pid: %w", err)
	}
	if len(bytes.TrimSpace(raw)) == 0 {
		// Power failed while it was written; a server refuses an empty file.
		return os.Remove(c.pidFile())
	}
	_, rest, _ := strings.Cut(string(raw), "\n")
	if err := os.WriteFile(c.pidFile(), fmt.Appendf(nil, "%d\n%s", os.Getpid(), rest), 0o600); err != nil {
		return fmt.Errorf("mark postmaster.pid as stale: %w", err)
	}
	return c.acct.give(c.pidFile())
}

// stopIfRunning ends the server, if there is one, and waits for it. A fast
// stop closes all connections and writes a checkpoint. Where that takes too
// long the server ends at once and recovers at its next start.
func (c *cluster) stopIfRunning(ctx context.Context) error {
	pm, err := c.postmaster()
	if err != nil || pm == nil {
		return err
	}
	var out []byte
	for _, mode := range []string{"fast", "immediate"} {
		out, err = c.pgCtl(ctx, stopSeconds, "stop", "-m", mode)
		if err == nil {
			return awaitGone(ctx, pm.pid)
		}
		if !isPostgres(pm.pid) {
			return nil
		}
	}
	return tail(out).explain(c.acct, fmt.Sprintf("the server (process %d) did not stop (pg_ctl: %v)", pm.pid, err))
}

// awaitGone waits for the last moments of a server that was told to stop.
// pg_ctl waits for postmaster.pid to be removed; the process is there a little
// longer, and on a busy machine long enough to be seen.
func awaitGone(ctx context.Context, pid int) error {
	for end := time.Now().Add(stopSeconds * time.Second); isPostgres(pid); time.Sleep(gonePoll) {
		if ctx.Err() != nil || time.Now().After(end) {
			return fmt.Errorf("the server (process %d) has removed postmaster.pid and does not end", pid)
		}
	}
	return nil
}

// awaitReady connects until the server lets it in, or is gone. It makes the
// database if it is not there and returns the server's version.
func (c *cluster) awaitReady(ctx context.Context) (version string, err error) {
	deadline := time.Now().Add(startSeconds * time.Second)
	for {
		pm, err := c.postmaster()
		if err != nil {
			return "", err
		}
		if pm == nil {
			return "", c.logTail(0).explain(c.acct, "the server ended while it was starting")
		}
		if c.at, err = c.endpointOf(pm); err != nil {
			return "", err
		}
		conn, err := pgx.Connect(ctx, c.at.url("postgres"))
		if err == nil {
			defer conn.Close(ctx)
			return c.ensureDatabase(ctx, conn)
		}
		if ctx.Err() != nil {
			return "", fmt.Errorf("wait for the server: %w", ctx.Err())
		}
		if time.Now().After(deadline) {
			return "", fmt.Errorf("the server (process %d) accepts no connections: %w", pm.pid, err)
		}
		time.Sleep(readyPoll)
	}
}

// endpointOf completes what the server says about itself. Early in its start
// it has not said yet where it listens.
func (c *cluster) endpointOf(pm *postmaster) (endpoint, error) {
	at := pm.at
	if usesTCP(c.opts) {
		password, err := c.password()
		at.password = password
		return at, err
	}
	if at.host == "" {
		at.host = socketDir(c.home)
	}
	return at, nil
}

func (c *cluster) ensureDatabase(ctx context.Context, conn *pgx.Conn) (version string, err error) {
	var exists bool
	err = conn.QueryRow(ctx,
		"select exists (select from pg_database where datname = $1)", database).Scan(&exists)
	if err == nil && !exists {
		_, err = conn.Exec(ctx, "create database "+pgx.Identifier{database}.Sanitize())
	}
	if err != nil {
		return "", fmt.Errorf("make database %s: %w", database, err)
	}
	version, _, _ = strings.Cut(conn.PgConn().ParameterStatus("server_version"), " ")
	return version, nil
}
