package pgserver

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/gofrs/flock"
)

// lease is one user's file in users/. The kernel frees its flock when the
// process ends, in whatever way.
type lease struct {
	name string
	file *flock.Flock
}

// joinUsers puts a lease into the folder users. created reports that the
// folder was not there and had to be made; without create that is the error
// fs.ErrNotExist. The caller holds the lock, but a watcher, which takes no
// lock, may remove the empty folder at any moment before the lease is in it.
func joinUsers(users string, create bool) (l *lease, created bool, err error) {
	name := fmt.Sprintf("%d-%s", os.Getpid(), rand.Text()[:8])
	for {
		l := &lease{name: name, file: flock.New(filepath.Join(users, name))}
		ok, err := l.file.TryLock()
		switch {
		case err == nil && ok:
			return l, created, nil
		case err == nil:
			return nil, created, fmt.Errorf("lease %s is held by another process", l.file.Path())
		case !errors.Is(err, fs.ErrNotExist) || !create:
			return nil, created, fmt.Errorf("take a lease: %w", err)
		}
		if err := os.Mkdir(users, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
			return nil, created, fmt.Errorf("make folder of users: %w", err)
		}
		created = true
	}
}

// release takes the lease back. The file is unlocked first, because Windows
// removes no open file; nobody looks at it in between, for they would need the
// lock that the caller holds.
func (l *lease) release() error {
	if err := l.file.Close(); err != nil {
		return fmt.Errorf("unlock lease: %w", err)
	}
	if err := os.Remove(l.file.Path()); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("remove lease: %w", err)
	}
	return nil
}

// removeStaleLeases removes the leases whose process is gone. own is left
// alone; it may be nil.
func removeStaleLeases(users string, own *lease) error {
	entries, err := os.ReadDir(users)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("list users: %w", err)
	}
	for _, entry := range entries {
		if own != nil && entry.Name() == own.name {
			continue
		}
		other := &lease{name: entry.Name(), file: flock.New(filepath.Join(users, entry.Name()), flock.SetFlag(os.O_RDWR))}
		ok, err := other.file.TryLock()
		if errors.Is(err, fs.ErrNotExist) {
			continue // its watcher was faster
		}
		if err != nil {
			return fmt.Errorf("look at lease %s: %w", entry.Name(), err)
		}
		if !ok {
			continue
		}
		if err := other.release(); err != nil {
			return err
		}
	}
	return nil
}
