package wdt

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"

	"pandian/internal/sandbox/fault"
	"pandian/internal/sandbox/meter"
)

// method is one method of the ERP as both routes call it.
type method struct {
	name, file, list string
	open, qimen      string // endpoints
	params           map[string]string
	id               string // the key of its records
}

func methods() map[string]method {
	return map[string]method{
		"shop": {
			name: "wdt.shop.query", file: "shop.php", list: "shoplist", open: OpenShop, qimen: QimenShop, id: "shop_id",
			params: map[string]string{},
		},
		"stockout": {
			name: "wdt.stockout.order.query.trade", file: "stockout_order_query_trade.php", list: "stockout_list",
			open: OpenStockout, qimen: QimenStockout, id: "stockout_id", params: february,
		},
	}
}

type entry = map[string]json.RawMessage

// listing is one page of any method.
type listing struct {
	members entry
	records []entry
}

// ask calls a method over one route.
func (r *rig) ask(route string, m method, more map[string]string) listing {
	r.t.Helper()
	params := with(m.params, more)
	path, below := "/openapi2/"+m.file, ""
	signed := openParams(params)
	if route == "qimen" {
		path, below = "/router/qm", "response"
		signed = gatewayParams(with(params, map[string]string{"method": m.name}))
	}
	body := r.send("POST", path, nil, signed).Body.Bytes()
	var out listing
	if below != "" {
		var outer map[string]entry
		r.unmarshal(body, &outer)
		out.members = outer[below]
	} else {
		r.unmarshal(body, &out.members)
	}
	if raw, ok := out.members[m.list]; ok {
		r.unmarshal(raw, &out.records)
	}
	return out
}

func (r *rig) unmarshal(text []byte, into any) {
	r.t.Helper()
	if err := json.Unmarshal(text, into); err != nil {
		r.t.Fatalf("decode %.200s: %v", text, err)
	}
}

// total is total_count as it stands in the answer.
func (l listing) total() string { return string(l.members["total_count"]) }

// refusal is the ERP's code on either route, 0 on success.
func (l listing) refusal() string {
	if sub, ok := l.members["sub_code"]; ok {
		return unquoted(sub)
	}
	if string(l.members["flag"]) == `"success"` {
		return "0"
	}
	return unquoted(l.members["code"])
}

func (l listing) ids(m method) string {
	var out []string
	for _, record := range l.records {
		out = append(out, unquoted(record[m.id]))
	}
	return strings.Join(out, " ")
}

var routes = []string{"openapi2", "qimen"}

func TestPageSizesOfShopsAndStockouts(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{}, 10)
	for name, usual := range map[string]int{"shop": 30, "stockout": 40} {
		m := methods()[name]
		for _, route := range routes {
			all := r.ask(route, m, map[string]string{"page_size": "500"})
			if n := len(all.records); n <= usual-5 || n > 100 {
				t.Errorf("%s %s, page_size 500: got %d records", route, name, n)
			}
			if got := len(r.ask(route, m, nil).records); got != min(usual, len(all.records)) {
				t.Errorf("%s %s, no page_size: got %d records, want %d", route, name, got, usual)
			}
			for param, bad := range map[string]string{"page_no": "-1", "page_size": "0"} {
				if got := r.ask(route, m, map[string]string{param: bad}).refusal(); got != "100" {
					t.Errorf("%s %s, %s %s: got code %s, want 100", route, name, param, bad, got)
				}
			}
		}
	}
	r.modes(fault.Modes{LargePages: "reject"})
	if got := r.ask("openapi2", methods()["shop"], map[string]string{"page_size": "101"}).refusal(); got != "100" {
		t.Errorf("page_size 101, large pages refused: got code %s, want 100", got)
	}
}

func TestOnlyStockoutsTellATotal(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{}, 10)
	m := methods()
	first, later := r.ask("openapi2", m["stockout"], nil), r.ask("openapi2", m["stockout"], map[string]string{"page_no": "1"})
	if n, _ := strconv.Atoi(strings.Trim(first.total(), `"`)); n < 40 || first.total()[0] != '"' || later.total() != "" {
		t.Errorf("openapi2: got totals %s and %s, want a text on page 0 alone", first.total(), later.total())
	}
	if got := r.ask("qimen", m["stockout"], nil).total(); len(got) == 0 || got[0] == '"' {
		t.Errorf("qimen: got total %s, want a number", got)
	}
	for _, route := range routes {
		if got := r.ask(route, m["shop"], nil).total(); got != "" {
			t.Errorf("%s: got a total of shops %s, want none", route, got)
		}
	}
	r.modes(fault.Modes{Total: "number"})
	if got := r.ask("openapi2", m["shop"], nil).total(); got != "36" {
		t.Errorf("total as a number: got %s, want 36", got)
	}
}

func TestAnEmptyListIsShownInTheWayOfTheMode(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{}, 10)
	for name, none := range map[string]map[string]string{"shop": {"shop_no": "nobody"}, "stockout": {"stockout_no": "none"}} {
		m := methods()[name]
		for mode, want := range map[string]string{"": "[]", "null": "null", "absent": ""} {
			r.modes(fault.Modes{EmptyList: mode})
			for _, route := range routes {
				if got := string(r.ask(route, m, none).members[m.list]); got != want {
					t.Errorf("%s %s, mode %q: got list %s, want %s", route, name, mode, got, want)
				}
			}
		}
	}
}

