package config_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pandian/internal/config"
	"pandian/internal/fault"
)

// No text makes Load panic, and every refusal is a fault that says what to do.
func FuzzLoad(f *testing.F) {
	f.Add([]byte(full))
	f.Add(config.Template(config.TemplateOptions{}))
	files, _ := filepath.Glob("testdata/invalid/*.yaml")
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(content)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		loaded, err := config.Load(config.Sources{File: "pandian.yaml", Text: text})
		if err != nil {
			if found := fault.From(err); !strings.HasPrefix(string(found.Code), "PD-CONFIG-") || found.Advice() == "" {
				t.Errorf("got %v, want a fault of the configuration with advice", err)
			}
			return
		}
		loaded.Settings()
		_ = loaded.Resolve() // references may fail, but must not panic
	})
}
