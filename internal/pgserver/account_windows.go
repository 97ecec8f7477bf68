package pgserver

import (
	"io/fs"
	"os"
	"os/exec"
	"os/user"
	"syscall"
)

// isRoot is always false: on Windows pg_ctl itself drops an administrator's
// rights before it starts the server.
func isRoot() bool { return false }

func currentUID() uint32 { return 0 }

func serverAccount(string) (account, error) {
	u, err := user.Current()
	if err != nil {
		return account{name: "the current user"}, nil
	}
	return account{name: u.Username}, nil
}

// detach keeps Ctrl-C in this console from the command.
func (a account) detach(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{CreationFlags: syscall.CREATE_NEW_PROCESS_GROUP}
}

func ownerOf(fs.FileInfo) (uid, gid uint32) { return 0, 0 }

// processExists reports whether some process has the number pid; on Windows
// FindProcess opens it and so fails for one that is gone.
func processExists(pid int) bool {
	process, err := os.FindProcess(pid)
	if err != nil {
		return false
	}
	_ = process.Release()
	return true
}
