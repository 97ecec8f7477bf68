package wdt

import (
	"fmt"

	"pandian/extract"
	"pandian/internal/erphttp"
)

// StockDataset is the name of the dataset that [Stock] reads.
const StockDataset = "wdt.stock"

// StockFilter narrows what is read. Zero fields do not.
type StockFilter struct {
	// WarehouseNo is one warehouse's code (仓库编号).
	WarehouseNo string
	// SpecNo is one SKU's merchant code (商家编码).
	SpecNo string
	// Barcode is one SKU's barcode (条码).
	Barcode string
}

// Stock is the source of stock figures (库存查询): wdt.stock.query on Qimen,
// stock_query.php on openapi2. Its window filters on the row's last change,
// Beijing time, both ends inclusive, at most 30 days. total_count stands on
// page 0 only. The order of the result is not documented, and rows that change
// leave the window while it is read; hence page 0 first, then backwards.
type Stock struct{ query }

var _ extract.Source = (*Stock)(nil)

// NewStock makes the source. Nothing is sent before Fetch or Check.
func NewStock(conn Connection, filter StockFilter, deps erphttp.Deps) (*Stock, error) {
	client, err := newClient(conn, StockLayout(), deps)
	if err != nil {
		return nil, fmt.Errorf("connection to 旺店通: %w", err)
	}
	return &Stock{query{
		client: client, counted: true,
		method: method{qimen: "wdt.stock.query", file: "stock_query.php"},
		spec:   client.conn.windowed(StockDataset),
		filter: map[string]string{
			"warehouse_no": filter.WarehouseNo, "spec_no": filter.SpecNo, "barcode": filter.Barcode,
		},
	}}, nil
}
