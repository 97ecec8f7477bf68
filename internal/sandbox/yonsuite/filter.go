package yonsuite

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"

	"pandian/internal/sandbox/world"
)

// request is what a stock query asks for. values holds, by the flat and partly
// dotted names of the page, the values of which a row must have one.
type request struct {
	values         map[string][]string
	needStatus     bool // bStockStatusDocNotNull
	needSubQty     bool // bNeedSubQty
	includeTransit bool // bIncludeTransitQty
	billNumber     bool // billnum given
}

// columns are what the filters look at. store has no column: no row of a world
// belongs to a store (门店).
var columns = map[string]func(world.Current) string{
	"org":             func(c world.Current) string { return c.Org },
	"warehouse":       func(c world.Current) string { return c.Warehouse },
	"warehouse.code":  func(c world.Current) string { return c.WarehouseCode },
	"product":         func(c world.Current) string { return c.Product },
	"productn.code":   func(c world.Current) string { return c.ProductCode },
	"productsku":      func(c world.Current) string { return c.SKU },
	"batchno":         func(c world.Current) string { return c.Batch },
	"product.oUnitId": func(c world.Current) string { return c.Unit },
	"stockUnitId":     func(c world.Current) string { return c.Unit },
	"stockStatusDoc":  func(c world.Current) string { return strconv.FormatInt(c.Status, 10) },
	"store":           func(world.Current) string { return "" },
}

// parseRequest reads the body of a stock query. An empty body asks for all;
// names that the page does not list, pageIndex and pageSize among them, are
// passed over.
func parseRequest(body io.Reader) (request, error) {
	req := request{values: map[string][]string{}}
	text, err := io.ReadAll(body)
	if err != nil {
		return req, err
	}
	if len(bytes.TrimSpace(text)) == 0 {
		return req, nil
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal(text, &members); err != nil {
		return req, err
	}
	for name, raw := range members {
		if err := req.set(name, raw); err != nil {
			return req, fmt.Errorf("参数[%s]: %w", name, err)
		}
	}
	return req, nil
}

func (req *request) set(name string, raw json.RawMessage) (err error) {
	switch name {
	case "bStockStatusDocNotNull":
		return json.Unmarshal(raw, &req.needStatus)
	case "bNeedSubQty":
		return json.Unmarshal(raw, &req.needSubQty)
	case "bIncludeTransitQty":
		return json.Unmarshal(raw, &req.includeTransit)
	case "billnum":
		req.billNumber = string(raw) != "null" && string(raw) != `""`
		return nil
	}
	if _, known := columns[name]; !known {
		return nil
	}
	values, err := oneOrMany(raw)
	if len(values) > 0 {
		req.values[name] = values
	}
	return err
}

// oneOrMany reads a text, a number or an array of them. A null, an empty text
// and an empty array do not filter.
func oneOrMany(raw json.RawMessage) ([]string, error) {
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		return nil, err
	}
	items, isArray := value.([]any)
	if !isArray {
		items = []any{value}
	}
	var values []string
	for _, item := range items {
		switch item := item.(type) {
		case string:
			if item != "" {
				values = append(values, item)
			}
		case json.Number:
			values = append(values, item.String())
		case nil:
		default:
			return nil, fmt.Errorf("%s 类型错误", raw)
		}
	}
	return values, nil
}

// wants tells whether a row is asked for.
func (req request) wants(c world.Current) bool {
	for name, values := range req.values {
		if !slices.Contains(values, columns[name](c)) {
			return false
		}
	}
	return !req.needStatus || c.Status != 0
}
