package jst

import (
	"bytes"
	"slices"
)

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
