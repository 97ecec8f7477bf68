package erphttp

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// StatusVerdict is what an HTTP status means where the body has no better to
// say. Redirects are retried: platforms behind a gateway send them by mistake
// when a node goes away.
func StatusVerdict(status int) Verdict {
	switch {
	case status >= 200 && status < 300:
		return Verdict{}
	case status == http.StatusTooManyRequests:
		return Verdict{Action: Throttle, Message: "too many requests"}
	case status >= 300 && status < 400:
		return Verdict{Action: Retry, Message: "it points elsewhere, and redirects are not followed"}
	case status >= 500, status == http.StatusRequestTimeout, status == http.StatusTooEarly:
		return Verdict{Action: Retry, Message: statusText(status)}
	case status == http.StatusNotFound:
		return Verdict{Action: Final, Message: "nothing lives at this address", Advice: "check the base URL of the connection"}
	default:
		return Verdict{Action: Final, Message: statusText(status)}
	}
}

func statusText(status int) string {
	if text := http.StatusText(status); text != "" {
		return strings.ToLower(text)
	}
	return fmt.Sprintf("status %d", status)
}

// RetryAfter reads the header of that name (RFC 9110, 10.2.3): whole seconds or
// a date. It is 0 where there is none, or none that makes sense.
func RetryAfter(header http.Header, now time.Time) time.Duration {
	text := strings.TrimSpace(header.Get("Retry-After"))
	if seconds, err := strconv.Atoi(text); err == nil {
		if seconds < 0 || seconds > 1<<30 {
			return 0
		}
		return time.Duration(seconds) * time.Second
	}
	at, err := http.ParseTime(text)
	if err != nil {
		return 0
	}
	return max(0, at.Sub(now))
}

// Skew is this machine's clock less the platform's, to about a second.
type Skew struct {
	By    time.Duration
	Known bool
}

// MeasureSkew compares the answer's Date header, which has whole seconds, with
// the middle of the exchange.
func MeasureSkew(header http.Header, sent, received time.Time) Skew {
	date, err := http.ParseTime(header.Get("Date"))
	if err != nil {
		return Skew{}
	}
	middle := sent.Add(received.Sub(sent) / 2)
	by := middle.Sub(date.Add(500 * time.Millisecond))
	return Skew{By: by.Round(time.Second), Known: true}
}

// Describe says what is wrong with the clock, or nothing when it is within
// tolerance or unknown.
func (s Skew) Describe(tolerance time.Duration) string {
	switch {
	case !s.Known || s.By.Abs() <= tolerance:
		return ""
	case s.By > 0:
		return fmt.Sprintf("this machine's clock is %s ahead of the platform's", s.By)
	default:
		return fmt.Sprintf("this machine's clock is %s behind the platform's", -s.By)
	}
}
