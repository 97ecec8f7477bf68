package main

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"pandian/internal/erphttp"
	"pandian/internal/sandbox"
	"pandian/internal/sandbox/saleouts"
	"pandian/internal/sandbox/stockouts"
)

// The pipelines that deliver documents.
const (
	noopPipeline  = "jst-orders"
	k3Pipeline    = "jst-saleouts-to-k3cloud"
	jdyPipeline   = "wdt-shops-to-jdy"
	tplusPipeline = "wdt-stockouts-to-tplus"
)

// targetOf is where the documents of a pipeline arrive, as the sandbox names it.
func targetOf(pipeline string) string {
	return map[string]string{k3Pipeline: "k3cloud", jdyPipeline: "jdy", tplusPipeline: "tplus"}[pipeline]
}

// keys are those of one connection or pipeline in pandian.yaml.
type keys map[string]string

// documentOptions shape a shop for documents. The zero value has a small world,
// every pipeline that delivers documents, and the customer of each shop in ref.
type documentOptions struct {
	connections map[string]keys   // by name, over the usual ones; an empty value takes a key away
	source      map[string]string // by pipeline: more keys of its source, as in ", settle: 1s"
	target      map[string]string // by pipeline: more keys of its target
	params      map[string]string // by pipeline: more parameters, as in "statuses: none"
	tags        map[string]string // by pipeline: its tags, as in "[nightly]"
	vaultKey    string
	stockouts   func(*stockouts.Options)
	saleouts    func(*saleouts.Options)
	sandbox     func(*sandbox.Options)
	noMaps      bool
	logLevel    string
}

// documents is a merchant whose documents are delivered.
type documents struct {
	*shop
	options documentOptions
}

// fewStockouts has each kind of stockout that is treated in a way of its own.
func fewStockouts() stockouts.Options {
	options := stockouts.DefaultOptions(time.Now())
	options.Shops, options.Disabled = 18, 3
	options.Stockouts, options.Reviewed, options.Cancelled, options.Changed = 60, 3, 2, 4
	options.Huge, options.NoCustomer, options.Fractional, options.Gifts = 0, 2, 2, 2
	options.RepeatedSKU, options.Suites, options.StrangeRemarks, options.NumbersForTexts = 1, 1, 2, 4
	return options
}

// fewSaleouts likewise.
func fewSaleouts() saleouts.Options {
	options := saleouts.DefaultOptions(time.Now())
	options.Orders = 60
	options.Special = saleouts.Special{
		NoItems: 2, NoSKU: 2, NegativeQty: 1, ZeroQty: 1, NullQty: 1, FractionalQty: 1, OddTexts: 4, SharedSoIDs: 2,
		NullAmounts: 1, BlankAmounts: 1, TextAmounts: 1, Milliseconds: 2, ZeroPayDates: 1, NoPrice: 2,
		GiftsWithoutPrice: 1, Distributed: 2, Bad: 1, Archived: 2, Parcels: 1,
	}
	return options
}

func newDocuments(t *testing.T, o documentOptions) *documents {
	t.Helper()
	s := newShop(t, shopOptions{sandbox: func(options *sandbox.Options) {
		options.World.Rows, options.World.BadRecords, options.World.StaleRecords = 20, 0, 0
		options.Stockouts, options.Saleouts = fewStockouts(), fewSaleouts()
		if o.stockouts != nil {
			o.stockouts(&options.Stockouts)
		}
		if o.saleouts != nil {
			o.saleouts(&options.Saleouts)
		}
		if o.sandbox != nil {
			o.sandbox(options)
		}
	}})
	s.pace = func(settings *erphttp.Settings) {
		hurry(settings)
		settings.CallsPerMinute = -1 // 聚水潭 takes no more than 300 in the configuration
	}
	d := &documents{shop: s, options: o}
	d.configure()
	if !o.noMaps {
		d.mapShops()
	}
	return d
}

