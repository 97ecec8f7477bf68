package schedule

import (
	"slices"
	"time"
)

// Policy says what becomes of fires that nobody could take at their time.
type Policy string

const (
	// Coalesce runs once for all of them.
	Coalesce Policy = "coalesce"
	// CatchUp runs each, the oldest first, up to a limit; those that are older
	// still go into the oldest that runs.
	CatchUp Policy = "catch_up"
	// Skip runs none of them, and goes on with the next fire.
	Skip Policy = "skip"
)

// Lateness is how late a fire may be noticed and still count as in time.
const Lateness = time.Minute

// stretch is one or more fires that one of them stands for.
type stretch struct {
	at    time.Time // the newest, by which the stretch is known
	from  time.Time // the oldest
	count int64
	late  int64
}

// over is the stretch of s and of older fires.
func (s stretch) over(from time.Time, count, late int64) stretch {
	if count > 0 {
		s.count, s.late = s.count+count, s.late+late
		if from.Before(s.from) {
			s.from = from
		}
	}
	return s
}

// waiting is a fire that was noted before and that nobody has begun.
type waiting struct {
	stretch
	// isBusy says that it waits for its pipeline, which has a limit of its own.
	isBusy bool
}

// plan is what noting the fires of a schedule comes to.
type plan struct {
	run []stretch
	// missed is noted and not run; nil where nothing is.
	missed *stretch
	// end are waiting fires that are not to run, and what they end as.
	end []ending
}

type ending struct {
	at            time.Time
	state, reason string
}

// carried are fires that were skipped, for the next one to stand for.
type carried struct {
	from  time.Time
	count int64
}

// decide plans the due fires of a schedule. due.Count is at least 1, and
// due.Newest holds limit fires, or all. It reads no clock and no database.
func decide(policy Policy, due Due, open []waiting, before carried, now time.Time) plan {
	switch policy {
	case CatchUp:
		return catchUp(due, before)
	case Skip:
		return skip(due, open, before, now)
	default:
		return coalesce(due, open, before)
	}
}

func coalesce(due Due, open []waiting, before carried) plan {
	newest := due.Newest[len(due.Newest)-1]
	one := stretch{at: newest, from: due.Oldest, count: due.Count, late: due.Late}.over(before.from, before.count, 0)
	var p plan
	for _, fire := range open {
		one = one.over(fire.from, fire.count, 0)
		p.end = append(p.end, ending{fire.at, stateCoalesced, "the fire of " + stamp(newest) + " stands for it"})
	}
	p.run = []stretch{one}
	return p
}

// catchUp leaves what waits alone: it comes first.
func catchUp(due Due, before carried) plan {
	var p plan
	dropped := due.Count - int64(len(due.Newest))
	for index, at := range due.Newest {
		one := stretch{at: at, from: at, count: 1}
		// The late ones are the oldest.
		if int64(index)+dropped < due.Late {
			one.late = 1
		}
		if index == 0 {
			one = one.over(due.Oldest, dropped, min(dropped, due.Late)).over(before.from, before.count, 0)
		}
		p.run = append(p.run, one)
	}
	return p
}

func skip(due Due, open []waiting, before carried, now time.Time) plan {
	var p plan
	for _, fire := range open {
		if !fire.isBusy && now.Sub(fire.at) > Lateness {
			p.end = append(p.end, ending{fire.at, stateMissed, "no server took it in time, and the policy is skip"})
		}
	}
	newest := due.Newest[len(due.Newest)-1]
	if due.Late > 0 {
		late := stretch{at: newest, from: due.Oldest, count: due.Late, late: due.Late}
		if due.Late < due.Count {
			// Those in time run under the newest one's name, so the missed ones need another.
			late.at = due.Oldest
		}
		p.missed = &late
	}
	if due.Late == due.Count {
		return p
	}
	one := stretch{at: newest, from: firstInTime(due, now), count: due.Count - due.Late}
	p.run = []stretch{one.over(before.from, before.count, 0)}
	return p
}

// firstInTime is the oldest fire that is not late, as far as it is known.
func firstInTime(due Due, now time.Time) time.Time {
	index := slices.IndexFunc(due.Newest, func(at time.Time) bool { return now.Sub(at) <= Lateness })
	return due.Newest[index]
}

// stamp writes a moment for a person, with its offset.
func stamp(moment time.Time) string {
	return moment.Format("2006-01-02 15:04:05-07:00")
}
