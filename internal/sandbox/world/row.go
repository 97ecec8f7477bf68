package world

import (
	"strconv"
	"time"
)

// beijing is the zone all vendors mean when they write a time without one.
var beijing = time.FixedZone("GMT+8", 8*60*60)

// Defect says what is wrong with a record that a typed load must reject.
type Defect uint8

// The defects, in the order in which a world hands them out.
const (
	Sound         Defect = iota
	NoKey                // the identifying fields are absent
	GroupedDigits        // the quantity reads "1,234.50"
	NotANumber           // the quantity reads "abc"
	TooLarge             // the quantity is 1e400
	NulText              // a text holds the escape \u0000
	defectCount
)

// String names the defect as the truth reports it.
func (d Defect) String() string {
	return [...]string{"sound", "no key", "grouped digits", "not a number", "too large", "nul in text"}[d]
}

// stock is one 旺店通 stock record as it is kept.
type stock struct {
	recID     int64
	modified  int64 // Unix seconds
	num       Quantity
	goods     goods
	spec      uint8
	warehouse uint8
	defect    Defect
	longID    bool // rec_id and spec_id have 19 digits
	repeated  bool // one of several records with the same key
	dead      bool // deleted
}

// current is one YonSuite stock record as it is kept.
type current struct {
	qty       Quantity
	goods     goods
	batch     int32
	spec      uint8 // 0 when the key is goods_no
	warehouse uint8
	org       uint8
	status    uint8
	defect    Defect
	null      bool // currentqty is unknown
	noSKU     bool
	padded    bool
	repeated  bool
}

// Stock is one 旺店通 stock record spelled out. Quantities are base units,
// times are Beijing time with whole seconds.
type Stock struct {
	RecID, SpecID, WarehouseID    int64
	GoodsNo, GoodsName            string
	SpecNo, SpecName, SpecCode    string
	Barcode                       string
	BrandNo, BrandName            string
	WarehouseNo, WarehouseName    string
	StockNum, LockNum, UnpayNum   Quantity
	SubscribeNum, OrderNum        Quantity
	SendingNum, PurchaseNum       Quantity
	TransferNum, AvailableNum     Quantity
	Weight, CostPrice             Quantity
	DefaultPosition, LastPosition int64
	Created, Modified             time.Time
	DigitsOnly                    bool // codes may be sent as JSON numbers
	Defect                        Defect
}

// Current is one YonSuite stock record spelled out. Ids have 19 digits.
type Current struct {
	Org, OrgName             string
	Warehouse, WarehouseCode string
	WarehouseName            string
	Product, ProductCode     string
	ProductName              string
	SKU, SKUCode, SKUName    string // SKU ids and codes are empty for goods without SKU
	Unit, ManageClass        string
	Batch                    string // empty: not kept by batch
	Status                   int64
	StatusName               string
	Qty                      Quantity
	Null                     bool // currentqty is unknown
	Incoming, Ordered        Quantity
	Shape                    uint64 // picks one of the ways to write a number
	Defect                   Defect
	ManageClassNumber        int
}

// spell turns a kept record into what the system shows.
func (w *World) spell(s stock) Stock {
	h := mix(w.options.Seed^0x57d, uint64(s.recID))
	small := func(shift, limit uint64) Quantity { return Quantity(h>>shift%limit) * One }
	house := warehouses[s.warehouse]
	out := Stock{
		RecID: s.recID, SpecID: specID(s), WarehouseID: int64(s.warehouse) + 1,
		GoodsNo: s.goods.no(), GoodsName: s.goods.name(w.options.Seed),
		SpecNo: s.goods.specNo(s.spec), SpecName: s.goods.specName(w.options.Seed, s.spec),
		SpecCode: "G" + strconv.Itoa(int(s.spec)), Barcode: s.goods.barcode(s.spec),
		BrandNo: "B" + strconv.FormatUint(h%8, 10), BrandName: brands[h%8],
		WarehouseNo: house.no, WarehouseName: house.name,
		StockNum: s.num, LockNum: small(3, 3), UnpayNum: small(7, 4), SubscribeNum: small(11, 2),
		OrderNum: small(17, 5), SendingNum: small(23, 6), PurchaseNum: small(29, 60), TransferNum: small(37, 9),
		Weight: Quantity(h>>5%5000) * One / 1000, CostPrice: Quantity(h>>9%90000) * One / 100,
		DefaultPosition: int64(h >> 13 % 400), LastPosition: int64(h >> 21 % 400),
		Modified: time.Unix(s.modified, 0).In(beijing), DigitsOnly: s.goods.digits, Defect: s.defect,
	}
	out.AvailableNum = out.StockNum - out.LockNum - out.UnpayNum - out.SubscribeNum - out.OrderNum - out.SendingNum
	out.Created = out.Modified.Add(-time.Duration(h%400) * 24 * time.Hour)
	return out
}

// specID is unique per goods and spec.
func specID(s stock) int64 {
	id := int64(s.goods.serial)*100 + int64(s.spec)
	if s.longID {
		return 7_200_000_000_000_000_000 + id
	}
	return id
}

// longID makes a 19-digit YonSuite id of one kind.
func longID(kind, n int64) string {
	return strconv.FormatInt(1_500_000_000_000_000_000+kind*10_000_000_000_000_000+n*1_000_003, 10)
}

// statuses are the 库存状态 of YonSuite; the first is what sound stock has.
var statuses = [...]string{"合格", "待检", "不合格", "冻结"}

// spellCurrent turns a kept record into what YonSuite shows.
func (w *World) spellCurrent(c current) Current {
	h := mix(w.options.Seed^0x95, uint64(c.goods.serial)<<24|uint64(c.batch)<<8|uint64(c.warehouse)<<4|uint64(c.status))
	house := warehouses[c.warehouse]
	out := Current{
		Org: longID(1, int64(c.org)), OrgName: "库存组织" + strconv.Itoa(int(c.org)+1),
		Warehouse: longID(2, int64(c.warehouse)), WarehouseCode: w.warehouseCode(house.no), WarehouseName: house.name,
		Product: longID(3, int64(c.goods.serial)), ProductCode: c.goods.no(), ProductName: c.goods.name(w.options.Seed),
		Unit: longID(5, 1), ManageClass: longID(6, int64(h%5)), ManageClassNumber: int(h % 5),
		Status: 1_720_000_000_000_000_001 + int64(c.status)*2, StatusName: statuses[c.status],
		Qty: c.qty, Null: c.null, Incoming: Quantity(h>>12%40) * One, Ordered: Quantity(h>>20%15) * One,
		Shape: h >> 32, Defect: c.defect,
	}
	if c.batch > 0 {
		out.Batch = "PC2024" + strconv.Itoa(1000+int(c.batch))
	}
	if !c.noSKU {
		out.SKU, out.SKUCode = longID(4, int64(c.goods.serial)*100+int64(c.spec)), c.sku()
		out.SKUName = out.ProductName
	}
	return out
}

// sku is the productsku_code of a record that has one.
func (c current) sku() string {
	code := c.goods.no()
	if c.spec > 0 {
		code = c.goods.specNo(c.spec)
	}
	if c.padded {
		code += " "
	}
	return code
}
