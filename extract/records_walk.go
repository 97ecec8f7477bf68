package extract

import (
	"errors"
	"io"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// begin looks at the first byte.
func (r *RecordReader) begin() (Record, bool, error) {
	r.scan.skipBOM()
	c, err := r.scan.peek()
	if errors.Is(err, io.EOF) {
		return Record{}, false, r.fail(ReasonEmpty, "")
	} else if err != nil {
		return Record{}, false, r.broken(err)
	}
	switch c {
	case '{':
		r.open("")
		return Record{}, false, nil
	case '[':
		r.bare = true
		r.openList()
		return Record{}, false, nil
	default:
		reason, detail := whatIsIt(r.scan.ahead(64))
		return Record{}, false, r.fail(reason, detail)
	}
}

// open enters an object: the top level, or a wrapper of that name.
func (r *RecordReader) open(name string) {
	r.scan.pos++
	r.depth++
	r.first = true
	r.envelope.open(name)
	r.step = r.member
}

func (r *RecordReader) openList() {
	r.scan.pos++
	r.list, r.first = true, true
	r.step = r.element
}

// member reads one member of the envelope, up to the array of the list.
func (r *RecordReader) member() (Record, bool, error) {
	done, err := r.separator('}')
	if err != nil {
		return Record{}, false, err
	}
	if done {
		r.depth--
		r.first = false
		r.envelope.close()
		if r.depth == 0 {
			r.step = r.end
		}
		return Record{}, false, nil
	}
	quoted, name, err := r.name()
	if err != nil {
		return Record{}, false, err
	}
	c, err := r.scan.peek()
	if err != nil {
		return Record{}, false, r.broken(err)
	}
	r.known = r.known || hasFold(r.layout.Known, name)
	switch {
	case c == '[' && hasFold(r.layout.Lists, name):
		r.openList()
		return Record{}, false, nil
	case c == '{' && r.depth == 1 && hasFold(r.layout.Wrappers, name):
		r.open(quoted)
		return Record{}, false, nil
	default:
		return Record{}, false, r.field(quoted, name)
	}
}

// name reads a member's name and colon; quoted is the name as JSON.
func (r *RecordReader) name() (quoted, name string, err error) {
	if c, err := r.scan.peek(); err != nil {
		return "", "", r.broken(err)
	} else if c != '"' {
		return "", "", r.fail(ReasonNotJSON, "a name in double quotes is due")
	}
	raw, err := r.value(maxName)
	if err != nil {
		return "", "", err
	}
	if raw.cut {
		return "", "", r.fail(ReasonNotJSON, "a member's name does not end")
	}
	safe, ok := storable(raw.bytes)
	if !ok {
		return "", "", r.fail(ReasonNotJSON, "a member's name is no JSON string")
	}
	quoted = string(safe) // before the next read takes the bytes away
	text, _ := jsontext.AppendUnquote(nil, quoted)
	if c, err := r.scan.peek(); err != nil {
		return "", "", r.broken(err)
	} else if c != ':' {
		return "", "", r.fail(ReasonNotJSON, "a colon is due after a name")
	}
	r.scan.pos++
	return quoted, string(text), nil
}

// field keeps one member of the envelope that is not the record array.
func (r *RecordReader) field(quoted, name string) error {
	raw, err := r.value(r.layout.MaxEnvelope)
	if err != nil {
		return err
	}
	if hasFold(r.layout.Lists, name) {
		r.list = true
		if string(raw.bytes) != "null" {
			r.odd = name + " is " + kindOf(raw.bytes) + ", not a list"
		}
	}
	if raw.cut {
		r.envelope.leaveOut(quoted, raw.size)
		return nil
	}
	safe, ok := storable(raw.bytes)
	if !ok {
		return r.fail(ReasonNotJSON, "the value of "+quoted+" is no JSON")
	}
	r.envelope.add(quoted, safe)
	return nil
}

// element reads one record, or the end of the list.
func (r *RecordReader) element() (Record, bool, error) {
	done, err := r.separator(']')
	if err != nil {
		return Record{}, false, err
	}
	if done {
		r.first = false
		if r.step = r.member; r.bare {
			r.step = r.end
		}
		return Record{}, false, nil
	}
	limit := r.layout.MaxRecord
	if r.skip {
		limit = 0
	}
	raw, err := r.value(limit)
	if err != nil {
		return Record{}, false, err
	}
	if r.skip {
		return Record{}, true, nil
	}
	return r.check.record(raw), true, nil
}

func (r *RecordReader) value(limit int) (span, error) {
	raw, err := r.scan.value(limit)
	if err != nil {
		return raw, r.broken(err)
	}
	if raw.size == 0 {
		return raw, r.fail(ReasonNotJSON, "a value is due")
	}
	return raw, nil
}

// separator passes the comma between members or elements; done says that the
// container ended instead.
func (r *RecordReader) separator(closing byte) (done bool, err error) {
	c, err := r.scan.peek()
	if err != nil {
		return false, r.broken(err)
	}
	first := r.first
	r.first = false
	switch {
	case c == closing:
		r.scan.pos++
		return true, nil
	case first:
		return false, nil
	case c != ',':
		return false, r.fail(ReasonNotJSON, "a comma or "+string(closing)+" is due")
	}
	r.scan.pos++
	if c, err = r.scan.peek(); err != nil {
		return false, r.broken(err)
	}
	if c == closing {
		return false, r.fail(ReasonNotJSON, "a value is due after a comma")
	}
	return false, nil
}

// end expects nothing more, and that what came was an answer of this platform.
func (r *RecordReader) end() (Record, bool, error) {
	_, err := r.scan.peek()
	switch {
	case err == nil:
		return Record{}, false, r.fail(ReasonNotJSON, "there is more after the end of the answer; one answer at a time")
	case !errors.Is(err, io.EOF):
		return Record{}, false, r.broken(err)
	case r.odd != "":
		return Record{}, false, r.fail(ReasonShape, r.odd)
	case !r.list && !r.known:
		return Record{}, false, r.fail(ReasonShape, "it has none of "+strings.Join(r.layout.Lists, ", "))
	}
	return Record{}, false, io.EOF
}

func hasFold(names []string, name string) bool {
	for _, candidate := range names {
		if strings.EqualFold(candidate, name) {
			return true
		}
	}
	return false
}
