package sandbox_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"pandian/internal/sandbox"
	"pandian/internal/sandbox/fault"
	"pandian/internal/sandbox/world"
)

var testNow = time.Date(2024, 3, 1, 8, 0, 0, 0, time.FixedZone("GMT+8", 8*60*60))

func start(t *testing.T, change func(*sandbox.Options)) (*sandbox.Sandbox, client) {
	t.Helper()
	o := sandbox.DefaultOptions()
	o.Limits, o.Now = sandbox.Limits{}, func() time.Time { return testNow }
	if change != nil {
		change(&o)
	}
	s, err := sandbox.New(o)
	if err != nil {
		t.Fatalf("make sandbox: %v", err)
	}
	url, stop, err := s.Start("127.0.0.1:0")
	if err != nil {
		t.Fatalf("start sandbox: %v", err)
	}
	t.Cleanup(stop)
	return s, client{t: t, base: url, keys: s.Credentials(), now: testNow}
}

// whole is the number a record shows, or false when it is none that a numeric
// column of 30 digits could hold.
func whole(value any) (decimal.Decimal, bool) {
	d, err := decimal.NewFromString(strings.TrimSpace(fmt.Sprint(value)))
	return d, err == nil && d.Abs().LessThan(decimal.New(1, 20))
}

// counted compares what came over the wire in the plainest way: by warehouse
// and goods_no, several rows added up, equality. It gives typed, rejected and
// repeated of each side, then equal, different, missing there, missing here,
// ignored.
func counted(stocks, currents []map[string]any) string {
	var typed, rejected, repeated [2]int
	totals := map[string]decimal.Decimal{}
	seen := map[string]bool{}
	for _, c := range currents {
		qty, ok := whole(c["currentqty"])
		if !ok || c["warehouse_code"] == nil || strings.Contains(fmt.Sprint(c), "\x00") {
			rejected[1]++
			continue
		}
		id := fmt.Sprint(c["org"], c["warehouse"], c["product"], c["productsku"], c["batchno"], c["stockStatusDoc"])
		if seen[id] {
			repeated[1]++
			continue
		}
		seen[id] = true
		typed[1]++
		key := fmt.Sprint(c["warehouse_code"], "|", strings.TrimSpace(fmt.Sprint(c["productsku_code"])))
		totals[key] = totals[key].Add(qty)
	}
	met := map[string]bool{}
	var equal, different, missing, ignored int
	for _, s := range stocks {
		qty, ok := whole(s["stock_num"])
		if !ok || s["rec_id"] == nil || strings.Contains(fmt.Sprint(s), "\x00") {
			rejected[0]++
			continue
		}
		id := fmt.Sprint("wdt ", s["spec_id"], " ", s["warehouse_id"])
		if seen[id] {
			repeated[0]++
			continue
		}
		seen[id] = true
		typed[0]++
		key := fmt.Sprint(s["warehouse_no"], "|", s["goods_no"])
		met[key] = true
		switch total, found := totals[key]; {
		case found && total.Equal(qty):
			equal++
		case found:
			different++
		case qty.IsZero():
			ignored++
		default:
			missing++
		}
	}
	here := 0
	for key := range totals {
		if !met[key] {
			here++
		}
	}
	return fmt.Sprint(typed, rejected, repeated, equal, different, missing, here, ignored)
}

func TestTheTruthIsWhatTheWireShows(t *testing.T) {
	t.Parallel()
	for seed := range uint64(4) {
		s, c := start(t, func(o *sandbox.Options) { o.World.Seed, o.World.Rows = seed, 500 })
		stocks, currents := c.stocks(), c.currents()
		var truth world.Truth
		if err := json.Unmarshal(c.get("GET", "/_truth", ""), &truth); err != nil {
			t.Fatalf("decode truth: %v", err)
		}
		want := fmt.Sprint(
			[2]int{truth.WDT.Typed, truth.Yonsuite.Typed}, [2]int{truth.WDT.Rejected, truth.Yonsuite.Rejected},
			[2]int{truth.WDT.Repeated, truth.Yonsuite.Repeated}, truth.Equal, truth.Different, truth.MissingThere,
			truth.MissingHere, truth.Ignored)
		if got := counted(stocks, currents); got != want {
			t.Errorf("seed %d: the wire shows %s, the truth says %s", seed, got, want)
		}
		if len(stocks) != truth.WDT.Records || len(currents) != truth.Yonsuite.Records {
			t.Errorf("seed %d: read %d and %d records, truth says %d and %d", seed, len(stocks), len(currents),
				truth.WDT.Records, truth.Yonsuite.Records)
		}
		stats := s.Stats().Endpoints
		if got := stats["wdt.openapi2.stock"]["records"]; got != int64(len(stocks)) {
			t.Errorf("records counted: got %d, want %d", got, len(stocks))
		}
	}
}

