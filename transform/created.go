package transform

import "strings"

// Created is a function or view that a file makes.
type Created struct {
	// Kind is "function" or "view".
	Kind string
	// Name has its schema, as in "ops.run_id".
	Name string
}

// Creates lists what the file makes, in order. It reads lines and no more,
// because every command does so for every file.
func (f File) Creates() []Created {
	var all []Created
	for line := range strings.Lines(f.Text) {
		made, found := strings.CutPrefix(line, "create or replace ")
		if !found {
			continue
		}
		kind, name, _ := strings.Cut(made, " ")
		if kind != "function" && kind != "view" {
			continue
		}
		if end := strings.IndexFunc(name, isNoName); end >= 0 {
			name = name[:end]
		}
		all = append(all, Created{Kind: kind, Name: name})
	}
	return all
}

func (f File) isReplaceable() bool { return f.Folder == "function" || f.Folder == "view" }

// namesIn lists what the code of a file names with its schema. Lines of comment
// are left out: a file may speak of others without needing them.
func namesIn(text string) map[string]bool {
	names := map[string]bool{}
	for line := range strings.Lines(text) {
		if strings.HasPrefix(strings.TrimSpace(line), "--") {
			continue
		}
		for word := range strings.FieldsFuncSeq(line, isNoName) {
			schema, rest, found := strings.Cut(word, ".")
			name, _, _ := strings.Cut(rest, ".")
			if found {
				names[schema+"."+name] = true
			}
		}
	}
	return names
}

// isNoName says whether a letter cannot stand in a name with its schema.
func isNoName(r rune) bool {
	return (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '_' && r != '.'
}
