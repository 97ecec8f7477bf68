package pgserver

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
)

const (
	// socketPort is no port here; PostgreSQL makes it part of the socket's name.
	socketPort = 5432
	// maxSocketPath is the longest path of a socket in bytes. Kernels take 103
	// (macOS) or 107 (Linux), without the closing zero.
	maxSocketPath = 99
)

// endpoint is where a server can be reached.
type endpoint struct {
	host     string // folder of the Unix socket, or 127.0.0.1
	port     int
	password string // empty where the socket's folder protects the server
}

// url is a connection URL that pgx and psql understand.
func (e endpoint) url(db string) string {
	u := url.URL{Scheme: "postgres", User: url.User(superuser), Path: "/" + db}
	if e.password != "" {
		u.User = url.UserPassword(superuser, e.password)
		u.Host = net.JoinHostPort(e.host, strconv.Itoa(e.port))
		u.RawQuery = "sslmode=disable"
		return u.String()
	}
	u.RawQuery = url.Values{"host": {e.host}, "port": {strconv.Itoa(e.port)}}.Encode()
	return u.String()
}

// psqlLine is the command for a shell. The port is named because PGPORT may be
// set to something else.
func psqlLine(psql string, at endpoint) string {
	if at.password != "" {
		return shellQuote(psql) + " " + shellQuote(at.url(database))
	}
	return fmt.Sprintf("%s -h %s -p %d -U %s -d %s", shellQuote(psql), shellQuote(at.host), at.port, superuser, database)
}

// shellQuote leaves plain words alone, so that the usual line is easy to read.
func shellQuote(word string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("/._-+:@%=,", r)
	}
	if word != "" && strings.IndexFunc(word, func(r rune) bool { return !plain(r) }) < 0 {
		return word
	}
	if runtime.GOOS == "windows" {
		return `"` + word + `"`
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}

// socketDir is the folder of the socket: <home>/run, or, where the path of the
// socket would be too long for the kernel, a short one in the system's folder
// for temporary files whose name is derived from home.
func socketDir(home string) string {
	dir := filepath.Join(home, "run")
	sum := sha256.Sum256([]byte(home))
	short := "pandian-" + hex.EncodeToString(sum[:6])
	for _, next := range []string{filepath.Join(os.TempDir(), short), filepath.Join("/tmp", short)} {
		if len(socketPath(dir)) <= maxSocketPath {
			break
		}
		dir = next
	}
	return dir
}

func socketPath(dir string) string {
	return filepath.Join(dir, ".s.PGSQL."+strconv.Itoa(socketPort))
}

func usesTCP(opts Options) bool { return opts.tcp || runtime.GOOS == "windows" }

// removeShortSocketDir removes a folder made in place of <home>/run, once the
// server is gone. It stays if it is not empty.
func (c *cluster) removeShortSocketDir() {
	if dir := socketDir(c.home); dir != c.runDir() {
		_ = os.Remove(dir)
	}
}

// prepareEndpoint readies the place where the next server will listen.
func (c *cluster) prepareEndpoint() (endpoint, error) {
	if !usesTCP(c.opts) {
		dir := socketDir(c.home)
		if err := c.acct.makePrivate(dir); err != nil {
			return endpoint{}, err
		}
		// A killed server leaves its socket and that socket's lock file.
		for _, stale := range []string{socketPath(dir), socketPath(dir) + ".lock"} {
			if err := os.Remove(stale); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return endpoint{}, fmt.Errorf("remove stale socket: %w", err)
			}
		}
		return endpoint{host: dir, port: socketPort}, c.acct.checkReach(filepath.Dir(dir))
	}
	// Ask the kernel for a free port. Somebody may take it before the server
	// does; then the start fails and can be repeated.
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return endpoint{}, fmt.Errorf("look for a free port: %w", err)
	}
	defer listener.Close()
	port := listener.Addr().(*net.TCPAddr).Port
	password, err := c.password()
	return endpoint{host: "127.0.0.1", port: port, password: password}, err
}

// password reads the superuser's password for TCP, and makes it the first time.
func (c *cluster) password() (string, error) {
	raw, err := os.ReadFile(c.passwordFile())
	if err == nil && len(raw) > 0 {
		return strings.TrimSpace(string(raw)), nil
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("read the database password: %w", err)
	}
	password := rand.Text()
	if err := os.WriteFile(c.passwordFile(), []byte(password+"\n"), 0o600); err != nil {
		return "", fmt.Errorf("keep the database password: %w", err)
	}
	return password, c.acct.give(c.passwordFile())
}
