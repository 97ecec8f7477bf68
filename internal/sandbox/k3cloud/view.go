package k3cloud

import (
	"strconv"
	"strings"

	"pandian/internal/sandbox/jsonout"
)

// view shows one bill, by Number or Id, under the form's property names.
func (s *Server) view(c *call) answer {
	if refused, ok := s.checkForm(c.argument(0, "formid").plain()); !ok {
		return refused
	}
	data, ok := c.data(1)
	if !ok {
		return refusal(codeParameter, textBadData)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	number, id := data.get("Number").plain(), data.get("Id").plain()
	found, missing := s.store.byNumber[number], textNoNumbers([]string{number})
	if number == "" {
		n, _ := strconv.ParseInt(id, 10, 64) // what is no number is no id either
		found, missing = s.store.byID[n], textNoIDs([]string{id})
	}
	if found == nil {
		return refusal(codeNoSuchValue, missing)
	}
	o := jsonout.Begin([]byte(`{"Result":`))
	o.Raw("ResponseStatus", string(responseStatus(nil, nil)))
	o.Raw("Result", string(s.form.show(found, s.options.Account.LCID)))
	return answer{body: append(o.End(), '}'), ok: true}
}

// show is a bill under property names. The names of its entities are assumed.
func (f *form) show(b *bill, lcid int) []byte {
	o := jsonout.Begin(nil)
	o.Int("Id", b.id)
	f.properties(&o, header, record{bill: b}, lcid)
	inner := jsonout.Begin(nil)
	f.properties(&inner, finance, record{bill: b}, lcid)
	o.Raw("SubHeadEntity", string(list([][]byte{inner.End()})))
	var rows [][]byte
	for i, l := range b.rows {
		one := jsonout.Begin(nil)
		one.Int("Id", l.id)
		one.Int("Seq", int64(i+1))
		f.properties(&one, row, record{bill: b, line: l}, lcid)
		rows = append(rows, one.End())
	}
	o.Raw("Entity", string(list(rows)))
	return o.End()
}

// properties shows the fields of one place; base data by id and as an object.
func (f *form) properties(o *jsonout.Object, at place, r record, lcid int) {
	for _, one := range f.all {
		if one.place != at || one.key == "FID" || strings.EqualFold(one.key, "FENTRYID") {
			continue
		}
		name, text := property(one.key), one.value(r)
		switch {
		case one.shape == opaque:
			if text == "" {
				text = "null"
			}
			o.Raw(name, text)
		case one.shape != reference:
			o.Raw(name, string(cell{one.shape, text}.json()))
		case text == "":
			o.Int(name+"_Id", 0)
			o.Null(name)
		default:
			id := internalID(one.base, text)
			o.Int(name+"_Id", id)
			o.Raw(name, string(baseData(id, text, lcid)))
		}
	}
}

// property is a field's key without its leading F; two are known to differ, and
// custom fields keep theirs (assumed).
func property(key string) string {
	switch key {
	case "FEntrynote":
		return "Note"
	case "FEntryTaxRate":
		return "TaxRate"
	}
	if strings.HasPrefix(key, "F_") {
		return key
	}
	return strings.TrimPrefix(key, "F")
}

func baseData(id int64, code string, lcid int) []byte {
	name := jsonout.Begin(nil)
	name.Int("Key", int64(lcid))
	name.Text("Value", nameOf(code))
	o := jsonout.Begin(nil)
	o.Int("Id", id)
	o.Text("Number", code)
	o.Raw("Name", string(list([][]byte{name.End()})))
	return o.End()
}
