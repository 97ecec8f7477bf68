package jst

import (
	"bytes"
	"io"
	"slices"
)

// Clean is a saved response without the raw control characters that Qimen lets
// through into its JSON; what the client reads goes without them too.
func Clean(body io.Reader) io.Reader { return &cleaner{body} }

// cleaner drops stray bytes on the way.
type cleaner struct{ body io.Reader }

// Read implements [io.Reader].
func (c *cleaner) Read(into []byte) (int, error) {
	for {
		read, err := c.body.Read(into)
		kept := len(slices.DeleteFunc(into[:read], isStray))
		if kept > 0 || err != nil || len(into) == 0 {
			return kept, err
		}
	}
}

// withoutControls drops the raw control characters that Qimen lets through into
// its JSON (0x00-0x08, 0x0B, 0x0C, 0x0E-0x1F), as clients of it do. Escapes such
// as \u0009 are text and stay; so do tab, line feed and carriage return, which
// JSON allows between values. No character of UTF-8 or GBK has such a byte inside.
// A clean body comes back as it is.
func withoutControls(body []byte) []byte {
	if !slices.ContainsFunc(body, isStray) {
		return body
	}
	return slices.DeleteFunc(bytes.Clone(body), isStray)
}

func isStray(c byte) bool {
	return c < ' ' && c != '\t' && c != '\n' && c != '\r'
}
