package main

import (
	"math/rand/v2"
	"net/http"
	"regexp"
	"sync/atomic"
	"testing"
)

// stockPipeline compares stock; its target keeps no documents.
const stockPipeline = "stock-compare"

// point is a place at which a run is killed, as fault 1 names it.
type point struct {
	name string
	// sql are the statements that count, and sides when beside one it is killed.
	sql   *regexp.Regexp
	sides []side
	// isCall counts the calls to the target that have an effect instead: killed
	// while the call is under way, taken by the target or not.
	isCall, isTaken bool
	// most is how many of them a run surely has, or 1.
	most int
	// only is the pipeline that has this place; empty for all.
	only string
}

// query matches a statement of queries/ by its name.
func query(names string) *regexp.Regexp { return regexp.MustCompile(`^-- name: (` + names + `) `) }

// killPoints are the named ones. Each stands for as many places as it has sides and
// statements; the last one for all the others.
func killPoints() []point {
	everywhere := []side{before, answered, beforeCommit, committed}
	return []point{
		{name: "after page fetch, before commit", sql: query("OpsWindowAdvance"), sides: []side{before}, most: 2},
		{name: "between checkpoint and page rows", sql: regexp.MustCompile(`^copy "staging"."page"`), sides: []side{before, answered}},
		{name: "between page rows and the cursor's commit", sql: query("OpsWindowAdvance"), sides: []side{beforeCommit, committed}, most: 2},
		{name: "mid-transform", sql: regexp.MustCompile(`(?m)^-- writes:`), sides: everywhere, most: 2},
		{name: "after compare, before ledger", sql: regexp.MustCompile(`^-- Keeps the ledger of discrepancies`), sides: []side{before}, only: stockPipeline},
		{name: "after ledger, before its commit", sql: regexp.MustCompile(`^-- Keeps the ledger of discrepancies`), sides: []side{beforeCommit}, only: stockPipeline},
		{name: "after intent, before HTTP", sql: query("OutboxClaimNext"), sides: []side{answered}},
		{name: "in the call, before the ERP commits", isCall: true},
		{name: "after the ERP commits, before we hear", isCall: true, isTaken: true},
		{name: "after the ERP commits, before our commit", sql: query("OutboxResultAppend"), sides: []side{before, beforeCommit}},
		{name: "after our commit, unheard", sql: query("OutboxResultAppend"), sides: []side{committed}},
		{name: "mid write-back", sql: query("OutboxWritebackPut"), sides: everywhere, only: stockPipeline},
		{name: "mid partition rotation, making", sql: query("DayPartitionMake"), sides: []side{before, answered}, most: 4},
		{name: "mid partition rotation, dropping", sql: query("DayPartitionDrop"), sides: everywhere, most: 4},
		{name: "while the run begins", sql: query("OpsRunStart"), sides: everywhere},
		{name: "while the run ends", sql: query("OpsRunFinish"), sides: []side{before, answered}},
		{name: "mid partition rotation, archiving documents", sql: regexp.MustCompile(`outbox\.archive_documents`), sides: everywhere},
		{name: "mid partition rotation, dropping documents", sql: regexp.MustCompile(`outbox\.drop_partition`), sides: everywhere},
	}
}

// anywhere is the n-th statement of a run, whichever it is.
func anywhere(most int) point {
	return point{name: "anywhere", sql: regexp.MustCompile(``), sides: []side{before, answered}, most: most}
}

// has says whether a pipeline has this place.
func (p point) has(pipeline string) bool {
	if p.isCall {
		return targetOf(pipeline) != ""
	}
	return p.only == "" || p.only == pipeline
}

// draw picks one of the places that the point stands for.
func (p point) draw(random *rand.Rand) (at side, nth int) {
	if len(p.sides) > 0 {
		at = p.sides[random.IntN(len(p.sides))]
	}
	return at, 1 + random.IntN(max(p.most, 1))
}

// killAt runs a pipeline in a process of its own that is killed at a place, and
// says whether it came by it. If not, it ended by itself.
func (c *chaos) killAt(p point, at side, nth int, args ...string) (isKilled bool) {
	c.t.Helper()
	started, killed := make(chan *process, 1), atomic.Bool{}
	spring := func() {
		child := <-started
		killed.Store(true)
		child.kill()
		started <- child
	}
	if p.isCall {
		c.killInCall(p, nth, spring)
	} else {
		c.tap.set(&trap{matches: p.sql.MatchString, nth: nth, side: at, spring: spring})
	}
	child := c.through(c.tap).start(args...)
	started <- child
	ended := child.ends(c.t)
	c.front.holdNothing()
	c.tap.set(nil)
	c.hidesSecrets(ended)
	if !killed.Load() && child.ProcessState.ExitCode() < 0 {
		c.t.Fatalf("the process was killed by somebody else: %s", child.errs.String())
	}
	if killed.Load() {
		c.kills++
	}
	return killed.Load()
}

// killInCall springs in the n-th call to the target that has an effect, and breaks
// the connection.
func (c *chaos) killInCall(p point, nth int, spring func()) {
	var calls atomic.Int64
	hold := func(r *http.Request) {
		if callOf(r) == targetOf(c.pipeline) && calls.Add(1) == int64(nth) {
			spring()
			panic(http.ErrAbortHandler)
		}
	}
	c.front.mu.Lock()
	defer c.front.mu.Unlock()
	if p.isTaken {
		c.front.after = hold
	} else {
		c.front.hold = hold
	}
}

// fault 1: each named point, once, and the next run makes good what was left.
func TestEveryNamedPointIsSurvived(t *testing.T) {
	t.Parallel()
	for _, pipeline := range []string{stockPipeline, k3Pipeline, jdyPipeline, tplusPipeline} {
		t.Run(pipeline, func(t *testing.T) {
			t.Parallel()
			c := newChaos(t, pipeline, 1)
			for index, p := range killPoints() {
				if !p.has(pipeline) || !isTurnOf(pipeline, index) {
					continue
				}
				at, _ := p.draw(c.random)
				if !c.killAt(p, at, 1, "run", pipeline) {
					t.Errorf("%s: the run never came by this point", p.name)
				}
				c.recovers(p.name)
				c.somethingNew()
			}
			c.settles()
			c.tells(t)
		})
	}
}

// isTurnOf shares the points out, so that a test run kills some twenty processes
// and not seventy; make chaos kills at every point of every pipeline.
func isTurnOf(pipeline string, index int) bool {
	turn := map[string]int{stockPipeline: 0, k3Pipeline: 1, jdyPipeline: 2, tplusPipeline: 3}[pipeline]
	switch {
	case pipeline == stockPipeline:
		return index == 3 || index == 4 || index == 5 || index == 11
	case index == 8 || index == 9: // what happens at the target differs
		return true
	default:
		return index%3 == turn%3
	}
}
