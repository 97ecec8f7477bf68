package saleouts

import (
	"time"

	"github.com/shopspring/decimal"
)

// Status is the state of a sale-out document, in 聚水潭's own words.
type Status string

// The statuses of a document and what may follow: WaitConfirm goes on to
// OuterConfirming, Confirmed and Archive; WaitConfirm may end in Delete and
// Confirmed in Cancelled (transitions assumed, the vendor lists only values).
const (
	WaitConfirm     Status = "WaitConfirm"     // 待出库
	OuterConfirming Status = "OuterConfirming" // 外部发货中
	Confirmed       Status = "Confirmed"       // 已出库
	Archive         Status = "Archive"         // 归档
	Cancelled       Status = "Cancelled"       // 取消, undone after shipping
	Delete          Status = "Delete"          // 作废, void before shipping
)

// Form is how a number is to be shown.
type Form uint8

// The forms of a number. The platform mixes them for one and the same field.
const (
	Number  Form = iota // as the route writes such numbers
	Null                // no value: null, or left out
	Blank               // no value: an empty text
	Text                // a text on every route
	Garbled             // a text that is no number; makes the record unreadable
)

// Amount is a sum of money, a weight or a quantity, with its form. The zero
// value is the number 0.
type Amount struct {
	Value decimal.Decimal
	Form  Form
}

// Known tells whether there is a number to read.
func (a Amount) Known() bool { return a.Form == Number || a.Form == Text }

// Defect says why a record cannot be typed.
type Defect uint8

// The defects of a record.
const (
	Sound Defect = iota
	// BadQuantity: the quantity of a line is the text "abc".
	BadQuantity
	// ZeroModified: modified is 0000-00-00 00:00:00. The quantity of a line is
	// unreadable too, so that the record is rejected by a reader who takes a zero
	// date for none as well.
	ZeroModified
)

// Document is one 销售出库单. Slices are shared between copies: do not change
// them.
type Document struct {
	IOID, OID, CoID int64
	TS              int64 // row version, unique over all documents and increasing
	Shop            Shop
	SoID, MergeSoID string
	Status          Status
	Archived        bool // moved to the archive: hidden unless asked for
	OrderType       string
	Defect          Defect

	Created, Modified time.Time
	IODate            time.Time // zero until it ships
	PayDate           time.Time
	ZeroPayDate       bool // pay_date is shown as 0000-00-00 00:00:00
	Millis            bool // datetimes are shown with milliseconds

	PayAmount, PaidAmount, FreeAmount, Freight Amount
	Weight, MeasuredWeight                     Amount
	Currency                                   string

	Receiver                                      Receiver
	BuyerNick, OpenID, BuyerMessage, Remark, Node string
	InvoiceTitle, BuyerTaxNo                      string
	CashOnDelivery, Printed, ExpressPrinted       bool

	TrackingNo  string // l_id
	Carrier     Carrier
	Warehouse   Warehouse
	Distributor Distributor // zero when none
	Labels      string
	Staff       string
	StaffID     int64
	SellerFlag  int64 // 0: none
	WaveID      int64 // 0: none

	Items   []Item
	Batches []Batch
	Serials []Serial
	Parcels []Parcel
	// Nested shows batches inside their line and serial numbers inside a batch,
	// as a misprint of the vendor's tables has it.
	Nested    bool
	OrderList *OrderList // nil unless the row carries fields of the order list
}

// Receiver is who gets the parcel. Name and phones may be masked.
type Receiver struct {
	Country, State, City, District, Town, Address string
	Name, Phone, Landline                         string
}

// Item is one line.
type Item struct {
	LineID     int64 // ioi_id
	OrderLine  int64 // oi_id
	OuterLine  string
	SKU        SKU
	NoSKU      Form   // Null or Blank where the line has no sku_id
	RawSoID    string // the order a merged line came from
	Qty        Amount
	SalePrice  Amount
	SaleAmount Amount
	BasePrice  Amount
	Gift       bool
}

// Batch is one 批次 of a line.
type Batch struct {
	Line         int // place in Items
	ShowLine     bool
	No           string
	Qty          decimal.Decimal
	ProducedOn   time.Time
	ExpiresOn    time.Time // zero: none
	SupplierID   int64
	SupplierName string
}

// Serial is one 唯一码 of a line.
type Serial struct {
	Line int // place in Items
	No   string
}

// Parcel is a further parcel of the document.
type Parcel struct {
	TrackingNo string
	Carrier    Carrier
	Weight     decimal.Decimal
}

// OrderList are fields that belong to the order list of the platform and are
// printed for the sale-out query by some catalogues.
type OrderList struct {
	Freight                                    Amount // f_freight
	OaID, From, QuestionType, ShopStatus, Type string
	ReferrerID, ReferrerName                   string
	OrderedAt, SentAt                          time.Time
	Pays                                       []Pay
}

// Pay is one payment of an OrderList.
type Pay struct {
	ID, OuterID, Account, Method, Status string
	Amount                               decimal.Decimal
	PaidAt                               time.Time
}
