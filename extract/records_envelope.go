package extract

import "fmt"

// envelope collects the members of a response that are not records.
type envelope struct {
	buf   []byte
	limit int // bytes
	depth int // objects open
	first bool
}

// open starts the top level (name "") or a wrapper; name is a JSON string.
func (e *envelope) open(name string) {
	e.member(name)
	e.buf = append(e.buf, '{')
	e.depth++
	e.first = true
}

func (e *envelope) close() {
	e.buf = append(e.buf, '}')
	e.depth--
	e.first = false
}

func (e *envelope) add(name string, value []byte) {
	if len(e.buf)+len(name)+len(value)+e.depth+2 > e.limit {
		e.leaveOut(name, int64(len(value)))
		return
	}
	e.member(name)
	e.buf = append(e.buf, value...)
}

// leaveOut remarks that a member did not fit, as long as the remark does.
func (e *envelope) leaveOut(name string, size int64) {
	remark := fmt.Sprintf(`"(left out: %d bytes)"`, size)
	if len(e.buf)+len(name)+len(remark)+e.depth+2 > e.limit {
		return
	}
	e.member(name)
	e.buf = append(e.buf, remark...)
}

func (e *envelope) member(name string) {
	if e.depth == 0 {
		return
	}
	if !e.first {
		e.buf = append(e.buf, ',')
	}
	e.first = false
	e.buf = append(e.buf, name...)
	e.buf = append(e.buf, ':')
}

// json closes what is still open, on a copy.
func (e *envelope) json() []byte {
	if len(e.buf) == 0 {
		return []byte("{}")
	}
	text := append([]byte(nil), e.buf...)
	for range e.depth {
		text = append(text, '}')
	}
	return text
}
