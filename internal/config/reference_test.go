package config_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"pandian/internal/config"
	"pandian/internal/fault"
)

func TestConnection(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "wdt.secret"), []byte("topsecret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, "pandian.yaml"), []byte(full), 0o600); err != nil {
		t.Fatal(err)
	}
	var told []string
	sources := config.Sources{
		Folder: folder, Environ: []string{"WDT_APP_KEY=12345678", "DB_PASSWORD=p%40ss"},
		OnSecret: func(values ...string) { told = append(told, values...) },
	}
	loaded := load(t, sources)

	wdt, err := loaded.Connection("wdt-main")
	if err != nil {
		t.Fatal(err)
	}
	if got := wdt.WDT.AppSecret.Reveal(); got != "topsecret" {
		t.Errorf("got %q, want the file's content without its line end", got)
	}
	if wdt.WDT.SID != "007" || wdt.WDT.AppKey != "12345678" || wdt.WDT.TargetAppKey != "21363512" || wdt.WDT.HTTP.Timeout != 90*time.Second {
		t.Errorf("got %+v, want digits kept, variables replaced and defaults filled in", wdt.WDT)
	}
	if loaded.Connections["wdt-main"].WDT.AppSecret.Reveal() != "" {
		t.Error("the configuration itself holds the secret now")
	}
	want := map[string][]string{"org": {"1001", "1002"}, "warehouse.code": {"WH01"}}
	if diff := cmp.Diff(want, loaded.Connections["ys-main"].YonSuite.Filters); diff != "" {
		t.Errorf("want -, got +\n%s", diff)
	}

	_, err = loaded.Connection("ys-main")
	found := fault.From(err)
	if found == nil || found.Code != fault.ConfigNoSecret || found.Path != "connections.ys-main.app_secret" ||
		!strings.Contains(found.Message, "YS_SECRET") || found.Location != "pandian.yaml:15:17" {
		t.Errorf("got %+v, want the key, its place and the variable YS_SECRET named", found)
	}
	if _, err = loaded.Connection("wdt-mian"); !strings.Contains(fault.From(err).Advice(), "did you mean wdt-main?") {
		t.Errorf("got %v, want a hint", err)
	}

	url, err := loaded.DatabaseURL()
	if err != nil || url.Reveal() != "postgres://me:p%40ss@db/pandian" {
		t.Errorf("got %q, %v, want the password filled in", url.Reveal(), err)
	}
	for _, secret := range []string{"topsecret", "12345678", "p%40ss", "p@ss"} {
		if !slices.Contains(told, secret) {
			t.Errorf("got %q told, want %q among them", told, secret)
		}
	}
	if err := loaded.Resolve(); err == nil || len(fault.From(err).Problems) != 1 {
		t.Errorf("got %v, want one problem, YS_SECRET", err)
	}
}

func TestReferences(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	for name, content := range map[string]string{"empty": "\n", "lines": "a\nb\n", "binary": "\xff\xfe", "huge": strings.Repeat("x", 1<<17), "good": "s"} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cases := map[string]struct{ reference, want, problem string }{
		"a variable":                          {"${SET}", "value", ""},
		"a variable that is empty":            {"${EMPTY}", "", "EMPTY is not set or empty"},
		"a file in the home folder":           {"file:~/good", "s", ""},
		"a file that is missing":              {"file:none", "", "does not exist"},
		"a file that is empty":                {"file:empty", "", "is empty"},
		"a file with two lines":               {"file:lines", "", "more than one line"},
		"a file that is no text":              {"file:binary", "", "not UTF-8"},
		"a file that is far too large":        {"file:huge", "", "larger than 64 KiB"},
		"a folder":                            {"file:.", "", "cannot be read"},
		"the value of a variable is not read": {"${NESTED}", "${SET}", ""},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text := "connections: {y: {platform: yonsuite, tenant_id: t, app_key: k, app_secret: \"" + c.reference + "\"}}"
			loaded := load(t, config.Sources{
				Text: []byte(text), File: filepath.Join(folder, "pandian.yaml"), Home: folder,
				Environ: []string{"SET=value", "EMPTY=", "NESTED=${SET}"},
			})
			got, err := loaded.Connection("y")
			if c.problem != "" {
				if err == nil || !strings.Contains(err.Error(), c.problem) {
					t.Errorf("got %v, want an error with %q", err, c.problem)
				}
				return
			}
			if err != nil || got.YonSuite.AppSecret.Reveal() != c.want {
				t.Errorf("got %q, %v, want %q", got.YonSuite.AppSecret.Reveal(), err, c.want)
			}
		})
	}
}

func TestDatabaseURL(t *testing.T) {
	t.Parallel()
	cases := map[string]struct{ inFile, variable, want, problem string }{
		"nothing set asks for a private server":            {"", "", "", ""},
		"the usual variable may be unset":                  {"${PANDIAN_DATABASE_URL}", "", "", ""},
		"the usual variable wins over the file":            {"postgres://file/db", "postgres://env/db", "postgres://env/db", ""},
		"any other variable must be set":                   {"${OTHER}", "", "", "OTHER is not set"},
		"a URL without a password may stand in the file":   {"postgres://me@db:5432/x", "", "postgres://me@db:5432/x", ""},
		"key=value text too":                               {"host=db user=me", "", "host=db user=me", ""},
		"what a variable resolves to is looked at as well": {"${WRONG}", "", "", "no PostgreSQL connection string"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			loaded := load(t, config.Sources{
				Text:    []byte("database: {url: \"" + c.inFile + "\"}"),
				Environ: []string{"PANDIAN_DATABASE_URL=" + c.variable, "WRONG=hello"},
			})
			got, err := loaded.DatabaseURL()
			if c.problem != "" {
				if err == nil || !strings.Contains(err.Error(), c.problem) {
					t.Errorf("got %v, want an error with %q", err, c.problem)
				}
				return
			}
			if err != nil || got.Reveal() != c.want {
				t.Errorf("got %q, %v, want %q", got.Reveal(), err, c.want)
			}
		})
	}

	for _, inline := range []string{"postgres://me:hunter2@db/x", "host=db password=hunter2", "host=db password = 'hunter2'", "postgres://db/x?password=hunter2", "postgres://me:hu:nt@er2@db/x"} {
		t.Run("a password in the file is refused: "+strings.ReplaceAll(inline, "/", " "), func(t *testing.T) {
			t.Parallel()
			_, err := config.Load(config.Sources{File: "pandian.yaml", Text: []byte("database:\n  url: " + inline + "\n")})
			if err == nil || fault.From(err).Problems[0].Code != fault.ConfigInline {
				t.Fatalf("got %v, want %s", err, fault.ConfigInline)
			}
			if shown := describe(err); strings.Contains(shown, "hunter2") || strings.Contains(shown, "er2") {
				t.Errorf("the password shows: %s", shown)
			}
		})
	}
}
