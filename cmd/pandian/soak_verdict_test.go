package main

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"
)

// series is one figure of a soak over time.
type series struct {
	name string
	// unit is what the values are in, as in MiB.
	unit   string
	points []reading
	bound  leeway
}

// reading is the figure at one moment, counted from the beginning.
type reading struct {
	at    time.Duration
	value float64
}

// leeway is how much a figure may grow from the end of the warm-up to the end of
// the soak, by its slope: a share of its level, and what is never held against
// it, because it is below what can be told from noise. The zero value is no bound.
type leeway struct {
	share, floor float64
}

// growth is what a series came to.
type growth struct {
	name, unit string
	// level is the median after the warm-up, perHour the slope, grown what that
	// makes over all of the time after the warm-up, allowed the most it may be.
	level, perHour, grown, allowed float64
	hasBound                       bool
}

func (g growth) isRed() bool { return g.hasBound && g.grown > g.allowed }

func (g growth) String() string {
	share := 0.0
	if g.level != 0 {
		share = 100 * g.perHour / g.level
	}
	line := fmt.Sprintf("%-46s %12.2f %-6s %+10.3f/h (%+.2f %%/h)", g.name, g.level, g.unit, g.perHour, share)
	switch {
	case g.isRed():
		return line + fmt.Sprintf("  RED: grew by %.2f, at most %.2f may be", g.grown, g.allowed)
	case g.hasBound:
		return line + fmt.Sprintf("  ok: %+.2f of %.2f", g.grown, g.allowed)
	default:
		return line + "  no limit"
	}
}

// judge measures a series after the warm-up. The slope is Theil and Sen's, the
// median of the slopes between all pairs, which a third of the points may miss
// by any amount: a garbage collection or a night is no growth.
func (s series) judge(warmUp time.Duration) growth {
	kept := slices.DeleteFunc(slices.Clone(s.points), func(r reading) bool { return r.at < warmUp })
	g := growth{name: s.name, unit: s.unit, hasBound: s.bound != leeway{}}
	if len(kept) < 3 {
		g.level = math.NaN()
		return g
	}
	var values, slopes []float64
	for i, one := range kept {
		values = append(values, one.value)
		for _, later := range kept[i+1:] {
			if span := (later.at - one.at).Hours(); span > 0 {
				slopes = append(slopes, (later.value-one.value)/span)
			}
		}
	}
	g.level, g.perHour = median(values), median(slopes)
	g.grown = g.perHour * (kept[len(kept)-1].at - kept[0].at).Hours()
	g.allowed = max(s.bound.share*math.Abs(g.level), s.bound.floor)
	return g
}

func median(values []float64) float64 {
	if len(values) == 0 {
		return 0
	}
	slices.Sort(values)
	middle := len(values) / 2
	if len(values)%2 == 1 {
		return values[middle]
	}
	return (values[middle-1] + values[middle]) / 2
}

// judgeAll are all series, in the order of their names, and those that are red.
func judgeAll(all map[string]*series, warmUp time.Duration) (judged, red []growth) {
	for _, s := range all {
		judged = append(judged, s.judge(warmUp))
	}
	slices.SortFunc(judged, func(a, b growth) int { return strings.Compare(a.name, b.name) })
	for _, g := range judged {
		if g.isRed() {
			red = append(red, g)
		}
	}
	return judged, red
}

// soakBounds are what the figures of a server may do.
func soakBounds() map[string]leeway {
	return map[string]leeway{
		"resident memory": {share: 0.10, floor: 4},
		"goroutines":      {share: 0.10, floor: 6},
		"file handles":    {share: 0.10, floor: 6},
	}
}

// asRecorded is a series as a healthy server shows it, five hours long, of which the
// first is the warm-up: it rises, then stands, with a noise that returns and a
// point that is far off now and then. leak is added per hour.
func asRecorded(name string, level, noise, leak float64) series {
	s := series{name: name, bound: soakBounds()[name]}
	for minute := range 300 {
		hours := float64(minute) / 60
		value := level*(1-math.Exp(-6*hours)) + noise*math.Sin(float64(minute)) + leak*hours
		if minute%17 == 0 {
			value += 10 * noise
		}
		s.points = append(s.points, reading{time.Duration(minute) * time.Minute, value})
	}
	return s
}

