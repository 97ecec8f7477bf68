package pgserver

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/adrg/xdg"
)

const (
	// superuser owns the database; people connect as it, too.
	superuser = "pandian"
	database  = "pandian"

	// closeTimeout bounds how long Close waits for another command that is
	// starting or stopping the server, and for the server's last checkpoint.
	closeTimeout = 3 * time.Minute
)

// Options says where and how the server runs. The zero value is ready to use.
type Options struct {
	// Dir is the folder of the server; DefaultDir() if empty.
	Dir string
	// Logger gets what a developer wants to know; nothing is logged if nil.
	Logger *slog.Logger
	// Notify gets one line, without line break, for each step that a person
	// may have to wait for. It may be nil.
	Notify func(line string)
	// Settings are PostgreSQL parameters on top of the package's own, without
	// quotes. They count when this call starts the server, not when it joins a
	// running one.
	Settings map[string]string
	// BinDir is the folder with postgres, initdb and pg_ctl. If empty, the
	// usual places are searched, and then the network.
	BinDir string
	// DownloadBaseURL is the Maven repository that serves server binaries;
	// Maven Central if empty.
	DownloadBaseURL string
	// CacheDir keeps downloaded binaries; the user's cache folder if empty,
	// /var/cache/pandian for root.
	CacheDir string

	// Throwaway makes a server whose data nobody will miss: it runs without
	// fsync in a folder of its own that starts with the name Dir and ends with
	// a random number, is shared by all who pass the same Dir, and is removed
	// when the last user is gone. The parent of Dir must exist.
	Throwaway bool
	// Linger is how long the server outlives a user that ended without Close,
	// in whole seconds, so that the next user need not start it again.
	Linger time.Duration

	// places overrides the folders searched for binaries, in tests.
	places []string
	// tcp uses a port and a password in place of a Unix socket.
	tcp bool
}

// Server is this command's share of a running server. It must be kept and
// closed: a Server that is garbage collected counts as a user who has left.
type Server struct {
	cluster *cluster
	lock    lockPlace
	lease   *lease
	watcher *watcher
	version string

	closeOnce sync.Once
	closeErr  error
}

// DefaultDir is the data folder of the user, such as
// ~/.local/share/pandian/postgres. For root it is /var/lib/pandian/postgres,
// because the account that the server runs as cannot look into root's home.
func DefaultDir() string {
	if isRoot() {
		return "/var/lib/pandian/postgres"
	}
	return filepath.Join(xdg.DataHome, "pandian", "postgres")
}

// Start joins the server that runs in the folder, or starts one; what is
// missing (binaries, cluster, database) is made first. It returns when the
// database accepts connections. The caller must Close the Server.
//
// The server does not end with ctx; ctx only bounds the start.
func Start(ctx context.Context, opts Options) (*Server, error) {
	opts = opts.withDefaults()
	s, err := start(ctx, opts)
	if errors.Is(err, fs.ErrPermission) {
		return nil, fmt.Errorf("private postgres in %s: %w: the folder must belong to the user who runs this; choose another data folder or set PANDIAN_DATABASE_URL", opts.Dir, err)
	}
	if err != nil {
		return nil, fmt.Errorf("private postgres in %s: %w", opts.Dir, err)
	}
	return s, nil
}

func (o Options) withDefaults() Options {
	if o.Dir == "" {
		o.Dir = DefaultDir()
	}
	if abs, err := filepath.Abs(o.Dir); err == nil {
		o.Dir = abs
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Notify == nil {
		o.Notify = func(string) {}
	}
	if o.CacheDir == "" {
		o.CacheDir = defaultCacheDir()
	}
	return o
}

func start(ctx context.Context, opts Options) (*Server, error) {
	acct, err := serverAccount(filepath.Join(opts.Dir, "data"))
	if err != nil {
		return nil, err
	}
	place := lockPlaceOf(opts)
	if err := place.prepare(acct); err != nil {
		return nil, err
	}
	bin, err := findBinaries(ctx, opts, acct)
	if err != nil {
		return nil, err
	}
	unlock, err := place.lock(ctx, opts.Notify)
	if err != nil {
		return nil, err
	}
	defer unlock()

	cl := &cluster{home: opts.Dir, bin: bin, acct: acct, opts: opts}
	s := &Server{cluster: cl, lock: place}
	var fresh bool
	if opts.Throwaway {
		cl.home, s.lease, fresh, err = joinThrowaway(ctx, opts, *cl)
	} else {
		s.lease, fresh, err = joinUsers(cl.users(), true)
	}
	if err != nil {
		return nil, err
	}
	s.watcher = watch(cl, s.lease, opts)
	if err := s.run(ctx, fresh); err != nil {
		return nil, errors.Join(err, s.leave(context.WithoutCancel(ctx)))
	}
	return s, nil
}

// run makes sure that the server runs. fresh says that the folder users/ was
// not there: whatever still runs is a server that is being stopped.
func (s *Server) run(ctx context.Context, fresh bool) error {
	cl := s.cluster
	if err := removeStaleLeases(cl.users(), s.lease); err != nil {
		return err
	}
	if fresh {
		if err := cl.stopIfRunning(ctx); err != nil {
			return err
		}
	}
	version, err := cl.ensureRunning(ctx)
	if err != nil {
		return err
	}
	s.version = version
	return nil
}

// URL is a connection URL for pgx and psql, to the database pandian as the
// superuser pandian.
func (s *Server) URL() string { return s.cluster.at.url(database) }

// PSQL is a command line that opens the database in psql, ready to paste into
// a shell of the user who started the server, or of root.
func (s *Server) PSQL() string { return psqlLine(s.cluster.psqlPath(), s.cluster.at) }

// PSQLPath is the program psql that fits the server, or "psql".
func (s *Server) PSQLPath() string { return s.cluster.psqlPath() }

// Version is the server's own version, such as "15.18".
func (s *Server) Version() string { return s.version }

// Dir is the folder that the server runs in.
func (s *Server) Dir() string { return s.cluster.home }

// Close gives this command's share back, and stops the server if nobody else
// uses it. A second call does nothing and returns the first call's error.
func (s *Server) Close() error {
	s.closeOnce.Do(func() {
		ctx, cancel := context.WithTimeout(context.Background(), closeTimeout)
		defer cancel()
		unlock, err := s.lock.lock(ctx, s.cluster.opts.Notify)
		if err != nil {
			s.closeErr = fmt.Errorf("close private postgres in %s: %w", s.cluster.home, err)
			return
		}
		defer unlock()
		if err := s.leave(ctx); err != nil {
			s.closeErr = fmt.Errorf("close private postgres in %s: %w", s.cluster.home, err)
		}
	})
	return s.closeErr
}

// leave takes this command out of the users. The caller holds the lock.
func (s *Server) leave(ctx context.Context) error {
	s.watcher.dismiss()
	cl := s.cluster
	errLease := s.lease.release()
	errStale := removeStaleLeases(cl.users(), nil)
	if err := os.Remove(cl.users()); err != nil {
		// The folder is not empty: somebody else is still there.
		return errors.Join(errLease, errStale)
	}
	errStop := cl.stopIfRunning(ctx)
	cl.removeShortSocketDir()
	var errRemove error
	if cl.opts.Throwaway {
		errRemove = cl.remove()
	}
	return errors.Join(errLease, errStale, errStop, errRemove)
}
