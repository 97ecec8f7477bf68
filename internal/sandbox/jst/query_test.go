package jst

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pandian/internal/sandbox/saleouts"
)

func TestBusinessParametersThatAreRefused(t *testing.T) {
	t.Parallel()
	fifty := strings.Repeat(`"1",`, 50)
	for name, biz := range map[string]string{
		"neither window nor numbers": `{}`,
		"one bound":                  `{"modified_begin":"2023-11-14 00:00:00"}`,
		"other bound":                `{"modified_end":"2023-11-14 00:00:00"}`,
		"more than seven days":       `{"modified_begin":"2023-11-01 00:00:00","modified_end":"2023-11-08 00:00:01"}`,
		"distributor, over a day":    `{"modified_begin":"2023-11-01 00:00:00","modified_end":"2023-11-02 00:00:01","drp_co_id":"10521001"}`,
		"end before begin":           `{"modified_begin":"2023-11-02 00:00:00","modified_end":"2023-11-01 00:00:00"}`,
		"a date alone":               `{"modified_begin":"2023-11-01","modified_end":"2023-11-02"}`,
		"date_type":                  `{"start_ts":1,"date_type":1}`,
		"status":                     `{"start_ts":1,"status":"confirmed"}`,
		"page 0":                     `{"start_ts":1,"page_index":0}`,
		"page_size 0":                `{"start_ts":1,"page_size":0}`,
		"page_size, a word":          `{"start_ts":1,"page_size":"many"}`,
		"start_ts, a fraction":       `{"start_ts":1.5}`,
		"51 so_ids":                  `{"so_ids":[` + fifty + `"2"]}`,
		"21 l_ids":                   `{"l_ids":"` + strings.Repeat("1,", 21) + `"}`,
		"io_ids, a word":             `{"io_ids":["x"]}`,
		"is_get_total":               `{"start_ts":1,"is_get_total":"perhaps"}`,
		"no JSON":                    `start_ts=1`,
		"two values":                 `{"start_ts":1}{}`,
		"no object":                  `[1]`,
	} {
		r := newSmallRig(t, Options{})
		if got := r.open(biz); got.Code.String() != "140" || strings.Contains(got.Msg, "timestamp") {
			t.Errorf("open, %s: got %.200s", name, got.raw)
		}
		if got := r.old(oldQuery, biz); got.Code.String() != "140" {
			t.Errorf("old, %s: got %.200s", name, got.raw)
		}
	}
	r := newRig(t, Options{})
	r.want(r.qimen(map[string]string{"start_time": "2023-11-01 00:00:00", "end_time": "2023-11-08 00:00:01"}), "41")
	r.want(r.qimen(map[string]string{"start_time": "2023-11-01 00:00:00"}), "41")
}

func TestBusinessParametersAreTakenLeniently(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{})
	all, _ := r.world.Documents(saleouts.Query{Route: saleouts.Open, Limit: 1 << 30})
	one, two := all[3], all[9]
	for name, biz := range map[string]string{
		"texts for numbers":   `{"start_ts":"1","page_index":"1","page_size":"2","is_get_total":"false"}`,
		"numbers for truth":   `{"start_ts":1,"page_size":2,"is_get_total":0}`,
		"array of numbers":    fmt.Sprintf(`{"io_ids":[%d,%d]}`, one.IOID, two.IOID),
		"array of texts":      fmt.Sprintf(`{"o_ids":["%d","%d"]}`, one.OID, two.OID),
		"bare text":           fmt.Sprintf(`{"so_ids":"%s,%s"}`, one.SoID, two.SoID),
		"null is nothing":     fmt.Sprintf(`{"io_ids":[%d,%d],"status":null,"modified_begin":null}`, one.IOID, two.IOID),
		"numbers, not window": fmt.Sprintf(`{"io_ids":[%d,%d],"modified_begin":"2001-01-01 00:00:00"}`, one.IOID, two.IOID),
	} {
		if got := r.open(biz); got.Code.String() != "0" || len(got.Datas) != 2 {
			t.Errorf("%s: got %.200s", name, got.raw)
		}
	}
	for name, value := range map[string]string{
		"commas": fmt.Sprintf("%d,%d", one.IOID, two.IOID), "array": fmt.Sprintf("[%d, %d]", one.IOID, two.IOID),
		"array of texts": fmt.Sprintf(`["%d","%d"]`, one.IOID, two.IOID),
	} {
		if got := r.qimen(map[string]string{"io_ids": value}); len(got.Datas) != 2 {
			t.Errorf("qimen, %s: got %.200s", name, got.raw)
		}
	}
}

