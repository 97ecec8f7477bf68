package yonsuite

import (
	"strconv"

	"github.com/shopspring/decimal"

	"pandian/internal/sandbox/jsonout"
	"pandian/internal/sandbox/world"
)

// appendCurrent appends one row of the stock query.
func appendCurrent(buf []byte, c world.Current, req request) []byte {
	o := jsonout.Begin(buf)
	o.Text("org", c.Org)
	o.Text("org_name", c.OrgName)
	if c.Defect != world.NoKey {
		appendKeys(&o, c)
	}
	if c.Defect == world.NulText {
		o.Text("product_name", "无\x00名")
	} else {
		o.Text("product_name", c.ProductName)
	}
	o.Text("productsku_name", c.SKUName)
	o.Text("manageClass", c.ManageClass)
	o.Text("manageClass_code", "0"+strconv.Itoa(c.ManageClassNumber))
	o.Text("manageClass_name", "分类"+strconv.Itoa(c.ManageClassNumber))
	appendUnit(&o, c)
	if c.Batch != "" {
		o.Text("batchno", c.Batch)
	}
	o.Int("stockStatusDoc", c.Status)
	o.Text("stockStatusDoc_statusName", c.StatusName)
	appendQuantities(&o, c, req)
	return o.End()
}

// appendKeys writes what tells a row from others, besides org, batch and status.
func appendKeys(o *jsonout.Object, c world.Current) {
	o.Text("warehouse", c.Warehouse)
	o.Text("warehouse_code", c.WarehouseCode)
	o.Text("warehouse_name", c.WarehouseName)
	o.Text("product", c.Product)
	o.Text("product_code", c.ProductCode)
	o.Text("productsku", c.SKU)
	o.Text("productsku_code", c.SKUCode)
}

func appendUnit(o *jsonout.Object, c world.Current) {
	o.Text("unit", c.Unit)
	o.Text("product_unitCode", "PCS")
	o.Text("product_unitName", "件")
	o.Text("stockUnitId", c.Unit)
	o.Text("stockUnitId_code", "PCS")
	o.Text("stockUnitId_name", "件")
}

// appendQuantities writes the quantities as JSON numbers. 可用量 leaves out what
// orders reserve when a billnum picks that rule, and 计划可用量 counts what is on
// the way when the query asks for it (both simplified; the rules are settings).
func appendQuantities(o *jsonout.Object, c world.Current, req request) {
	available, planned := c.Qty, c.Qty-c.Ordered
	if req.billNumber {
		available -= c.Ordered
	}
	if req.includeTransit {
		planned += c.Incoming
	}
	appendCurrentQty(o, c)
	o.Raw("availableqty", spell(available.Decimal(), 0))
	o.Raw("planavailableqty", spell(planned.Decimal(), 0))
	o.Raw("innoticeqty", spell(c.Incoming.Decimal(), 0))
	o.Raw("preretailqty", spell(c.Ordered.Decimal(), 0))
	if req.needSubQty {
		o.Text("invStockExchRate", "1")
		o.Text("currentStockSubQty", c.Qty.Decimal().String())
	}
}

// appendCurrentQty writes 现存量, malformed where the row is to be rejected.
func appendCurrentQty(o *jsonout.Object, c world.Current) {
	switch {
	case c.Defect == world.GroupedDigits:
		o.Text("currentqty", "1,234.50")
	case c.Defect == world.NotANumber:
		o.Text("currentqty", "abc")
	case c.Defect == world.TooLarge:
		o.Raw("currentqty", "1e400")
	case c.Null:
		o.Null("currentqty")
	default:
		o.Raw("currentqty", spell(c.Qty.Decimal(), c.Shape))
	}
}

// spell writes a number in one of the ways in which a Java server may: most
// often plainly, sometimes with decimals that are zero, sometimes with an
// exponent. All of them are the same number.
func spell(d decimal.Decimal, shape uint64) string {
	switch shape % 20 {
	case 1, 2, 3:
		if d.IsInteger() {
			return d.StringFixed(1)
		}
	case 4, 5:
		return d.StringFixed(8)
	case 6:
		if d.IsInteger() && !d.IsZero() && d.Mod(decimal.New(100, 0)).IsZero() {
			return d.Shift(-2).String() + "E+2"
		}
	}
	return d.String()
}
