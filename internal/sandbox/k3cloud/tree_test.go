package k3cloud

import "testing"

func TestJSONKeepsOrderAndDigits(t *testing.T) {
	t.Parallel()
	const sent = `{"b":[1.10,{"z":null,"a":true}],"a":9007199254740993,"c":"\u003c\u0000😀","e":[],"o":{}}`
	v, err := parseJSON([]byte(" " + sent + "\n"))
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"b":[1.10,{"z":null,"a":true}],"a":9007199254740993,"c":"\u003c\u0000😀","e":[],"o":{}}`
	if got := string(v.json()); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got := v.get("c").plain(); got != "<\x00😀" {
		t.Errorf("text: got %q", got)
	}
	for _, bad := range []string{"", "{", `{"a":1}{}`, `{a:1}`, "\xef\xbb\xbf{}"} {
		if _, err := parseJSON([]byte(bad)); err == nil {
			t.Errorf("%q was read", bad)
		}
	}
}

func TestOfTwoSpellingsOfAKeyTheLastCounts(t *testing.T) {
	t.Parallel()
	v, err := parseJSON([]byte(`{"Limit":1,"LIMIT":2}`))
	if got := v.get("limit").plain(); got != "2" || err != nil {
		t.Errorf("got %s (%v), want 2", got, err)
	}
}

func TestFiguresAreReadExactlyOrNotAtAll(t *testing.T) {
	t.Parallel()
	for sent, want := range map[string]string{
		"0.1": "0.1", "-2.50": "-2.5", "1e3": "1000", "1E-8": "0.00000001", "9007199254740993": "9007199254740993",
		"1e41": "", "1e-41": "", "1e999999999": "", "1,234.50": "", "": "", "NaN": "", "Infinity": "", "0x10": "", " 1": "", "１": "",
		"0.00000000000000000000000000000000000000000000000000000000000000001": "",
	} {
		got, ok := exact(sent)
		if ok != (want != "") || ok && got.String() != want {
			t.Errorf("%s: got %s, %v, want %q", sent, got, ok, want)
		}
	}
	if _, ok := exact("1" + string(make([]byte, 70))); ok {
		t.Error("a figure with zero bytes was read")
	}
	if _, ok := exact("11111111111111111111111111111111111111111111111111111111111111111"); ok {
		t.Error("a figure of 65 digits was read")
	}
}
