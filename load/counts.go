package load

import "fmt"

// Counts is what a drain did, in documents unless it says otherwise.
type Counts struct {
	// Claimed came from the log, TakenOver from claims whose worker was gone,
	// Retried from the documents in trouble.
	Claimed, TakenOver, Retried int
	// Swept were in trouble when the drain began and were closed because a newer
	// revision exists; they are among Superseded.
	Swept int

	// Sent and Superseded are settled. Waiting and InDoubt are tried again.
	// Rejected and Abandoned wait for a person.
	Sent, Superseded, Waiting, InDoubt, Rejected, Abandoned int
	// Deferred were not sent, because an older revision of the same document was
	// still under way; they are tried again without an attempt being counted.
	Deferred int
	// Parked were passed over, because a person holds or discarded them.
	Parked int
	// GivenBack were not sent, because the drain was stopped or the target was
	// not available. No attempt was counted.
	GivenBack int
	// Lost had their results dropped, because the lease ran out and another
	// worker has them, or because the database could not be told.
	Lost int

	// Writebacks is the fields written back that were new or changed.
	Writebacks int
	// Calls is the calls of Target.Send, Lookups those of Finder.Lookup.
	Calls, Lookups int
}

// Taken is all documents that the drain laid hands on.
func (c Counts) Taken() int { return c.Claimed + c.TakenOver + c.Retried + c.Swept }

// Balance returns an error that says by how much the documents taken differ from
// what became of them; nil when the figures add up.
func (c Counts) Balance() error {
	became := c.Sent + c.Superseded + c.Waiting + c.InDoubt + c.Rejected + c.Abandoned +
		c.Deferred + c.Parked + c.GivenBack + c.Lost
	if became != c.Taken() {
		return fmt.Errorf("%d documents were taken from the outbox, but %d are accounted for", c.Taken(), became)
	}
	return nil
}

func (c *Counts) add(settled []settlement) {
	for _, one := range settled {
		switch {
		case one.deferred:
			c.Deferred++
		case one.decision.State == Sent:
			c.Sent++
		case one.decision.State == Superseded:
			c.Superseded++
		case one.decision.State == Waiting:
			c.Waiting++
		case one.decision.State == InDoubt:
			c.InDoubt++
		case one.decision.State == Rejected:
			c.Rejected++
		case one.decision.State == Abandoned:
			c.Abandoned++
		}
	}
}

// plus adds figure by figure.
func (c Counts) plus(more Counts) Counts {
	return Counts{
		Claimed:    c.Claimed + more.Claimed,
		TakenOver:  c.TakenOver + more.TakenOver,
		Retried:    c.Retried + more.Retried,
		Swept:      c.Swept + more.Swept,
		Sent:       c.Sent + more.Sent,
		Superseded: c.Superseded + more.Superseded,
		Waiting:    c.Waiting + more.Waiting,
		InDoubt:    c.InDoubt + more.InDoubt,
		Rejected:   c.Rejected + more.Rejected,
		Abandoned:  c.Abandoned + more.Abandoned,
		Deferred:   c.Deferred + more.Deferred,
		Parked:     c.Parked + more.Parked,
		GivenBack:  c.GivenBack + more.GivenBack,
		Lost:       c.Lost + more.Lost,
		Writebacks: c.Writebacks + more.Writebacks,
		Calls:      c.Calls + more.Calls,
		Lookups:    c.Lookups + more.Lookups,
	}
}
