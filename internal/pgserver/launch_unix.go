//go:build unix

package pgserver

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"
)

// spawn starts the server in a session of its own. pg_ctl is not used for it,
// because then nobody would collect the process where process 1 does not, and
// because its way through a shell breaks on unusual names of folders.
func (c *cluster) spawn(ctx context.Context) error {
	log, err := os.OpenFile(c.logFile(), os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		return fmt.Errorf("open the server log: %w", err)
	}
	defer log.Close()
	cmd := exec.Command(filepath.Join(c.bin.dir, "postgres"), "-D", c.data())
	c.acct.detach(cmd)
	cmd.Dir = c.home
	cmd.Env = serverEnv(os.Environ())
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	poll := time.NewTicker(readyPoll)
	defer poll.Stop()
	for {
		select {
		case err := <-ended:
			if err == nil {
				err = errors.New("it ended at once")
			}
			return err
		case <-ctx.Done():
			_ = cmd.Process.Signal(syscall.SIGINT)
			<-ended //nolint:errcheck // the context is why it ended
			return ctx.Err()
		case <-poll.C:
			if pm, err := c.postmaster(); err != nil || pm != nil && pm.pid == cmd.Process.Pid {
				return err
			}
		}
	}
}
