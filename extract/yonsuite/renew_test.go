package yonsuite

import (
	"testing"
	"time"
)

func TestRenewAt(t *testing.T) {
	t.Parallel()
	asked := time.Date(2024, 3, 1, 8, 0, 0, 0, time.UTC)
	for _, test := range []struct {
		name, expire string
		early, want  time.Duration
	}{
		{"seconds", "7200", 300 * time.Second, 6900 * time.Second},
		{"the largest figure that is seconds", "100000", 300 * time.Second, 99700 * time.Second},
		{"milliseconds above that", "7200000", 300 * time.Second, 6900 * time.Second},
		{"the smallest figure that is milliseconds", "100001", 10 * time.Second, 90*time.Second + time.Millisecond},
		{"never more than half its life early", "100", 300 * time.Second, 50 * time.Second},
		{"nothing said", "", 300 * time.Second, 6900 * time.Second},
		{"zero", "0", 300 * time.Second, 6900 * time.Second},
		{"no number", "soon", 300 * time.Second, 6900 * time.Second},
		{"too large to be true", "9223372036854775807", 0, 365 * 24 * time.Hour},
	} {
		if got := renewAt(asked, test.expire, test.early).Sub(asked); got != test.want {
			t.Errorf("%s: got %s, want %s", test.name, got, test.want)
		}
	}
}
