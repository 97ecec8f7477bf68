package stockouts

import "github.com/shopspring/decimal"

// Quantity is an exact number of base units or yuan, counted in steps of 1e-4,
// the smallest that 旺店通 shows.
type Quantity int64

// One is one base unit or one yuan, and cent a hundredth of it.
const (
	One  Quantity = 1e4
	cent Quantity = One / 100
)

// Decimal is the same quantity as a decimal number.
func (q Quantity) Decimal() decimal.Decimal { return decimal.New(int64(q), -4) }

// Fixed4 spells the quantity with four decimals, as 旺店通 does: "12.5000".
func (q Quantity) Fixed4() string { return q.Decimal().StringFixed(4) }

// times is an amount for a quantity at a price, rounded to cents.
func (q Quantity) times(price Quantity) Quantity {
	return Quantity(q.Decimal().Mul(price.Decimal()).Round(2).Shift(4).IntPart())
}