// configure writes pandian.yaml and the secrets beside it.
func (d *documents) configure() {
	d.t.Helper()
	c := d.box.Credentials()
	for name, value := range map[string]string{
		"top.key": c.TopAppKey, "top.secret": c.TopSecret, "wdt.key": c.AppKey, "wdt.secret": c.AppSecret,
		"jst.key": c.JSTAppKey, "jst.secret": c.JSTAppSecret, "jst.customer": c.JSTCustomerID,
		"jst.partner": c.JSTPartnerKey, "jst.token": c.JSTToken,
		"k3.app": c.K3AppID, "k3.secret": c.K3AppSecret, "k3.password": c.K3Password,
		"jdy.client": c.JDYClientID, "jdy.secret": c.JDYClientSecret, "jdy.user": c.JDYUserName, "jdy.password": c.JDYPassword,
		"tplus.key": c.TPlusAppKey, "tplus.secret": c.TPlusAppSecret,
		"tplus.ticket": c.TPlusAppTicket, "tplus.certificate": c.TPlusCertificate,
	} {
		d.write(name, value)
	}
	var text strings.Builder
	if d.options.vaultKey != "" {
		d.write("vault.key", d.options.vaultKey)
		text.WriteString("vault: {key: file:vault.key}\n")
	}
	text.WriteString("connections:\n")
	usual := d.connections()
	for _, name := range slices.Sorted(maps.Keys(usual)) {
		text.WriteString("  " + name + ":\n" + withKeys(usual[name], d.options.connections[name]).yaml("    "))
	}
	text.WriteString("pipelines:\n")
	for _, name := range []string{noopPipeline, k3Pipeline, jdyPipeline, tplusPipeline} {
		text.WriteString(d.pipeline(name))
	}
	level := d.options.logLevel
	if level == "" {
		level = "info"
	}
	text.WriteString("log: {level: " + level + ", format: json}\n")
	d.write("pandian.yaml", text.String())
}

// connections are the usual ones.
func (d *documents) connections() map[string]keys {
	c := d.box.Credentials()
	all := map[string]keys{
		"wdt-main": {"platform": "wdt", "route": "qimen", "url": d.front.url + "/router/qm", "sid": c.Sid,
			"app_key": "file:top.key", "app_secret": "file:top.secret"},
		"jst-open": {"platform": "jst", "route": "open", "url": d.front.url, "app_key": "file:jst.key", "app_secret": "file:jst.secret"},
		"jst-qimen": {"platform": "jst", "route": "qimen", "url": d.front.url + "/jst/router/qm",
			"app_key": "file:top.key", "app_secret": "file:top.secret", "customer_id": "file:jst.customer"},
		"k3": {"platform": "k3cloud", "url": d.front.url + "/k3cloud/", "acct_id": strconv.Quote(c.K3AcctID), "user_name": c.K3UserName,
			"app_id": "file:k3.app", "app_secret": "file:k3.secret"},
		"jdy": {"platform": "jdy", "url": d.front.url, "client_id": "file:jdy.client", "client_secret": "file:jdy.secret",
			"username": "file:jdy.user", "password": "file:jdy.password"},
		"tplus": {"platform": "tplus", "url": d.front.url, "app_key": "file:tplus.key", "app_secret": "file:tplus.secret",
			"app_ticket": "file:tplus.ticket", "certificate": "file:tplus.certificate"},
		"qeasy": {"platform": "qeasy"},
	}
	return all
}

func withKeys(usual, more keys) keys {
	merged := maps.Clone(usual)
	maps.Copy(merged, more)
	maps.DeleteFunc(merged, func(_, value string) bool { return value == "" })
	return merged
}

func (k keys) yaml(indent string) string {
	var text strings.Builder
	for _, name := range slices.Sorted(maps.Keys(k)) {
		fmt.Fprintf(&text, "%s%s: %s\n", indent, name, k[name])
	}
	return text.String()
}

