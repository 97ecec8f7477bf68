package world

// fact is what a comparison looks at in one typed row: who it is and how much.
type fact struct {
	recID     int64
	warehouse string // warehouse_no or warehouse_code
	sku       string // the key column, or productsku_code
	qty       Quantity
	unknown   bool // YonSuite: currentqty is null
}

// typedStocks are the 旺店通 rows that a typed load keeps: sound ones within
// the asked range, one per spec and warehouse, the newest of several.
func (w *World) typedStocks(p Params, d *Dataset) []fact {
	type key struct {
		spec      int64
		warehouse uint8
	}
	at := map[key]int{}
	var rows []fact
	for _, place := range w.matching(StockQuery{From: p.From, To: p.To}) {
		s := w.stocks[place]
		d.Records++
		if s.defect != Sound {
			d.reject(s.goods.no(), s.defect)
			continue
		}
		row := fact{recID: s.recID, warehouse: warehouses[s.warehouse].no, sku: s.goods.no(), qty: s.num}
		if p.Key == KeySpecNo {
			row.sku = s.goods.specNo(s.spec)
		}
		k := key{specID(s), s.warehouse}
		if i, known := at[k]; known {
			d.Repeated++
			rows[i] = row // places ascend by modified, so this one is newer or the same
			continue
		}
		at[k] = len(rows)
		rows = append(rows, row)
	}
	d.Typed = len(rows)
	return rows
}

// typedCurrents are the YonSuite rows that a typed load keeps: sound ones, one
// per organisation, warehouse, product, SKU, batch and status, in the order in
// which YonSuite sends them.
func (w *World) typedCurrents(d *Dataset) []fact {
	type key struct {
		goods                        int32
		batch                        int32
		org, warehouse, spec, status uint8
		noSKU                        bool
	}
	seen := map[key]bool{}
	var rows []fact
	for _, c := range w.currents {
		d.Records++
		if c.defect != Sound {
			d.reject(c.goods.no(), c.defect)
			continue
		}
		k := key{c.goods.serial, c.batch, c.org, c.warehouse, c.spec, c.status, c.noSKU}
		if seen[k] {
			d.Repeated++
			continue
		}
		seen[k] = true
		row := fact{warehouse: w.warehouseCode(warehouses[c.warehouse].no), qty: c.qty, unknown: c.null}
		if !c.noSKU {
			row.sku = c.sku()
		}
		rows = append(rows, row)
	}
	d.Typed = len(rows)
	return rows
}

func (d *Dataset) reject(goodsNo string, why Defect) {
	d.Rejected++
	d.Rejects = append(d.Rejects, Reject{GoodsNo: goodsNo, Reason: why.String()})
}
