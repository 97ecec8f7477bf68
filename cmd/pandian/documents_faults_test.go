package main

import (
	"strings"
	"testing"
	"time"

	"pandian/internal/erphttp"
	"pandian/internal/fault"
	sandboxfault "pandian/internal/sandbox/fault"
	"pandian/internal/sandbox/stockouts"
	"pandian/load"
)

// often is a fault that hits a share of the calls to an endpoint.
func often(kind sandboxfault.Kind, endpoint string, share float64) sandboxfault.Rule {
	return sandboxfault.Rule{Kind: kind, Endpoint: endpoint, Share: share}
}

// patience is how long a call of these tests waits for an answer, late how long a
// slow one takes.
const (
	patience = 400 * time.Millisecond
	late     = 900 * time.Millisecond
)

// untilDelivered loads again and again, as a schedule would, with waits that are
// over at once, until nothing is left in the outbox. It returns how often it loaded.
func (d *documents) untilDelivered(pipeline string) int {
	d.t.Helper()
	for times := 1; times <= 12; times++ {
		ended := d.pandian("load", pipeline, "--json")
		if ended.code != fault.ExitOK && ended.code != fault.ExitUnreachable {
			d.t.Fatalf("want a load that goes well or finds the target unreachable, got %s", ended)
		}
		open := ask[int](d.shop, `
			select count(*) from outbox.delivery
			where pipeline_code = $1 and state not in ('sent', 'superseded', 'discarded')`, pipeline)
		if open == 0 {
			return times
		}
		d.waitsAreOver()
	}
	d.t.Errorf("%s: still not delivered: %v", pipeline, d.pairs(`
		select business_key, state || ' ' || coalesce(message, '') from outbox.delivery
		where pipeline_code = $1 and state not in ('sent', 'superseded', 'discarded')`, pipeline))
	return 0
}

// waitsAreOver makes every next attempt due now.
func (d *documents) waitsAreOver() {
	d.t.Helper()
	d.tell("update outbox.retry set run_at = now() where state in ('waiting', 'in_doubt')")
}

// impatient lets calls time out soon, and documents be tried as often as need be.
func (d *documents) impatient() {
	d.pace = func(settings *erphttp.Settings) {
		hurry(settings)
		settings.CallsPerMinute, settings.Timeout, settings.MaxWait = -1, patience, 2*time.Second
	}
	d.drain = func(settings *load.Settings) {
		retryAtOnce(settings)
		settings.MaxAttempts = 60
	}
}

