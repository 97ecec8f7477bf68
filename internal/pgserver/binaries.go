package pgserver

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
)

const (
	oldestMajor = 14
	newestMajor = 18
)

// programs are what a folder of server binaries must hold.
var programs = []string{"postgres", "initdb", "pg_ctl"}

// binaries are the server programs in one folder.
type binaries struct {
	dir     string
	version string // "15.18"
	major   int
}

// findBinaries picks the programs to run: those of opts.BinDir, else the first
// usable ones of the usual places, else downloaded ones. An existing cluster
// can only be run by programs of its own major version.
func findBinaries(ctx context.Context, opts Options, acct account) (binaries, error) {
	want := 0
	if !opts.Throwaway {
		var err error
		if want, err = clusterMajor(filepath.Join(opts.Dir, "data")); err != nil {
			return binaries{}, err
		}
	}
	if opts.BinDir != "" {
		found, err := inspect(ctx, opts.BinDir)
		if err != nil {
			return binaries{}, err
		}
		if choice, ok := choose([]binaries{found}, want); ok {
			return choice, nil
		}
		return binaries{}, notUsable([]string{opts.BinDir}, []binaries{found}, want, opts.Dir, nil)
	}
	places := opts.places
	if places == nil {
		places = usualPlaces(runtime.GOOS)
	}
	var found []binaries
	for _, dir := range searchPath(ctx, places) {
		if bin, err := inspect(ctx, dir); err == nil && acct.checkReach(dir) == nil {
			found = append(found, bin)
		}
	}
	if choice, ok := choose(found, want); ok {
		return choice, nil
	}
	if ctx.Err() != nil { // programs did not run because of that, not for lack of them
		return binaries{}, fmt.Errorf("look for server binaries: %w", ctx.Err())
	}
	choice, err := fetchBinaries(ctx, opts, acct, want)
	if err != nil {
		return binaries{}, notUsable(places, found, want, opts.Dir, err)
	}
	return choice, nil
}

// choose takes the first supported binaries, of the major version want unless
// that is 0.
func choose(found []binaries, want int) (binaries, bool) {
	for _, bin := range found {
		if bin.major < oldestMajor || bin.major > newestMajor || want != 0 && bin.major != want {
			continue
		}
		return bin, true
	}
	return binaries{}, false
}

// usualPlaces are where installers put server binaries, as patterns, the most
// deliberate choice first. "PATH" and "pg_config --bindir" are asked for.
func usualPlaces(goos string) []string {
	switch goos {
	case "windows":
		return []string{"PATH", `C:\Program Files\PostgreSQL\*\bin`, "pg_config --bindir"}
	case "darwin":
		return []string{
			"PATH",
			"/opt/homebrew/opt/postgresql@*/bin", "/usr/local/opt/postgresql@*/bin",
			"/Applications/Postgres.app/Contents/Versions/*/bin",
			"/Library/PostgreSQL/*/bin",
			"pg_config --bindir",
		}
	default:
		return []string{
			"PATH",
			"/usr/lib/postgresql/*/bin",       // Debian, Ubuntu
			"/usr/pgsql-*/bin",                // PostgreSQL's own packages for Red Hat
			"/usr/libexec/postgresql*",        // Alpine
			"/usr/local/lib/postgresql/*/bin", // built by hand
			"/home/linuxbrew/.linuxbrew/opt/postgresql@*/bin",
			"pg_config --bindir",
		}
	}
}

// searchPath expands places to folders, the newest version of each first.
func searchPath(ctx context.Context, places []string) []string {
	var dirs []string
	for _, place := range places {
		switch place {
		case "PATH":
			if path, err := exec.LookPath("postgres"); err == nil {
				if real, err := filepath.EvalSymlinks(path); err == nil {
					path = real
				}
				dirs = append(dirs, filepath.Dir(path))
			}
		case "pg_config --bindir":
			if out, err := exec.CommandContext(ctx, "pg_config", "--bindir").Output(); err == nil {
				dirs = append(dirs, strings.TrimSpace(string(out)))
			}
		default:
			matches, err := filepath.Glob(place)
			if err != nil {
				continue // a pattern that is no pattern matches nothing
			}
			slices.SortFunc(matches, func(a, b string) int { return compareVersions(b, a) })
			dirs = append(dirs, matches...)
		}
	}
	return dirs
}

