package config_test

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"

	"pandian/internal/config"
	"pandian/internal/fault"
)

// shapes are files that pandian init writes.
func shapes() map[string]config.TemplateOptions {
	made := map[string]config.TemplateOptions{
		"as it is":                 {},
		"route qimen":              {Route: config.RouteQimen},
		"route openapi2":           {Route: config.RouteOpenAPI2},
		"every pipeline":           {Pipelines: config.BuiltIn()},
		"every pipeline, openapi2": {Pipelines: config.BuiltIn(), Route: config.RouteOpenAPI2},
		"the sandbox":              {Pipelines: config.BuiltIn(), Sandbox: true},
	}
	for _, name := range config.BuiltIn() {
		made[name+" alone"] = config.TemplateOptions{Pipelines: []string{name}}
	}
	return made
}

func TestTemplate(t *testing.T) {
	t.Parallel()
	for name, options := range shapes() {
		written := config.Template(options)
		t.Run("loads cleanly without any variable set, "+name, func(t *testing.T) {
			t.Parallel()
			got, err := config.Load(config.Sources{File: "pandian.yaml", Text: written})
			if err != nil {
				t.Fatal(err)
			}
			if url, err := got.DatabaseURL(); err != nil || !url.IsZero() {
				t.Errorf("got %q, %v, want an empty database URL", url.Reveal(), err)
			}
		})

		t.Run("every key that is commented out shows its default, "+name, func(t *testing.T) {
			t.Parallel()
			filled := uncommented(written)
			if strings.Count(string(filled), "\n") != strings.Count(string(written), "\n") {
				t.Fatal("the number of lines changed")
			}
			filled = regexp.MustCompile(`(?m)^\s+(\w*filters|tags): .*$`).ReplaceAll(filled, nil) // examples, no defaults
			if got, want := values(t, filled), values(t, written); got != want {
				t.Errorf("got  %s\nwant %s", got, want)
			}
		})

		t.Run("every key there is has a line, "+name, func(t *testing.T) {
			t.Parallel()
			loaded, err := config.Load(config.Sources{File: "pandian.yaml", Text: written})
			if err != nil {
				t.Fatal(err)
			}
			var shown any
			if err := yaml.Unmarshal(uncommented(written), &shown); err != nil {
				t.Fatal(err)
			}
			for _, setting := range loaded.Settings() {
				if !stands(shown, setting.Key) {
					t.Errorf("%s has no line", setting.Key)
				}
			}
		})

		t.Run("no line is blank twice or too long, "+name, func(t *testing.T) {
			t.Parallel()
			if regexp.MustCompile(`\n\n\n|[ \t]\n`).Match(written) {
				t.Errorf("got blank lines one after the other, or blanks at the end of a line:\n%s", written)
			}
			for line := range strings.Lines(string(written)) {
				if len([]rune(line)) > 125 {
					t.Errorf("got a line of %d characters: %s", len([]rune(line)), line)
				}
			}
		})
	}
}

func TestATemplateHasWhatIsAskedForAndNothingElse(t *testing.T) {
	t.Parallel()
	for pipelines, want := range map[string]string{
		"":                            "qeasy wdt-main ys-main: stock-compare",
		"stock-compare":               "qeasy wdt-main ys-main: stock-compare",
		"jst-orders":                  "jst-main qeasy: jst-orders",
		"jst-saleouts-to-k3cloud":     "jst-main k3: jst-saleouts-to-k3cloud",
		"wdt-shops-to-jdy":            "jdy wdt-main: wdt-shops-to-jdy",
		"wdt-stockouts-to-tplus":      "tplus wdt-main: wdt-stockouts-to-tplus",
		"wdt-shops-to-jdy jst-orders": "jdy jst-main qeasy wdt-main: jst-orders wdt-shops-to-jdy",
		strings.Join(config.BuiltIn(), " "): "jdy jst-main k3 qeasy tplus wdt-main ys-main: " +
			"jst-orders jst-saleouts-to-k3cloud stock-compare wdt-shops-to-jdy wdt-stockouts-to-tplus",
	} {
		written := config.Template(config.TemplateOptions{Pipelines: strings.Fields(pipelines)})
		loaded := load(t, config.Sources{Text: written})
		got := strings.Join(loaded.ConnectionNames(), " ") + ": " + strings.Join(loaded.PipelineNames(), " ")
		if got != want {
			t.Errorf("%s: got %s, want %s", pipelines, got, want)
		}
	}
}

func TestTheFiltersAndTagsOfATemplateAreRight(t *testing.T) {
	t.Parallel()
	written := uncommented(config.Template(config.TemplateOptions{Pipelines: config.BuiltIn()}))
	loaded := load(t, config.Sources{Text: written})
	wdt := loaded.Connections["wdt-main"].WDT
	for name, filters := range map[string]int{
		"stock_filters": len(wdt.StockFilters), "shop_filters": len(wdt.ShopFilters), "stockout_filters": len(wdt.StockoutFilters),
		"filters of YonSuite": len(loaded.Connections["ys-main"].YonSuite.Filters), "filters of 聚水潭": len(loaded.Connections["jst-main"].JST.Filters),
	} {
		if filters == 0 {
			t.Errorf("%s has no example", name)
		}
	}
	for _, name := range loaded.PipelineNames() {
		if len(loaded.Pipelines[name].Tags) == 0 {
			t.Errorf("%s shows no tags", name)
		}
	}
}

