package main

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"
	"time"

	"pandian/internal/fault"
	"pandian/internal/sandbox"
	sandboxfault "pandian/internal/sandbox/fault"
)

// chaos is a merchant with one pipeline that is disturbed while it works.
type chaos struct {
	*documents
	pipeline string
	tap      *tap
	seed     uint64
	random   *rand.Rand
	// scale is how many times as much is new at each change of the world.
	scale int

	kills int
	// aged is how many documents of long ago there were.
	aged int
	// took is how long after each kill nothing was left to do.
	took []time.Duration
}

// recoveryTime is how long after a kill, at most, all must be well again.
const recoveryTime = time.Minute

func newChaos(t *testing.T, pipeline string, seed uint64) *chaos {
	t.Helper()
	return chaosOf(t, newDocuments(t, chaosOptions()), pipeline, seed)
}

func chaosOf(t *testing.T, d *documents, pipeline string, seed uint64) *chaos {
	t.Helper()
	d.alsoCompares()
	d.pace, d.drain = chaosPace, chaosDrain
	// The seed is the same for the same pipeline, whichever others run beside it.
	random := rand.New(rand.NewPCG(seed, uint64(slices.Index(chaosPipelines(), pipeline))))
	c := &chaos{documents: d, pipeline: pipeline, tap: newTap(t, d.database), seed: seed, random: random, scale: 1}
	c.agesPartitions()
	c.agesDocuments()
	return c
}

func chaosPipelines() []string {
	return []string{stockPipeline, k3Pipeline, jdyPipeline, tplusPipeline}
}

// chaosOptions are a small world, in which the targets get few documents a call.
func chaosOptions() documentOptions {
	return documentOptions{
		connections: map[string]keys{"k3": {"batch_size": "2"}, "jdy": {"batch_size": "2"}},
		sandbox:     func(o *sandbox.Options) { o.World.Rows = 120 },
	}
}

// alsoCompares adds the comparison of stock to a merchant whose documents are
// delivered, and a retention that partitions grow out of.
func (d *documents) alsoCompares() {
	d.t.Helper()
	c := d.box.Credentials()
	d.write("ys.key", c.YonsuiteAppKey)
	d.write("ys.secret", c.YonsuiteAppSecret)
	d.replace("connections:\n", fmt.Sprintf(`retention: {pages: 30d}
connections:
  ys-main:
    {platform: yonsuite, discovery_url: %s, tenant_id: %s, app_key: file:ys.key, app_secret: file:ys.secret}
`, d.front.url, c.TenantID))
	since := time.Now().In(beijing()).AddDate(0, 0, -90).Format(time.DateOnly)
	d.replace("pipelines:\n", fmt.Sprintf(`pipelines:
  stock-compare:
    sources: [{dataset: wdt.stock, connection: wdt-main, since: %s}, {dataset: yonsuite.current_stock, connection: ys-main}]
    target: {connection: qeasy}
    params: %s
`, since, compareParams))
}

// fivePercent are faults that hit one call in twenty: answers that are lost, after
// the call had its effect; servers in trouble; and refusals of too many calls.
func fivePercent() []sandboxfault.Rule {
	return []sandboxfault.Rule{
		often(sandboxfault.LostAnswer, "", 0.02), often(sandboxfault.HTTP500, "", 0.01),
		often(sandboxfault.HTTP503, "", 0.005), often(sandboxfault.Reset, "", 0.01), often(sandboxfault.Throttle, "", 0.005),
	}
}

// agesPartitions makes partitions that the next run drops, and takes away the
// newest, which it makes.
func (c *chaos) agesPartitions() {
	c.t.Helper()
	c.tell(`
		do $$
		declare
			parent regclass;
			newest regclass;
		begin
			for parent in
				select partrelid from pg_partitioned_table
				where partstrat = 'r' and partnatts = 1 and partrelid in ('staging.page'::regclass, 'wdt.stock_change'::regclass)
			loop
				perform ops.make_day_partitions(parent, current_date - 60, current_date - 58);
				select inhrelid into newest from pg_inherits
				where inhparent = parent order by inhrelid::regclass::text collate "C" desc limit 1;
				execute format('drop table %s', newest);
			end loop;
		end $$`)
}

