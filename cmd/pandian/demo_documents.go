package main

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"github.com/jackc/pgx/v5"

	"pandian/internal/config"
	"pandian/internal/sandbox"
	"pandian/internal/sandbox/ledger"
	"pandian/internal/sandbox/saleouts"
	"pandian/internal/sandbox/stockouts"
	"pandian/internal/sandbox/world"
)

// demoPipeline is what one pipeline of the demo came to.
type demoPipeline struct {
	// State is ok or failed.
	State     string                    `json:"state"`
	RunID     int64                     `json:"run_id"`
	Datasets  map[string]datasetBalance `json:"datasets"`
	Documents documentBalance           `json:"documents"`
	// Delivery is nil for pipelines whose target keeps no documents.
	Delivery *delivered `json:"delivery,omitempty"`
}

// delivered is what a simulated target received, beside what it must have.
type delivered struct {
	// Expected is how many documents the truth says must arrive; Received how many
	// did.
	Expected int `json:"expected"`
	Received int `json:"received"`
	// Lost, Duplicates and Unexpected are natural keys: must have arrived and did
	// not, arrived more than once, arrived and must not have.
	Lost       []string `json:"lost"`
	Duplicates []string `json:"duplicates"`
	Unexpected []string `json:"unexpected"`
	// Held are the documents that were held back, with the reason.
	Held []heldDocument `json:"held"`
}

type heldDocument struct {
	BusinessKey string `json:"business_key"`
	ReasonCode  string `json:"reason_code"`
	Reason      string `json:"reason"`
}

// expectation is what the truth says about the documents of a pipeline: the
// natural keys that must arrive, and why each business key is held back.
type expectation struct {
	due  []string
	held map[string]string
}

func demoState(err error) string {
	if err != nil {
		return "failed"
	}
	return "ok"
}

// demoMaps enters what a merchant knows and pandian cannot: the customer that
// each shop is in the finance system. One shop of each is left out.
func demoMaps(ctx context.Context, db *database, box *sandbox.Sandbox) error {
	pool, err := db.pool(ctx, "")
	if err != nil {
		return err
	}
	var rows [][]any
	for shop, customer := range box.Stockouts().Customers() {
		rows = append(rows, []any{"wdt-main", shop, "tplus", customer, "entered by the demo"})
	}
	for shop, customer := range box.Saleouts().Customers() {
		rows = append(rows, []any{"jst-qimen", strconv.FormatInt(shop, 10), "k3", customer, "entered by the demo"})
	}
	_, err = pool.CopyFrom(ctx, pgx.Identifier{"ref", "shop_map"},
		[]string{"source_connection_code", "source_shop_code", "target_connection_code", "customer_code", "note"},
		pgx.CopyFromRows(rows))
	if err != nil {
		return fmt.Errorf("enter the shops' customers: %w", err)
	}
	return nil
}

// compare holds what the runs came to against what the simulated ERPs know.
func (d *demoSummary) compare(ctx context.Context, cfg *config.Config, db *database, box *sandbox.Sandbox) error {
	truth, err := box.World().Truth(world.Params{SkipUnkeyed: true})
	if err != nil {
		return fmt.Errorf("ask the sandbox for its truth: %w", err)
	}
	d.Truth, d.Disagreements = &truth, disagree(d.balance, truth)
	wanted, err := expectations(box, cfg.Connections["wdt-main"].WDT.Route)
	if err != nil {
		return fmt.Errorf("ask the sandbox for its truth: %w", err)
	}
	received := box.Received()
	for name, target := range map[string]string{
		"jst-saleouts-to-k3cloud": "k3cloud", "wdt-shops-to-jdy": "jdy", "wdt-stockouts-to-tplus": "tplus",
	} {
		held, err := readHeld(ctx, db, name)
		if err != nil {
			return err
		}
		pipeline := d.Pipelines[name]
		pipeline.Delivery = compareDelivery(wanted[name], received[target], held)
		d.Pipelines[name] = pipeline
		d.Disagreements = append(d.Disagreements, disagreeOnDelivery(name, wanted[name], pipeline.Delivery)...)
	}
	kept := box.Saleouts().Truth(saleouts.TruthParams{Route: saleouts.Open, Statuses: []saleouts.Status{saleouts.Confirmed}})
	if got, want := d.Pipelines["jst-orders"].Documents.Sent, int64(kept.Due+kept.Held); got != want {
		d.Disagreements = append(d.Disagreements, fmt.Sprintf("jst-orders kept %d documents, the truth %d", got, want))
	}
	return nil
}

