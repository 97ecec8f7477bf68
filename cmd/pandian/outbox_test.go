package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"pandian/internal/fault"
	sandboxfault "pandian/internal/sandbox/fault"
	"pandian/internal/sandbox/world"
	"pandian/load"
)

// listedDocument is a row of pandian outbox list --json, as far as the tests read it.
type listedDocument struct {
	State    string `json:"state"`
	Key      string `json:"business_key"`
	ID       int64  `json:"document_id"`
	Message  string `json:"message"`
	Decider  string `json:"decided_by"`
	Revision int    `json:"revision"`
	Worker   string `json:"worker"`
}

func (s *shop) outboxList(args ...string) []listedDocument {
	s.t.Helper()
	return decode[[]listedDocument](s.t, s.must(append([]string{"outbox", "list", "--json"}, args...)...).envelope(s.t).Result)
}

// decides carries out a verb of pandian outbox and returns how many documents it
// found.
func (s *shop) decides(args ...string) decided {
	s.t.Helper()
	return decode[decided](s.t, s.must(append([]string{"outbox", "--json"}, args...)...).envelope(s.t).Summary)
}

// refusing is a merchant whose T+ refuses every voucher, and who has tried.
func refusing(t *testing.T) *documents {
	t.Helper()
	d := newDocuments(t, documentOptions{})
	d.faulty(sandboxfault.Rule{Kind: sandboxfault.Code, Endpoint: "tplus.sale_dispatch.create", Text: "999"})
	d.failed(d.pandian("run", tplusPipeline, "--json"), fault.TargetRefused)
	d.faulty()
	return d
}

func TestOutbox(t *testing.T) {
	t.Parallel()
	d := refusing(t)
	due := d.dues(tplusPipeline).due
	rejected := d.outboxList(tplusPipeline, "--state", "rejected")
	if len(rejected) != len(due) || len(rejected) < 10 {
		t.Fatalf("got %d documents listed, want the %d that are due", len(rejected), len(due))
	}
	first, second, third := rejected[0].Key, rejected[1].Key, rejected[2].Key

	t.Run("list", func(t *testing.T) { d.in(t).lists(rejected) })
	t.Run("show", func(t *testing.T) { d.in(t).shows(rejected[0], due[first]) })
	t.Run("usage", func(t *testing.T) { d.in(t).outboxUsage() })
	t.Run("dry run", func(t *testing.T) {
		s := d.in(t)
		ended := s.must("outbox", "retry", tplusPipeline, "--state", "rejected", "--dry-run", "--json").envelope(t)
		if got := decode[[]judgement](t, ended.Result); len(got) != len(due) || got[0].Verdict != "done" || got[0].NewState != "waiting" {
			t.Errorf("got %d judgements, as %+v, want %d to be tried again", len(got), got[0], len(due))
		}
		if n := ask[int](s.shop, "select count(*) from ops.audit"); n != 0 || len(s.outboxList("--state", "rejected")) != len(due) {
			t.Errorf("got %d rows of audit and changed states, want a dry run to change nothing", n)
		}
	})
	t.Run("several at once want a yes", func(t *testing.T) {
		failed := d.in(t).fails(fault.UsageWrong, "outbox", "retry", tplusPipeline, "--state", "rejected", "--reason", "mended")
		if !strings.Contains(failed.Message, fmt.Sprint(len(due))) || !strings.Contains(failed.Suggestion, "--yes") {
			t.Errorf("got %+v, want it to say how many and how to confirm", failed)
		}
	})

	if got := d.decides("hold", tplusPipeline, "--key", first, "--reason", "wait for the supplier", "--by", "李雷"); got != (decided{Done: 1}) {
		t.Errorf("got %+v, want one held", got)
	}
	if got := d.decides("discard", tplusPipeline, "--key", second, "--reason", "entered by hand"); got != (decided{Done: 1}) {
		t.Errorf("got %+v, want one discarded", got)
	}
	all := decided{Done: int64(len(due) - 2)}
	if got := d.decides("retry", tplusPipeline, "--state", "rejected", "--reason", "T+ was set up", "--yes"); got != all {
		t.Errorf("got %+v, want %+v", got, all)
	}
	d.stage("load", tplusPipeline)
	stopped := map[string]string{first: due[first], second: due[second]}
	delete(due, first)
	delete(due, second)
	d.received("tplus", due)

	left := d.fails(fault.OutboxLeftAlone, "outbox", "retry", tplusPipeline, "--key", third, "--reason", "again")
	if !strings.Contains(left.Message, "1 documents were left") {
		t.Errorf("got %+v, want a delivered document to be left alone", left)
	}
	d.decides("release", tplusPipeline, "--state", "held", "--reason", "it came")
	d.decides("retry", tplusPipeline, "--key", first+","+second, "--reason", "now", "--yes")
	d.stage("load", tplusPipeline)
	for business, natural := range stopped {
		due[business] = natural
	}
	d.received("tplus", due)
	d.arrives(tplusPipeline)

	t.Run("audit", func(t *testing.T) { d.in(t).audited(first) })
}

