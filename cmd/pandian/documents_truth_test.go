package main

import (
	"encoding/json"
	"slices"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"

	"pandian/internal/sandbox/ledger"
	"pandian/internal/sandbox/saleouts"
	"pandian/internal/sandbox/stockouts"
)

// dues is what the truth says about the documents of a pipeline.
type dues struct {
	// due are the natural keys that must arrive, by business key.
	due map[string]string
	// held are the business keys that are held back, with the reason.
	held map[string]string
	// typed and rejected count the source's records.
	typed, rejected int64
}

// dues asks the sandbox. The routes are those that the configuration names.
func (d *documents) dues(pipeline string) dues {
	d.t.Helper()
	truth := dues{due: map[string]string{}, held: map[string]string{}}
	switch pipeline {
	case tplusPipeline:
		got, err := d.box.Stockouts().StockoutTruth(stockouts.Params{Route: d.route("wdt-main"), WithRows: true})
		if err != nil {
			d.t.Fatal(err)
		}
		// What has not shipped yet is in no reading.
		truth.typed, truth.rejected = int64(got.Records-got.Rejected-got.NotDue), int64(got.Rejected)
		for _, row := range got.Documents {
			truth.add(strconv.FormatInt(row.StockoutID, 10), row.OrderNo, string(row.State), row.Reason)
		}
	case jdyPipeline:
		got := d.box.Stockouts().ShopTruth()
		truth.typed, truth.rejected = int64(got.Records-got.Rejected), int64(got.Rejected)
		for _, row := range got.Shops {
			truth.add(strconv.FormatInt(row.ShopID, 10), row.ShopNo, string(row.State), row.Reason)
		}
	case k3Pipeline:
		got := d.box.Saleouts().Truth(saleouts.TruthParams{Route: saleouts.Route(d.route("jst-qimen")), WithRows: true})
		truth.typed, truth.rejected = int64(got.Typed), int64(got.Rejected)
		for _, row := range got.Rows {
			key := strconv.FormatInt(row.IOID, 10)
			truth.add(key, key, string(row.State), string(row.Reason))
		}
	case noopPipeline: // whatever has shipped is kept, even if nothing could be made of it
		got := d.box.Saleouts().Truth(saleouts.TruthParams{
			Route: saleouts.Route(d.route("jst-open")), Statuses: []saleouts.Status{saleouts.Confirmed}, WithRows: true,
		})
		truth.typed, truth.rejected = int64(got.Typed), int64(got.Rejected)
		for _, row := range got.Rows {
			if row.State == saleouts.Due || row.State == saleouts.Held {
				truth.add(strconv.FormatInt(row.IOID, 10), "", "due", "")
			}
		}
	}
	if len(truth.due) < 5 {
		d.t.Fatalf("%d documents are due in %s: the world shows nothing", len(truth.due), pipeline)
	}
	return truth
}

func (e *dues) add(business, natural, state, reason string) {
	switch state {
	case "due":
		e.due[business] = natural
	case "held":
		e.held[business] = reason
	}
}

func (d *documents) route(connection string) string {
	return withKeys(d.connections()[connection], d.options.connections[connection])["route"]
}

// arrives holds what a target received, and what is held back, against the truth:
// nothing lost, nothing twice, nothing that must not come.
func (d *documents) arrives(pipeline string) {
	d.t.Helper()
	truth := d.dues(pipeline)
	d.holdsBack(pipeline, truth.held)
	d.delivered(pipeline, truth.due)
	if target := targetOf(pipeline); target != "" {
		d.received(target, truth.due)
	}
}

// received holds the ledger of a target against the natural keys that are due.
func (d *documents) received(target string, due map[string]string) {
	d.t.Helper()
	want, got := map[string]int{}, map[string]int{}
	for _, natural := range due {
		want[natural] = 1
	}
	for _, entry := range d.ledger(target) {
		if entry.Created > 0 {
			got[entry.Key] = entry.Created
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		d.t.Errorf("%s: how often each document came into being (want -, got +)\n%s", target, diff)
	}
}

// holdsBack holds the reasons against those of the truth.
func (d *documents) holdsBack(pipeline string, held map[string]string) {
	d.t.Helper()
	got := d.pairs("select business_key, reason_code from report.held_back where pipeline_code = $1", pipeline)
	if diff := cmp.Diff(held, got); diff != "" {
		d.t.Errorf("%s: held back (want -, got +)\n%s", pipeline, diff)
	}
}

// delivered says that the due documents, and no others, stand as sent in the
// outbox, the newest revision of each.
func (d *documents) delivered(pipeline string, due map[string]string) {
	d.t.Helper()
	want := map[string]string{}
	for business := range due {
		want[business] = "sent"
	}
	got := d.pairs(`
		select delivery.business_key, delivery.state
		from outbox.delivery
		inner join outbox.head using (connection_code, pipeline_code, document_id)
		where delivery.pipeline_code = $1 and not (delivery.state = 'discarded' and delivery.decided_by = 'pandian')`, pipeline)
	if diff := cmp.Diff(want, got); diff != "" {
		d.t.Errorf("%s: states in the outbox (want -, got +)\n%s", pipeline, diff)
	}
}

func (d *documents) ledger(target string) []ledger.Entry { return d.box.Received()[target] }

// entry is what a target knows of one document.
func (d *documents) entry(target, key string) ledger.Entry {
	d.t.Helper()
	entries := d.ledger(target)
	index := slices.IndexFunc(entries, func(e ledger.Entry) bool { return e.Key == key })
	if index < 0 {
		d.t.Fatalf("%s knows nothing of %s", target, key)
	}
	return entries[index]
}

// figuresOf are those of one pipeline in the summary of an envelope.
func (o outcome) figuresOf(t *testing.T, pipeline string) runFigures {
	t.Helper()
	byPipeline := decode[map[string]runFigures](t, o.envelope(t).Summary)
	got, ok := byPipeline[pipeline]
	if !ok {
		t.Fatalf("want a balance of %s, got %s", pipeline, o)
	}
	if len(got.Unbalanced) > 0 {
		t.Errorf("the balance of %s does not add up: %v", pipeline, got.Unbalanced)
	}
	return got
}

// run carries out one pipeline.
func (d *documents) run(pipeline string, args ...string) runFigures {
	d.t.Helper()
	return d.stage("run", pipeline, args...)
}

// stage carries out one pipeline, or one stage of it.
func (d *documents) stage(command, pipeline string, args ...string) runFigures {
	d.t.Helper()
	return d.must(append([]string{command, pipeline, "--json"}, args...)...).figuresOf(d.t, pipeline)
}

// payload is one of a target's documents as it was sent.
func payloadOf[T any](t *testing.T, entry ledger.Entry) (payload T) {
	t.Helper()
	if err := json.Unmarshal(entry.Payload, &payload); err != nil {
		t.Fatalf("payload of %s: %v", entry.Key, err)
	}
	return payload
}
