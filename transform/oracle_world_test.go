package transform_test

import (
	"fmt"
	"math/rand/v2"
	"strings"

	"github.com/shopspring/decimal"
)

// figure is a quantity; nil is one that is missing.
type figure = *decimal.Decimal

// sourceRow is a row of 旺店通. Codes may be missing, too.
type sourceRow struct {
	spec, warehouse             string
	warehouseNo, goodsNo        *string
	specNo                      *string
	stockNum, lockNum, orderNum figure
	modified                    int // seconds after an instant
}

func (r sourceRow) key() string { return r.spec + "@" + r.warehouse }

// counterpartRow is a row of YonSuite; batch tells rows of one SKU apart.
type counterpartRow struct {
	id, batch                string
	warehouseCode, skuCode   *string
	currentQty, availableQty figure
}

// ignoreRule is a row of ref.ignore_rule; its reason is unique.
type ignoreRule struct {
	warehouse, sku *string
	reason         string
	expired        bool
}

// world is a small pair of systems. Its codes carry a prefix of their own, so
// that many worlds fit into one database and none sees another.
type world struct {
	prefix       string
	sources      []sourceRow
	counterparts []counterpartRow
	warehouseMap map[string]string // source code to target code
	skuMap       map[string]string
	rules        []ignoreRule

	clock, serial int
	// landing is what the next reading of 旺店通 brings, in order; it may hold
	// old and repeated records.
	landing []sourceRow
	// acknowledge asks a person to acknowledge what is open.
	acknowledge bool
}

func newWorld(seed uint64, random *rand.Rand) *world {
	w := &world{
		prefix:       fmt.Sprintf("%d-", seed),
		warehouseMap: map[string]string{},
		skuMap:       map[string]string{},
	}
	for range random.IntN(7) {
		w.addSource(random)
	}
	for range random.IntN(8) {
		w.addCounterpart(random)
	}
	if random.IntN(2) == 0 {
		w.changeMaps(random)
	}
	if random.IntN(3) == 0 {
		w.changeRules(random)
	}
	return w
}

// mutate changes the world between two runs.
func (w *world) mutate(random *rand.Rand) {
	w.acknowledge = random.IntN(4) == 0
	for range random.IntN(5) {
		switch random.IntN(9) {
		case 0:
			w.addSource(random)
		case 1:
			w.addCounterpart(random)
		case 2, 3:
			w.changeSource(random)
		case 4, 5:
			w.changeCounterpart(random)
		case 6:
			w.removeCounterpart(random)
		case 7:
			if random.IntN(3) == 0 {
				w.changeMaps(random)
			}
		case 8:
			if random.IntN(3) == 0 {
				w.changeRules(random)
			}
		}
	}
}

func (w *world) addSource(random *rand.Rand) {
	w.serial++
	row := sourceRow{spec: fmt.Sprintf("%s%d", w.prefix, w.serial), warehouse: pick(random, "1", "2")}
	w.fill(random, &row)
	w.sources = append(w.sources, row)
	w.land(random, row)
}

func (w *world) changeSource(random *rand.Rand) {
	if len(w.sources) == 0 {
		return
	}
	row := &w.sources[random.IntN(len(w.sources))]
	if random.IntN(3) == 0 {
		w.fill(random, row)
	} else {
		row.stockNum = someFigure(random)
	}
	w.land(random, *row)
}

func (w *world) fill(random *rand.Rand, row *sourceRow) {
	row.warehouseNo = w.code(random, "W1", "W1", "W2")
	row.goodsNo = w.code(random, "A", "A", "B", "C")
	row.specNo = w.code(random, "A", "A", "B", "A-red")
	if row.warehouseNo == nil || strings.TrimSpace(*row.warehouseNo) == "" {
		// Worlds are kept apart by their codes, so one of them must be there.
		row.goodsNo, row.specNo = w.surely("A"), w.surely("A")
	}
	row.stockNum, row.lockNum, row.orderNum = someFigure(random), someFigure(random), someFigure(random)
}

// land puts a row into the next reading, now and then with an older record, or
// one of the same second that a later one overrides, around it.
func (w *world) land(random *rand.Rand, row sourceRow) {
	w.clock += 2
	for i := range w.sources {
		if w.sources[i].key() == row.key() {
			w.sources[i].modified = w.clock
		}
	}
	row.modified = w.clock
	stale := row
	stale.stockNum, stale.goodsNo = someFigure(random), w.code(random, "A", "B", "stale")
	switch random.IntN(6) {
	case 0:
		w.landing = append(w.landing, stale, row)
	case 1:
		stale.modified--
		w.landing = append(w.landing, row, stale)
	case 2:
		w.landing = append(w.landing, row, row)
	default:
		w.landing = append(w.landing, row)
	}
}

