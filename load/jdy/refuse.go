package jdy

import (
	"context"
	"strings"

	"pandian/load"
)

// refuse settles one item that the platform did not save.
func (d *delivery) refuse(ctx context.Context, one item, said words) {
	row, _ := findCode(said.status, said.code, said.message)
	if said.advice == "" {
		said.advice = row.Advice
	}
	switch row.Decision {
	case Duplicate:
		d.settleDuplicate(ctx, one, said)
	case InDoubt:
		d.set(one, load.InDoubt, one.id, d.text(said))
	case Throttled, Retryable, Expired, Misconfigured:
		d.set(one, load.Waiting, one.id, d.text(said))
		d.outcomes[one.place].RetryAfter = row.Wait
	default:
		d.set(one, load.Rejected, one.id, d.text(said))
	}
}

// settleDuplicate asks who has the number: this document, by an attempt that was
// not heard of, or another material.
func (d *delivery) settleDuplicate(ctx context.Context, one item, said words) {
	found, _, err := d.client.find(ctx, one.number)
	switch {
	case err != nil:
		d.set(one, load.InDoubt, one.id, d.text(said)+"; whose it is could not be looked up: "+err.Error())
	case found != nil && d.schema.isIn(one, found):
		d.set(one, load.Sent, found.id, "it was there already")
	case found != nil:
		d.set(one, load.Rejected, found.id, d.text(said)+"; it is that of the material "+found.id+", which says something else")
	default:
		d.set(one, load.Rejected, one.id, d.text(said)+"; no material with the number "+one.number+" is shown")
	}
}

// text is what the platform said, without secrets, and what to do about it.
func (d *delivery) text(said words) string {
	var parts []string
	for _, part := range []string{strings.TrimSpace(said.code + " " + said.message), said.advice} {
		if part != "" {
			parts = append(parts, d.client.login.secrets.Clean(part))
		}
	}
	if len(parts) == 0 {
		return "refused without a word"
	}
	return strings.Join(parts, "; ")
}
