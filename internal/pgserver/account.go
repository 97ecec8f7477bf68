package pgserver

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// account is who the server processes run as.
type account struct {
	name     string
	uid, gid uint32
	// switched says that this process is root and the account is not.
	switched bool
}

// folderMode is the mode of the folders above the cluster: for root they must
// let the server's account pass.
func (a account) folderMode() fs.FileMode {
	if a.switched {
		return 0o755
	}
	return 0o700
}

// checkReach returns an error that names the first folder on the way to dir
// which the account cannot enter. What does not exist yet is left out. There is
// nothing to check when the account is the user itself, who finds out by trying.
func (a account) checkReach(dir string) error {
	if !a.switched {
		return nil
	}
	real, err := filepath.EvalSymlinks(dir)
	for there := dir; errors.Is(err, fs.ErrNotExist) && filepath.Dir(there) != there; {
		there = filepath.Dir(there)
		real, err = filepath.EvalSymlinks(there)
	}
	if err != nil {
		return fmt.Errorf("look for folder: %w", err)
	}
	for _, step := range ancestors(real) {
		info, err := os.Stat(step)
		if err != nil {
			return fmt.Errorf("look at folder: %w", err)
		}
		if !a.mayEnter(info) {
			return fmt.Errorf(
				"as root, the server runs as the account %s, which cannot enter %s (mode %04o) on the way to %s: choose a data folder elsewhere or let others enter that one (chmod o+x)",
				a.name, step, info.Mode().Perm(), dir)
		}
	}
	return nil
}

// ancestors lists dir and all folders above it, the root first.
func ancestors(dir string) []string {
	parent := filepath.Dir(dir)
	if parent == dir {
		return []string{dir}
	}
	return append(ancestors(parent), dir)
}

// mayEnter goes by owner, group and mode; access control lists are not read.
func (a account) mayEnter(info fs.FileInfo) bool {
	uid, gid := ownerOf(info)
	switch {
	case a.uid == uid:
		return info.Mode()&0o100 != 0
	case a.gid == gid:
		return info.Mode()&0o010 != 0
	default:
		return info.Mode()&0o001 != 0
	}
}

// makePrivate makes the folder dir, if it is not there, so that only the
// account may enter it. A folder of somebody else is refused: whoever owns the
// folder of the socket could pretend to be the server.
func (a account) makePrivate(dir string) error {
	if err := os.Mkdir(dir, 0o700); err == nil {
		return a.give(dir)
	} else if !os.IsExist(err) {
		return fmt.Errorf("make private folder: %w", err)
	}
	info, err := os.Lstat(dir)
	if err != nil {
		return fmt.Errorf("look at private folder: %w", err)
	}
	if uid, _ := ownerOf(info); !info.IsDir() || (uid != a.uid && uid != currentUID()) {
		return fmt.Errorf("%s is not a folder of the account %s: remove it", dir, a.name)
	}
	if err := os.Chmod(dir, 0o700); err != nil {
		return fmt.Errorf("protect private folder: %w", err)
	}
	return a.give(dir)
}

// give hands a file or folder to the account.
func (a account) give(path string) error {
	if !a.switched {
		return nil
	}
	if err := os.Lchown(path, int(a.uid), int(a.gid)); err != nil {
		return fmt.Errorf("give %s to the account %s: %w", path, a.name, err)
	}
	return nil
}
