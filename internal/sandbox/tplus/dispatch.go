package tplus

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"pandian/internal/sandbox/jsonout"
)

// create is the simple saleDispatch/Create: success is null and nothing else.
func (s *Server) create(args map[string]json.RawMessage, now time.Time) ([]byte, *refusal) {
	if _, refused := s.add(args, now); refused != nil {
		return nil, refused
	}
	return []byte("null"), nil
}

// openCreate is SaleDispatchOpenApi/Create, which tells id and code.
func (s *Server) openCreate(args map[string]json.RawMessage, now time.Time) ([]byte, *refusal) {
	v, refused := s.add(args, now)
	if refused != nil {
		return nil, refused
	}
	return standard(idAndCode(v)), nil
}

// add makes a voucher and notes its fate in the ledger.
func (s *Server) add(args map[string]json.RawMessage, now time.Time) (voucher, *refusal) {
	f, refused := readForm(args)
	if refused == nil {
		refused = f.check(s.options)
	}
	var v voucher
	if refused == nil {
		var duplicate string
		if v, duplicate = s.store.add(f, s.options, now); duplicate != "" {
			refused = ruleError(duplicate + s.options.DuplicateText)
		}
	}
	if refused != nil {
		s.ledger.Refused(f.name(), refused.message)
		return v, refused
	}
	s.ledger.Created(v.code, args["dto"])
	s.ledger.SetState(v.code, v.state.code)
	return v, nil
}

// standard is the envelope of SaleDispatchOpenApi.
func standard(data string) []byte {
	o := jsonout.Begin(nil)
	o.Text("code", "0")
	o.Text("message", "")
	o.Raw("data", data)
	return o.End()
}

func idAndCode(v voucher) string {
	o := jsonout.Begin(nil)
	o.Int("ID", v.id)
	o.Text("Code", v.code)
	return string(o.End())
}

// getVoucher reads a voucher back.
func (s *Server) getVoucher(args map[string]json.RawMessage, _ time.Time) ([]byte, *refusal) {
	k, refused := readKey(args)
	if refused != nil {
		return nil, refused
	}
	v, ok := s.store.find(k)
	switch {
	case ok:
		return standard(spell(v)), nil
	case s.options.MissingAsNull:
		return standard("null"), nil
	default:
		return nil, rows[textNoAuthOrData]
	}
}

// audit is 审核. A second one is refused (text assumed).
func (s *Server) audit(args map[string]json.RawMessage, _ time.Time) ([]byte, *refusal) {
	k, refused := readKey(args)
	if refused != nil {
		return nil, refused
	}
	v, found, changed := s.store.audit(k)
	if !found {
		return nil, rows[textNoAuthOrData]
	}
	if !changed {
		return nil, ruleError("单据" + v.code + "已审核")
	}
	s.ledger.SetState(v.code, v.state.code)
	s.push("SaleDispatchVoucher_Audit", map[string]string{
		"voucherID": strconv.FormatInt(v.id, 10), "voucherCode": v.code, "voucherDate": v.date,
	})
	return standard(idAndCode(v)), nil
}

// spell writes a voucher as GetVoucherDTO does. Names are those of master data,
// which this server does not have: it shows the codes.
func spell(v voucher) string {
	o := jsonout.Begin(nil)
	o.Int("ID", v.id)
	o.Text("Code", v.code)
	o.Text("ExternalCode", string(v.form.ExternalCode))
	o.Text("VoucherDate", v.date)
	o.Raw("VoucherState", reference(v.state.code, v.state.name))
	o.Raw("VoucherType", reference(codeOf(v.form.VoucherType), ""))
	o.Raw("Partner", reference(codeOf(v.form.Partner), codeOf(v.form.Partner)))
	o.Raw("Warehouse", reference(codeOf(v.form.Warehouse), codeOf(v.form.Warehouse)))
	o.Raw("Clerk", reference(codeOf(v.form.Clerk), codeOf(v.form.Clerk)))
	o.Text("SourceVoucherCode", "")
	o.Text("Memo", string(v.form.Memo))
	lines := make([]string, len(v.form.RDRecordDetails))
	for i, l := range v.form.RDRecordDetails {
		lines[i] = spellLine(l, codeOf(v.form.VoucherType))
	}
	o.Raw("RDRecordDetails", "["+strings.Join(lines, ",")+"]")
	return string(o.End())
}

func spellLine(l line, voucherType string) string {
	o := jsonout.Begin(nil)
	inventory := jsonout.Begin(nil)
	inventory.Text("Code", codeOf(l.Inventory))
	inventory.Text("Name", codeOf(l.Inventory))
	inventory.Text("Specification", "")
	o.Raw("Inventory", string(inventory.End()))
	unit := ""
	if l.Unit != nil {
		unit = string(l.Unit.Name)
	}
	o.Raw("Unit", reference("", unit))
	o.Raw("Quantity", l.quantity(voucherType).text)
	if l.OrigTaxSalePrice != nil {
		o.Raw("origTaxSalePrice", l.OrigTaxSalePrice.text)
	}
	o.Text("DetailMemo", string(l.DetailMemo))
	return string(o.End())
}

func reference(code, name string) string {
	o := jsonout.Begin(nil)
	o.Text("Code", code)
	o.Text("Name", name)
	return string(o.End())
}
