package meter

import (
	"testing"
	"time"
)

func TestTheLimitHoldsInAnySixtySeconds(t *testing.T) {
	t.Parallel()
	start := time.Date(2024, 3, 1, 8, 0, 0, 0, time.UTC)
	l := NewLimiter(3)
	for _, step := range []struct {
		second int
		want   bool
	}{
		{0, true}, {30, true}, {50, true}, {59, false}, {60, true}, {61, false}, {89, false}, {90, true}, {110, true},
	} {
		if got := l.Allow("key", start.Add(time.Duration(step.second)*time.Second)); got != step.want {
			t.Errorf("second %d: got %v, want %v", step.second, got, step.want)
		}
	}
	if !l.Allow("other", start) {
		t.Error("another credential is held back by the first")
	}
	if got := l.Peak(); got != 6 {
		t.Errorf("peak: got %d calls, want 6 (seconds 30 to 89)", got)
	}
}

func TestWithoutALimitCallsAreMeasuredOnly(t *testing.T) {
	t.Parallel()
	l := NewLimiter(0)
	for range 500 {
		if !l.Allow("key", time.Unix(0, 0)) {
			t.Fatal("a call was refused without a limit")
		}
	}
	if got := l.Peak(); got != 500 {
		t.Errorf("peak: got %d, want 500", got)
	}
}
