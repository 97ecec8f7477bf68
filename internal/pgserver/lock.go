package pgserver

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"github.com/gofrs/flock"
)

const lockPoll = 20 * time.Millisecond

// lockPlace is where commands queue up to start or stop a server.
type lockPlace struct {
	dir  string // must exist
	path string // what is locked
	flag int
	own  bool // dir belongs to the server and may be made
}

// lockPlaceOf picks the file <dir>/lock, and for a throwaway server the folder
// that its own folder is made in: a lock file there would be left behind, and
// one in the server's folder would go away with it. Windows locks no folders.
func lockPlaceOf(opts Options) lockPlace {
	switch {
	case !opts.Throwaway:
		return lockPlace{
			dir: opts.Dir, path: filepath.Join(opts.Dir, "lock"),
			flag: os.O_CREATE | os.O_RDWR, own: true,
		}
	case runtime.GOOS == "windows":
		return lockPlace{dir: filepath.Dir(opts.Dir), path: opts.Dir + ".lock", flag: os.O_CREATE | os.O_RDWR}
	default:
		return lockPlace{dir: filepath.Dir(opts.Dir), path: filepath.Dir(opts.Dir), flag: os.O_RDONLY}
	}
}

// prepare makes the folder, after a check that the server's account gets there.
func (p lockPlace) prepare(acct account) error {
	if err := acct.checkReach(p.dir); err != nil || !p.own {
		return err
	}
	if err := os.MkdirAll(p.dir, acct.folderMode()); err != nil {
		return fmt.Errorf("make the data folder: %w", err)
	}
	return nil
}

// lock waits for its turn and returns what ends it.
func (p lockPlace) lock(ctx context.Context, notify func(string)) (unlock func(), err error) {
	file := flock.New(p.path, flock.SetFlag(p.flag))
	ok, err := file.TryLock()
	if err == nil && !ok {
		waiting := time.AfterFunc(time.Second, func() {
			notify("waiting for another command that is starting or stopping the database")
		})
		defer waiting.Stop()
		_, err = file.TryLockContext(ctx, lockPoll)
	}
	if err != nil {
		return nil, fmt.Errorf("wait for the lock %s: %w", p.path, err)
	}
	return func() { _ = file.Close() }, nil
}
