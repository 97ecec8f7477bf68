package main

import (
	"context"
	"strings"
	"syscall"
	"testing"
	"time"

	"pandian/internal/fault"
)

// chaosFreeze is for how many seconds a process is frozen; make chaos-freeze asks for
// three minutes.
const chaosFreeze = "PANDIAN_CHAOS_FREEZE_SECONDS"

// fireLease is how long the fire of a server that is silent stays with it.
const fireLease = 40 * time.Second

// resultsText is everything that loads have written, as one text.
const resultsText = `
	select
		coalesce((select string_agg(result::text, ' ' order by document_id, attempt) from outbox.result), '')
		|| coalesce((select string_agg(retry::text, ' ' order by document_id) from outbox.retry), '')
		|| coalesce((select string_agg(claim::text, ' ' order by first_document_id) from outbox.claim), '')`

// frozen is a process that was stopped in a call: the target has taken the document,
// and the answer waits for it to be read.
type frozen struct {
	*chaos
	child *process
	since time.Time
}

// freezes starts a process and stops it in its first call to the target.
func (c *chaos) freezes(args ...string) *frozen {
	c.t.Helper()
	gate := c.front.holdAnswersFrom(c.t, targetOf(c.pipeline), 1)
	inside := *c.shop
	inside.environ = append(append([]string{}, c.environ...), asPandian+"="+hurried)
	f := &frozen{chaos: c, child: inside.start(args...)}
	gate.awaits(c.t, f.child)
	f.signal(syscall.SIGSTOP)
	f.since = time.Now()
	gate.open()
	c.front.holdNothing()
	return f
}

func (f *frozen) signal(sig syscall.Signal) {
	f.t.Helper()
	if err := f.child.Process.Signal(sig); err != nil {
		f.t.Fatal(err)
	}
}

// thaws lets the process go on when it has stood still for long enough, and returns
// what loads had written by then.
func (f *frozen) thaws(span time.Duration) (written string) {
	f.t.Helper()
	time.Sleep(span - time.Since(f.since))
	written = ask[string](f.shop, resultsText)
	f.signal(syscall.SIGCONT)
	return written
}

// othersDeliver takes over what the process had claimed, and says how long after it
// froze that was done.
func (f *frozen) othersDeliver() time.Duration {
	f.t.Helper()
	for deadline := time.Now().Add(recoveryTime); f.left() > 0; time.Sleep(100 * time.Millisecond) {
		if time.Now().After(deadline) {
			f.t.Fatalf("%d documents are left %s after a process froze", f.left(), recoveryTime)
		}
		f.must("load", f.pipeline, "-q")
	}
	return time.Since(f.since)
}

// says waits until the process has said something.
func (f *frozen) says(what string) {
	f.t.Helper()
	for deadline := time.Now().Add(time.Minute); !strings.Contains(f.child.errs.String(), what); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			f.t.Fatalf("the process that was frozen never said %q, but: %s", what, f.child.errs.String())
		}
	}
}

// wroteNothing holds what stands against what stood before the process went on.
func (f *frozen) wroteNothing(written string) {
	f.t.Helper()
	if stands := ask[string](f.shop, resultsText); stands != written {
		f.t.Errorf("the process that was frozen wrote its stale result (from, to):\n%s\n%s", written, stands)
	}
	if found := f.tally(); !found.isClean() {
		f.t.Errorf("%+v", found)
	}
}

// fault 3: a process stands still for longer than its lease, after the target has
// taken what it sent. Another one takes over meanwhile; what the first then makes of
// the answer is not written, and the target has every document once.
func TestAFrozenProcessCommitsNothingStale(t *testing.T) {
	t.Parallel()
	span := time.Duration(fromEnv(t, chaosFreeze, 3)) * time.Second

	t.Run("load", func(t *testing.T) {
		t.Parallel()
		c := newChaos(t, k3Pipeline, 1)
		c.must("extract", c.pipeline, "-q")
		c.must("transform", c.pipeline, "-q")
		f := c.freezes("load", c.pipeline, "--json")
		took := f.othersDeliver()
		written := f.thaws(span)
		ended := f.child.ends(t)
		f.hidesSecrets(ended)
		if !strings.Contains(ended.stderr, "dropped results, because the lease was lost") || ended.code != fault.ExitOK {
			t.Errorf("want it to say that it lost its lease, and to end well as there is nothing left, got %s", ended)
		}
		if sent := ended.figuresOf(t, c.pipeline).Documents.Sent; sent != 0 {
			t.Errorf("its balance counts %d documents sent, want none", sent)
		}
		f.wroteNothing(written)
		c.settles()
		reports(t, "a load was frozen in a call for %s; others had delivered all after %s: its stale result was dropped, 0 duplicates", max(span, took).Round(100*time.Millisecond), took.Round(100*time.Millisecond))
	})

	t.Run("serve", func(t *testing.T) {
		t.Parallel()
		c := newChaos(t, k3Pipeline, 1)
		c.replace("  "+c.pipeline+":\n", "  "+c.pipeline+":\n    schedule: {cron: \"0 0 1 1 *\"}\n")
		c.once()
		c.makeDue("run")
		f := c.freezes("serve", "--listen", "127.0.0.1:0")
		f.loseTheirPlace(span)
		c.once()
		if got := ask[string](c.shop, "select state || ' ' || attempt_count || ' ' || run_id from ops.job_fire"); got != "ok 2 2" {
			t.Errorf("the fire is %s, want it ok at the second attempt, in run 2", got)
		}
		took := f.othersDeliver()
		written := f.thaws(span)
		f.says("fire did not go well")
		if said := f.child.errs.String(); !strings.Contains(said, "somebody else ended it") && !strings.Contains(said, "another server may run it") {
			t.Errorf("want it to say why its run came to nothing, got %s", said)
		}
		if ended := f.send(f.child, syscall.SIGTERM); ended.code != fault.ExitOK {
			t.Errorf("want the server to go on and to end well when it is asked to, got %s", ended)
		}
		if got := ask[string](c.shop, "select state || ' ' || attempt_count || ' ' || run_id from ops.job_fire"); got != "ok 2 2" {
			t.Errorf("the fire is %s afterwards, want it untouched", got)
		}
		if got := ask[string](c.shop, "select state from ops.run where run_id = 1"); got != "interrupted" {
			t.Errorf("the run of the server that was frozen is %s", got)
		}
		f.wroteNothing(written)
		c.settles()
		reports(t, "a server was frozen in a call for %s; its fire was done by another after %s: its stale result was dropped, 0 duplicates", max(span, took).Round(100*time.Millisecond), took.Round(100*time.Millisecond))
	})
}

// loseTheirPlace waits for the end of the fire's lease, or brings it forward where the
// process is not frozen for so long, and ends the sessions of the process, as the
// server does with those of a machine that does not answer. Until then the pipeline
// is locked for everybody else.
func (f *frozen) loseTheirPlace(span time.Duration) {
	f.t.Helper()
	if span > fireLease+5*time.Second {
		time.Sleep(fireLease + time.Second - time.Since(f.since))
	} else {
		f.tell("update ops.job_fire set lease_until = clock_timestamp() - interval '1 second'")
	}
	conn := f.connect()
	defer conn.Close(context.Background())
	if _, err := conn.Exec(f.t.Context(), `
		select pg_terminate_backend(pid) from pg_stat_activity
		where datname = current_database() and pid <> pg_backend_pid()`); err != nil {
		f.t.Fatal(err)
	}
	f.waitUntilDead(1)
}
