package pgserver

import (
	"context"
	"fmt"
	"strings"
)

// spawn lets pg_ctl start the server, because only pg_ctl can drop the rights
// of an administrator, as which the server refuses to run.
func (c *cluster) spawn(ctx context.Context) error {
	out, err := c.pgCtl(ctx, startSeconds, "start", "-l", c.logFile())
	if err != nil {
		return fmt.Errorf("%w: %s", err, strings.TrimSpace(string(out)))
	}
	return nil
}
