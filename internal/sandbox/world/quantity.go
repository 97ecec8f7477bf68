package world

import "github.com/shopspring/decimal"

// Quantity is an exact number of base units, counted in steps of 1e-8. 旺店通
// shows four decimals, YonSuite up to eight.
type Quantity int64

// One is one base unit, and tick the smallest step that 旺店通 can show.
const (
	One  Quantity = 1e8
	tick Quantity = 1e4
)

// Decimal is the same quantity as a decimal number.
func (q Quantity) Decimal() decimal.Decimal {
	return decimal.New(int64(q), -8)
}

// Fixed4 spells the quantity with four decimals, as 旺店通 does: "12.5000".
func (q Quantity) Fixed4() string {
	return q.Decimal().StringFixed(4)
}
