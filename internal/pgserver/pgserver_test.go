//go:build unix

package pgserver

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// newHome is a folder that the account of the server can reach, also when the
// tests run as root. At the end no process may be left in it.
func newHome(t *testing.T) string {
	t.Helper()
	home, err := os.MkdirTemp("", "pandian-pgserver-")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(home, 0o755); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if pid := serverPID(home); pid != 0 && isPostgres(pid) {
			t.Errorf("server process %d is left in %s", pid, home)
			_ = syscall.Kill(pid, syscall.SIGQUIT)
		}
		if err := os.RemoveAll(home); err != nil {
			t.Error(err)
		}
	})
	return home
}

func serverPID(home string) int {
	raw, err := os.ReadFile(filepath.Join(home, "data", "postmaster.pid"))
	if err != nil {
		return 0
	}
	line, _, _ := strings.Cut(string(raw), "\n")
	pid, err := strconv.Atoi(line)
	if err != nil {
		return 0
	}
	return pid
}

func mustStart(t *testing.T, opts Options) *Server {
	t.Helper()
	s, err := Start(t.Context(), opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { mustClose(t, s) })
	return s
}

func mustClose(t *testing.T, s *Server) {
	t.Helper()
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

func query(t *testing.T, s *Server, sql string) string {
	t.Helper()
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, s.URL())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx)
	var got string
	if err := conn.QueryRow(ctx, sql).Scan(&got); err != nil {
		t.Fatal(err)
	}
	return got
}

func execute(t *testing.T, s *Server, sql string) {
	t.Helper()
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, s.URL())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx)
	if _, err := conn.Exec(ctx, sql); err != nil {
		t.Fatal(err)
	}
}

// eventually waits for something that another process does.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		if holds() {
			return
		}
	}
	t.Fatalf("not within a minute: %s", what)
}

