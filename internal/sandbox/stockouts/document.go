package stockouts

// The 出库单状态 of a sales stockout.
const (
	StatusCancelled = 5
	StatusReviewed  = 55
	StatusShipped   = 95
	StatusPartPaid  = 105 // 部分打款
	StatusCompleted = 110
	StatusAbnormal  = 113 // 异常发货
)

// document is one 销售出库单 as it is kept. Times are Unix seconds; 0 is none.
type document struct {
	id                  int64
	serial              int32 // counts documents from 1
	shop                int32 // place in World.shops
	house               uint8
	role                role
	status              int16
	consigned, modified int64
	orderNo, stockoutNo string
	remark              string
	lines               []line
	noList              bool // without lines details_list is absent and not []
	loose               bool // amounts come as texts and as numbers
}

// line is one row of details_list as it is kept.
type line struct {
	recID       int64
	goods       goods
	count       Quantity
	sell, price Quantity // 销售价 and 最终价格
	suite       int32    // number of the 组合装 it was exploded from; 0 is none
	gift        uint8    // 是否是赠品; 0 is none
	positions   uint8    // how many rows position_list has; see the constants
	quantity    quantityState
	noSKU       bool
	noPrice     bool
	noSell      bool
}

// What position_list is when it has no rows; other values count its rows.
const (
	emptyPositions  uint8 = 0
	absentPositions uint8 = 255
)

// quantityState tells whether goods_count is a number at all.
type quantityState uint8

const (
	known   quantityState = iota
	unknown               // null
	garbled               // "abc"
)

func (d *document) garbled() bool {
	for _, l := range d.lines {
		if l.quantity == garbled {
			return true
		}
	}
	return false
}

// systemNo is the 系统订单编号, sourceTids the 原始单号 at the platform, of which
// a document made of merged orders has two.
func (d *document) systemNo() string { return "JY2024" + pad(int64(d.serial), 8) }

func (d *document) sourceTids() []string {
	first := "T" + pad(300_000_000+int64(d.serial), 10)
	if d.serial%9 == 0 {
		return []string{first, first + "-2"}
	}
	return []string{first}
}

// Hiding is how a route that must not tell who the buyer is leaves the private
// columns of a document out. Which of them the vendor uses is unknown.
type Hiding uint8

// The ways of leaving a column out.
const (
	Absent Hiding = iota
	Nulled
	Blank
	Masked
)

// Stockout is one document spelled out.
type Stockout struct {
	ID                  int64
	OrderNo, StockoutNo string
	Status              int
	PlatformID          int64
	Fields              []Field // the header without details_list
	Lines               []Line
	NoList              bool // details_list is absent, and not an empty list
	Hiding              Hiding
}

// Line is one row of details_list spelled out.
type Line struct {
	Fields      []Field // without position_list
	Positions   [][]Field
	NoPositions bool // position_list is absent, and not an empty list
}

// spell turns a kept document into what the vendor shows.
func (w *World) spell(d *document) Stockout {
	s := &w.shops[d.shop]
	out := Stockout{
		ID: d.id, OrderNo: d.orderNo, StockoutNo: d.stockoutNo, Status: int(d.status), PlatformID: s.platform,
		Fields: w.header(d, s), NoList: d.noList, Hiding: Hiding(d.serial % 4),
	}
	for i := range d.lines {
		out.Lines = append(out.Lines, spellLine(d, &d.lines[i], s.platform))
	}
	return out
}