func (w *world) addCounterpart(random *rand.Rand) {
	w.serial++
	row := counterpartRow{id: fmt.Sprintf("%s%d", w.prefix, w.serial), batch: pick(random, "", "1", "2")}
	w.fillCounterpart(random, &row)
	at := random.IntN(len(w.counterparts) + 1)
	w.counterparts = append(w.counterparts[:at:at], append([]counterpartRow{row}, w.counterparts[at:]...)...)
}

func (w *world) fillCounterpart(random *rand.Rand, row *counterpartRow) {
	row.warehouseCode = w.code(random, "W1", "W1", "W1", "W2", "Y2")
	row.skuCode = w.code(random, "A", "A", "A", "B", "X")
	if row.warehouseCode == nil || strings.TrimSpace(*row.warehouseCode) == "" {
		row.skuCode = w.surely("A")
	}
	w.meet(random, row)
	row.currentQty, row.availableQty = someFigure(random), someFigure(random)
}

// meet gives the row the codes of a source row more often than not, or few
// would ever be compared.
func (w *world) meet(random *rand.Rand, row *counterpartRow) {
	if len(w.sources) == 0 || random.IntN(4) == 0 {
		return
	}
	source := w.sources[random.IntN(len(w.sources))]
	sku := source.goodsNo
	if random.IntN(3) == 0 {
		sku = source.specNo
	}
	if source.warehouseNo != nil && strings.TrimSpace(*source.warehouseNo) != "" {
		row.warehouseCode, row.skuCode = translate(source.warehouseNo, w.warehouseMap), translate(sku, w.skuMap)
	}
}

func (w *world) changeCounterpart(random *rand.Rand) {
	if len(w.counterparts) == 0 {
		return
	}
	row := &w.counterparts[random.IntN(len(w.counterparts))]
	if random.IntN(3) == 0 {
		w.fillCounterpart(random, row)
	} else {
		row.currentQty = someFigure(random)
	}
}

func (w *world) removeCounterpart(random *rand.Rand) {
	if len(w.counterparts) == 0 {
		return
	}
	at := random.IntN(len(w.counterparts))
	w.counterparts = append(w.counterparts[:at:at], w.counterparts[at+1:]...)
}

func (w *world) changeMaps(random *rand.Rand) {
	if random.IntN(2) == 0 {
		code := w.prefix + pick(random, "W1", "W2")
		if _, ok := w.warehouseMap[code]; ok {
			delete(w.warehouseMap, code)
		} else {
			w.warehouseMap[code] = w.prefix + pick(random, "W1", "W2", "Y2", "Y2  ")
		}
		return
	}
	code := w.prefix + pick(random, "A", "B", "A-red")
	if _, ok := w.skuMap[code]; ok {
		delete(w.skuMap, code)
	} else {
		w.skuMap[code] = w.prefix + pick(random, "A", "X", "B ", "nowhere")
	}
}

func (w *world) changeRules(random *rand.Rand) {
	if n := len(w.rules); n > 0 && random.IntN(2) == 0 {
		at := random.IntN(n)
		switch random.IntN(3) {
		case 0:
			w.rules = append(w.rules[:at:at], w.rules[at+1:]...)
		case 1:
			w.rules[at].expired = true
		case 2:
			w.rules[at].sku = w.surely(pick(random, "A", "B"))
		}
		return
	}
	w.serial++
	rule := ignoreRule{reason: fmt.Sprintf("%s%d", w.prefix, w.serial), expired: random.IntN(4) == 0}
	switch random.IntN(3) {
	case 0:
		rule.warehouse = w.surely(pick(random, "W1", "Y2"))
	case 1:
		rule.sku = w.surely(pick(random, "A", "B "))
	case 2:
		rule.warehouse, rule.sku = w.surely(pick(random, "W1", " W2")), w.surely(pick(random, "A", "X"))
	}
	w.rules = append(w.rules, rule)
}

// code is one of the names, at times with blanks around it, blank or missing.
func (w *world) code(random *rand.Rand, names ...string) *string {
	name := w.prefix + pick(random, names...)
	switch random.IntN(20) {
	case 0:
		return nil
	case 1:
		name = pick(random, "", "  ")
	case 2:
		name = " " + name + "  "
	case 3:
		name = strings.ToLower(name)
	}
	return &name
}

func (w *world) surely(name string) *string {
	if blanks := strings.TrimLeft(name, " "); blanks != name {
		name = " " + w.prefix + blanks
	} else {
		name = w.prefix + name
	}
	return &name
}

func pick(random *rand.Rand, from ...string) string { return from[random.IntN(len(from))] }
