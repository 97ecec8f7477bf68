package world

import (
	"fmt"
	"net/url"
	"strconv"
	"time"

	"github.com/shopspring/decimal"
)

// What a comparison does with several YonSuite rows for one key.
const (
	First = "first" // take the first in YonSuite's order
	Sum   = "sum"   // add them up
	Error = "error" // refuse to compare
)

// Params are the parameters of one comparison, after the published CompareData
// of 轻易云: YonSuite's currentqty, operator, 旺店通's stock_num. The zero value
// compares by the world's own key, adds several rows up, wants equality without
// tolerance, ignores zero stock without a counterpart, and looks both ways.
type Params struct {
	Key        string          // KeyGoodsNo or KeySpecNo; empty: the world's key
	OnMultiple string          // First, Sum or Error; empty: Sum
	Operator   string          // eq, neq, gt, egt, lt or elt; empty: eq
	Tolerance  decimal.Decimal // base units; eq holds up to and with it
	NoIgnore   bool            // report zero stock without a counterpart as missing
	OneWay     bool            // do not look for YonSuite rows without a counterpart
	// SkipUnkeyed leaves YonSuite rows with an empty productsku_code out of
	// missing here. They are counted as unkeyed either way.
	SkipUnkeyed bool
	WithRows    bool // list what must come out for each row, and not only counts
	// From and To bound the modified time of the 旺店通 rows, both included.
	From, To time.Time
}

// ParseParams reads parameters from a query: key, on_multiple, operator,
// tolerance, no_ignore, one_way, skip_unkeyed, rows, from, to (RFC 3339). An unknown
// name or a value out of its vocabulary is an error.
func ParseParams(query url.Values) (Params, error) {
	var p Params
	for name, values := range query {
		if err := p.set(name, values[len(values)-1]); err != nil {
			return p, fmt.Errorf("truth parameter %s: %w", name, err)
		}
	}
	_, err := p.normalised(KeyGoodsNo)
	return p, err
}

func (p *Params) set(name, value string) (err error) {
	switch name {
	case "key":
		p.Key = value
	case "on_multiple":
		p.OnMultiple = value
	case "operator":
		p.Operator = value
	case "tolerance":
		p.Tolerance, err = decimal.NewFromString(value)
	case "no_ignore":
		p.NoIgnore, err = strconv.ParseBool(value)
	case "one_way":
		p.OneWay, err = strconv.ParseBool(value)
	case "skip_unkeyed":
		p.SkipUnkeyed, err = strconv.ParseBool(value)
	case "rows":
		p.WithRows, err = strconv.ParseBool(value)
	case "from":
		p.From, err = time.Parse(time.RFC3339, value)
	case "to":
		p.To, err = time.Parse(time.RFC3339, value)
	default:
		return fmt.Errorf("no such parameter")
	}
	return err
}

// normalised fills in defaults and refuses words outside the vocabulary.
func (p Params) normalised(key string) (Params, error) {
	if p.Key == "" {
		p.Key = key
	}
	if p.OnMultiple == "" {
		p.OnMultiple = Sum
	}
	if p.Operator == "" {
		p.Operator = "eq"
	}
	if p.Key != KeyGoodsNo && p.Key != KeySpecNo {
		return p, fmt.Errorf("key %q is neither %s nor %s", p.Key, KeyGoodsNo, KeySpecNo)
	}
	if p.OnMultiple != First && p.OnMultiple != Sum && p.OnMultiple != Error {
		return p, fmt.Errorf("on_multiple %q is none of first, sum, error", p.OnMultiple)
	}
	if _, ok := operators[p.Operator]; !ok {
		return p, fmt.Errorf("operator %q is none of eq, neq, gt, egt, lt, elt", p.Operator)
	}
	if p.Tolerance.IsNegative() {
		return p, fmt.Errorf("tolerance %s is negative", p.Tolerance)
	}
	return p, nil
}

// operators say whether currentqty, operator, stock_num holds.
var operators = map[string]func(current, stock, tolerance decimal.Decimal) bool{
	"eq":  func(c, s, t decimal.Decimal) bool { return c.Sub(s).Abs().LessThanOrEqual(t) },
	"neq": func(c, s, t decimal.Decimal) bool { return c.Sub(s).Abs().GreaterThan(t) },
	"gt":  func(c, s, _ decimal.Decimal) bool { return c.GreaterThan(s) },
	"egt": func(c, s, _ decimal.Decimal) bool { return c.GreaterThanOrEqual(s) },
	"lt":  func(c, s, _ decimal.Decimal) bool { return c.LessThan(s) },
	"elt": func(c, s, _ decimal.Decimal) bool { return c.LessThanOrEqual(s) },
}
