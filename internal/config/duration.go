package config

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// day is 24 hours: settings know no daylight saving time.
const day = 24 * time.Hour

var (
	wholeDuration = regexp.MustCompile(`^(\d+(\.\d+)?(ms|d|h|m|s))+$`)
	durationPart  = regexp.MustCompile(`(\d+)(\.\d+)?(ms|d|h|m|s)`)
)

// ParseDuration reads "30d", "1d12h", "90s", "1.5h" or "500ms". Units are d, h,
// m, s and ms; a number without a unit and a negative one are refused.
func ParseDuration(text string) (time.Duration, error) {
	if text == "0" {
		return 0, nil
	}
	if !wholeDuration.MatchString(text) {
		return 0, fmt.Errorf("%q is no duration", text)
	}
	var total time.Duration
	for _, part := range durationPart.FindAllStringSubmatch(text, -1) {
		unit := map[string]time.Duration{"d": day, "h": time.Hour, "m": time.Minute, "s": time.Second, "ms": time.Millisecond}[part[3]]
		amount, err := strconv.ParseFloat(part[1]+part[2], 64)
		if err != nil || amount > float64((math.MaxInt64-total)/unit) {
			return 0, fmt.Errorf("%q is longer than 292 years", text)
		}
		total += time.Duration(math.Round(amount * float64(unit)))
	}
	return total, nil
}

// FormatDuration writes a duration as ParseDuration reads it, largest unit
// first: "30d", "1d12h". PostgreSQL reads the same text as an interval.
func FormatDuration(d time.Duration) string {
	if d == 0 {
		return "0s"
	}
	var b strings.Builder
	for _, unit := range []struct {
		name   string
		length time.Duration
	}{{"d", day}, {"h", time.Hour}, {"m", time.Minute}, {"s", time.Second}, {"ms", time.Millisecond}} {
		if count := d / unit.length; count > 0 {
			fmt.Fprintf(&b, "%d%s", count, unit.name)
			d -= count * unit.length
		}
	}
	return b.String()
}
