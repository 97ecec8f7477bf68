package yonsuite

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Field is one field of the query's body.
type Field struct {
	Name, Meaning string
	// Type is "text", "integer" or "yes/no".
	Type string
	// List says that an array of values may stand for one value.
	List bool
}

// Fields are those that 现存量查询V2 takes; all are optional, and none at all
// returns everything that the app may see. A dot in a name is part of it.
func Fields() []Field {
	return []Field{
		{"org", "库存组织 id", "text", true},
		{"warehouse.code", "仓库编码", "text", true},
		{"warehouse", "仓库 id", "text", true},
		{"productsku", "SKU id", "text", true},
		{"batchno", "批次号", "text", true},
		{"productn.code", "物料编码, spelled with an n by the vendor", "text", true},
		{"product", "物料 id", "text", true},
		{"product.oUnitId", "主计量", "integer", false},
		{"stockUnitId", "结存单位", "text", true},
		{"stockStatusDoc", "库存状态", "text", true},
		{"store", "门店 id", "text", true},
		{"bStockStatusDocNotNull", "only rows with a stock status", "yes/no", false},
		{"bNeedSubQty", "add the piece quantities (件数)", "yes/no", false},
		{"bIncludeTransitQty", "add stock in transit", "yes/no", false},
		{"billnum", "the rule by which 可用量 is computed", "text", false},
	}
}

// Query narrows and divides the reading of current stock. Zero reads everything
// in one call.
type Query struct {
	// Filters are fields of the body with a text, number, yes/no or a list, as a
	// configuration file gives them.
	Filters map[string]any
	// Partition divides the reading into one call for each combination of
	// values, for tenants too big for one answer: the platform breaks calls off
	// after 30 s.
	Partition []Dimension
}

// Dimension is a field and the values by which to divide.
type Dimension struct {
	Field  string
	Values []string
}

// part is one call: its body and the values that set it apart.
type part struct {
	body []byte
	key  map[string]string
}

// parts are the calls to make, in the order of the values given.
func (q Query) parts() ([]part, error) {
	filters, err := q.normalise()
	if err != nil {
		return nil, err
	}
	keys := []map[string]string{{}}
	for _, dimension := range q.Partition {
		var next []map[string]string
		for _, key := range keys {
			for _, value := range dimension.Values {
				longer := maps.Clone(key)
				longer[dimension.Field] = value
				next = append(next, longer)
			}
		}
		keys = next
	}
	parts := make([]part, 0, len(keys))
	for _, key := range keys {
		fields := maps.Clone(filters)
		for name, value := range key {
			fields[name] = value
		}
		body, err := json.Marshal(fields)
		if err != nil {
			return nil, fmt.Errorf("write query: %w", err)
		}
		parts = append(parts, part{body: body, key: key})
	}
	return parts, nil
}

// normalise checks the query and gives its filters the types that the platform
// expects.
func (q Query) normalise() (map[string]any, error) {
	filters := map[string]any{}
	var problems []error
	for _, name := range slices.Sorted(maps.Keys(q.Filters)) {
		field, err := findField(name)
		if err == nil {
			filters[name], err = field.value(q.Filters[name])
		}
		if err != nil {
			problems = append(problems, fmt.Errorf("filter %s: %w", name, err))
		}
	}
	seen := map[string]bool{}
	for _, dimension := range q.Partition {
		field, err := findField(dimension.Field)
		switch {
		case err != nil:
		case field.Type != "text":
			err = errors.New("only text fields can divide")
		case len(dimension.Values) == 0 || slices.Contains(dimension.Values, ""):
			err = errors.New("values are missing")
		case seen[field.Name]:
			err = errors.New("it stands twice")
		case filters[field.Name] != nil:
			err = errors.New("it is a filter too: give its values here only")
		}
		if err != nil {
			problems = append(problems, fmt.Errorf("partition %s: %w", dimension.Field, err))
		}
		seen[dimension.Field] = true
	}
	return filters, errors.Join(problems...)
}

func findField(name string) (Field, error) {
	fields := Fields()
	var names []string
	for _, field := range fields {
		if field.Name == name {
			return field, nil
		}
		names = append(names, field.Name)
	}
	return Field{}, fmt.Errorf("there is no such field; there are %s", strings.Join(names, ", "))
}

func (f Field) value(given any) (any, error) {
	switch list := given.(type) {
	case []any:
		return f.list(list)
	case []string:
		values := make([]any, 0, len(list))
		for _, value := range list {
			values = append(values, value)
		}
		return f.list(values)
	default:
		return f.scalar(given)
	}
}

func (f Field) list(given []any) (any, error) {
	if !f.List {
		return nil, errors.New("one value is due, not a list")
	}
	if len(given) == 0 {
		return nil, errors.New("the list is empty; leave it out to mean everything")
	}
	values := make([]any, 0, len(given))
	for _, value := range given {
		scalar, err := f.scalar(value)
		if err != nil {
			return nil, err
		}
		values = append(values, scalar)
	}
	return values, nil
}

func (f Field) scalar(given any) (any, error) {
	if f.Type == "yes/no" {
		if value, ok := given.(bool); ok {
			return value, nil
		}
		return nil, errors.New("true or false is due")
	}
	var text string
	switch value := given.(type) {
	case string:
		text = value
	case int, int64, uint64:
		text = fmt.Sprint(value)
	default:
		return nil, fmt.Errorf("%v (%T) is neither a text nor a whole number: put it in quotes", given, given)
	}
	if text == "" {
		return nil, errors.New("the value is empty; leave it out to mean everything")
	}
	if f.Type == "integer" {
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return nil, errors.New("a whole number is due")
		}
		return n, nil
	}
	return text, nil
}
