package load_test

import (
	"fmt"
	"slices"
)

// modelMaxAttempts is how often a document is tried in the model test.
const modelMaxAttempts = 3

// modelDocument is a document as docs/outbox.md tells its story, without a database.
type modelDocument struct {
	id       int64
	key      string
	revision int
	payload  string

	// state is what stands in outbox.retry or outbox.result; pending where neither
	// has it.
	state string
	// claim is the worker that has the document, or had it when it died; 0 for none.
	// Of a document that stands in outbox.retry that is its token, else the claim's.
	claim int
	// isLive says that the lease of claim has not run out.
	isLive bool
	// isParked says that the document stands in outbox.retry.
	isParked          bool
	attempt, forgiven int
	// claimAttempt is how many workers have had the claim.
	claimAttempt int
	isDoubtful   bool
	decidedBy    string
	heldState    string
	isDue        bool
}

// isDone says that nothing is left to do.
func (d *modelDocument) isDone() bool { return d.state == "sent" || d.state == "superseded" }

// shown is the state in outbox.delivery.
func (d *modelDocument) shown() string {
	switch {
	case d.isDone(), d.state == "held", d.state == "discarded":
		return d.state
	case d.claim != 0 && d.isLive, d.claim != 0 && !d.isParked:
		return "sending"
	default:
		return d.state
	}
}

// open is the state in report.open_document, by which an operator decides.
func (d *modelDocument) open() string {
	if shown := d.shown(); shown != "sending" || d.isLive {
		return shown
	}
	return "left"
}

// doubtful is is_doubtful of outbox.delivery.
func (d *modelDocument) doubtful() bool {
	return d.isParked && (d.state == "in_doubt" || d.isDoubtful || d.claim != 0)
}

// isTakable says that a drain that begins now works on the document.
func (d *modelDocument) isTakable() bool {
	switch {
	case d.isDone(), d.claim != 0 && d.isLive:
		return false
	case !d.isParked:
		return true
	default:
		return (d.state == "waiting" || d.state == "in_doubt") && d.isDue
	}
}

// model is an outbox in the mind.
type model struct {
	documents []*modelDocument
	late      map[string]bool
	target    *modelERP
	// next is the cursor, which the test reads: how claims cut the log is no promise.
	next int64
}

func (m *model) newest(key string) *modelDocument {
	var newest *modelDocument
	for _, one := range m.documents {
		if one.key == key {
			newest = one
		}
	}
	return newest
}

// propose is what a mapping says of a key: a payload, or that it is not due (blank).
// It returns whether a revision is made.
func (m *model) propose(key, payload string) bool {
	old := m.newest(key)
	delete(m.late, key)
	switch {
	case old == nil:
		return payload != ""
	case payload == old.payload:
		if old.state == "discarded" && old.decidedBy == "pandian" {
			old.state, old.decidedBy, old.isDue = "waiting", "", true
		}
		return false
	case payload == "" && old.state == "discarded":
		return false
	case old.shown() == "sent", old.shown() == "sending", old.shown() == "in_doubt", old.doubtful():
		m.late[key] = true
		return false
	case payload == "":
		by := "pandian"
		if old.state == "held" {
			by += ", after " + old.decidedBy + " held it"
		}
		old.state, old.decidedBy, old.isParked = "discarded", by, true
		return false
	}
	if !old.isParked {
		old.state, old.isParked, old.isDue = "waiting", true, true
	}
	return true
}

// add is a revision that the mapping made; a hold on an older one passes on.
func (m *model) add(made *modelDocument) {
	made.state = "pending"
	for _, older := range m.documents {
		if older.key == made.key && older.state == "held" {
			made.state, made.heldState, made.decidedBy, made.isParked = "held", "pending", older.decidedBy, true
		}
	}
	m.documents = append(m.documents, made)
}