func TestATemplateForTheSandboxTakesItsAddresses(t *testing.T) {
	t.Parallel()
	for _, route := range []string{config.RouteQimen, config.RouteOpenAPI2} {
		written := config.Template(config.TemplateOptions{Pipelines: config.BuiltIn(), Route: route, Sandbox: true})
		loaded := load(t, config.Sources{Text: written})
		urls := map[string]string{}
		for _, setting := range loaded.Settings() {
			if strings.HasSuffix(setting.Key, "url") && setting.Origin.Kind == config.FromFile && strings.HasPrefix(setting.Key, "connections.") {
				urls[setting.Key] = setting.Value
			}
		}
		if len(urls) != 6 {
			t.Errorf("route %s: got %v, want an address for each of six platforms", route, urls)
		}
		prefix := "${WDT_"
		if route == config.RouteOpenAPI2 {
			prefix = "${WDT_OPENAPI2_"
		}
		wdt := loaded.Connections["wdt-main"].WDT
		if wdt.URL != prefix+"URL}" || wdt.AppKey != prefix+"APP_KEY}" || wdt.SID != "${WDT_SID}" {
			t.Errorf("route %s: got %s, %s, %s, want the sandbox's names", route, wdt.URL, wdt.AppKey, wdt.SID)
		}
	}
}

func TestAParamMayBeAReference(t *testing.T) {
	t.Parallel()
	text := config.Template(config.TemplateOptions{Pipelines: []string{"wdt-shops-to-jdy"}})
	environ := []string{"JDY_BASE_UNIT_ID=901", "JDY_PARENT_ID=902"}
	pipeline, err := load(t, config.Sources{Text: text, Environ: environ}).Pipeline("wdt-shops-to-jdy")
	if err != nil {
		t.Fatal(err)
	}
	if pipeline.Params["base_unit_id"] != "901" || pipeline.Params["parent_id"] != "902" {
		t.Errorf("got %v, want what the variables hold", pipeline.Params)
	}

	loaded := load(t, config.Sources{Text: text, Environ: environ[:1]})
	_, err = loaded.Pipeline("wdt-shops-to-jdy")
	for _, err := range []error{err, loaded.Resolve()} {
		if err == nil || !strings.Contains(inFull(err), "JDY_PARENT_ID") {
			t.Errorf("got %v, want the missing variable named", err)
		}
	}
	if got := loaded.Pipelines["wdt-shops-to-jdy"].Params["base_unit_id"]; got != "${JDY_BASE_UNIT_ID}" {
		t.Errorf("got %s, want the configuration itself to keep the reference", got)
	}

	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "unit"), []byte("903\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	byFile := strings.Replace(string(text), "${JDY_BASE_UNIT_ID}", "file:unit", 1)
	byFile = strings.Replace(byFile, "parent_id: ${JDY_PARENT_ID}", `parent_id: ""`, 1)
	pipeline, err = load(t, config.Sources{File: "pandian.yaml", Text: []byte(byFile), Folder: folder}).Pipeline("wdt-shops-to-jdy")
	if err != nil || pipeline.Params["base_unit_id"] != "903" || pipeline.Params["parent_id"] != "" {
		t.Errorf("got %v, %v, want the file's content, and nothing for a blank", pipeline.Params, err)
	}

	broken := strings.Replace(string(text), "${JDY_BASE_UNIT_ID}", "${JDY BASE}", 1)
	if _, err := config.Load(config.Sources{Text: []byte(broken)}); err == nil || !strings.Contains(inFull(err), "name of a variable") {
		t.Errorf("got %v, want a reference that is none to be refused", err)
	}
}

// inFull is an error with the problems that it lists.
func inFull(err error) string {
	text := err.Error()
	for _, problem := range fault.From(err).Problems {
		text += "; " + problem.Error()
	}
	return text
}

// uncommented makes a line of every key that is commented out.
func uncommented(written []byte) []byte {
	return regexp.MustCompile(`(?m)^(\s*)# ([a-z_]+: \S.*)$`).ReplaceAll(written, []byte("$1$2"))
}

// stands tells whether a setting's key, as in pipelines.x.sources[0].since, is in
// a decoded file. A key may have dots of its own.
func stands(node any, key string) bool {
	if key == "" {
		return true
	}
	switch held := node.(type) {
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(held)) {
			rest, found := strings.CutPrefix(key, name)
			if found && (rest == "" || strings.ContainsAny(rest[:1], ".[")) && stands(held[name], strings.TrimPrefix(rest, ".")) {
				return true
			}
		}
	case []any:
		place, rest, found := strings.Cut(strings.TrimPrefix(key, "["), "]")
		index, err := strconv.Atoi(place)
		return found && err == nil && index < len(held) && stands(held[index], strings.TrimPrefix(rest, "."))
	}
	return false
}

// values prints every setting of a file without its origin.
func values(t *testing.T, text []byte) string {
	t.Helper()
	loaded, err := config.Load(config.Sources{File: "pandian.yaml", Text: text})
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	var b strings.Builder
	for _, setting := range loaded.Settings() {
		b.WriteString(setting.Key + "=" + setting.Value + "\n")
	}
	return b.String()
}
