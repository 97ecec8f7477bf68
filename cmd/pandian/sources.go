package main

import (
	"context"
	"errors"
	"io"
	"strconv"

	"pandian/extract"
	"pandian/extract/jst"
	"pandian/extract/wdt"
	"pandian/extract/yonsuite"
	"pandian/internal/config"
	"pandian/internal/erphttp"
	"pandian/internal/fault"
)

// checkedSource is a source that doctor can ask about its credentials.
type checkedSource interface {
	extract.Source
	Check(ctx context.Context) erphttp.Health
}

// readings are the readings that make up a dataset, each with windows and
// coverage of its own: 旺店通 shows disabled shops, later changes and cancelled
// stockouts only to those who ask for them.
func readings(dataset string) []string {
	switch dataset {
	case wdt.ShopDataset:
		return []string{wdt.ShopDataset, wdt.ShopDisabledDataset}
	case wdt.StockoutDataset:
		return []string{wdt.StockoutDataset, wdt.StockoutModifiedDataset, wdt.StockoutCancelledDataset}
	default:
		return []string{dataset}
	}
}

// newSource makes the source of one reading of one connection.
func (c *clients) newSource(ctx context.Context, reading, connection string, stats *erphttp.Stats) (checkedSource, error) {
	conn, err := c.cfg.Connection(connection)
	if err != nil {
		return nil, err
	}
	source, err := c.sourceOf(ctx, reading, conn, stats)
	return source, badConnection(connection, err)
}

// badConnection says which connection an error is about that names its keys only.
func badConnection(name string, err error) error {
	var known *fault.Error
	if err == nil || errors.As(err, &known) {
		return err
	}
	return fault.New(fault.ConfigBadValue, "connection %s: %w", name, err).At("connections." + name)
}

func (c *clients) sourceOf(ctx context.Context, reading string, conn config.Connection, stats *erphttp.Stats) (checkedSource, error) {
	deps, err := c.deps(ctx, conn, stats)
	if err != nil {
		return nil, err
	}
	switch {
	case conn.WDT != nil:
		return c.wdtSource(reading, conn, deps)
	case conn.YonSuite != nil && reading == yonsuite.CurrentStockDataset:
		return yonsuite.NewCurrentStock(c.yonsuite(conn.YonSuite), yonsuiteQuery(conn.YonSuite), deps)
	case conn.JST != nil && reading == jst.SaleoutDataset:
		return c.jstSource(ctx, conn, deps)
	default:
		return nil, wrongPlatform(reading, conn)
	}
}

func wrongPlatform(dataset string, conn config.Connection) error {
	return fault.New(fault.ConfigBadValue, "dataset %s cannot be read from connection %s, whose platform is %s",
		dataset, conn.Name, conn.Platform)
}

func (c *clients) wdtSource(reading string, conn config.Connection, deps erphttp.Deps) (checkedSource, error) {
	account := wdt.Connection{
		Route: wdt.Route(conn.WDT.Route), BaseURL: conn.WDT.URL, SID: conn.WDT.SID,
		AppKey: conn.WDT.AppKey, AppSecret: conn.WDT.AppSecret.Reveal(),
		TargetAppKey: conn.WDT.TargetAppKey, SignMethod: conn.WDT.SignMethod,
		HTTP: c.http(conn.WDT.HTTP),
	}
	stock, shop, stockout := conn.WDT.StockFilters, conn.WDT.ShopFilters, conn.WDT.StockoutFilters
	stockoutFilter := wdt.StockoutFilter{
		SrcOrderNo: stockout["src_order_no"], SrcTID: stockout["src_tid"], StockoutNo: stockout["stockout_no"],
		ShopNo: stockout["shop_no"], WarehouseNo: stockout["warehouse_no"], Status: stockout["status"],
	}
	shopFilter := wdt.ShopFilter{Platform: shop["platform"], ShopNo: shop["shop_no"]}
	switch reading {
	case wdt.StockDataset:
		return wdt.NewStock(account, wdt.StockFilter{
			WarehouseNo: stock["warehouse_no"], SpecNo: stock["spec_no"], Barcode: stock["barcode"],
		}, deps)
	case wdt.ShopDataset:
		return wdt.NewShop(account, shopFilter, false, deps)
	case wdt.ShopDisabledDataset:
		return wdt.NewShop(account, shopFilter, true, deps)
	case wdt.StockoutDataset:
		return wdt.NewStockout(account, stockoutFilter, wdt.Shipped, deps)
	case wdt.StockoutModifiedDataset:
		return wdt.NewStockout(account, stockoutFilter, wdt.Modified, deps)
	case wdt.StockoutCancelledDataset:
		return wdt.NewStockout(account, stockoutFilter, wdt.Cancelled, deps)
	default:
		return nil, wrongPlatform(reading, conn)
	}
}

func (c *clients) yonsuite(conn *config.YonSuite) yonsuite.Connection {
	return yonsuite.Connection{
		TenantID: conn.TenantID, AppKey: conn.AppKey, AppSecret: conn.AppSecret.Reveal(),
		DiscoveryURL: conn.DiscoveryURL, HTTP: c.http(conn.HTTP),
	}
}

func yonsuiteQuery(conn *config.YonSuite) yonsuite.Query {
	query := yonsuite.Query{Filters: map[string]any{}}
	for name, values := range conn.Filters {
		query.Filters[name] = values
	}
	return query
}

