package pgserver

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// joinThrowaway takes a lease in a folder <opts.Dir>-<number>, making one if
// there is none. cl lends its binaries and account to clean up with. The
// caller holds the lock.
//
// A folder without users/ is on its way out and never used again: its last
// watcher may be removing it at this moment. So each server has a fresh folder
// with a name of its own, and no removal can hit a newer server.
func joinThrowaway(ctx context.Context, opts Options, cl cluster) (home string, l *lease, fresh bool, err error) {
	homes, err := throwawayHomes(opts.Dir)
	if err != nil {
		return "", nil, false, err
	}
	for _, home := range homes {
		cl.home = home
		l, _, err := joinUsers(cl.users(), false)
		if err == nil {
			return home, l, false, nil
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return "", nil, false, err
		}
		if err := errors.Join(cl.stopIfRunning(ctx), cl.remove()); err != nil {
			return "", nil, false, fmt.Errorf("remove what a killed command left: %w", err)
		}
	}
	home, err = os.MkdirTemp(filepath.Dir(opts.Dir), filepath.Base(opts.Dir)+"-")
	if err != nil {
		return "", nil, false, fmt.Errorf("make throwaway folder: %w", err)
	}
	if err := os.Chmod(home, cl.acct.folderMode()); err != nil {
		return "", nil, false, fmt.Errorf("open throwaway folder: %w", err)
	}
	l, fresh, err = joinUsers(filepath.Join(home, "users"), true)
	return home, l, fresh, err
}

// throwawayHomes lists the folders <prefix>-<number> of this user.
func throwawayHomes(prefix string) ([]string, error) {
	entries, err := os.ReadDir(filepath.Dir(prefix))
	if err != nil {
		return nil, fmt.Errorf("look for throwaway folders: %w", err)
	}
	var homes []string
	for _, entry := range entries {
		number, ok := strings.CutPrefix(entry.Name(), filepath.Base(prefix)+"-")
		if !ok || !entry.IsDir() || strings.Trim(number, "0123456789") != "" {
			continue
		}
		info, err := entry.Info()
		if err != nil {
			continue // gone since
		}
		if uid, _ := ownerOf(info); uid == currentUID() {
			homes = append(homes, filepath.Join(filepath.Dir(prefix), entry.Name()))
		}
	}
	return homes, nil
}

// remove deletes the folder of a stopped throwaway server.
func (c *cluster) remove() error {
	if err := os.RemoveAll(c.home); err != nil {
		return fmt.Errorf("remove throwaway folder: %w", err)
	}
	return nil
}

// ReachableTempDir is a folder for temporary files that the server's account
// can enter, which root's own may not be.
func ReachableTempDir() (string, error) {
	acct, err := serverAccount("")
	if err != nil {
		return "", err
	}
	var errs []error
	for _, dir := range []string{os.TempDir(), "/tmp", "/var/tmp"} {
		err := acct.checkReach(dir)
		if err == nil {
			return dir, nil
		}
		errs = append(errs, err)
	}
	return "", fmt.Errorf("look for a folder for temporary files: %w", errors.Join(errs...))
}
