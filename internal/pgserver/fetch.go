package pgserver

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/adrg/xdg"
	embeddedpostgres "github.com/fergusstrange/embedded-postgres"
	"github.com/gofrs/flock"
)

const mavenCentral = "https://repo1.maven.org/maven2"

// releases are the builds to fetch, by major version.
func releases() map[int]embeddedpostgres.PostgresVersion {
	return map[int]embeddedpostgres.PostgresVersion{
		14: embeddedpostgres.V14,
		15: embeddedpostgres.V15,
		16: embeddedpostgres.V16,
		17: embeddedpostgres.V17,
		18: embeddedpostgres.V18,
	}
}

// defaultCacheDir keeps downloads where the server's account can read them.
func defaultCacheDir() string {
	if isRoot() {
		return "/var/cache/pandian/postgres"
	}
	return filepath.Join(xdg.CacheHome, "pandian", "postgres")
}

// fetchBinaries returns downloaded server binaries, from the cache or from the
// network, of the major version want or, if that is 0, of the newest one.
func fetchBinaries(ctx context.Context, opts Options, acct account, want int) (binaries, error) {
	if want == 0 {
		want = newestMajor
	}
	release, ok := releases()[want]
	if !ok {
		return binaries{}, fmt.Errorf("there are no builds of PostgreSQL %d to fetch", want)
	}
	if err := os.MkdirAll(opts.CacheDir, acct.folderMode()); err != nil {
		return binaries{}, fmt.Errorf("make the cache folder: %w", err)
	}
	if err := acct.checkReach(opts.CacheDir); err != nil {
		return binaries{}, err
	}
	turn := flock.New(filepath.Join(opts.CacheDir, "lock"))
	if _, err := turn.TryLockContext(ctx, lockPoll); err != nil {
		return binaries{}, fmt.Errorf("wait for another download: %w", err)
	}
	defer func() { _ = turn.Close() }()

	dist := filepath.Join(opts.CacheDir, string(release))
	if bin, err := inspect(ctx, filepath.Join(dist, "bin")); err == nil {
		return bin, nil
	}
	base := strings.TrimRight(opts.DownloadBaseURL, "/")
	if base == "" {
		base = mavenCentral
	}
	opts.Notify(fmt.Sprintf("no PostgreSQL on this machine: fetching PostgreSQL %s (tens of megabytes, once) from %s", release, base))
	if err := download(ctx, base, release, want, dist, acct); err != nil {
		return binaries{}, err
	}
	return inspect(ctx, filepath.Join(dist, "bin"))
}

// download puts the release into the folder dist, whole or not at all.
func download(ctx context.Context, base string, release embeddedpostgres.PostgresVersion, major int, dist string, acct account) error {
	work, err := os.MkdirTemp(filepath.Dir(dist), "fetch-")
	if err != nil {
		return fmt.Errorf("make a folder for the download: %w", err)
	}
	defer os.RemoveAll(work)
	if err := os.Chmod(work, acct.folderMode()); err != nil {
		return fmt.Errorf("open the folder for the download: %w", err)
	}
	unpacked := filepath.Join(work, "dist")
	errFetch := unpack(ctx, base, release, major, work, unpacked)
	if ctx.Err() != nil {
		return fmt.Errorf("fetch from %s: %w", base, ctx.Err())
	}
	if _, err := inspect(ctx, filepath.Join(unpacked, "bin")); err != nil {
		return fmt.Errorf("fetch from %s: %w", base, errors.Join(errFetch, err))
	}
	if err := os.RemoveAll(dist); err != nil {
		return fmt.Errorf("clear the place of the download: %w", err)
	}
	if err := os.Rename(unpacked, dist); err != nil {
		return fmt.Errorf("keep the download: %w", err)
	}
	return nil
}

// unpack lets embedded-postgres fetch and unpack a release into the folder
// unpacked. The library has no call that does only this: its Start goes on to
// initdb, which fails for root, and to a server with its own ideas of ports
// and passwords. So it is shown a folder that passes for a cluster, which
// skips initdb, but that no server starts in. The error is therefore expected;
// whether the programs are there is for the caller to see.
func unpack(ctx context.Context, base string, release embeddedpostgres.PostgresVersion, major int, work, unpacked string) error {
	decoy := filepath.Join(work, "decoy")
	if err := os.Mkdir(decoy, 0o700); err != nil {
		return fmt.Errorf("make decoy cluster: %w", err)
	}
	if err := os.WriteFile(filepath.Join(decoy, "PG_VERSION"), []byte(strconv.Itoa(major)+"\n"), 0o600); err != nil {
		return fmt.Errorf("make decoy cluster: %w", err)
	}
	config := embeddedpostgres.DefaultConfig().
		Version(release).
		BinaryRepositoryURL(base).
		CachePath(filepath.Join(work, "archive")).
		RuntimePath(filepath.Join(work, "runtime")).
		BinariesPath(unpacked).
		DataPath(decoy).
		Port(0).
		Logger(io.Discard)
	before := libraryLogs()
	done := make(chan error, 1)
	go func() { done <- embeddedpostgres.NewDatabase(config).Start() }()
	defer func() { removeNew(before) }()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		// The library knows no context; its download ends with the process.
		return ctx.Err()
	}
}

// libraryLogs lists the log files that the library leaves in the folder for
// temporary files; it says nowhere which one is its own.
func libraryLogs() []string {
	logs, err := filepath.Glob(filepath.Join(os.TempDir(), "embedded_postgres_log*"))
	if err != nil {
		return nil
	}
	return logs
}

func removeNew(before []string) {
	for _, path := range libraryLogs() {
		if !slices.Contains(before, path) {
			_ = os.Remove(path)
		}
	}
}
