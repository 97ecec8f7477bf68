package stockouts

// role is what is special about a document from the start.
type role uint8

const (
	ordinary role = iota
	reviewed
	cancelled
	changed
	renumbered
	noCustomer
	noLines
	noSKU
	negative
	zero
	nullQuantity
	noDate
	noPrice
	onlySellPrice
	unreadable
	twin
	huge
	fractional
	gift
	repeatedSKU
	suite
	strangeRemark
	longID
	numbersForTexts
)

var roleNames = [...]string{
	"ordinary", "reviewed", "cancelled", "changed", "renumbered", "no customer", "no lines", "no sku", "negative", "zero",
	"null quantity", "no date", "no price", "only sell price", "unreadable", "twin", "huge", "fractional", "gift",
	"repeated sku", "suite", "strange remark", "long id", "numbers for texts",
}

func (r role) String() string { return roleNames[r] }

// roleCount says how many documents have a role.
type roleCount struct {
	role role
	n    int
}

// roles are the counts of the options, role by role.
func (o Options) roles() []roleCount {
	return []roleCount{
		{reviewed, o.Reviewed}, {cancelled, o.Cancelled}, {changed, o.Changed}, {renumbered, o.Renumbered},
		{noCustomer, o.NoCustomer}, {noLines, o.NoLines}, {noSKU, o.NoSKU}, {negative, o.Negative}, {zero, o.Zero},
		{nullQuantity, o.NullQuantity}, {noDate, o.NoDate}, {noPrice, o.NoPrice}, {onlySellPrice, o.OnlySellPrice},
		{unreadable, o.Unreadable}, {twin, 2 * o.Twins}, {huge, o.Huge}, {fractional, o.Fractional}, {gift, o.Gifts},
		{repeatedSKU, o.RepeatedSKU}, {suite, o.Suites}, {strangeRemark, o.StrangeRemarks}, {longID, o.LongIDs},
		{numbersForTexts, o.NumbersForTexts},
	}
}

// free tells whether documents of this role may belong to any shop with a
// customer. The others belong to shops outside the Taobao family (淘系), so
// that both routes show them.
func (r role) free() bool {
	switch r {
	case ordinary, reviewed, cancelled, changed, gift, suite, numbersForTexts:
		return true
	}
	return false
}
