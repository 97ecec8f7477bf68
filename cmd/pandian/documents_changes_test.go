package main

import (
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// aWhileAgo is when changes are said to have happened: past, but within what the
// next run reads again.
func aWhileAgo() time.Time { return time.Now().Add(-3 * time.Minute) }

func texts(ids []int64) []string {
	var all []string
	for _, id := range ids {
		all = append(all, strconv.FormatInt(id, 10))
	}
	slices.Sort(all)
	return all
}

// lateFields are the fields that changed too late, by business key, in order.
func (d *documents) lateFields(pipeline string) map[string]string {
	return d.pairs(`
		select business_key, reason_code || ': ' || coalesce(string_agg(field_name, ', ' order by field_name), 'whole')
		from report.late_change
		where pipeline_code = $1
		group by business_key, reason_code`, pipeline)
}

// 星空 and T+ take no changes: what changes after delivery is listed for a person.
func TestAChangeAfterDeliveryIsListedAndNotSent(t *testing.T) {
	t.Parallel()

	t.Run("sale-outs at 星空", func(t *testing.T) {
		t.Parallel()
		d := newDocuments(t, documentOptions{})
		d.run(k3Pipeline)
		received, due := d.box.Received(), d.dues(k3Pipeline).due
		want := map[string]string{}
		for _, key := range texts(d.box.Saleouts().Mutate(15, 1, aWhileAgo())) {
			if _, isDelivered := due[key]; isDelivered {
				want[key] = "changed: FNote, SubHeadEntity.FAllDisCount"
			}
		}
		cancelled := texts(d.box.Saleouts().Cancel(6, 2, aWhileAgo()))
		for _, key := range cancelled {
			if _, isDelivered := due[key]; isDelivered {
				want[key] = "cancelled: whole"
			}
		}
		nextSecond()
		got := d.run(k3Pipeline)
		if diff := cmp.Diff(want, withoutModel(d.lateFields(k3Pipeline))); diff != "" || len(want) < 6 {
			t.Errorf("late changes (want -, got +)\n%s", diff)
		}
		d.sentNothing(received)
		if got.Documents.Made != 0 || got.Documents.Sent != 0 {
			t.Errorf("got %+v, want no document", got.Documents)
		}
		d.staysListed(k3Pipeline, want)
	})

	t.Run("stockouts at T+", func(t *testing.T) {
		t.Parallel()
		d := newDocuments(t, documentOptions{})
		d.run(tplusPipeline)
		received, pieces := d.box.Received(), d.pieces()
		due := d.dues(tplusPipeline).due
		d.box.Stockouts().Mutate(16, 1, aWhileAgo())
		cancelled := texts(d.box.Stockouts().Cancel(3, 2, aWhileAgo()))
		nextSecond()
		d.run(tplusPipeline)
		want := map[string]bool{}
		for key, now := range d.pieces() {
			if _, isDelivered := due[key]; isDelivered && now != pieces[key] && !slices.Contains(cancelled, key) {
				want[key] = true
			}
		}
		if len(want) == 0 {
			t.Fatal("no quantity changed: the world shows nothing")
		}
		got := d.lateFields(tplusPipeline)
		for _, key := range cancelled {
			if got[key] != "cancelled: whole" {
				t.Errorf("%s: got %q, want the cancellation to be listed", key, got[key])
			}
			delete(got, key)
		}
		for key, fields := range got {
			if !want[key] || !strings.Contains(fields, "RDRecordDetails[") || !strings.HasPrefix(fields, "changed: ") {
				t.Errorf("%s: got %q, want the quantities of changed stockouts alone", key, fields)
			}
			delete(want, key)
		}
		if len(want) > 0 {
			t.Errorf("the changes of %v are not listed", want)
		}
		d.sentNothing(received)
		d.staysListed(tplusPipeline, d.lateFields(tplusPipeline))
	})
}

// withoutModel takes the name of the envelope off the paths of 星空.
func withoutModel(fields map[string]string) map[string]string {
	for key, text := range fields {
		fields[key] = strings.ReplaceAll(text, "Model.", "")
	}
	return fields
}

// pieces are the quantities of each stockout, all lines together.
func (d *documents) pieces() map[string]string {
	return d.pairs("select stockout_id, sum(goods_count)::text from wdt.stockout_line group by stockout_id")
}

// staysListed runs once more, whole, and holds that the changes are listed once.
func (d *documents) staysListed(pipeline string, want map[string]string) {
	d.t.Helper()
	before := ask[string](d.shop, "select coalesce(string_agg(xmin::text || ctid::text, ' ' order by business_key), '') from outbox.late_change")
	d.run(pipeline, "--full")
	if after := ask[string](d.shop, "select coalesce(string_agg(xmin::text || ctid::text, ' ' order by business_key), '') from outbox.late_change"); after != before {
		d.t.Errorf("a full run wrote the late changes again: %s after %s", after, before)
	}
	changed := d.pairs("select shipment_key, state from report.shipment_delivery where pipeline_code = $1 and is_changed_since", pipeline)
	if len(changed) != len(want) {
		d.t.Errorf("got %d shipments that changed since, want %d", len(changed), len(want))
	}
	for key, state := range changed {
		if state != "sent" {
			d.t.Errorf("%s is %s and changed since, want it to stay sent", key, state)
		}
	}
}

// 星辰 takes changes: a 商品 follows its shop.
func TestAChangedShopUpdatesItsMaterial(t *testing.T) {
	t.Parallel()
	d := newDocuments(t, documentOptions{})
	d.run(jdyPipeline)
	closed := texts(d.box.Stockouts().CloseShops(3, 1, time.Now()))
	opened := d.box.Stockouts().OpenShops(2, time.Now())
	got := d.run(jdyPipeline)
	if want := int64(len(closed) + len(opened)); got.Documents.Made != want || got.Documents.Sent != want {
		t.Errorf("got %+v, want %d documents of shops that were closed or opened", got.Documents, want)
	}
	d.arrives(jdyPipeline)
	numbers := d.pairs("select shop_id, shop_no from wdt.shop")
	updated := map[string]bool{}
	for _, id := range closed {
		entry := d.entry("jdy", numbers[id])
		updated[entry.Key] = true
		if material := payloadOf[struct{ IsSale bool }](t, entry); entry.Created != 1 || entry.Updated != 1 || material.IsSale {
			t.Errorf("got %+v of a shop that was closed, want it made once and updated once, not for sale", entry)
		}
	}
	for _, entry := range d.ledger("jdy") {
		if !updated[entry.Key] && entry.Updated > 0 {
			t.Errorf("got %+v of a shop that did not change, want no update", entry)
		}
	}

	// A shop that vanishes leaves its 商品 behind: that is a person's decision.
	gone := texts(d.box.Stockouts().RemoveShops(1, 5))
	received := d.box.Received()
	d.run(jdyPipeline)
	d.sentNothing(received)
	if late := d.lateFields(jdyPipeline); len(late) != 1 || late[gone[0]] != "vanished: whole" {
		t.Errorf("got %v, want shop %s to be listed as vanished", late, gone[0])
	}
}

// What is cancelled before it went out never goes out.
func TestWhatIsCancelledBeforeDeliveryIsNeverSent(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		pipeline string
		cancel   func(*documents) []int64
	}{
		"sale-outs": {k3Pipeline, func(d *documents) []int64 { return d.box.Saleouts().Cancel(8, 3, aWhileAgo()) }},
		"stockouts": {tplusPipeline, func(d *documents) []int64 { return d.box.Stockouts().Cancel(5, 3, aWhileAgo()) }},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDocuments(t, documentOptions{})
			d.must("extract", c.pipeline)
			d.must("transform", c.pipeline)
			due := d.dues(c.pipeline).due
			cancelled := 0
			for _, key := range texts(c.cancel(d)) {
				if _, was := due[key]; was {
					cancelled++
				}
			}
			nextSecond()
			d.must("extract", c.pipeline)
			d.must("transform", c.pipeline)
			if parked := ask[int](d.shop, "select count(*) from outbox.delivery where state = 'discarded' and decided_by = 'pandian'"); parked != cancelled || parked == 0 {
				t.Errorf("got %d documents parked, want the %d cancelled ones", parked, cancelled)
			}
			d.must("load", c.pipeline)
			d.arrives(c.pipeline)
			d.run(c.pipeline)
			d.arrives(c.pipeline)
			if sent := ask[int](d.shop, "select count(*) from report.shipment_delivery where shipment_state = 'cancelled' and state <> 'not_due'"); sent != 0 {
				t.Errorf("%d cancelled shipments are something other than not due", sent)
			}
		})
	}
}

