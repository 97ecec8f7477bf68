//go:build unix

package pgserver

import (
	"log/slog"
	"os"
	"os/exec"
	"strconv"
	"syscall"
	"time"
)

// watchScript waits until the process at the other end of its standard input
// is gone, and then does what Close would have done. It runs in the server's
// folder. $1 is the lease, $2 the seconds to linger, $3 and $4 what to remove
// after the server has stopped, or nothing.
//
// The number of the server is read before the lease is given up: from then on
// the next command may start a new server, which must not be hit. A server
// that has ended but that no init process collects (in a container) keeps its
// number; so the end of the wait is its file, which it removes itself.
const watchScript = `
while read -r _; do :; done
[ "$2" = 0 ] || sleep "$2"
pid=
read -r pid 2>/dev/null <data/postmaster.pid
rm "users/$1" 2>/dev/null && rmdir users 2>/dev/null || exit 0
[ -z "$pid" ] || kill -INT "$pid" 2>/dev/null
[ -n "$3$4" ] || exit 0
tries=0
while [ -e data/postmaster.pid ] && kill -0 "$pid" 2>/dev/null && [ "$tries" -lt 300 ]; do
    sleep 0.1
    tries=$((tries + 1))
done
cd /
for try in 1 2 3; do
    rm -rf ${3:+"$3"} ${4:+"$4"} 2>/dev/null && exit 0
    sleep 1
done
`

// watcher is a process that outlives this one.
type watcher struct {
	cmd  *exec.Cmd
	pipe *os.File // closed by the kernel when this process ends
}

// watch starts the watcher of a lease. Without sh there is none, and a killed
// command leaves its server running for the next one to find.
func watch(cl *cluster, l *lease, opts Options) *watcher {
	r, w, err := os.Pipe()
	if err != nil {
		opts.Logger.Warn("no watcher for the private postgres", slog.Any("error", err))
		return nil
	}
	defer r.Close()
	remove, removeSocket := "", ""
	if opts.Throwaway {
		remove = cl.home
		if dir := socketDir(cl.home); dir != cl.runDir() {
			removeSocket = dir
		}
	}
	linger := strconv.Itoa(int(opts.Linger / time.Second))
	cmd := exec.Command("sh", "-c", watchScript, "pandian-watcher", l.name, linger, remove, removeSocket)
	cmd.Dir = cl.home
	cmd.Stdin = r
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := cmd.Start(); err != nil {
		_ = w.Close()
		opts.Logger.Warn("no watcher for the private postgres", slog.Any("error", err))
		return nil
	}
	return &watcher{cmd: cmd, pipe: w}
}

// dismiss ends the watcher before it acts.
func (w *watcher) dismiss() {
	if w == nil {
		return
	}
	_ = w.cmd.Process.Kill()
	_ = w.cmd.Wait()
	_ = w.pipe.Close()
}
