package world

import (
	"cmp"
	"slices"
	"strings"

	"github.com/shopspring/decimal"
)

// State is what a comparison must say of one row.
type State string

// The states of a row. A 旺店通 row has exactly one of them; missing here is
// said of a warehouse and key that only YonSuite has.
const (
	Equal         State = "equal"
	Different     State = "different"
	MissingThere  State = "missing_there"
	MissingHere   State = "missing_here"
	Ignored       State = "ignored"
	NotComparable State = "not_comparable"
)

// Dataset counts the records of one system. A full read gets Records; they are
// Typed rows, Rejected records and Repeated ones, which are further records of
// a row that is already counted.
type Dataset struct {
	Records  int      `json:"records"`
	Typed    int      `json:"typed"`
	Rejected int      `json:"rejected"`
	Repeated int      `json:"repeated"`
	Rejects  []Reject `json:"rejects,omitempty"`
}

// Reject is one record that a typed load must refuse, with its 货品编号.
type Reject struct {
	GoodsNo string `json:"goods_no"`
	Reason  string `json:"reason"`
}

// Row is what must come out for one 旺店通 row, or, when State is MissingHere,
// for one YonSuite warehouse and key. CurrentQty is nil without a counterpart,
// with an unknown quantity and when several rows may not be merged.
type Row struct {
	RecID       int64            `json:"rec_id,string,omitempty"`
	WarehouseNo string           `json:"warehouse_no"` // YonSuite's warehouse_code when missing here
	Key         string           `json:"key"`
	State       State            `json:"state"`
	StockNum    *decimal.Decimal `json:"stock_num"`
	CurrentQty  *decimal.Decimal `json:"currentqty"`
	Candidates  int              `json:"candidates"` // YonSuite rows of this key
}

// Truth is what a correct comparison of the world as it stands must report.
type Truth struct {
	WDT           Dataset `json:"wdt"`
	Yonsuite      Dataset `json:"yonsuite"`
	Comparable    bool    `json:"comparable"` // false when a side has no typed row
	Equal         int     `json:"equal"`
	Different     int     `json:"different"`
	MissingThere  int     `json:"missing_there"`
	MissingHere   int     `json:"missing_here"` // keys, not rows
	Ignored       int     `json:"ignored"`
	NotComparable int     `json:"not_comparable"`
	WrittenBack   int     `json:"written_back"` // 旺店通 rows that get a currentqty

	MultiSpecKeys      int `json:"multi_spec_keys"`      // keys where several 旺店通 rows meet the same YonSuite rows
	MultiCandidateKeys int `json:"multi_candidate_keys"` // keys where a 旺店通 row meets several YonSuite rows
	Unkeyed            int `json:"unkeyed"`              // YonSuite rows with an empty productsku_code

	Rows []Row `json:"rows,omitempty"`
}

// index is what a 旺店通 row and a YonSuite row must have in common.
type index struct{ warehouse, sku string }

// trimmed leaves out blanks at both ends, since keys are compared without them.
func trimmed(s string) string { return strings.Trim(s, " ") }

// Truth works out what a comparison with these parameters must report. It does
// what the published description of CompareData says, row by row.
//
// Choices of ours where that description is silent: keys are trimmed; with
// Error several rows are not comparable; a sum with an unknown part is unknown;
// an unknown currentqty is different and is not written back; when a side is
// empty each 旺店通 row is not comparable and nothing is missing here.
func (w *World) Truth(p Params) (Truth, error) {
	p, err := p.normalised(w.options.Key)
	if err != nil {
		return Truth{}, err
	}
	w.mu.RLock()
	defer w.mu.RUnlock()
	var t Truth
	here := w.typedStocks(p, &t.WDT)
	there := w.typedCurrents(&t.Yonsuite)
	t.Comparable = len(here) > 0 && len(there) > 0

	candidates := map[index][]fact{}
	for _, c := range there {
		at := index{trimmed(c.warehouse), trimmed(c.sku)}
		candidates[at] = append(candidates[at], c)
		if at.sku == "" {
			t.Unkeyed++
		}
	}
	met := map[index]int{}
	for _, s := range here {
		at := index{trimmed(w.warehouseCode(s.warehouse)), trimmed(s.sku)}
		met[at]++
		t.add(judge(s, candidates[at], p, t.Comparable), p.WithRows)
	}
	t.count(met, candidates)
	if t.Comparable && !p.OneWay {
		t.addMissingHere(met, candidates, p)
	}
	return t, nil
}

// judge compares one 旺店通 row with the YonSuite rows of its key.
func judge(s fact, found []fact, p Params, comparable bool) Row {
	stock := s.qty.Decimal()
	row := Row{RecID: s.recID, WarehouseNo: s.warehouse, Key: trimmed(s.sku), StockNum: &stock, Candidates: len(found)}
	switch {
	case !comparable:
		row.State = NotComparable
	case len(found) == 0 && stock.IsZero() && !p.NoIgnore:
		row.State = Ignored
	case len(found) == 0:
		row.State = MissingThere
	case len(found) > 1 && p.OnMultiple == Error:
		row.State = NotComparable
	default:
		row.State = Different
		row.CurrentQty = merged(found, p.OnMultiple)
		if row.CurrentQty != nil && operators[p.Operator](*row.CurrentQty, stock, p.Tolerance) {
			row.State = Equal
		}
	}
	return row
}

// merged is the quantity several rows stand for, nil when it is unknown.
func merged(found []fact, onMultiple string) *decimal.Decimal {
	if onMultiple == First {
		found = found[:1]
	}
	total := decimal.Zero
	for _, c := range found {
		if c.unknown {
			return nil
		}
		total = total.Add(c.qty.Decimal())
	}
	return &total
}

// add counts a row, and keeps it when asked to.
func (t *Truth) add(row Row, keep bool) {
	if keep {
		t.Rows = append(t.Rows, row)
	}
	switch row.State {
	case Equal:
		t.Equal++
	case Different:
		t.Different++
	case MissingThere:
		t.MissingThere++
	case MissingHere:
		t.MissingHere++
	case Ignored:
		t.Ignored++
	case NotComparable:
		t.NotComparable++
	}
	if row.CurrentQty != nil && row.State != MissingHere {
		t.WrittenBack++
	}
}

func (t *Truth) count(met map[index]int, candidates map[index][]fact) {
	for at, rows := range met {
		if rows > 1 && len(candidates[at]) > 0 {
			t.MultiSpecKeys++
		}
		if len(candidates[at]) > 1 {
			t.MultiCandidateKeys++
		}
	}
}

// addMissingHere reports the keys that no 旺店通 row has, in a fixed order.
func (t *Truth) addMissingHere(met map[index]int, candidates map[index][]fact, p Params) {
	var alone []index
	for at := range candidates {
		if met[at] == 0 && (at.sku != "" || !p.SkipUnkeyed) {
			alone = append(alone, at)
		}
	}
	slices.SortFunc(alone, func(a, b index) int {
		return cmp.Or(cmp.Compare(a.warehouse, b.warehouse), cmp.Compare(a.sku, b.sku))
	})
	for _, at := range alone {
		row := Row{WarehouseNo: at.warehouse, Key: at.sku, State: MissingHere, Candidates: len(candidates[at])}
		if p.OnMultiple != Error || row.Candidates == 1 {
			row.CurrentQty = merged(candidates[at], p.OnMultiple)
		}
		t.add(row, p.WithRows)
	}
}
