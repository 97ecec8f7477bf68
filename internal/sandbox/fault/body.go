package fault

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"strings"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/transform"
)

// bodyWriter sends a handler's body through a chain of stages that spoil it.
type bodyWriter struct {
	http.ResponseWriter
	body   io.Writer
	finish []func() // innermost stage first
}

func (w *bodyWriter) Write(p []byte) (int, error) { return w.body.Write(p) }

// Flush is nothing: stages may hold bytes back, and no handler relies on it.
func (w *bodyWriter) Flush() {}

// close ends the stages, the one nearest to the handler first.
func (w *bodyWriter) close() {
	for i := len(w.finish) - 1; i >= 0; i-- {
		w.finish[i]()
	}
}

func (w *bodyWriter) push(stage io.Writer, finish func()) {
	w.body = stage
	w.finish = append(w.finish, finish)
}

// around returns the writer that the handler shall use; close it when the
// handler is done. Faults of the body can add up.
func (s *Set) around(endpoint string, w http.ResponseWriter, r *http.Request) *bodyWriter {
	out := &bodyWriter{ResponseWriter: w, body: w}
	if rule, ok := s.Fire(endpoint, Trickle); ok {
		out.push(&trickle{to: out.body, rule: rule, request: r, control: http.NewResponseController(w)}, func() {})
	}
	if rule, ok := s.Fire(endpoint, Cut); ok {
		stage := &cut{to: out.body, left: rule.ValueOr(512), control: http.NewResponseController(w)}
		out.push(stage, stage.breakOff)
	}
	if rule, ok := s.Fire(endpoint, Truncated); ok {
		stage := &head{to: out.body, limit: rule.ValueOr(512)}
		out.push(stage, stage.send)
	}
	if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		if rule, ok := s.Fire(endpoint, TruncatedGzip); ok {
			w.Header().Set("Content-Encoding", "gzip")
			stage := &head{to: out.body, limit: rule.ValueOr(64)}
			out.push(stage, stage.send)
			packed := gzip.NewWriter(out.body)
			out.push(packed, func() { packed.Close() })
		}
	}
	s.recode(endpoint, out)
	return out
}

// recode adds the stages that change the text and not the flow of bytes.
func (s *Set) recode(endpoint string, out *bodyWriter) {
	if _, ok := s.Fire(endpoint, GBK); ok {
		// What GBK cannot express becomes a character reference.
		encoded := transform.NewWriter(out.body, encoding.HTMLEscapeUnsupported(simplifiedchinese.GBK.NewEncoder()))
		out.push(encoded, func() { encoded.Close() })
	}
	if _, ok := s.Fire(endpoint, BOM); ok {
		out.push(&prefixed{to: out.body, prefix: []byte("\xef\xbb\xbf")}, func() {})
	}
	if rule, ok := s.Fire(endpoint, Padded); ok {
		out.push(&prefixed{to: out.body, prefix: bytes.Repeat([]byte{' '}, rule.ValueOr(1<<20))}, func() {})
	}
}

// head keeps the first bytes and swallows the rest. Of a body that is shorter
// than its limit it keeps half, so that something is always missing.
type head struct {
	to    io.Writer
	limit int
	kept  []byte
}

func (h *head) Write(p []byte) (int, error) {
	h.kept = append(h.kept, p[:min(len(p), h.limit-len(h.kept))]...)
	return len(p), nil
}

func (h *head) send() {
	if len(h.kept) < h.limit {
		h.kept = h.kept[:len(h.kept)/2]
	}
	_, _ = h.to.Write(h.kept) // a client that has gone needs no answer
}

// cut lets some bytes through and then breaks the connection.
type cut struct {
	to      io.Writer
	left    int
	control *http.ResponseController
}

func (c *cut) Write(p []byte) (int, error) {
	keep := min(c.left, len(p))
	c.left -= keep
	n, err := c.to.Write(p[:keep])
	if err == nil && c.left == 0 {
		c.breakOff()
	}
	return n, err
}

// breakOff sends what was written so far and drops the connection; the server
// treats this panic as the wish to do so.
func (c *cut) breakOff() {
	c.control.Flush()
	panic(http.ErrAbortHandler)
}

// prefixed writes something before the first byte.
type prefixed struct {
	to     io.Writer
	prefix []byte
}

func (x *prefixed) Write(p []byte) (int, error) {
	if len(x.prefix) > 0 {
		if _, err := x.to.Write(x.prefix); err != nil {
			return 0, err
		}
		x.prefix = nil
	}
	return x.to.Write(p)
}

// trickle sends a few bytes at a time.
type trickle struct {
	to      io.Writer
	rule    Rule
	request *http.Request
	control *http.ResponseController
}

func (t *trickle) Write(p []byte) (int, error) {
	for rest := p; len(rest) > 0; {
		n := min(t.rule.ValueOr(16), len(rest))
		if _, err := t.to.Write(rest[:n]); err != nil {
			return 0, err
		}
		t.control.Flush()
		rest = rest[n:]
		pause(t.request, t.rule.Delay())
		if err := t.request.Context().Err(); err != nil {
			return 0, err
		}
	}
	return len(p), nil
}
