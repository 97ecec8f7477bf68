package main

import (
	"strings"
	"testing"

	"pandian/internal/fault"
	"pandian/internal/sandbox/saleouts"
	"pandian/internal/sandbox/stockouts"
)

// fifty is a world of fifty sale-outs in plain order.
func fifty(o *saleouts.Options) {
	o.Orders, o.Special = 50, saleouts.Special{}
	o.OpenShare, o.VoidShare, o.ArchiveShare, o.SupplyShare = 0, 0, 0, 0
}

// deliveryOf is what report.shipment_delivery says of one document: its state and
// the platform's words.
func (d *documents) deliveryOf(pipeline, key string) (state, reason string) {
	d.t.Helper()
	for state, reason = range d.pairs("select state, coalesce(reason, '') from report.shipment_delivery where pipeline_code = $1 and shipment_key = $2", pipeline, key) {
		return state, reason
	}
	d.t.Fatalf("report.shipment_delivery knows nothing of %s", key)
	return "", ""
}

// fault 24: a target that refuses one line of one document of a batch of fifty. The
// others arrive; the one is shown with the platform's words, and goes out once the
// map is mended.
func TestOneRefusedLineOfABatchOfFifty(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		pipeline, source, target string
		// lonely finds a key and a code that only this document has.
		lonely string
		// spoil and mend change what the code is at the target.
		spoil, mend string
		says        string
		options     documentOptions
	}{
		"a material that 星空 does not know": {
			pipeline: k3Pipeline,
			lonely: `
				select min(io_id), sku_id from jst.saleout_item
				where io_id in (select io_id from jst.saleout_item group by io_id having count(*) > 1)
				group by sku_id having count(*) = 1 order by 2 limit 1`,
			spoil: `insert into ref.sku_map (source_connection_code, source_sku_code, target_connection_code, target_sku_code)
				values ('jst-qimen', $1, 'k3', 'ABSENT-1')`,
			mend: "delete from ref.sku_map where source_sku_code = $1",
			says: "物料",
			options: documentOptions{
				target: map[string]string{k3Pipeline: ", batch_size: 50, workers: 1"}, saleouts: fifty,
				connections: map[string]keys{"k3": {"batch_size": "20"}},
			},
		},
		"goods that T+ does not know": {
			pipeline: tplusPipeline,
			lonely: `
				select min(stockout_id), spec_no from wdt.stockout_line
				inner join outbox.head on head.business_key = stockout_id
				where (select count(*) from wdt.stockout_line as other where other.spec_no = stockout_line.spec_no) = 1
				group by spec_no order by 2 limit 1`,
			spoil: `insert into ref.sku_map (source_connection_code, source_sku_code, target_connection_code, target_sku_code)
				values ('wdt-main', $1, 'tplus', 'ABSENT-1')`,
			mend:    "delete from ref.sku_map where source_sku_code = $1",
			says:    "NoAuthOrData",
			options: documentOptions{stockouts: func(o *stockouts.Options) { o.Stockouts = 70 }},
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDocuments(t, c.options)
			d.must("extract", c.pipeline)
			d.must("transform", c.pipeline)
			var key, code string
			for key, code = range d.pairs(c.lonely) {
				break
			}
			if key == "" {
				t.Fatal("no document has a code of its own")
			}
			d.tell(c.spoil, code)
			d.must("transform", c.pipeline, "--full")
			due := d.dues(c.pipeline).due
			if c.pipeline == k3Pipeline && len(due) < 40 {
				t.Fatalf("got %d documents due, want about fifty", len(due))
			}

			ended := d.pandian("run", c.pipeline, "--json")
			d.failed(ended, fault.TargetRefused)
			if ended.code != fault.ExitRunFailed {
				t.Errorf("got exit code %d, want %d", ended.code, fault.ExitRunFailed)
			}
			natural := due[key]
			delete(due, key)
			d.received(targetOf(c.pipeline), due)
			if state, reason := d.deliveryOf(c.pipeline, key); state != "rejected" || !strings.Contains(reason, c.says) {
				t.Errorf("got %s because of %q, want it rejected in the platform's words, as %q", state, reason, c.says)
			}
			if refusal := d.entry(targetOf(c.pipeline), natural); refusal.Refused == 0 || refusal.Created != 0 {
				t.Errorf("got %+v, want it refused and not made", refusal)
			}

			// The next run leaves it alone; the mended map sends it.
			refused := d.entry(targetOf(c.pipeline), natural).Refused
			d.pandian("run", c.pipeline)
			if again := d.entry(targetOf(c.pipeline), natural).Refused; again != refused {
				t.Errorf("got %d refusals after %d, want a rejected document to be left alone", again, refused)
			}
			d.tell(c.mend, code)
			if got := d.run(c.pipeline); got.Documents.Sent != 1 {
				t.Errorf("got %+v once the map was mended, want the one document sent", got.Documents)
			}
			d.arrives(c.pipeline)
			if state, _ := d.deliveryOf(c.pipeline, key); state != "sent" {
				t.Errorf("got %s, want it sent", state)
			}
		})
	}
}
