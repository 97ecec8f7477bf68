package main

import (
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgproto3"

	"pandian/internal/fault"
)

func TestBadConfiguration(t *testing.T) {
	t.Parallel()
	good := newShop(t, shopOptions{empty: true})
	text := string(mustRead(t, good.dir+"/pandian.yaml"))
	cases := map[string]struct {
		from, to string // a change of the good file
		line     []string
		code     fault.Code
		says     []string
	}{
		"a wrong key": {"app_secret: file:wdt.secret", "app_secert: file:wdt.secret", []string{"run"}, fault.ConfigInvalid,
			[]string{"pandian.yaml:8:5", "connections.wdt-main.app_secert", "did you mean app_secret", "app_secret is missing"}},
		"a wrong value": {"platform: yonsuite", "platform: yonsiute", []string{"status"}, fault.ConfigInvalid,
			[]string{"pandian.yaml:12:15", "did you mean yonsuite"}},
		"a secret in the file": {"app_secret: file:ys.secret", "app_secret: hunter2hunter2", []string{"config", "validate"}, fault.ConfigInvalid,
			[]string{"connections.ys-main.app_secret", "${NAME}"}},
		"a password in the file": {"connections:\n", "database: {url: postgres://me:hunter2hunter2@db/x}\nconnections:\n", []string{"doctor", "--offline"}, fault.ConfigInvalid,
			[]string{"database.url", "PGPASSWORD"}},
		"no YAML":               {"connections:", "connections: [", []string{"diff"}, fault.ConfigSyntax, nil},
		"an unknown connection": {"connection: ys-main", "connection: ys-man", []string{"load"}, fault.ConfigInvalid, []string{"did you mean ys-main"}},
		"an unknown pipeline":   {"", "", []string{"run", "stock-comparee"}, fault.ConfigUnknownRef, []string{"did you mean stock-compare"}},
		"no pipeline at all":    {"pipelines:", "x-pipelines:", []string{"run"}, fault.ConfigMissingKey, []string{"pandian init"}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := good.in(t)
			s.dir = t.TempDir()
			s.environ = append(s.environ[:0:0], "PANDIAN_CONFIG="+s.write("pandian.yaml", strings.Replace(text, c.from, c.to, 1)))
			failed := s.fails(c.code, c.line...)
			all := failed.Message + failed.Suggestion + failed.Path
			for _, problem := range failed.Problems {
				all += "\n" + problem.Location + " " + problem.Path + ": " + problem.Message + "; " + problem.Suggestion
			}
			ended := s.pandian(c.line...)
			for _, want := range c.says {
				if !strings.Contains(all, want) || !strings.Contains(ended.stderr, want) {
					t.Errorf("want it to say %q, got %s and %s", want, all, ended)
				}
			}
			if strings.Contains(all+ended.stderr, "hunter2") {
				t.Errorf("the secret shows in %s", ended)
			}
		})
	}

	t.Run("a file that is not there", func(t *testing.T) {
		t.Parallel()
		good.in(t).fails(fault.ConfigUnreadable, "run", "--config", t.TempDir()+"/absent.yaml")
	})
}

func TestAMissingSecret(t *testing.T) {
	t.Parallel()
	s := newShop(t, shopOptions{})
	s.write("ys.secret", "")
	failed := s.fails(fault.ConfigNoSecret, "run")
	if !strings.Contains(failed.Message, "ys.secret is empty") {
		t.Errorf("got %s, want it to name the file", failed.Message)
	}
	// A person without the secret of one system can still look and work on.
	s.must("status")
	s.must("load")
}

// port is a closed port of this machine.
func closedPort(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().String()
}

// refusingPostgres is a server that lets nobody in, for a reason of its own.
func refusingPostgres(t *testing.T, code, message string) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			backend := pgproto3.NewBackend(conn, conn)
			if _, err := backend.ReceiveStartupMessage(); err == nil {
				backend.Send(&pgproto3.ErrorResponse{Severity: "FATAL", Code: code, Message: message})
				_ = backend.Flush()
			}
			_ = conn.Close()
		}
	}()
	return listener.Addr().String()
}

