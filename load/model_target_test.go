package load_test

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"slices"
	"sync"

	"pandian/load"
)

// modelERP is the truth about what arrived. What it answers follows from document and
// attempt alone, so that the model can foresee it in whatever order a drain calls.
type modelERP struct {
	seed  int64
	mutex sync.Mutex
	// accepted are the documents that arrived, by key.
	accepted map[string][]int64
	// foreseen are those that the model knows to have arrived.
	foreseen map[string][]int64
	// isWell says that every answer is heard, and that everything is taken.
	isWell bool
}

// Kinds of answer.
const (
	taken = iota
	full
	refused
	lostAfter  // the target has it, and nobody heard so
	lostBefore // the target has it not, and nobody heard so
	kinds
)

func (e *modelERP) draw(what string, id int64, attempt int) int {
	hash := fnv.New64a()
	_, _ = fmt.Fprintf(hash, "%d %s %d %d", e.seed, what, id, attempt)
	return int(hash.Sum64() >> 7 % 1000)
}

func (e *modelERP) kind(id int64, attempt int) int {
	if e.isWell {
		return taken
	}
	return []int{taken, taken, full, full, refused, lostAfter, lostAfter, lostBefore}[e.draw("send", id, attempt)%8]
}

func (e *modelERP) isLookupLost(id int64, attempt int) bool {
	return !e.isWell && e.draw("look", id, attempt)%5 == 0
}

// foresee is the outcome of an attempt, and keeps what will have arrived.
func (e *modelERP) foresee(id int64, attempt int, key string, wasInDoubt bool) string {
	if wasInDoubt {
		switch {
		case e.isLookupLost(id, attempt):
			return "in_doubt"
		case slices.Contains(e.foreseen[key], id):
			return "sent"
		}
	}
	kind := e.kind(id, attempt)
	if kind == taken || kind == lostAfter {
		e.foreseen[key] = append(e.foreseen[key], id)
	}
	return [kinds]string{"sent", "waiting", "rejected", "in_doubt", "in_doubt"}[kind]
}

// modelDoor is the way of one drain to the target.
type modelDoor struct {
	*modelERP
	isDown bool
	// inside, where set, is told of the first document that is sent; its answer then
	// waits for answer.
	inside chan load.Document
	answer chan struct{}
}

func (d *modelDoor) Send(_ context.Context, documents []load.Document) ([]load.Outcome, error) {
	if d.isDown {
		return nil, &load.UnavailableError{Cause: errors.New("down")}
	}
	document := documents[0] // one a call
	kind := d.kind(document.ID, document.Attempt)
	if kind == taken || kind == lostAfter {
		d.mutex.Lock()
		d.accepted[document.Key] = append(d.accepted[document.Key], document.ID)
		d.mutex.Unlock()
	}
	if d.inside != nil {
		d.inside <- document
		<-d.answer
	}
	if kind == lostAfter || kind == lostBefore {
		return nil, errors.New("no answer")
	}
	return []load.Outcome{{State: [kinds]load.State{load.Sent, load.Waiting, load.Rejected}[kind], Message: "as drawn"}}, nil
}

func (d *modelDoor) Lookup(_ context.Context, documents []load.Document) ([]load.Outcome, error) {
	if d.isDown {
		return nil, &load.UnavailableError{Cause: errors.New("down")}
	}
	document := documents[0]
	d.mutex.Lock()
	defer d.mutex.Unlock()
	switch {
	case d.isLookupLost(document.ID, document.Attempt):
		return nil, errors.New("no answer")
	case slices.Contains(d.accepted[document.Key], document.ID):
		return []load.Outcome{{State: load.Sent}}, nil
	default:
		return []load.Outcome{{State: load.Waiting}}, nil
	}
}
