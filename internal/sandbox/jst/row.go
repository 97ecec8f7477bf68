package jst

import (
	"strconv"

	"pandian/internal/sandbox/saleouts"
)

const zeroTime = "0000-00-00 00:00:00"

// appendRow appends one row of the sale-out query. The fields are those of the
// vendor's tables for the route; children stand beside items unless the
// document is one of the misprinted ones.
func appendRow(buf []byte, d saleouts.Document, asked request, st style) []byte {
	st.omit = d.IOID%2 == 0
	r := begin(st)
	r.head(d)
	r.receiver(d)
	r.amounts(d)
	r.tail(d)
	r.Int("ts", d.TS)
	r.extras(d, asked)
	if d.OrderList != nil {
		r.orderList(*d.OrderList)
	}
	r.children(d, asked)
	return append(buf, r.End()...)
}

func (r *record) head(d saleouts.Document) {
	r.Int("co_id", d.CoID)
	r.Int("shop_id", d.Shop.ID)
	r.Int("io_id", d.IOID)
	r.Int("o_id", d.OID)
	r.text("so_id", d.SoID)
	r.moment("created", d.Created, d.Millis)
	if d.Defect == saleouts.ZeroModified {
		r.Text("modified", zeroTime)
	} else {
		r.moment("modified", d.Modified, d.Millis)
	}
	r.Text("status", string(d.Status))
	r.Text("order_type", d.OrderType)
	r.Text("invoice_title", d.InvoiceTitle)
	if r.style.qimen {
		r.Text("buyer_tax_no", d.BuyerTaxNo)
	}
	r.text("shop_buyer_id", d.BuyerNick)
	r.maybe("open_id", d.OpenID)
}

// receiver writes who gets the parcel; Qimen shows the region only. The labels
// of the two phones are swapped on the wire.
func (r *record) receiver(d saleouts.Document) {
	to := d.Receiver
	r.Text("receiver_country", to.Country)
	r.Text("receiver_state", to.State)
	r.Text("receiver_city", to.City)
	r.Text("receiver_district", to.District)
	if !r.style.qimen {
		r.maybe("receiver_town", to.Town)
		r.Text("receiver_address", to.Address)
		r.Text("receiver_name", to.Name)
		r.Text("receiver_phone", to.Phone)
		r.Text("receiver_mobile", to.Landline)
	}
	r.maybe("buyer_message", d.BuyerMessage)
	r.text("remark", d.Remark)
}

func (r *record) amounts(d saleouts.Document) {
	r.flag("is_cod", d.CashOnDelivery)
	r.amount("pay_amount", d.PayAmount)
	r.amount("paid_amount", d.PaidAmount)
	r.amount("free_amount", d.FreeAmount)
	r.amount("freight", d.Freight)
	r.nothing("buyer_paid_amount")
	r.nothing("seller_income_amount")
	r.amount("weight", d.Weight)
	r.amount("f_weight", d.MeasuredWeight)
	if !r.style.qimen {
		r.Null("f_volume")
	}
}

func (r *record) tail(d saleouts.Document) {
	r.Text("l_id", d.TrackingNo)
	r.Text("lc_id", d.Carrier.Code)
	r.Text("logistics_company", d.Carrier.Name)
	r.moment("io_date", d.IODate, d.Millis)
	if d.ZeroPayDate {
		r.Text("pay_date", zeroTime)
	} else {
		r.moment("pay_date", d.PayDate, d.Millis)
	}
	r.Text("stock_enabled", "on")
	r.Text("drp_co_id_from", d.Distributor.Code)
	r.Text("labels", d.Labels)
	r.maybe("merge_so_id", d.MergeSoID)
	r.Int("wms_co_id", d.Warehouse.ID)
	if r.style.qimen {
		r.text("drp_info", d.Distributor.Name)
		r.text("warehouse", d.Warehouse.Name)
	} else {
		r.Int("owner_co_id", d.CoID)
		r.Null("package_no")
		r.Null("warehouse_oid")
	}
	r.Text("business_staff", d.Staff)
	r.maybe("currency", d.Currency)
	r.maybeInt("seller_flag", d.SellerFlag)
	r.textInt("wave_id", d.WaveID)
	r.Int("order_staff_id", d.StaffID)
	r.Text("order_staff_name", d.Staff)
	r.maybe("node", d.Node)
	r.textFlag("is_print", d.Printed)
	r.textFlag("is_print_express", d.ExpressPrinted)
	r.text("shop_name", d.Shop.Name)
}

// extras are columns that only inout_flds brings.
func (r *record) extras(d saleouts.Document, asked request) {
	if wants(asked.orderExtras, "oaid") && d.OrderList == nil {
		r.Text("oaid", "1"+strconv.FormatInt(d.OID, 36))
	}
	if wants(asked.orderExtras, "is_split") {
		r.flag("is_split", false)
	}
	if wants(asked.orderExtras, "volume") {
		r.nothing("volume")
	}
}

// orderList writes fields that belong to the order list.
func (r *record) orderList(l saleouts.OrderList) {
	r.amount("f_freight", l.Freight)
	r.Text("oaid", l.OaID)
	r.moment("order_date", l.OrderedAt, false)
	r.Text("order_from", l.From)
	r.moment("send_date", l.SentAt, false)
	r.Text("question_type", l.QuestionType)
	r.Text("shop_status", l.ShopStatus)
	r.Text("referrer_id", l.ReferrerID)
	r.Text("referrer_name", l.ReferrerName)
	r.Text("type", l.Type)
	var pays [][]byte
	for _, p := range l.Pays {
		o := begin(r.style)
		o.amount("amount", saleouts.Amount{Value: p.Amount})
		o.Text("buyer_account", p.Account)
		o.flag("is_order_pay", true)
		o.Text("outer_pay_id", p.OuterID)
		o.moment("pay_date", p.PaidAt, false)
		o.Text("pay_id", p.ID)
		o.Text("payment", p.Method)
		o.Text("status", p.Status)
		pays = append(pays, o.End())
	}
	r.list("pays", pays)
}
