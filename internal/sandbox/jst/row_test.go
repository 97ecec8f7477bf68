package jst

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/shopspring/decimal"

	"pandian/internal/sandbox/saleouts"
)

// wire is one row as it stands in an answer: scalars as their JSON text.
type wire map[string]json.RawMessage

func (w wire) children(t *testing.T, name string) []wire {
	t.Helper()
	var out []wire
	if err := json.Unmarshal(w[name], &out); err != nil {
		t.Fatalf("read %s: %v in %.200s", name, err, w[name])
	}
	return out
}

// rows are all rows of a route, those of Taobao shops on Qimen only.
func (r *rig) rows(route saleouts.Route) []wire {
	r.t.Helper()
	var out []wire
	for page := 1; ; page++ {
		var got answer
		switch biz := fmt.Sprintf(`{"start_ts":1,"page_size":50,"page_index":%d,"archive":true}`, page); route {
		case saleouts.Open:
			got = r.open(biz)
		case saleouts.Old:
			got = r.old(oldQuery, biz)
		case saleouts.Qimen:
			got = r.qimen(map[string]string{"start_ts": "1", "archive": "true", "page_index": fmt.Sprint(page)})
		}
		clean := strings.ReplaceAll(strings.ReplaceAll(got.raw, "\x01", ""), "\x02", "")
		var outer struct {
			Data, Response struct{ Datas []wire }
			Datas          []wire
		}
		if err := json.Unmarshal([]byte(clean), &outer); err != nil {
			r.t.Fatalf("read rows: %v", err)
		}
		out = append(out, slices.Concat(outer.Data.Datas, outer.Response.Datas, outer.Datas)...)
		if !*got.HasNext {
			return out
		}
	}
}

func special(s saleouts.Special) saleouts.Options {
	return saleouts.Options{Orders: 12, Seed: 5, BatchShare: 0.7, SerialShare: 0.7, GiftShare: 0.4, Special: s}
}

func TestEachRouteWritesItsOwnTypes(t *testing.T) {
	t.Parallel()
	number, point := regexp.MustCompile(`^-?\d+$`), regexp.MustCompile(`^-?\d+\.\d+$`)
	text, amount := regexp.MustCompile(`^".*"$`), regexp.MustCompile(`^"-?\d+\.\d{2,}"$`)
	truth := regexp.MustCompile(`^(true|false)$`)
	r := newRigOver(t, Options{}, saleouts.Options{Orders: 60})
	for route, types := range map[saleouts.Route]map[string]*regexp.Regexp{
		saleouts.Open: {"io_id": number, "o_id": number, "ts": number, "shop_id": number, "wms_co_id": number, "pay_amount": point,
			"free_amount": point, "weight": point, "so_id": text, "is_cod": truth, "is_print": truth, "receiver_phone": text,
			"drp_co_id_from": text, "items": regexp.MustCompile(`"sale_price":\d+\.\d+,`)},
		saleouts.Qimen: {"io_id": number, "ts": number, "pay_amount": amount, "free_amount": amount, "weight": amount,
			"is_cod": truth, "is_print": regexp.MustCompile(`^"(true|false)"$`), "warehouse": text,
			"items": regexp.MustCompile(`"qty":\d+,.*"sale_price":"\d+\.\d\d+",`)},
	} {
		for _, row := range r.rows(route) {
			for name, want := range types {
				if !want.Match(row[name]) {
					t.Errorf("%s %s: got %.200s, want %s", route, name, row[name], want)
				}
			}
		}
	}
}

func TestQimenHidesTheReceiverAndTheOldGatewayDoesNot(t *testing.T) {
	t.Parallel()
	r := newRigOver(t, Options{}, saleouts.Options{Orders: 60})
	names := func(row wire) []string { return slices.Sorted(maps.Keys(row)) }
	open, old, qimen := r.rows(saleouts.Open), r.rows(saleouts.Old), r.rows(saleouts.Qimen)
	if len(open) != len(old) || !slices.Equal(names(open[0]), names(old[0])) {
		t.Errorf("the old gateway shows other rows than the open platform")
	}
	for _, name := range []string{"receiver_town", "receiver_address", "receiver_name", "receiver_phone", "receiver_mobile"} {
		if open[0][name] == nil {
			t.Errorf("the open platform has no %s", name)
		}
		for _, row := range qimen {
			if row[name] != nil {
				t.Fatalf("Qimen shows %s", name)
			}
		}
	}
}

