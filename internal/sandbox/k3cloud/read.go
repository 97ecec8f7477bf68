package k3cloud

import (
	"strconv"
	"strings"
	"time"
)

// reading turns one Model into a bill.
type reading struct {
	server *Server
	// options of the call
	verify bool
	update map[string]bool // the fields to change, in lower case; empty means all
	drop   bool            // rows that are not sent are deleted

	index    int // DIndex
	fresh    bool
	lost     bool // there is no bill with the FID that was sent
	bill     *bill
	problems []problem
}

// model fills the bill from what was sent. Keys are set in the order in which
// they came; those that no field answers to are noted and ignored.
func (r *reading) model(model value) {
	for _, m := range model.members {
		switch {
		case strings.EqualFold(m.name, "SubHeadEntity"):
			r.subHead(m)
		case strings.EqualFold(m.name, "FEntity"):
			r.entity(m)
		case strings.EqualFold(m.name, "FOutStockTrace"): // 物流跟踪: taken and not looked at
		default:
			r.set(header, m, r.bill.header, 0)
		}
	}
	if number := r.bill.header["FBillNo"]; number != "" {
		r.bill.number = number
	}
	r.bill.payload = model.json()
	r.bill.keyOrder = keyOrder(model)
}

func (r *reading) subHead(m member) {
	if m.value.kind != object {
		r.server.store.misplace("SubHeadEntity", "is not an object")
		return
	}
	for _, inner := range m.value.members {
		r.set(finance, inner, r.bill.finance, 0)
	}
}

// entity sets the rows. One with the id of a row that is there changes it.
func (r *reading) entity(m member) {
	if m.value.kind != array {
		r.server.store.misplace("FEntity", "is not an array")
		return
	}
	var rows []line
	for i, item := range m.value.items {
		l := line{values: rowDefaults(r.bill)}
		id, _ := strconv.ParseInt(item.get("FENTRYID").plain(), 10, 64) // no id means a new row
		if old := r.bill.line(id); old != nil {
			l = *old
		}
		for _, inner := range item.members {
			r.set(row, inner, l.values, i+1)
		}
		rows = append(rows, l)
	}
	if !r.drop {
		rows = append(keptLines(r.bill.rows, rows), rows...)
	}
	r.bill.rows = r.withoutUnknown(rows)
}

// keptLines are the rows that were not sent.
func keptLines(before, sent []line) []line {
	var kept []line
	for _, old := range before {
		found := false
		for _, l := range sent {
			found = found || l.id == old.id
		}
		if !found {
			kept = append(kept, old)
		}
	}
	return kept
}

// withoutUnknown leaves rows out whose material nobody knows, on servers that do.
func (r *reading) withoutUnknown(rows []line) []line {
	if !r.server.options.DropUnknownRows || r.verify {
		return rows
	}
	var kept []line
	for _, l := range rows {
		if sent, ok := l.values["FMaterialID"]; !ok || sent != "" {
			kept = append(kept, l)
		}
	}
	return kept
}

func (b *bill) line(id int64) *line {
	for i := range b.rows {
		if id != 0 && b.rows[i].id == id {
			return &b.rows[i]
		}
	}
	return nil
}

// set gives one field its value. Row counts from 1; 0 is no row.
func (r *reading) set(at place, m member, values map[string]string, rowNumber int) {
	f, ok := r.server.form.field(at, m.name)
	if !ok {
		r.server.store.misplace(at.prefix()+m.name, r.reason(at, m.name))
		return
	}
	if f.key == "FID" || strings.EqualFold(f.key, "FENTRYID") {
		return
	}
	if f.key == "FDocumentStatus" {
		r.server.store.misplace(f.key, "is set by the platform")
		return
	}
	if !r.fresh && len(r.update) > 0 && !r.update[strings.ToLower(f.key)] {
		return
	}
	if f.shape == reference {
		values[f.key] = r.code(f, m.value, rowNumber)
		return
	}
	got, ok := read(f.shape, m.value)
	if !ok {
		r.problems = append(r.problems, problem{f.key, textBadValue(f.name, m.value.text), r.index, codeParameter})
		return
	}
	values[f.key] = got
}

