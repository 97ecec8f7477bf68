package yonsuite

import (
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"net/url"
	"runtime"
	"strings"
	"testing"

	"github.com/shopspring/decimal"

	"pandian/internal/sandbox/fault"
	"pandian/internal/sandbox/world"
)

type row map[string]json.RawMessage

func (x row) text(name string) string { return strings.Trim(string(x[name]), `"`) }

func (r *rig) rows(body string) []row {
	r.t.Helper()
	got := r.query(r.token(), body)
	var rows []row
	if err := json.Unmarshal(got.Data, &rows); err != nil || got.Code != "200" {
		r.t.Fatalf("query %s: got code %s (%v)", body, got.Code, err)
	}
	return rows
}

func TestRowsAreTheWorldInItsOrder(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{}, 2000)
	want := r.world.Currents(0, make([]world.Current, 0, 10000))
	rows := r.rows("")
	if len(rows) != len(want) {
		t.Fatalf("rows: got %d, want %d", len(rows), len(want))
	}
	shapes := map[string]int{}
	for i, got := range rows {
		if want[i].Defect != world.Sound {
			continue
		}
		if got.text("productsku_code") != want[i].SKUCode || got.text("warehouse_code") != want[i].WarehouseCode {
			t.Errorf("row %d: got %s in %s, want %s in %s", i, got.text("productsku_code"),
				got.text("warehouse_code"), want[i].SKUCode, want[i].WarehouseCode)
		}
		if want[i].Null {
			shapes["null"]++
			if string(got["currentqty"]) != "null" {
				t.Errorf("row %d: currentqty got %s, want null", i, got["currentqty"])
			}
			continue
		}
		qty, err := decimal.NewFromString(string(got["currentqty"]))
		if err != nil || !qty.Equal(want[i].Qty.Decimal()) {
			t.Errorf("row %d: currentqty got %s (%v), want %s", i, got["currentqty"], err, want[i].Qty.Decimal())
		}
		shapes["zero decimals"] += count(strings.HasSuffix(string(got["currentqty"]), ".0"))
		shapes["exponent"] += count(strings.Contains(string(got["currentqty"]), "E+2"))
		shapes["no SKU"] += count(got.text("productsku_code") == "")
		shapes["batch"] += count(got["batchno"] != nil)
		shapes["19-digit status"] += count(len(got["stockStatusDoc"]) == 19)
	}
	for _, shape := range []string{"null", "zero decimals", "exponent", "no SKU", "batch", "19-digit status"} {
		if shapes[shape] == 0 {
			t.Errorf("rows with %s: got none, want some", shape)
		}
	}
}

func count(yes bool) int {
	if yes {
		return 1
	}
	return 0
}

func TestBadRowsAreOnTheWire(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{}, 100)
	kinds := map[string]int{}
	for _, got := range r.rows("{}") {
		kinds["grouped"] += count(string(got["currentqty"]) == `"1,234.50"`)
		kinds["text"] += count(string(got["currentqty"]) == `"abc"`)
		kinds["large"] += count(string(got["currentqty"]) == "1e400")
		kinds["no key"] += count(got["warehouse_code"] == nil && got["productsku_code"] == nil)
		kinds["nul"] += count(strings.Contains(string(got["product_name"]), `\u0000`))
	}
	for _, kind := range []string{"grouped", "text", "large", "no key", "nul"} {
		if kinds[kind] != 1 {
			t.Errorf("%s: got %d rows, want 1", kind, kinds[kind])
		}
	}
}

func TestFiltersTakeOneValueOrSeveral(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{}, 2000)
	all := r.rows("{}")
	sample := all[0]
	for _, candidate := range all {
		if candidate["batchno"] != nil && candidate.text("productsku_code") != "" && candidate.text("stockStatusDoc_statusName") != "合格" {
			sample = candidate
			break
		}
	}
	for filter, column := range map[string]string{
		"org": "org", "warehouse": "warehouse", "warehouse.code": "warehouse_code", "product": "product",
		"productn.code": "product_code", "productsku": "productsku", "batchno": "batchno",
		"stockStatusDoc": "stockStatusDoc", "stockUnitId": "stockUnitId", "product.oUnitId": "unit",
	} {
		want := 0
		for _, x := range all {
			want += count(x[column] != nil && x.text(column) == sample.text(column))
		}
		one := r.rows(fmt.Sprintf(`{%q:%s,"pageIndex":7,"pageSize":1}`, filter, sample[column]))
		many := r.rows(fmt.Sprintf(`{%q:["nothing",%s]}`, filter, sample[column]))
		if len(one) != want || len(many) != want || want == 0 {
			t.Errorf("%s: got %d rows by value and %d by array, want %d", filter, len(one), len(many), want)
		}
		for _, x := range one {
			if x.text(column) != sample.text(column) {
				t.Errorf("%s: got a row with %s, want %s", filter, x[column], sample[column])
			}
		}
	}
	both := r.rows(fmt.Sprintf(`{"org":%s,"warehouse.code":%s}`, sample["org"], sample["warehouse_code"]))
	if len(both) == 0 || len(both) >= len(all) {
		t.Errorf("two filters: got %d of %d rows", len(both), len(all))
	}
	if got := len(r.rows(`{"store":"1"}`)); got != 0 {
		t.Errorf("store: got %d rows, want none", got)
	}
}

