package stockouts

import (
	"encoding/hex"
	"strconv"
	"strings"
)

// header spells the columns of 查询销售出库单 above its lines: those of the
// integration profile and nine more that a live client reads.
func (w *World) header(d *document, s *shop) []Field {
	l := &list{fields: make([]Field, 0, 144), loose: d.loose}
	h := mix(w.options.Seed^0x6ead, uint64(d.serial))
	l.headerNumbers(d)
	l.headerPlace(d, s)
	l.headerTimes(d, h)
	l.headerBuyer(d, h)
	l.headerFreight(d, h)
	l.headerMoney(d)
	l.headerStaff(h)
	l.headerWork(d, h)
	l.headerTexts(d, h)
	return l.fields
}

func (l *list) headerNumbers(d *document) {
	tids := strings.Join(d.sourceTids(), ",")
	l.integer("stockout_id", d.id)
	l.text("order_no", d.orderNo)
	l.text("stockout_no", d.stockoutNo)
	l.text("src_order_no", d.systemNo())
	l.text("trade_no", d.systemNo())
	l.text("src_trade_no", tids)
	l.text("src_tids", tids)
	l.integer("trade_id", 60_000+int64(d.serial))
	l.integer("order_type", 1)
	l.text("order_type_name", "销售出库")
	l.integer("trade_type", 1)
	l.integer("subtype", 1)
	l.integer("status", int64(d.status))
	l.integer("trade_status", int64(d.status))
	l.integer("refund_status", 0)
	consign := int64(1 + 2)
	if d.consigned != 0 {
		consign |= 4 | 8
	}
	l.integer("consign_status", consign)
	l.blank("outer_no", "stockout_reason")
	l.zeros("custom_type", "reason_id")
}

func (l *list) headerPlace(d *document, s *shop) {
	house := houses[d.house]
	l.text("warehouse_no", house.no)
	l.text("warehouse_name", house.name)
	l.integer("warehouse_id", int64(d.house)+1)
	l.integer("warehouse_type", 1)
	l.text("shop_no", s.no)
	l.text("shop_name", s.name)
	l.text("shop_remark", s.remark)
	l.integer("platform_id", s.platform)
	l.zeros("fenxiao_type")
	l.blank("fenxiao_nick")
}

func (l *list) headerTimes(d *document, h uint64) {
	ordered := d.modified
	if d.consigned != 0 {
		ordered = d.consigned
	}
	ordered -= int64(h%40_000) + 600
	none := h >> 4
	if d.role == noDate {
		none = 2 // 0000-00-00 00:00:00
	}
	l.time("consign_time", d.consigned, none)
	l.time("trade_time", ordered-120, 0)
	l.time("pay_time", ordered-60, 0)
	l.time("created", ordered, 0)
	l.time("modified", d.modified, 0)
	l.noTime("stock_check_time", h>>6)
	l.noTime("to_deliver_time", h>>8)
	l.text("pre_charge_time", "")
}

// headerBuyer spells who gets the goods. The private columns are those that the
// Qimen route leaves out.
func (l *list) headerBuyer(d *document, h uint64) {
	a := areas[h%uint64(len(areas))]
	name, mobile := person(h>>12), "1990000"+pad(int64(h%10_000), 4)
	where := a.provinceName + " " + a.cityName + " " + a.districtName
	l.private("receiver_name", name, name[:len("王")]+"**")
	l.private("receiver_mobile", mobile, mobile[:3]+"****"+mobile[7:])
	l.private("receiver_telno", "021-0000"+pad(int64(h%10_000), 4), "***")
	l.private("receiver_address", a.street+pad(int64(h%300), 0)+"室", "******")
	l.private("id_card", "", "")
	l.private("nick_name", "buyer"+pad(int64(d.serial), 6), "b***")
	l.integer("id_card_type", 0)
	l.integer("receiver_country", 0)
	l.integer("receiver_province", a.province)
	l.integer("receiver_city", a.city)
	l.integer("receiver_district", a.district)
	l.text("receiver_area", where)
	l.text("receiver_zip", strconv.FormatInt(a.province, 10))
	l.text("receiver_dtb", a.cityName)
	l.text("receiver_ring", "")
	l.text("customer_no", "KD"+pad(int64(d.serial), 6))
	l.text("customer_name", "散客"+pad(int64(d.serial), 6))
	l.integer("customer_id", 40_000+int64(d.serial))
}

