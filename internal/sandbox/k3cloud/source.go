package k3cloud

import (
	"strconv"
	"strings"
)

// record is what a query runs over: a bill, or one row of it, or base data.
type record struct {
	bill  *bill
	line  line
	plain map[string]string // base data, by key in lower case
}

// column reads one value of a record.
type column struct {
	read func(record) cell
	row  bool // a field of FEntity
}

// source is a form as queries see it.
type source struct {
	find    func(key string) (column, bool)
	records func(perRow bool) []record
}

// source finds a form that can be queried: the bills, and the currencies, which
// clients ask for to keep a session alive.
func (s *Server) source(id string) (source, bool) {
	switch {
	case strings.EqualFold(id, s.form.id):
		return source{find: s.form.column, records: s.store.records}, true
	case strings.EqualFold(id, "BD_Currency"):
		return source{find: currencyColumn, records: currencies}, true
	}
	return source{}, false
}

// records are the bills, or with perRow their rows; a bill without rows counts
// as one.
func (s *store) records(perRow bool) []record {
	var out []record
	for _, b := range s.order {
		if !perRow || len(b.rows) == 0 {
			out = append(out, record{bill: b})
			continue
		}
		for _, l := range b.rows {
			out = append(out, record{bill: b, line: l})
		}
	}
	return out
}

// column reads a field by its key in any letter case. Base data shows its
// internal id; key.FNumber is its code and key.FName its name.
func (f *form) column(key string) (column, bool) {
	key, of, dotted := strings.Cut(key, ".")
	found, ok := f.anywhere(key)
	if !ok || dotted && found.shape != reference {
		return column{}, false
	}
	text := found.value
	switch {
	case found.shape != reference:
		return column{func(r record) cell { return cell{found.shape, text(r)} }, found.place == row}, true
	case !dotted:
		return column{func(r record) cell { return cell{figure, idOf(found, text(r))} }, found.place == row}, true
	case strings.EqualFold(of, "FNumber"):
		return column{func(r record) cell { return cell{reference, text(r)} }, found.place == row}, true
	case strings.EqualFold(of, "FName"):
		return column{func(r record) cell { return cell{reference, nameOf(text(r))} }, found.place == row}, true
	}
	return column{}, false
}

// value is a field's text in a record.
func (f field) value(r record) string {
	switch {
	case f.key == "FID":
		return strconv.FormatInt(r.bill.id, 10)
	case f.key == "FDocumentStatus":
		return r.bill.status
	case f.key == "FENTRYID":
		return strconv.FormatInt(r.line.id, 10)
	case f.place == header:
		return r.bill.header[f.key]
	case f.place == finance:
		return r.bill.finance[f.key]
	}
	return r.line.values[f.key]
}

func idOf(f field, code string) string {
	if code == "" {
		return ""
	}
	return strconv.FormatInt(internalID(f.base, code), 10)
}

// nameOf is a made-up name of base data.
func nameOf(code string) string {
	if code == "" {
		return ""
	}
	return "名称" + code
}

// currencyColumn reads a field of BD_Currency.
func currencyColumn(key string) (column, bool) {
	key = strings.ToLower(key)
	if _, ok := currencies(false)[0].plain[key]; !ok {
		return column{}, false
	}
	return column{read: func(r record) cell { return cell{words, r.plain[key]} }}, true
}

// currencies are those that clients name; that PRE007 is the US dollar is
// assumed.
func currencies(bool) []record {
	return []record{
		{plain: map[string]string{"fnumber": "PRE001", "fcode": "CNY", "fname": "人民币"}},
		{plain: map[string]string{"fnumber": "PRE007", "fcode": "USD", "fname": "美元"}},
	}
}