func (d *documents) lists(rejected []listedDocument) {
	t := d.t
	for _, one := range rejected {
		if one.Revision != 1 || one.Message == "" || one.ID == 0 {
			t.Errorf("got %+v, want a message, an id and revision 1", one)
		}
	}
	if got := d.outboxList("--key", rejected[0].Key); len(got) != 1 || got[0] != rejected[0] {
		t.Errorf("got %+v by its key, want %+v", got, rejected[0])
	}
	for name, args := range map[string][]string{
		"a younger age":  {"--older-than", "2d"},
		"another state":  {"--state", "held,abandoned"},
		"another source": {"--connection", "jst-open"},
		"another word":   {"--message-like", "%nobody says that%"},
		"done":           {tplusPipeline, "--state", "sent"},
	} {
		if got := d.outboxList(args...); len(got) != 0 {
			t.Errorf("%s: got %d documents, want none", name, len(got))
		}
	}
	if got := d.outboxList("--limit", "3"); len(got) != 3 {
		t.Errorf("got %d documents, want 3", len(got))
	}
	csv := d.must("outbox", "list", "--format", "csv").stdout
	if lines := strings.Count(csv, "\n"); lines != len(rejected)+1 || !strings.HasPrefix(csv, "state,business_key,") {
		t.Errorf("got %d lines of CSV, want %d and a head:\n%s", lines, len(rejected)+1, clip(csv))
	}
	if table := d.must("outbox", "list").stdout; !strings.Contains(table, rejected[0].Key) || !strings.Contains(table, "rejected") {
		t.Errorf("got %s, want a table of the documents", clip(table))
	}
	if text := d.must("outbox", "list", "--state", "held").stdout; !strings.Contains(text, "no such documents") {
		t.Errorf("got %s, want it to say that there are none", text)
	}
}

// shows holds that a person sees what was sent and what came back, and nothing
// that is personal. due is the number of the voucher.
func (d *documents) shows(one listedDocument, due string) {
	t := d.t
	ended := d.must("outbox", "show", one.Key, "--json")
	got := decode[struct {
		shownDocument
		Payload map[string]json.RawMessage `json:"payload"`
	}](t, ended.envelope(t).Result)
	if got.State != "rejected" || got.DocumentID != one.ID || got.Pipeline != tplusPipeline || len(got.Results) != 1 || got.Results[0].Outcome != "rejected" {
		t.Errorf("got %+v, want the document with its attempt", got.shownDocument)
	}
	if got.Exchange == nil || !strings.HasPrefix(got.Exchange.Request, "POST ") || !strings.Contains(got.Exchange.Request, "saleDispatch/Create") ||
		!strings.Contains(got.Exchange.Request, due) || !strings.HasPrefix(got.Exchange.Response, "HTTP ") || !strings.Contains(got.Exchange.Response, "999") {
		t.Errorf("got the exchange %+v, want this document's voucher and the refusal", got.Exchange)
	}
	address := ask[string](d.shop, "select coalesce(nullif(btrim(receiver_address), ''), '(none)') from wdt.stockout where stockout_id = $1", one.Key)
	if strings.Contains(ended.stdout, address) {
		t.Errorf("the receiver's address %s stands in what is shown", address)
	}
	if kept := ask[int](d.shop, "select count(*) from outbox.exchange where strpos(request || response, $1) > 0", address); kept != 0 {
		t.Errorf("the receiver's address is kept in %d exchanges", kept)
	}
	if len(got.Sources) != 1 || got.Sources[0].Dataset != "wdt.stockout" || got.Sources[0].PageID == 0 || got.Sources[0].LandedAt == nil {
		t.Errorf("got the sources %+v, want the stockout and its page", got.Sources)
	}
	text := d.must("outbox", "show", fmt.Sprint(one.ID), "--pipeline", tplusPipeline).stdout
	for _, want := range []string{one.Key + ", revision 1", "Attempts", "Made of", "Payload:", "Last exchange, attempt 1", "> POST "} {
		if !strings.Contains(text, want) {
			t.Errorf("want %q in what is shown, got %s", want, clip(text))
		}
	}
	d.fails(fault.UsageWrong, "outbox", "show", "no-such-key")
	d.fails(fault.UsageWrong, "outbox", "show", one.Key, "--revision", "7")
}