// fault 33: what leaks turns red, and what only wavers does not.
func TestSoakVerdict(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		series
		isRed bool
	}{
		"memory that stands":                  {asRecorded("resident memory", 80, 3, 0), false},
		"memory that leaks 1 % an hour":       {asRecorded("resident memory", 80, 3, 0.8), false},
		"memory that leaks 4 % an hour":       {asRecorded("resident memory", 80, 3, 3.2), true},
		"memory that shrinks":                 {asRecorded("resident memory", 80, 3, -8), false},
		"goroutines that stand":               {asRecorded("goroutines", 60, 8, 0), false},
		"one goroutine lost every 15 minutes": {asRecorded("goroutines", 60, 3, 4), true},
		"file handles that stand":             {asRecorded("file handles", 25, 4, 0), false},
		"one file left open every 15 minutes": {asRecorded("file handles", 25, 4, 4), true},
		"a figure that nobody bounds":         {asRecorded("WAL", 80, 3, 50), false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := c.judge(time.Hour); got.isRed() != c.isRed {
				t.Errorf("got %s, want red: %v", got, c.isRed)
			}
		})
	}

	t.Run("the slope is that of what leaks", func(t *testing.T) {
		t.Parallel()
		if got := asRecorded("resident memory", 80, 3, 3.2).judge(time.Hour).perHour; math.Abs(got-3.2) > 0.1 {
			t.Errorf("got %.3f MiB an hour, want 3.2", got)
		}
	})

	t.Run("the warm-up does not count", func(t *testing.T) {
		t.Parallel()
		grows := asRecorded("resident memory", 80, 3, 0)
		if got := grows.judge(0); got.grown <= grows.judge(time.Hour).grown {
			t.Errorf("got %s with the warm-up, want more than without", got)
		}
	})

	t.Run("too few points are no verdict", func(t *testing.T) {
		t.Parallel()
		few := asRecorded("goroutines", 60, 3, 4)
		few.points = few.points[:2]
		if got := few.judge(0); !math.IsNaN(got.level) || got.isRed() {
			t.Errorf("got %s, want no level", got)
		}
	})
}

// fault 33: a table may grow with what explains it, and with nothing else.
func TestSoakVerdictOfTables(t *testing.T) {
	t.Parallel()
	// Five hours, in which 1,200 runs and 360,000 changes at the sources happen an hour.
	for name, c := range map[string]struct {
		table       string
		isAged      bool
		bytes, rows func(hours float64) float64
		isRed       bool
	}{
		"a row for each run":          {"ops.run", false, func(h float64) float64 { return 1e6 * h }, func(h float64) float64 { return 1200 * h }, false},
		"ever more rows for each run": {"ops.tally", false, func(h float64) float64 { return 4e6 * h * h }, func(h float64) float64 { return 4800 * h * h }, true},
		"rows of real documents":      {"wdt.stockout", false, func(h float64) float64 { return 9e7 * h }, func(h float64) float64 { return 36000 * h }, false},
		"rows without a document":     {"outbox.claim", false, func(h float64) float64 { return 9e7 * h * h }, func(h float64) float64 { return 36000 * h * h }, true},
		"rows that are not cleaned":   {"wdt.stock", false, func(h float64) float64 { return 4e6 + 8e6*h }, func(float64) float64 { return 3000 }, true},
		"rows that are":               {"wdt.stock", false, func(h float64) float64 { return 4e6 + 1e6*math.Sin(20*h) }, func(float64) float64 { return 3000 }, false},
		"an empty table that is not":  {"outbox.retry", false, func(h float64) float64 { return 4e6 * h }, func(float64) float64 { return 0 }, true},
		"days that are dropped":       {"staging.page", true, func(h float64) float64 { return 3e7 + 4e6*math.Sin(30*h) }, func(float64) float64 { return 700 }, false},
		"days that are not":           {"staging.page", true, func(h float64) float64 { return 3e7 + 6e6*h }, func(h float64) float64 { return 700 * h }, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &soak{series: map[string]*series{}, tables: map[string]float64{}}
			for minute := 1; minute <= 300; minute++ {
				hours := float64(minute) / 60
				s.changes = int(360000 * hours)
				s.putTable(sampled{time.Duration(minute) * time.Minute}, c.table, c.bytes(hours), c.rows(hours), c.isAged, 1200*hours)
			}
			if judged, red := judgeAll(s.series, time.Hour); (len(red) > 0) != c.isRed {
				t.Errorf("got red: %v, want red: %v, of %v", red, c.isRed, judged)
			}
		})
	}
}
