package jsonout

import (
	"encoding/json"
	"testing"
)

func TestMembersAreWrittenInOrder(t *testing.T) {
	t.Parallel()
	o := Begin([]byte("x"))
	o.Text("a", "甲")
	o.Int("b", 9007199254740993)
	o.Null("c")
	o.Raw("d", "1e400")
	if got, want := string(o.End()), `x{"a":"甲","b":9007199254740993,"c":null,"d":1e400}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	empty := Begin(nil)
	if got := string(empty.End()); got != "{}" {
		t.Errorf("empty object: got %s", got)
	}
}

func TestEveryTextComesBackFromAParser(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", `"`, `\`, "a\nb", "\x00", "😀", "全角１２３", "<&>", "尾 ", "\u200b"} {
		var got string
		if err := json.Unmarshal(AppendString(nil, text), &got); err != nil || got != text {
			t.Errorf("%q: got %q (%v)", text, got, err)
		}
	}
}
