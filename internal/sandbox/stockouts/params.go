package stockouts

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"
)

// The routes, which do not show the same documents.
const (
	Qimen    = "qimen"
	OpenAPI2 = "openapi2"
)

// Params are the parameters of one truth about stockouts.
type Params struct {
	Route    string // Qimen or OpenAPI2; empty means Qimen
	Statuses []int  // those that are delivered; empty means 95, 105, 110 and 113
	WithRows bool   // list every document, and not only counts
}

func usualStatuses() []int {
	return []int{StatusShipped, StatusPartPaid, StatusCompleted, StatusAbnormal}
}

// ParseParams reads parameters from a query: route, statuses (a comma list) and
// rows. An unknown name or a value out of its vocabulary is an error.
func ParseParams(query url.Values) (Params, error) {
	var p Params
	for name, values := range query {
		if err := p.set(name, values[len(values)-1]); err != nil {
			return p, fmt.Errorf("truth parameter %s: %w", name, err)
		}
	}
	_, err := p.normalised()
	return p, err
}

func (p *Params) set(name, value string) (err error) {
	switch name {
	case "route":
		p.Route = value
	case "rows":
		p.WithRows, err = strconv.ParseBool(value)
	case "statuses":
		for text := range strings.SplitSeq(value, ",") {
			status, err := strconv.Atoi(text)
			if err != nil {
				return err
			}
			p.Statuses = append(p.Statuses, status)
		}
	default:
		return fmt.Errorf("no such parameter")
	}
	return err
}

func (p Params) normalised() (Params, error) {
	if p.Route == "" {
		p.Route = Qimen
	}
	if p.Route != Qimen && p.Route != OpenAPI2 {
		return p, fmt.Errorf("route %q is neither %s nor %s", p.Route, Qimen, OpenAPI2)
	}
	if len(p.Statuses) == 0 {
		p.Statuses = usualStatuses()
	}
	return p, nil
}
