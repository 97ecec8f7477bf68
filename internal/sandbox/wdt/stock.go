package wdt

import (
	"time"

	"pandian/internal/sandbox/world"
)

// stockOperation is 库存查询, wdt.stock.query and stock_query.php.
var stockOperation = operation{list: "stocks", usual: 40, find: (*Server).findStock}

// findStock finds stock rows, ascending by modified time and then rec_id. No row
// of a world is marked as deleted, so is_deleted and spec_is_deleted change
// nothing.
func (s *Server) findStock(c call) (source, *refusal) {
	query, refused := stockWindow(c)
	if refused != nil {
		return source{}, refused
	}
	query.WarehouseNo, query.SpecNo, query.Barcode = c.params["warehouse_no"], c.params["spec_no"], c.params["barcode"]
	return source{
		page: func(offset, limit int) ([][]byte, int) {
			query.Offset, query.Limit = offset, limit
			rows, total := s.world.Stocks(query)
			var records [][]byte
			for _, row := range rows {
				records = append(records, appendStock(nil, row, c.style))
			}
			return records, total
		},
		update: func(n int, seed uint64) { s.world.Mutate(n, seed, c.now) },
		insert: func(n int, seed uint64) { s.world.Insert(n, seed, c.now) },
		remove: func(n int, seed uint64) { s.world.Delete(n, seed) },
	}, nil
}

// stockWindow reads start_time and end_time. A code makes them unnecessary; a
// warehouse alone means the hour before the request.
func stockWindow(c call) (world.StockQuery, *refusal) {
	if !c.hasWindow() {
		switch {
		case c.params["spec_no"] != "" || c.params["barcode"] != "":
			return world.StockQuery{}, nil
		case c.params["warehouse_no"] != "":
			return world.StockQuery{From: c.now.Add(-time.Hour), To: c.now}, nil
		}
		return world.StockQuery{}, badArgument("start_time,end_time,spec_no,barcode,warehouse_no不能同时为空")
	}
	from, to, refused := c.window()
	return world.StockQuery{From: from, To: to}, refused
}