// fault 23: lost response after commit; and everything else that a target does
// wrong between two calls that go well.
func TestTargetsThatFailReceiveEachDocumentOnce(t *testing.T) {
	t.Parallel()
	const ( // the calls of each target: those with an effect, look-ups, logins
		k3Save, k3Query, k3Login        = "k3cloud.save", "k3cloud.query", "k3cloud.login"
		jdySave, jdyDetail, jdyToken    = "jdy.material_batch_save", "jdy.material_detail*", "jdy.token"
		tCreate, tFind, tToken          = "tplus.sale_dispatch.create", "tplus.sale_dispatch_open*", "tplus.token"
		anyK3, anyJDY, anyTPlus, doubts = "k3cloud.*", "jdy.*", "tplus.*", 0.2
	)
	slow := func(endpoint string) sandboxfault.Rule {
		rule := often(sandboxfault.SlowAnswer, endpoint, 0.1)
		rule.DelayMS = int(late.Milliseconds())
		return rule
	}
	lost := func(save, find string) []sandboxfault.Rule {
		return []sandboxfault.Rule{
			often(sandboxfault.LostAnswer, save, doubts), value(often(sandboxfault.LostAnswer, save, doubts/2), 502),
			often(sandboxfault.Truncated, save, 0.1), slow(save), often(sandboxfault.LostAnswer, find, 0.1),
		}
	}
	broken := func(save, all string) []sandboxfault.Rule {
		return []sandboxfault.Rule{
			often(sandboxfault.HTTP500, all, 0.05), often(sandboxfault.HTTP502, save, 0.1), often(sandboxfault.HTTP503, all, 0.05),
			often(sandboxfault.Reset, all, 0.1), often(sandboxfault.HTMLPage, save, 0.1), often(sandboxfault.EmptyBody, save, 0.05),
		}
	}
	busy := func(save, login string) []sandboxfault.Rule {
		return []sandboxfault.Rule{
			often(sandboxfault.Throttle, save, 0.15), often(sandboxfault.TokenExpired, save, 0.15), often(sandboxfault.HTTP500, login, 0.2),
		}
	}
	cases := map[string]struct {
		pipeline string
		rules    []sandboxfault.Rule
	}{
		"星空: answers that are lost":                 {k3Pipeline, lost(k3Save, k3Query)},
		"星空: a server in trouble":                   {k3Pipeline, broken(k3Save, anyK3)},
		"星空: too many calls, and sessions that end": {k3Pipeline, busy(k3Save, k3Login)},
		"星辰: answers that are lost":                 {jdyPipeline, lost(jdySave, jdyDetail)},
		"星辰: a server in trouble":                   {jdyPipeline, broken(jdySave, anyJDY)},
		"星辰: too many calls, and tokens that end":   {jdyPipeline, busy(jdySave, jdyToken)},
		"T+: answers that are lost":                 {tplusPipeline, lost(tCreate, tFind)},
		"T+: a server in trouble":                   {tplusPipeline, broken(tCreate, anyTPlus)},
		"T+: too many calls, and tokens that end":   {tplusPipeline, busy(tCreate, tToken)},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDocuments(t, documentOptions{
				connections: map[string]keys{"k3": {"batch_size": "2"}, "jdy": {"batch_size": "2"}},
				stockouts:   func(o *stockouts.Options) { o.Shops = 40 },
			})
			d.must("extract", c.pipeline)
			d.must("transform", c.pipeline)
			d.impatient()
			d.faulty(c.rules...)
			d.untilDelivered(c.pipeline)
			if fired := d.faultsFired(); fired < 3 {
				t.Errorf("got %d faults fired, want some", fired)
			}
			d.faulty()
			d.arrives(c.pipeline)
			if strings.Contains(name, "lost") {
				d.askedBeforeResending(targetOf(c.pipeline))
			}
			received := d.box.Received()
			if got := d.run(c.pipeline); got.Documents.Sent != 0 {
				t.Errorf("got %+v of a run after all had arrived, want nothing sent", got.Documents)
			}
			d.sentNothing(received)
		})
	}
}

// askedBeforeResending holds that a document whose answer was lost was looked up and
// not sent again: then the target neither refused nor changed one.
func (d *documents) askedBeforeResending(target string) {
	d.t.Helper()
	for _, entry := range d.ledger(target) {
		if entry.Created > 0 && (entry.Refused > 0 || entry.Updated > 0) {
			d.t.Errorf("%s: %s was sent again although it was there: refused %d times (%s), updated %d times",
				target, entry.Key, entry.Refused, entry.Reason, entry.Updated)
		}
	}
}

// fault 26: a target that is down for a while burns no attempts; the run says so,
// and the next one delivers.
func TestATargetThatIsDownCostsNoAttempts(t *testing.T) {
	t.Parallel()
	for pipeline, rules := range map[string][]sandboxfault.Rule{
		k3Pipeline:    {often(sandboxfault.HTTP503, "k3cloud.login", 1)},
		jdyPipeline:   {often(sandboxfault.HTTP503, "jdy.token", 1)},
		tplusPipeline: {often(sandboxfault.HTTP503, "tplus.token", 1)},
	} {
		t.Run(pipeline, func(t *testing.T) {
			t.Parallel()
			d := newDocuments(t, documentOptions{})
			d.impatient()
			d.faulty(rules...)
			for range 3 {
				failed := d.fails(fault.TargetUnreachable, "run", pipeline)
				if failed.Message == "" {
					t.Error("want it to say what is down")
				}
			}
			if burnt := ask[int](d.shop, "select coalesce(max(attempt_count), 0) from outbox.delivery"); burnt != 0 {
				t.Errorf("got %d attempts counted while the target was down, want none", burnt)
			}
			d.faulty()
			got := d.run(pipeline)
			if got.Documents.Made != 0 || got.Documents.Sent != int64(len(d.dues(pipeline).due)) {
				t.Errorf("got %+v, want what was made before to be sent", got.Documents)
			}
			d.arrives(pipeline)
		})
	}
}
