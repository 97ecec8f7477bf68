//go:build unix

package pgtest

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"pandian/migrations"
)

// childVariable makes the test binary a test process of its own: it connects
// to a fresh database, and ends as the value says.
const childVariable = "PANDIAN_PGTEST_TEST_CHILD"

func TestMain(m *testing.M) {
	how := os.Getenv(childVariable)
	if how == "" {
		os.Exit(m.Run())
	}
	h, err := sharedHost()
	if err == nil {
		var child recipe
		if child, err = migrated(oneTable("child")); err == nil {
			_, err = h.create(context.Background(), &child)
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(h.base.String())
	if how == "killed" {
		self, err := os.FindProcess(os.Getpid())
		if err == nil {
			_ = self.Kill()
		}
		time.Sleep(time.Minute)
	}
	os.Exit(0)
}

func oneTable(name string) fstest.MapFS {
	return fstest.MapFS{"00001_create_" + name + ".sql": {
		Data: []byte("-- +goose Up\ncreate table " + name + " (n int);\n-- +goose Down\ndrop table " + name + ";\n"),
	}}
}

func scan[T any](t *testing.T, pool *pgxpool.Pool, sql string, args ...any) T {
	t.Helper()
	var value T
	if err := pool.QueryRow(context.Background(), sql, args...).Scan(&value); err != nil {
		t.Fatal(err)
	}
	return value
}

func TestDatabases(t *testing.T) {
	t.Parallel()

	t.Run("have_the_migrations_of_pandian", func(t *testing.T) {
		t.Parallel()
		applied := scan[int](t, Pool(t), "select count(*) from pandian.goose_db_version where version_id > 0")
		files, err := migrations.FS.ReadDir(".")
		if err != nil {
			t.Fatal(err)
		}
		if applied != len(files) || applied == 0 {
			t.Errorf("got %d applied migrations, want %d", applied, len(files))
		}
	})

	t.Run("are_apart_although_they_come_from_one_template", func(t *testing.T) {
		t.Parallel()
		pools := make([]*pgxpool.Pool, 3)
		var wg sync.WaitGroup
		for i := range pools {
			wg.Go(func() { pools[i] = New(t, oneTable("apart")) })
		}
		wg.Wait()
		if _, err := pools[0].Exec(t.Context(), "insert into apart values (1)"); err != nil {
			t.Fatal(err)
		}
		for i, want := range []int{1, 0, 0} {
			if got := scan[int](t, pools[i], "select count(*) from apart"); got != want {
				t.Errorf("database %d: got %d rows, want %d", i, got, want)
			}
		}
	})

	t.Run("follow_a_changed_migration", func(t *testing.T) {
		t.Parallel()
		before, after := oneTable("follow"), oneTable("follow")
		after["00002_add.sql"] = &fstest.MapFile{Data: []byte("-- +goose Up\nalter table follow add m int;\n")}
		const columns = "select count(*) from information_schema.columns where table_name = 'follow'"
		if got := scan[int](t, New(t, before), columns); got != 1 {
			t.Errorf("before: got %d columns, want 1", got)
		}
		if got := scan[int](t, New(t, after), columns); got != 2 {
			t.Errorf("after: got %d columns, want 2", got)
		}
	})

	t.Run("can_be_empty", func(t *testing.T) {
		t.Parallel()
		conn, err := pgx.Connect(t.Context(), Empty(t))
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close(context.Background())
		var tables int
		err = conn.QueryRow(t.Context(),
			"select count(*) from pg_tables where schemaname not in ('pg_catalog', 'information_schema')").Scan(&tables)
		if err != nil || tables != 0 {
			t.Errorf("got %d tables and error %v, want none", tables, err)
		}
	})

	t.Run("are_gone_after_their_test_even_with_an_open_connection", func(t *testing.T) {
		t.Parallel()
		outer := New(t, nil)
		var name string
		t.Run("inner", func(t *testing.T) {
			conn, err := pgx.Connect(t.Context(), URL(t))
			if err != nil {
				t.Fatal(err)
			}
			name = conn.Config().Database // left open
		})
		if scan[bool](t, outer, "select exists (select from pg_database where datname = $1)", name) {
			t.Errorf("database %s is still there", name)
		}
	})
}

func TestTemplate(t *testing.T) {
	t.Parallel()

	t.Run("with_a_broken_migration_is_an_error_and_leaves_no_template", func(t *testing.T) {
		t.Parallel()
		h, err := sharedHost()
		if err != nil {
			t.Fatal(err)
		}
		broken := oneTable("broken")
		broken["00002_break.sql"] = &fstest.MapFile{Data: []byte("-- +goose Up\ncreate tabel oops;\n")}
		for range 2 {
			_, err = h.create(t.Context(), migratedBy(t, broken))
			if err == nil || !strings.Contains(err.Error(), "00002_break.sql") {
				t.Errorf("got error %v, want one that names the file", err)
			}
		}
	})

	t.Run("is_keyed_by_names_and_contents", func(t *testing.T) {
		t.Parallel()
		seen := map[string]string{}
		for what, fsys := range map[string]fstest.MapFS{
			"one file":        {"1_a.sql": {Data: []byte("x")}},
			"another name":    {"2_a.sql": {Data: []byte("x")}},
			"another content": {"1_a.sql": {Data: []byte("y")}},
			"two files":       {"1_a.sql": {Data: []byte("x")}, "2_a.sql": {}},
			"none":            {},
		} {
			for _, key := range []string{"", "k"} {
				sum, err := fingerprint(key, fsys)
				if err != nil {
					t.Fatal(err)
				}
				if other, ok := seen[string(sum[:])]; ok {
					t.Errorf("%s with key %q and %s are the same", what, key, other)
				}
				seen[string(sum[:])] = fmt.Sprintf("%s with key %q", what, key)
			}
		}
	})
}

func TestProcess(t *testing.T) {
	t.Parallel()

	for _, how := range []string{"ended", "killed"} {
		t.Run("that_"+how+"_leaves_nothing_behind", func(t *testing.T) {
			t.Parallel()
			dir := tempDir(t)
			address := runProcess(t, how, "TMPDIR="+dir, serverVariable+"=")
			if !strings.Contains(address, filepath.Base(dir)) {
				t.Fatalf("the server is at %s, not in %s", address, dir)
			}
			eventuallyEmpty(t, dir)
			if _, err := pgx.Connect(t.Context(), address); err == nil {
				t.Errorf("the server still runs at %s", address)
			}
		})
	}

	t.Run("uses_the_server_it_is_told", func(t *testing.T) {
		t.Parallel()
		dir, want := tempDir(t), Empty(t)
		if got := runProcess(t, "ended", "TMPDIR="+dir, serverVariable+"="+want); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
		if entries, err := os.ReadDir(dir); err != nil || len(entries) > 0 {
			t.Errorf("it started a server of its own: %v %v", entries, err)
		}
	})
}

// tempDir can be reached by other accounts, other than t.TempDir.
func tempDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "pandian-pgtest-")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

func runProcess(t *testing.T, how string, env ...string) (address string) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(append(os.Environ(), childVariable+"="+how), env...)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil && how != "killed" {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(out))
}

func eventuallyEmpty(t *testing.T, dir string) {
	t.Helper()
	var left []os.DirEntry
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		var err error
		if left, err = os.ReadDir(dir); err != nil {
			t.Fatal(err)
		}
		if len(left) == 0 {
			return
		}
	}
	t.Errorf("left in %s after a minute: %v", dir, left)
}