func TestSwitchesOfTheQuery(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{}, 500)
	plain, all := r.rows("{}")[0], len(r.rows("{}"))
	if plain["currentStockSubQty"] != nil {
		t.Error("件数 fields came without being asked for")
	}
	if got := r.rows(`{"bNeedSubQty":true}`)[0]; got["currentStockSubQty"] == nil || got["invStockExchRate"] == nil {
		t.Error("件数 fields are missing")
	}
	if got := len(r.rows(`{"bStockStatusDocNotNull":true}`)); got != all {
		t.Errorf("rows with a status: got %d, want all %d", got, all)
	}
	if got := r.rows(`{"billnum":"voucher_order"}`)[0]; string(got["availableqty"]) == string(plain["availableqty"]) && string(plain["preretailqty"]) != "0" {
		t.Errorf("availableqty with a billnum: got %s as without", got["availableqty"])
	}
	if got := r.rows(`{"bIncludeTransitQty":true}`)[0]; string(got["planavailableqty"]) == string(plain["planavailableqty"]) && string(plain["innoticeqty"]) != "0" {
		t.Errorf("planavailableqty with transit: got %s as without", got["planavailableqty"])
	}
	token := r.token()
	recorder := r.do("POST", stockPath+"?product="+plain.text("product")+"&access_token="+url.QueryEscape(token), "")
	var rows []row
	if err := json.Unmarshal(r.decode(recorder).Data, &rows); err != nil || len(rows) == 0 || len(rows) >= all {
		t.Errorf("product in the query: got %d rows of %d (%v)", len(rows), all, err)
	}
}

func TestABodyThatIsNoQueryIsRefused(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{}, 10)
	token := r.token()
	for _, body := range []string{`{"org":`, `[]`, `{"org":{"id":"1"}}`, `{"org":[["1"]]}`, `{"bNeedSubQty":"yes"}`} {
		if got := r.query(token, body).Code; got != "310008" {
			t.Errorf("%s: got %s, want 310008", body, got)
		}
	}
}

func TestEmptyAnswersComeInThreeForms(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{}, 10)
	token := r.token()
	for mode, want := range map[string]string{
		"": `{"code":"200","message":"操作成功","data":[]}`, "null": `{"code":"200","message":"操作成功","data":null}`,
		"absent": `{"code":"200","message":"操作成功"}`,
	} {
		if err := r.faults.Replace(fault.Plan{Modes: fault.Modes{EmptyData: mode}}); err != nil {
			t.Fatal(err)
		}
		got := r.do("POST", stockPath+"?access_token="+url.QueryEscape(token), `{"org":"nothing"}`).Body.String()
		if got != want {
			t.Errorf("mode %q: got %s, want %s", mode, got, want)
		}
	}
}

// sink swallows an answer and notes the most memory in use while it came.
type sink struct {
	*httptest.ResponseRecorder
	bytes, writes int
	peak          uint64
}

func (s *sink) Write(p []byte) (int, error) {
	s.bytes += len(p)
	if s.writes++; s.writes%200 == 0 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		s.peak = max(s.peak, m.HeapAlloc)
	}
	return len(p), nil
}

func TestAnAnswerOfAnyLengthStreamsInFlatMemory(t *testing.T) {
	// Not parallel: other tests would use memory meanwhile.
	r := newRig(t, Options{}, 50_000)
	token := r.token()
	runtime.GC()
	var before runtime.MemStats
	runtime.ReadMemStats(&before)
	out := &sink{ResponseRecorder: httptest.NewRecorder()}
	r.mux.ServeHTTP(out, httptest.NewRequest("POST", stockPath+"?access_token="+url.QueryEscape(token), nil))
	if out.bytes < 30<<20 {
		t.Errorf("answer: got %d bytes, want over 30 MiB", out.bytes)
	}
	if grown := int64(out.peak) - int64(before.HeapAlloc); grown > 4<<20 || out.peak == 0 {
		t.Errorf("heap grew by %d bytes while the answer was written, want under 4 MiB", grown)
	}
	if before.HeapAlloc > 25<<20 {
		t.Errorf("world of 50,000 rows takes %d bytes, want under 25 MiB", before.HeapAlloc)
	}
}
