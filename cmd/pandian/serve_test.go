package main

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"pandian/internal/fault"
)

// scheduled is a shop whose pipeline has a schedule.
func scheduled(t *testing.T, schedule string, o shopOptions) *shop {
	t.Helper()
	s := newShop(t, o)
	s.replace("    target: {connection: qeasy", "    schedule: "+schedule+"\n    target: {connection: qeasy")
	return s
}

// never is a schedule that does not come by itself while a test runs.
const never = `{cron: "0 0 1 1 *", busy_wait: 1s, reread: {cron: "0 0 1 1 *", span: 2d}}`

// makeDue makes the next fire of a schedule due now.
func (s *shop) makeDue(kind string) {
	s.t.Helper()
	s.tell("update ops.job set next_fire_at = date_trunc('second', clock_timestamp()) where kind = $1", kind)
}

// once runs what is due. A run that another test's load has robbed of its lock
// would let it wait at a gate for good; it fails instead.
func (s *shop) once() {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), 3*time.Minute)
	defer cancel()
	if ended := s.pandianWith(ctx, nil, "serve", "--once", "--grace", "1s"); ended.code != fault.ExitOK || ctx.Err() != nil {
		s.t.Fatalf("want exit code 0 in time, got %s", ended)
	}
}

const firesThatAreOK = "select count(*) >= $1 from ops.job_fire where state = 'ok'"

// serving starts pandian serve in a process of its own and returns its address.
func (s *shop) serving(args ...string) (*process, string) {
	s.t.Helper()
	child := s.start(append([]string{"serve", "--listen", "127.0.0.1:0"}, args...)...)
	address := regexp.MustCompile(`http://[0-9.:]+`)
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		if found := address.FindString(child.errs.String()); found != "" {
			return child, found
		}
	}
	s.t.Fatalf("pandian serve does not say where it listens: %s", child.errs.String())
	return nil, ""
}

// get asks a server and returns status and body.
func (s *shop) get(address string) (int, string) {
	s.t.Helper()
	response, err := http.Get(address)
	if err != nil {
		s.t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	s.hidesSecrets(outcome{line: address, stdout: string(body)})
	return response.StatusCode, string(body)
}

// becomes asks until the status is the one wanted.
func (s *shop) becomes(address string, want int) string {
	s.t.Helper()
	var code int
	var body string
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		if code, body = s.get(address); code == want {
			return body
		}
	}
	s.t.Fatalf("%s stays at %d, want %d: %s", address, code, want, body)
	return ""
}

func TestServe(t *testing.T) {
	t.Parallel()
	s := scheduled(t, `{cron: "@every 1s"}`, shopOptions{})
	child, address := s.serving()
	s.waitFor("two fires", firesThatAreOK, 2)

	t.Run("says that it lives and is ready", func(t *testing.T) {
		s := s.in(t)
		if code, body := s.get(address + "/healthz"); code != http.StatusOK || body != "ok\n" {
			t.Errorf("got %d %q from healthz", code, body)
		}
		s.becomes(address+"/readyz", http.StatusOK)
	})

	t.Run("tells the metrics by their names", func(t *testing.T) { // a name that changes breaks somebody's alert
		s := s.in(t)
		_, body := s.get(address + "/metrics")
		for _, want := range []string{
			`pandian_build_info{go_version="go`, `pandian_database_up 1`,
			`pandian_extract_rows_total{connection="wdt-main",connector="wdt.stock"} `,
			`pandian_extract_pages_total{connection="ys-main",connector="yonsuite.current_stock"} `,
			`pandian_last_success_timestamp_seconds{pipeline="stock-compare"} 1.`,
			`pandian_discrepancies{check="stock-compare",state="open"} `,
			`pandian_discrepancy_oldest_age_seconds{check="stock-compare"} `,
			`pandian_verified_through_timestamp_seconds{connection="wdt-main",connector="wdt.stock"} 1.`,
			`pandian_outbox_rows{pipeline="stock-compare",state="pending",target="qeasy"} 0`,
			`pandian_delivery_attempts_total{outcome="sent",pipeline="stock-compare",target="qeasy"} `,
			`pandian_job_missed_fires_total{pipeline="stock-compare",schedule="run"} 0`,
			`pandian_job_skipped_fires_total{pipeline="stock-compare",schedule="run"} 0`,
			`pandian_job_next_fire_timestamp_seconds{pipeline="stock-compare",schedule="run"} 1.`,
			`pandian_oldest_transaction_age_seconds `, `pandian_scheduler_last_tick_timestamp_seconds 1.`, `go_goroutines `,
		} {
			if !strings.Contains(body, "\n"+want) && !strings.HasPrefix(body, want) {
				t.Errorf("there is no line %s… in\n%s", want, body)
			}
		}
		sent := ask[int64](s, "select count(*) from outbox.result where outcome = 'sent'")
		if !regexp.MustCompile(`attempts_total\{outcome="sent",[^}]*\} ` + jsonOf(t, sent) + `\n`).MatchString(body) {
			t.Errorf("want %d documents sent in\n%s", sent, body)
		}
	})

	t.Run("ends well when it is asked to", func(t *testing.T) {
		s := s.in(t)
		if ended := s.send(child, syscall.SIGTERM); ended.code != fault.ExitOK {
			t.Errorf("want exit code 0, got %s", ended)
		}
		if open := ask[int64](s, "select count(*) from ops.job_fire where state = 'running'"); open != 0 {
			t.Errorf("%d fires are left running", open)
		}
		if runs, fires := ask[int64](s, "select count(*) from ops.run"), ask[int64](s, "select count(*) from ops.job_fire where run_id is not null"); runs != fires {
			t.Errorf("got %d runs of %d fires, want one each", runs, fires)
		}
	})
}

