package main

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"pandian/internal/fault"
	"pandian/internal/pgserver"
)

// chaosSeconds is how long the database is disturbed, for each pipeline; make
// chaos-postgres asks for more.
const chaosSeconds = "PANDIAN_CHAOS_SECONDS"

// ownServer is a Postgres that a test may break.
type ownServer struct {
	*pgserver.Server
	options pgserver.Options
}

func newOwnServer(t *testing.T) *ownServer {
	t.Helper()
	dir, err := pgserver.ReachableTempDir()
	if err != nil {
		t.Fatal(err)
	}
	options := pgserver.Options{Dir: filepath.Join(dir, fmt.Sprintf("pandian-chaos-%d-%d", os.Getpid(), time.Now().UnixNano())), Throwaway: true}
	server, err := pgserver.Start(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	s := &ownServer{Server: server, options: options}
	// What is committed must outlive a crash of the server; fsync stays off,
	// because the machine does not crash.
	s.tell(t, "alter system set synchronous_commit = on")
	s.tell(t, "select pg_reload_conf()")
	return s
}

func (s *ownServer) tell(t *testing.T, sql string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), s.URL())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	if _, err := conn.Exec(t.Context(), sql); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

// stops ends the server at once, as pg_ctl stop -m immediate does.
func (s *ownServer) stops(t *testing.T) {
	t.Helper()
	pid := s.postmaster(t)
	if err := syscall.Kill(pid, syscall.SIGQUIT); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(30 * time.Second); syscall.Kill(pid, 0) == nil; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the server does not stop")
		}
	}
}

// startsAgain brings a server back that was stopped.
func (s *ownServer) startsAgain(t *testing.T) {
	t.Helper()
	again, err := pgserver.Start(t.Context(), s.options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = again.Close() })
	if again.URL() != s.URL() {
		t.Fatalf("got a server at %s, want the one at %s", again.URL(), s.URL())
	}
}

func (s *ownServer) postmaster(t *testing.T) int {
	t.Helper()
	text := string(mustRead(t, filepath.Join(s.Dir(), "data", "postmaster.pid")))
	pid, err := strconv.Atoi(strings.TrimSpace(strings.Split(text, "\n")[0]))
	if err != nil {
		t.Fatal(err)
	}
	return pid
}

// chaosOn is a merchant whose database is on a server of its own.
func chaosOn(t *testing.T, s *ownServer, pipeline string) *chaos {
	t.Helper()
	options := chaosOptions()
	options.noMaps = true
	d := newDocuments(t, options)
	d.database = withCanary(s.URL())
	d.environ = []string{"PANDIAN_CONFIG=" + filepath.Join(d.dir, "pandian.yaml"), "PANDIAN_DATABASE_URL=" + d.database}
	d.must("migrate", "up", "-q")
	d.mapShops()
	return chaosOf(t, d, pipeline, 1)
}

// keepsRunning runs the pipeline again and again while it is disturbed, and counts
// how the runs ended. Each that fails must say why.
func (c *paired) keepsRunning(span time.Duration, disturb func(context.Context)) (ok, failed int) {
	c.t.Helper()
	ctx, cancel := context.WithCancel(c.t.Context())
	disturbed := make(chan struct{})
	had, began := c.arrived(), time.Now()
	go func() { defer close(disturbed); disturb(ctx) }()
	for time.Since(began) < span {
		ended := c.pandian("run", c.pipeline, "--json")
		got := ended.envelope(c.t)
		switch {
		case ended.code == fault.ExitOK:
			ok++
			c.worldChanges()
		case got.Error == nil || got.Error.Message == "" || got.Error.Suggestion == "":
			c.t.Errorf("a run failed and does not say why: %s", ended)
		default:
			failed++
		}
		time.Sleep(20 * time.Millisecond)
	}
	took := time.Since(began)
	cancel()
	<-disturbed
	c.during = rate{c.onceWell(c.arrived) - had, took}
	return ok, failed
}

// onceWell asks a database that may be recovering from a crash.
func (c *chaos) onceWell(asks func() int) int {
	c.t.Helper()
	for deadline := time.Now().Add(recoveryTime); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		if conn, err := pgx.Connect(c.t.Context(), c.database); err == nil {
			_ = conn.Close(c.t.Context())
			return asks()
		}
	}
	c.t.Fatalf("the database did not come back within %s", recoveryTime)
	return 0
}

