package main

import (
	"io"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pandian/internal/config"
	"pandian/internal/fault"
	"pandian/internal/sandbox"
)

func TestInitWritesThePipelinesThatAreAskedFor(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]string{
		"init": "stock-compare",
		"init --pipeline jst-orders --pipeline wdt-shops-to-jdy":            "jst-orders wdt-shops-to-jdy",
		"init --pipeline wdt-shops-to-jdy,jst-orders --pipeline jst-orders": "jst-orders wdt-shops-to-jdy",
		"init --pipeline all": strings.Join(config.BuiltIn(), " "),
		"init --pipeline jst-orders --pipeline all --sandbox --route openapi2": strings.Join(config.BuiltIn(), " "),
	} {
		t.Run(line, func(t *testing.T) {
			t.Parallel()
			file := filepath.Join(t.TempDir(), "pandian.yaml")
			if ended := plain(t, append(strings.Fields(line), file)...); ended.code != 0 {
				t.Fatalf("got %s", ended)
			}
			loaded, err := config.Load(config.Sources{File: file})
			if err != nil {
				t.Fatal(err)
			}
			if got := strings.Join(loaded.PipelineNames(), " "); got != want {
				t.Errorf("got %s, want %s", got, want)
			}
		})
	}
}

func TestInitRefusesAPipelineThatIsNone(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "pandian.yaml")
	failed := (&shop{t: t}).failed(plain(t, "init", "--json", "--pipeline", "jst-order", file), fault.UsageWrong)
	if !strings.Contains(failed.Message, "jst-order") {
		t.Errorf("got %s, want the name", failed.Message)
	}
	for _, name := range append(config.BuiltIn(), "all") {
		if !strings.Contains(failed.Suggestion, name) {
			t.Errorf("got %s, want %s in the list", failed.Suggestion, name)
		}
	}
}

func TestInitReadsShipmentsFromTodayUnlessToldOtherwise(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 22, 20, 0, 0, 0, time.UTC) // the 23rd in Beijing
	for name, c := range map[string]struct {
		flags            initFlags
		stock, shipments string
	}{
		"by itself":         {initFlags{}, "2024-01-01", "2026-11-23"},
		"since a day":       {initFlags{since: "2026-09-01"}, "2026-09-01", "2026-09-01"},
		"the sandbox":       {initFlags{sandbox: true}, "2026-08-25", "2026-08-25"},
		"the sandbox since": {initFlags{sandbox: true, since: "2026-11-01"}, "2026-11-01", "2026-11-01"},
	} {
		c.flags.pipelines, c.flags.route = []string{"all"}, config.RouteQimen
		options, err := c.flags.options(now)
		if err != nil {
			t.Fatal(err)
		}
		loaded, err := config.Load(config.Sources{File: "pandian.yaml", Text: config.Template(options)})
		if err != nil {
			t.Fatal(err)
		}
		since := map[string]string{}
		for _, name := range loaded.PipelineNames() {
			for _, source := range loaded.Pipelines[name].Sources {
				if !source.Since.IsZero() {
					since[source.Dataset] = source.Since.Format("2006-01-02")
				}
			}
		}
		if since["wdt.stock"] != c.stock || since["wdt.stockout"] != c.shipments || since["jst.saleout"] != c.shipments {
			t.Errorf("%s: got %v, want stock since %s and shipments since %s", name, since, c.stock, c.shipments)
		}
	}
}

// The sandbox prints what init names: with both, every connection is let in.
func TestTheSandboxPrintsTheVariablesThatInitNames(t *testing.T) {
	t.Parallel()
	for _, route := range []string{config.RouteQimen, config.RouteOpenAPI2} {
		t.Run(route, func(t *testing.T) {
			t.Parallel()
			box, err := sandbox.New(sandbox.Options{Seed: 7, RandomCredentials: true})
			if err != nil {
				t.Fatal(err)
			}
			url, stop, err := box.Start("127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(stop)
			options := config.TemplateOptions{Pipelines: config.BuiltIn(), Route: route, Sandbox: true}
			sources := config.Sources{File: "pandian.yaml", Text: config.Template(options), Environ: environOf(t, sandboxEnvironment(url, box.Credentials()))}
			assertLetIn(t, sources)
		})
	}
}

// 聚水潭 is let in on its other routes with the variables of their names.
func TestTheSandboxPrintsTheOtherRoutesOfJST(t *testing.T) {
	t.Parallel()
	box, err := sandbox.New(sandbox.Options{Seed: 7})
	if err != nil {
		t.Fatal(err)
	}
	url, stop, err := box.Start("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stop)
	text := `connections:
  by-qimen: {platform: jst, route: qimen, url: "${JST_QIMEN_URL}", app_key: "${JST_QIMEN_APP_KEY}", app_secret: "${JST_QIMEN_APP_SECRET}", customer_id: "${JST_QIMEN_CUSTOMER_ID}"}
  by-old: {platform: jst, route: old, url: "${JST_OLD_URL}", partner_id: "${JST_OLD_PARTNER_ID}", partner_key: "${JST_OLD_PARTNER_KEY}", token: "${JST_OLD_TOKEN}"}
  by-password: {platform: k3cloud, url: "${K3CLOUD_URL}", acct_id: "${K3CLOUD_ACCT_ID}", user_name: "${K3CLOUD_USER_NAME}", auth: password, password: "${K3CLOUD_PASSWORD}"}
  one-of-several: {platform: jdy, url: "${JDY_URL}", client_id: "${JDY_CLIENT_ID}", client_secret: "${JDY_CLIENT_SECRET}", username: "${JDY_USERNAME}", password: "${JDY_PASSWORD}", account_id: "${JDY_ACCOUNT_ID}", group_name: "${JDY_GROUP_NAME}"}
`
	assertLetIn(t, config.Sources{File: "pandian.yaml", Text: []byte(text), Environ: environOf(t, sandboxEnvironment(url, box.Credentials()))})
}

// assertLetIn makes doctor's call at every connection.
func assertLetIn(t *testing.T, sources config.Sources) {
	t.Helper()
	cfg, err := config.Load(sources)
	if err != nil {
		t.Fatal(err)
	}
	if err := cfg.Resolve(); err != nil {
		t.Errorf("a variable is missing: %v", err)
	}
	a := newApp()
	a.stdout, a.stderr, a.log = io.Discard, io.Discard, slog.New(slog.DiscardHandler)
	clients := a.newClients(cfg, nil, "")
	for _, name := range cfg.ConnectionNames() {
		check, err := clients.checkOf(t.Context(), name)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if check == nil {
			continue
		}
		if health := check(t.Context()); !health.OK() {
			t.Errorf("%s: %v", name, health.Problems)
		}
	}
}

// environOf reads lines for a shell as an environment.
func environOf(t *testing.T, lines string) []string {
	t.Helper()
	var environ []string
	for line := range strings.Lines(lines) {
		pair, found := strings.CutPrefix(strings.TrimSpace(line), "export ")
		if !found || strings.ContainsAny(pair, " \"'$`;&|<>(){}\\*?#~!") {
			t.Errorf("%q is no line that every shell takes without quotes", line)
		}
		environ = append(environ, pair)
	}
	return environ
}
