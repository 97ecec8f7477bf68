package tplus

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/shopspring/decimal"
)

// beijing is the zone of the server's own date.
var beijing = time.FixedZone("GMT+8", 8*60*60)

// loose is text that may also come as a number or boolean; null is nothing.
type loose string

// UnmarshalJSON keeps a number letter by letter.
func (l *loose) UnmarshalJSON(raw []byte) error {
	switch raw[0] {
	case '"':
		return json.Unmarshal(raw, (*string)(l))
	case '{', '[':
		return fmt.Errorf("%.20s is no text", raw)
	case 'n':
		*l = ""
	default:
		*l = loose(raw)
	}
	return nil
}

// figure is a decimal as number or text, kept letter by letter; nil is nothing.
// A text that is no number, the empty one too, is an error (assumed).
type figure struct{ text string }

// UnmarshalJSON refuses what is no decimal.
func (f *figure) UnmarshalJSON(raw []byte) error {
	var text loose
	if err := json.Unmarshal(raw, &text); err != nil {
		return err
	}
	value, err := decimal.NewFromString(string(text))
	if err != nil {
		return errFormat
	}
	if f.text = string(text); !json.Valid([]byte(f.text)) { // such as .5
		f.text = value.String()
	}
	return nil
}

// errFormat becomes the server's own text about a number that is none.
var errFormat = errors.New(textFormat)

// record is a reference by business key: most have a code, a unit a name.
type record struct{ Code, Name loose }

// form is what dto says of a voucher, so far as the server looks at it.
type form struct {
	ExternalCode, Code, IsModifiedCode  loose
	VoucherType, BusiType               *record
	Partner, Customer, Warehouse, Clerk *record
	VoucherDate                         loose
	DispatchAddress, TransDocNo, Memo   loose
	DynamicPropertyKeys                 []loose
	DynamicPropertyValues               []loose
	RDRecordDetails                     []line
}

// line is one line of a voucher.
type line struct {
	Inventory, Unit        *record
	BaseQuantity, Quantity *figure
	OrigTaxSalePrice       *figure `json:"origTaxSalePrice"`
	Price, Amount          *figure
	Batch, DetailMemo      loose
	IsPresent              loose
	DynamicPropertyKeys    []loose
	DynamicPropertyValues  []loose
}

// purchase is the type of voucher whose lines have Quantity in place of
// BaseQuantity.
const purchase = "ST1001"

// voucherTypes are those that are known: 销售出库, 其他出库, 采购入库.
var voucherTypes = map[string]bool{"ST1021": true, "ST1024": true, purchase: true}

// quantity is the figure that the type of voucher looks at.
func (l line) quantity(voucherType string) *figure {
	if voucherType == purchase {
		return l.Quantity
	}
	return l.BaseQuantity
}

// readForm reads dto. Without it, or with a value of the wrong kind, the
// argument is bad.
func readForm(args map[string]json.RawMessage) (form, *refusal) {
	var f form
	raw := args["dto"]
	if len(raw) == 0 || raw[0] != '{' {
		return f, rows["EXERROR0001"]
	}
	if err := json.Unmarshal(raw, &f); err != nil {
		if errors.Is(err, errFormat) {
			return f, runtimeError(textFormat)
		}
		return f, rows["EXERROR0001"]
	}
	return f, nil
}

// check holds a form against master data and rules, with the texts that the
// real server shows. Customer is not looked at (assumed). The order of the
// checks is assumed.
func (f form) check(o Options) *refusal {
	if codeOf(f.BusiType) == "" {
		return rows[textIndex]
	}
	voucherType, partner, warehouse := codeOf(f.VoucherType), codeOf(f.Partner), codeOf(f.Warehouse)
	if voucherType == "" || partner == "" || warehouse == "" {
		return rows[textNull]
	}
	switch {
	case !o.Known(KindPartner, partner):
		return rows[textNoRow]
	case !voucherTypes[voucherType], !o.Known(KindBusiType, codeOf(f.BusiType)), !o.Known(KindWarehouse, warehouse):
		return rows[textNoAuthOrData]
	case len(f.DynamicPropertyKeys) != len(f.DynamicPropertyValues):
		return rows[textIndex] // assumed
	case len(f.RDRecordDetails) == 0:
		return ruleError("单据明细不能为空") // text assumed
	}
	if _, err := time.Parse(time.DateOnly, string(f.VoucherDate)); err != nil && f.VoucherDate != "" {
		return runtimeError("该字符串未被识别为有效的 DateTime。") // assumed
	}
	for i, l := range f.RDRecordDetails {
		if refused := l.check(i+1, voucherType, o); refused != nil {
			return refused
		}
	}
	if text := o.Refuse(f.name()); text != "" {
		return ruleError(text)
	}
	return nil
}

func (l line) check(place int, voucherType string, o Options) *refusal {
	inventory := codeOf(l.Inventory)
	switch {
	case inventory == "":
		return rows[textNull]
	case !o.Known(KindInventory, inventory):
		return rows[textNoAuthOrData]
	case l.quantity(voucherType) == nil:
		return ruleError(fmt.Sprintf("第%d行数量不能为空", place)) // text assumed
	case len(l.DynamicPropertyKeys) != len(l.DynamicPropertyValues):
		return rows[textIndex] // assumed
	}
	return nil
}

// name is what the ledger knows a voucher by before it has a code.
func (f form) name() string {
	if f.wanted() != "" {
		return f.wanted()
	}
	return string(f.ExternalCode)
}

// wanted is the code that the caller gave and wants; empty means that the
// server numbers.
func (f form) wanted() string {
	if strings.EqualFold(string(f.IsModifiedCode), "false") {
		return ""
	}
	return string(f.Code)
}

// codeOf is the code of a reference, or nothing.
func codeOf(r *record) string {
	if r == nil {
		return ""
	}
	return string(r.Code)
}
