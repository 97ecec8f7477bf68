package stockouts

import (
	"strconv"
	"time"
)

// beijing is the zone the vendor means when it writes a time without one.
var beijing = time.FixedZone("GMT+8", 8*60*60)

// Kind is what a column holds, so that a route can write it in its own way.
type Kind uint8

// The kinds of columns.
const (
	Text    Kind = iota
	Integer      // ids, flags, counts: digits alone
	Amount       // money and quantities: four decimals
	Code         // a text that a loosely typed server sends as a number when it is digits alone
	Time         // yyyy-MM-dd HH:mm:ss, Beijing time, or one of the vendor's ways to say none
	Null         // no value
)

// Field is one column of a record.
type Field struct {
	Name  string
	Kind  Kind
	Value string
	// Bare is an amount that is sent as a number whatever the route does.
	Bare bool
	// Private tells who the buyer is. A route that leaves such columns out may
	// show Masked instead.
	Private bool
	Masked  string
}

// list collects the columns of one record.
type list struct {
	fields []Field
	loose  bool // every second amount is bare
	odd    bool
}

func (l *list) add(f Field) { l.fields = append(l.fields, f) }

func (l *list) text(name, value string) { l.add(Field{Name: name, Value: value}) }

func (l *list) code(name, value string) { l.add(Field{Name: name, Kind: Code, Value: value}) }

func (l *list) null(name string) { l.add(Field{Name: name, Kind: Null}) }

func (l *list) integer(name string, value int64) {
	l.add(Field{Name: name, Kind: Integer, Value: strconv.FormatInt(value, 10)})
}

func (l *list) amount(name string, value Quantity) {
	l.odd = !l.odd
	l.add(Field{Name: name, Kind: Amount, Value: value.Fixed4(), Bare: l.loose && l.odd})
}

// time adds a moment in Unix seconds; 0 is none, said in the way that pick
// chooses.
func (l *list) time(name string, unix int64, pick uint64) {
	if unix == 0 {
		l.noTime(name, pick)
		return
	}
	l.add(Field{Name: name, Kind: Time, Value: time.Unix(unix, 0).In(beijing).Format(time.DateTime)})
}

// noTime adds a column without a time. The vendor's pages name none of the four
// ways; the last two are the habit of its database (assumed).
func (l *list) noTime(name string, pick uint64) {
	if pick%4 == 0 {
		l.null(name)
		return
	}
	l.add(Field{Name: name, Kind: Time, Value: [...]string{"", "0000-00-00 00:00:00", "1000-01-01 00:00:00"}[pick%4-1]})
}

// private adds a column that tells who the buyer is.
func (l *list) private(name, value, masked string) {
	l.add(Field{Name: name, Value: value, Private: true, Masked: masked})
}

func (l *list) blank(names ...string) {
	for _, name := range names {
		l.text(name, "")
	}
}

func (l *list) zeros(names ...string) {
	for _, name := range names {
		l.integer(name, 0)
	}
}

func (l *list) zeroAmounts(names ...string) {
	for _, name := range names {
		l.amount(name, 0)
	}
}
