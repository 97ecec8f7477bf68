package k3cloud

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// condition tells whether a record is wanted.
type condition func(record) bool

// word is one piece of a filter: a text in quotes, a number, a comparison, a
// bracket, or a name.
var word = regexp.MustCompile(`^(?:N?'(?:[^']|'')*'|-?[0-9]+(?:\.[0-9]+)?|<>|!=|>=|<=|[=<>(),]|[A-Za-z_][A-Za-z0-9_.]*)`)

// parser reads the SQL of a FilterString: comparisons and in (…), joined by and,
// or and brackets. A quote within a text is doubled (assumed).
type parser struct {
	find  func(key string) (column, bool)
	rows  bool // a field of a row was named
	words []string
}

// column finds a field.
func (p *parser) column(key string) (column, *problem) {
	col, ok := p.find(key)
	if !ok {
		return column{}, &problem{message: textNoField(key), code: codeNoSuchValue}
	}
	p.rows = p.rows || col.row
	return col, nil
}

// filter reads a FilterString, which is SQL or an array of conditions.
func (p *parser) filter(sent value) (condition, *problem) {
	sql := sent.plain()
	if sent.kind == array {
		sql = conditionsAsSQL(sent.items)
	}
	if strings.TrimSpace(sql) == "" {
		return func(record) bool { return true }, nil
	}
	for rest := strings.TrimSpace(sql); rest != ""; {
		found := word.FindString(rest)
		if found == "" {
			return nil, badFilter()
		}
		p.words = append(p.words, found)
		rest = strings.TrimSpace(rest[len(found):])
	}
	out, refused := p.either()
	if refused == nil && len(p.words) > 0 {
		refused = badFilter()
	}
	return out, refused
}

func badFilter() *problem { return &problem{message: textBadFilter, code: codeException} }

// conditionsAsSQL writes {"Left","FieldName","Compare","Value","Right","Logic"}
// as text; the Logic of the last joins nothing. The values of an in are joined
// by commas (assumed).
func conditionsAsSQL(items []value) string {
	var b strings.Builder
	for i, item := range items {
		compare := item.get("Compare").plain()
		right := quoted(item.get("Value").plain())
		if strings.EqualFold(compare, "in") {
			var texts []string
			for part := range strings.SplitSeq(item.get("Value").plain(), ",") {
				texts = append(texts, quoted(part))
			}
			right = "(" + strings.Join(texts, ",") + ")"
		}
		b.WriteString(strings.Join([]string{
			item.get("Left").plain(), item.get("FieldName").plain(), compare, right, item.get("Right").plain(),
		}, " "))
		if i < len(items)-1 {
			logic := item.get("Logic").plain()
			if logic == "" {
				logic = "and"
			}
			b.WriteString(" " + logic + " ")
		}
	}
	return b.String()
}

func quoted(text string) string { return "'" + strings.ReplaceAll(text, "'", "''") + "'" }

// take removes the next word if it is the wanted one, in any letter case.
func (p *parser) take(wanted string) bool {
	if len(p.words) == 0 || !strings.EqualFold(p.words[0], wanted) {
		return false
	}
	p.words = p.words[1:]
	return true
}

// next removes the next word; empty at the end.
func (p *parser) next() string {
	if len(p.words) == 0 {
		return ""
	}
	out := p.words[0]
	p.words = p.words[1:]
	return out
}

func (p *parser) either() (condition, *problem) {
	left, refused := p.both()
	for refused == nil && p.take("or") {
		var right condition
		right, refused = p.both()
		before := left
		left = func(r record) bool { return before(r) || right(r) }
	}
	return left, refused
}

func (p *parser) both() (condition, *problem) {
	left, refused := p.single()
	for refused == nil && p.take("and") {
		var right condition
		right, refused = p.single()
		before := left
		left = func(r record) bool { return before(r) && right(r) }
	}
	return left, refused
}

func (p *parser) single() (condition, *problem) {
	if p.take("(") {
		inside, refused := p.either()
		if refused == nil && !p.take(")") {
			refused = badFilter()
		}
		return inside, refused
	}
	key := p.next()
	if key == "" || !isName(key) {
		return nil, badFilter()
	}
	col, refused := p.column(key)
	if refused != nil {
		return nil, refused
	}
	if p.take("in") {
		return p.among(col)
	}
	return p.comparison(col)
}

func isName(text string) bool {
	return text[0] == '_' || text[0] >= 'A' && text[0] <= 'Z' || text[0] >= 'a' && text[0] <= 'z'
}

// among reads the list of an in.
func (p *parser) among(col column) (condition, *problem) {
	if !p.take("(") {
		return nil, badFilter()
	}
	var wanted []string
	for {
		one, ok := literal(p.next())
		if !ok {
			return nil, badFilter()
		}
		wanted = append(wanted, one)
		if p.take(")") {
			break
		}
		if !p.take(",") {
			return nil, badFilter()
		}
	}
	return func(r record) bool {
		got := col.read(r)
		return slices.ContainsFunc(wanted, func(one string) bool { return got.compareText(one) == 0 })
	}, nil
}

func (p *parser) comparison(col column) (condition, *problem) {
	operator := p.next()
	tests := map[string]func(int) bool{
		"=": func(c int) bool { return c == 0 }, "<>": func(c int) bool { return c != 0 },
		"!=": func(c int) bool { return c != 0 }, "<": func(c int) bool { return c < 0 },
		"<=": func(c int) bool { return c <= 0 }, ">": func(c int) bool { return c > 0 },
		">=": func(c int) bool { return c >= 0 },
	}
	test, ok := tests[operator]
	wanted, isLiteral := literal(p.next())
	if !ok || !isLiteral {
		return nil, badFilter()
	}
	return func(r record) bool { return test(col.read(r).compareText(wanted)) }, nil
}

// literal is the content of a text in quotes, or a number.
func literal(piece string) (string, bool) {
	if inside, ok := strings.CutSuffix(piece, "'"); ok {
		_, inside, _ = strings.Cut(inside, "'") // an N may stand before
		return strings.ReplaceAll(inside, "''", "'"), true
	}
	_, ok := exact(piece)
	return piece, ok
}

// compareText holds a cell against a literal of a filter.
func (c cell) compareText(wanted string) int {
	switch c.shape {
	case day:
		if at, ok := readDay(strings.Replace(wanted, "T", " ", 1)); ok {
			wanted = at
		}
	case yesNo:
		wanted = strconv.FormatBool(value{text: wanted}.yes(false))
	}
	return c.compare(cell{c.shape, wanted})
}
