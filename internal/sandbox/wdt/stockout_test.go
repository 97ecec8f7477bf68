package wdt

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"pandian/internal/sandbox/fault"
	"pandian/internal/sandbox/stockouts"
)

// everything is every document of one route, read by the window of modified.
func (r *rig) everything(route string) (records []entry) {
	r.t.Helper()
	for start := testNow.AddDate(0, 0, -90); start.Before(testNow); start = start.AddDate(0, 0, 30) {
		for _, status := range []string{"95,105,110,113", "55", "5"} {
			for n := 0; ; n++ {
				p := r.ask(route, methods()["stockout"], map[string]string{
					"start_time": start.Format(time.DateTime), "end_time": start.AddDate(0, 0, 30).Add(-time.Second).Format(time.DateTime),
					"status": status, "is_by_modified": "1", "page_no": strconv.Itoa(n), "page_size": "50",
				})
				records = append(records, p.records...)
				if len(p.records) < 50 {
					break
				}
			}
		}
	}
	return records
}

func lines(t *testing.T, record entry, list string) (out []entry) {
	t.Helper()
	if record[list] == nil {
		return nil
	}
	if err := json.Unmarshal(record[list], &out); err != nil {
		t.Fatalf("%s: %v", list, err)
	}
	return out
}

func TestOpenapi2LeavesTheTaobaoFamilyOutAndQimenTheBuyers(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{}, 10)
	openTruth, _ := r.stockouts.StockoutTruth(stockouts.Params{Route: stockouts.OpenAPI2})
	qimenTruth, _ := r.stockouts.StockoutTruth(stockouts.Params{Route: stockouts.Qimen})
	open, qimen := r.everything("openapi2"), r.everything("qimen")
	if len(open) != openTruth.Records || len(qimen) != qimenTruth.Records || len(open) >= len(qimen) {
		t.Errorf("documents: got %d on openapi2 and %d on Qimen, want %d and %d",
			len(open), len(qimen), openTruth.Records, qimenTruth.Records)
	}
	for _, record := range open {
		if id := unquoted(record["platform_id"]); id == "1" || id == "2" {
			t.Errorf("openapi2 shows a document of platform %s", id)
		}
		if len(unquoted(record["receiver_mobile"])) != 11 || unquoted(record["receiver_name"]) == "" {
			t.Errorf("openapi2: got receiver %s, %s, want both", record["receiver_name"], record["receiver_mobile"])
		}
	}
	ways := map[string]int{}
	for _, record := range qimen {
		for _, name := range []string{"receiver_name", "receiver_address", "receiver_mobile", "receiver_telno", "nick_name"} {
			raw, there := record[name]
			switch {
			case !there:
				ways["absent"]++
			case string(raw) == "null" || string(raw) == `""`:
				ways[string(raw)]++
			case strings.Contains(string(raw), "**"):
				ways["masked"]++
			default:
				t.Errorf("qimen tells %s: %s", name, raw)
			}
		}
	}
	for _, way := range []string{"absent", "null", `""`, "masked"} {
		if ways[way] == 0 {
			t.Errorf("no private column is %s: %v", way, ways)
		}
	}
}

func TestScalarsAreWrittenInTheWayOfTheRoute(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{}, 10)
	bare, quoted := 0, 0
	for _, record := range r.everything("openapi2") {
		for name, raw := range record {
			if name == "details_list" || string(raw) == "null" {
				continue
			}
			if raw[0] != '"' {
				bare++
				if !strings.Contains(string(raw), ".") {
					t.Errorf("openapi2, %s: got %s, want a text", name, raw)
				}
			}
		}
	}
	ids := 0
	for _, record := range r.everything("qimen") {
		for _, name := range []string{"stockout_id", "status", "platform_id", "warehouse_id"} {
			if record[name][0] == '"' {
				t.Errorf("qimen, %s: got %s, want a number", name, record[name])
			}
		}
		quoted += count(record["goods_total_amount"][0] == '"')
		ids += count(len(record["stockout_id"]) == 19)
	}
	if bare == 0 || quoted < 200 {
		t.Errorf("got %d numbers on openapi2 and %d texts on Qimen, want some and most", bare, quoted)
	}
	if ids != 3 {
		t.Errorf("ids of 19 digits: got %d, want 3", ids)
	}
	r.modes(fault.Modes{Decimals: "number"})
	if got := r.ask("qimen", methods()["stockout"], nil).records[0]["goods_total_amount"]; got[0] == '"' {
		t.Errorf("decimals as numbers: got %s", got)
	}
}

func TestWindowsOfStockoutsFollowTheVendorsRules(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{}, 10)
	many := strings.TrimSuffix(strings.Repeat("A,", 21), ",")
	none := map[string]string{"start_time": "", "end_time": ""}
	for _, test := range []struct {
		name, code string
		params     map[string]string
	}{
		{"30 days", "0", map[string]string{"start_time": "2024-01-31 00:00:00", "end_time": "2024-03-01 00:00:00"}},
		{"30 days and a second", "100", map[string]string{"start_time": "2024-01-31 00:00:00", "end_time": "2024-03-01 00:00:01"}},
		{"end before start", "100", map[string]string{"start_time": "2024-02-02 00:00:00", "end_time": "2024-02-01 00:00:00"}},
		{"one end only", "100", map[string]string{"end_time": ""}},
		{"a date without time", "100", map[string]string{"start_time": "2024-02-01"}},
		{"nothing at all", "100", none},
		{"a status alone", "100", with(none, map[string]string{"status": "95"})},
		{"a shop alone", "100", with(none, map[string]string{"shop_no": "SHOP01"})},
		{"a warehouse alone", "100", with(none, map[string]string{"warehouse_no": "WH01"})},
		{"stockout_no", "0", with(none, map[string]string{"stockout_no": "x"})},
		{"src_order_no", "0", with(none, map[string]string{"src_order_no": "x"})},
		{"src_tid", "0", with(none, map[string]string{"src_tid": "x"})},
		{"a key and a window too wide", "100", map[string]string{"stockout_no": "x", "start_time": "2023-01-01 00:00:00"}},
		{"a status that is no number", "100", map[string]string{"status": "shipped"}},
		{"20 shops", "0", map[string]string{"shop_nos": many[2:]}},
		{"21 shops", "100", map[string]string{"shop_nos": many}},
	} {
		for _, route := range routes {
			if got := r.ask(route, methods()["stockout"], test.params).refusal(); got != test.code {
				t.Errorf("%s, %s: got code %s, want %s", route, test.name, got, test.code)
			}
		}
	}
}

