package config_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"pandian/internal/config"
	"pandian/internal/fault"
)

// full is a file with all that a comparison needs.
const full = `
database: {url: "postgres://me:${DB_PASSWORD}@db/pandian"}
connections:
  wdt-main:
    platform: wdt
    route: qimen
    sid: 007
    app_key: ${WDT_APP_KEY}
    app_secret: file:wdt.secret
    timeout: 90s
  ys-main:
    platform: yonsuite
    tenant_id: t0
    app_key: k
    app_secret: ${YS_SECRET}
    filters: {org: [1001, "1002"], warehouse.code: WH01}
  qeasy: {platform: qeasy}
pipelines:
  stock-compare:
    sources:
      - {dataset: wdt.stock, connection: wdt-main, since: 2024-01-31}
      - {dataset: yonsuite.current_stock, connection: ys-main}
    target: {connection: qeasy}
    schedule: {cron: "0 */2 * * *"}
    params: {tolerance: 0.50, both_directions: true, stale_after: 36h, ignore_index_exception: {stock_num: {operator: eq, value: ""}}}
retention: {pages: forever, history: forever}
`

func load(t *testing.T, sources config.Sources) *config.Config {
	t.Helper()
	loaded, err := config.Load(sources)
	if err != nil {
		t.Fatal(err)
	}
	return loaded
}

func TestLoad(t *testing.T) {
	t.Parallel()

	t.Run("without any file the defaults hold", func(t *testing.T) {
		t.Parallel()
		got := load(t, config.Sources{Folder: t.TempDir()})
		want := config.Database{StatementTimeout: 10 * time.Minute, ConnectTimeout: 10 * time.Second, MaxConnections: 8}
		if diff := cmp.Diff(want, got.Database); diff != "" {
			t.Errorf("want -, got +\n%s", diff)
		}
		if diff := cmp.Diff(config.Log{Level: "info", Format: "auto"}, got.Log); diff != "" {
			t.Errorf("want -, got +\n%s", diff)
		}
		_, err := got.Pipeline("stock-compare")
		if found := fault.From(err); found == nil || !strings.Contains(found.Advice(), "pandian init") {
			t.Errorf("got %v, want advice to run pandian init", err)
		}
	})

	t.Run("reads a whole file", func(t *testing.T) {
		t.Parallel()
		got := load(t, config.Sources{File: "pandian.yaml", Text: []byte(full)})
		pipeline, err := got.Pipeline("stock-compare")
		if err != nil {
			t.Fatal(err)
		}
		pipeline.Schedule.Location = nil // has no exported field to compare
		beijing := time.FixedZone("Asia/Shanghai", 8*60*60)
		want := config.Pipeline{
			Name: "stock-compare",
			Sources: []config.Source{
				{
					Dataset: "wdt.stock", Connection: "wdt-main", Since: time.Date(2024, 1, 31, 0, 0, 0, 0, beijing),
					Overlap: 5 * time.Minute, Settle: 2 * time.Minute, MaxSpan: 30 * 24 * time.Hour,
				},
				{Dataset: "yonsuite.current_stock", Connection: "ys-main"},
			},
			Target: config.Target{Connection: "qeasy", BatchSize: 500, Workers: 2},
			Schedule: config.Schedule{
				Cron: "0 */2 * * *", TimeZone: "Asia/Shanghai", Missed: "coalesce", CatchUpLimit: 24, BusyWait: 10 * time.Minute,
				Reread: config.Reread{Span: 3 * 24 * time.Hour},
			},
			Params: map[string]string{
				"sku_key": "goods_no", "source_field": "stock_num", "counterpart_field": "currentqty", "operator": "eq",
				"tolerance": "0.50", "on_multiple": "sum", "target_field_quote": "1", "both_directions": "on",
				"stale_after": "1d12h", "ignore_index_exception": `{"stock_num":{"operator":"eq","value":""}}`,
			},
		}
		if diff := cmp.Diff(want, pipeline); diff != "" {
			t.Errorf("want -, got +\n%s", diff)
		}
		if got.Retention.Pages != 0 {
			t.Errorf("got %s, want 0 for forever", got.Retention.Pages)
		}
		if got.Retention.History != 0 {
			t.Errorf("got history %s, want 0 for forever", got.Retention.History)
		}
	})

	t.Run("anchors, merges, a BOM and CRLF are fine", func(t *testing.T) {
		t.Parallel()
		text := "\ufeffx-account: &account\r\n  platform: yonsuite\r\n  tenant_id: shared\r\n  app_key: k\r\n  app_secret: ${S}\r\n" +
			"connections:\r\n  a:\r\n    <<: *account\r\n    tenant_id: own\r\n  b: *account\r\n"
		got := load(t, config.Sources{Text: []byte(text)})
		if a, b := got.Connections["a"].YonSuite.TenantID, got.Connections["b"].YonSuite.TenantID; a != "own" || b != "shared" {
			t.Errorf("got %q and %q, want own and shared", a, b)
		}
	})

	t.Run("bytes that are not UTF-8 are refused", func(t *testing.T) {
		t.Parallel()
		_, err := config.Load(config.Sources{File: "gbk.yaml", Text: []byte("log: {level: \xd6\xd0}")})
		if found := fault.From(err); found == nil || found.Code != fault.ConfigSyntax || !strings.Contains(found.Message, "UTF-8") {
			t.Errorf("got %v, want a syntax fault that names UTF-8", err)
		}
	})
}