func TestWhatIsMissingIsNullOnOpenAndAbsentOrEmptyOnQimen(t *testing.T) {
	t.Parallel()
	r := newRigOver(t, Options{}, special(saleouts.Special{NullAmounts: 12}))
	for _, row := range r.rows(saleouts.Open) {
		if string(row["free_amount"]) != "null" || string(row["f_weight"]) != "null" {
			t.Errorf("open: got %s and %s, want null", row["free_amount"], row["f_weight"])
		}
	}
	seen := map[string]int{}
	for _, row := range r.rows(saleouts.Qimen) {
		seen[string(row["free_amount"])]++
	}
	if len(seen) != 2 || seen[""] == 0 || seen[`""`] == 0 {
		t.Errorf("qimen: got %v, want absent and empty", seen)
	}
	r = newRigOver(t, Options{}, special(saleouts.Special{BlankAmounts: 12}))
	for _, row := range slices.Concat(r.rows(saleouts.Open), r.rows(saleouts.Qimen)) {
		if string(row["freight"]) != `""` {
			t.Errorf("blank amount: got %s", row["freight"])
		}
	}
}

func TestSpecialRowsOnTheWire(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		special saleouts.Special
		want    string
	}{
		"amounts as text":   {saleouts.Special{TextAmounts: 12}, `"pay_amount":"\d+\.\d\d".*"qty":"\d+"`},
		"milliseconds":      {saleouts.Special{Milliseconds: 12}, `"modified":"2023-1\d-\d\d \d\d:\d\d:\d\d\.(487|000|999|001)"`},
		"zero pay date":     {saleouts.Special{ZeroPayDates: 12}, `"pay_date":"0000-00-00 00:00:00"`},
		"bad quantity":      {saleouts.Special{Bad: 12}, `"qty":"abc"`},
		"zero modified":     {saleouts.Special{ZeroModified: 12}, `"modified":"0000-00-00 00:00:00".*"qty":"abc"`},
		"no items":          {saleouts.Special{NoItems: 12}, `"items":\[\],"batchs":\[\],"sns":\[\]`},
		"no sku":            {saleouts.Special{NoSKU: 12}, `"sku_id":(""|null)`},
		"negative":          {saleouts.Special{NegativeQty: 12}, `"qty":-2,`},
		"null quantity":     {saleouts.Special{NullQty: 12}, `"qty":null,`},
		"fraction":          {saleouts.Special{FractionalQty: 12}, `"qty":1.375,`},
		"no price":          {saleouts.Special{NoPrice: 12}, `"sale_price":(""|null),.*"is_gift":false`},
		"parcels":           {saleouts.Special{Parcels: 12}, `"ClusterInfos":\[\{"io_id":\d+,"l_id":"SF\d+-2"`},
		"order list fields": {saleouts.Special{OrderListFields: 12}, `"f_freight":.*"pays":\[\{"amount":.*"sku_type":"normal"`},
	} {
		r := newRigOver(t, Options{}, special(test.special))
		want := regexp.MustCompile(test.want)
		for _, d := range []answer{r.open(`{"start_ts":1,"page_size":1}`), r.open(`{"start_ts":1,"page_size":1,"page_index":4}`)} {
			if !want.MatchString(d.raw) {
				t.Errorf("%s: got %s", name, d.raw)
			}
		}
	}
}

func TestChildrenStandBesideItemsUnlessMisprinted(t *testing.T) {
	t.Parallel()
	for _, nested := range []int{0, 12} {
		o := special(saleouts.Special{Nested: nested})
		r := newRigOver(t, Options{}, o)
		truth := r.world.Truth(saleouts.TruthParams{Route: saleouts.Qimen})
		items, beside, inside := 0, 0, 0
		for _, row := range r.rows(saleouts.Qimen) {
			if (row["batchs"] == nil) != (nested > 0) || (row["sns"] == nil) != (nested > 0) || row["ClusterInfos"] == nil {
				t.Errorf("nested %d: batchs %.40s, sns %.40s beside items", nested, row["batchs"], row["sns"])
			}
			if nested == 0 {
				beside += len(row.children(t, "batchs")) + len(row.children(t, "sns"))
			}
			for _, item := range row.children(t, "items") {
				items++
				if item["batchs"] == nil {
					continue
				}
				for _, batch := range item.children(t, "batchs") {
					inside += 1 + len(batch.children(t, "sns"))
				}
			}
		}
		want := truth.Batches + truth.Serials
		if items != truth.Items || beside+inside != want || (inside > 0) != (nested > 0) || want == 0 {
			t.Errorf("nested %d: %d items, %d beside, %d inside, want %d and %d", nested, items, beside, inside, truth.Items, want)
		}
	}
}