// agedKeys is how many documents of an outbox of long ago agesDocuments writes.
const agedKeys = 5

// agesDocuments writes documents that were delivered two years ago, alone in a
// partition of the outbox that no id is drawn from any more: the next run drops it.
func (c *chaos) agesDocuments() {
	c.t.Helper()
	c.tell(`
		do $$
		declare
			part bigint := (select last_value / 5000000 + 1 from outbox.document_id_seq);
		begin
			perform set_config('session_replication_role', 'replica', true); -- it is no statement of pandian's: no trigger of a test strikes it
			perform ops.make_id_partitions('outbox.document', (part + 4) * 5000000, 5000000);
			perform ops.make_id_partitions('outbox.result', (part + 4) * 5000000, 5000000);
			perform setval('outbox.document_id_seq', (part + 1) * 5000000);
			with aged as (
				insert into outbox.document (connection_code, pipeline_code, document_id, business_key, revision, payload, payload_hash, run_id, created_at)
				select 'wdt-main', 'long-ago', part * 5000000 + nth, part || '-' || nth, 1, '{}', 0, 0, now() - interval '2 years'
				from generate_series(1, ` + strconv.Itoa(agedKeys) + `) as nth
				returning *
			), headed as (
				insert into outbox.head (connection_code, pipeline_code, business_key, document_id, revision, payload_hash)
				select connection_code, pipeline_code, business_key, document_id, revision, payload_hash from aged
			)
			insert into outbox.result (connection_code, pipeline_code, document_id, attempt, outcome, done_at)
			select connection_code, pipeline_code, document_id, 1, 'sent', created_at from aged;
		end $$`)
	c.aged += agedKeys
}

// forgetsNothing says that what was delivered long ago is still known to be, once.
func (c *chaos) forgetsNothing() {
	c.t.Helper()
	const known = `
		select count(*) from outbox.head inner join outbox.delivery using (connection_code, pipeline_code, document_id)
		where pipeline_code = 'long-ago' and state = 'sent'`
	if got := ask[int](c.shop, known); got != c.aged {
		c.t.Errorf("%d documents of long ago are known to be delivered, want %d", got, c.aged)
	}
	if left := ask[int](c.shop, "select count(*) from outbox.document where pipeline_code = 'long-ago'"); left != 0 {
		c.t.Errorf("%d documents of long ago are still there, want them archived", left)
	}
}

// somethingNew gives the next run something to do at every stage.
func (c *chaos) somethingNew() {
	c.t.Helper()
	c.worldChanges()
	c.agesPartitions()
	c.agesDocuments()
	nextSecond()
}

// worldChanges makes work at the platforms alone.
func (c *chaos) worldChanges() {
	seed := c.random.Uint64()
	switch c.pipeline {
	case stockPipeline:
		c.box.World().Mutate(6*c.scale, seed, aWhileAgo())
		c.box.World().MutateCurrents(4*c.scale, seed)
	case k3Pipeline:
		c.box.Saleouts().Insert(4*c.scale, seed, aWhileAgo())
	case tplusPipeline:
		c.box.Stockouts().Insert(4*c.scale, seed, aWhileAgo())
	case jdyPipeline:
		c.box.Stockouts().OpenShops(3*c.scale, time.Now())
		c.box.Stockouts().CloseShops(1, seed, time.Now())
	}
}

// recovers runs the pipeline again and again, as a schedule would, until nothing is
// left to do, and holds that nothing was lost or done twice by then.
func (c *chaos) recovers(after string) {
	c.t.Helper()
	started := time.Now()
	var last outcome
	for {
		last = c.pandian("run", c.pipeline, "--json")
		if last.code == fault.ExitOK && c.left() == 0 {
			break
		}
		if time.Since(started) > recoveryTime {
			c.t.Fatalf("seed %d, kill %d (%s): %d documents are left %s after it; the last run: %s",
				c.seed, c.kills, after, c.left(), recoveryTime, last)
		}
		time.Sleep(100 * time.Millisecond)
	}
	c.took = append(c.took, time.Since(started))
	last.figuresOf(c.t, c.pipeline) // the balance adds up
	if found := c.tally(); !found.isClean() {
		c.t.Fatalf("seed %d, kill %d (%s): %+v", c.seed, c.kills, after, found)
	}
}

