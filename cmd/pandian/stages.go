package main

import (
	"context"
	"fmt"

	"pandian/extract"
	"pandian/extract/wdt"
	"pandian/extract/yonsuite"
	"pandian/internal/config"
	"pandian/internal/erphttp"
	"pandian/internal/fault"
	"pandian/load"
	"pandian/load/qeasy"
)

// checkedSource is a source that doctor can ask about its credentials.
type checkedSource interface {
	extract.Source
	Check(ctx context.Context) erphttp.Health
}

// newSource makes the source of one dataset of one connection.
func (a *app) newSource(cfg *config.Config, dataset, connection string, stats *erphttp.Stats) (checkedSource, error) {
	conn, err := cfg.Connection(connection)
	if err != nil {
		return nil, err
	}
	deps := erphttp.Deps{Log: a.log, Stats: stats}
	switch dataset {
	case wdt.StockDataset:
		if conn.WDT == nil {
			return nil, wrongPlatform(dataset, conn)
		}
		return wdt.NewStock(a.wdtConnection(conn.WDT), wdt.StockFilter{}, deps)
	case yonsuite.CurrentStockDataset:
		if conn.YonSuite == nil {
			return nil, wrongPlatform(dataset, conn)
		}
		return yonsuite.NewCurrentStock(a.yonsuiteConnection(conn.YonSuite), yonsuiteQuery(conn.YonSuite), deps)
	default:
		return nil, fault.New(fault.ConfigUnknownRef, "dataset %q is not known", dataset).
			Suggest("pandian knows %s and %s", wdt.StockDataset, yonsuite.CurrentStockDataset)
	}
}

func wrongPlatform(dataset string, conn config.Connection) error {
	return fault.New(fault.ConfigBadValue, "dataset %s cannot be read from connection %s, whose platform is %s",
		dataset, conn.Name, conn.Platform)
}

func (a *app) wdtConnection(conn *config.WDT) wdt.Connection {
	return wdt.Connection{
		Route: wdt.Route(conn.Route), BaseURL: conn.URL, SID: conn.SID,
		AppKey: conn.AppKey, AppSecret: conn.AppSecret.Reveal(),
		TargetAppKey: conn.TargetAppKey, SignMethod: conn.SignMethod,
		HTTP: a.httpSettings(conn.HTTP),
	}
}

func (a *app) yonsuiteConnection(conn *config.YonSuite) yonsuite.Connection {
	return yonsuite.Connection{
		TenantID: conn.TenantID, AppKey: conn.AppKey, AppSecret: conn.AppSecret.Reveal(),
		DiscoveryURL: conn.DiscoveryURL, HTTP: a.httpSettings(conn.HTTP),
	}
}

func yonsuiteQuery(conn *config.YonSuite) yonsuite.Query {
	query := yonsuite.Query{Filters: map[string]any{}}
	for name, values := range conn.Filters {
		query.Filters[name] = values
	}
	return query
}

func (a *app) httpSettings(http config.HTTP) erphttp.Settings {
	settings := erphttp.Settings{
		Timeout: http.Timeout, MaxAttempts: http.MaxAttempts, MaxThrottles: http.MaxThrottles,
		MaxWait: http.MaxWait, CallsPerMinute: http.CallsPerMinute,
	}
	if a.pace != nil {
		a.pace(&settings)
	}
	return settings
}

// sideOf is the parameter that names a dataset's connection to sql/.
func sideOf(dataset string) string {
	if dataset == yonsuite.CurrentStockDataset {
		return "counterpart_connection"
	}
	return "source_connection"
}

// datasets that pandian land reads: how each is read, and how a recorded
// response of it is decoded.
func landedDataset(dataset string) (extract.Spec, extract.Layout, func([]byte) (*int64, error), error) {
	switch dataset {
	case wdt.StockDataset:
		return extract.Spec{Dataset: dataset, Kind: extract.Windowed}, wdt.StockLayout(), wdt.ReadEnvelope, nil
	case yonsuite.CurrentStockDataset:
		return extract.Spec{Dataset: dataset, Kind: extract.Snapshot}, yonsuite.StockLayout(), yonsuite.ReadEnvelope, nil
	default:
		return extract.Spec{}, extract.Layout{}, nil, fault.New(fault.UsageWrong, "dataset %q is not known", dataset).
			Suggest("give --dataset %s or --dataset %s", wdt.StockDataset, yonsuite.CurrentStockDataset)
	}
}

// newTarget makes the target of a pipeline.
func newTarget(cfg *config.Config, pipeline config.Pipeline) (load.Target, error) {
	conn, err := cfg.Connection(pipeline.Target.Connection)
	if err != nil {
		return nil, err
	}
	if conn.Platform != config.PlatformQeasy {
		return nil, fmt.Errorf("pipeline %s cannot deliver to platform %s", pipeline.Name, conn.Platform)
	}
	return qeasy.CompareData{}, nil
}
