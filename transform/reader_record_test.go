package transform_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// part is a record or what stands in one of its lists.
type part struct {
	table string
	lists []list
	// inherits is the table some of whose fields may stand here, too.
	inherits string
}

type list struct {
	name string
	of   part
}

// saleoutParts has the lists where the wire and where the published page shows them.
func saleoutParts() part {
	sn := list{"sns", part{table: "jst.saleout_sn"}}
	batch := list{"batchs", part{table: "jst.saleout_batch", lists: []list{sn}}}
	pay := list{"pays", part{table: "jst.saleout_pay", inherits: "jst.saleout"}}
	item := list{"items", part{table: "jst.saleout_item", lists: []list{batch, sn, pay}, inherits: "jst.saleout"}}
	cluster := list{"ClusterInfos", part{table: "jst.saleout_cluster"}}
	return part{table: "jst.saleout", lists: []list{item, batch, sn, pay, cluster}}
}

func stockoutParts() part {
	position := list{"position_list", part{table: "wdt.stockout_position"}}
	line := list{"details_list", part{table: "wdt.stockout_line", lists: []list{position}}}
	return part{table: "wdt.stockout", lists: []list{line}}
}

// Values as platforms write them, the harmless ones first, by what the column holds.
func valuesOf(kind string) (harmless, harmful []string) {
	switch kind {
	case "numeric":
		return strings.Fields(`1 0 -1.50 "706.00" "" null 1e-8 1E5 "1E2" 9007199254740993 "123456789012345678" ".5" "1." "+2" "\t7"`),
			strings.Fields(`"1,234.50" "１２" "abc" 1e400 1e999999 "1234567890123456789" true {} [1] "NaN" 1e99`)
	case "time":
		return []string{`"2026-07-01 10:00:00"`, `"2026-07-01T10:00:00.5"`, `"2024-02-29"`, `""`, `null`, `"  "`,
				`"0000-00-00 00:00:00"`, `"1000-01-01 00:00:00"`, `"1988-05-01 00:30:00"`, `"0001-01-31 00:00:00"`},
			[]string{`"2023-02-29"`, `"2024-13-01"`, `"now"`, `1704067200`, `"2026-06-31 00:00:00"`, `"２０２４-01-01"`}
	default:
		return []string{`"a"`, `""`, `" b "`, `null`, `1.50`, `1e2`, `true`, `"全角１２"`, `"q\"Foo\": 1"`, `"back\\"`,
			`{"A":  1, "b":[1 ,2]}`, `[ ]`, `"\u4e2d"`, `"x\u0001y"`, `"😀"`, `"ClusterInfos"`, `"tab\t"`}, nil
	}
}

// scribe writes records that are as odd as those of platforms get. Which ones,
// its seed alone decides.
type scribe struct {
	*rand.Rand
	columns map[string][][2]string // of a table: name and kind
	// Of the record at hand: names are spelled in some case, and some values do
	// not fit their column.
	hasCapitals, isBad bool
}

func (s *scribe) is(odds float64) bool { return s.Float64() < odds }

func oneOf[T any](s *scribe, all ...T) T { return all[s.IntN(len(all))] }

// record is one with a key and a time. Few keys, so that some repeat.
func (s *scribe) record(key string, number int, of part) string {
	s.hasCapitals, s.isBad = s.is(0.25), s.is(0.3)
	members := s.members(of, 0.6)
	if s.is(0.96) {
		value := fmt.Sprintf(oneOf(s, "%d", `"%d"`, `" %d "`), number)
		members = append(members, s.member(key, oneOf(s, append(strings.Fields(strings.Repeat("x ", 60)), `""`, "null")...), value))
	}
	if s.is(0.9) {
		members = append(members, s.member("modified", "x", fmt.Sprintf(`"2026-07-0%d 10:00:00"`, 1+s.IntN(9))))
	}
	return s.object(members)
}

// member is a field with a value, or with another one instead unless that is x.
func (s *scribe) member(name, instead, value string) string {
	if instead != "x" {
		value = instead
	}
	if s.hasCapitals && s.is(0.3) {
		name = oneOf(s, strings.ToUpper(name), strings.ToUpper(name[:1])+name[1:])
	}
	blank := oneOf(s, "", " ")
	return fmt.Sprintf(`"%s"%s:%s%s`, name, blank, blank, value)
}

// members are fields of a part and its lists, in no order.
func (s *scribe) members(of part, odds float64) []string {
	members := s.fields(of.table, odds)
	if of.inherits != "" && s.is(0.2) {
		members = append(members, s.fields(of.inherits, 0.05)...)
	}
	for _, list := range of.lists {
		if s.is(0.5) {
			members = append(members, s.member(list.name, "x", s.array(list.of)))
		}
	}
	s.Shuffle(len(members), func(i, j int) { members[i], members[j] = members[j], members[i] })
	return members
}

func (s *scribe) fields(table string, odds float64) []string {
	var members []string
	for _, column := range s.columns[table] {
		if s.is(odds) {
			members = append(members, s.member(column[0], "x", s.value(column[1])))
		}
		if s.is(0.005) { // a second time
			members = append(members, s.member(column[0], "x", s.value(column[1])))
		}
	}
	if s.is(0.2) {
		members = append(members, s.member("unheard_of", "x", `"x"`))
	}
	return members
}

func (s *scribe) value(kind string) string {
	harmless, harmful := valuesOf(kind)
	if s.isBad && len(harmful) > 0 && s.is(0.01) {
		return oneOf(s, harmful...)
	}
	return oneOf(s, harmless...)
}

func (s *scribe) array(of part) string {
	switch {
	case s.is(0.04):
		return oneOf(s, "null", `""`, "{}", "{ }", "[]", `" "`)
	case s.is(0.01):
		return oneOf(s, `"x"`, "5", "true", `{"a":1}`)
	}
	var elements []string
	for range s.IntN(4) {
		if s.is(0.005) {
			elements = append(elements, oneOf(s, "1", `"x"`, "null", "[]"))
		} else {
			elements = append(elements, s.object(s.members(of, 0.6)))
		}
	}
	return "[" + strings.Join(elements, ", ") + "]"
}

func (s *scribe) object(members []string) string {
	return "{" + strings.Join(members, oneOf(s, ",", ", ")) + "}"
}
