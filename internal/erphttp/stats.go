package erphttp

import (
	"sync/atomic"
	"time"
)

// Stats counts what the calls of a connection cost, for progress lines and
// metrics. The zero value is ready; several clients may share one.
type Stats struct {
	requests, retries, throttled, bytes, waited atomic.Int64
}

// Snapshot is the counts at one moment.
type Snapshot struct {
	// Requests counts HTTP requests, repeated ones included.
	Requests int64
	// Retries counts the requests that repeated a failed one, whatever failed it.
	Retries int64
	// Throttled counts the answers that said "too often".
	Throttled int64
	// Bytes counts body bytes received, after decompression.
	Bytes int64
	// Waited is the time spent waiting for the rate limit, holds included, summed over
	// all calls.
	Waited time.Duration
}

// Snapshot reads the counts. The counts of one call may be half in it.
func (s *Stats) Snapshot() Snapshot {
	return Snapshot{
		Requests: s.requests.Load(), Retries: s.retries.Load(), Throttled: s.throttled.Load(),
		Bytes: s.bytes.Load(), Waited: time.Duration(s.waited.Load()),
	}
}