func (d *documents) outboxUsage() {
	for name, args := range map[string][]string{
		"no reason":         {"retry", tplusPipeline, "--state", "rejected"},
		"no filter":         {"retry", tplusPipeline, "--reason", "x"},
		"no pipeline":       {"retry", "--state", "rejected", "--reason", "x"},
		"unknown pipeline":  {"retry", "wdt-stockout-to-tplus", "--state", "rejected", "--reason", "x"},
		"unknown state":     {"list", "--state", "refused"},
		"mixed states":      {"list", tplusPipeline, "--state", "sent,held"},
		"an age in words":   {"list", "--older-than", "yesterday"},
		"a negative limit":  {"list", "--limit", "-1"},
		"an unknown format": {"list", "--format", "xml"},
	} {
		ended := d.pandian(append([]string{"outbox"}, args...)...)
		if ended.code != fault.ExitUsage {
			d.t.Errorf("%s: got %s, want exit code %d", name, ended, fault.ExitUsage)
		}
	}
}

func (d *documents) audited(key string) {
	got := d.pairs(`
		select row_number() over (order by audit_id)::text, concat_ws(' ', verb, verdict, old_state, new_state, reason, document_count)
		from ops.audit where business_key = $1`, key)
	for number, want := range map[string]string{
		"1": "hold done rejected held wait for the supplier 1", "2": "release done held rejected it came 1", "3": "retry done rejected waiting now 2",
	} {
		if got[number] != want {
			d.t.Errorf("decision %s: got %q, want %q", number, got[number], want)
		}
	}
	if by := ask[string](d.shop, "select decided_by from ops.audit where business_key = $1 order by audit_id limit 1", key); by != "李雷" {
		d.t.Errorf("got %s, want who decided", by)
	}
	if kept := ask[int](d.shop, "select count(*) from outbox.exchange"); kept != 0 {
		d.t.Errorf("got %d exchanges of documents that are sent, want none", kept)
	}
}

// A hold is about the business key: a change at the source does not send what a
// person stopped.
func TestAHoldPassesOnToTheNewerRevision(t *testing.T) {
	t.Parallel()
	d := newDocuments(t, documentOptions{})
	d.must("extract", tplusPipeline)
	d.must("transform", tplusPipeline)
	due := d.dues(tplusPipeline).due
	key := d.outboxList(tplusPipeline)[0].Key
	d.decides("hold", tplusPipeline, "--key", key, "--reason", "ask the customer", "--by", "李雷")
	d.tell("update wdt.stockout set receiver_address = 'another' where stockout_id = $1", key)
	d.must("transform", tplusPipeline, "--full")
	held := d.outboxList(tplusPipeline, "--key", key)
	if len(held) != 2 || held[0].State != "held" || held[1].State != "held" || held[1].Decider != "李雷" {
		t.Fatalf("got %+v, want both revisions held by the same person", held)
	}
	natural := due[key]
	delete(due, key)
	d.stage("load", tplusPipeline)
	d.received("tplus", due)
	if left := d.outboxList(tplusPipeline, "--key", key); len(left) != 1 || left[0].Revision != 2 {
		t.Errorf("got %+v, want the newer revision to stay held and the older one superseded", left)
	}
	d.decides("release", tplusPipeline, "--key", key, "--reason", "the customer agreed")
	due[key] = natural
	d.stage("load", tplusPipeline)
	d.received("tplus", due)
}