// endsAfter measures what there is after a disturbance, during which the world
// changed so many times.
func (m *paired) endsAfter(t *testing.T, what string, changes int) {
	t.Helper()
	m.keepsUp(changes)
	m.ends()
	m.settles()
	var speed throughput
	speed.add(m)
	speed.tells(t, what)
}

// fault 7: every connection to the database is ended, again and again.
func TestConnectionsThatAreTerminated(t *testing.T) {
	t.Parallel()
	seconds, pairs := fromEnv(t, chaosSeconds, 6), fromEnv(t, chaosPairs, 0)
	pause := max(700*time.Millisecond, min(5*time.Second, time.Duration(seconds)*time.Second/12))
	for _, pipeline := range []string{stockPipeline, tplusPipeline} {
		t.Run(pipeline, func(t *testing.T) {
			t.Parallel()
			c := measured(t, pairs, func() *chaos { return newChaos(t, pipeline, 1) })
			c.begins()
			conn := c.connect()
			defer conn.Close(context.Background())
			rounds, terminated := 0, 0
			ok, failed := c.keepsRunning(time.Duration(seconds)*time.Second, func(ctx context.Context) {
				for ctx.Err() == nil {
					var count int
					if err := conn.QueryRow(ctx, `
						select count(pg_terminate_backend(pid)) from pg_stat_activity
						where datname = current_database() and pid <> pg_backend_pid()`).Scan(&count); err != nil {
						return
					}
					if count > 0 {
						rounds, terminated = rounds+1, terminated+count
					}
					wait(ctx, pause)
				}
			})
			if rounds < 2 || failed == 0 {
				t.Errorf("%d rounds with connections to end, %d runs failed: nothing was disturbed", rounds, failed)
			}
			c.recovers("connections terminated")
			c.settles()
			c.endsAfter(t, pipeline+": ", ok)
			reports(t, pipeline+": %d connections ended in %d rounds; %d runs went well and %d failed meanwhile; all well %s after the last",
				terminated, rounds, ok, failed, c.took[0].Round(10*time.Millisecond))
		})
	}
}

// wait waits, or until the context ends.
func wait(ctx context.Context, span time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(span):
	}
}

// fault 7: the server crashes, and is stopped at once and away for a while.
func TestADatabaseThatRestarts(t *testing.T) {
	t.Parallel()
	seconds := fromEnv(t, chaosSeconds, 6)
	var server *ownServer // the first: a twin's is left alone
	c := measured(t, fromEnv(t, chaosPairs, 0), func() *chaos {
		own := newOwnServer(t)
		server = cmp.Or(server, own)
		return chaosOn(t, own, k3Pipeline)
	})
	c.begins()
	crashes := 0
	ok, failed := c.keepsRunning(time.Duration(seconds)*time.Second, func(ctx context.Context) {
		for wait(ctx, 700*time.Millisecond); ctx.Err() == nil; wait(ctx, 2*time.Second) {
			if crashesOneBackend(ctx, c.database) {
				crashes++
			}
		}
	})
	if crashes == 0 || failed == 0 {
		t.Errorf("%d crashes, %d runs failed: nothing was disturbed", crashes, failed)
	}
	away := time.Duration(min(30, seconds/2)) * time.Second
	for range 2 {
		gate := c.front.holdFrom(t, "k3cloud", 1)
		c.box.Saleouts().Insert(4, c.random.Uint64(), aWhileAgo())
		nextSecond()
		run := c.beside("run", c.pipeline, "--json")
		gate.awaits(t, run)
		server.stops(t)
		gate.open()
		time.Sleep(away)
		server.startsAgain(t)
		if ended := run.ends(t); ended.code == fault.ExitOK {
			t.Errorf("want the run that lost its database to fail, got %s", ended)
		}
		c.front.holdNothing()
		c.recovers("server stopped at once")
	}
	c.settles()
	c.endsAfter(t, "restarts: ", ok)
	reports(t, "%d crashes, %d runs went well and %d failed meanwhile; two outages of %s, all well %s after them",
		crashes, ok, failed, away, c.took)
}

// crashesOneBackend kills a server process, upon which Postgres ends all sessions
// and recovers from its log.
func crashesOneBackend(ctx context.Context, database string) bool {
	conn, err := pgx.Connect(ctx, database)
	if err != nil {
		return false // it is recovering
	}
	defer conn.Close(context.WithoutCancel(ctx))
	return syscall.Kill(int(conn.PgConn().PID()), syscall.SIGKILL) == nil
}

