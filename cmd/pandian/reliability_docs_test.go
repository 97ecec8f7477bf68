package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var (
	reliabilityLine = regexp.MustCompile(`(?m)^\| (\d+) \|.*\| ([^|]+) \|$`)
	testName        = regexp.MustCompile("`([a-z0-9_/]+)\\.(Test\\w+)`")
	makeTarget      = regexp.MustCompile("`make ([a-z0-9-]+)`")
)

// The page of what pandian survives names a test or a target for each of the 34
// faults, or says that there is none, and every one that it names exists.
func TestReliabilityPageNamesTestsThatExist(t *testing.T) {
	t.Parallel()
	pages := map[string]string{"reliability.md": "**not shown**", "reliability.zh-CN.md": "**尚未证明**"}
	named := map[string][]string{}
	for page, notShown := range pages {
		text := string(mustRead(t, filepath.Join("..", "..", "docs", page)))
		lines := reliabilityLine.FindAllStringSubmatch(text, -1)
		if len(lines) != 34 {
			t.Errorf("%s: got %d lines, want 34", page, len(lines))
		}
		for index, line := range lines {
			if line[1] != fmt.Sprint(index+1) {
				t.Errorf("%s: got line %s, want %d", page, line[1], index+1)
			}
			found := namedBy(t, line[2])
			if len(found) == 0 && line[2] != notShown {
				t.Errorf("%s: line %s names no test and does not say that there is none: %s", page, line[1], line[2])
			}
			named[page] = append(named[page], line[1]+" "+strings.Join(found, " "))
		}
	}
	if diff := cmp.Diff(named["reliability.md"], named["reliability.zh-CN.md"]); diff != "" {
		t.Errorf("the two languages name different tests (en -, zh +)\n%s", diff)
	}
}

// namedBy lists the tests and targets that a text names, and fails for those that
// are not there.
func namedBy(t *testing.T, text string) (found []string) {
	t.Helper()
	for _, name := range testName.FindAllStringSubmatch(text, -1) {
		found = append(found, name[1]+"."+name[2])
		if !isTestOf(t, filepath.Join("..", "..", name[1]), name[2]) {
			t.Errorf("there is no test %s in %s", name[2], name[1])
		}
	}
	makefile := strings.Split(string(mustRead(t, filepath.Join("..", "..", "Makefile"))), "\n")
	for _, name := range makeTarget.FindAllStringSubmatch(text, -1) {
		found = append(found, "make "+name[1])
		if !slices.ContainsFunc(makefile, func(line string) bool { return strings.HasPrefix(line, name[1]+":") }) {
			t.Errorf("there is no target %s in the Makefile", name[1])
		}
	}
	return found
}

func isTestOf(t *testing.T, dir, name string) bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	return slices.ContainsFunc(files, func(file string) bool {
		text, err := os.ReadFile(file)
		return err == nil && strings.Contains(string(text), "\nfunc "+name+"(")
	})
}
