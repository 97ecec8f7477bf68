package wdt

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"pandian/internal/sandbox/fault"
	"pandian/internal/sandbox/meter"
)

func TestWindowsFollowTheVendorsRules(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{}, 50)
	for _, test := range []struct {
		name, code string
		params     map[string]string
	}{
		{"30 days", "0", map[string]string{"start_time": "2024-01-31 00:00:00", "end_time": "2024-03-01 00:00:00"}},
		{"30 days and a second", "100", map[string]string{"start_time": "2024-01-31 00:00:00", "end_time": "2024-03-01 00:00:01"}},
		{"end before start", "100", map[string]string{"start_time": "2024-02-02 00:00:00", "end_time": "2024-02-01 00:00:00"}},
		{"one end only", "100", map[string]string{"start_time": "2024-02-02 00:00:00"}},
		{"a date without time", "100", map[string]string{"start_time": "2024-02-01", "end_time": "2024-02-02"}},
		{"nothing at all", "100", map[string]string{"page_no": "0"}},
		{"a spec", "0", map[string]string{"spec_no": "HP0000001-01"}},
		{"a barcode", "0", map[string]string{"barcode": "6900000000101"}},
		{"a warehouse", "0", map[string]string{"warehouse_no": "上海仓01"}},
		{"page_no below 0", "100", map[string]string{"spec_no": "x", "page_no": "-1"}},
		{"page_no no number", "100", map[string]string{"spec_no": "x", "page_no": "one"}},
		{"page_size 0", "100", map[string]string{"spec_no": "x", "page_size": "0"}},
	} {
		if got := r.open(test.params).code(); got != test.code {
			t.Errorf("openapi2, %s: got code %s, want %s", test.name, got, test.code)
		}
		want := ""
		if test.code != "0" {
			want = test.code
		}
		if got := r.gateway(test.params).SubCode; got != want {
			t.Errorf("gateway, %s: got sub_code %s, want %s", test.name, got, want)
		}
	}
}

// read reads all pages of one month from both routes' own call.
func read(t *testing.T, call func(map[string]string) page, size int) (records []map[string]json.RawMessage, totals []string) {
	t.Helper()
	for n := 0; ; n++ {
		p := call(with(february, map[string]string{"page_no": strconv.Itoa(n), "page_size": strconv.Itoa(size)}))
		totals = append(totals, string(p.TotalCount))
		records = append(records, p.Stocks...)
		if len(p.Stocks) < size {
			return records, totals
		}
	}
}

func TestPagesOfBothRoutesHoldTheSameRecords(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{}, 2000)
	open, openTotals := read(t, r.open, 40)
	gateway, gatewayTotals := read(t, r.gateway, 40)
	if len(open) < 500 || len(open) != len(gateway) {
		t.Fatalf("records: got %d and %d, want the same and some hundreds", len(open), len(gateway))
	}
	if want := strconv.Quote(strconv.Itoa(len(open))); openTotals[0] != want || openTotals[1] != "" {
		t.Errorf("openapi2 totals: got %q, want %s on page 0 alone", openTotals, want)
	}
	if want := strconv.Itoa(len(open)); gatewayTotals[0] != want || gatewayTotals[1] != "" {
		t.Errorf("gateway totals: got %q, want %s on page 0 alone", gatewayTotals, want)
	}
	for i := range open {
		for name, value := range open[i] {
			if name == "created" || name == "status" {
				name = strings.ToUpper(name[:1]) + name[1:]
			}
			if got, want := unquoted(gateway[i][name]), unquoted(value); got != want {
				t.Fatalf("record %d, %s: got %s at the gateway, want %s", i, name, got, want)
			}
			if value[0] != '"' && string(value) != "null" {
				t.Errorf("openapi2, %s: got %s, want a text", name, value)
			}
		}
		if id := gateway[i]["warehouse_id"]; id[0] == '"' {
			t.Errorf("gateway, warehouse_id: got %s, want a number", id)
		}
	}
	if got := r.meter.Count(OpenStock, meter.Records); got != int64(len(open)) {
		t.Errorf("records counted: got %d, want %d", got, len(open))
	}
}

func unquoted(raw json.RawMessage) string {
	return strings.Trim(string(raw), `"`)
}

func TestRecordsHaveTheFieldsOfTheVendor(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{}, 50)
	fields := strings.Fields(`spec_id goods_no spec_no spec_code barcode warehouse_id warehouse_no warehouse_name
		stock_num lock_num rec_id Created Status default_position_id last_position_id unpay_num subscribe_num order_num
		sending_num purchase_num transfer_num weight modified goods_name spec_name brand_no brand_name warehouse_type unit
		img_url remark cost_price to_purchase_num to_transfer_num purchase_arrive_num return_num refund_num last_pd_time
		last_inout_time avaliable_num spec_wh_no wms_sync_stock wms_preempty_stock wms_stock_diff wms_sync_time`)
	record := r.gateway(february).Stocks[0]
	for _, name := range fields {
		if _, ok := record[name]; !ok {
			t.Errorf("field %s is missing", name)
		}
	}
	if len(record) != len(fields) {
		t.Errorf("fields: got %d, want %d (currentqty is not one of them)", len(record), len(fields))
	}
}

