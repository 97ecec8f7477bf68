package wdt

import (
	"strconv"
	"strings"

	"pandian/internal/sandbox/jsonout"
	"pandian/internal/sandbox/stockouts"
)

// stockoutOperation is 查询销售出库单, wdt.stockout.order.query.trade and
// stockout_order_query_trade.php.
var stockoutOperation = operation{list: "stockout_list", usual: 40, find: (*Server).findStockouts}

// maxShopNos is how many shops shop_nos may name.
const maxShopNos = 20

// findStockouts finds sales stockouts, ascending by the column that the window
// filters on and then stockout_id. openapi2 leaves the Taobao family out. What
// fetch_stock_only leaves out is not published; it changes nothing here. While a
// client pages, documents change, appear or are cancelled.
func (s *Server) findStockouts(c call) (source, *refusal) {
	query, refused := stockoutQuery(c)
	if refused != nil {
		return source{}, refused
	}
	positions := c.params["is_no_position"] != "1"
	return source{
		page: func(offset, limit int) ([][]byte, int) {
			query.Offset, query.Limit = offset, limit
			docs, total := s.stockouts.Stockouts(query)
			var records [][]byte
			for i := range docs {
				records = append(records, appendStockout(nil, &docs[i], c.style, positions))
			}
			return records, total
		},
		update: func(n int, seed uint64) { s.stockouts.Mutate(n, seed, c.now) },
		insert: func(n int, seed uint64) { s.stockouts.Insert(n, seed, c.now) },
		remove: func(n int, seed uint64) { s.stockouts.Cancel(n, seed, c.now) },
	}, nil
}

// stockoutQuery reads what a call asks for. One of the three document numbers
// makes the window unnecessary; a shop or warehouse does not (assumed).
func stockoutQuery(c call) (q stockouts.StockoutQuery, refused *refusal) {
	q = stockouts.StockoutQuery{
		SrcOrderNo: c.params["src_order_no"], SrcTid: c.params["src_tid"], StockoutNo: c.params["stockout_no"],
		WarehouseNo: c.params["warehouse_no"], ByModified: c.params["is_by_modified"] == "1", WithoutTaobao: !c.gateway,
	}
	if c.hasWindow() {
		if q.From, q.To, refused = c.window(); refused != nil {
			return q, refused
		}
	} else if q.SrcOrderNo == "" && q.SrcTid == "" && q.StockoutNo == "" {
		return q, badArgument("start_time,end_time,src_order_no,src_tid,stockout_no不能同时为空")
	}
	if q.Statuses, refused = statuses(c.params["status"]); refused != nil {
		return q, refused
	}
	if one := c.params["shop_no"]; one != "" {
		q.ShopNos = []string{one}
	} else if several := c.params["shop_nos"]; several != "" {
		q.ShopNos = strings.Split(several, ",")
	}
	if len(q.ShopNos) > maxShopNos {
		return q, badArgument("shop_nos不能超过20个")
	}
	return q, nil
}

// statuses reads one status or a comma list, which one integration profile
// sends and the vendor's page does not mention.
func statuses(text string) (list []int, refused *refusal) {
	if text == "" {
		return nil, nil
	}
	for one := range strings.SplitSeq(text, ",") {
		status, err := strconv.Atoi(one)
		if err != nil {
			return nil, badArgument("status不合法")
		}
		list = append(list, status)
	}
	return list, nil
}

// appendStockout appends one document with its lines and their positions.
func appendStockout(buf []byte, d *stockouts.Stockout, st style, positions bool) []byte {
	r := &record{Object: jsonout.Begin(buf), style: st}
	r.columns(d.Fields, d.Hiding)
	if !d.NoList {
		var lines [][]byte
		for i := range d.Lines {
			lines = append(lines, lineRecord(&d.Lines[i], d.Hiding, st, positions))
		}
		r.Raw("details_list", array(lines))
	}
	return r.End()
}

func lineRecord(line *stockouts.Line, hiding stockouts.Hiding, st style, positions bool) []byte {
	r := &record{Object: jsonout.Begin(nil), style: st}
	r.columns(line.Fields, hiding)
	if positions && !line.NoPositions {
		var rows [][]byte
		for _, fields := range line.Positions {
			row := &record{Object: jsonout.Begin(nil), style: st}
			row.columns(fields, hiding)
			rows = append(rows, row.End())
		}
		r.Raw("position_list", array(rows))
	}
	return r.End()
}