func jsonOf(t *testing.T, value any) string {
	t.Helper()
	text, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// faults 1, 2, 29: the server is killed in the middle of a run.
func TestTheFireOfAKilledServerIsTakenOver(t *testing.T) {
	t.Parallel()
	s := scheduled(t, never, shopOptions{world: manyPages})
	s.once()
	s.makeDue("run")
	gate := s.front.holdFrom(t, "wdt", 6)
	child, _ := s.serving()
	gate.awaits(t, child)
	s.waitFor("the run's number", "select exists (select from ops.job_fire where run_id = 1)")
	s.send(child, syscall.SIGKILL)
	gate.open()
	s.waitUntilDead(1)
	if left := ask[time.Duration](s, "select lease_until - clock_timestamp() from ops.job_fire"); left > 40*time.Second {
		t.Errorf("its lease lasts %s more, want at most 40 s: it must be taken over within 90 s", left)
	}
	s.tell("update ops.job_fire set lease_until = clock_timestamp() - interval '1 second'") // 40 s later
	s.once()
	if got := ask[string](s, "select state || ' ' || attempt_count || ' ' || run_id from ops.job_fire"); got != "ok 2 2" {
		t.Errorf("the fire is %s, want it ok at the second attempt, in run 2", got)
	}
	if state := ask[string](s, "select state from ops.run where run_id = 1"); state != "interrupted" {
		t.Errorf("the killed run is %s", state)
	}
	if got := ask[int64](s, "select count(*) from outbox.result where outcome = 'sent'"); got != int64(s.truth(demoParams).WrittenBack) {
		t.Errorf("got %d documents sent, want %d", got, s.truth(demoParams).WrittenBack)
	}
}

// fault 4: stopping while a run is under way.
func TestServeStops(t *testing.T) {
	t.Parallel()
	begin := func(t *testing.T, grace string) (*shop, *process, gate) {
		s := scheduled(t, never, shopOptions{world: manyPages})
		s.once()
		s.makeDue("run")
		gate := s.front.holdFrom(t, "wdt", 6)
		child, address := s.serving("--grace", grace)
		gate.awaits(t, child)
		s.becomes(address+"/readyz", http.StatusOK)
		return s, child, gate
	}

	t.Run("after what runs has finished", func(t *testing.T) {
		t.Parallel()
		s, child, gate := begin(t, "1h")
		if err := child.Process.Signal(syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
		gate.open()
		child.ends(t)
		if code := child.ProcessState.ExitCode(); code != fault.ExitOK {
			t.Errorf("want exit code 0, got %d: %s", code, child.errs.String())
		}
		if state := ask[string](s, "select state from ops.job_fire"); state != "ok" {
			t.Errorf("the fire is %s, want ok", state)
		}
	})

	t.Run("and cancels what does not finish in time", func(t *testing.T) {
		t.Parallel()
		s, child, gate := begin(t, "0s")
		if ended := s.send(child, syscall.SIGTERM); ended.code != fault.ExitTerminated {
			t.Errorf("want exit code %d, got %s", fault.ExitTerminated, ended)
		}
		gate.open()
		if got := ask[string](s, "select state || ' ' || attempt_count from ops.job_fire"); got != "due 0" {
			t.Errorf("the fire is %s, want it due again, and no attempt counted", got)
		}
		s.once()
		if state := ask[string](s, "select state from ops.job_fire"); state != "ok" {
			t.Errorf("the fire is %s, want ok", state)
		}
	})

	t.Run("at once at the second signal", func(t *testing.T) {
		t.Parallel()
		s, child, _ := begin(t, "1h")
		if err := child.Process.Signal(syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
		// The second signal must not come before the first one was seen.
		for deadline := time.Now().Add(30 * time.Second); !strings.Contains(child.errs.String(), "stopping") && time.Now().Before(deadline); {
			time.Sleep(10 * time.Millisecond)
		}
		if ended := s.send(child, os.Interrupt); ended.code != fault.ExitInterrupted {
			t.Errorf("want exit code %d, got %s", fault.ExitInterrupted, ended)
		}
	})
}

// fault 30: a manual run and the schedule meet.
func TestAFireThatMeetsAManualRunIsSkipped(t *testing.T) {
	t.Parallel()
	s := scheduled(t, never, shopOptions{world: manyPages})
	s.once()
	gate := s.front.holdFrom(t, "wdt", 6)
	child := s.start("run")
	gate.awaits(t, child)
	s.makeDue("run")
	s.once()
	if got := ask[string](s, "select state || ': ' || reason from ops.job_fire"); !strings.HasPrefix(got, "skipped: busy: pipeline stock-compare is running already: run 1 on ") {
		t.Errorf("the fire is %s, want it skipped, and why", got)
	}
	gate.open()
	child.ends(t)
	if code := child.ProcessState.ExitCode(); code != fault.ExitOK {
		t.Errorf("the manual run ended with %d", code)
	}
	s.makeDue("run")
	s.once()
	if got := ask[int64](s, "select stands_for_count from ops.job_fire where state = 'ok'"); got != 2 {
		t.Errorf("the next fire stands for %d, want 2", got)
	}
}

func TestARereadReadsTheLastSpanAgain(t *testing.T) {
	t.Parallel()
	s := scheduled(t, never, shopOptions{})
	s.must("run")
	s.once()
	s.makeDue("reread")
	s.once()
	const read = `
		select sum(to_at - from_at + interval '1 second') between interval '1 day 23 hours' and interval '2 days 1 second'
		from ops."window"
		where dataset = 'wdt.stock' and run_id = 2 and state = 'complete'`
	if !ask[bool](s, read) {
		t.Error("the reread did not read the last 2 days, although they were covered")
	}

	t.Run("but nothing from before the beginning of a source", func(t *testing.T) {
		s := s.in(t)
		s.replace("span: 2d", "span: 90d")
		since := time.Now().In(beijing()).AddDate(0, 0, -10).Format(time.DateOnly)
		text := string(mustRead(t, s.dir+"/pandian.yaml"))
		s.write("pandian.yaml", regexp.MustCompile(`since: [0-9-]+`).ReplaceAllString(text, "since: "+since))
		s.once()
		s.makeDue("reread")
		s.once()
		if got := ask[string](s, `select min(from_at at time zone 'Asia/Shanghai')::date::text from ops."window" where dataset = 'wdt.stock' and run_id = 3`); got != since {
			t.Errorf("it read from %s on, want %s", got, since)
		}
	})
}

func TestReadinessTurnsRedWithTheDatabase(t *testing.T) {
	t.Parallel()
	s := scheduled(t, never, shopOptions{})
	_, address := s.serving()
	s.becomes(address+"/readyz", http.StatusOK)
	name := ask[string](s, "select current_database()")
	outside, err := url.Parse(s.database)
	if err != nil {
		t.Fatal(err)
	}
	outside.Path = "/postgres"
	conn, err := pgx.Connect(t.Context(), outside.String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	for _, sql := range []string{
		"alter database " + name + " allow_connections false",
		"select pg_terminate_backend(pid) from pg_stat_activity where datname = '" + name + "'",
	} {
		if _, err := conn.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	if body := s.becomes(address+"/readyz", http.StatusServiceUnavailable); !strings.Contains(body, "database: ") {
		t.Errorf("got %q, want it to name the database", body)
	}
	if code, _ := s.get(address + "/healthz"); code != http.StatusOK {
		t.Errorf("healthz is %d, want the process to be alive all the same", code)
	}
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(50 * time.Millisecond) { // what was read is told for 5 s
		_, body := s.get(address + "/metrics")
		if strings.Contains(body, "pandian_database_up 0") && !strings.Contains(body, "pandian_outbox_rows{") {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("the metrics still tell old figures:\n%s", body)
		}
	}
	if _, err := conn.Exec(t.Context(), "alter database "+name+" allow_connections true"); err != nil {
		t.Fatal(err)
	}
	s.becomes(address+"/readyz", http.StatusOK)
}

func TestReadinessTurnsRedWithTheSchema(t *testing.T) {
	t.Parallel()
	s := scheduled(t, never, shopOptions{})
	_, address := s.serving()
	s.becomes(address+"/readyz", http.StatusOK)
	// A newer pandian brought the schema up, and supports this one no more.
	s.tell("insert into pandian.goose_db_version (version_id, is_applied) values (99999, true)")
	s.tell("update ops.schema_support set oldest_supported_version = 99999")
	if body := s.becomes(address+"/readyz", http.StatusServiceUnavailable); !strings.Contains(body, "schema: ") {
		t.Errorf("got %q, want it to name the schema", body)
	}
	s.makeDue("run")
	s.waitFor("the fire to be given back", "select exists (select from ops.job_fire where state = 'due' and reason like '%a newer one may%')")
	if runs := ask[int64](s, "select count(*) from ops.run"); runs != 0 {
		t.Errorf("got %d runs, want none on a schema that does not fit", runs)
	}
}

func TestServeRefuses(t *testing.T) {
	t.Parallel()
	s := newShop(t, shopOptions{})
	s.fails(fault.ConfigMissingKey, "serve")
	s.fails(fault.UsageWrong, "serve", "--grace", "-1s")
	s.replace("    target: {connection: qeasy", "    schedule: "+never+"\n    target: {connection: qeasy")
	s.fails(fault.UsageWrong, "serve", "--listen", "256.0.0.1:1")
	s.fails(fault.UsageWrong, "serve", "--select", "tag:nobody")
}