func TestServer(t *testing.T) {
	t.Parallel()

	t.Run("starts_on_an_empty_folder_and_keeps_data_over_a_restart", func(t *testing.T) {
		t.Parallel()
		var lines []string
		opts := Options{Dir: newHome(t), Notify: func(line string) { lines = append(lines, line) }}
		first := mustStart(t, opts)
		for sql, want := range map[string]string{
			"select current_database() || ' ' || current_user":                                                     "pandian pandian",
			"select pg_encoding_to_char(encoding) || ' ' || datcollate from pg_database where datname = 'pandian'": "UTF8 C",
			"show fsync":                           "on",
			"show checkpoint_timeout":              "15min",
			"show listen_addresses":                "",
			"select split_part(version(), ' ', 2)": first.Version(),
			"select rolsuper::text from pg_roles where rolname = current_user": "true",
		} {
			if got := query(t, first, sql); got != want {
				t.Errorf("%s: got %q, want %q", sql, got, want)
			}
		}
		if len(lines) != 2 {
			t.Errorf("got notifications %q, want one for the cluster and one for the start", lines)
		}
		execute(t, first, "create table kept as select 42 as n")
		pid := serverPID(opts.Dir)
		mustClose(t, first)
		if isPostgres(pid) {
			t.Errorf("the server %d is there after Close", pid)
		}
		second := mustStart(t, opts)
		if got := query(t, second, "select n::text from kept"); got != "42" {
			t.Errorf("after a restart: got %s, want 42", got)
		}
	})

	t.Run("is_shared_and_stops_with_its_last_user", func(t *testing.T) {
		t.Parallel()
		opts := Options{Dir: newHome(t)}
		servers := make([]*Server, 4)
		var wg sync.WaitGroup
		for i := range servers {
			wg.Go(func() {
				s, err := Start(t.Context(), opts)
				if err != nil {
					t.Error(err)
					return
				}
				servers[i] = s
			})
		}
		wg.Wait()
		if t.Failed() {
			t.FailNow()
		}
		pid := serverPID(opts.Dir)
		for i, s := range servers {
			if got := query(t, s, "select 'here'"); got != "here" {
				t.Errorf("server %d: got %q", i, got)
			}
			if serverPID(opts.Dir) != pid {
				t.Errorf("server %d: another process, want %d", i, pid)
			}
			mustClose(t, s)
		}
		if isPostgres(pid) {
			t.Errorf("the server %d is there after the last Close", pid)
		}
	})

	t.Run("starts_again_after_the_server_was_killed", func(t *testing.T) {
		t.Parallel()
		opts := Options{Dir: newHome(t)}
		first := mustStart(t, opts)
		execute(t, first, "create table kept as select 42 as n")
		killed := serverPID(opts.Dir)
		if err := syscall.Kill(killed, syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		eventually(t, "the killed server is gone", func() bool { return !isPostgres(killed) })
		second := mustStart(t, opts)
		if got := query(t, second, "select n::text from kept"); got != "42" {
			t.Errorf("got %s, want 42", got)
		}
		mustClose(t, first) // its lease is one of two
		if got := query(t, second, "select n::text from kept"); got != "42" {
			t.Errorf("after the first user left: got %s, want 42", got)
		}
	})

	t.Run("takes_stale_files_whose_process_number_is_in_use_for_what_they_are", func(t *testing.T) {
		t.Parallel()
		opts := Options{Dir: newHome(t)}
		mustClose(t, mustStart(t, opts))
		sleeper := exec.Command("sleep", "60")
		// The same account as the server's, or else postgres itself sees through it.
		acct, err := serverAccount(filepath.Join(opts.Dir, "data"))
		if err != nil {
			t.Fatal(err)
		}
		acct.detach(sleeper)
		if err := sleeper.Start(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = sleeper.Process.Kill(); _ = sleeper.Wait() })
		stale := strconv.Itoa(sleeper.Process.Pid) + "\n" + filepath.Join(opts.Dir, "data") + "\n1\n5432\n" + socketDir(opts.Dir) + "\n\n"
		for _, path := range []string{
			filepath.Join(opts.Dir, "data", "postmaster.pid"),
			socketPath(socketDir(opts.Dir)) + ".lock",
		} {
			if err := os.WriteFile(path, []byte(stale), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		mustStart(t, opts)
	})

	t.Run("redoes_a_half_finished_initdb", func(t *testing.T) {
		t.Parallel()
		opts := Options{Dir: newHome(t)}
		half := filepath.Join(opts.Dir, "data.new")
		if err := os.MkdirAll(filepath.Join(half, "base"), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(half, "PG_VERSION"), []byte("15\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		mustStart(t, opts)
		if _, err := os.Stat(half); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("the half-made cluster is still there: %v", err)
		}
	})

	t.Run("listens_on_a_port_with_a_password_where_there_are_no_sockets", func(t *testing.T) {
		t.Parallel()
		opts := Options{Dir: newHome(t), tcp: true}
		first, second := mustStart(t, opts), mustStart(t, opts)
		if first.URL() != second.URL() || !strings.Contains(first.URL(), "@127.0.0.1:") {
			t.Errorf("got %s and %s, want the same address", first.URL(), second.URL())
		}
		if got := query(t, second, "select current_user"); got != "pandian" {
			t.Errorf("got %s", got)
		}
		config, err := pgx.ParseConfig(first.URL())
		if err != nil {
			t.Fatal(err)
		}
		config.Password = "guess"
		if _, err := pgx.ConnectConfig(t.Context(), config); err == nil {
			t.Error("a wrong password is accepted")
		}
	})

	t.Run("puts_the_socket_of_a_long_path_elsewhere", func(t *testing.T) {
		t.Parallel()
		home := newHome(t)
		long := filepath.Join(home, strings.Repeat("x", 60), "it's a long, \"odd\" name")
		opts := Options{Dir: long}
		s := mustStart(t, opts)
		t.Cleanup(func() { _ = os.RemoveAll(socketDir(long)) })
		if got := query(t, s, "show unix_socket_directories"); len(socketPath(got)) > maxSocketPath {
			t.Errorf("socket is in %s", got)
		}
	})
}

func TestStartRefuses(t *testing.T) {
	t.Parallel()

	t.Run("a_cluster_of_another_version_and_says_what_to_do", func(t *testing.T) {
		t.Parallel()
		opts := Options{Dir: newHome(t), CacheDir: newHome(t), DownloadBaseURL: "http://127.0.0.1:1"}
		data := filepath.Join(opts.Dir, "data")
		if err := os.Mkdir(data, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(data, "PG_VERSION"), []byte("9\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := Start(t.Context(), opts)
		wantError(t, err, "made by PostgreSQL 9", "does not fit", "PANDIAN_DATABASE_URL", "move "+data+" away")
	})

	t.Run("a_data_folder_that_holds_something_else", func(t *testing.T) {
		t.Parallel()
		opts := Options{Dir: newHome(t)}
		if err := os.MkdirAll(filepath.Join(opts.Dir, "data", "photos"), 0o700); err != nil {
			t.Fatal(err)
		}
		_, err := Start(t.Context(), opts)
		wantError(t, err, "is not empty and holds no PostgreSQL cluster")
	})

	t.Run("a_setting_that_postgres_refuses_with_the_words_of_its_log", func(t *testing.T) {
		t.Parallel()
		opts := Options{Dir: newHome(t), Settings: map[string]string{"work_mem": "plenty"}}
		_, err := Start(t.Context(), opts)
		wantError(t, err, "the server did not start", `invalid value for parameter "work_mem": "plenty"`)
		if entries, err := os.ReadDir(filepath.Join(opts.Dir, "users")); err == nil {
			t.Errorf("%d users are left after a failed start", len(entries))
		}
		opts.Settings = nil
		mustStart(t, opts) // the next one is not harmed
	})

	t.Run("to_go_on_when_its_context_ends", func(t *testing.T) {
		t.Parallel()
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err := Start(ctx, Options{Dir: newHome(t)})
		if !errors.Is(err, context.Canceled) {
			t.Errorf("got %v, want the end of the context", err)
		}
	})
}

func wantError(t *testing.T, err error, parts ...string) {
	t.Helper()
	if err == nil {
		t.Fatal("got no error")
	}
	for _, part := range parts {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("got error %q, want %q in it", err, part)
		}
	}
}
