package pgserver

import (
	"bytes"
	"context"
	"fmt"
	"strconv"
	"time"
)

// orphanPatience is how long a start waits for processes that outlived a
// killed server; they end when they next look, which may be after a query.
const orphanPatience = 30 * time.Second

// launch starts the server and returns once it has written postmaster.pid.
func (c *cluster) launch(ctx context.Context) error {
	if err := c.configure(ctx); err != nil {
		return err
	}
	c.opts.Notify(fmt.Sprintf("starting PostgreSQL %s", c.bin.version))
	deadline := time.Now().Add(orphanPatience)
	for {
		if err := c.disownPIDFile(); err != nil {
			return err
		}
		from, err := c.openLog()
		if err != nil {
			return err
		}
		err = c.spawn(ctx)
		if err == nil {
			return nil
		}
		if ctx.Err() != nil {
			return fmt.Errorf("start the server: %w", ctx.Err())
		}
		said := c.logTail(from)
		if !bytes.Contains(said, []byte("pre-existing shared memory block")) || time.Now().After(deadline) {
			return said.explain(c.acct, fmt.Sprintf("the server did not start (%v)", err))
		}
		time.Sleep(readyPoll)
	}
}

// pgCtl runs pg_ctl with a limit in seconds on what it waits for.
func (c *cluster) pgCtl(ctx context.Context, seconds int, action string, args ...string) ([]byte, error) {
	args = append([]string{action, "-D", c.data(), "-w", "-s", "-t", strconv.Itoa(seconds)}, args...)
	return c.run(ctx, "pg_ctl", args...)
}