// decide is an operator's verb about one document.
func (m *model) decide(verb string, d *modelDocument) {
	open := d.open()
	switch {
	case d.isDone(), open == "sending", open == "pending" && verb == "retry", open == "left" && verb == "retry":
		return
	case verb == "release" && open != "held", verb == "retry" && open == "held":
		return
	case open == "discarded" && verb != "retry", open == "held" && verb == "hold":
		return
	case open == "discarded" && (d.decidedBy == "pandian" || len(d.decidedBy) > 8 && d.decidedBy[:8] == "pandian,"):
		return
	}
	isDoubtful := d.doubtful() || open == "left"
	isAhead := d.isParked && d.attempt == 0 && !isDoubtful && d.id >= m.next
	d.isDoubtful, d.isParked, d.claim = isDoubtful, true, 0
	switch verb {
	case "hold":
		d.state, d.heldState, d.decidedBy = "held", open, "李雷"
		return
	case "discard":
		d.state, d.heldState, d.decidedBy = "discarded", "", "李雷"
		return
	case "retry":
		d.forgiven = d.attempt
	}
	d.decidedBy, d.isDue = "", true
	switch {
	case verb == "release" && (d.heldState == "rejected" || d.heldState == "abandoned"):
		d.state = d.heldState
	case isAhead:
		d.state, d.isParked = "pending", false
	case isDoubtful:
		d.state = "in_doubt"
	default:
		d.state = "waiting"
	}
	d.heldState = ""
}

// sweep closes what a newer revision has overtaken.
func (m *model) sweep() {
	for _, d := range m.documents {
		isOpen := slices.Contains([]string{"waiting", "rejected", "abandoned"}, d.state) || d.state == "held" && !d.isDoubtful
		if d != m.newest(d.key) && d.isParked && d.claim == 0 && isOpen {
			d.state, d.isParked = "superseded", false
		}
	}
}

// try is a worker's attempt at a document, whose outcome the target draws.
func (m *model) try(d *modelDocument, attempt int, wasInDoubt, isSpent bool) {
	outcome := "in_doubt"
	if !isSpent {
		outcome = m.target.foresee(d.id, attempt, d.key, wasInDoubt)
	}
	m.settle(d, attempt, outcome)
}

// settle is what an answer makes of a document.
func (m *model) settle(d *modelDocument, attempt int, outcome string) {
	isDoubtful, state := outcome == "in_doubt", outcome
	if (outcome == "waiting" || outcome == "in_doubt") && attempt-d.forgiven >= modelMaxAttempts {
		state = "abandoned"
	}
	d.claim, d.attempt, d.isDoubtful, d.isDue = 0, attempt, isDoubtful, false
	switch {
	case state == "sent":
		d.state, d.isParked = state, false
	case d.isParked && d.state == "held": // a person was quicker, and the answer decides where it goes back to
		d.heldState = state
	case d.isParked && d.state == "discarded":
	default:
		d.state, d.isParked = state, true
	}
}

// next attempt of a document, and whether an earlier one may have reached the target.
func (d *modelDocument) upcoming() (attempt int, wasInDoubt bool) {
	if d.isParked {
		return d.attempt + 1, d.state == "in_doubt" || d.claim != 0
	}
	return d.claimAttempt + 1, d.claimAttempt > 0
}

// drain works on everything that can be taken.
func (m *model) drain() {
	m.sweep()
	spentOf := map[int]bool{} // of a claim only its first document
	for _, d := range m.documents {
		if !d.isTakable() {
			continue
		}
		attempt, wasInDoubt := d.upcoming()
		isSpent := attempt-d.forgiven > modelMaxAttempts
		if !d.isParked {
			isSpent = isSpent && !spentOf[d.claim]
			spentOf[d.claim] = true
		}
		m.try(d, attempt, wasInDoubt, isSpent)
	}
}

// String lists the documents, for messages.
func (m *model) String() string {
	text := ""
	for _, d := range m.documents {
		text += fmt.Sprintf("\n  %+v", *d)
	}
	return text
}
