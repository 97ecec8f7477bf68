package config_test

import (
	"regexp"
	"strings"
	"testing"

	"pandian/internal/config"
)

func TestTemplate(t *testing.T) {
	t.Parallel()
	for _, route := range []string{"", config.RouteQimen, config.RouteOpenAPI2} {
		t.Run("loads cleanly without any variable set, route "+route, func(t *testing.T) {
			t.Parallel()
			got, err := config.Load(config.Sources{File: "pandian.yaml", Text: config.Template(config.TemplateOptions{Route: route})})
			if err != nil {
				t.Fatal(err)
			}
			if url, err := got.DatabaseURL(); err != nil || !url.IsZero() {
				t.Errorf("got %q, %v, want an empty database URL", url.Reveal(), err)
			}
			if names := strings.Join(got.ConnectionNames(), " "); names != "qeasy wdt-main ys-main" {
				t.Errorf("got connections %s, want qeasy wdt-main ys-main", names)
			}
		})

		t.Run("every key that is commented out shows its default, route "+route, func(t *testing.T) {
			t.Parallel()
			written := config.Template(config.TemplateOptions{Route: route})
			commented := regexp.MustCompile(`(?m)^(\s*)# ([a-z_]+: \S.*)$`)
			filled := commented.ReplaceAll(written, []byte("$1$2"))
			if strings.Count(string(filled), "\n") != strings.Count(string(written), "\n") {
				t.Fatal("the number of lines changed")
			}
			filled = regexp.MustCompile(`(?m)^\s+filters: .*$`).ReplaceAll(filled, nil) // an example, no default
			if got, want := values(t, filled), values(t, written); got != want {
				t.Errorf("got  %s\nwant %s", got, want)
			}
		})
	}

	t.Run("every key there is has a line", func(t *testing.T) {
		t.Parallel()
		written := string(config.Template(config.TemplateOptions{}))
		loaded, err := config.Load(config.Sources{File: "pandian.yaml", Text: []byte(written)})
		if err != nil {
			t.Fatal(err)
		}
		for _, setting := range loaded.Settings() {
			key := setting.Key[strings.LastIndex(setting.Key, ".")+1:]
			if !regexp.MustCompile(`(?m)^[\s#-]*`+key+`: `).MatchString(written) && !strings.Contains(written, "{"+key+": ") && !strings.Contains(written, ", "+key+": ") {
				t.Errorf("%s has no line", setting.Key)
			}
		}
	})
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