var (
	digits        = regexp.MustCompile(`[0-9]+`)
	versionOutput = regexp.MustCompile(`\(PostgreSQL\) ([0-9]+)(\S*)`)
)

// compareVersions orders two matches of one pattern by the number in the first
// part of the path in which they differ, so that 9 comes before 17.
func compareVersions(a, b string) int {
	partsA, partsB := strings.Split(a, string(filepath.Separator)), strings.Split(b, string(filepath.Separator))
	for i := range min(len(partsA), len(partsB)) {
		if partsA[i] != partsB[i] {
			return cmp.Or(numberIn(partsA[i])-numberIn(partsB[i]), strings.Compare(partsA[i], partsB[i]))
		}
	}
	return len(partsA) - len(partsB)
}

// numberIn is the first number in a name, 0 if there is none.
func numberIn(name string) int {
	n, err := strconv.Atoi(digits.FindString(name))
	if err != nil {
		return 0
	}
	return n
}

// inspect reads the version of the programs in dir.
func inspect(ctx context.Context, dir string) (binaries, error) {
	for _, program := range programs {
		if _, err := exec.LookPath(filepath.Join(dir, program)); err != nil {
			return binaries{}, fmt.Errorf("no usable %s in %s: %w", program, dir, err)
		}
	}
	cmd := exec.CommandContext(ctx, filepath.Join(dir, "postgres"), "--version")
	out, err := cmd.Output()
	if err != nil {
		return binaries{}, fmt.Errorf("ask %s for its version: %w", cmd.Path, err)
	}
	match := versionOutput.FindStringSubmatch(string(out))
	if match == nil {
		return binaries{}, fmt.Errorf("%s says %q for its version", cmd.Path, strings.TrimSpace(string(out)))
	}
	major, err := strconv.Atoi(match[1])
	if err != nil {
		return binaries{}, fmt.Errorf("version of %s: %w", cmd.Path, err)
	}
	return binaries{dir: dir, version: match[1] + match[2], major: major}, nil
}

// ErrNoBinaries says that no server binaries are here and none could be
// fetched; the error that wraps it says what to do.
var ErrNoBinaries = errors.New("no PostgreSQL binaries")

// noBinaries is the text of an ErrNoBinaries.
type noBinaries string

func (e noBinaries) Error() string { return string(e) }

func (e noBinaries) Unwrap() error { return ErrNoBinaries }

// notUsable says what was looked for and what a person can do. fetchErr is why
// the network did not help, if it was asked.
func notUsable(places []string, found []binaries, want int, dir string, fetchErr error) error {
	var b strings.Builder
	if want != 0 {
		fmt.Fprintf(&b, "the data folder was made by PostgreSQL %d, and no server binaries of that version were found", want)
	} else {
		fmt.Fprintf(&b, "no server binaries of PostgreSQL %d to %d were found", oldestMajor, newestMajor)
	}
	fmt.Fprintf(&b, "\nlooked for %s in: %s", strings.Join(programs, ", "), strings.Join(places, ", "))
	for _, bin := range found {
		fmt.Fprintf(&b, "\nfound PostgreSQL %s in %s, which does not fit", bin.version, bin.dir)
	}
	if fetchErr != nil {
		fmt.Fprintf(&b, "\nfetching them failed: %v", fetchErr)
	}
	install := "PostgreSQL (apt-get install postgresql, brew install postgresql@17)"
	if want != 0 {
		install = fmt.Sprintf("PostgreSQL %d", want)
	}
	fmt.Fprintf(&b, "\neither install %s, or set PANDIAN_DATABASE_URL to a server that you have", install)
	if want != 0 {
		fmt.Fprintf(&b, "; to begin anew without the old data, move %s away", filepath.Join(dir, "data"))
	}
	return noBinaries(b.String())
}

// psqlPath is psql as a person would call it: by name if that works, else from
// the folder of the server. Downloaded binaries have no psql.
func (c *cluster) psqlPath() string {
	if _, err := exec.LookPath("psql"); err == nil {
		return "psql"
	}
	beside := filepath.Join(c.bin.dir, "psql")
	if _, err := os.Stat(beside); err == nil {
		return beside
	}
	return "psql"
}
