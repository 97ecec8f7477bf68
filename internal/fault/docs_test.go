package fault_test

import (
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"pandian/internal/fault"
)

var update = flag.Bool("update", false, "write docs/errors.md anew")

func TestDocs(t *testing.T) {
	t.Parallel()

	t.Run("docs/errors.md is what the registry says", func(t *testing.T) {
		t.Parallel()
		const page = "../../docs/errors.md"
		if *update {
			if err := os.WriteFile(page, []byte(fault.Markdown()), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		got, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(fault.Markdown(), string(got)); diff != "" {
			t.Errorf("run go test ./internal/fault -update (want -, got +)\n%s", diff)
		}
	})

	t.Run("docs/errors.zh-CN.md has every code with its severity and exit code", func(t *testing.T) {
		t.Parallel()
		page, err := os.ReadFile("../../docs/errors.zh-CN.md")
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range fault.Registry() {
			row := fmt.Sprintf("| %s | %s | %d | ", d.Code, d.Severity, d.Exit)
			if n := strings.Count(string(page), row); n != 1 {
				t.Errorf("got %d rows that begin with %q, want 1", n, row)
			}
		}
		if got, want := strings.Count(string(page), "| PD-"), len(fault.Registry()); got != want {
			t.Errorf("got %d codes, want %d", got, want)
		}
	})
}

func TestEveryCodeConstantIsRegistered(t *testing.T) {
	t.Parallel()
	file, err := parser.ParseFile(token.NewFileSet(), "registry.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	count := 0
	ast.Inspect(file, func(node ast.Node) bool {
		spec, ok := node.(*ast.ValueSpec)
		if !ok {
			return true
		}
		for _, value := range spec.Values {
			literal, ok := value.(*ast.BasicLit)
			if !ok {
				continue
			}
			code, _ := strconv.Unquote(literal.Value)
			count++
			if _, found := fault.Lookup(fault.Code(code)); !found {
				t.Errorf("%s is declared but not registered", code)
			}
		}
		return true
	})
	if count != len(fault.Registry()) {
		t.Errorf("got %d constants, want %d as registered", count, len(fault.Registry()))
	}
}