// reason says where a key that is not known here belongs.
func (r *reading) reason(at place, key string) string {
	switch {
	case at != header && (strings.EqualFold(key, "SubHeadEntity") || strings.EqualFold(key, "FEntity")):
		return "belongs to the header"
	case strings.EqualFold(key, "FormId") || strings.EqualFold(key, "Operation"):
		return "belongs to the call"
	case isOption(key):
		return "belongs beside Model"
	}
	if f, ok := r.server.form.anywhere(key); ok {
		return "belongs to " + f.place.String()
	}
	return "no such field"
}

// code reads a reference. A code that nobody knows leaves the field empty, and
// is an error only if the call asked for that.
func (r *reading) code(f field, sent value, rowNumber int) string {
	if sent.kind != object {
		if sent.kind != null && sent.text != "" {
			r.server.store.misplace(f.place.prefix()+f.key, "is a reference and needs an object")
		}
		return ""
	}
	code := referenced(f, sent)
	if f.base == "" || code == "" || r.server.options.Known(f.base, code) {
		return code
	}
	if r.verify {
		r.problems = append(r.problems, problem{f.key, unknownText(f, code, rowNumber), r.index, codeNoSuchValue})
	}
	return ""
}

func unknownText(f field, code string, rowNumber int) string {
	if rowNumber == 0 {
		return textUnknownCode(f.name, code)
	}
	return "单据体实体【明细信息】第【" + strconv.Itoa(rowNumber) + "】行分录，" + textUnknownCode(f.name, code)
}

// referenced is the code in a reference: FNumber in any letter case, or the key
// that persons, carriers and users go by. References by internal id are not
// simulated and leave the field empty.
func referenced(f field, sent value) string {
	keys := []string{"FNumber"}
	if f.base == "" {
		keys = []string{"FNumber", "FNAME", "FCODE", "FUserID", "FStaffNumber"}
	}
	for _, key := range keys {
		if code := sent.get(key).plain(); code != "" {
			return code
		}
	}
	return ""
}

// read checks a plain value and returns it as text.
func read(s shape, sent value) (string, bool) {
	if s == opaque {
		return string(sent.json()), true
	}
	if sent.kind == object || sent.kind == array {
		return "", false
	}
	switch {
	case s == words || sent.text == "":
		return sent.text, true
	case s == figure:
		d, ok := exact(sent.text)
		return d.String(), ok
	case s == yesNo:
		_, err := strconv.ParseBool(strings.ToLower(sent.text))
		return strconv.FormatBool(sent.yes(false)), err == nil
	}
	return readDay(sent.text)
}

// readDay reads yyyy-MM-dd, with or without HH:mm:ss, as the server's local time
// and returns it the way that answers show it.
func readDay(sent string) (string, bool) {
	for _, layout := range []string{time.DateOnly, time.DateTime} {
		if at, err := time.ParseInLocation(layout, sent, beijing()); err == nil {
			return at.Format(wireTime), true
		}
	}
	return "", false
}

// wireTime is how answers show a time: the server's local one, without a zone.
const wireTime = "2006-01-02T15:04:05"

// keyOrder lists the keys of a Model in their order.
func keyOrder(model value) []string {
	var keys []string
	for _, m := range model.members {
		keys = append(keys, m.name)
		inner := m.value
		switch {
		case strings.EqualFold(m.name, "FEntity") && len(inner.items) > 0:
			inner = inner.items[0]
		case !strings.EqualFold(m.name, "SubHeadEntity"):
			continue
		}
		for _, below := range inner.members {
			keys = append(keys, m.name+"."+below.name)
		}
	}
	return keys
}

// newBill has the values of fields that are not sent (assumed).
func newBill(now time.Time) *bill {
	return &bill{
		header: map[string]string{
			"FBillTypeID": "XSCKD01_SYS", "FDate": now.In(beijing()).Format(time.DateOnly) + "T00:00:00",
			"FOwnerTypeIdHead": "BD_OwnerOrg",
		},
		finance: map[string]string{
			"FSettleCurrID": "PRE001", "FLocalCurrID": "PRE001", "FExchangeTypeID": "HLTX01_SYS", "FExchangeRate": "1",
		},
	}
}

// rowDefaults are the values of row fields that are not sent (assumed).
func rowDefaults(b *bill) map[string]string {
	return map[string]string{
		"FRowType": "Standard", "FUnitID": "Pcs", "FOwnerTypeID": "BD_OwnerOrg", "FOwnerID": b.header["FStockOrgId"],
		"FStockStatusID": "KCZT01_SYS", "FIsFree": "false",
	}
}
