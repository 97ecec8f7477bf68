package jdy

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"
)

// firstID is the first id of a 商品: like a real one it is above 2^53, so that
// a float cannot hold it.
const firstID = int64(925150323784304641)

// material is one 商品 as stored. A stored one is never changed, only replaced.
type material struct {
	id           int64
	number, name string
	values       map[int]json.RawMessage // by place in fields
	modified     time.Time
}

// store keeps the 商品 of the account set, unique by number.
type store struct {
	mu       sync.Mutex
	byID     map[int64]*material
	byNumber map[string]*material
	names    map[string]int // how many have this name
	lastID   int64
	serial   int
}

func newStore() *store {
	return &store{
		byID: map[int64]*material{}, byNumber: map[string]*material{}, names: map[string]int{}, lastID: firstID - 1,
	}
}

// saved is what became of one item: a refusal, or a 商品 that is new or changed.
type saved struct {
	material *material
	created  bool
	refusal  string
}

// save makes or changes one 商品 by the rules of V2, taken over for V1
// (assumed). place counts from 1 within the call.
func (st *store) save(x item, place int, names generation, o Options, now time.Time) saved {
	st.mu.Lock()
	defer st.mu.Unlock()
	old := st.byID[x.id]
	if same := st.byNumber[x.number]; old == nil && same != nil && x.id == 0 && x.ignoreWarn && o.IgnoreWarnOverwrites {
		old = same
	}
	if refusal := check(x, place, names, o, old); refusal != "" {
		return saved{refusal: refusal}
	}
	if refusal := st.clash(x, old); refusal != "" {
		return saved{refusal: refusal}
	}
	m := &material{number: x.number, name: x.name, values: maps.Clone(x.values), modified: now}
	if old != nil {
		m.id, m.values = old.id, maps.Clone(old.values)
		maps.Copy(m.values, x.values) // what is not sent stays (assumed)
		delete(st.byNumber, old.number)
		st.names[old.name]--
	} else {
		st.lastID++
		m.id = st.lastID
	}
	for m.number == "" || st.byNumber[m.number] != nil {
		st.serial++
		m.number = fmt.Sprintf("SP%06d", st.serial)
	}
	st.byID[m.id], st.byNumber[m.number] = m, m
	st.names[m.name]++
	return saved{material: m, created: old == nil}
}

// check holds one item against the rules that need no other 商品.
func check(x item, place int, names generation, o Options, old *material) string {
	missing := func(field string) string {
		return fmt.Sprintf(`第%d行基础资料"%s"字段不能为空`, place, field)
	}
	unknown := func(r reference) string { return fmt.Sprintf("参数%s[%s]不存在", r.field, r.id) }
	switch {
	case x.id != 0 && old == nil:
		return unknown(reference{"id", fmt.Sprint(x.id)})
	case x.name == "":
		return missing("name")
	case x.baseUnit == "":
		return missing(names.baseUnit)
	case x.number == "" && (x.id != 0 || o.RequireNumber):
		return missing("number")
	}
	for _, r := range x.units {
		if !o.Units(r.id) {
			return unknown(r)
		}
	}
	for _, r := range x.parents {
		if !o.Parents(r.id) {
			return unknown(r)
		}
	}
	return o.Refuse(x.number)
}

// clash refuses a number that another 商品 has, and a name too unless warnings
// are ignored.
func (st *store) clash(x item, old *material) string {
	if other := st.byNumber[x.number]; other != nil && other != old {
		return fmt.Sprintf("商品编码[%s]已存在", x.number)
	}
	others := st.names[x.name]
	if old != nil && old.name == x.name {
		others--
	}
	if others > 0 && !x.ignoreWarn {
		return fmt.Sprintf("商品名称[%s]已存在", x.name)
	}
	return ""
}

// find looks up by id, or by number when id is 0.
func (st *store) find(id int64, number string) *material {
	st.mu.Lock()
	defer st.mu.Unlock()
	if id != 0 {
		return st.byID[id]
	}
	return st.byNumber[number]
}

// all returns every 商品, ascending by id.
func (st *store) all() []*material {
	st.mu.Lock()
	defer st.mu.Unlock()
	return slices.SortedFunc(maps.Values(st.byID), func(a, b *material) int { return cmp.Compare(a.id, b.id) })
}