func TestPrecedence(t *testing.T) {
	t.Parallel()
	text := []byte("log: {level: warn, format: json}\nretention: {pages: 7d}\nconnections:\n  q: {platform: qeasy}\n")
	sources := config.Sources{
		File: "pandian.yaml", Text: text,
		Environ: []string{"PANDIAN_LOG_LEVEL=error", "PANDIAN_LOG_FORMAT=text", "PANDIAN_RETENTION_HISTORY=90d", "PANDIAN_DATABASE_URL=postgres://me:hunter2@db/x", "PANDIAN_LOG_LEVLE=debug"},
		Flags:   []config.Flag{{Key: "log.level", Name: "--log-level", Value: "debug"}},
	}
	got := load(t, sources)

	t.Run("flags over environment over file over default", func(t *testing.T) {
		t.Parallel()
		if want := (config.Log{Level: "debug", Format: "text"}); got.Log != want {
			t.Errorf("got %+v, want %+v", got.Log, want)
		}
	})

	t.Run("each value tells its origin, and secrets are masked", func(t *testing.T) {
		t.Parallel()
		var lines []string
		for _, setting := range got.Settings() {
			lines = append(lines, setting.Key+" = "+setting.Value+" from "+setting.Origin.String())
		}
		want := []string{
			"database.url = postgres://me:***@db/x from PANDIAN_DATABASE_URL",
			"database.statement_timeout = 10m from default",
			"database.connect_timeout = 10s from default",
			"database.max_connections = 8 from default",
			"database.data_dir =  from default",
			"connections.q.platform = qeasy from pandian.yaml:4:17",
			"retention.pages = 7d from pandian.yaml:2:20",
			"retention.outbox = 550d from default",
			"retention.history = 90d from PANDIAN_RETENTION_HISTORY",
			"vault.key =  from default",
			"log.level = debug from --log-level",
			"log.format = text from PANDIAN_LOG_FORMAT",
		}
		if diff := cmp.Diff(want, lines); diff != "" {
			t.Errorf("want -, got +\n%s", diff)
		}
	})

	t.Run("a variable that is misspelt is warned of", func(t *testing.T) {
		t.Parallel()
		if len(got.Warnings) != 1 || !strings.Contains(got.Warnings[0], "PANDIAN_LOG_LEVLE has no effect: did you mean PANDIAN_LOG_LEVEL?") {
			t.Errorf("got %q, want one warning with a hint", got.Warnings)
		}
	})

	t.Run("a bad variable or flag is named", func(t *testing.T) {
		t.Parallel()
		_, err := config.Load(config.Sources{
			Environ: []string{"PANDIAN_RETENTION_PAGES=soon", "PANDIAN_RETENTION_HISTORY=never"}, Folder: t.TempDir(),
			Flags: []config.Flag{{Key: "log.level", Name: "--log-level", Value: "loud"}, {Key: "log.colour", Name: "--set", Value: "x"}},
		})
		text := err.Error()
		for _, want := range []string{"PANDIAN_RETENTION_PAGES", "PANDIAN_RETENTION_HISTORY", "--log-level", "log.colour: there is no such setting"} {
			if !strings.Contains(text, want) {
				t.Errorf("got %s, want it to hold %s", text, want)
			}
		}
	})

	t.Run("a flag reaches a parameter of a pipeline", func(t *testing.T) {
		t.Parallel()
		got := load(t, config.Sources{Text: []byte(full), Flags: []config.Flag{{Key: "pipelines.stock-compare.params.tolerance", Name: "--param", Value: "2"}}})
		if tolerance := got.Pipelines["stock-compare"].Params["tolerance"]; tolerance != "2" {
			t.Errorf("got %q, want 2", tolerance)
		}
	})
}

