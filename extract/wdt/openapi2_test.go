package wdt_test

import (
	"maps"
	"strings"
	"testing"

	"pandian/extract/wdt"
)

// W0 is the example of the vendor's guide, verified by public tests; W1 to W4
// are derived from its rules.
func TestSignOpenAPI2_vectors(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, secret string
		params       map[string]string
		want         string
	}{
		{"W0", "12345", map[string]string{
			"sid": "test2", "appkey": "test2-xx", "timestamp": "1470042310",
			"start_time": "2016-08-01 12:00:00", "end_time": "2016-08-01 13:00:00", "page_no": "0", "page_size": "40",
		}, "ad4e6fe037ea6e3ba4768317be9d1309"},
		{"W1", "testsecret", derived(map[string]string{
			"start_time": "2024-02-29 00:00:00", "end_time": "2024-02-29 23:59:59", "page_no": "0", "page_size": "40",
		}), "1ed36024cede4c3842333bbc3820ae65"},
		{"W2", "testsecret", derived(map[string]string{
			"shop_no": "api_test", "page_no": "0", "page_size": "100",
		}), "a7a503458b46eb7e9afd1ef4aafcbde6"},
		{"W3", "testsecret", chinese(), "53175af5b2ddf2cc6dc9cfc1a526e2f8"},
		{"W4", "testsecret", derived(map[string]string{"spec_no": strings.Repeat("A", 10000)}), "12c922526c89fdf8fa242876dc25b487"},
		{"the sign itself is not signed", "testsecret", derived(map[string]string{
			"shop_no": "api_test", "page_no": "0", "page_size": "100", "sign": "x",
		}), "a7a503458b46eb7e9afd1ef4aafcbde6"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if got := wdt.SignOpenAPI2(test.secret, test.params); got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
}

// Counting bytes would give this for W3, and the platform would refuse it.
func TestSignOpenAPI2_counts_characters_not_bytes(t *testing.T) {
	t.Parallel()
	if wdt.SignOpenAPI2("testsecret", chinese()) == "6004e29586f662cd944e4d2fbfd29970" {
		t.Error("lengths were counted in bytes")
	}
}

func chinese() map[string]string {
	return derived(map[string]string{
		"start_time": "2024-02-29 00:00:00", "end_time": "2024-02-29 01:00:00",
		"status": "95", "warehouse_no": "上海仓01", "page_no": "0", "page_size": "100",
	})
}

func derived(more map[string]string) map[string]string {
	params := map[string]string{"sid": "test2", "appkey": "test2-ot", "timestamp": "1709251200"}
	maps.Copy(params, more)
	return params
}
