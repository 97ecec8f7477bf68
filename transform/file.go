// Package transform carries out the files of sql/ stage by stage. It knows no
// business field: what a file does is in its text, when it runs is in its
// header.
package transform

import (
	"fmt"
	"path"
	"slices"
	"strings"
)

// Stage is a folder of sql/ whose files write.
type Stage string

// The stages, in the order in which data passes through them.
const (
	Source  Stage = "source"
	Compare Stage = "compare"
	Outbox  Stage = "outbox"
)

// Stages lists the stages in order.
func Stages() []Stage { return []Stage{Source, Compare, Outbox} }

// Severity says what a row of a check means for the run.
type Severity string

const (
	// Warning rows are findings: the run is good, a person should look.
	Warning Severity = "warning"
	// Error rows make the run fail: the data contradicts itself.
	Error Severity = "error"
)

// File is one file of sql/ with its header read.
type File struct {
	// Name is the path below sql/ without its ending, as in "source/wdt_stock".
	Name string
	// Folder is the first part of Name.
	Folder string
	// Title is the header's first sentence.
	Title string
	// Pipeline is the only pipeline that the file serves; empty for files that
	// serve every pipeline.
	Pipeline string
	// Dataset is what a source file types, as in "wdt.stock".
	Dataset string
	// Reads and Writes are schema-qualified tables and views.
	Reads, Writes []string
	// Severity is set for checks.
	Severity Severity
	// Text is the whole file.
	Text string
}

// Step is the code under which the file's work is noted in ops: files of one
// pipeline only carry its name, since each pipeline takes its input by itself.
func (f File) Step() string {
	if f.Pipeline == "" {
		return f.Name
	}
	return f.Pipeline + "/" + f.Name
}

// ParseFile reads the header of a file: the comment lines before the first
// statement. name is its path below sql/.
func ParseFile(name, text string) (File, error) {
	file := File{
		Name:   strings.TrimSuffix(name, ".sql"),
		Folder: path.Dir(name),
		Text:   text,
	}
	var title []string
	seen := map[string]bool{}
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if !strings.HasPrefix(line, "--") {
			break
		}
		comment := strings.TrimSpace(strings.TrimPrefix(line, "--"))
		key, value, found := strings.Cut(comment, ":")
		if !found || !isHeaderKey(key) {
			if len(seen) == 0 && comment != "" {
				title = append(title, comment)
			}
			continue
		}
		seen[key] = true
		if err := file.set(key, strings.TrimSpace(value)); err != nil {
			return File{}, fmt.Errorf("sql/%s: %w", name, err)
		}
	}
	file.Title = strings.Join(title, " ")
	for _, key := range requiredKeys(file.Folder) {
		if !seen[key] {
			return File{}, fmt.Errorf("sql/%s: its header has no %q line", name, key)
		}
	}
	return file, nil
}

func isHeaderKey(key string) bool {
	return slices.Contains([]string{"grain", "reads", "writes", "rerun", "by hand", "pipeline", "dataset", "severity"}, key)
}

func requiredKeys(folder string) []string {
	switch folder {
	case string(Source):
		return []string{"dataset", "grain", "reads", "writes", "rerun", "by hand"}
	case string(Compare), string(Outbox):
		return []string{"pipeline", "grain", "reads", "writes", "rerun", "by hand"}
	case "check":
		return []string{"severity", "reads", "rerun"}
	default:
		return []string{"reads", "writes", "rerun"}
	}
}

func (f *File) set(key, value string) error {
	switch key {
	case "pipeline":
		f.Pipeline = value
	case "dataset":
		f.Dataset = value
	case "reads":
		f.Reads = splitNames(value)
	case "writes":
		f.Writes = splitNames(value)
	case "severity":
		f.Severity = Severity(value)
		if f.Severity != Warning && f.Severity != Error {
			return fmt.Errorf("severity is %q: warning or error is expected", value)
		}
	}
	return nil
}

// splitNames reads "a.b, c.d"; "nothing" is no name.
func splitNames(value string) []string {
	var names []string
	for name := range strings.SplitSeq(value, ",") {
		if name = strings.TrimSpace(name); name != "" && name != "nothing" {
			names = append(names, name)
		}
	}
	return names
}
