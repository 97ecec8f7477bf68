package tplus

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"pandian/internal/sandbox/jsonout"
)

// maxPage is the most rows of a page of FindVoucherList.
const maxPage = 1000

// columns are what FindVoucherList can show and filter by; the first four are
// shown when nothing is asked for.
var columns = []struct {
	name string
	cell func(voucher) string
}{
	{"id", func(v voucher) string { return strconv.FormatInt(v.id, 10) }},
	{"code", func(v voucher) string { return v.code }},
	{"externalcode", func(v voucher) string { return string(v.form.ExternalCode) }},
	{"ts", func(v voucher) string { return fmt.Sprintf("%016x", v.ts) }},
	{"voucherdate", func(v voucher) string { return v.date }},
	{"voucherstate", func(v voucher) string { return v.state.code }},
	{"partner", func(v voucher) string { return codeOf(v.form.Partner) }},
	{"warehouse", func(v voucher) string { return codeOf(v.form.Warehouse) }},
}

// column finds a column by its name in any letter case.
func column(name string) int {
	for i, c := range columns {
		if strings.EqualFold(c.name, name) {
			return i
		}
	}
	return -1
}

// list is what FindVoucherList asks for.
type list struct {
	columns         []int
	filter          map[int]string
	pageIndex, size int
}

// readList reads the members at the top level. An unknown field or parameter is
// a bad argument (assumed): a filter that is passed over would show too much.
func readList(args map[string]json.RawMessage) (list, *refusal) {
	l := list{filter: map[int]string{}, pageIndex: -1, size: 20}
	var fields []string
	var params map[string]loose
	for name, into := range map[string]any{
		"selectFields": &fields, "paramDic": &params, "pageIndex": &l.pageIndex, "pageSize": &l.size,
	} {
		if raw, sent := args[name]; sent && json.Unmarshal(raw, into) != nil {
			return l, rows["EXERROR0001"]
		}
	}
	if len(fields) == 0 {
		fields = []string{"id", "code", "externalcode", "ts"}
	}
	for _, name := range fields {
		l.columns = append(l.columns, column(name))
	}
	for name, value := range params {
		l.filter[column(name)] = string(value)
	}
	_, unknown := l.filter[-1]
	if unknown || slices.Contains(l.columns, -1) || l.size < 1 || l.size > maxPage {
		return l, rows["EXERROR0001"]
	}
	return l, nil
}

// findVouchers lists vouchers as a matrix of columns and rows.
func (s *Server) findVouchers(args map[string]json.RawMessage, _ time.Time) ([]byte, *refusal) {
	l, refused := readList(args)
	if refused != nil {
		return nil, refused
	}
	matching := slices.DeleteFunc(s.store.all(), func(v voucher) bool {
		for c, want := range l.filter {
			if columns[c].cell(v) != want {
				return true
			}
		}
		return false
	})
	names, cells := []string{}, [][]string{}
	for _, c := range l.columns {
		names = append(names, columns[c].name)
	}
	for _, v := range l.page(matching, s.options.PagesFromZero) {
		row := []string{}
		for _, c := range l.columns {
			row = append(row, columns[c].cell(v))
		}
		cells = append(cells, row)
	}
	data := jsonout.Begin(nil)
	data.Raw("Columns", texts(names))
	data.Raw("Rows", texts(cells))
	data.Int("TotalPageNum", int64((len(matching)+l.size-1)/l.size))
	return standard(string(data.End())), nil
}

// page cuts out the page that is asked for; an index before the first page means
// the first (assumed).
func (l list) page(all []voucher, fromZero bool) []voucher {
	index := l.pageIndex
	if !fromZero {
		index--
	}
	from := min(max(index, 0), len(all)) * l.size
	from = min(from, len(all))
	return all[from:min(from+l.size, len(all))]
}

// texts writes texts, or rows of them, as JSON.
func texts(value any) string {
	out, err := json.Marshal(value)
	if err != nil {
		return "[]" // texts always marshal
	}
	return string(out)
}
