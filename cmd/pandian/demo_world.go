package main

import (
	"fmt"
	"os"
	"path/filepath"
	"time"

	"pandian/internal/config"
	"pandian/internal/pgserver"
	"pandian/internal/sandbox"
	"pandian/internal/sandbox/world"
)

// demoSummary is what the pipelines came to beside the truth. The balance is that
// of stock-compare.
type demoSummary struct {
	balance
	// Truth is what the simulated ERPs know of the stock; nil when a run failed.
	Truth *world.Truth `json:"truth"`
	// Disagreements lists the figures that are not the truth's.
	Disagreements []string `json:"disagreements"`
	// Pipelines are all five, by name.
	Pipelines map[string]demoPipeline `json:"pipelines"`
}

// makeDemoDir makes the folder of the demo's configuration and server.
func makeDemoDir() (string, error) {
	base, err := pgserver.ReachableTempDir()
	if err != nil {
		return "", fmt.Errorf("find a folder for the demo: %w", err)
	}
	dir, err := os.MkdirTemp(base, "pandian-demo-")
	if err != nil {
		return "", fmt.Errorf("make a folder for the demo: %w", err)
	}
	// The server may run under another account, which has to get through.
	return dir, os.Chmod(dir, 0o755) //nolint:gosec // what is secret in it has modes of its own
}

// demoConfig writes a pandian.yaml for the sandbox, as a person would, and
// loads it without a look at the environment: the demo never touches a
// database that is configured elsewhere.
func (a *app) demoConfig(dir, route, url string, credentials sandbox.Credentials) (*config.Config, error) {
	appKey, secret, gateway := credentials.TopAppKey, credentials.TopSecret, url+"/router/qm"
	if route == config.RouteOpenAPI2 {
		appKey, secret, gateway = credentials.AppKey, credentials.AppSecret, url+"/openapi2/"
	}
	for name, value := range map[string]string{
		"wdt-app-key": appKey, "wdt-app-secret": secret, "wdt-sid": credentials.Sid,
		"ys-app-key": credentials.YonsuiteAppKey, "ys-app-secret": credentials.YonsuiteAppSecret,
		"ys-tenant-id": credentials.TenantID,
		"jst-app-key":  credentials.JSTAppKey, "jst-app-secret": credentials.JSTAppSecret,
		"qimen-app-key": credentials.TopAppKey, "qimen-app-secret": credentials.TopSecret, "qimen-customer-id": credentials.JSTCustomerID,
		"k3-app-id": credentials.K3AppID, "k3-app-secret": credentials.K3AppSecret,
		"jdy-client-id": credentials.JDYClientID, "jdy-client-secret": credentials.JDYClientSecret,
		"jdy-username": credentials.JDYUserName, "jdy-password": credentials.JDYPassword,
		"tplus-app-key": credentials.TPlusAppKey, "tplus-app-secret": credentials.TPlusAppSecret,
		"tplus-app-ticket": credentials.TPlusAppTicket, "tplus-certificate": credentials.TPlusCertificate,
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(value), 0o600); err != nil {
			return nil, fmt.Errorf("write the demo's credentials: %w", err)
		}
	}
	file := filepath.Join(dir, config.FileName)
	today := time.Now().In(beijing())
	text := fmt.Sprintf(demoYAML, dir, route, gateway, url, today.AddDate(0, 0, -90).Format(time.DateOnly),
		today.AddDate(0, 0, -21).Format(time.DateOnly),
		credentials.K3AcctID, credentials.K3UserName, credentials.JDYBaseUnitID, credentials.JDYParentID)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		return nil, fmt.Errorf("write the demo's configuration: %w", err)
	}
	return a.configFrom(config.Sources{File: file, Folder: dir, Flags: a.configFlags(), OnSecret: a.redactor.Add})
}

