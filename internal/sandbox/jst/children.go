package jst

import (
	"time"

	"pandian/internal/sandbox/saleouts"
)

// children writes lines, batches, serial numbers and parcels. The name of the
// last has capitals on the wire.
func (r *record) children(d saleouts.Document, asked request) {
	var items, batches, serials, parcels [][]byte
	for line := range d.Items {
		items = append(items, r.item(d, line, asked))
	}
	if !d.Nested {
		for _, b := range d.Batches {
			batches = append(batches, r.batch(d, b, nil))
		}
		for _, sn := range d.Serials {
			serials = append(serials, r.serial(d, sn))
		}
	}
	for _, p := range d.Parcels {
		o := begin(r.style)
		o.Int("io_id", d.IOID)
		o.Text("l_id", p.TrackingNo)
		o.Text("logistic_company", p.Carrier.Name)
		o.Text("lc_id", p.Carrier.Code)
		o.amount("f_weight", saleouts.Amount{Value: p.Weight})
		parcels = append(parcels, o.End())
	}
	r.list("items", items)
	if !d.Nested {
		r.list("batchs", batches)
		r.list("sns", serials)
	}
	r.list("ClusterInfos", parcels)
}

func (r *record) item(d saleouts.Document, line int, asked request) []byte {
	it := d.Items[line]
	o := begin(r.style)
	o.Int("ioi_id", it.LineID)
	if o.style.qimen {
		o.Int("oi_id", it.OrderLine)
	} else {
		o.Text("oi_id", "")
	}
	o.Text("outer_oi_id", it.OuterLine)
	o.Text("raw_so_id", it.RawSoID)
	o.sku(it)
	o.quantity("qty", it.Qty)
	o.Text("unit", it.SKU.Unit)
	o.amount("sale_price", it.SalePrice)
	o.amount("sale_amount", it.SaleAmount)
	o.amount("sale_base_price", it.BasePrice)
	o.nothing("combine_sku_id")
	if wants(asked.itemExtras, "combine_sku_qty") {
		o.nothing("combine_sku_qty")
	}
	o.flag("is_gift", it.Gift)
	o.nothing("buyer_paid_amount")
	o.nothing("seller_income_amount")
	if o.style.qimen {
		o.Int("bu_id", 1)
	} else {
		o.lineBatch(d, line)
	}
	if d.OrderList != nil {
		o.orderListItem(it)
	}
	if d.Nested {
		o.nest(d, line)
	}
	return o.End()
}

func (r *record) sku(it saleouts.Item) {
	switch it.NoSKU {
	case saleouts.Null:
		r.nothing("sku_id")
	case saleouts.Blank:
		r.Text("sku_id", "")
	default:
		r.text("sku_id", it.SKU.Code)
	}
	r.text("i_id", it.SKU.Style)
	r.text("name", it.SKU.Name)
	r.text("properties_value", it.SKU.Properties)
	r.Text("pic", "")
}

// lineBatch writes the batch of a line that has just one, which only the open
// platform shows there.
func (r *record) lineBatch(d saleouts.Document, line int) {
	var found []saleouts.Batch
	for _, b := range d.Batches {
		if b.Line == line {
			found = append(found, b)
		}
	}
	if len(found) != 1 {
		return
	}
	r.Text("batch_id", found[0].No)
	r.day("product_date", found[0].ProducedOn)
	r.Int("supplier_id", found[0].SupplierID)
	r.day("expiration_date", found[0].ExpiresOn)
}

// orderListItem writes the fields that a line has in the order list.
func (r *record) orderListItem(it saleouts.Item) {
	r.amount("price", it.SalePrice)
	r.amount("amount", it.SaleAmount)
	r.amount("base_price", it.BasePrice)
	r.Text("item_status", "Confirmed")
	r.flag("is_presale", false)
	r.Text("shop_i_id", it.SKU.Style)
	r.Text("shop_sku_id", it.SKU.Code)
	r.Text("sku_type", "normal")
}

// nest writes the batches of a line inside it, and the line's serial numbers
// inside the first of them.
func (r *record) nest(d saleouts.Document, line int) {
	var serials, batches [][]byte
	for _, sn := range d.Serials {
		if sn.Line == line {
			serials = append(serials, r.serial(d, sn))
		}
	}
	for _, b := range d.Batches {
		if b.Line != line {
			continue
		}
		if serials == nil {
			serials = [][]byte{}
		}
		batches = append(batches, r.batch(d, b, serials))
		serials = nil
	}
	r.list("batchs", batches)
}

// batch writes a batch; with nested not nil, serial numbers inside.
func (r *record) batch(d saleouts.Document, b saleouts.Batch, nested [][]byte) []byte {
	it := d.Items[b.Line]
	o := begin(r.style)
	o.Text("batch_no", b.No)
	if b.ShowLine {
		o.Int("ioi_id", it.LineID)
	}
	o.Text("sku_id", it.SKU.Code)
	o.quantity("qty", saleouts.Amount{Value: b.Qty})
	o.day("product_date", b.ProducedOn)
	o.Int("supplier_id", b.SupplierID)
	o.Text("supplier_name", b.SupplierName)
	o.day("expiration_date", b.ExpiresOn)
	o.Text("status", "")
	if nested != nil {
		o.list("sns", nested)
	}
	return o.End()
}

func (r *record) serial(d saleouts.Document, sn saleouts.Serial) []byte {
	o := begin(r.style)
	o.Text("sku_id", d.Items[sn.Line].SKU.Code)
	o.Text("sn", sn.No)
	if !o.style.qimen {
		o.Null("certificate_no")
		o.flag("is_pack_sn", false)
		o.flag("is_opened", false)
		o.Null("pack_sn")
	}
	return o.End()
}

// day writes a date; the clock of it is midnight in Beijing.
func (r *record) day(name string, at time.Time) { r.moment(name, at, false) }
