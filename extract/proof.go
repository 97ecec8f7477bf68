package extract

import (
	"fmt"
	"strings"
)

// proof collects what shows that a window was read completely: every page but
// the last is full, no page repeats its neighbour, and the records add up to the
// platform's own count.
//
// Pages are counted from 0 here, whatever the platform's first number is. Page 0
// is read first for the count and again at the end: while pages are read
// backwards, records may leave the window (they changed, and come again in a
// later one), which makes the count smaller and costs nothing. A count that
// grew, or pages read forwards with any change, leave a gap.
type proof struct {
	size      int
	backwards bool
	total     int64 // negative if the platform does not say
	sum       int64
	previous  pageMark
	// doubts say why the window is not provably complete, in the order found.
	doubts []string
	// more is true when there were more records than the count.
	more bool
	// passed are the cursors that pages were asked for with; nil where pages are
	// read by their numbers.
	passed map[string]bool
}

// pageMark is what tells a page from its neighbour.
type pageMark struct {
	no    int
	hash  int64
	count int // records landed
}

func newProof(spec Spec, total *int64) *proof {
	p := &proof{size: spec.PageSize, backwards: spec.Backwards, total: known(total)}
	if p.total < 0 {
		p.doubt("the platform gave no total_count for page %d, so nothing proves that the records are all there are", spec.FirstPage)
	}
	return p
}

// known is the total, or -1 when there is none; platforms write -1 themselves.
func known(total *int64) int64 {
	if total == nil {
		return -1
	}
	return *total
}

// pages is the number of pages that the count asks for; 0 for none or unknown.
func (p *proof) pages() int {
	if p.total <= 0 {
		return 0
	}
	return int((p.total + int64(p.size) - 1) / int64(p.size))
}

func (p *proof) doubt(format string, args ...any) {
	p.doubts = append(p.doubts, fmt.Sprintf(format, args...))
}

func (p *proof) holds() bool { return len(p.doubts) == 0 }

// reason puts the doubts into words for a person, the first few of many.
func (p *proof) reason() string {
	const shown = 3
	text := strings.Join(p.doubts[:min(shown, len(p.doubts))], "; ")
	if hidden := len(p.doubts) - shown; hidden > 0 {
		text += fmt.Sprintf("; and %d more", hidden)
	}
	return text
}

// page judges page no.
func (p *proof) page(no int, came *page) {
	p.sum += int64(came.read)
	switch {
	case came.broken != nil:
		p.doubt("page %d could not be read to its end: %s", came.no, came.broken)
	case p.total >= 0:
		p.length(no, came.read)
	}
	if came.doubt != "" {
		p.doubt("page %d: %s", came.no, came.doubt)
	}
	mark := came.mark()
	if p.repeats(mark) {
		p.doubt("page %d holds the same records as page %d", mark.no, p.previous.no)
	}
	p.previous = mark
}

// length judges by the number of records in page no.
func (p *proof) length(no, read int) {
	last := max(p.pages()-1, 0)
	due := p.total - int64(last)*int64(p.size)
	switch {
	case no > last && p.more:
	case no > last && read > 0:
		p.more = true
		p.doubt("the platform says %d records, but page %d holds more", p.total, no)
	case no == last && int64(read) > due:
		p.more = true
		p.doubt("the platform says %d records, but page %d holds %d instead of %d", p.total, no, read, due)
	case no < last && read != p.size:
		p.doubt("page %d holds %d records instead of %d, and only the last page may be short", no, read, p.size)
	}
}

// repeats is true when a page's records are those of the page read before it.
func (p *proof) repeats(mark pageMark) bool {
	return mark.count > 0 && p.previous.count == mark.count && p.previous.hash == mark.hash && p.previous.no != mark.no
}

// end compares with the count that the last reading of page 0 gave.
func (p *proof) end(total *int64) {
	last := known(total)
	switch {
	case p.total < 0:
	case last < 0:
		p.doubt("the platform gave no total_count at the end, after %d at the beginning", p.total)
	case last > p.total, last < p.total && !p.backwards:
		p.doubt("the total changed from %d to %d while the window was read", p.total, last)
	case p.sum < last:
		p.doubt("the platform says %d records, %d came", last, p.sum)
	}
}

// after returns the page to read after page no: the other pages in the order
// that the platform asks for, then page 0 again. False when page no is the last.
func (p *proof) after(no int) (int, bool) {
	switch {
	case no == 0:
		return 0, false
	case p.backwards:
		return no - 1, true
	case no == p.pages()-1:
		return 0, true
	default:
		return no + 1, true
	}
}

// first is the page to read after the first look at page 0.
func (p *proof) first() int {
	if p.backwards {
		return p.pages() - 1
	}
	return 1
}
