package config

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"
	"github.com/shopspring/decimal"

	"pandian/internal/fault"
)

// Operators of 轻易云's comparisons.
func operators() []string {
	return []string{"eq", "neq", "gt", "egt", "lt", "elt", "like", "notlike", "between", "notnull", "isnull"}
}

// sourceFields are the numeric columns of wdt.stock.
func sourceFields() []string {
	return []string{
		"stock_num", "lock_num", "unpay_num", "subscribe_num", "order_num", "sending_num",
		"purchase_num", "transfer_num", "avaliable_num", "weight", "cost_price",
	}
}

// counterpartFields are the quantities of yonsuite.current_stock.
func counterpartFields() []string {
	return []string{"currentqty", "availableqty", "planavailableqty", "innoticeqty", "preretailqty"}
}

// plainDecimal is a number as people write it. Exponents are left out on
// purpose: 1e400 would be a number of 400 digits.
var plainDecimal = regexp.MustCompile(`^-?\d{1,30}(\.\d{1,18})?$`)

// stockCompareParams are the parameters of stock-compare, stored in params as
// sql/ reads them.
func stockCompareParams(params map[string]string) []field {
	return []field{
		param(params, "sku_key", "goods_no", oneOf("goods_no", "spec_no")),
		param(params, "source_field", "stock_num", oneOf(sourceFields()...)),
		param(params, "counterpart_field", "currentqty", oneOf(counterpartFields()...)),
		param(params, "operator", "eq", oneOf(operators()...)),
		param(params, "compare_value", "", anyText),
		param(params, "tolerance", "0", tolerance),
		param(params, "on_multiple", "sum", oneOf("first", "sum", "error")),
		param(params, "target_field_quote", "1", oneOf("0", "1")),
		{key: "ignore_index_exception", node: func(d *decoder, path string, _ Origin, value ast.Node) {
			d.ignoreCondition(path, value, params)
		}},
		param(params, "both_directions", "off", onOff),
		param(params, "stale_after", "24h", atLeastAMinute),
		param(params, "strategy_id", "", anyText),
	}
}

// param is a field of params; check returns the value in its one true form.
func param(params map[string]string, key, fallback string, check func(string) (string, *refusal)) field {
	return field{key: key, fallback: fallback, set: func(v given) *refusal {
		value, refused := check(v.text)
		if refused == nil {
			params[key] = value
		}
		return refused
	}}
}

// expandable lets a param be a reference, as for an id that each account has its
// own of.
func expandable(params map[string]string, f field) field {
	store := f.set
	f.set = func(v given) *refusal {
		if problem := malformed(v.text); problem != "" {
			return badValue(`write ${NAME}, or file:PATH`, "%s", problem)
		}
		return store(v)
	}
	f.resolve = func(r references) *fault.Error {
		expanded, err := r.expand(params[f.key])
		if err == nil && expanded != "" {
			params[f.key] = expanded
		}
		return err
	}
	return f
}

func anyText(value string) (string, *refusal) { return value, nil }

func oneOf(allowed ...string) func(string) (string, *refusal) {
	return func(value string) (string, *refusal) {
		word := strings.ToLower(value)
		if !slices.Contains(allowed, word) {
			return "", badValue(didYouMean(value, "allowed", allowed), "%q is not allowed", value)
		}
		return word, nil
	}
}

// onOff also takes true and false: many editors turn on into true.
func onOff(value string) (string, *refusal) {
	switch strings.ToLower(value) {
	case "on", "true", "yes":
		return "on", nil
	case "off", "false", "no":
		return "off", nil
	}
	return "", badValue("write on or off", "%q is neither on nor off", value)
}

func tolerance(value string) (string, *refusal) {
	if !plainDecimal.MatchString(value) || strings.HasPrefix(value, "-") {
		return "", badValue(`write a decimal of 0 or more, as in "0.5"`, "%q is no tolerance", value)
	}
	return value, nil
}

func atLeastAMinute(value string) (string, *refusal) {
	var parsed time.Duration
	if refused := span("", &parsed, "", time.Minute, 3650*day).set(given{text: value}); refused != nil {
		return "", refused
	}
	return FormatDuration(parsed), nil
}

// condition is one member of ignore_index_exception.
type condition struct {
	Operator string `json:"operator"`
	Value    string `json:"value"`
}

// ignoreCondition reads {column: {operator, value}} and stores it as JSON. All
// members must hold for a row without a counterpart to be ignored.
func (d *decoder) ignoreCondition(path string, node ast.Node, params map[string]string) {
	if node == nil || d.isNull(node) {
		return
	}
	pairs, ok := d.pairs(node)
	if !ok {
		d.refuse(path, d.origin(node), badValue(`write it as {stock_num: {operator: eq, value: ""}}`, "must hold columns with operator and value"))
		return
	}
	conditions := map[string]condition{}
	for _, p := range pairs {
		member := join(path, p.key)
		if !slices.Contains(sourceFields(), p.key) {
			d.refuse(member, p.at, unknownReference(didYouMean(p.key, "known", sourceFields()), "%s is no numeric column of wdt.stock", p.key))
			continue
		}
		var c condition
		d.section(member, p.at, p.value, []field{
			choice("operator", &c.Operator, "eq", operators()...),
			{key: "value", set: func(v given) *refusal { c.Value = v.text; return nil }},
		})
		if refused := checkOperand(c.Operator, c.Value); refused != nil {
			d.refuse(member+".value", d.origins[member+".value"], refused)
			continue
		}
		conditions[p.key] = c
	}
	if len(conditions) > 0 {
		encoded, _ := json.Marshal(conditions) // a map of strings always encodes
		params["ignore_index_exception"] = string(encoded)
	}
}

// checkStockCompareParams looks at operator and compare_value together.
func (d *decoder) checkStockCompareParams(path string, params map[string]string) {
	operator, value := params["operator"], params["compare_value"]
	place := path + ".compare_value"
	at := d.origins[place]
	if at.Kind == FromDefault || at.Kind == "" {
		at = d.origins[path+".operator"]
	}
	switch operator {
	case "between", "like", "notlike":
		if value == "" {
			d.refuse(place, at, badValue("add compare_value", "operator %s needs a compare_value", operator))
			return
		}
	case "isnull", "notnull":
		if value != "" {
			d.refuse(place, at, badValue("remove compare_value", "operator %s takes no compare_value", operator))
			return
		}
	}
	if refused := checkOperand(operator, value); refused != nil {
		d.refuse(place, at, refused)
	}
}

// checkOperand tells whether value fits operator. A blank value stands
// for 0, as 轻易云 reads a blank of type float.
func checkOperand(operator, value string) *refusal {
	switch operator {
	case "like", "notlike", "isnull", "notnull", "":
		return nil
	case "between":
		low, high, ok := strings.Cut(value, ",")
		low, high = strings.TrimSpace(low), strings.TrimSpace(high)
		if !ok || !plainDecimal.MatchString(low) || !plainDecimal.MatchString(high) {
			return badValue(`write both bounds, as in "1,10"`, "%q holds no two numbers", value)
		}
		if decimal.RequireFromString(low).GreaterThan(decimal.RequireFromString(high)) {
			return badValue("put the smaller number first", "%s is greater than %s", low, high)
		}
		return nil
	}
	if value == "" || plainDecimal.MatchString(value) {
		return nil
	}
	return badValue(`write a number, as in "12.5"`, "%q is no number", value)
}
