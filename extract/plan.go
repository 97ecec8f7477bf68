package extract

import "time"

// beijing is the zone that the vendors' times are in. It has no daylight saving
// time, so no zone database is needed.
func beijing() *time.Location { return time.FixedZone("GMT+8", 8*60*60) }

// String shows the window as the vendors write times, in Beijing time.
func (w Window) String() string {
	if w.From.IsZero() && w.To.IsZero() {
		return "everything"
	}
	const layout = "2006-01-02 15:04:05"
	return w.From.In(beijing()).Format(layout) + ".." + w.To.In(beijing()).Format(layout)
}

// IsZero is true for the window of a snapshot.
func (w Window) IsZero() bool { return w.From.IsZero() && w.To.IsZero() }

// Plan lists the windows to read now, oldest first: every gap that the covered
// spans leave between Settings.Since and now less Settings.Settle, and what is
// after the last of them. A window that follows a covered span begins
// Settings.Overlap before its end, so that a record which appeared late behind
// the border is found. Windows are cut to the span that the vendor accepts;
// neighbours share one second, because both ends are inclusive.
//
// covered is in order and without overlaps, as OpsWindowCovered returns it.
// Windows that were read but not proved complete are not in it, so they are
// planned again. Nothing is planned when nothing new can have settled.
func Plan(now time.Time, covered []Window, spec Spec, settings Settings) []Window {
	since := second(settings.Since)
	until := second(now.Add(-settings.Settle))
	if settings.Full {
		covered = nil
	}
	var windows []Window
	begin, reached := since, since.Add(-time.Second)
	for _, span := range covered {
		if span.From.After(until) {
			break
		}
		if span.From.After(reached.Add(time.Second)) {
			windows = append(windows, Window{From: begin, To: span.From})
		}
		if span.To.After(reached) {
			reached = span.To
			begin = later(since, reached.Add(-settings.Overlap))
		}
	}
	if until.After(reached) {
		windows = append(windows, Window{From: begin, To: until})
	}
	return cut(windows, settings.span(spec))
}

// VerifiedThrough is the end of the covered time that begins at since without a
// gap; false when not even since is covered.
func VerifiedThrough(covered []Window, since time.Time) (time.Time, bool) {
	for _, span := range covered {
		if !span.From.After(since) && !span.To.Before(second(since)) {
			return span.To, true
		}
	}
	return time.Time{}, false
}

// cut divides windows that are wider than span; a span of 0 does not.
func cut(windows []Window, span time.Duration) []Window {
	if span <= 0 {
		return windows
	}
	var narrow []Window
	for _, window := range windows {
		for window.To.Sub(window.From) > span {
			border := window.From.Add(span)
			narrow = append(narrow, Window{From: window.From, To: border})
			window.From = border
		}
		narrow = append(narrow, window)
	}
	return narrow
}

// second drops what is below a second and shows the time in Beijing.
func second(t time.Time) time.Time { return t.Truncate(time.Second).In(beijing()) }

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