func TestNewDocumentsArrive(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		pipeline string
		insert   func(*documents) int
	}{
		"sale-outs":      {k3Pipeline, func(d *documents) int { return len(d.box.Saleouts().Insert(4, 3, aWhileAgo())) }},
		"sale-outs kept": {noopPipeline, func(d *documents) int { return len(d.box.Saleouts().Insert(4, 3, aWhileAgo())) }},
		"stockouts":      {tplusPipeline, func(d *documents) int { return len(d.box.Stockouts().Insert(4, 3, aWhileAgo())) }},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDocuments(t, documentOptions{})
			d.run(c.pipeline)
			before := len(d.dues(c.pipeline).due)
			inserted := c.insert(d)
			nextSecond()
			got := d.run(c.pipeline)
			more := int64(len(d.dues(c.pipeline).due) - before)
			if got.Documents.Sent != more || more == 0 || inserted != 4 {
				t.Errorf("got %+v, want the %d of 4 new documents that the route shows", got.Documents, more)
			}
			d.arrives(c.pipeline)
		})
	}
}

// A customer that is entered later releases what was held back for want of it.
func TestAShopThatIsMappedLaterReleasesItsDocuments(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		pipeline, source, target string
		shop                     string // a query of the shops that documents name
	}{
		"sale-outs": {k3Pipeline, "jst-qimen", "k3", "select distinct shop_id from jst.saleout"},
		"stockouts": {tplusPipeline, "wdt-main", "tplus", "select distinct shop_no from wdt.stockout"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDocuments(t, documentOptions{noMaps: true})
			first := d.run(c.pipeline)
			held := ask[int64](d.shop, "select count(*) from report.held_back where reason_code = 'no customer'")
			if held < 20 || len(d.ledger(targetOf(c.pipeline))) != int(first.Documents.Sent) {
				t.Fatalf("got %d documents held back for want of a customer and %d sent, want most of them held", held, first.Documents.Sent)
			}
			d.mapShops()
			second := d.run(c.pipeline)
			d.arrives(c.pipeline)
			if second.Documents.Sent == 0 || first.Documents.Sent+second.Documents.Sent != int64(len(d.dues(c.pipeline).due)) {
				t.Errorf("got %d documents sent at first and %d then, want all that are due", first.Documents.Sent, second.Documents.Sent)
			}
			// And the one shop that no customer stands for.
			left := d.pairs("select business_key, reason from report.held_back where reason_code = 'no customer'")
			if len(left) == 0 {
				t.Fatal("no shop is without customer: the world shows nothing")
			}
			for _, reason := range left {
				if !strings.Contains(reason, "ref.shop_map") {
					t.Errorf("got the reason %q, want it to say what to do", reason)
				}
			}
			d.tell(`
				insert into ref.shop_map (source_connection_code, source_shop_code, target_connection_code, customer_code)
				select $1, missing.code, $2, (select min(customer_code) from ref.shop_map where target_connection_code = $2)
				from (`+c.shop+`) as missing (code)
				where missing.code <> '' and not exists (
					select from ref.shop_map where source_connection_code = $1 and source_shop_code = missing.code)`, c.source, c.target)
			third := d.run(c.pipeline)
			if third.Documents.Sent == 0 || third.Documents.Sent > int64(len(left)) {
				t.Errorf("got %d documents sent once the last shop was mapped, want those of %d that lack nothing else", third.Documents.Sent, len(left))
			}
			if still := ask[int](d.shop, "select count(*) from report.held_back where reason_code = 'no customer'"); still != 0 {
				t.Errorf("%d documents are still held back for want of a customer", still)
			}
		})
	}
}
