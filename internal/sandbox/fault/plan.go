// Package fault lets the simulated platforms misbehave on purpose: by a share
// of the calls or for the next few, and the same way for the same seed.
package fault

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Plan is everything that is wrong with the platforms. The zero value is a
// platform that does what its documentation says.
type Plan struct {
	Rules []Rule `json:"rules"`
	Modes Modes  `json:"modes"`
}

// Rule lets one kind of fault fire. With a Share each call has that chance,
// with a Count at most so many calls are hit; with a Count alone the next Count
// calls are. A rule with neither fires on every call.
type Rule struct {
	Kind Kind `json:"kind"`
	// Endpoint is the name as in the statistics (wdt.openapi2.stock); a * at the
	// end stands for any rest, empty means all endpoints.
	Endpoint string  `json:"endpoint,omitempty"`
	Share    float64 `json:"share,omitempty"` // between 0 and 1
	Count    int     `json:"count,omitempty"`
	After    int     `json:"after,omitempty"`    // chances to let pass first
	Value    int     `json:"value,omitempty"`    // see the kind
	Text     string  `json:"text,omitempty"`     // see the kind
	DelayMS  int     `json:"delay_ms,omitempty"` // milliseconds
}

// Modes are switches between the ways in which a real platform may answer where
// its documentation is silent. Empty members mean the default named first.
type Modes struct {
	// Total is how 旺店通 shows total_count on page 0: "" as the route does
	// (text on openapi2, number on Qimen), "number", "string" or "absent".
	Total string `json:"total,omitempty"`
	// LaterTotal is total_count on later pages: "" absent, "minus_one", "zero",
	// "empty" (the text "") or "same" as on page 0.
	LaterTotal string `json:"later_total,omitempty"`
	// EmptyList is the list of an answer without records on 旺店通: "" an empty
	// array, "absent" or "null".
	EmptyList string `json:"empty_list,omitempty"`
	// EmptyData is data of such an answer on YonSuite: "" [], "null" or "absent".
	EmptyData string `json:"empty_data,omitempty"`
	// Decimals on Qimen: "" as text with four decimals, or "number".
	Decimals string `json:"decimals,omitempty"`
	// QimenThrottle is how Qimen says too frequent: "" code 15 with sub_code
	// 1012, or "gateway" code 7.
	QimenThrottle string `json:"qimen_throttle,omitempty"`
	// LargePages is what 旺店通 does with a page_size over 100: "" takes 100, or
	// "reject".
	LargePages string `json:"large_pages,omitempty"`
	// ErrorStatus is the HTTP status of YonSuite's error answers; 0 means 200.
	ErrorStatus int `json:"error_status,omitempty"`
}

// Delay is the rule's DelayMS.
func (r Rule) Delay() time.Duration {
	return time.Duration(r.DelayMS) * time.Millisecond
}

// ValueOr is the rule's Value, or what stands for 0.
func (r Rule) ValueOr(other int) int {
	if r.Value == 0 {
		return other
	}
	return r.Value
}

// matches tells whether the rule is about this endpoint.
func (r Rule) matches(endpoint string) bool {
	if prefix, wild := strings.CutSuffix(r.Endpoint, "*"); wild {
		return strings.HasPrefix(endpoint, prefix)
	}
	return r.Endpoint == "" || r.Endpoint == endpoint
}

// Check refuses a plan with an unknown word or a number out of range.
func (p Plan) Check() error {
	for i, r := range p.Rules {
		if !known[r.Kind] {
			return fmt.Errorf("fault rule %d: no kind %q", i, r.Kind)
		}
		if !(r.Share >= 0 && r.Share <= 1) || r.Count < 0 || r.After < 0 || r.DelayMS < 0 {
			return fmt.Errorf("fault rule %d (%s): share is between 0 and 1, the counts are not negative", i, r.Kind)
		}
		if r.Kind == LostAnswer && r.Value != 0 && http.StatusText(r.Value) == "" {
			return fmt.Errorf("fault rule %d (%s): %d is no HTTP status", i, r.Kind, r.Value)
		}
	}
	return p.Modes.check()
}

func (m Modes) check() error {
	for _, mode := range []struct {
		name, value string
		words       []string
	}{
		{"total", m.Total, []string{"number", "string", "absent"}},
		{"later_total", m.LaterTotal, []string{"minus_one", "zero", "empty", "same"}},
		{"empty_list", m.EmptyList, []string{"absent", "null"}},
		{"empty_data", m.EmptyData, []string{"absent", "null"}},
		{"decimals", m.Decimals, []string{"number"}},
		{"qimen_throttle", m.QimenThrottle, []string{"gateway"}},
		{"large_pages", m.LargePages, []string{"reject"}},
	} {
		if mode.value != "" && !slices.Contains(mode.words, mode.value) {
			return fmt.Errorf("fault mode %s: %q is none of %s", mode.name, mode.value, strings.Join(mode.words, ", "))
		}
	}
	if m.ErrorStatus != 0 && (m.ErrorStatus < 200 || m.ErrorStatus > 599) {
		return fmt.Errorf("fault mode error_status: %d is no HTTP status", m.ErrorStatus)
	}
	return nil
}
