package main

import (
	"context"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"pandian/internal/fault"
)

func TestInit(t *testing.T) {
	t.Parallel()
	for _, route := range []string{"qimen", "openapi2"} {
		t.Run(route, func(t *testing.T) {
			t.Parallel()
			file := filepath.Join(t.TempDir(), "pandian.yaml")
			if ended := plain(t, "init", "--route", route, "--since", "2025-06-01", file); ended.code != 0 || !strings.Contains(ended.stderr, "pandian migrate up") {
				t.Fatalf("want it to be written and what comes next, got %s", ended)
			}
			written := mustRead(t, file)
			if !strings.Contains(string(written), "since: 2025-06-01") || !strings.Contains(string(written), "route: "+route) {
				t.Errorf("got %s, want the route and the day that were asked for", written)
			}
			if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
				t.Errorf("got mode %v, %v, want it to be the user's own", info.Mode(), err)
			}
			s := &shop{t: t}
			s.failed(plain(t, "init", "--json", file), fault.UsageWrong)
			if string(mustRead(t, file)) != string(written) {
				t.Error("the file was written over without --force")
			}
			if ended := plain(t, "init", "--force", file); ended.code != 0 {
				t.Errorf("want --force to write over it, got %s", ended)
			}
			if ended := plain(t, "config", "validate", "--config", file); ended.code != 0 {
				t.Errorf("want what init writes to be valid, got %s", ended)
			}
		})
	}
}

func TestConfigShow(t *testing.T) {
	t.Parallel()
	s := newShop(t, shopOptions{})
	s.environ = append(s.environ, "PANDIAN_DATABASE_MAX_CONNECTIONS=5", "PANDIAN_LOG_LEVLE=debug", "ANOTHER_SECRET=hunter2hunter2")
	ended := s.must("config", "show", "--origin", "--log-level", "warn") // secrets: see hidesSecrets
	for _, want := range []string{
		"database.max_connections", "PANDIAN_DATABASE_MAX_CONNECTIONS", "--log-level", "pandian.yaml:", "default",
		"connections.wdt-main.app_secret", "file:wdt.secret", ":***@",
	} {
		if !strings.Contains(ended.stdout, want) {
			t.Errorf("want it to show %q, got %s", want, ended)
		}
	}
	if strings.Contains(ended.stdout, "hunter2") || !strings.Contains(ended.stderr, "did you mean PANDIAN_LOG_LEVEL") {
		t.Errorf("want a warning of the misspelt variable and nothing of the rest of the environment, got %s", ended)
	}
}

func TestMigrate(t *testing.T) {
	t.Parallel()
	s := newShop(t, shopOptions{empty: true})
	status := func() map[string]int64 {
		t.Helper()
		return decode[map[string]int64](t, s.must("migrate", "status", "--json").envelope(t).Summary)
	}
	if got := status(); got["applied"] != 0 || got["pending"] != got["newest"] || got["pending"] == 0 {
		t.Errorf("got %v of an empty database, want everything pending", got)
	}
	s.must("migrate", "up")
	if got := status(); got["pending"] != 0 || got["outdated"] != 0 || got["applied"] != got["newest"] {
		t.Errorf("got %v after up, want nothing pending", got)
	}
	if days := ask[int64](s, "select count(*) from pg_inherits where inhparent = 'staging.page'::regclass"); days < 4 {
		t.Errorf("got %d partitions of staging.page, want those of the next days", days)
	}
	if ended := s.must("migrate", "up"); !strings.Contains(ended.stderr, "up to date") {
		t.Errorf("want a second up to say that there is nothing to do, got %s", ended)
	}
	if ended := s.must("migrate", "plan"); !strings.Contains(ended.stdout, "nothing, it is up to date") {
		t.Errorf("want an empty plan, got %s", ended)
	}
	s.fails(fault.UsageWrong, "migrate", "down")
	newest := status()["newest"]
	s.must("migrate", "down", "--yes", "--to", "3")
	if got := status(); got["applied"] != 3 || got["pending"] != newest-3 {
		t.Errorf("got %v after down --to 3, want 3 applied", got)
	}
	s.must("migrate", "down", "--yes", "--steps", "2")
	s.must("migrate", "down", "--yes", "--to", "0")
	if got := status(); got["applied"] != 0 {
		t.Errorf("got %v after down --to 0, want nothing applied", got)
	}
	s.must("migrate", "up")
	s.must("status")
}

func TestMigratePlanNeedsNoDatabaseAndItsSQLIsWhatUpRuns(t *testing.T) {
	t.Parallel()
	s := newShop(t, shopOptions{empty: true})
	absent, err := url.Parse(s.database)
	if err != nil {
		t.Fatal(err)
	}
	absent.Path = "/pandian_that_is_not_there"
	plan := s.must("migrate", "plan", "--database-url", absent.String())
	if !strings.Contains(plan.stdout, "the database does not exist yet") {
		t.Errorf("want a note, got %.300s", plan.stdout)
	}
	conn := s.connect()
	defer conn.Close(context.Background())
	if _, err := conn.PgConn().Exec(t.Context(), s.must("migrate", "plan").stdout).ReadAll(); err != nil {
		t.Fatalf("the plan does not run in psql: %v", err)
	}
	if got := decode[map[string]int64](t, s.must("migrate", "status", "--json").envelope(t).Summary); got["pending"] != 0 {
		t.Errorf("got %v after the plan was run by hand, want nothing pending", got)
	}
	s.must("migrate", "up")
	s.agrees(s.run(), demoParams)
}

// From nothing to a checked connection, as the help texts tell people to.
func TestSandboxInitDoctor(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithCancelCause(t.Context())
	var out, errs locked
	served := make(chan int)
	go func() {
		a := newApp()
		a.stdout, a.stderr, a.environ = &out, &errs, nil
		served <- a.execute(ctx, []string{"sandbox", "--listen", "127.0.0.1:0", "--rows", "50"})
	}()
	for deadline := time.Now().Add(20 * time.Second); !strings.Contains(out.String(), "YONSUITE_APP_SECRET"); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("the sandbox printed %s%s", out.String(), errs.String())
		}
	}
	s := newShop(t, shopOptions{})
	file := filepath.Join(t.TempDir(), "pandian.yaml")
	s.must("init", "--since", time.Now().AddDate(0, 0, -85).Format(time.DateOnly), file)
	text := strings.Replace(string(mustRead(t, file)), "# url: https://hu3cgwt0tc.api.taobao.com/router/qm", "url: ${WDT_URL}", 1)
	text = strings.Replace(text, "# discovery_url: https://apigateway.yonyoucloud.com", "discovery_url: ${YONSUITE_DISCOVERY_URL}", 1)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(out.String()) {
		if pair, ok := strings.CutPrefix(strings.TrimSpace(line), "export "); ok {
			s.environ = append(s.environ, pair)
		}
	}
	s.must("config", "validate", "--config", file)
	if bad, _ := s.doctor("--config", file); len(bad) > 0 {
		t.Errorf("got %+v, want the sandbox to accept what it printed", bad)
	}
	s.must("run", "--config", file)
	stop(errSignal{syscall.SIGINT})
	if code := <-served; code != fault.ExitOK {
		t.Errorf("got exit code %d of a sandbox that was ended, want 0: %s", code, errs.String())
	}
}