func TestAPageThatIsTooLargeIsCutOrRefused(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{})
	if got := r.open(`{"start_ts":1,"page_size":51}`); got.PageSize != 50 || len(got.Datas) != 50 {
		t.Errorf("open: got a page of %d", got.PageSize)
	}
	if got := r.qimen(map[string]string{"start_ts": "1", "page_size": "101"}); got.PageSize != 100 || len(got.Datas) != 100 {
		t.Errorf("qimen: got a page of %d", got.PageSize)
	}
	if got := r.open(`{"start_ts":1}`); got.PageSize != 30 {
		t.Errorf("without page_size: got a page of %d", got.PageSize)
	}
	strict := newRig(t, Options{StrictPageSize: true})
	strict.want(strict.open(`{"start_ts":1,"page_size":51}`), "140")
	strict.want(strict.old(oldQuery, `{"start_ts":1,"page_size":51}`), "140")
	strict.want(strict.qimen(map[string]string{"start_ts": "1", "page_size": "101"}), "41")
	strict.want(strict.open(`{"start_ts":1,"page_size":50}`), "0")
}

func TestFiltersReachTheWorld(t *testing.T) {
	t.Parallel()
	crowd := saleouts.DefaultOptions(testNow)
	crowd.Orders = 600
	r := newRigOver(t, Options{}, crowd)
	full := `"page_size":50`
	for name, test := range map[string]struct {
		biz   string
		query saleouts.Query
	}{
		"status":    {`{"start_ts":1,"status":"Cancelled",` + full + `}`, saleouts.Query{Status: saleouts.Cancelled}},
		"shop":      {`{"start_ts":1,"shop_id":12948597,` + full + `}`, saleouts.Query{ShopID: saleouts.SpecialShop}},
		"offline":   {`{"start_ts":1,"shop_id":0,"is_offline_shop":true,` + full + `}`, saleouts.Query{Offline: true}},
		"warehouse": {`{"start_ts":1,"wms_co_id":"11053102",` + full + `}`, saleouts.Query{WarehouseID: 11053102}},
		"archive":   {`{"start_ts":1,"archive":true,` + full + `}`, saleouts.Query{WithArchived: true}},
		"waves":     {`{"wave_ids":[41],` + full + `}`, saleouts.Query{WaveIDs: []int64{41}}},
		"io_date": {`{"modified_begin":"2023-11-08 06:00:00","modified_end":"2023-11-15 06:00:00","date_type":2,` + full + `}`,
			saleouts.Query{Clock: saleouts.ByIODate, From: at("2023-11-08 06:00:00"), To: at("2023-11-15 06:00:00")}},
		"distributor": {`{"modified_begin":"2023-11-13 06:00:00","modified_end":"2023-11-14 06:00:00","drp_co_id":"10521002",` + full + `}`,
			saleouts.Query{Distributor: "10521002", From: at("2023-11-13 06:00:00"), To: at("2023-11-14 06:00:00")}},
	} {
		test.query.Route = saleouts.Open
		_, want := r.world.Documents(test.query)
		if got := r.open(test.biz); got.DataCount == nil || *got.DataCount != want || want == 0 {
			t.Errorf("%s: got %.150s, want %d", name, got.raw, want)
		}
	}
	if got := r.open(`{"start_ts":1,"owner_co_id":1}`); len(got.Datas) != 0 {
		t.Error("another owner has documents")
	}
	if got := r.open(`{"start_ts":1,"shop_id":1}`); got.Code.String() != "0" || len(got.Datas) != 0 {
		t.Errorf("an unknown shop: got %.150s", got.raw)
	}
}

func at(text string) time.Time {
	t, err := time.ParseInLocation(time.DateTime, text, beijing)
	if err != nil {
		panic(err)
	}
	return t
}
