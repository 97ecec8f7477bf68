//go:build unix

package pgserver

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// childVariable makes the test binary a command that uses a server, so that
// tests can kill it. Its value is the folder, and "throwaway" or "kept".
const childVariable = "PANDIAN_PGSERVER_TEST_CHILD"

// runChild starts or joins a server, prints its URL and folder, and stays
// until its standard input ends.
func runChild() int {
	kind, dir, _ := strings.Cut(os.Getenv(childVariable), " ")
	s, err := Start(context.Background(), Options{Dir: dir, Throwaway: kind == "throwaway"})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	fmt.Println(s.Dir())
	_, _ = io.Copy(io.Discard, os.Stdin)
	if err := s.Close(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

type child struct {
	cmd  *exec.Cmd
	home string // the folder its server runs in
}

func startChild(t *testing.T, kind, dir string) *child {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childVariable+"="+kind+" "+dir)
	cmd.Stderr = os.Stderr
	if _, err := cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatalf("child did not start its server: %v", err)
	}
	return &child{cmd: cmd, home: strings.TrimSpace(line)}
}

func (c *child) kill() {
	_ = c.cmd.Process.Kill()
	_ = c.cmd.Wait()
}

// killWatchers kills the watchers of a home's users, which are the children of
// those users called sh.
func killWatchers(t *testing.T, c *child) {
	t.Helper()
	out, err := exec.Command("ps", "-A", "-o", "pid=,ppid=,comm=").Output()
	if err != nil {
		t.Fatal(err)
	}
	killed := 0
	for line := range strings.Lines(string(out)) {
		fields := strings.Fields(line)
		if len(fields) != 3 || fields[1] != strconv.Itoa(c.cmd.Process.Pid) || filepath.Base(fields[2]) != "sh" {
			continue
		}
		pid, err := strconv.Atoi(fields[0])
		if err != nil {
			t.Fatal(err)
		}
		if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		killed++
	}
	if killed != 1 {
		t.Fatalf("killed %d watchers, want 1", killed)
	}
}

func missing(path string) bool {
	_, err := os.Stat(path)
	return errors.Is(err, os.ErrNotExist)
}

func TestWatcher(t *testing.T) {
	t.Parallel()

	t.Run("stops_the_server_of_a_killed_command_and_keeps_the_data", func(t *testing.T) {
		t.Parallel()
		home := newHome(t)
		c := startChild(t, "kept", home)
		pid := serverPID(home)
		c.kill()
		eventually(t, "the server is gone", func() bool { return !isPostgres(pid) })
		if missing(filepath.Join(home, "data", "PG_VERSION")) {
			t.Error("the cluster is gone, too")
		}
		mustStart(t, Options{Dir: home})
	})

	t.Run("leaves_the_server_to_others_who_use_it", func(t *testing.T) {
		t.Parallel()
		home := newHome(t)
		c := startChild(t, "kept", home)
		s := mustStart(t, Options{Dir: home})
		pid := serverPID(home)
		c.kill()
		eventually(t, "the lease of the killed command is gone", func() bool {
			entries, err := os.ReadDir(filepath.Join(home, "users"))
			return err == nil && len(entries) == 1
		})
		if got := query(t, s, "select 'here'"); got != "here" || !isPostgres(pid) {
			t.Errorf("got %q from the server", got)
		}
	})

	t.Run("is_not_needed_by_the_next_command_which_finds_the_server", func(t *testing.T) {
		t.Parallel()
		home := newHome(t)
		c := startChild(t, "kept", home)
		killWatchers(t, c)
		pid := serverPID(home)
		c.kill()
		s := mustStart(t, Options{Dir: home})
		if serverPID(home) != pid {
			t.Errorf("got server %d, want %d, which was still there", serverPID(home), pid)
		}
		mustClose(t, s)
		if isPostgres(pid) {
			t.Error("the server is there after its last user closed it")
		}
	})
}

func TestThrowaway(t *testing.T) {
	t.Parallel()
	prefix := func(t *testing.T) string { return filepath.Join(newHome(t), "pg") }

	t.Run("is_shared_and_removed_with_its_last_user", func(t *testing.T) {
		t.Parallel()
		opts := Options{Dir: prefix(t), Throwaway: true}
		first, second := mustStart(t, opts), mustStart(t, opts)
		if first.Dir() != second.Dir() {
			t.Errorf("got folders %s and %s, want one", first.Dir(), second.Dir())
		}
		if got := query(t, first, "show fsync"); got != "off" {
			t.Errorf("fsync is %s", got)
		}
		mustClose(t, first)
		if missing(second.Dir()) {
			t.Fatal("the folder is gone before the last user")
		}
		mustClose(t, second)
		wantEmpty(t, filepath.Dir(opts.Dir))
	})

	t.Run("is_removed_by_the_watcher_of_a_killed_user", func(t *testing.T) {
		t.Parallel()
		dir := prefix(t)
		c := startChild(t, "throwaway", dir)
		pid := serverPID(c.home)
		c.kill()
		eventually(t, "server and folder are gone", func() bool { return !isPostgres(pid) && missing(c.home) })
		wantEmpty(t, filepath.Dir(dir))
	})

	t.Run("lingers_after_a_killed_user_for_the_next_one", func(t *testing.T) {
		t.Parallel()
		opts := Options{Dir: prefix(t), Throwaway: true, Linger: time.Second}
		first, err := Start(t.Context(), opts)
		if err != nil {
			t.Fatal(err)
		}
		// What the kernel does with a killed process, short of killing this one.
		if err := errors.Join(first.watcher.pipe.Close(), first.lease.file.Close()); err != nil {
			t.Fatal(err)
		}
		second := mustStart(t, opts)
		if second.Dir() != first.Dir() {
			t.Errorf("got folder %s, want %s", second.Dir(), first.Dir())
		}
		if err := first.watcher.cmd.Wait(); err != nil {
			t.Errorf("watcher: %v", err)
		}
		if got := query(t, second, "select 'here'"); got != "here" {
			t.Errorf("after the watcher ended: got %q", got)
		}
	})

	t.Run("cleans_up_what_nobody_watched", func(t *testing.T) {
		t.Parallel()
		opts := Options{Dir: prefix(t), Throwaway: true}
		c := startChild(t, "throwaway", opts.Dir)
		killWatchers(t, c)
		pid := serverPID(c.home)
		c.kill()
		// As a watcher does that is killed half way.
		if err := os.RemoveAll(filepath.Join(c.home, "users")); err != nil {
			t.Fatal(err)
		}
		s := mustStart(t, opts)
		if s.Dir() == c.home || !missing(c.home) || isPostgres(pid) {
			t.Errorf("the old server in %s is still there or in use", c.home)
		}
	})
}

func wantEmpty(t *testing.T, dir string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		t.Errorf("left behind: %s", entry.Name())
	}
}
