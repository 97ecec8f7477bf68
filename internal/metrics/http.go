package metrics

import (
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

const (
	// mostOperations is how many names of calls a connection may have; a platform
	// has five at most. Those beyond it are counted together as otherOperation, so
	// that no name which a mistake made out of data can grow the series.
	mostOperations = 24
	otherOperation = "other"
)

// HTTP measures the calls of this process to platforms. Unlike what [Collector]
// tells, it begins at zero with the process. It implements prometheus.Collector,
// and may be used by several goroutines.
type HTTP struct {
	duration *prometheus.HistogramVec
	waited   *prometheus.CounterVec

	mu          sync.Mutex
	connections map[string]*Connection
}

// NewHTTP measures nothing yet.
func NewHTTP() *HTTP {
	return &HTTP{
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "pandian_http_request_duration_seconds",
			Help: "Requests to platforms, each attempt of its own: until the whole body was here or, where it is streamed, its beginning.",
			// Platforms answer in tenths of a second, large pages in some seconds, and an
			// attempt ends after 60 s unless its timeout is set otherwise.
			Buckets: []float64{0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 60},
		}, []string{"platform", "connection", "operation", "outcome"}),
		waited: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "pandian_throttle_wait_seconds_total",
			Help: "Time that requests were kept back: for their turn under the rate limit, and after the platform said that calls come too often.",
		}, []string{"platform", "connection"}),
		connections: map[string]*Connection{},
	}
}

// Describe implements prometheus.Collector.
func (h *HTTP) Describe(descs chan<- *prometheus.Desc) {
	h.duration.Describe(descs)
	h.waited.Describe(descs)
}

// Collect implements prometheus.Collector.
func (h *HTTP) Collect(metrics chan<- prometheus.Metric) {
	h.duration.Collect(metrics)
	h.waited.Collect(metrics)
}

// Connection is what measures one connection; it is the same at every call with
// the same name.
func (h *HTTP) Connection(platform, name string) *Connection {
	h.mu.Lock()
	defer h.mu.Unlock()
	if known := h.connections[name]; known != nil && known.platform == platform {
		return known
	}
	made := &Connection{
		platform: platform, name: name, duration: h.duration,
		waited: h.waited.WithLabelValues(platform, name), operations: map[string]bool{},
	}
	h.connections[name] = made
	return made
}

// Connection measures the calls of one connection.
type Connection struct {
	platform, name string
	duration       *prometheus.HistogramVec
	waited         prometheus.Counter

	mu         sync.Mutex
	operations map[string]bool
}

// Requested counts a request by what became of it and how long it took.
func (c *Connection) Requested(operation, outcome string, took time.Duration) {
	c.duration.WithLabelValues(c.platform, c.name, c.bounded(operation), outcome).Observe(took.Seconds())
}

// Waited counts the time before a request.
func (c *Connection) Waited(wait time.Duration) {
	c.waited.Add(max(wait, 0).Seconds())
}

func (c *Connection) bounded(operation string) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.operations[operation]:
		return operation
	case len(c.operations) < mostOperations:
		c.operations[operation] = true
		return operation
	default:
		return otherOperation
	}
}