func TestTruthTakesParameters(t *testing.T) {
	t.Parallel()
	s, c := start(t, nil)
	var got world.Truth
	if err := json.Unmarshal(c.get("GET", "/_truth?on_multiple=first&tolerance=0.5&key=goods_no&rows=1", ""), &got); err != nil {
		t.Fatalf("decode truth: %v", err)
	}
	want, err := s.World().Truth(world.Params{OnMultiple: world.First, Tolerance: decimal.New(5, -1), WithRows: true})
	if err != nil || got.Equal != want.Equal || len(got.Rows) != len(want.Rows) || got.Rows[0].RecID != want.Rows[0].RecID {
		t.Errorf("truth: got %d equal in %d rows, want %d in %d (%v)", got.Equal, len(got.Rows), want.Equal, len(want.Rows), err)
	}
	for _, query := range []string{"on_multiple=all", "tolerance=x", "keys=goods_no", "operator=like", "tolerance=-1"} {
		response, err := http.Get(c.base + "/_truth?" + query)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		if response.StatusCode != http.StatusBadRequest {
			t.Errorf("%s: got HTTP %d, want 400", query, response.StatusCode)
		}
	}
}

func TestChangesShowInTheNextRead(t *testing.T) {
	t.Parallel()
	_, c := start(t, func(o *sandbox.Options) { o.World.Rows = 500 })
	before := counted(c.stocks(), c.currents())
	var answer struct{ Changed []string }
	c.decode(c.get("POST", "/_mutate?rows=12&seed=4&age=120", ""), &answer)
	if len(answer.Changed) != 12 {
		t.Fatalf("changed: got %v, want 12 rec_ids", answer.Changed)
	}
	modified := 0
	for _, s := range c.stocks() {
		if s["modified"] == "2024-03-01 07:58:00" {
			modified++
		}
	}
	if modified != 12 {
		t.Errorf("rows modified two minutes ago: got %d, want 12", modified)
	}
	c.get("POST", "/_mutate?rows=5&side=yonsuite", "")
	c.get("POST", "/_insert?rows=3&age=60", "")
	c.get("POST", "/_delete?rows=2", "")
	if after := counted(c.stocks(), c.currents()); after == before {
		t.Errorf("after the changes the wire shows %s as before", after)
	}
	for _, path := range []string{"/_mutate", "/_mutate?rows=-1", "/_insert?rows=1&age=x", "/_mutate?rows=1&side=left", "/_delete?rows=1&seed=-1"} {
		response, err := http.Post(c.base+path, "", nil)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		if response.StatusCode != http.StatusBadRequest {
			t.Errorf("%s: got HTTP %d, want 400", path, response.StatusCode)
		}
	}
}

