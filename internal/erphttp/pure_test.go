package erphttp_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"pandian/internal/erphttp"
)

func newServer(t *testing.T, handler http.HandlerFunc) string {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server.URL
}

func TestStatusVerdict(t *testing.T) {
	t.Parallel()
	for status, want := range map[int]erphttp.Action{
		200: erphttp.OK, 204: erphttp.OK, 301: erphttp.Retry, 302: erphttp.Retry, 400: erphttp.Final, 401: erphttp.Final,
		403: erphttp.Final, 404: erphttp.Final, 408: erphttp.Retry, 429: erphttp.Throttle, 500: erphttp.Retry, 504: erphttp.Retry, 599: erphttp.Retry,
	} {
		if got := erphttp.StatusVerdict(status).Action; got != want {
			t.Errorf("status %d: got %d, want %d", status, got, want)
		}
	}
}

func TestRetryAfter(t *testing.T) {
	t.Parallel()
	now := time.Date(2024, 3, 1, 8, 0, 0, 0, time.UTC)
	for text, want := range map[string]time.Duration{
		"": 0, "0": 0, "12": 12 * time.Second, " 7 ": 7 * time.Second, "-3": 0, "soon": 0, "99999999999999": 0,
		"Fri, 01 Mar 2024 08:01:30 GMT": 90 * time.Second, "Fri, 01 Mar 2024 07:00:00 GMT": 0,
	} {
		if got := erphttp.RetryAfter(http.Header{"Retry-After": {text}}, now); got != want {
			t.Errorf("%q: got %s, want %s", text, got, want)
		}
	}
}

func TestMeasureSkew(t *testing.T) {
	t.Parallel()
	date := time.Date(2024, 3, 1, 8, 0, 0, 0, time.UTC)
	header := http.Header{"Date": {date.Format(http.TimeFormat)}}
	for _, test := range []struct {
		name string
		sent time.Time
		want time.Duration
		text string
	}{
		{"within the same second", date.Add(200 * time.Millisecond), 0, ""},
		{"ahead", date.Add(11 * time.Minute), 11 * time.Minute, "this machine's clock is 11m0s ahead of the platform's"},
		{"behind", date.Add(-11 * time.Minute), -11 * time.Minute, "this machine's clock is 11m0s behind the platform's"},
	} {
		got := erphttp.MeasureSkew(header, test.sent, test.sent.Add(400*time.Millisecond))
		if !got.Known || got.By != test.want || got.Describe(time.Minute) != test.text {
			t.Errorf("%s: got %+v %q, want %s %q", test.name, got, got.Describe(time.Minute), test.want, test.text)
		}
	}
	if erphttp.MeasureSkew(http.Header{}, date, date).Known {
		t.Error("a skew is known without a date")
	}
}

func TestSettings(t *testing.T) {
	t.Parallel()
	got := erphttp.Settings{MaxAttempts: 2, BaseDelay: time.Minute}.WithDefaults(60)
	if got.Timeout != time.Minute || got.MaxAttempts != 2 || got.MaxDelay != time.Minute || got.CallsPerMinute != 60 || got.MaxBody != 64<<20 {
		t.Errorf("got %+v", got)
	}
	if err := got.Validate(); err != nil {
		t.Errorf("the defaults are refused: %v", err)
	}
	bad := erphttp.Settings{Timeout: -1, MaxAttempts: -1, BaseDelay: 2, MaxDelay: 1}
	if err := bad.Validate(); err == nil || strings.Count(err.Error(), "\n") != 2 {
		t.Errorf("got %v, want three problems", err)
	}
}

func TestSecrets_clean_text(t *testing.T) {
	t.Parallel()
	secrets := erphttp.NewSecrets("abc", "a/b+c=", "a/b+c=long")
	for text, want := range map[string]string{
		"abc is too short to hide": "abc is too short to hide",
		"x a/b+c=long y a/b+c= z":  "x *** y *** z",
		"t=a%2Fb%2Bc%3D&":          "t=***&",
		"two\nlines\x00":           "two lines ",
		"GBK \xc4\xe3":             "GBK \uFFFD",
		strings.Repeat("仓", 300):   strings.Repeat("仓", 166) + "…",
	} {
		if got := secrets.Clean(text); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	var none *erphttp.Secrets
	if got := none.Clean("x"); got != "x" {
		t.Errorf("got %q from no secrets", got)
	}
}

func TestText_reads_scalars_leniently(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]erphttp.Text{
		`"200"`: "200", `200`: "200", ` 9007199254740993123 `: "9007199254740993123", `null`: "", ``: "", `true`: "true", `" a "`: "a", `{"a":1}`: `{"a":1}`,
	} {
		if got := erphttp.ReadText([]byte(raw)); got != want {
			t.Errorf("%q: got %q, want %q", raw, got, want)
		}
	}
}

func TestCheckUp_speaks_of_errors_and_clocks(t *testing.T) {
	t.Parallel()
	if health := erphttp.CheckUp(erphttp.Skew{By: 20 * time.Second, Known: true}, nil); !health.OK() {
		t.Errorf("got %v, want no problem", health.Problems)
	}
	failed := &erphttp.Error{Kind: erphttp.Refused, Platform: "toy", Skew: erphttp.Skew{By: 7 * time.Minute, Known: true}}
	health := erphttp.CheckUp(erphttp.Skew{}, failed)
	if health.OK() || len(health.Problems) != 2 || !strings.Contains(health.Problems[1], "7m0s ahead") {
		t.Errorf("got %v, want the refusal and the clock", health.Problems)
	}
}
