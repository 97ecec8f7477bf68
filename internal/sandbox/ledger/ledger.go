// Package ledger counts what one simulated target received: which documents, by
// their natural key, and how often each had an effect. It is the truth that
// "nothing lost, nothing twice" is held against.
package ledger

import (
	"encoding/json"
	"maps"
	"slices"
	"sync"
)

// Entry is one document as the target knows it.
type Entry struct {
	// Key is the natural key, as in K3's FBillNo.
	Key string `json:"key"`
	// Created counts how often a call made the document. More than 1 is a
	// duplicate.
	Created int `json:"created"`
	// Updated counts the calls that changed it after that.
	Updated int `json:"updated"`
	// Refused counts the calls that were refused, and Reason is the last refusal.
	Refused int    `json:"refused"`
	Reason  string `json:"reason,omitempty"`
	// State is the target's own, as in K3's FDocumentStatus; empty where it has none.
	State string `json:"state,omitempty"`
	// Payload is what the last call that had an effect sent.
	Payload json.RawMessage `json:"payload,omitempty"`
}

// Ledger holds the entries of one target. The zero value is empty and ready; any
// number of goroutines may use it.
type Ledger struct {
	mu      sync.Mutex
	entries map[string]*Entry
}

// Created notes that a document came into being.
func (l *Ledger) Created(key string, payload []byte) {
	l.change(key, func(e *Entry) { e.Created++; e.Payload = slices.Clone(payload) })
}

// Updated notes that a document was changed.
func (l *Ledger) Updated(key string, payload []byte) {
	l.change(key, func(e *Entry) { e.Updated++; e.Payload = slices.Clone(payload) })
}

// Refused notes that a call about a document was refused.
func (l *Ledger) Refused(key, reason string) {
	l.change(key, func(e *Entry) { e.Refused++; e.Reason = reason })
}

// SetState notes the state that a document is in now.
func (l *Ledger) SetState(key, state string) {
	l.change(key, func(e *Entry) { e.State = state })
}

func (l *Ledger) change(key string, by func(*Entry)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.entries == nil {
		l.entries = map[string]*Entry{}
	}
	entry, ok := l.entries[key]
	if !ok {
		entry = &Entry{Key: key}
		l.entries[key] = entry
	}
	by(entry)
}

// Entries returns a copy, ascending by key.
func (l *Ledger) Entries() []Entry {
	l.mu.Lock()
	defer l.mu.Unlock()
	entries := make([]Entry, 0, len(l.entries))
	for _, key := range slices.Sorted(maps.Keys(l.entries)) {
		entries = append(entries, *l.entries[key])
	}
	return entries
}

// Duplicates lists the keys of documents that were made more than once.
func (l *Ledger) Duplicates() []string {
	var twice []string
	for _, entry := range l.Entries() {
		if entry.Created > 1 {
			twice = append(twice, entry.Key)
		}
	}
	return twice
}
