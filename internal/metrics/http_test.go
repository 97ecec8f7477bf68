package metrics_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"pandian/internal/metrics"
)

// told is what Prometheus reads.
func told(t *testing.T, h *metrics.HTTP) string {
	t.Helper()
	registry := prometheus.NewPedanticRegistry()
	registry.MustRegister(h)
	answer := httptest.NewRecorder()
	promhttp.HandlerFor(registry, promhttp.HandlerOpts{ErrorHandling: promhttp.HTTPErrorOnError}).
		ServeHTTP(answer, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/metrics", nil))
	if answer.Code != http.StatusOK {
		t.Fatalf("got %d: %s", answer.Code, answer.Body)
	}
	return answer.Body.String()
}

func TestHTTP(t *testing.T) {
	t.Parallel()

	t.Run("counts requests by outcome, and the seconds of waiting", func(t *testing.T) {
		t.Parallel()
		h := metrics.NewHTTP()
		c := h.Connection("wdt", "wdt-main")
		c.Requested("wdt.stock.query", "ok", 70*time.Millisecond)
		c.Requested("wdt.stock.query", "ok", 59*time.Second)
		c.Requested("wdt.stock.query", "throttled", time.Millisecond)
		c.Waited(1500 * time.Millisecond)
		h.Connection("wdt", "wdt-main").Waited(time.Second)
		body := told(t, h)
		for _, want := range []string{
			`pandian_http_request_duration_seconds_bucket{connection="wdt-main",operation="wdt.stock.query",outcome="ok",platform="wdt",le="0.05"} 0`,
			`pandian_http_request_duration_seconds_bucket{connection="wdt-main",operation="wdt.stock.query",outcome="ok",platform="wdt",le="0.1"} 1`,
			`pandian_http_request_duration_seconds_bucket{connection="wdt-main",operation="wdt.stock.query",outcome="ok",platform="wdt",le="60"} 2`,
			`pandian_http_request_duration_seconds_sum{connection="wdt-main",operation="wdt.stock.query",outcome="ok",platform="wdt"} 59.07`,
			`pandian_http_request_duration_seconds_count{connection="wdt-main",operation="wdt.stock.query",outcome="throttled",platform="wdt"} 1`,
			`pandian_throttle_wait_seconds_total{connection="wdt-main",platform="wdt"} 2.5`,
		} {
			if !strings.Contains(body, want+"\n") {
				t.Errorf("there is no line %s in\n%s", want, body)
			}
		}
	})

	t.Run("a connection that never waited is told of", func(t *testing.T) { // a rate over a series that is not there is no zero
		t.Parallel()
		h := metrics.NewHTTP()
		h.Connection("k3cloud", "k3")
		if body := told(t, h); !strings.Contains(body, `pandian_throttle_wait_seconds_total{connection="k3",platform="k3cloud"} 0`+"\n") {
			t.Errorf("there is no zero in\n%s", body)
		}
	})

	t.Run("names without end do not make series without end", func(t *testing.T) {
		t.Parallel()
		h := metrics.NewHTTP()
		for number := range 1000 {
			h.Connection("tplus", "tplus").Requested(fmt.Sprintf("voucher/%d", number), "ok", time.Second)
		}
		body := told(t, h)
		if got := strings.Count(body, "pandian_http_request_duration_seconds_count{"); got != 25 {
			t.Errorf("got %d series of 1000 names, want 24 and one for all others", got)
		}
		if !strings.Contains(body, `operation="other",outcome="ok",platform="tplus"} 976`) {
			t.Errorf("the 976 other names are not counted together in\n%s", body)
		}
	})
}
