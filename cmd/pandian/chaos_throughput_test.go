package main

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"pandian/internal/fault"
)

const (
	// chaosPairs is how many pairs of loads throughput is measured by, before a
	// disturbance and after it. The test run asks for none: its machine is no measure.
	chaosPairs = "PANDIAN_CHAOS_PAIRS"
	// measuredScale is how many times as much is new in a load that is measured, so
	// that its documents take the time and not the beginning of a run.
	measuredScale = 4
	// fullThroughput is how much of its baseline must be there again.
	fullThroughput = 0.95
)

// rate is how many documents arrived in how long.
type rate struct {
	documents int
	took      time.Duration
}

func (r *rate) add(more rate) { r.documents, r.took = r.documents+more.documents, r.took+more.took }

// perSecond is 0 for a rate of nothing.
func (r rate) perSecond() float64 {
	if r.took <= 0 {
		return 0
	}
	return float64(r.documents) / r.took.Seconds()
}

func sum(rates []rate) (all rate) {
	for _, one := range rates {
		all.add(one)
	}
	return all
}

// paired measures the throughput of a merchant by that of a twin, which has the same
// load at the same moment and is never disturbed: whatever else the machine does,
// it does to both.
type paired struct {
	*chaos
	twin  *chaos
	pairs int

	before, twinBefore []rate
	during             rate
	after, twinAfter   []rate
}

// measured pairs a merchant with a twin; without pairs to measure there is none.
func measured(t *testing.T, pairs int, makes func() *chaos) *paired {
	t.Helper()
	m := &paired{chaos: makes(), pairs: pairs}
	if pairs > 0 {
		m.twin = makes()
		m.scale, m.twin.scale = measuredScale, measuredScale
		m.must("run", m.pipeline, "-q")
		m.twin.must("run", m.pipeline, "-q")
	}
	return m
}

// begins measures the throughput that there is before anything is disturbed.
func (m *paired) begins() { m.before, m.twinBefore = m.loads() }

// ends measures it after everything is well again.
func (m *paired) ends() { m.after, m.twinAfter = m.loads() }

// loads gives both the same load at once, again and again.
func (m *paired) loads() (here, there []rate) {
	m.t.Helper()
	for range m.pairs {
		m.worldChanges()
		m.twin.worldChanges()
		nextSecond()
		hadHere, hadThere := m.arrived(), m.twin.arrived()
		var tookHere, tookThere time.Duration
		var both sync.WaitGroup
		both.Go(func() { tookHere = m.runsIn() })
		both.Go(func() { tookThere = m.twin.runsIn() })
		both.Wait()
		here = append(here, rate{m.arrived() - hadHere, tookHere})
		there = append(there, rate{m.twin.arrived() - hadThere, tookThere})
	}
	return here, there
}

// runsIn runs the pipeline, which is not disturbed, and says how long it took.
func (c *chaos) runsIn() time.Duration {
	began := time.Now()
	if ended := c.pandian("run", c.pipeline, "--json"); ended.code != fault.ExitOK {
		c.t.Errorf("want a run that is not disturbed to go well, got %s", ended)
	}
	return time.Since(began)
}

// keepsUp gives the twin what was new for the merchant meanwhile, and partitions that
// grew old, so that they are of one size when they are measured again: a plan takes the
// longer the more partitions there are.
func (m *paired) keepsUp(changes int) {
	m.t.Helper()
	if m.twin == nil {
		return
	}
	for range changes {
		m.twin.somethingNew()
	}
	m.twin.must("run", m.pipeline, "-q")
}

// arrived counts the documents that the sandbox has; of the comparison, whose target
// keeps none, the rows that were written back.
func (c *chaos) arrived() (count int) {
	c.t.Helper()
	target := targetOf(c.pipeline)
	if target == "" {
		return ask[int](c.shop, "select count(*) from outbox.result where pipeline_code = $1 and outcome = 'sent'", c.pipeline)
	}
	for _, entry := range c.ledger(target) {
		if entry.Created > 0 {
			count++
		}
	}
	return count
}

// shares are the throughput of each pair, measured by the twin's; pairs in which
// nothing was to be delivered tell nothing.
func shares(here, there []rate) (found []float64) {
	for index := range here {
		if twin := there[index].perSecond(); twin > 0 && here[index].documents > 0 {
			found = append(found, here[index].perSecond()/twin)
		}
	}
	slices.Sort(found)
	return found
}

// throughput is what the pairs of all merchants came to.
type throughput struct {
	mu                 sync.Mutex
	before, twinBefore []rate
	during             rate
	after, twinAfter   []rate
}

func (v *throughput) add(m *paired) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if before, after := shares(m.before, m.twinBefore), shares(m.after, m.twinAfter); len(before) > 0 && len(after) > 0 {
		reports(m.t, "%s: %.0f %% of the undisturbed before, %.0f %% after", m.pipeline, 100*before[len(before)/2], 100*after[len(after)/2])
	}
	v.before, v.twinBefore = append(v.before, m.before...), append(v.twinBefore, m.twinBefore...)
	v.after, v.twinAfter = append(v.after, m.after...), append(v.twinAfter, m.twinAfter...)
	v.during.add(m.during)
}

// tells reports the throughput, and fails where it is not back. The median of the
// pairs decides: what disturbed one of them says nothing about the rest.
func (v *throughput) tells(t *testing.T, what string) {
	t.Helper()
	found := shares(v.after, v.twinAfter)
	if len(found) == 0 {
		return // not asked for
	}
	share := found[len(found)/2]
	reports(t, "%sdocuments a second: %.1f before, %.1f during, %.1f after; undisturbed at the same time %.1f and %.1f; after it %.0f %% of the undisturbed (median of %d pairs)",
		what, sum(v.before).perSecond(), v.during.perSecond(), sum(v.after).perSecond(),
		sum(v.twinBefore).perSecond(), sum(v.twinAfter).perSecond(), 100*share, len(found))
	isBack(t, what, share)
}

// isBack fails where a throughput is below what must be there again.
func isBack(t *testing.T, what string, share float64) {
	t.Helper()
	if share < fullThroughput {
		reports(t, "%sTHROUGHPUT FELL SHORT: %.1f %% of the baseline, want %.0f %%", what, 100*share, 100*fullThroughput)
		t.Fail()
	}
}

// The median of the pairs is what counts, each measured by its own twin.
func TestShares(t *testing.T) {
	t.Parallel()
	second := time.Second
	here := []rate{{10, second}, {0, second}, {10, 2 * second}, {9, second}}
	there := []rate{{10, second}, {10, second}, {10, 4 * second}, {10, second}}
	if got, want := fmt.Sprint(shares(here, there)), "[0.9 1 2]"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
