package transform

import (
	"cmp"
	"fmt"
	"io/fs"
	"slices"
	"strings"
)

// Library is the files of sql/.
type Library struct {
	files []File
}

// Load reads every file of fsys, which is the folder sql/ or one like it. It
// fails on a header that cannot be read.
func Load(fsys fs.FS) (*Library, error) {
	names, err := fs.Glob(fsys, "*/*.sql")
	if err != nil {
		return nil, fmt.Errorf("list sql: %w", err)
	}
	library := &Library{}
	for _, name := range names {
		text, err := fs.ReadFile(fsys, name)
		if err != nil {
			return nil, fmt.Errorf("read sql/%s: %w", name, err)
		}
		file, err := ParseFile(name, string(text))
		if err != nil {
			return nil, err
		}
		library.files = append(library.files, file)
	}
	return library, nil
}

// Files returns every file, by name.
func (l *Library) Files() []File { return slices.Clone(l.files) }

// Pipelines returns the pipelines that files name, sorted.
func (l *Library) Pipelines() []string {
	var names []string
	for _, file := range l.files {
		if file.Pipeline != "" && !slices.Contains(names, file.Pipeline) {
			names = append(names, file.Pipeline)
		}
	}
	slices.Sort(names)
	return names
}

// Steps returns the files that a pipeline carries out, in order: the source
// files of its datasets, then its own. Within a stage a file comes after those
// that write what it reads.
func (l *Library) Steps(pipeline string, datasets []string) ([]File, error) {
	var steps []File
	for _, stage := range Stages() {
		var files []File
		for _, file := range l.files {
			mine := file.Pipeline == pipeline
			if stage == Source {
				mine = slices.Contains(datasets, file.Dataset)
			}
			if file.Folder == string(stage) && mine {
				files = append(files, file)
			}
		}
		sorted, err := sortByNeed(files, func(later, earlier File) bool {
			return slices.ContainsFunc(later.Reads, func(name string) bool {
				return slices.Contains(earlier.Writes, name)
			})
		})
		if err != nil {
			return nil, fmt.Errorf("order sql/%s for %s: %w", stage, pipeline, err)
		}
		steps = append(steps, sorted...)
	}
	return steps, nil
}

// Checks returns the files of check/ for a pipeline, and those for all.
func (l *Library) Checks(pipeline string) []File {
	var checks []File
	for _, file := range l.files {
		if file.Folder == "check" && (file.Pipeline == "" || file.Pipeline == pipeline) {
			checks = append(checks, file)
		}
	}
	return checks
}

// Replaceable returns the files of function/ and view/, each after those whose
// functions and views it names.
func (l *Library) Replaceable() ([]File, error) {
	var files []File
	for _, file := range l.files {
		if file.isReplaceable() {
			files = append(files, file)
		}
	}
	mentioned := map[string]map[string]bool{}
	for _, file := range files {
		mentioned[file.Name] = namesIn(file.Text)
	}
	return sortByNeed(files, func(later, earlier File) bool {
		return slices.ContainsFunc(earlier.Creates(), func(made Created) bool { return mentioned[later.Name][made.Name] })
	})
}

// sortByNeed orders files so that each comes after those it needs, otherwise
// by name. needs is asked once per pair.
func sortByNeed(files []File, needs func(later, earlier File) bool) ([]File, error) {
	rest := slices.Clone(files)
	slices.SortFunc(rest, func(a, b File) int { return cmp.Compare(a.Name, b.Name) })
	needed := map[string][]string{}
	for _, later := range rest {
		for _, earlier := range rest {
			if later.Name != earlier.Name && needs(later, earlier) {
				needed[later.Name] = append(needed[later.Name], earlier.Name)
			}
		}
	}
	placed := map[string]bool{}
	var sorted []File
	for len(rest) > 0 {
		ready := slices.IndexFunc(rest, func(file File) bool {
			return !slices.ContainsFunc(needed[file.Name], func(name string) bool { return !placed[name] })
		})
		if ready < 0 {
			return nil, fmt.Errorf("these files need one another in a circle: %s", joinNames(rest))
		}
		placed[rest[ready].Name] = true
		sorted = append(sorted, rest[ready])
		rest = slices.Delete(rest, ready, ready+1)
	}
	return sorted, nil
}

func joinNames(files []File) string {
	var names []string
	for _, file := range files {
		names = append(names, file.Name)
	}
	return strings.Join(names, ", ")
}
