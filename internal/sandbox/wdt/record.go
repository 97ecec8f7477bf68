package wdt

import (
	"strconv"
	"time"

	"pandian/internal/sandbox/jsonout"
	"pandian/internal/sandbox/world"
)

// style is how a route writes scalars. openapi2 writes everything as text;
// Qimen writes integers as numbers and, as in the integration profile of the
// stock query, two names with a capital.
type style struct {
	numbers  bool // integers as numbers
	decimals bool // decimals as numbers
	capitals bool // Created and Status
	// anonymous leaves out what tells who the buyer is.
	anonymous bool
}

// record writes one record in a style.
type record struct {
	jsonout.Object
	style style
}

func (r *record) integer(name string, value int64) {
	if r.style.numbers {
		r.Int(name, value)
		return
	}
	r.Text(name, strconv.FormatInt(value, 10))
}

func (r *record) quantity(name string, value world.Quantity) {
	if r.style.decimals {
		r.Raw(name, value.Fixed4())
		return
	}
	r.Text(name, value.Fixed4())
}

// code writes a code as text. One of digits alone comes as a number where the
// route writes numbers: that is how loosely typed servers go wrong.
func (r *record) code(name, value string, digits bool) {
	if digits && r.style.numbers {
		r.Raw(name, value)
		return
	}
	r.Text(name, value)
}

func (r *record) time(name string, value time.Time) {
	r.Text(name, value.In(beijing).Format(time.DateTime))
}

func (r *record) capital(lower, upper string) string {
	if r.style.capitals {
		return upper
	}
	return lower
}

// appendStock appends one record of the stock query. currentqty is a column of
// the integration platform and never on the wire.
func appendStock(buf []byte, s world.Stock, st style) []byte {
	r := &record{Object: jsonout.Begin(buf), style: st}
	if s.Defect != world.NoKey {
		r.integer("rec_id", s.RecID)
		r.integer("spec_id", s.SpecID)
	}
	r.code("goods_no", s.GoodsNo, s.DigitsOnly)
	r.Text("goods_name", s.GoodsName)
	r.code("spec_no", s.SpecNo, s.DigitsOnly)
	r.Text("spec_name", s.SpecName)
	if s.Defect == world.NulText {
		r.Text("spec_code", "A\x00B")
	} else {
		r.Text("spec_code", s.SpecCode)
	}
	r.code("barcode", s.Barcode, s.DigitsOnly)
	r.Text("brand_no", s.BrandNo)
	r.Text("brand_name", s.BrandName)
	r.integer("warehouse_id", s.WarehouseID)
	r.Text("warehouse_no", s.WarehouseNo)
	r.Text("warehouse_name", s.WarehouseName)
	r.integer("warehouse_type", 1)
	r.stockNum(s)
	r.quantities(s)
	r.integer("default_position_id", s.DefaultPosition)
	r.integer("last_position_id", s.LastPosition)
	r.integer(r.capital("status", "Status"), 1)
	r.time(r.capital("created", "Created"), s.Created)
	r.time("modified", s.Modified)
	r.extras(s)
	return r.End()
}

// stockNum writes 库存量, malformed where the record is to be rejected.
func (r *record) stockNum(s world.Stock) {
	switch s.Defect {
	case world.GroupedDigits:
		r.Text("stock_num", "1,234.50")
	case world.NotANumber:
		r.Text("stock_num", "abc")
	case world.TooLarge:
		r.code("stock_num", "1e400", true)
	default:
		r.quantity("stock_num", s.StockNum)
	}
}

func (r *record) quantities(s world.Stock) {
	r.quantity("lock_num", s.LockNum)
	r.quantity("unpay_num", s.UnpayNum)
	r.quantity("subscribe_num", s.SubscribeNum)
	r.quantity("order_num", s.OrderNum)
	r.quantity("sending_num", s.SendingNum)
	r.quantity("purchase_num", s.PurchaseNum)
	r.quantity("transfer_num", s.TransferNum)
	r.quantity("avaliable_num", s.AvailableNum) // the vendor's own spelling
	r.quantity("weight", s.Weight)
	r.quantity("cost_price", s.CostPrice)
}

// extras are columns that public clients have seen and few use; some are empty
// in the ways in which 旺店通 writes nothing.
func (r *record) extras(s world.Stock) {
	for _, name := range [...]string{
		"to_purchase_num", "to_transfer_num", "purchase_arrive_num", "return_num", "refund_num",
		"wms_sync_stock", "wms_preempty_stock", "wms_stock_diff",
	} {
		r.quantity(name, 0)
	}
	r.Text("unit", "件")
	r.Null("img_url")
	r.Text("remark", "")
	r.Text("spec_wh_no", "")
	r.Text("last_pd_time", "0000-00-00 00:00:00")
	r.time("last_inout_time", s.Modified)
	r.Null("wms_sync_time")
}
