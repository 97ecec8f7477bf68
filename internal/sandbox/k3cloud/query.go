package k3cloud

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"pandian/internal/sandbox/jsonout"
)

// The rows that a query returns at most.
const (
	rowsByDefault = 2000
	rowsAtMost    = 10000
)

// asked is one query after its words were understood.
type asked struct {
	keys    []string
	columns []column
	filter  condition
	order   []ordering
	records []record
	start   int
	limit   int
}

type ordering struct {
	column column
	down   bool
}

// queryTable is ExecuteBillQuery: rows as arrays, in the order of FieldKeys. Its
// refusals are made a table of one cell by the caller.
func (s *Server) queryTable(c *call) answer {
	return s.query(c, func(q asked, r record) []byte {
		cells := make([][]byte, len(q.columns))
		for i, col := range q.columns {
			cells[i] = col.read(r).json()
		}
		return list(cells)
	})
}

// queryObjects is BillQuery: rows as objects.
func (s *Server) queryObjects(c *call) answer {
	return s.query(c, func(q asked, r record) []byte {
		o := jsonout.Begin(nil)
		for i, col := range q.columns {
			o.Raw(q.keys[i], string(col.read(r).json()))
		}
		return o.End()
	})
}

func (s *Server) query(c *call, show func(asked, record) []byte) answer {
	data, ok := c.data(0)
	if !ok {
		return refusal(codeParameter, textBadData)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	q, refused := s.understand(data)
	if refused != nil {
		return envelope([]problem{*refused}, nil)
	}
	var rows [][]byte
	for _, r := range q.run() {
		rows = append(rows, show(q, r))
	}
	return answer{body: list(rows), ok: true}
}

// understand reads a query. Entry rows come into play as soon as one of their
// fields is named anywhere.
func (s *Server) understand(data value) (asked, *problem) {
	id := data.get("FormId").plain()
	source, ok := s.source(id)
	switch {
	case id == "":
		return asked{}, &problem{message: codeText(codeNoForm), code: codeNoForm}
	case !ok:
		return asked{}, &problem{message: textNoForm(id), code: codeException}
	}
	q := asked{start: max(0, integer(data.get("StartRow"))), limit: integer(data.get("Limit"))}
	if q.limit <= 0 {
		q.limit = rowsByDefault
	}
	q.limit = min(q.limit, rowsAtMost) // a larger one is cut without a word (assumed)
	if top := integer(data.get("TopRowCount")); top > 0 {
		q.limit = min(q.limit, max(0, top-q.start))
	}
	p := &parser{find: source.find}
	if refused := q.selectColumns(data.get("FieldKeys").plain(), p); refused != nil {
		return asked{}, refused
	}
	if refused := q.orderBy(data.get("OrderString").plain(), p); refused != nil {
		return asked{}, refused
	}
	var refused *problem
	if q.filter, refused = p.filter(data.get("FilterString")); refused != nil {
		return asked{}, refused
	}
	q.records = source.records(p.rows)
	return q, nil
}

// integer is a number of a query that may come as text; anything else is 0.
func integer(v value) int {
	n, err := strconv.Atoi(v.plain())
	if err != nil {
		return 0
	}
	return n
}

func (q *asked) selectColumns(keys string, p *parser) *problem {
	for key := range strings.SplitSeq(keys, ",") {
		key = strings.TrimSpace(key)
		col, refused := p.column(key)
		if refused != nil {
			return refused
		}
		q.keys = append(q.keys, key)
		q.columns = append(q.columns, col)
	}
	return nil
}

func (q *asked) orderBy(order string, p *parser) *problem {
	if strings.TrimSpace(order) == "" {
		return nil
	}
	for part := range strings.SplitSeq(order, ",") {
		key, direction, _ := strings.Cut(strings.TrimSpace(part), " ")
		col, refused := p.column(key)
		if refused != nil {
			return refused
		}
		q.order = append(q.order, ordering{col, strings.EqualFold(strings.TrimSpace(direction), "desc")})
	}
	return nil
}

// run picks, sorts and cuts the records.
func (q *asked) run() []record {
	var picked []record
	for _, r := range q.records {
		if q.filter(r) {
			picked = append(picked, r)
		}
	}
	slices.SortStableFunc(picked, func(a, b record) int {
		for _, o := range q.order {
			by := o.column.read(a).compare(o.column.read(b))
			if o.down {
				by = -by
			}
			if by != 0 {
				return by
			}
		}
		return 0
	})
	picked = picked[min(q.start, len(picked)):]
	return picked[:min(q.limit, len(picked))]
}

// cell is one value of an answer.
type cell struct {
	shape shape
	text  string // empty is no value
}

func (c cell) json() []byte {
	switch {
	case c.shape == words:
		return jsonout.AppendString(nil, c.text)
	case c.text == "" && c.shape == figure:
		return []byte("0")
	case c.text == "":
		return []byte("null")
	case c.shape == figure, c.shape == yesNo:
		return []byte(c.text)
	}
	return jsonout.AppendString(nil, c.text)
}

func (c cell) compare(other cell) int {
	if c.shape == figure {
		return amount(c.text).Cmp(amount(other.text))
	}
	return cmp.Compare(c.text, other.text)
}