func TestFaultsAreSwitchedOverHTTP(t *testing.T) {
	t.Parallel()
	s, c := start(t, nil)
	plan := `{"rules":[{"kind":"html","endpoint":"wdt.openapi2.stock","count":1}],"modes":{"total":"number"}}`
	c.get("POST", "/_faults", plan)
	if got := string(c.stockPage(testNow.Add(-time.Hour), testNow, 0)); !strings.HasPrefix(got, "<!DOCTYPE html>") {
		t.Errorf("first call: got %.60s, want a page of HTML", got)
	}
	if got := string(c.stockPage(testNow.Add(-time.Hour), testNow, 0)); !strings.Contains(got, `"total_count":`) || strings.Contains(got, `"total_count":"`) {
		t.Errorf("second call: got %.60s, want a total as a number", got)
	}
	var shown fault.Plan
	c.decode(c.get("GET", "/_faults", ""), &shown)
	if len(shown.Rules) != 1 || shown.Modes.Total != "number" {
		t.Errorf("plan: got %+v", shown)
	}
	c.get("DELETE", "/_faults", "")
	if got := string(c.stockPage(testNow.Add(-time.Hour), testNow, 0)); !strings.Contains(got, `"total_count":"`) {
		t.Errorf("after DELETE: got %.60s, want a total as a text", got)
	}
	if got := string(c.get("POST", "/_faults", `{"rule":[]}`)); !strings.Contains(got, "unknown field") {
		t.Errorf("typing error: got %s, want a refusal", got)
	}
	if got := s.Stats().Endpoints["wdt.openapi2.stock"]; got["faults"] != 1 || got["requests"] != 3 {
		t.Errorf("stats: got %v, want 3 requests and 1 fault", got)
	}
	if err := s.SetFaults(fault.Plan{Rules: []fault.Rule{{Kind: "nonsense"}}}); err == nil {
		t.Error("a nonsense fault was accepted")
	}
}

func TestTokensCanBeVoidedOverHTTP(t *testing.T) {
	t.Parallel()
	_, c := start(t, func(o *sandbox.Options) {
		o.Faults = fault.Plan{Rules: []fault.Rule{{Kind: fault.Slow, Endpoint: "yonsuite.token", DelayMS: 1}}}
	})
	if got := len(c.currents()); got == 0 {
		t.Fatal("no rows with a fresh token")
	}
	c.get("POST", "/_expire_tokens", "")
	var stats sandbox.Stats
	c.decode(c.get("GET", "/_stats", ""), &stats)
	if got := stats.Endpoints["yonsuite.token"]; got["answered"] != 1 || got["faults"] != 1 {
		t.Errorf("stats: got %v, want one token and one fault", got)
	}
	if got := stats.Peaks["yonsuite.stock"]; got != 1 {
		t.Errorf("peak: got %d, want 1", got)
	}
}

func TestCredentialsComeFromTheSeedUnlessRandomIsAsked(t *testing.T) {
	t.Parallel()
	make := func(o sandbox.Options) sandbox.Credentials {
		s, err := sandbox.New(o)
		if err != nil {
			t.Fatalf("make sandbox: %v", err)
		}
		return s.Credentials()
	}
	if first, second := make(sandbox.Options{Seed: 1}), make(sandbox.Options{Seed: 1}); first != second {
		t.Error("the same seed gave other credentials")
	}
	if make(sandbox.Options{Seed: 1}).AppSecret == make(sandbox.Options{Seed: 2}).AppSecret {
		t.Error("another seed gave the same secret")
	}
	random := sandbox.Options{RandomCredentials: true}
	if first, second := make(random), make(random); first.AppSecret == second.AppSecret {
		t.Error("random credentials came twice")
	}
}

func TestOnlyLoopbackIsServed(t *testing.T) {
	t.Parallel()
	s, err := sandbox.New(sandbox.Options{})
	if err != nil {
		t.Fatalf("make sandbox: %v", err)
	}
	if _, _, err := s.Start("0.0.0.0:0"); err == nil || !strings.Contains(err.Error(), "loopback") {
		t.Errorf("start on all addresses: got %v, want a refusal", err)
	}
	url, stop, err := s.Start("127.0.0.1:0")
	if err != nil {
		t.Fatalf("start: %v", err)
	}
	stop()
	stop()
	if _, err := http.Get(url + "/_stats"); err == nil {
		t.Error("the sandbox answers after stop")
	}
}

func TestOptionsThatMakeNoSenseAreRefused(t *testing.T) {
	t.Parallel()
	if _, err := sandbox.New(sandbox.Options{World: world.Options{Rows: -1}}); err == nil {
		t.Error("a world of -1 rows was accepted")
	}
	if _, err := sandbox.New(sandbox.Options{Faults: fault.Plan{Modes: fault.Modes{Total: "x"}}}); err == nil {
		t.Error("an unknown mode was accepted")
	}
}