func TestWhoMayDecideOnDocuments(t *testing.T) {
	t.Parallel()
	d := refusing(t)
	key := d.outboxList(tplusPipeline)[0].Key
	analyst := d.login(t, "pandian_analyst")
	for _, w := range []*worker{d.login(t, "pandian_extract"), d.login(t, "pandian_transform"), analyst} {
		for _, verb := range []string{"retry", "hold", "release", "discard"} {
			w.refused(t, "outbox", verb, tplusPipeline, "--key", key, "--reason", "because")
		}
	}
	if got := analyst.outboxList(tplusPipeline, "--key", key); len(got) != 1 {
		t.Errorf("got %+v, want an analyst to read the outbox", got)
	}
	person := d.login(t, "pandian_operator")
	person.must("outbox", "show", key)
	person.decides("hold", tplusPipeline, "--key", key, "--reason", "because")
	if by := ask[string](d.shop, "select account from ops.audit"); by != person.name {
		t.Errorf("got the account %s, want %s", by, person.name)
	}
	if _, err := person.connect().Exec(t.Context(), "update outbox.retry set state = 'waiting'"); err == nil {
		t.Error("an operator may change outbox.retry by hand, where it leaves no trace")
	}
}

// fault 27: what used up its attempts is parked with what was last said, outlives
// retention, and is looked up before it is sent again: it did arrive.
func TestAPoisonDocumentIsParkedWithItsLastExchange(t *testing.T) {
	t.Parallel()
	d := newDocuments(t, documentOptions{})
	d.drain = func(settings *load.Settings) {
		retryAtOnce(settings)
		settings.MaxAttempts = 2
	}
	d.must("extract", tplusPipeline)
	d.must("transform", tplusPipeline)
	due := d.dues(tplusPipeline).due
	d.faulty(
		sandboxfault.Rule{Kind: sandboxfault.LostAnswer, Endpoint: "tplus.sale_dispatch.create"},
		sandboxfault.Rule{Kind: sandboxfault.HTTP500, Endpoint: "tplus.sale_dispatch_open*"},
	)
	for range 4 {
		d.pandian("load", tplusPipeline)
		time.Sleep(100 * time.Millisecond)
	}
	abandoned := d.outboxList(tplusPipeline, "--state", "abandoned")
	if len(abandoned) != len(due) {
		t.Fatalf("got %d abandoned, want all %d", len(abandoned), len(due))
	}
	kept := `select count(*) from outbox.exchange where request like 'POST %' and response <> ''`
	if n := ask[int](d.shop, kept); n != len(due) {
		t.Errorf("got %d exchanges kept, want one for each of %d", n, len(due))
	}
	d.faulty()
	d.decides("retry", tplusPipeline, "--state", "abandoned", "--reason", "T+ is up again", "--yes")
	if got := d.outboxList(tplusPipeline, "--state", "in_doubt"); len(got) != len(due) {
		t.Errorf("got %d in doubt, want all to be looked up first", len(got))
	}
	d.stage("load", tplusPipeline)
	d.arrives(tplusPipeline)
	if n := ask[int](d.shop, kept); n != 0 {
		t.Errorf("got %d exchanges kept, want none of what is delivered", n)
	}
}

