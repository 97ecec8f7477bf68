package main

import (
	"testing"
)

// Every pipeline on every route, with every way to log in.
func TestDocumentsArriveOnEveryRoute(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		pipeline string
		via      func(*documents) map[string]keys
		options  documentOptions
	}{
		"shops through qimen":    {pipeline: jdyPipeline},
		"shops through openapi2": {pipeline: jdyPipeline, via: wdtOpenAPI2},
		"shops with signed headers, to the account that is named": {pipeline: jdyPipeline, via: func(d *documents) map[string]keys {
			c := d.box.Credentials()
			return map[string]keys{"jdy": {"sign_headers": "on", "account_id": `"` + c.JDYAccountID + `"`, "group_name": c.JDYGroupName}}
		}},
		"stockouts through qimen":    {pipeline: tplusPipeline},
		"stockouts through openapi2": {pipeline: tplusPipeline, via: wdtOpenAPI2},

		"sale-outs kept, through the open platform":           {pipeline: noopPipeline},
		"sale-outs kept, through the open platform, by page":  {pipeline: noopPipeline, via: jstWay("jst-open", nil, "window")},
		"sale-outs kept, through the old gateway":             {pipeline: noopPipeline, via: jstWay("jst-open", (*documents).throughOld, "row_version")},
		"sale-outs kept, through the old gateway, by page":    {pipeline: noopPipeline, via: jstWay("jst-open", (*documents).throughOld, "window")},
		"sale-outs to 星空 through qimen":                       {pipeline: k3Pipeline, via: jstWay("jst-qimen", nil, "row_version")},
		"sale-outs to 星空 through qimen, by page":              {pipeline: k3Pipeline, via: jstWay("jst-qimen", nil, "window")},
		"sale-outs to 星空 through the open platform":           {pipeline: k3Pipeline, via: jstWay("jst-qimen", (*documents).throughOpen, "row_version")},
		"sale-outs to 星空 through the old gateway":             {pipeline: k3Pipeline, via: jstWay("jst-qimen", (*documents).throughOld, "window")},
		"sale-outs to 星空, login with the app's secret":        {pipeline: k3Pipeline, via: k3Auth(keys{"auth": "app_secret"})},
		"sale-outs to 星空, login with a password":              {pipeline: k3Pipeline, via: k3Auth(keys{"auth": "password", "password": "file:k3.password", "app_id": "", "app_secret": ""})},
		"sale-outs to 星空, signed headers in place of a login": {pipeline: k3Pipeline, via: k3Auth(keys{"auth": "header"})},
		"sale-outs to 星空, one session and one bill a call":    {pipeline: k3Pipeline, via: k3Auth(keys{"sessions": "1", "batch_size": "1"})},
		"sale-outs to 星空, submitted and audited in calls of their own": {pipeline: k3Pipeline, via: k3Auth(keys{"finish": "audit"}),
			options: documentOptions{params: map[string]string{k3Pipeline: "auto_submit_and_audit: off"}}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDocuments(t, c.options)
			if c.via != nil {
				d.reconfigure(c.via(d))
			}
			got := d.run(c.pipeline)
			d.arrives(c.pipeline)
			d.countsAgree(c.pipeline, got)
			for _, bill := range d.ledger("k3cloud") {
				if bill.State != "C" {
					t.Errorf("bill %s is left in state %q, want it audited", bill.Key, bill.State)
				}
			}
		})
	}
}

func wdtOpenAPI2(d *documents) map[string]keys {
	return map[string]keys{"wdt-main": d.throughOpenAPI2()}
}

// jstWay sends a connection of 聚水潭 another way.
func jstWay(connection string, way func(*documents) keys, paging string) func(*documents) map[string]keys {
	return func(d *documents) map[string]keys {
		more := keys{}
		if way != nil {
			more = way(d)
		}
		more["paging"] = paging
		return map[string]keys{connection: more}
	}
}

func k3Auth(more keys) func(*documents) map[string]keys {
	return func(*documents) map[string]keys { return map[string]keys{"k3": more} }
}

// countsAgree holds the balance of a first run against the truth.
func (d *documents) countsAgree(pipeline string, got runFigures) {
	d.t.Helper()
	truth := d.dues(pipeline)
	if due := int64(len(truth.due)); got.Documents.Made != due || got.Documents.Sent != due {
		d.t.Errorf("%s: %d documents made and %d sent, the truth is %d", pipeline, got.Documents.Made, got.Documents.Sent, due)
	}
	var typed, rejected int64
	for _, dataset := range got.Datasets {
		typed, rejected = dataset.Typed, rejected+dataset.Rejected
	}
	if typed != truth.typed {
		d.t.Errorf("%s: %d rows typed, the truth is %d", pipeline, typed, truth.typed)
	}
	if pipeline == tplusPipeline { // a document may come with several readings
		rejected = ask[int64](d.shop, "select count(distinct record) from staging.reject where dataset like 'wdt.stockout%'")
	}
	if rejected != truth.rejected {
		d.t.Errorf("%s: %d records rejected, the truth is %d", pipeline, rejected, truth.rejected)
	}
}