func (c *clients) jstSource(ctx context.Context, conn config.Connection, deps erphttp.Deps) (checkedSource, error) {
	account := jst.Connection{
		Route: jst.Route(conn.JST.Route), BaseURL: conn.JST.URL,
		AppKey: conn.JST.AppKey, AppSecret: conn.JST.AppSecret.Reveal(), Auth: jst.Auth(conn.JST.Auth),
		AccessToken: conn.JST.AccessToken.Reveal(), RefreshToken: conn.JST.RefreshToken.Reveal(),
		PartnerID: conn.JST.PartnerID, PartnerKey: conn.JST.PartnerKey.Reveal(), Token: conn.JST.Token.Reveal(),
		CustomerID: conn.JST.CustomerID, TargetAppKey: conn.JST.TargetAppKey, SignMethod: conn.JST.SignMethod,
		Paging: jst.Paging(conn.JST.Paging), HTTP: c.http(conn.JST.HTTP),
	}
	filter, err := saleoutFilter(conn)
	if err != nil {
		return nil, err
	}
	store, err := c.vault(ctx, conn, account.Auth == jst.Refresh)
	if err != nil {
		return nil, err
	}
	return jst.NewSaleout(account, filter, jst.Deps{Deps: deps, Vault: store, ConnectionCode: conn.Name})
}

// saleoutFilter reads the filters of a connection to 聚水潭, which are texts.
func saleoutFilter(conn config.Connection) (jst.SaleoutFilter, error) {
	filter := jst.SaleoutFilter{Status: conn.JST.Filters["status"]}
	read := func(name string, store func(text string) error) error {
		text, ok := conn.JST.Filters[name]
		if !ok {
			return nil
		}
		if err := store(text); err != nil {
			return fault.New(fault.ConfigBadValue, "filter %s of connection %s: %q cannot be read", name, conn.Name, text).
				At("connections." + conn.Name + ".filters." + name)
		}
		return nil
	}
	whole := func(target *int64) func(string) error {
		return func(text string) (err error) { *target, err = strconv.ParseInt(text, 10, 64); return err }
	}
	truth := func(target *bool) func(string) error {
		return func(text string) (err error) { *target, err = strconv.ParseBool(text); return err }
	}
	for name, store := range map[string]func(string) error{
		"shop_id": whole(&filter.ShopID), "wms_co_id": whole(&filter.WmsCoID), "owner_co_id": whole(&filter.OwnerCoID),
		"is_offline_shop": truth(&filter.IsOfflineShop), "archive": truth(&filter.Archive),
		"date_type": func(text string) (err error) { filter.DateType, err = strconv.Atoi(text); return err },
	} {
		if err := read(name, store); err != nil {
			return filter, err
		}
	}
	return filter, nil
}

// sideOf is the parameter that names a dataset's connection to sql/.
func sideOf(dataset string) string {
	if dataset == yonsuite.CurrentStockDataset {
		return "counterpart_connection"
	}
	return "source_connection"
}

// recorded is how a saved response of a reading is taken apart.
type recorded struct {
	spec         extract.Spec
	layout       extract.Layout
	readEnvelope func([]byte) (*int64, error)
	// clean takes out of a response what the client takes out; nil for nothing.
	clean func(io.Reader) io.Reader
}

// records reads the records of a response.
func (r recorded) records(body io.Reader) *extract.RecordReader {
	if r.clean != nil {
		body = r.clean(body)
	}
	return extract.NewRecordReader(body, r.layout)
}

// recordedReadings are the readings whose saved responses pandian land takes.
func recordedReadings() []recorded {
	windowed, snapshot := extract.Windowed, extract.Snapshot
	all := []recorded{
		{spec: extract.Spec{Dataset: wdt.StockDataset, Kind: windowed}, layout: wdt.StockLayout(), readEnvelope: wdt.ReadEnvelope},
		{spec: extract.Spec{Dataset: yonsuite.CurrentStockDataset, Kind: snapshot}, layout: yonsuite.StockLayout(), readEnvelope: yonsuite.ReadEnvelope},
		{spec: extract.Spec{Dataset: jst.SaleoutDataset, Kind: windowed}, layout: jst.SaleoutLayout(), readEnvelope: jst.ReadEnvelope, clean: jst.Clean},
	}
	for _, reading := range readings(wdt.ShopDataset) {
		all = append(all, recorded{spec: extract.Spec{Dataset: reading, Kind: snapshot}, layout: wdt.ShopLayout(), readEnvelope: wdt.ReadShopEnvelope})
	}
	for _, reading := range readings(wdt.StockoutDataset) {
		all = append(all, recorded{spec: extract.Spec{Dataset: reading, Kind: windowed}, layout: wdt.StockoutLayout(), readEnvelope: wdt.ReadStockoutEnvelope})
	}
	return all
}

// landedDataset finds one of them.
func landedDataset(dataset string) (recorded, error) {
	var known []string
	for _, one := range recordedReadings() {
		if one.spec.Dataset == dataset {
			return one, nil
		}
		known = append(known, one.spec.Dataset)
	}
	return recorded{}, fault.New(fault.UsageWrong, "dataset %q is not known", dataset).
		Suggest("give --dataset with one of %s", joinWords(known))
}
