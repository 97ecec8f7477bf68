package pgserver

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

const (
	// logLimit is the size in bytes at which server.log is set aside.
	logLimit = 10 << 20
	// tailLines is how much of a log goes into an error.
	tailLines = 15
)

// run executes one of the server's programs as the server's account, out of
// reach of this terminal, and returns what it printed.
func (c *cluster) run(ctx context.Context, program string, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, filepath.Join(c.bin.dir, program), args...)
	c.acct.detach(cmd)
	cmd.Dir = c.home
	cmd.Env = serverEnv(os.Environ())
	// A server that pg_ctl started must not keep this call waiting.
	cmd.WaitDelay = time.Second
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	if errors.Is(err, exec.ErrWaitDelay) {
		err = nil
	}
	return out.Bytes(), err
}

// serverEnv leaves out what would steer the server's programs elsewhere, and
// asks for messages in English, which explain can read.
func serverEnv(environ []string) []string {
	env := []string{"LC_ALL=C"}
	for _, entry := range environ {
		if !strings.HasPrefix(entry, "PG") && !strings.HasPrefix(entry, "LC_") && !strings.HasPrefix(entry, "LANG") {
			env = append(env, entry)
		}
	}
	return env
}

// openLog makes server.log for the account, sets a long one aside, and returns
// where in it the next start begins.
func (c *cluster) openLog() (from int64, err error) {
	if info, err := os.Stat(c.logFile()); err == nil && info.Size() > logLimit {
		if err := os.Rename(c.logFile(), c.logFile()+".old"); err != nil {
			return 0, fmt.Errorf("set the server log aside: %w", err)
		}
	}
	file, err := os.OpenFile(c.logFile(), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return 0, fmt.Errorf("open the server log: %w", err)
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return 0, fmt.Errorf("open the server log: %w", err)
	}
	return info.Size(), c.acct.give(c.logFile())
}

// logTail is what the server wrote into its log after the byte from.
func (c *cluster) logTail(from int64) tail {
	raw, err := os.ReadFile(c.logFile())
	if err != nil || int64(len(raw)) < from {
		return nil
	}
	return tail(raw[from:])
}

// tail is the output of a program of the server that failed.
type tail []byte

// causes are what people can do something about, by what PostgreSQL and the C
// library say. They are tried in order.
var causes = []struct{ sign, meaning string }{
	{"No space left on device", "the disk is full: make room and try again"},
	{"Disk quota exceeded", "your disk quota is used up: make room and try again"},
	{"Read-only file system", "the data folder is on a read-only file system: choose another one"},
	{"database files are incompatible", "the data folder was made by another version of PostgreSQL"},
	{"Cannot allocate memory", "there is not enough memory for the server (shared_buffers)"},
	{"could not map anonymous shared memory", "there is not enough memory for the server (shared_buffers)"},
	{"Operation not permitted", "this process may not switch to the account %s: run it as an ordinary user"},
	{"Permission denied", "the account %s may not use what it needs; look at owner and mode of the folders named below"},
}

// explain makes an error of what happened, its cause in plain words where it
// is known, and the last lines of the output.
func (t tail) explain(acct account, what string) error {
	text := strings.TrimSpace(string(t))
	var b strings.Builder
	b.WriteString(what)
	for _, cause := range causes {
		if strings.Contains(text+what, cause.sign) {
			b.WriteString(": " + strings.ReplaceAll(cause.meaning, "%s", acct.name))
			break
		}
	}
	lines := strings.Split(text, "\n")
	if len(lines) > tailLines {
		lines = lines[len(lines)-tailLines:]
	}
	if text != "" {
		b.WriteString("\nwhat the server said last:\n  " + strings.Join(lines, "\n  "))
	}
	return errors.New(b.String())
}
