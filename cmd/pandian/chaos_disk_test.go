package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"pandian/internal/fault"
	"pandian/internal/pgserver"
)

// ledgerText is everything that a comparison leaves behind, as one text.
const ledgerText = `
	select coalesce(string_agg(d::text, ' ' order by record_key, field), '')
		|| (select count(*) from compare.discrepancy_event)::text || (select count(*) from outbox.document where pipeline_code = 'stock-compare')::text
	from compare.discrepancy as d`

// fault 13: the disk of the database is full while it compares: the kernel refuses
// to give the ledger another block. The run fails whole and says what to do, the
// ledger stays as it was, and with room again the next run is well.
func TestACompareThatMeetsAFullDisk(t *testing.T) {
	t.Parallel()
	disk := smallDisk(t) // before the server starts, so that it outlives it
	server := newOwnServer(t)
	c := chaosOn(t, server, stockPipeline)
	var makeRoom func()
	if disk != "" {
		c.run(c.pipeline) // there is a ledger
		makeRoom = c.fillsUp(server, disk)
	} else {
		c.must("extract", c.pipeline, "-q")
		makeRoom = c.opensFullDevice(server)
	}
	c.scale = 8 // more than fits in the block that the table has already
	c.somethingNew()
	stood := ask[string](c.shop, ledgerText)
	failed := c.fails(fault.TransformFailed, "run", c.pipeline)
	if !strings.Contains(failed.Message, "No space left on device") || !strings.Contains(failed.Message, "53100") || !strings.Contains(failed.Message, "compare/discrepancy") {
		t.Errorf("got %q, want it to name the step and the disk", failed.Message)
	}
	if !strings.Contains(failed.Suggestion, "make room on the database server's disk") {
		t.Errorf("got %q, want it to say what to do", failed.Suggestion)
	}
	makeRoom()
	if stands := ask[string](c.shop, ledgerText); stands != stood {
		t.Errorf("the ledger changed (from, to):\n%s\n%s", stood, stands)
	}
	c.recovers("a full disk")
	c.settles()
	reports(t, "full disk (%s): the run failed whole, the ledger stood, all well %s after there was room", map[bool]string{true: "tmpfs of 1 MB", false: "/dev/full"}[disk != ""], c.took[0])
}

// smallDisk is a file system of 1 MB of its own; empty where none may be mounted.
func smallDisk(t *testing.T) string {
	t.Helper()
	dir, err := pgserver.ReachableTempDir()
	if err != nil {
		t.Fatal(err)
	}
	dir = filepath.Join(dir, fmt.Sprintf("pandian-disk-%d", os.Getpid()))
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.Remove(dir) })
	if said, err := exec.CommandContext(t.Context(), "mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", dir).CombinedOutput(); err != nil {
		t.Logf("no file system may be mounted here, so /dev/full stands for it: %s", said)
		return ""
	}
	t.Cleanup(func() {
		if said, err := exec.Command("umount", dir).CombinedOutput(); err != nil { //nolint:noctx // the test's context has ended
			t.Errorf("unmount %s: %s", dir, said)
		}
	})
	return dir
}

// fillsUp moves the ledger to a small disk and fills that to its last byte.
func (c *chaos) fillsUp(server *ownServer, disk string) (makeRoom func()) {
	c.t.Helper()
	space := filepath.Join(disk, "space")
	if err := os.Mkdir(space, 0o700); err != nil {
		c.t.Fatal(err)
	}
	owner, err := os.Stat(filepath.Join(server.Dir(), "data"))
	if err != nil {
		c.t.Fatal(err)
	}
	if err := os.Chown(space, int(owner.Sys().(*syscall.Stat_t).Uid), -1); err != nil {
		c.t.Fatal(err)
	}
	c.tell("create tablespace small location '" + space + "'")
	c.tell("alter table compare.discrepancy set tablespace small")
	ballast := filepath.Join(disk, "ballast")
	for _, block := range []int{4096, 1} {
		file, err := os.OpenFile(ballast, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
		for err == nil {
			_, err = file.Write(make([]byte, block))
		}
		_ = file.Close()
	}
	return func() {
		if err := os.Remove(ballast); err != nil {
			c.t.Fatal(err)
		}
	}
}

// opensFullDevice lets the ledger, which is empty, stand on the device that is always
// full: every block that Postgres adds to it is refused by the kernel.
func (c *chaos) opensFullDevice(server *ownServer) (makeRoom func()) {
	c.t.Helper()
	file := filepath.Join(server.Dir(), "data", ask[string](c.shop, "select pg_relation_filepath('compare.discrepancy')"))
	if err := os.Rename(file, file+".aside"); err != nil {
		c.t.Fatal(err)
	}
	if err := os.Symlink("/dev/full", file); err != nil {
		c.t.Fatal(err)
	}
	return func() {
		if err := os.Rename(file+".aside", file); err != nil {
			c.t.Fatal(err)
		}
	}
}
