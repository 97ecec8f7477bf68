package schedule

import (
	"fmt"
	"strings"
	"time"

	"github.com/robfig/cron/v3"
)

// Times are the moments of one cron expression in one time zone.
//
// Where clocks are put forward, a moment that does not exist becomes the first
// one after the gap, so that a daily fire happens every day. Where they are put
// back, a moment that exists twice counts the first time only, unless the
// expression fires in every hour: then the repeated hour is an hour like any
// other.
type Times struct {
	spec cron.Schedule
	zone *time.Location
	// byClock is true for an expression that names hours: it is followed on the
	// wall clock. The others run through real time.
	byClock bool
}

// everyHour is the bit that robfig/cron sets in a field that was written as *.
const everyHour = 1 << 63

// ParseTimes reads five fields (minute, hour, day, month, weekday), or a
// descriptor such as @hourly or @every 30s. zone is an IANA name.
func ParseTimes(expression, zone string) (Times, error) {
	if strings.Contains(expression, "TZ=") {
		return Times{}, fmt.Errorf("cron %q: the zone has its own setting", expression)
	}
	if zone == "" || zone == "Local" {
		return Times{}, fmt.Errorf("cron %q: no time zone is named %q", expression, zone)
	}
	location, err := time.LoadLocation(zone)
	if err != nil {
		return Times{}, fmt.Errorf("cron %q: %w", expression, err)
	}
	spec, err := cron.ParseStandard(expression)
	if err != nil {
		return Times{}, fmt.Errorf("cron %q: %w", expression, err)
	}
	fields, isFields := spec.(*cron.SpecSchedule)
	return Times{spec, location, isFields && fields.Hour&everyHour == 0}, nil
}

// Zone is the zone that the expression is meant in.
func (t Times) Zone() *time.Location { return t.zone }

// Next returns the first moment after after; the zero time when there is none
// within five years, as for the 30th of February.
func (t Times) Next(after time.Time) time.Time {
	after = after.In(t.zone)
	if !t.byClock {
		return t.spec.Next(after)
	}
	for wall := t.spec.Next(wallClock(after)); !wall.IsZero(); wall = t.spec.Next(wall) {
		if moment := firstMoment(wall, t.zone); moment.After(after) {
			return moment
		}
	}
	return time.Time{}
}

// wallClock is what a clock on the wall shows at a moment, as a time in UTC,
// where no hour is missing or comes twice.
func wallClock(moment time.Time) time.Time {
	year, month, day := moment.Date()
	hour, minute, second := moment.Clock()
	return time.Date(year, month, day, hour, minute, second, moment.Nanosecond(), time.UTC)
}

// firstMoment is the first moment at which clocks of a zone show wall; where
// they skip it, the moment at which they are put forward.
func firstMoment(wall time.Time, zone *time.Location) time.Time {
	year, month, day := wall.Date()
	hour, minute, second := wall.Clock()
	moment := time.Date(year, month, day, hour, minute, second, wall.Nanosecond(), zone)
	begin, end := moment.ZoneBounds()
	switch shown := wallClock(moment); {
	case shown.After(wall): // in a gap, and Go chose the offset before it
		return begin
	case shown.Before(wall):
		return end
	}
	if begin.IsZero() {
		return moment
	}
	_, offset := begin.Add(-time.Nanosecond).In(zone).Zone()
	if earlier := wall.Add(-time.Duration(offset) * time.Second).In(zone); earlier.Before(begin) {
		return earlier
	}
	return moment
}

// Due are the fires of a schedule up to a moment.
type Due struct {
	// Count is how many there are, and Late how many of them are older than
	// Lateness.
	Count, Late int64
	// Oldest is the first of them.
	Oldest time.Time
	// Newest are the last of them, oldest first: as many as were asked for.
	Newest []time.Time
	// Next is the first fire that is not due yet; zero when there is none.
	Next time.Time
}

// Due counts the fires from first, which is one, through now.
func (t Times) Due(first, now time.Time, keep int) Due {
	var due Due
	at := first
	for ; !at.IsZero() && !at.After(now); at = t.Next(at) {
		if due.Count == 0 {
			due.Oldest = at
		}
		due.Count++
		if now.Sub(at) > Lateness {
			due.Late++
		}
		if len(due.Newest) == keep {
			due.Newest = append(due.Newest[:0], due.Newest[1:]...)
		}
		due.Newest = append(due.Newest, at)
	}
	due.Next = at
	return due
}