func TestTheWindowFiltersOnTheColumnOfTheVendorsTable(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{}, 10)
	from, to, all := february["start_time"], february["end_time"], r.everything("qimen")
	for _, test := range []struct {
		name, column string
		params       map[string]string
		statuses     string
	}{
		{"no status", "consign_time", map[string]string{}, "95 105 110 113"},
		{"95", "consign_time", map[string]string{"status": "95"}, "95"},
		{"110, is_by_modified 0", "consign_time", map[string]string{"status": "110", "is_by_modified": "0"}, "110"},
		{"55", "modified", map[string]string{"status": "55"}, "55"},
		{"5", "modified", map[string]string{"status": "5"}, "5"},
		{"95 by modified", "modified", map[string]string{"status": "95", "is_by_modified": "1"}, "95"},
		{"all by modified", "modified", map[string]string{"is_by_modified": "1"}, "95 105 110 113"},
	} {
		want, got := map[string]bool{}, map[string]bool{}
		for _, record := range all {
			at := unquoted(record[test.column])
			if at >= from && at <= to && strings.Contains(" "+test.statuses+" ", " "+string(record["status"])+" ") {
				want[string(record["stockout_id"])] = true
			}
		}
		for n := 0; ; n++ {
			p := r.ask("qimen", methods()["stockout"], with(test.params, map[string]string{"page_no": strconv.Itoa(n)}))
			for _, record := range p.records {
				got[string(record["stockout_id"])] = true
			}
			if len(p.records) < 40 {
				break
			}
		}
		if len(want) == 0 || fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%s: got %d documents, want %d by %s", test.name, len(got), len(want), test.column)
		}
	}
}

func TestPositionsCanBeLeftOut(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{}, 10)
	for _, record := range r.ask("qimen", methods()["stockout"], map[string]string{"is_no_position": "1"}).records {
		for _, x := range lines(t, record, "details_list") {
			if x["position_list"] != nil {
				t.Errorf("document %s has positions", record["stockout_id"])
			}
		}
	}
}

func TestADocumentOf500LinesIsOnTheWire(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{}, 10)
	var err error
	r.server.stockouts, err = stockouts.New(stockouts.Options{Now: testNow, Shops: 1, Stockouts: 1, Huge: 1})
	if err != nil {
		t.Fatal(err)
	}
	for _, route := range routes {
		records := r.everything(route)
		if len(records) != 1 || len(lines(t, records[0], "details_list")) != 500 {
			t.Errorf("%s: got %d documents, want one of 500 lines", route, len(records))
		}
	}
}

func TestOddStockoutsAreOnTheWire(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{}, 10)
	kinds := map[string]int{}
	orders := map[string]int{}
	for _, record := range r.everything("qimen") {
		orders[string(record["order_no"])]++
		kinds["no list"] += count(record["details_list"] == nil)
		kinds["empty list"] += count(string(record["details_list"]) == "[]")
		shipped := string(record["status"]) != "5" && string(record["status"]) != "55"
		kinds["no date"] += count(shipped && string(record["consign_time"]) == `"0000-00-00 00:00:00"`)
		kinds["control character"] += count(strings.Contains(string(record["remark"]), `\u0007`))
		kinds["emoji"] += count(strings.Contains(string(record["remark"]), "🎁"))
		kinds["quotes"] += count(strings.Contains(string(record["remark"]), `\"`))
		kinds["renumbered"] += count(string(record["order_no"]) != string(record["stockout_no"]))
		list := lines(t, record, "details_list")
		for _, x := range list {
			kinds["garbled"] += count(string(x["goods_count"]) == `"abc"`)
			kinds["null quantity"] += count(string(x["goods_count"]) == "null")
			kinds["zero"] += count(unquoted(x["goods_count"]) == "0.0000")
			kinds["negative"] += count(strings.HasPrefix(unquoted(x["goods_count"]), "-"))
			kinds["no sku"] += count(unquoted(x["spec_no"]) == "" || string(x["spec_no"]) == "null")
			kinds["sku as number"] += count(x["spec_no"][0] == '8')
			kinds["no price"] += count(string(x["price"]) == "null" && string(x["sell_price"]) == "null")
			kinds["empty positions"] += count(string(x["position_list"]) == "[]")
			kinds["no positions"] += count(x["position_list"] == nil)
		}
	}
	if len(orders) != 250-2 {
		t.Errorf("order numbers: got %d, want 248", len(orders))
	}
	for kind, n := range kinds {
		if n == 0 && kind != "control character" && kind != "quotes" && kind != "emoji" {
			t.Errorf("%s: got none, want some", kind)
		}
	}
	if kinds["control character"]+kinds["quotes"]+kinds["emoji"] == 0 {
		t.Error("no remark with a control character, a quote or an emoji")
	}
}