// demoYAML takes the folder, the route, 旺店通's gateway, the sandbox's address, the
// first day to read of 旺店通 and of 聚水潭, the account and user of 星空, and a unit and
// a category of 星辰.
const demoYAML = `# Made by pandian demo, gone with it.
database:
  data_dir: %[1]s/postgres
connections:
  wdt-main:
    platform: wdt
    route: %[2]s
    url: %[3]s
    sid: file:wdt-sid
    app_key: file:wdt-app-key
    app_secret: file:wdt-app-secret
    calls_per_minute: 100000
  ys-main:
    platform: yonsuite
    discovery_url: %[4]s
    tenant_id: file:ys-tenant-id
    app_key: file:ys-app-key
    app_secret: file:ys-app-secret
    calls_per_minute: 100000
  jst-open:
    platform: jst
    route: open
    url: %[4]s
    app_key: file:jst-app-key
    app_secret: file:jst-app-secret
    calls_per_minute: 300
  jst-qimen:
    platform: jst
    route: qimen
    url: %[4]s/jst/router/qm
    app_key: file:qimen-app-key
    app_secret: file:qimen-app-secret
    customer_id: file:qimen-customer-id
    calls_per_minute: 100000
  k3:
    platform: k3cloud
    url: %[4]s/k3cloud/
    acct_id: "%[7]s"
    user_name: %[8]s
    app_id: file:k3-app-id
    app_secret: file:k3-app-secret
  jdy:
    platform: jdy
    url: %[4]s
    client_id: file:jdy-client-id
    client_secret: file:jdy-client-secret
    username: file:jdy-username
    password: file:jdy-password
    calls_per_minute: 100000
  tplus:
    platform: tplus
    url: %[4]s
    app_key: file:tplus-app-key
    app_secret: file:tplus-app-secret
    app_ticket: file:tplus-app-ticket
    certificate: file:tplus-certificate
    calls_per_minute: 100000
  qeasy:
    platform: qeasy
pipelines:
  jst-orders:
    sources:
      - {dataset: jst.saleout, connection: jst-open, since: %[6]s}
    target: {connection: qeasy}
  jst-saleouts-to-k3cloud:
    sources:
      - {dataset: jst.saleout, connection: jst-qimen, since: %[6]s}
    target: {connection: k3}
  wdt-shops-to-jdy:
    sources:
      - {dataset: wdt.shop, connection: wdt-main}
    target: {connection: jdy}
    params: {base_unit_id: "%[9]s", parent_id: "%[10]s"}
  wdt-stockouts-to-tplus:
    sources:
      - {dataset: wdt.stockout, connection: wdt-main, since: %[5]s}
    target: {connection: tplus}
    # no code of the published scheme: what has no row in ref is held back
    params: {customer: none, warehouse: none, inventory: none}
  stock-compare:
    sources:
      - {dataset: wdt.stock, connection: wdt-main, since: %[5]s}
      - {dataset: yonsuite.current_stock, connection: ys-main}
    target: {connection: qeasy}
    params:
      sku_key: goods_no
      operator: eq
      on_multiple: sum
      target_field_quote: "1"
      ignore_index_exception: {stock_num: {operator: eq, value: ""}}
      both_directions: "on"
`

// disagree lists where a run's balance is not the truth.
func disagree(b balance, truth world.Truth) []string {
	found := []string{}
	check := func(name string, got int64, want int) {
		if got != int64(want) {
			found = append(found, fmt.Sprintf("%s is %d, the truth %d", name, got, want))
		}
	}
	for name, side := range map[string]world.Dataset{"wdt.stock": truth.WDT, "yonsuite.current_stock": truth.Yonsuite} {
		got := b.Datasets[name]
		check(name+" rejected", got.Rejected, side.Rejected)
		check(name+" typed", got.Typed, side.Typed)
		// Neighbouring windows share a second, so a record of that second comes
		// twice; fewer than the truth's own repeats would be a loss.
		if got.Repeated < int64(side.Repeated) {
			check(name+" repeated", got.Repeated, side.Repeated)
		}
		check(name+" records", got.Landed+got.RejectedLanding-got.Repeated, side.Records-side.Repeated)
	}
	if b.Comparison == nil {
		return append(found, "there is no comparison")
	}
	c := b.Comparison
	check("equal", c.Equal, truth.Equal)
	check("different", c.Different, truth.Different)
	check("missing_there", c.MissingThere, truth.MissingThere)
	check("missing_here", c.MissingHere, truth.MissingHere)
	check("ignored", c.Ignored, truth.Ignored)
	check("not_comparable", c.NotComparable, truth.NotComparable)
	check("written_back", c.WrittenBack, truth.WrittenBack)
	return found
}
