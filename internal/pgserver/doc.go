// Package pgserver runs the private PostgreSQL that pandian uses where no
// database URL is configured, and the throwaway one that tests use.
//
// # On disk
//
//	<dir>/lock         held while a command starts or stops the server
//	<dir>/users/       one file per command that uses the server
//	<dir>/data/        the cluster, made in data.new and renamed when complete
//	<dir>/run/         the socket; only the server's account and root get in
//	<dir>/server.log   what the server has to say
//
// # Who may connect
//
// There is no TCP port. Connections are trusted because the folder of the
// socket admits the server's account only (mode 0700). Where Unix sockets are
// not to be had (Windows), the server listens on 127.0.0.1 and asks for a
// random password that is kept in <dir>/password.
//
// # Sharing one server
//
// Every command that uses the server puts a file into users/ and holds an
// exclusive flock on it until it ends. The last one out stops the server: it
// removes its file, and only if it can then remove the folder users/, which
// the kernel refuses as long as another file is in it, nobody is left. That is
// one atomic step which needs no lock, and so a few lines of shell can take it
// too: each command starts a small watcher (see watch) that holds the read end
// of a pipe. However the command ends, kill -9 included, the pipe closes, and
// the watcher does what Close would have done. A single file under a shared
// flock would have been simpler to count by, but sh has no portable way to ask
// for a flock (macOS ships no flock command). If the watcher was killed as
// well, the file's free flock tells the next command that it is stale.
package pgserver