// left counts what is in the outbox and neither sent nor closed, and what is held
// by somebody.
func (c *chaos) left() int {
	c.t.Helper()
	return ask[int](c.shop, `
		select (
			select count(*) from outbox.delivery
			where pipeline_code = $1 and state not in ('sent', 'superseded', 'discarded')
		) + (select count(*) from outbox.claim where pipeline_code = $1)`, c.pipeline)
}

// toll is what the sandbox's truth says about a pipeline.
type toll struct {
	Lost, Duplicates []string
	Stuck            int
}

func (f toll) isClean() bool { return len(f.Lost)+len(f.Duplicates)+f.Stuck == 0 }

// tally asks the sandbox. Documents that must not have come count as duplicates;
// what is held by a process that is gone, and runs that nobody ended, are stuck.
func (c *chaos) tally() (found toll) {
	c.t.Helper()
	found.Stuck = c.left() + ask[int](c.shop, `
		select count(*) from ops.run where pipeline_code = $1 and state = 'running'`, c.pipeline)
	if target := targetOf(c.pipeline); target != "" {
		due := map[string]bool{}
		for _, natural := range c.dues(c.pipeline).due {
			due[natural] = true
		}
		arrived := map[string]bool{}
		for _, entry := range c.ledger(target) {
			arrived[entry.Key] = entry.Created > 0
			if entry.Created > 1 || entry.Created == 1 && !due[entry.Key] {
				found.Duplicates = append(found.Duplicates, entry.Key)
			}
		}
		for key := range due {
			if !arrived[key] {
				found.Lost = append(found.Lost, key)
			}
		}
		return found
	}
	found.Lost, found.Duplicates = c.stockTally()
	return found
}

// stockTally is the same for the comparison: rows whose outcome or figure that was
// written back is not the truth's, and documents that were delivered twice.
func (c *chaos) stockTally() (lost, twice []string) {
	c.t.Helper()
	params := demoParams
	params.WithRows = true
	stands := c.pairs(`
		select stock.rec_id, stock_result.outcome || ' ' || coalesce(trim_scale(wdt_stock.currentqty)::text, 'null')
		from wdt.stock
		inner join compare.stock_result using (connection_code, spec_id, warehouse_id)
		inner join report.wdt_stock using (connection_code, spec_id, warehouse_id)`)
	for _, row := range c.truth(params).Rows {
		figure := "null"
		if row.CurrentQty != nil {
			figure = row.CurrentQty.String()
		}
		if row.State != "missing_here" && stands[fmt.Sprint(row.RecID)] != fmt.Sprintf("%s %s", row.State, figure) {
			lost = append(lost, fmt.Sprint(row.RecID))
		}
	}
	for document, count := range c.pairs(`
		select document_id, count(*)::text from outbox.result
		where pipeline_code = $1 and outcome = 'sent'
		group by document_id
		having count(*) > 1`, c.pipeline) {
		twice = append(twice, document+" × "+count)
	}
	return lost, twice
}

// settles ends the faults, runs once more, and holds everything against the truth,
// row by row.
func (c *chaos) settles() {
	c.t.Helper()
	c.faulty()
	c.run(c.pipeline)
	c.forgetsNothing()
	if targetOf(c.pipeline) != "" {
		c.arrives(c.pipeline)
		return
	}
	params := demoParams
	params.WithRows = true
	c.agreesByRow(params)
}

// tells says how it went, and ends with the figures of the tally.
func (c *chaos) tells(t *testing.T) toll {
	t.Helper()
	found := c.tally()
	slices.Sort(c.took)
	if len(c.took) > 0 {
		t.Logf("%s: %d kills, all well again after %s (median) and %s (longest), of which the lease is %s; %d faults at the platforms",
			c.pipeline, c.kills, c.took[len(c.took)/2].Round(10*time.Millisecond), c.took[len(c.took)-1].Round(10*time.Millisecond),
			chaosLease, c.faultsFired())
	}
	if !found.isClean() {
		t.Errorf("%s: %+v", c.pipeline, found)
	}
	return found
}
