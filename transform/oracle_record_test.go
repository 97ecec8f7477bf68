package transform_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"

	"github.com/shopspring/decimal"
)

func someFigure(random *rand.Rand) figure {
	text := pick(random, "0", "0", "1", "1", "1", "1.5", "2", "2.00000001", "-1", "10", "")
	if text == "" {
		return nil
	}
	return quantity(text)
}

func quantity(text string) figure {
	value := decimal.RequireFromString(text)
	return &value
}

// sourceJSON is the record as 旺店通 sends it: figures are texts of four or
// more decimals.
func (r sourceRow) sourceJSON() map[string]any {
	return map[string]any{
		"spec_id": r.spec, "warehouse_id": r.warehouse,
		"warehouse_no": r.warehouseNo, "goods_no": r.goodsNo, "spec_no": r.specNo,
		"stock_num": fourDecimals(r.stockNum), "lock_num": fourDecimals(r.lockNum), "order_num": plain(r.orderNum),
		"modified": fmt.Sprintf("2026-01-01 %02d:%02d:%02d", r.modified/3600, r.modified/60%60, r.modified%60),
	}
}

// counterpartJSON is the record as YonSuite sends it: figures are numbers.
func (r counterpartRow) counterpartJSON() map[string]any {
	record := map[string]any{
		"warehouse": "1", "product": r.id, "productsku": r.id, "batchno": r.batch,
		"warehouse_code": r.warehouseCode, "productsku_code": r.skuCode,
		"availableqty": number(r.availableQty),
	}
	if r.currentQty != nil { // missing in the record, not null
		record["currentqty"] = number(r.currentQty)
	}
	return record
}

func fourDecimals(value figure) *string {
	if value == nil {
		return nil
	}
	text := value.String()
	if -value.Exponent() < 4 {
		text = value.StringFixed(4)
	}
	return &text
}

func plain(value figure) *string {
	if value == nil {
		return nil
	}
	text := value.String()
	return &text
}

func number(value figure) *json.Number {
	if value == nil {
		return nil
	}
	text := json.Number(value.String())
	return &text
}

func pageOf[Row any](rows []Row, record func(Row) map[string]any) (string, error) {
	records := []map[string]any{}
	for _, row := range rows {
		records = append(records, record(row))
	}
	encoded, err := json.Marshal(records)
	return string(encoded), err
}