func TestBadAndOddRecordsAreOnTheWire(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{}, 2000)
	quantities, withoutKey, nul, long, numbers := map[string]int{}, 0, 0, 0, 0
	for start := testNow.AddDate(0, 0, -90); start.Before(testNow); start = start.AddDate(0, 0, 30) {
		for n := 0; ; n++ {
			p := r.gateway(map[string]string{
				"start_time": start.Format(time.DateTime), "end_time": start.AddDate(0, 0, 30).Add(-time.Second).Format(time.DateTime),
				"page_no": strconv.Itoa(n), "page_size": "100",
			})
			for _, record := range p.Stocks {
				quantities[string(record["stock_num"])]++
				withoutKey += count(record["rec_id"] == nil && record["spec_id"] == nil)
				nul += count(strings.Contains(string(record["spec_code"]), `\u0000`))
				long += count(len(record["rec_id"]) == 19)
				numbers += count(record["goods_no"][0] != '"')
			}
			if len(p.Stocks) < 100 {
				break
			}
		}
	}
	got := fmt.Sprint(quantities[`"1,234.50"`], quantities[`"abc"`], quantities["1e400"], withoutKey, nul)
	if got != "1 1 1 1 1" {
		t.Errorf("bad records: got %s, want one of each of the five kinds", got)
	}
	if long < 3 || numbers == 0 {
		t.Errorf("odd records: got %d long ids, %d numbers for texts, want at least 3 and some", long, numbers)
	}
}

func count(yes bool) int {
	if yes {
		return 1
	}
	return 0
}

func TestPageSizeOverTheMaximumIsTakenAsTheMaximum(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{}, 2000)
	large := with(february, map[string]string{"page_size": "500"})
	if got := len(r.open(large).Stocks); got != 100 {
		t.Errorf("page_size 500: got %d records, want 100", got)
	}
	if got := len(r.open(february).Stocks); got != 40 {
		t.Errorf("no page_size: got %d records, want 40", got)
	}
	r.modes(fault.Modes{LargePages: "reject"})
	r.wantCode(r.open(large), "100")
}

func TestModesChangeTotalsListsAndDecimals(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{}, 2000)
	later := with(february, map[string]string{"page_no": "1"})
	for mode, want := range map[string]string{"": "", "minus_one": `"-1"`, "zero": `"0"`, "empty": `""`} {
		if got := string(r.modes(fault.Modes{LaterTotal: mode}).open(later).TotalCount); got != want {
			t.Errorf("later_total %q: got %s, want %s", mode, got, want)
		}
	}
	if got := r.modes(fault.Modes{Total: "number"}).open(february).TotalCount; len(got) == 0 || got[0] == '"' {
		t.Errorf("total number: got %s", got)
	}
	if got := r.modes(fault.Modes{Total: "absent"}).open(february).TotalCount; got != nil {
		t.Errorf("total absent: got %s", got)
	}
	none := map[string]string{"spec_no": "nothing"}
	if p := r.modes(fault.Modes{}).open(none); !p.hasList || string(p.TotalCount) != `"0"` {
		t.Errorf("no records: got list %v and total %s, want an empty list and \"0\"", p.hasList, p.TotalCount)
	}
	if p := r.modes(fault.Modes{EmptyList: "absent"}).open(none); p.hasList {
		t.Error("no records, list absent: got a list")
	}
	if got := r.modes(fault.Modes{Decimals: "number"}).gateway(february).Stocks[0]["weight"]; got[0] == '"' {
		t.Errorf("decimals as numbers: got %s", got)
	}
}

func TestCallsOverTheLimitAreRefused(t *testing.T) {
	t.Parallel()
	now := testNow
	r := newRig(t, Options{OpenLimit: 60, QimenLimit: 2, Now: func() time.Time { return now }}, 50)
	for n := range 61 {
		want := "0"
		if n == 60 {
			want = "1012"
		}
		r.wantCode(r.open(february), want)
	}
	now = now.Add(time.Minute)
	r.wantCode(r.open(february), "0")
	for _, want := range []string{"", "", "1012"} {
		if got := r.gateway(february).SubCode; got != want {
			t.Errorf("gateway: got sub_code %s, want %s", got, want)
		}
	}
	r.modes(fault.Modes{QimenThrottle: "gateway"})
	r.wantCode(r.gateway(february), "7")
	if got := r.server.Peaks()["wdt.openapi2"]; got != 61 {
		t.Errorf("peak: got %d calls, want 61", got)
	}
	if got := r.meter.Count(OpenStock, meter.Throttled); got != 1 {
		t.Errorf("throttled: got %d, want 1", got)
	}
}

