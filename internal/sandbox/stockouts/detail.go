package stockouts

import "strconv"

// spellLine spells one row of details_list: the columns of the integration
// profile and four more that a live client reads.
func spellLine(d *document, x *line, platform int64) Line {
	l := &list{fields: make([]Field, 0, 66), loose: d.loose}
	l.integer("rec_id", x.recID)
	l.integer("stockout_id", d.id)
	l.lineGoods(x)
	l.lineQuantity(x)
	l.linePrices(x)
	l.lineSource(d, x, platform)
	l.time("modified", d.modified, 0)
	out := Line{Fields: l.fields, NoPositions: x.positions == absentPositions}
	if !out.NoPositions {
		out.Positions = spellPositions(d, x)
	}
	return out
}

func (l *list) lineGoods(x *line) {
	h := mix(0x11e, uint64(x.goods.specID()))
	brand := h % uint64(len(brands))
	if x.noSKU {
		if x.recID%2 == 0 {
			l.null("spec_no")
		} else {
			l.text("spec_no", "")
		}
	} else {
		l.code("spec_no", x.goods.specNo())
	}
	l.integer("spec_id", x.goods.specID())
	l.text("spec_name", variants[h>>8%8])
	l.text("spec_code", "G"+strconv.Itoa(int(x.goods.spec)))
	l.integer("goods_id", x.goods.id())
	l.code("goods_no", x.goods.no())
	l.text("goods_name", x.goods.name())
	l.integer("goods_type", 1)
	l.code("barcode", "69"+pad(x.goods.specID(), 11))
	l.text("brand_no", "B"+strconv.FormatUint(brand, 10))
	l.text("brand_name", brands[brand])
	l.text("unit_name", "件")
	l.integer("base_unit_id", 1)
	l.zeros("unit_id")
	l.blank("good_prop1", "good_prop2", "good_prop3", "good_prop4", "good_prop5", "good_prop6",
		"prop1", "prop2", "prop3", "prop4", "prop5", "prop6")
}

// lineQuantity spells goods_count as a number, as null, or as something that a
// typed load must reject.
func (l *list) lineQuantity(x *line) {
	switch x.quantity {
	case unknown:
		l.null("goods_count")
	case garbled:
		l.text("goods_count", "abc")
	default:
		l.amount("goods_count", x.count)
	}
	l.amount("num2", x.known())
	l.amount("unit_ratio", One)
	l.amount("weight", x.known().times(One/2))
}

// linePrices spells what the line costs. Amounts are for the whole line.
func (l *list) linePrices(x *line) {
	if x.noSell {
		l.null("sell_price")
	} else {
		l.amount("sell_price", x.sell)
	}
	if x.noPrice {
		l.null("price")
	} else {
		l.amount("price", x.price)
	}
	full, share := x.known().times(x.sell), x.known().times(x.price)
	l.amount("market_price", x.sell+20*One)
	l.amount("cost_price", x.cost())
	l.amount("total_amount", full)
	l.amount("discount", full-share)
	l.amount("share_amount", share)
	l.amount("paid", share)
	l.zeroAmounts("share_post", "tax_rate")
}

func (l *list) lineSource(d *document, x *line, platform int64) {
	tid := d.sourceTids()[0]
	l.integer("gift_type", int64(x.gift))
	l.integer("refund_status", 0)
	l.integer("src_order_type", 1)
	l.integer("sale_order_id", 500_000+x.recID)
	l.integer("src_order_detail_id", 500_000+x.recID)
	l.text("src_tid", tid)
	l.text("src_oid", tid+"-"+strconv.FormatInt(x.recID, 10))
	l.integer("platform_id", platform)
	if x.suite != 0 {
		l.text("suite_no", "ZH"+pad(int64(x.suite), 5))
	} else {
		l.text("suite_no", "")
	}
	l.zeros("from_mask", "is_package", "is_zero_cost", "scan_type")
	l.integer("is_examined", 1)
	l.blank("remark", "batch_remark")
	l.noTime("expire_date", uint64(x.recID))
}

// cost is the 成本价, two fifths of the sale price.
func (x *line) cost() Quantity { return x.sell * 2 / 5 / cent * cent }

// known is the quantity, or 0 when it is not known.
func (x *line) known() Quantity {
	if x.quantity != known {
		return 0
	}
	return x.count
}

// spellPositions spells position_list. Its quantities add up to the line's.
func spellPositions(d *document, x *line) [][]Field {
	out := [][]Field{}
	left := x.known()
	for i := range int64(x.positions) {
		part := left
		if i+1 < int64(x.positions) {
			part = left / 2 / One * One
		}
		left -= part
		l := &list{loose: d.loose}
		id := x.recID*8 + i
		l.integer("rec_id", id)
		l.integer("stockout_order_detail_id", x.recID)
		l.integer("position_id", id%400)
		l.text("position_no", "A-"+pad(id%40, 2)+"-"+pad(id%10, 2))
		l.integer("batch_id", i)
		if i == 0 {
			l.text("batch_no", "")
		} else {
			l.text("batch_no", "PC2024"+pad(id%1000, 4))
		}
		l.amount("num", part)
		l.amount("position_goods_count", part)
		l.amount("cost_price", x.cost())
		l.integer("stockin_detail_id", 70_000+id)
		l.integer("stock_spec_detail_id", 90_000+id)
		l.time("modified", d.modified, 0)
		out = append(out, l.fields)
	}
	return out
}
