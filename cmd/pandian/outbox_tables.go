package main

import (
	"fmt"

	"pandian/internal/terminal"
)

// propertyTable names what there is to say of the document itself.
func (d shownDocument) propertyTable() terminal.Table {
	table := terminal.Table{
		Title:   documentName(d.DocumentID, d.Key, d.Revision),
		Columns: []terminal.Column{{Key: "property", Title: "Property"}, {Key: "value", Title: "Value"}},
	}
	add := func(name string, value any) {
		if value != nil {
			table.Rows = append(table.Rows, []any{name, value})
		}
	}
	add("pipeline", d.Pipeline+" of "+d.Connection)
	add("state", d.stateInWords())
	add("message", orNil(d.Message))
	add("decided by", orNil(d.DecidedBy))
	add("attempts", d.Attempts)
	add("next attempt", beijingOrNil(d.NextAttemptAt))
	add("worker", orNil(d.Worker))
	add("lease until", beijingOrNil(d.LeaseUntil))
	add("written", d.CreatedAt.In(beijing()))
	add("written by run", d.WrittenByRun)
	add("id at the target", orNil(d.TargetDocumentID))
	add("number at the target", orNil(d.TargetDocumentNo))
	return table
}

func (d shownDocument) stateInWords() string {
	state := d.State
	if d.IsDoubtful {
		state += ", and it may be at the target: it is looked up there before it is sent again"
	}
	if d.IsArchived {
		state += "; archived: a decision cannot change it any more"
	}
	if d.NewestRevision != nil && *d.NewestRevision > d.Revision {
		state += fmt.Sprintf("; revision %d is newer", *d.NewestRevision)
	}
	return state
}

func (d shownDocument) resultTable() terminal.Table {
	table := terminal.Table{
		Title: "Attempts",
		Columns: []terminal.Column{
			number("attempt", "Attempt"), {Key: "outcome", Title: "Outcome"}, {Key: "done_at", Title: "At"},
			number("run_id", "Run"), {Key: "message", Title: "Message"},
		},
	}
	for _, r := range d.Results {
		table.Rows = append(table.Rows, []any{r.Attempt, r.Outcome, r.DoneAt.In(beijing()), orNil(r.RunID), orNil(r.Message)})
	}
	return table
}

func (d shownDocument) changeTable() terminal.Table {
	table := terminal.Table{
		Title:   "Against the revision that the target has",
		Columns: []terminal.Column{{Key: "field", Title: "Field"}, {Key: "old", Title: "There"}, {Key: "new", Title: "Here"}},
	}
	for _, c := range d.Changes {
		table.Rows = append(table.Rows, []any{c.Field, orNothing(c.Old), orNothing(c.New)})
	}
	return table
}

func (d shownDocument) sourceTable() terminal.Table {
	table := terminal.Table{
		Title: "Made of",
		Columns: []terminal.Column{
			{Key: "dataset", Title: "Dataset"}, {Key: "record_key", Title: "Record"}, number("page_id", "Page"),
			number("place", "Place"), number("run_id", "Run"), {Key: "landed_at", Title: "Landed"},
		},
	}
	for _, s := range d.Sources {
		table.Rows = append(table.Rows, []any{s.Dataset, s.RecordKey, s.PageID, s.Place, s.RunID, beijingOrNil(s.LandedAt)})
	}
	return table
}

func (d shownDocument) auditTable() terminal.Table {
	table := terminal.Table{
		Title: "Decisions",
		Columns: []terminal.Column{
			{Key: "decided_at", Title: "At"}, {Key: "decided_by", Title: "By"}, {Key: "verb", Title: "Verb"},
			{Key: "verdict", Title: "Verdict"}, {Key: "old_state", Title: "State"}, {Key: "new_state", Title: "Became"},
			{Key: "reason", Title: "Reason"}, number("documents", "Documents"),
		},
	}
	for _, r := range d.Audit {
		table.Rows = append(table.Rows, []any{
			r.DecidedAt.In(beijing()), r.DecidedBy, r.Verb, r.Verdict, r.OldState, r.NewState, r.Reason, r.Documents,
		})
	}
	return table
}
