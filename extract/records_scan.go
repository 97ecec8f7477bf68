package extract

import (
	"bytes"
	"errors"
	"io"
)

const (
	// scanBuffer is the least room for the window on the body, in bytes; it
	// grows to hold the largest record.
	scanBuffer = 64 << 10
	// keptOfCut is how much is kept of a value that is too long, in bytes.
	keptOfCut = 4 << 10
	// maxName is the longest member name in the envelope, in bytes.
	maxName = 1 << 10
)

// scanner is a window on a stream that finds where JSON values end, without
// looking at what is in them.
type scanner struct {
	src      io.Reader
	buf      []byte
	pos, end int
	start    int   // of the value being kept; -1 when none is
	base     int64 // place of buf[0] in the stream
	err      error // of src, once it came
}

// span is one value as found.
type span struct {
	bytes []byte // valid until the next read; only its first 4 KiB when cut
	size  int64  // whole length, in bytes
	depth int    // deepest nesting; 0 for a scalar
	cut   bool   // longer than allowed
}

// offset is the place of the next byte in the stream.
func (s *scanner) offset() int64 { return s.base + int64(s.pos) }

// fill reads more behind what must be kept. It is false at the end of src.
func (s *scanner) fill() bool {
	if s.err != nil {
		return false
	}
	keep := s.pos
	if s.start >= 0 {
		keep = s.start
	}
	if keep > 0 {
		copy(s.buf, s.buf[keep:s.end])
		s.base += int64(keep)
		s.pos, s.end = s.pos-keep, s.end-keep
		if s.start >= 0 {
			s.start = 0
		}
	}
	if len(s.buf)-s.end < scanBuffer/2 {
		grown := make([]byte, max(scanBuffer, 2*len(s.buf)))
		copy(grown, s.buf[:s.end])
		s.buf = grown
	}
	for range 100 {
		n, err := s.src.Read(s.buf[s.end:])
		s.end += n
		s.err = err
		if n > 0 || err != nil {
			return n > 0
		}
	}
	s.err = io.ErrNoProgress
	return false
}

// peek skips white space and returns the next byte without passing it; io.EOF
// when there is none.
func (s *scanner) peek() (byte, error) {
	for {
		for s.pos < s.end {
			switch c := s.buf[s.pos]; c {
			case ' ', '\t', '\r', '\n':
				s.pos++
			default:
				return c, nil
			}
		}
		if !s.fill() {
			return 0, s.err
		}
	}
}

// ahead returns up to n bytes from here, without passing them.
func (s *scanner) ahead(n int) []byte {
	for s.end-s.pos < n && s.fill() {
	}
	return s.buf[s.pos:min(s.end, s.pos+n)]
}

func (s *scanner) skipBOM() {
	if bytes.HasPrefix(s.ahead(3), []byte("\xEF\xBB\xBF")) {
		s.pos += 3
	}
}

// value passes one value, keeping it when it is no longer than limit bytes; with
// limit 0 it keeps nothing at all. It must stand on the value's first byte; where
// that begins no value, the span is empty. A stream that ends inside the value is
// io.ErrUnexpectedEOF, or the error it ended with.
func (s *scanner) value(limit int) (span, error) {
	from := s.offset()
	first := s.buf[s.pos]
	scalar := first != '{' && first != '[' && first != '"'
	kept, nest := []byte(nil), nesting{}
	if s.start = s.pos; limit == 0 {
		s.start = -1
	}
	for done := false; !done; {
		if scalar {
			s.pos, done = scanScalar(s.buf[:s.end], s.pos)
		} else {
			s.pos, done = nest.scan(s.buf[:s.end], s.pos)
		}
		if s.start >= 0 && s.pos-s.start > limit {
			kept = bytes.Clone(s.buf[s.start:min(s.pos, s.start+keptOfCut)])
			s.start = -1
		}
		if done || s.fill() {
			continue
		}
		if scalar && errors.Is(s.err, io.EOF) {
			break // a scalar may end with the stream
		}
		s.start = -1
		return span{}, s.cutOff()
	}
	found := span{bytes: kept, size: s.offset() - from, depth: nest.deepest, cut: s.start < 0}
	if !found.cut {
		found.bytes = s.buf[s.start:s.pos]
	}
	s.start = -1
	return found, nil
}

func (s *scanner) cutOff() error {
	if errors.Is(s.err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return s.err
}

// nesting follows the brackets and strings of one value across refills.
type nesting struct {
	depth, deepest int
	text, escaped  bool
}

// scan goes on from buf[i]; done says that the value ends before the returned
// place.
func (n *nesting) scan(buf []byte, i int) (next int, done bool) {
	for i < len(buf) {
		if n.text {
			if n.escaped {
				n.escaped = false
				i++
				continue
			}
			for i < len(buf) && buf[i] != '"' && buf[i] != '\\' {
				i++
			}
			if i == len(buf) {
				return i, false
			}
			if n.escaped = buf[i] == '\\'; !n.escaped {
				n.text = false
				if n.depth == 0 {
					return i + 1, true
				}
			}
			i++
			continue
		}
		switch buf[i] {
		case '"':
			n.text = true
		case '{', '[':
			n.depth++
			n.deepest = max(n.deepest, n.depth)
		case '}', ']':
			n.depth--
			if n.depth == 0 {
				return i + 1, true
			}
		}
		i++
	}
	return i, false
}

// scanScalar passes a number or literal, right or wrong.
func scanScalar(buf []byte, i int) (next int, done bool) {
	for ; i < len(buf); i++ {
		if endsScalar(buf[i]) {
			return i, true
		}
	}
	return i, false
}

func endsScalar(c byte) bool {
	switch c {
	case ',', '}', ']', ' ', '\t', '\r', '\n':
		return true
	default:
		return false
	}
}
