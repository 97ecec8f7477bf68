package schema

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strings"

	"github.com/pressly/goose/v3"
)

// migration is one file, cut into its parts.
type migration struct {
	version int64
	name    string // the file's
	why     string // the comment that it opens with
	up      string // as it stands
	down    string // as it stands
	// noTransaction is set for a file that runs statement by statement.
	noTransaction bool
	// irreversible is the reason why it cannot be rolled back; empty if it can.
	irreversible string
}

// readMigrations returns the migrations in fsys by version.
func readMigrations(fsys fs.FS) ([]migration, error) {
	if fsys == nil {
		return nil, errors.New("read migrations: there is no file system to read from")
	}
	names, err := fs.Glob(fsys, "*.sql")
	if err != nil {
		return nil, fmt.Errorf("list migrations: %w", err)
	}
	var migrations []migration
	for _, name := range names {
		version, err := goose.NumericComponent(name)
		if err != nil {
			return nil, fmt.Errorf("migration %s: its name must begin with a number: %w", name, err)
		}
		text, err := fs.ReadFile(fsys, name)
		if err != nil {
			return nil, fmt.Errorf("read migration %s: %w", name, err)
		}
		migrations = append(migrations, parseMigration(version, name, string(text)))
	}
	slices.SortFunc(migrations, func(a, b migration) int { return cmp.Compare(a.version, b.version) })
	for i := 1; i < len(migrations); i++ {
		if migrations[i].version == migrations[i-1].version {
			return nil, fmt.Errorf("migrations %s and %s have the same number", migrations[i-1].name, migrations[i].name)
		}
	}
	if len(migrations) == 0 {
		return nil, errors.New("read migrations: there are no *.sql files")
	}
	return migrations, nil
}

// irreversibleReason is the word with which a file says that it has no way
// back; the reason may go on over the following comment lines.
var irreversibleReason = regexp.MustCompile(`(?im)^--\s*irreversible\b[:,;]?\s*(.*(?:\n--.*)*)$`)

func parseMigration(version int64, name, text string) migration {
	m := migration{version: version, name: name}
	var why, up, down, said strings.Builder
	part := &why
	for line := range strings.Lines(text) {
		switch annotation(line) {
		case "up":
			part = &up
		case "down":
			part = &down
		case "no transaction":
			m.noTransaction = true
		default:
			part.WriteString(line)
		}
		if annotation(line) == "" {
			said.WriteString(line)
		} else {
			said.WriteString("\n")
		}
	}
	m.why, m.up, m.down = strings.TrimSpace(why.String()), strings.TrimSpace(up.String()), strings.TrimSpace(down.String())
	var match []string
	// Every command comes by here, and the pattern is slow where there is nothing to find.
	if strings.Contains(strings.ToLower(said.String()), "irreversible") {
		match = irreversibleReason.FindStringSubmatch(said.String())
	}
	if match != nil {
		m.irreversible = cmp.Or(strings.Join(strings.Fields(strings.ReplaceAll(match[1], "--", " ")), " "), "it says so")
	} else if !hasStatement(m.down) {
		m.irreversible = "it has no down part"
	}
	return m
}

// annotation returns what a line tells goose, in lower case; empty if nothing.
func annotation(line string) string {
	comment, found := strings.CutPrefix(strings.TrimSpace(line), "--")
	if !found {
		return ""
	}
	told, found := strings.CutPrefix(strings.TrimSpace(comment), "+goose")
	if !found {
		return ""
	}
	return strings.ToLower(strings.TrimSpace(told))
}

// hasStatement tells whether anything but comments is in the text.
func hasStatement(text string) bool {
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if line != "" && !strings.HasPrefix(line, "--") {
			return true
		}
	}
	return false
}

var createdSchema = regexp.MustCompile(`(?m)^create schema (?:if not exists )?([a-z_]+)`)

// schemas are those that the migrations make.
func (m *Migrator) schemas() []string {
	var names []string
	for _, migration := range m.migrations {
		for _, match := range createdSchema.FindAllStringSubmatch(migration.up, -1) {
			names = append(names, match[1])
		}
	}
	return names
}
