package wdt

import (
	"fmt"
	"regexp"

	"pandian/extract"
	"pandian/internal/erphttp"
)

// Pass is one of the ways to read sales stockouts. No single one sees them all,
// and each has a dataset, and so a coverage, of its own.
type Pass int

const (
	// Shipped is dataset wdt.stockout: shipped and completed documents, windows on
	// consign_time. It misses what changes after shipping.
	Shipped Pass = iota
	// Modified is dataset wdt.stockout.modified: documents changed later, windows
	// on modified (is_by_modified=1). The vendor documents the flag beside a
	// status; that it works without one is seen in one live client only.
	Modified
	// Cancelled is dataset wdt.stockout.cancelled: status 5, which neither of the
	// others shows, windows on modified.
	Cancelled
)

// The datasets of [Stockout], one for each pass.
const (
	StockoutDataset          = "wdt.stockout"
	StockoutModifiedDataset  = "wdt.stockout.modified"
	StockoutCancelledDataset = "wdt.stockout.cancelled"
)

// Dataset is the name of the pass's dataset.
func (p Pass) Dataset() string {
	switch p {
	case Modified:
		return StockoutModifiedDataset
	case Cancelled:
		return StockoutCancelledDataset
	default:
		return StockoutDataset
	}
}

// StockoutFilter narrows what is read. Zero fields do not.
type StockoutFilter struct {
	// SrcOrderNo is one order of the ERP (系统订单编号, JY…).
	SrcOrderNo string
	// SrcTID is one order of the sales platform (原始单号).
	SrcTID string
	// StockoutNo is one document (出库单号).
	StockoutNo string
	// ShopNo is one shop's code (店铺编号).
	ShopNo string
	// WarehouseNo is one warehouse's code (仓库编号).
	WarehouseNo string
	// Status narrows pass Shipped to states such as "95", or to several, as in
	// "95,105,110,113" (the list form is seen in one integration only). Below 95
	// the platform's window is on modified. The other passes do without.
	Status string
}

// statusList is one status or several.
var statusList = regexp.MustCompile(`^[0-9]+(,[0-9]+)*$`)

// Stockout is the source of sales stockouts (查询销售出库单):
// wdt.stockout.order.query.trade on Qimen, stockout_order_query_trade.php on
// openapi2. Windows are Beijing time, both ends inclusive, at most 30 days.
// total_count stands on page 0 only; the list may be absent when it is empty.
// openapi2 leaves out the orders of Taobao's family, Qimen gives all of them
// without the receivers' data.
type Stockout struct{ query }

var _ extract.Source = (*Stockout)(nil)

// NewStockout makes the source of one pass. Nothing is sent before Fetch or
// Check.
func NewStockout(conn Connection, filter StockoutFilter, pass Pass, deps erphttp.Deps) (*Stockout, error) {
	if filter.Status != "" && !statusList.MatchString(filter.Status) {
		return nil, fmt.Errorf("filter of 旺店通 stockouts: status %q is not a number, nor several with commas", filter.Status)
	}
	client, err := newClient(conn, StockoutLayout(), deps)
	if err != nil {
		return nil, fmt.Errorf("connection to 旺店通: %w", err)
	}
	return &Stockout{query{
		client: client, counted: true,
		method: method{qimen: "wdt.stockout.order.query.trade", file: "stockout_order_query_trade.php"},
		spec:   client.conn.windowed(pass.Dataset()),
		pass:   pass.params(),
		filter: filter.params(pass),
	}}, nil
}

// params are what makes the platform answer the pass.
func (p Pass) params() map[string]string {
	switch p {
	case Modified:
		return map[string]string{"is_by_modified": "1"}
	case Cancelled:
		return map[string]string{"status": "5"}
	default:
		return nil
	}
}

func (f StockoutFilter) params(pass Pass) map[string]string {
	params := map[string]string{
		"src_order_no": f.SrcOrderNo,
		"src_tid":      f.SrcTID,
		"stockout_no":  f.StockoutNo,
		"shop_no":      f.ShopNo,
		"warehouse_no": f.WarehouseNo,
	}
	if pass == Shipped {
		params["status"] = f.Status
	}
	return params
}
