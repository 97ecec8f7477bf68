package yonsuite_test

import (
	"strings"
	"testing"
	"time"

	"pandian/extract/yonsuite"
	"pandian/internal/erphttp"
)

func TestNewCurrentStock_refuses_a_query_that_the_platform_would(t *testing.T) {
	t.Parallel()
	conn := yonsuite.Connection{TenantID: "t", AppKey: "kkkk", AppSecret: "ssss"}
	divide := func(dimensions ...yonsuite.Dimension) yonsuite.Query { return yonsuite.Query{Partition: dimensions} }
	for want, query := range map[string]yonsuite.Query{
		"filter pageIndex: there is no such field": {Filters: map[string]any{"pageIndex": 1}},
		"filter billnum: one value is due":         {Filters: map[string]any{"billnum": []string{"a"}}},
		"filter org: the list is empty":            {Filters: map[string]any{"org": []any{}}},
		"filter org: the value is empty":           {Filters: map[string]any{"org": ""}},
		"filter org: 1.5 (float64)":                {Filters: map[string]any{"org": []any{1.5}}},
		"filter bNeedSubQty: true or false":        {Filters: map[string]any{"bNeedSubQty": "yes"}},
		"filter product.oUnitId: a whole number":   {Filters: map[string]any{"product.oUnitId": "x"}},
		"partition x: there is no such field":      divide(yonsuite.Dimension{Field: "x", Values: []string{"1"}}),
		"partition org: values are missing":        divide(yonsuite.Dimension{Field: "org"}),
		"partition org: it stands twice":           divide(yonsuite.Dimension{Field: "org", Values: []string{"1"}}, yonsuite.Dimension{Field: "org", Values: []string{"2"}}),
		"partition bNeedSubQty: only text":         divide(yonsuite.Dimension{Field: "bNeedSubQty", Values: []string{"1"}}),
		"partition org: it is a filter too":        {Filters: map[string]any{"org": "1"}, Partition: []yonsuite.Dimension{{Field: "org", Values: []string{"1"}}}},
	} {
		if _, err := yonsuite.NewCurrentStock(conn, query, erphttp.Deps{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q in it", err, want)
		}
	}
}

func TestNewCurrentStock_says_what_is_missing(t *testing.T) {
	t.Parallel()
	for want, change := range map[string]func(*yonsuite.Connection){
		"tenant_id":     func(c *yonsuite.Connection) { c.TenantID = "" },
		"app_key":       func(c *yonsuite.Connection) { c.AppKey = "" },
		"app_secret":    func(c *yonsuite.Connection) { c.AppSecret = "" },
		"discovery_url": func(c *yonsuite.Connection) { c.DiscoveryURL = "x" },
		"gateway_url":   func(c *yonsuite.Connection) { c.GatewayURL = "http://x?a=b" },
		"token_url":     func(c *yonsuite.Connection) { c.TokenURL = "ftp://x" },
		"path":          func(c *yonsuite.Connection) { c.TokenPaths = []string{"x"} },
		"refresh_early": func(c *yonsuite.Connection) { c.RefreshEarly = -time.Second },
		"max_attempts":  func(c *yonsuite.Connection) { c.HTTP.MaxAttempts = -1 },
	} {
		conn := yonsuite.Connection{TenantID: "t", AppKey: "kkkk", AppSecret: "ssss"}
		if err := conn.Validate(); err != nil {
			t.Fatal(err)
		}
		change(&conn)
		if _, err := yonsuite.NewCurrentStock(conn, yonsuite.Query{}, erphttp.Deps{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s in it", err, want)
		}
	}
}