func TestWithoutFormatTheGatewayAnswersInXML(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{}, 50)
	recorder := r.send("GET", "/router/qm", gatewayParams(with(february, map[string]string{"format": ""})), nil)
	body := recorder.Body.String()
	if !strings.HasPrefix(body, `<?xml version="1.0" encoding="utf-8"?><response><flag>success</flag>`) ||
		!strings.Contains(body, "<stocks><stock><rec_id>") || !strings.HasSuffix(body, "</response>") {
		t.Errorf("got %.300s, want a response element with stocks", body)
	}
	if got := recorder.Header().Get("Content-Type"); !strings.HasPrefix(got, "text/xml") {
		t.Errorf("content type: got %s, want text/xml", got)
	}
}

func TestContentTypeOfOpenapi2SaysHTML(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{}, 50)
	got := r.send("POST", "/openapi2/stock_query.php", nil, openParams(february)).Header().Get("Content-Type")
	if got != "text/html; charset=utf-8" {
		t.Errorf("content type: got %s", got)
	}
}

func TestPagingFaults(t *testing.T) {
	t.Parallel()
	onPage := func(n int) map[string]string {
		return with(february, map[string]string{"page_no": strconv.Itoa(n), "page_size": "100"})
	}
	ids := func(p page) string {
		var out []string
		for _, record := range p.Stocks {
			out = append(out, string(record["rec_id"]))
		}
		return strings.Join(out, " ")
	}
	healthy := newRig(t, Options{}, 2000)
	total := string(healthy.open(onPage(0)).TotalCount)

	// fault 17: short page in the middle
	r := newRig(t, Options{}, 2000, fault.Rule{Kind: fault.ShortPage, Value: 3, Count: 1})
	if first, second := len(r.open(onPage(1)).Stocks), len(r.open(onPage(1)).Stocks); first != 97 || second != 100 {
		t.Errorf("short page: got %d then %d records, want 97 then 100", first, second)
	}
	// fault 17: duplicate page
	r = newRig(t, Options{}, 2000, fault.Rule{Kind: fault.RepeatedPage, Count: 1})
	if got, want := ids(r.open(onPage(2))), ids(healthy.open(onPage(1))); got != want {
		t.Error("repeated page: page 2 is not page 1 again")
	}
	// fault 17: total that lies
	r = newRig(t, Options{}, 2000, fault.Rule{Kind: fault.LyingTotal, Value: -5})
	n, _ := strconv.Atoi(strings.Trim(total, `"`))
	if got, want := string(r.open(onPage(0)).TotalCount), strconv.Quote(strconv.Itoa(n-5)); got != want {
		t.Errorf("lying total: got %s, want %s", got, want)
	}
	// fault 17: empty 200
	r = newRig(t, Options{}, 2000, fault.Rule{Kind: fault.EmptyPage, Endpoint: "wdt.openapi2.*", Count: 1})
	if p := r.open(onPage(0)); len(p.Stocks) != 0 || string(p.TotalCount) != total {
		t.Errorf("empty page: got %d records of %s, want none of %s", len(p.Stocks), p.TotalCount, total)
	}
	// fault 17: rows that leave the window while it is read
	r = newRig(t, Options{}, 2000, fault.Rule{Kind: fault.DriftUpdate, Value: 200, Count: 1})
	r.open(onPage(0))
	if got := string(r.open(onPage(0)).TotalCount); got == total {
		t.Errorf("drift: the total is still %s after 200 rows changed", got)
	}
	r = newRig(t, Options{}, 2000, fault.Rule{Kind: fault.DriftDelete, Value: 50}, fault.Rule{Kind: fault.DriftInsert, Value: 50})
	r.gateway(onPage(0))
	if got := string(r.gateway(onPage(0)).TotalCount); strconv.Quote(got) == total {
		t.Errorf("drift: the total is still %s after 50 rows went", got)
	}
}

func TestPlatformFaults(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{}, 50,
		fault.Rule{Kind: fault.Throttle, Count: 1, Endpoint: OpenStock},
		fault.Rule{Kind: fault.Remote, Count: 1},
		fault.Rule{Kind: fault.Code, Text: "2104", Count: 1, Endpoint: OpenStock})
	r.wantCode(r.open(february), "1012")
	r.wantCode(r.open(february), "2104")
	r.wantCode(r.open(february), "0")
	if p := r.gateway(february); p.code() != "15" || p.SubCode != "isp.remote-service-timeout" {
		t.Errorf("remote: got %s %s, want 15 isp.remote-service-timeout", p.code(), p.SubCode)
	}
	if p := r.gateway(february); p.Flag != "success" {
		t.Errorf("after the faults: got %s, want success", p.code())
	}
}