// Several loads of one pipeline work at once, and each document arrives once;
// everything else a pipeline does alone.
func TestLoadsOfOnePipelineWorkAtOnce(t *testing.T) {
	t.Parallel()
	d := newDocuments(t, documentOptions{target: map[string]string{tplusPipeline: ", batch_size: 4, workers: 1"}})
	d.must("extract", tplusPipeline)
	d.must("transform", tplusPipeline)
	d.faulty(sandboxfault.Rule{Kind: sandboxfault.Slow, Endpoint: "tplus.sale_dispatch.create", DelayMS: 60})
	children := []*process{d.start("load", tplusPipeline, "--json"), d.start("load", tplusPipeline, "--json")}
	d.waitFor("both to send", "select count(distinct worker) = 2 from outbox.claim")
	if ended := d.pandian("transform", tplusPipeline, "--json"); ended.code == fault.ExitOK {
		t.Errorf("got %s, want a transform to be refused beside a load", ended)
	} else {
		d.failed(ended, fault.RunBusy)
	}
	busy := d.fails(fault.OutboxLeftAlone, "outbox", "discard", tplusPipeline, "--state", "sending", "--reason", "stop it", "--yes")
	if !strings.Contains(busy.Message, "are being sent") {
		t.Errorf("got %+v, want what is being sent to be left alone", busy)
	}
	var sent int64
	for _, child := range children {
		ended := child.ends(t)
		figures := ended.figuresOf(t, tplusPipeline).Documents
		if ended.code != fault.ExitOK || figures.Sent == 0 {
			t.Errorf("got %+v and exit code %d, want each process to send its share", figures, ended.code)
		}
		sent += figures.Sent
	}
	if due := d.dues(tplusPipeline).due; sent != int64(len(due)) {
		t.Errorf("got %d sent by both, want %d", sent, len(due))
	}
	d.faulty()
	d.arrives(tplusPipeline)
}

// What a killed load held is shown as such, before and after its lease has ended.
func TestWhatAKilledLoadHoldsIsShown(t *testing.T) {
	t.Parallel()
	s := newShop(t, shopOptions{world: func(o *world.Options) { o.Rows = 200 }})
	s.must("extract")
	s.must("transform")
	holder := s.connect()
	if _, err := holder.Exec(t.Context(), "begin; lock table outbox.writeback in share row exclusive mode"); err != nil {
		t.Fatal(err)
	}
	child := s.start("load")
	s.waitFor("both workers to hold documents and to wait for the table", `
		select count(*) = 2 from pg_locks
		where not granted and relation = 'outbox.writeback'::regclass and database = (select oid from pg_database where datname = current_database())`)
	s.send(child, syscall.SIGKILL)
	if _, err := holder.Exec(t.Context(), "rollback"); err != nil {
		t.Fatal(err)
	}
	all := ask[int64](s, "select count(*) from outbox.document")
	for _, want := range []struct {
		state         string
		sending, left int64
	}{{"sending", 100, 0}, {"left", 0, 100}} {
		status := decode[[]pipelineStatus](t, s.must("status", "--json").envelope(t).Result)[0]
		if status.Sending != want.sending || status.Left != want.left || status.Pending != all-100 {
			t.Errorf("got %d sending, %d left and %d pending, want %+v and %d", status.Sending, status.Left, status.Pending, want, all-100)
		}
		if got := s.outboxList("--state", want.state); len(got) != 100 || got[0].Worker == "" {
			t.Errorf("got %d listed as %s, want 100 with their worker", len(got), want.state)
		}
		s.tell("update outbox.claim set lease_until = now() - interval '1 second'") // a minute later
	}
	var work sync.WaitGroup
	for range 2 {
		work.Go(func() { s.must("load", "-q") })
	}
	work.Wait()
	if sent := ask[int64](s, "select count(*) from outbox.result where outcome = 'sent'"); sent != all {
		t.Errorf("got %d sent, want %d", sent, all)
	}
}

// The business key of a stock document is made of two ids; the record is found by the
// first of them.
func TestShowNamesTheRecordOfAStockDocument(t *testing.T) {
	t.Parallel()
	s := newShop(t, shopOptions{})
	s.must("run")
	key := ask[string](s, "select min(business_key) from outbox.head where pipeline_code = 'stock-compare'")
	got := decode[shownDocument](t, s.must("outbox", "show", key, "--json").envelope(t).Result)
	if len(got.Sources) != 1 || got.Sources[0].Dataset != "wdt.stock" || got.Sources[0].RecordKey != key {
		t.Errorf("got the sources %+v of %s, want its row of stock", got.Sources, key)
	}
}