// pipeline is the configuration of one.
func (d *documents) pipeline(name string) string {
	c := d.box.Credentials()
	day := func(ago int) string { return time.Now().In(beijing()).AddDate(0, 0, -ago).Format(time.DateOnly) }
	source, target, params := "", "", []string{}
	switch name {
	case noopPipeline:
		source, target = "{dataset: jst.saleout, connection: jst-open, since: "+day(21), "{connection: qeasy"
	case k3Pipeline:
		source, target = "{dataset: jst.saleout, connection: jst-qimen, since: "+day(21), "{connection: k3"
	case jdyPipeline:
		source, target = "{dataset: wdt.shop, connection: wdt-main", "{connection: jdy"
		params = append(params, fmt.Sprintf("base_unit_id: %q, parent_id: %q", c.JDYBaseUnitID, c.JDYParentID))
	case tplusPipeline:
		source, target = "{dataset: wdt.stockout, connection: wdt-main, since: "+day(90), "{connection: tplus"
		params = append(params, "customer: none, warehouse: none, inventory: none")
	}
	if more := d.options.params[name]; more != "" {
		params = append(params, more)
	}
	text := fmt.Sprintf("  %s:\n    sources: [%s%s}]\n    target: %s%s}\n    params: {%s}\n",
		name, source, d.options.source[name], target, d.options.target[name], strings.Join(params, ", "))
	if tags := d.options.tags[name]; tags != "" {
		text += "    tags: " + tags + "\n"
	}
	return text
}

// mapShops enters the customer of each shop that has one.
func (d *documents) mapShops() {
	d.t.Helper()
	var sources, shops, targets, customers []string
	add := func(source, shop, target, customer string) {
		sources, shops = append(sources, source), append(shops, shop)
		targets, customers = append(targets, target), append(customers, customer)
	}
	for shop, customer := range d.box.Stockouts().Customers() {
		add("wdt-main", shop, "tplus", customer)
	}
	for shop, customer := range d.box.Saleouts().Customers() {
		add("jst-qimen", strconv.FormatInt(shop, 10), "k3", customer)
	}
	d.tell(`
		insert into ref.shop_map (source_connection_code, source_shop_code, target_connection_code, customer_code)
		select * from unnest($1::text[], $2::text[], $3::text[], $4::text[])`, sources, shops, targets, customers)
}

// vaultKey is a key to keep tokens with.
const vaultKey = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

// throughOpenAPI2 is 旺店通's other route.
func (d *documents) throughOpenAPI2() keys {
	return keys{"route": "openapi2", "url": d.front.url + "/openapi2/", "app_key": "file:wdt.key", "app_secret": "file:wdt.secret"}
}

// throughOpen and throughOld are 聚水潭's other routes, for a connection that
// usually goes through Qimen.
func (d *documents) throughOpen() keys {
	return keys{"route": "open", "url": d.front.url, "app_key": "file:jst.key", "app_secret": "file:jst.secret", "customer_id": ""}
}

func (d *documents) throughOld() keys {
	return keys{"route": "old", "url": d.front.url + "/api/open/query.aspx", "app_key": "", "app_secret": "", "customer_id": "",
		"partner_id": strconv.Quote(d.box.Credentials().JSTPartnerID), "partner_key": "file:jst.partner", "token": "file:jst.token"}
}

// reconfigure changes connections.
func (d *documents) reconfigure(connections map[string]keys) {
	d.t.Helper()
	merged := maps.Clone(d.options.connections)
	if merged == nil {
		merged = map[string]keys{}
	}
	for name, more := range connections {
		merged[name] = withKeysKept(merged[name], more)
	}
	d.options.connections = merged
	d.configure()
}

// withKeysKept adds keys, those that take one away included.
func withKeysKept(some, more keys) keys {
	merged := keys{}
	maps.Copy(merged, some)
	maps.Copy(merged, more)
	return merged
}

// in is the merchant for a subtest.
func (d *documents) in(t *testing.T) *documents {
	return &documents{shop: d.shop.in(t), options: d.options}
}
