package transform_test

import (
	"encoding/json"
	"math/rand/v2"
	"strings"

	"github.com/shopspring/decimal"
)

// condition is one member of ignore_index_exception.
type condition struct {
	field, operator, value string
}

// comparison is what a pipeline is told.
type comparison struct {
	skuKey, sourceField, counterpartField string
	operator, compareValue                string
	tolerance                             decimal.Decimal
	onMultiple                            string
	isQuoted, bothDirections              bool
	exception                             []condition
}

func someComparison(random *rand.Rand) comparison {
	c := comparison{
		skuKey:           pick(random, "goods_no", "goods_no", "spec_no"),
		sourceField:      pick(random, "stock_num", "stock_num", "stock_num", "lock_num"),
		counterpartField: pick(random, "currentqty", "currentqty", "currentqty", "availableqty"),
		operator:         "eq",
		onMultiple:       pick(random, "first", "sum", "error"),
		tolerance:        *quantity(pick(random, "0", "0", "0.5", "0.00000001", "1")),
		isQuoted:         random.IntN(5) > 0,
		bothDirections:   random.IntN(2) == 0,
	}
	if random.IntN(2) == 0 {
		c.operator = pick(random, "neq", "gt", "egt", "lt", "elt", "like", "notlike", "between", "notnull", "isnull")
	}
	switch c.operator {
	case "like", "notlike":
		c.compareValue = pick(random, "1", "0", ".5", "00000001")
	case "between":
		c.compareValue = pick(random, "0,1", "-1,1.5", "0.3,2")
	case "notnull", "isnull":
	default:
		if random.IntN(6) == 0 {
			c.compareValue = pick(random, "0", "1", "1.5")
		}
	}
	for _, field := range []string{"stock_num", "order_num"} {
		if random.IntN(3) == 0 {
			c.exception = append(c.exception, someCondition(random, field))
		}
	}
	return c
}

func someCondition(random *rand.Rand, field string) condition {
	c := condition{field: field, operator: "eq", value: pick(random, "", "", "0", "1")}
	if random.IntN(2) == 0 {
		c.operator = pick(random, "neq", "gt", "egt", "lt", "elt", "between", "notnull", "isnull")
	}
	if field == "order_num" && random.IntN(4) == 0 {
		c.operator, c.value = pick(random, "like", "notlike"), "1"
	}
	if c.operator == "between" {
		c.value = "0,1"
	}
	return c
}

// params is the comparison as a run has it.
func (c comparison) params(source, counterpart string) map[string]string {
	params := map[string]string{
		"source_connection": source, "counterpart_connection": counterpart,
		"sku_key": c.skuKey, "source_field": c.sourceField, "counterpart_field": c.counterpartField,
		"operator": c.operator, "compare_value": c.compareValue, "tolerance": c.tolerance.String(),
		"on_multiple": c.onMultiple, "target_field_quote": "0", "both_directions": "off",
		"stale_after": "24h", "strategy_id": "oracle",
	}
	if c.isQuoted {
		params["target_field_quote"] = "1"
	}
	if c.bothDirections {
		params["both_directions"] = "on"
	}
	if len(c.exception) > 0 {
		members := map[string]map[string]string{}
		for _, member := range c.exception {
			members[member.field] = map[string]string{"operator": member.operator, "value": member.value}
		}
		encoded, err := json.Marshal(members)
		if err != nil {
			panic(err) // a map of strings always encodes
		}
		params["ignore_index_exception"] = string(encoded)
	}
	return params
}

// holds is "found operator expected", as the platform's conditions have it.
// Figures within the tolerance of each other are the same figure; a missing
// figure satisfies isnull only.
func holds(found figure, operator string, expected figure, text string, tolerance decimal.Decimal) bool {
	switch operator {
	case "isnull":
		return found == nil
	case "notnull":
		return found != nil
	}
	if found == nil {
		return false
	}
	switch operator {
	case "like":
		return strings.Contains(found.String(), text)
	case "notlike":
		return !strings.Contains(found.String(), text)
	case "between":
		low, high, _ := strings.Cut(text, ",")
		return holds(found, "egt", quantity(low), "", tolerance) && holds(found, "elt", quantity(high), "", tolerance)
	}
	if expected == nil {
		return false
	}
	difference := found.Sub(*expected)
	same := difference.Abs().LessThanOrEqual(tolerance)
	switch operator {
	case "eq":
		return same
	case "neq":
		return !same
	case "gt":
		return !same && difference.IsPositive()
	case "egt":
		return same || difference.IsPositive()
	case "lt":
		return !same && difference.IsNegative()
	case "elt":
		return same || difference.IsNegative()
	}
	return false
}

// excepts tells whether a source row may lack a counterpart.
func (c comparison) excepts(row sourceRow) bool {
	for _, member := range c.exception {
		value := row.stockNum
		if member.field == "order_num" {
			value = row.orderNum
		}
		expected := quantity("0") // a blank value of type float is 0
		if member.value != "" && member.operator != "between" {
			expected = quantity(member.value)
		}
		if !holds(value, member.operator, expected, member.value, decimal.Zero) {
			return false
		}
	}
	return len(c.exception) > 0
}