// fault 8: other programs hold every connection, at the start and in the middle.
func TestADatabaseWithoutFreeConnections(t *testing.T) {
	t.Parallel()
	server := newOwnServer(t)
	c := chaosOn(t, server, k3Pipeline)
	server.tell(t, "alter system set max_connections = 24")
	server.stops(t)
	server.startsAgain(t)

	crowd := c.crowd(t)
	failed := c.fails(fault.DatabaseUnreachable, "run", c.pipeline)
	if !strings.Contains(failed.Message, "no free connection") || !strings.Contains(failed.Suggestion, "max_connections") {
		t.Errorf("got %+v, want it to say that there is no free connection", failed)
	}
	crowd.leaves(1000)
	c.hasRoom()

	gate := c.front.holdFrom(t, "k3cloud", 1)
	run := c.beside("run", c.pipeline, "--json")
	gate.awaits(t, run)
	crowd = c.crowd(t)
	gate.open()
	ended := run.ends(t)
	if got := ended.envelope(t); ended.code != fault.ExitOK && (got.Error == nil || got.Error.Message == "") {
		t.Errorf("want the run to end well or to say why, got %s", ended)
	}
	crowd.leaves(12)
	c.recovers("no free connections") // in what the crowd left free
	crowd.leaves(1000)
	c.settles()
	reports(t, "a run that met the crowd in the middle ended with exit code %d; with 12 connections free all was well after %s", ended.code, c.took[0])
}

// crowd are idle connections of other programs, all that there are.
type crowd struct{ conns []*pgx.Conn }

func (c *chaos) crowd(t *testing.T) *crowd {
	t.Helper()
	idle := &crowd{}
	t.Cleanup(func() { idle.leaves(1000) })
	for {
		conn, err := pgx.Connect(t.Context(), c.database)
		if err != nil {
			if len(idle.conns) == 0 {
				t.Fatal(err)
			}
			return idle
		}
		idle.conns = append(idle.conns, conn)
	}
}

// hasRoom waits until the server has ended the sessions of a crowd that has left,
// which it does in its own time.
func (c *chaos) hasRoom() {
	c.t.Helper()
	for deadline := time.Now().Add(recoveryTime); ; time.Sleep(10 * time.Millisecond) {
		conn, err := pgx.Connect(c.t.Context(), c.database)
		if err == nil {
			var sessions int
			err = conn.QueryRow(c.t.Context(), "select count(*) from pg_stat_activity where backend_type = 'client backend'").Scan(&sessions)
			_ = conn.Close(c.t.Context())
			if err == nil && sessions <= 2 { // this one, and the test's own
				return
			}
		}
		if time.Now().After(deadline) {
			c.t.Fatalf("the crowd's sessions did not end within %s: %v", recoveryTime, err)
		}
	}
}

// leaves ends some of the connections.
func (c *crowd) leaves(count int) {
	for ; count > 0 && len(c.conns) > 0; count-- {
		_ = c.conns[0].Close(context.Background())
		c.conns = c.conns[1:]
	}
}

// fault 13: a limit of the server ends the comparison. The run fails whole, says
// which limit, and leaves the ledger as it was.
func TestACompareThatMeetsALimitOfTheServer(t *testing.T) {
	t.Parallel()
	c := newChaos(t, stockPipeline, 1)
	c.run(c.pipeline)
	c.somethingNew()
	stood := ask[string](c.shop, ledgerText)
	c.replace("connections:\n", "database: {statement_timeout: 2s}\nconnections:\n")
	holder := c.connect()
	defer holder.Close(context.Background())
	if _, err := holder.Exec(t.Context(), "begin; lock table compare.discrepancy in share row exclusive mode"); err != nil {
		t.Fatal(err)
	}
	failed := c.fails(fault.TransformFailed, "run", c.pipeline)
	if !strings.Contains(failed.Message, "statement timeout") || !strings.Contains(failed.Message, "compare/discrepancy") {
		t.Errorf("got %q, want it to name the step and the limit", failed.Message)
	}
	if _, err := holder.Exec(t.Context(), "rollback"); err != nil {
		t.Fatal(err)
	}
	if stands := ask[string](c.shop, ledgerText); stands != stood {
		t.Errorf("the ledger changed (from, to):\n%s\n%s", stood, stands)
	}
	c.recovers("a statement timeout")
	c.settles()
}
