package qeasy

import (
	"context"

	"pandian/load"
)

// NoOp (写入空操作) takes every document and does nothing: it finishes what only had
// to be landed and kept. The answer is empty.
type NoOp struct{}

// Send returns Sent for each document.
func (NoOp) Send(_ context.Context, documents []load.Document) ([]load.Outcome, error) {
	outcomes := make([]load.Outcome, len(documents))
	for i := range outcomes {
		outcomes[i].State = load.Sent
	}
	return outcomes, nil
}
