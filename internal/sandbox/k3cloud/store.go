package k3cloud

import (
	"encoding/json"
	"fmt"
	"hash/fnv"
	"maps"
	"slices"

	"github.com/shopspring/decimal"
)

// The values of FDocumentStatus.
const (
	statusDraft    = "Z" // 暂存
	statusCreated  = "A" // 创建
	statusInReview = "B" // 审核中
	statusAudited  = "C" // 已审核
	statusAgain    = "D" // 重新审核
)

// bill is one 销售出库单. Its values are text by the vendor's key; an empty one
// is as good as none.
type bill struct {
	id       int64
	number   string
	status   string
	header   map[string]string
	finance  map[string]string
	rows     []line
	payload  []byte
	keyOrder []string
}

// line is one row of FEntity.
type line struct {
	id     int64
	values map[string]string
}

// shelf is where goods lie.
type shelf struct{ material, stock string }

func (l line) shelf() shelf { return shelf{l.values["FMaterialID"], l.values["FStockID"]} }

// clone is a copy that shares nothing that changes.
func (b *bill) clone() *bill {
	out := *b
	out.header, out.finance = maps.Clone(b.header), maps.Clone(b.finance)
	out.rows = make([]line, len(b.rows))
	for i, l := range b.rows {
		out.rows[i] = line{l.id, maps.Clone(l.values)}
	}
	return &out
}

// store is what the platform keeps. The server's lock guards it.
type store struct {
	order     []*bill
	byNumber  map[string]*bill
	byID      map[int64]*bill
	billIDs   int64
	rowIDs    int64
	serial    int
	packages  map[string]bool // by hash, where ValidateRepeatJson asked for it
	misplaced map[string]bool
	taken     map[shelf]decimal.Decimal // by audited bills
}

func newStore() store {
	return store{
		byNumber: map[string]*bill{}, byID: map[int64]*bill{},
		billIDs: 100000, rowIDs: 200000,
		packages: map[string]bool{}, misplaced: map[string]bool{}, taken: map[shelf]decimal.Decimal{},
	}
}

// put keeps a bill, in place of the one with its id. A new bill gets an id, and
// every bill and row without a number or an id gets one.
func (s *store) put(b *bill) {
	if b.number == "" {
		b.number = s.nextNumber()
	}
	b.header["FBillNo"] = b.number
	for i := range b.rows {
		if b.rows[i].id == 0 {
			s.rowIDs++
			b.rows[i].id = s.rowIDs
		}
	}
	if b.id == 0 {
		s.billIDs++
		b.id = s.billIDs
		s.order = append(s.order, b)
	} else {
		old := s.byID[b.id]
		delete(s.byNumber, old.number)
		s.order[slices.Index(s.order, old)] = b
	}
	s.byNumber[b.number], s.byID[b.id] = b, b
}

// nextNumber is the server's own numbering, XSCKD000001 and on (rule assumed).
func (s *store) nextNumber() string {
	for {
		s.serial++
		if number := fmt.Sprintf("XSCKD%06d", s.serial); s.byNumber[number] == nil {
			return number
		}
	}
}

func (s *store) remove(b *bill) {
	delete(s.byNumber, b.number)
	delete(s.byID, b.id)
	s.order = slices.DeleteFunc(s.order, func(other *bill) bool { return other == b })
}

// take moves goods when a bill becomes audited, and back when it no longer is.
func (s *store) take(b *bill, status string) {
	for _, l := range b.rows {
		quantity := amount(l.values["FRealQty"])
		switch {
		case status == statusAudited:
			s.taken[l.shelf()] = s.taken[l.shelf()].Add(quantity)
		case b.status == statusAudited:
			s.taken[l.shelf()] = s.taken[l.shelf()].Sub(quantity)
		}
	}
}

func (s *store) misplace(key, why string) { s.misplaced[key+": "+why] = true }

func (s *store) misplacedKeys() []string { return slices.Sorted(maps.Keys(s.misplaced)) }

func (s *store) copies() []Bill {
	out := make([]Bill, len(s.order))
	for i, b := range s.order {
		c := b.clone()
		out[i] = Bill{
			ID: c.id, Number: c.number, Status: c.status, Header: c.header, Finance: c.finance,
			Model: json.RawMessage(slices.Clone(c.payload)),
		}
		for _, l := range c.rows {
			out[i].Rows = append(out[i].Rows, l.values)
		}
	}
	return out
}

// internalID is the id of base data or a user, made up from its code.
func internalID(kind, code string) int64 {
	h := fnv.New32a()
	h.Write([]byte(kind + " " + code))
	return 100001 + int64(h.Sum32()%800000)
}
