package saleouts

import (
	"fmt"
	"slices"
)

// Shops are the merchant's shops.
func (w *World) Shops() []Shop { return slices.Clone(shops[:w.options.Shops]) }

// Customers are the customer codes at the finance side by shop_id. The shop
// Unmapped has none.
func (w *World) Customers() map[int64]string {
	out := map[int64]string{}
	for i, s := range shops[:w.options.Shops] {
		if s.ID != Unmapped {
			out[s.ID] = fmt.Sprintf("C%04d", i+1)
		}
	}
	return out
}

// Distributors are the 分销商 that documents name in drp_co_id_from; the finance
// side knows each as a customer of that code.
func (w *World) Distributors() []Distributor { return slices.Clone(distributors[:]) }

// Materials are the goods that lines name; the finance side knows each as a
// 物料 of that code.
func (w *World) Materials() []SKU { return skus() }

// Stocks are the warehouses; the finance side knows each as a 仓库 whose code is
// the wms_co_id.
func (w *World) Stocks() []Warehouse { return slices.Clone(warehouses[:]) }