func (l *list) headerFreight(d *document, h uint64) {
	carrier := carriers[h>>20%uint64(len(carriers))]
	number := ""
	if d.status != StatusReviewed {
		number = carrier.no + pad(int64(h%10_000_000_000), 12)
	}
	l.text("logistics_no", number)
	l.text("logistics_code", carrier.no)
	l.text("logistics_name", carrier.name)
	l.integer("logistics_type", int64(h>>20%4)+4)
	l.integer("logistics_id", int64(h>>20%4)+1)
	l.zeros("logistics_template_id", "sendbill_template_id", "package_id", "ebill_status", "wms_status")
	l.integer("delivery_term", 1)
	l.amount("post_fee", 6*One)
	l.amount("post_cost", 6*One)
	l.amount("calc_post_cost", 5*One+50*cent)
	l.amount("calc_weight", One/2)
	l.amount("post_weight", One/2+Quantity(h%2000))
	l.zeroAmounts("package_fee", "package_cost", "cod_amount")
	l.blank("error_info")
}

// headerMoney spells the sums over the lines. A line whose quantity is not
// known counts for nothing.
func (l *list) headerMoney(d *document) {
	var count, total, share, cost, discount Quantity
	kinds := map[goods]bool{}
	for i := range d.lines {
		x := &d.lines[i]
		kinds[x.goods] = true
		if x.quantity != known {
			continue
		}
		count += x.count
		total += x.count.times(x.sell)
		share += x.count.times(x.price)
		cost += x.count.times(x.cost())
		discount += x.count.times(x.sell) - x.count.times(x.price)
	}
	l.amount("goods_count", count)
	l.integer("goods_type_count", int64(len(kinds)))
	l.amount("goods_total_amount", total)
	l.amount("goods_total_cost", cost)
	l.amount("discount", discount)
	l.amount("receivable", share)
	l.amount("paid", share)
	l.zeroAmounts("post_amount", "unknown_goods_amount", "tax", "tax_rate")
	l.text("currency", "CNY")
	l.integer("invoice_type", 0)
	l.blank("invoice_title", "invoice_content")
	l.zeros("invoice_id", "has_invoice", "invoice_print_status")
}

func (l *list) headerStaff(h uint64) {
	for i, job := range [...]string{"packager", "picker", "printer", "examiner"} {
		n := h>>(8*i)%8 + 1
		l.integer(job+"_id", int64(n))
		l.text(job+"_no", "YG"+pad(int64(n), 3))
		l.text(job+"_name", surnames[n-1]+"师傅")
	}
	l.text("salesman_no", "YG001")
	l.text("salesman_name", "王经理")
	l.text("fullname", "王经理")
	l.text("employee_no", "YG002")
	l.text("checker_name", "李审单")
	l.text("operator_name", "李审单")
	l.integer("operator_id", 2)
	l.zeros("sorter_id", "consigner_id", "checkouter_id", "watcher_id")
}

func (l *list) headerWork(d *document, h uint64) {
	l.zeros("pack_score", "pick_score", "pick_error_count", "picklist_seq", "pos_allocate_mode", "note_count", "lock_id",
		"flag_id", "block_reason", "freeze_reason", "bad_reason", "sendbill_print_status", "picklist_print_status")
	l.integer("is_allocated", 1)
	l.integer("logistics_print_status", 1)
	l.text("picklist_no", "JH"+pad(int64(d.serial), 8))
	l.null("print_batch_no")
	l.blank("flag_name", "reserve")
	sum := strconv.FormatUint(h, 16) + strconv.FormatUint(mix(h, 1), 16)
	l.text("md5_str", hex.EncodeToString([]byte(sum))[:32])
}

// headerTexts spells what people wrote.
func (l *list) headerTexts(d *document, h uint64) {
	buyer := ""
	if d.role == strangeRemark {
		buyer = strangeRemarks[(h>>5)%uint64(len(strangeRemarks))]
	}
	l.text("remark", d.remark)
	l.text("cs_remark", d.remark)
	l.text("buyer_message", buyer)
	l.text("print_remark", "")
}