func TestControlCharactersAreRawOnQimenOnly(t *testing.T) {
	t.Parallel()
	o := special(saleouts.Special{OddTexts: 12})
	for _, escape := range []bool{false, true} {
		r := newRigOver(t, Options{EscapeControls: escape}, o)
		qimen := r.qimen(map[string]string{"start_ts": "1"}).raw
		if raw := strings.Contains(qimen, "前\x01后\x02缀"); raw == escape {
			t.Errorf("escaped %v: raw control characters on Qimen: %v", escape, raw)
		}
		if strings.ContainsAny(qimen, "\t\r\n") || !strings.Contains(qimen, `制表\t换行\n回车\r\n结束`) {
			t.Error("tab and line ends are not escaped on Qimen")
		}
		if open := r.open(`{"start_ts":1,"page_size":50}`).raw; !strings.Contains(open, `前\u0001后\u0002缀`) {
			t.Errorf("control characters are not escaped on the open platform")
		}
	}
	texts := map[string]bool{}
	for _, row := range newRigOver(t, Options{EscapeControls: true}, o).open(allOrders).Datas {
		texts[row.Remark] = true
	}
	for _, want := range []string{"好评返现😀👨‍👩‍👧", `他说"可以" 'ok' \ 和 /`} {
		if !texts[want] {
			t.Errorf("no remark %s among %v", want, texts)
		}
	}
}

func TestValuesOnTheWireAreThoseOfTheWorld(t *testing.T) {
	t.Parallel()
	r := newRigOver(t, Options{}, special(saleouts.Special{}))
	for route, rows := range map[saleouts.Route][]wire{saleouts.Open: r.rows(saleouts.Open), saleouts.Qimen: r.rows(saleouts.Qimen)} {
		for _, row := range rows {
			var id int64
			if err := json.Unmarshal(row["io_id"], &id); err != nil {
				t.Fatal(err)
			}
			d, _ := r.world.Document(id)
			if route == saleouts.Open && (string(row["receiver_phone"]) != `"`+d.Receiver.Phone+`"` ||
				string(row["receiver_mobile"]) != `"`+d.Receiver.Landline+`"`) {
				t.Errorf("document %d: phone %s, landline %s", id, row["receiver_phone"], row["receiver_mobile"])
			}
			for n, item := range row.children(t, "items") {
				price := strings.Trim(string(item["sale_price"]), `"`)
				if !decimal.RequireFromString(price).Equal(d.Items[n].SalePrice.Value) {
					t.Errorf("%s document %d: price %s, want %s", route, id, price, d.Items[n].SalePrice.Value)
				}
			}
			for n, batch := range row.children(t, "batchs") {
				line := d.Items[d.Batches[n].Line]
				if (batch["ioi_id"] != nil) != d.Batches[n].ShowLine || string(batch["sku_id"]) != `"`+line.SKU.Code+`"` {
					t.Errorf("%s document %d: batch %v", route, id, batch)
				}
			}
		}
	}
}

func TestALongDocumentHasAllItsLines(t *testing.T) {
	t.Parallel()
	r := newRigOver(t, Options{}, special(saleouts.Special{Long: 1}))
	most := 0
	for _, row := range r.rows(saleouts.Open) {
		most = max(most, len(row.children(t, "items")))
	}
	if most != 500 {
		t.Errorf("the longest document has %d lines, want 500", most)
	}
}

func TestExtraColumnsComeWhenAskedFor(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{})
	plain := r.open(allOrders).raw
	rich := r.open(`{"start_ts":1,"inout_flds":["oaid","is_split","volume"],"inout_item_flds":["combine_sku_qty"]}`).raw
	for _, name := range []string{`"oaid":`, `"is_split":`, `"volume":`, `"combine_sku_qty":`} {
		if strings.Contains(plain, name) || !strings.Contains(rich, name) {
			t.Errorf("%s: there without asking %v, when asked for %v", name, strings.Contains(plain, name), strings.Contains(rich, name))
		}
	}
}
