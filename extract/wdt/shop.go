package wdt

import (
	"fmt"

	"pandian/extract"
	"pandian/internal/erphttp"
)

const (
	// ShopDataset is the dataset of the shops that are in use.
	ShopDataset = "wdt.shop"
	// ShopDisabledDataset is the dataset of the shops that are out of use (停用).
	ShopDisabledDataset = "wdt.shop.disabled"
)

// ShopFilter narrows what is read. Zero fields do not.
type ShopFilter struct {
	// Platform is the id of one sales platform (平台ID); 127 is 自有平台.
	Platform string
	// ShopNo is one shop's code (店铺编号).
	ShopNo string
}

// Shop is the source of shops (查询店铺): wdt.shop.query on Qimen, shop.php on
// openapi2. The query knows no window and answers either the shops in use or
// those out of use, never both: hence two datasets. A count is not documented,
// so the pages are read forwards until one is short or empty.
//
// Its records hold credentials of the shops (app_key, refresh_token, sh_secret):
// they are handed on as they came, and shown nowhere here.
type Shop struct{ query }

var _ extract.Source = (*Shop)(nil)

// NewShop makes the source of the shops that are in use, or out of use.
// Nothing is sent before Fetch or Check.
func NewShop(conn Connection, filter ShopFilter, disabled bool, deps erphttp.Deps) (*Shop, error) {
	client, err := newClient(conn, ShopLayout(), deps)
	if err != nil {
		return nil, fmt.Errorf("connection to 旺店通: %w", err)
	}
	dataset, flag := ShopDataset, "0"
	if disabled {
		dataset, flag = ShopDisabledDataset, "1"
	}
	return &Shop{query{
		client: client,
		method: method{qimen: "wdt.shop.query", file: "shop.php"},
		spec:   extract.Spec{Dataset: dataset, Kind: extract.Snapshot, PageSize: client.conn.PageSize, FirstPage: firstPage},
		pass:   map[string]string{"is_disabled": flag},
		filter: map[string]string{"platform": filter.Platform, "shop_no": filter.ShopNo},
	}}, nil
}