func TestFaultsHitShopsAndStockouts(t *testing.T) {
	t.Parallel()
	healthy := newRig(t, Options{}, 10)
	size := map[string]string{"page_size": "10"}
	second := map[string]string{"page_size": "10", "page_no": "1"}
	for name, m := range methods() {
		for _, route := range routes {
			whole := healthy.ask(route, m, size)
			endpoint := m.open
			if route == "qimen" {
				endpoint = m.qimen
			}
			once := func(kind fault.Kind, value int) *rig {
				return newRig(t, Options{}, 10, fault.Rule{Kind: kind, Endpoint: endpoint, Value: value, Count: 1})
			}
			if got := len(once(fault.ShortPage, 3).ask(route, m, size).records); got != 7 {
				t.Errorf("%s %s, short page: got %d records, want 7", route, name, got)
			}
			if got := len(once(fault.EmptyPage, 0).ask(route, m, size).records); got != 0 {
				t.Errorf("%s %s, empty page: got %d records, want none", route, name, got)
			}
			if got := once(fault.RepeatedPage, 0).ask(route, m, second).ids(m); got != whole.ids(m) {
				t.Errorf("%s %s, repeated page: got %s, want %s", route, name, got, whole.ids(m))
			}
			if got := once(fault.Throttle, 0).ask(route, m, size).refusal(); got != "1012" {
				t.Errorf("%s %s, throttle: got code %s, want 1012", route, name, got)
			}
			r := newRig(t, Options{}, 10, fault.Rule{Kind: fault.Code, Text: "2104", Endpoint: endpoint})
			if got := r.ask(route, m, size).refusal(); got != "2104" {
				t.Errorf("%s %s, code: got %s, want 2104", route, name, got)
			}
			if got := r.meter.Count(endpoint, meter.Faults); got != 1 {
				t.Errorf("%s: got %d faults counted, want 1", endpoint, got)
			}
		}
	}
	m := methods()["stockout"]
	n, _ := strconv.Atoi(healthy.ask("qimen", m, nil).total())
	liar := newRig(t, Options{}, 10, fault.Rule{Kind: fault.LyingTotal, Value: -5})
	if got := liar.ask("qimen", m, nil).total(); got != strconv.Itoa(n-5) {
		t.Errorf("lying total: got %s, want %d", got, n-5)
	}
}

func TestTheWorldDriftsBehindAClientThatPages(t *testing.T) {
	t.Parallel()
	// fault 17: rows inserted, deleted, updated while paging
	today := map[string]string{"start_time": "2024-02-29 00:00:00", "end_time": "2024-03-01 08:00:00"}
	shop, stockout := methods()["shop"], methods()["stockout"]
	r := newRig(t, Options{}, 10, fault.Rule{Kind: fault.DriftUpdate, Value: 9, Count: 3})
	r.ask("qimen", shop, nil)
	if got := len(r.ask("qimen", shop, map[string]string{"page_size": "100"}).records); got != 36-9 {
		t.Errorf("shops closed: got %d active, want 27", got)
	}
	changes := with(today, map[string]string{"status": "95,105,110,113", "is_by_modified": "1"})
	before := len(r.ask("qimen", stockout, changes).records)
	if got := len(r.ask("qimen", stockout, changes).records); got <= before {
		t.Errorf("stockouts changed: got %d, want more than %d", got, before)
	}
	r = newRig(t, Options{}, 10, fault.Rule{Kind: fault.DriftInsert, Value: 9, Count: 3})
	r.ask("qimen", shop, nil)
	if got := len(r.ask("qimen", shop, map[string]string{"page_size": "100"}).records); got != 36+9 {
		t.Errorf("shops opened: got %d active, want 45", got)
	}
	before = len(r.ask("qimen", stockout, today).records)
	if got := len(r.ask("qimen", stockout, today).records); got != before+9 {
		t.Errorf("stockouts shipped: got %d, want %d", got, before+9)
	}
	r = newRig(t, Options{}, 10, fault.Rule{Kind: fault.DriftDelete, Value: 9, Count: 3})
	r.ask("qimen", shop, nil)
	if got := len(r.ask("qimen", shop, map[string]string{"page_size": "100"}).records); got != 36-9 {
		t.Errorf("shops removed: got %d active, want 27", got)
	}
	gone := map[string]string{"status": "5", "start_time": "2024-03-01 00:00:00", "end_time": "2024-03-01 08:00:00"}
	before = len(r.ask("qimen", stockout, gone).records)
	if got := len(r.ask("qimen", stockout, gone).records); got != before+9 {
		t.Errorf("stockouts cancelled: got %d of status 5, want %d", got, before+9)
	}
}

func TestShopsAndStockoutsCountAgainstTheLimitOfTheirRoute(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{OpenLimit: 2, QimenLimit: 2}, 10)
	m := methods()
	for _, route := range routes {
		got := []string{
			r.ask(route, m["shop"], nil).refusal(), r.ask(route, m["stockout"], nil).refusal(),
			r.ask(route, m["shop"], nil).refusal(),
		}
		if !slices.Equal(got, []string{"0", "0", "1012"}) {
			t.Errorf("%s: got codes %v, want two answers and 1012", route, got)
		}
	}
	counts := r.meter.Snapshot()
	for _, endpoint := range []string{OpenShop, OpenStockout, QimenShop, QimenStockout} {
		if counts[endpoint][meter.Answered] != 1 {
			t.Errorf("%s: got %d answers counted, want 1 (%v)", endpoint, counts[endpoint][meter.Answered], slices.Sorted(maps.Keys(counts)))
		}
	}
}
