package main

import (
	"syscall"
	"testing"

	"pandian/internal/fault"
)

// fault 1: killed after the platform committed, and before; once with bills whose
// answers were never heard.
func TestAKilledLoadDeliversEachBillOnce(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		call int  // the call that the load is killed in, counted from 1
		late bool // the platform has taken the call when the load is killed
	}{
		"in the first call": {1, false}, "in the middle, before the platform takes the call": {7, false},
		"in the middle, after the platform took the call": {7, true}, "near the end": {15, true},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDocuments(t, documentOptions{connections: map[string]keys{"k3": {"batch_size": "2"}}})
			d.must("extract", k3Pipeline)
			d.must("transform", k3Pipeline)
			var gate gate
			if c.late {
				gate = d.front.holdAnswersFrom(t, "k3cloud", c.call)
			} else {
				gate = d.front.holdFrom(t, "k3cloud", c.call)
			}
			child := d.start("load", k3Pipeline)
			gate.awaits(t, child)
			d.send(child, syscall.SIGKILL)
			gate.open()
			d.waitUntilDead(3)
			d.front.holdNothing()

			// Another load takes over what the dead one held once its lease is over.
			d.must("load", k3Pipeline)
			d.tell("update outbox.claim set lease_until = now() - interval '1 second'")
			d.tell("update outbox.retry set lease_until = now() - interval '1 second' where lease_until is not null")
			for range 3 {
				d.waitsAreOver()
				if ended := d.pandian("load", k3Pipeline); ended.code != fault.ExitOK {
					t.Fatalf("want a load that goes well, got %s", ended)
				}
			}
			d.arrives(k3Pipeline)
			d.run(k3Pipeline)
			d.arrives(k3Pipeline)
			if state := ask[string](d.shop, "select state from ops.run where run_id = 3"); state != "interrupted" {
				t.Errorf("the killed load is %s, want it interrupted", state)
			}
		})
	}
}
