package main

import (
	"fmt"
	"strings"
	"time"

	"pandian/internal/config"
	"pandian/internal/fault"
)

// complaint is one reason for status to end with a code of its own.
type complaint struct {
	name, meaning string
	// wants says what stands after =; empty for a word alone.
	wants string
	// found says what is wrong with a pipeline; empty when nothing is.
	found func(s pipelineStatus, since time.Duration, now time.Time) string
	since time.Duration
	// ofDatabase says what is wrong with the database, in place of found.
	ofDatabase func(databaseState) string
}

// complaints lists what --fail-on takes.
func complaints() []complaint {
	count := func(name, meaning, what string, of func(pipelineStatus) int64) complaint {
		return complaint{name: name, meaning: meaning, found: func(s pipelineStatus, _ time.Duration, _ time.Time) string {
			if n := of(s); n > 0 {
				return fmt.Sprintf("%d %s", n, what)
			}
			return ""
		}}
	}
	return []complaint{
		{name: "stale", wants: "DURATION", meaning: "no run went well for as long as this, as in stale=6h", found: isStale},
		{name: "failed", meaning: "the newest run failed or was interrupted", found: isFailed},
		{name: "incomplete", meaning: "a source is not read and proved whole", found: isIncomplete},
		count("in_doubt", "a document was sent and no answer heard", "documents in doubt", func(s pipelineStatus) int64 { return s.InDoubt }),
		count("rejected", "a document was refused or given up", "documents refused or given up", func(s pipelineStatus) int64 { return s.Refused }),
		count("held_back", "a document lacks something, as a mapping", "documents held back", func(s pipelineStatus) int64 { return s.HeldBack }),
		count("unread", "a record of the last 24 hours could not be read", "records that could not be read in 24 h", func(s pipelineStatus) int64 { return s.RejectedInADay }),
		count("missed", "a fire of the last 24 hours was missed, or the next one is overdue", "fires missed in 24 h", missedFires),
		count("skipped", "a fire of the last 24 hours was skipped or lost", "fires skipped or lost in 24 h", skippedFires),
		{name: "restored", meaning: "documents are looked up before they are sent: restored, or called into doubt", ofDatabase: isRestored},
	}
}

func isStale(s pipelineStatus, since time.Duration, now time.Time) string {
	switch {
	case s.LastGoodAt == nil:
		return "no run has gone well yet"
	case now.Sub(*s.LastGoodAt) > since:
		return fmt.Sprintf("the last run that went well ended %s ago", now.Sub(*s.LastGoodAt).Round(time.Second))
	}
	return ""
}

func isFailed(s pipelineStatus, _ time.Duration, _ time.Time) string {
	if s.State == nil || *s.State == "ok" || *s.State == "running" {
		return ""
	}
	return fmt.Sprintf("run %d %s", *s.NewestRun, *s.State)
}

func isIncomplete(s pipelineStatus, _ time.Duration, _ time.Time) string {
	if s.Incomplete == nil {
		return ""
	}
	return "not complete: " + *s.Incomplete
}

// isRestored is so until pandian outbox trust.
func isRestored(database databaseState) string {
	if !database.isDoubted() {
		return ""
	}
	return database.inWords()
}

func missedFires(s pipelineStatus) (count int64) {
	for _, one := range s.Schedules {
		count += one.MissedInADay
		if one.IsOverdue {
			count++
		}
	}
	return count
}

func skippedFires(s pipelineStatus) (count int64) {
	for _, one := range s.Schedules {
		count += one.SkippedInADay + one.LostInADay
	}
	return count
}

func complaintNames() []string {
	var names []string
	for _, c := range complaints() {
		names = append(names, c.name)
	}
	return names
}

func complaintHelp() string {
	var lines []string
	for _, c := range complaints() {
		name := c.name
		if c.wants != "" {
			name += "=" + c.wants
		}
		lines = append(lines, fmt.Sprintf("  %-15s %s", name, c.meaning))
	}
	return strings.Join(lines, "\n")
}

// parseComplaints reads what --fail-on was given.
func parseComplaints(given []string) ([]complaint, error) {
	var asked []complaint
next:
	for _, text := range given {
		name, value, hasValue := strings.Cut(text, "=")
		for _, known := range complaints() {
			if known.name != name {
				continue
			}
			if hasValue != (known.wants != "") {
				return nil, fault.New(fault.UsageWrong, "--fail-on %s", text).Suggest("%s is written as in --fail-on %s", name, example(known))
			}
			if hasValue {
				since, err := config.ParseDuration(value)
				if err != nil {
					return nil, fault.New(fault.UsageWrong, "--fail-on %s: %w", text, err).Suggest("write it as in --fail-on %s", example(known))
				}
				known.since = since
			}
			asked = append(asked, known)
			continue next
		}
		return nil, fault.New(fault.UsageWrong, "--fail-on %s: there is nothing of that name", text).Suggest("use %s", joinWords(complaintNames()))
	}
	return asked, nil
}

func example(c complaint) string {
	if c.wants != "" {
		return c.name + "=6h"
	}
	return c.name
}

// complain turns what was asked for and is so into the fault that ends status.
func complain(asked []complaint, statuses []pipelineStatus, database databaseState, now time.Time) error {
	var found []*fault.Error
	for _, c := range asked {
		if c.ofDatabase == nil {
			continue
		}
		if what := c.ofDatabase(database); what != "" {
			found = append(found, fault.New(fault.NeedsAttention, "%s: %s", c.name, what).At("database").Suggest("%s", trustAdvice))
		}
	}
	for _, s := range statuses {
		for _, c := range asked {
			if c.found == nil {
				continue
			}
			if what := c.found(s, c.since, now); what != "" {
				found = append(found, fault.New(fault.NeedsAttention, "%s: %s", c.name, what).At(s.Pipeline))
			}
		}
	}
	switch len(found) {
	case 0:
		return nil
	case 1:
		return found[0]
	}
	all := fault.New(fault.NeedsAttention, "%d things of --fail-on are so", len(found))
	all.Problems = found
	return all
}