func TestWhereTheFileIsLookedFor(t *testing.T) {
	t.Parallel()
	folder, user := t.TempDir(), t.TempDir()
	write := func(path, level string) {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte("log: {level: "+level+"}"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(filepath.Join(user, "pandian", "pandian.yaml"), "error")
	level := func(sources config.Sources) string {
		sources.Folder, sources.UserFolder, sources.Home = folder, user, folder
		return load(t, sources).Log.Level
	}
	if got := level(config.Sources{}); got != "error" {
		t.Errorf("got %s, want error from the user's folder", got)
	}
	write(filepath.Join(folder, "pandian.yaml"), "warn")
	if got := level(config.Sources{}); got != "warn" {
		t.Errorf("got %s, want warn from the working directory", got)
	}
	write(filepath.Join(folder, "named.yaml"), "debug")
	if got := level(config.Sources{Environ: []string{"PANDIAN_CONFIG=named.yaml"}}); got != "debug" {
		t.Errorf("got %s, want debug from PANDIAN_CONFIG", got)
	}
	write(filepath.Join(folder, "flag.yaml"), "info")
	if got := level(config.Sources{File: "~/flag.yaml", Environ: []string{"PANDIAN_CONFIG=named.yaml"}}); got != "info" {
		t.Errorf("got %s, want info from --config", got)
	}
	_, err := config.Load(config.Sources{File: "nowhere.yaml", Folder: folder})
	if found := fault.From(err); found.Code != fault.ConfigUnreadable || found.Path != "nowhere.yaml" || !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v, want %s for nowhere.yaml", err, fault.ConfigUnreadable)
	}
}

func TestAConfigurationMadeInGo(t *testing.T) {
	t.Parallel()
	made := config.Config{
		Connections: map[string]config.Connection{
			"wdt": {Name: "wdt", Platform: config.PlatformWDT, WDT: &config.WDT{
				Route: config.RouteQimen, URL: "http://127.0.0.1:1/", SID: "s", AppKey: "k", AppSecret: config.NewSecret("demo"),
			}},
		},
	}
	got, err := made.Connection("wdt")
	if err != nil || got.WDT.AppSecret.Reveal() != "demo" {
		t.Errorf("got %+v, %v, want the secret as made", got.WDT, err)
	}
	if url, err := made.DatabaseURL(); err != nil || !url.IsZero() {
		t.Errorf("got %q, %v, want none", url.Reveal(), err)
	}
}