func TestADatabaseThatCannotBeUsed(t *testing.T) {
	t.Parallel()
	s := newShop(t, shopOptions{empty: true})
	address := func(host string) string { return "postgres://me:" + canary + "@" + host + "/stock?sslmode=disable" }
	absent, err := url.Parse(s.database)
	if err != nil {
		t.Fatal(err)
	}
	absent.Path = "/pandian_that_is_not_there"
	cases := map[string]struct {
		database string
		code     fault.Code
		says     string
	}{
		"down":                  {address(closedPort(t)), fault.DatabaseUnreachable, "connection refused"},
		"a wrong password":      {address(refusingPostgres(t, "28P01", "password authentication failed")), fault.DatabaseForbidden, "password authentication failed"},
		"an account not let in": {address(refusingPostgres(t, "28000", "no pg_hba.conf entry")), fault.DatabaseForbidden, "no pg_hba.conf entry"},
		"no free connection":    {address(refusingPostgres(t, "53300", "sorry, too many clients already")), fault.DatabaseUnreachable, "too many clients"},
		"absent":                {absent.String(), fault.DatabaseUnreachable, "does not exist"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := s.in(t)
			for _, line := range [][]string{{"run"}, {"status"}, {"diff"}, {"migrate", "up"}, {"migrate", "status"}, {"doctor", "--offline"}} {
				if failed := s.fails(c.code, append(line, "--database-url", c.database)...); !strings.Contains(failed.Message, c.says) {
					t.Errorf("%v: got %s, want it to say %q", line, failed.Message, c.says)
				}
			}
			if name == "absent" {
				return // plan needs no database
			}
			s.fails(c.code, "migrate", "plan", "--database-url", c.database)
		})
	}

	t.Run("no connection string", func(t *testing.T) {
		t.Parallel()
		s.in(t).fails(fault.ConfigInvalid, "run", "--database-url", "db.example")
	})
}

func TestAPrivateServerThatCannotStart(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	file := filepath.Join(folder, "pandian.yaml")
	// A file stands where the folder of the data should be.
	text := "database: {data_dir: " + filepath.Join(file, "data") + "}\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	var out, errs locked
	a := newApp()
	a.stdout, a.stderr, a.environ = &out, &errs, []string{"HOME=" + folder}
	code := a.execute(t.Context(), []string{"status", "--json", "--config", file})
	if code != fault.ExitUnreachable || !strings.Contains(out.String(), string(fault.PostgresNoStart)) {
		t.Errorf("got exit code %d, %s%s, want %d and %s", code, out.String(), errs.String(), fault.ExitUnreachable, fault.PostgresNoStart)
	}
}

func TestAReadOnlyDatabase(t *testing.T) {
	t.Parallel()
	s := newShop(t, shopOptions{})
	s.run()
	s.tell(`do $$ begin execute format('alter database %I set default_transaction_read_only = on', current_database()); end $$`)
	for _, line := range [][]string{{"run"}, {"extract"}, {"load"}, landLine("wdt.stock", "testdata/wdt-stock-bad-records.json"), {"migrate", "up"}} {
		if failed := s.fails(fault.DatabaseReadOnly, line...); !strings.Contains(failed.Suggestion, "default_transaction_read_only") {
			t.Errorf("%v: got advice %q, want it to name the setting", line, failed.Suggestion)
		}
	}
	// Looking is no writing.
	s.must("status")
	s.must("diff")
	s.must("migrate", "status")
	if runs := ask[int64](s, "select count(*) from ops.run"); runs != 1 {
		t.Errorf("got %d runs, want nothing to be written", runs)
	}
}

func TestASchemaThatDoesNotFit(t *testing.T) {
	t.Parallel()
	s := newShop(t, shopOptions{empty: true})
	lines := [][]string{{"run"}, {"load"}, {"status"}, {"diff"}, landLine("wdt.stock", "testdata/wdt-stock-bad-records.json")}
	refused := func(code fault.Code, says string) {
		t.Helper()
		for _, line := range lines {
			if failed := s.fails(code, line...); !strings.Contains(failed.Message+failed.Suggestion, says) {
				t.Errorf("%v: got %s; %s, want it to say %q", line, failed.Message, failed.Suggestion, says)
			}
		}
	}
	refused(fault.SchemaBehind, "there is no schema yet")
	s.must("migrate", "up")
	s.must("migrate", "down", "--yes")
	refused(fault.SchemaBehind, "1 migration is pending")
	s.must("migrate", "up")
	s.must("status")

	s.tell("insert into pandian.goose_db_version (version_id, is_applied) values (99999, true)")
	s.tell("update ops.schema_support set oldest_supported_version = 99999")
	refused(fault.SchemaAhead, "99999")
	s.tell("update ops.schema_support set oldest_supported_version = 1")
	if ended := s.must("status"); !strings.Contains(ended.stderr, "still supports it") {
		t.Errorf("want a word about the newer schema, got %s", ended)
	}
}
