package jst

import (
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

func TestClean_drops_what_the_client_drops_and_nothing_else(t *testing.T) {
	t.Parallel()
	const body = "{\"a\":\"x\x01y\x0b\x1f\",\r\n\t\"备注\":\"\\u0009发货🚀\x00\x08\"}"
	want := string(withoutControls([]byte(body)))
	for name, reader := range map[string]io.Reader{
		"whole": strings.NewReader(body), "by byte": iotest.OneByteReader(strings.NewReader(body)), "with its end": iotest.DataErrReader(strings.NewReader(body)),
	} {
		got, err := io.ReadAll(Clean(reader))
		if err != nil || string(got) != want || !strings.Contains(want, "发货🚀\"}") || strings.Contains(want, "\x01") {
			t.Errorf("%s: got %q and %v, want %q", name, got, err, want)
		}
	}
}
