package config_test

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"pandian/internal/config"
	"pandian/internal/fault"
)

var update = flag.Bool("update", false, "write the golden files anew")

// Each file of testdata/invalid has beside it what a person is told.
func TestLoadReportsEveryProblemAtOnce(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/invalid/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatal("no cases", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".yaml"), func(t *testing.T) {
			t.Parallel()
			content, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			_, err = config.Load(config.Sources{File: "pandian.yaml", Text: content})
			if err == nil {
				t.Fatal("got no error")
			}
			if code := fault.ExitCode(err); code != fault.ExitUsage {
				t.Errorf("got exit code %d, want %d", code, fault.ExitUsage)
			}
			got := describe(err)
			if strings.Contains(got, "hunter2") || strings.Contains(got, "s3cr3t") {
				t.Errorf("a secret shows:\n%s", got)
			}
			golden := strings.TrimSuffix(file, ".yaml") + ".txt"
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("want -, got +\n%s", diff)
			}
		})
	}
}

// describe writes a fault and its problems, one block each.
func describe(err error) string {
	var b strings.Builder
	var write func(e *fault.Error)
	write = func(e *fault.Error) {
		b.WriteString(string(e.Code) + " " + e.Location + " " + e.Path + "\n  " + e.Message + "\n")
		if e.Suggestion != "" {
			b.WriteString("  -> " + e.Suggestion + "\n")
		}
		if e.Excerpt != "" {
			b.WriteString(e.Excerpt + "\n")
		}
		for _, problem := range e.Problems {
			write(problem)
		}
	}
	var found *fault.Error
	if !errors.As(err, &found) {
		return "no fault: " + err.Error()
	}
	write(found)
	return b.String()
}
