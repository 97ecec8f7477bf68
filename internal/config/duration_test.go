package config_test

import (
	"testing"
	"time"

	"pandian/internal/config"
)

func TestParseDuration(t *testing.T) {
	t.Parallel()
	good := map[string]time.Duration{
		"30d": 720 * time.Hour, "1d12h": 36 * time.Hour, "90s": 90 * time.Second, "1.5h": 90 * time.Minute,
		"500ms": 500 * time.Millisecond, "1h30m5s": 90*time.Minute + 5*time.Second, "0": 0, "0s": 0,
	}
	for text, want := range good {
		if got, err := config.ParseDuration(text); err != nil || got != want {
			t.Errorf("%q: got %s, %v, want %s", text, got, err, want)
		}
	}
	for _, text := range []string{"", "10", "-5m", "5 m", "5min", "d", "1h 30m", "1e3s", "1.h", "9999999d", "99999999999999999999s", "3y", "５m"} {
		if got, err := config.ParseDuration(text); err == nil {
			t.Errorf("%q: got %s, want an error", text, got)
		}
	}
}

func TestFormatDurationIsReadBackUnchanged(t *testing.T) {
	t.Parallel()
	for _, d := range []time.Duration{0, time.Millisecond, time.Second, 61 * time.Second, 36 * time.Hour, 30*24*time.Hour + 5*time.Minute + 7*time.Millisecond} {
		text := config.FormatDuration(d)
		if got, err := config.ParseDuration(text); err != nil || got != d {
			t.Errorf("%s: got %s, %v, want %s", text, got, err, d)
		}
	}
	if got := config.FormatDuration(36 * time.Hour); got != "1d12h" {
		t.Errorf("got %s, want 1d12h", got)
	}
}