// expectations is the truth of the documents, by pipeline.
func expectations(box *sandbox.Sandbox, route string) (map[string]expectation, error) {
	wanted := map[string]expectation{}
	shipped, err := box.Stockouts().StockoutTruth(stockouts.Params{Route: route, WithRows: true})
	if err != nil {
		return nil, err
	}
	tplus := expectation{held: map[string]string{}}
	for _, row := range shipped.Documents {
		switch row.State {
		case stockouts.Due:
			tplus.due = append(tplus.due, row.OrderNo)
		case stockouts.Held:
			tplus.held[strconv.FormatInt(row.StockoutID, 10)] = row.Reason
		}
	}
	jdy := expectation{held: map[string]string{}}
	for _, row := range box.Stockouts().ShopTruth().Shops {
		switch row.State {
		case stockouts.Due:
			jdy.due = append(jdy.due, row.ShopNo)
		case stockouts.Held:
			jdy.held[strconv.FormatInt(row.ShopID, 10)] = row.Reason
		}
	}
	k3 := expectation{held: map[string]string{}}
	for _, row := range box.Saleouts().Truth(saleouts.TruthParams{Route: saleouts.Qimen, WithRows: true}).Rows {
		key := strconv.FormatInt(row.IOID, 10)
		switch row.State {
		case saleouts.Due:
			k3.due = append(k3.due, key)
		case saleouts.Held:
			k3.held[key] = string(row.Reason)
		}
	}
	wanted["wdt-stockouts-to-tplus"], wanted["wdt-shops-to-jdy"], wanted["jst-saleouts-to-k3cloud"] = tplus, jdy, k3
	return wanted, nil
}

func readHeld(ctx context.Context, db *database, pipeline string) ([]heldDocument, error) {
	pool, err := db.pool(ctx, "")
	if err != nil {
		return nil, err
	}
	rows, err := pool.Query(ctx, `
		select business_key, reason_code, reason
		from report.held_back
		where pipeline_code = $1
		order by business_key`, pipeline)
	if err != nil {
		return nil, fmt.Errorf("read what is held back: %w", err)
	}
	held, err := pgx.CollectRows(rows, pgx.RowToStructByPos[heldDocument])
	if err != nil {
		return nil, fmt.Errorf("read what is held back: %w", err)
	}
	return held, nil
}

// compareDelivery counts what arrived.
func compareDelivery(wanted expectation, entries []ledger.Entry, held []heldDocument) *delivered {
	d := &delivered{
		Expected: len(wanted.due), Lost: []string{}, Duplicates: []string{}, Unexpected: []string{},
		Held: append([]heldDocument{}, held...),
	}
	arrived := map[string]bool{}
	for _, entry := range entries {
		if entry.Created == 0 {
			continue
		}
		d.Received++
		arrived[entry.Key] = true
		if entry.Created > 1 {
			d.Duplicates = append(d.Duplicates, entry.Key)
		}
		if !slices.Contains(wanted.due, entry.Key) {
			d.Unexpected = append(d.Unexpected, entry.Key)
		}
	}
	for _, key := range wanted.due {
		if !arrived[key] {
			d.Lost = append(d.Lost, key)
		}
	}
	return d
}

// disagreeOnDelivery puts into words what is not as the truth says.
func disagreeOnDelivery(name string, wanted expectation, d *delivered) []string {
	var found []string
	for what, keys := range map[string][]string{"lost": d.Lost, "made twice": d.Duplicates, "not due": d.Unexpected} {
		if len(keys) > 0 {
			found = append(found, fmt.Sprintf("%s: %d documents %s, as %s", name, len(keys), what, keys[0]))
		}
	}
	reasons := map[string]string{}
	for _, document := range d.Held {
		reasons[document.BusinessKey] = document.ReasonCode
		if want := wanted.held[document.BusinessKey]; want != document.ReasonCode {
			found = append(found, fmt.Sprintf("%s: %s is held back for %q, the truth says %q", name, document.BusinessKey, document.ReasonCode, want))
		}
	}
	for key, reason := range wanted.held {
		if reasons[key] == "" {
			found = append(found, fmt.Sprintf("%s: %s is not held back, and must be for %q", name, key, reason))
		}
	}
	slices.Sort(found)
	return found
}
