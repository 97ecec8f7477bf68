package wdt

import (
	"pandian/internal/sandbox/stockouts"
)

// columns writes the columns of a record of the world of stockouts in the way
// of the route. hiding is how an anonymous route leaves out the private ones.
func (r *record) columns(fields []stockouts.Field, hiding stockouts.Hiding) {
	for _, f := range fields {
		if f.Private && r.style.anonymous {
			r.hide(f, hiding)
			continue
		}
		switch f.Kind {
		case stockouts.Null:
			r.Null(f.Name)
		case stockouts.Integer:
			r.code(f.Name, f.Value, true)
		case stockouts.Code:
			r.code(f.Name, f.Value, digits(f.Value))
		case stockouts.Amount:
			if f.Bare || r.style.decimals {
				r.Raw(f.Name, f.Value)
			} else {
				r.Text(f.Name, f.Value)
			}
		default:
			r.Text(f.Name, f.Value)
		}
	}
}

// hide writes a private column so that it does not tell who the buyer is.
func (r *record) hide(f stockouts.Field, hiding stockouts.Hiding) {
	switch hiding {
	case stockouts.Nulled:
		r.Null(f.Name)
	case stockouts.Blank:
		r.Text(f.Name, "")
	case stockouts.Masked:
		r.Text(f.Name, f.Masked)
	case stockouts.Absent:
	}
}

// digits tells whether a code could be taken for a number.
func digits(code string) bool {
	for _, c := range code {
		if c < '0' || c > '9' {
			return false
		}
	}
	return code != "" && code[0] != '0'
}
