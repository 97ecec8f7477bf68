package transform_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
)

// golden is a document worked out by hand: what the source says, what people
// keep in ref, and the very payload that the target must get, keys in order.
type golden struct {
	Says    string            `json:"says"`
	Given   []string          `json:"given"`
	Params  map[string]string `json:"params"`
	Key     string            `json:"key"`
	Records []json.RawMessage `json:"records"`
	Payload json.RawMessage   `json:"payload"`
}

// TestGolden compares payloads byte for byte, but for the blanks between their
// parts: the order of keys counts, and so do the digits of a number.
func TestGolden(t *testing.T) {
	t.Parallel()
	for folder, of := range map[string]struct {
		pipeline, connection, dataset string
		least                         int
	}{
		"tplus":   {"wdt-stockouts-to-tplus", "wdt", "wdt.stockout", 10},
		"k3cloud": {"jst-saleouts-to-k3cloud", "jst", "jst.saleout", 10},
		"jdy":     {"wdt-shops-to-jdy", "wdt", "wdt.shop", 5},
	} {
		t.Run(folder, func(t *testing.T) {
			t.Parallel()
			paths, err := filepath.Glob(filepath.Join("testdata/golden", folder, "*.json"))
			if err != nil {
				t.Fatal(err)
			}
			if len(paths) < of.least {
				t.Errorf("got %d documents, want at least %d", len(paths), of.least)
			}
			b := newBundleFor(t, of.pipeline)
			for _, path := range paths {
				g := readGolden(t, path)
				got := b.payload(g, of.connection, of.dataset)
				if want := compact(t, g.Payload); got != want {
					t.Errorf("%s: %s\n got %s\nwant %s", path, g.Says, got, want)
				}
			}
		})
	}
}

func readGolden(t *testing.T, path string) golden {
	t.Helper()
	decoder := json.NewDecoder(strings.NewReader(readText(t, path)))
	decoder.DisallowUnknownFields()
	var g golden
	if err := decoder.Decode(&g); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return g
}

// payload is what the mapping makes of the records; of a document that it holds
// back it is the reason.
func (b *bundle) payload(g golden, connection, dataset string) string {
	b.Helper()
	records, err := json.Marshal(g.Records)
	if err != nil {
		b.Fatal(err)
	}
	b.exec("truncate ref.shop_map, ref.warehouse_map, ref.sku_map, ref.payload_field")
	b.exec("select given.defaults($1)", b.pipeline)
	for _, statement := range g.Given {
		b.exec(statement)
	}
	for name, value := range g.Params {
		b.exec("select given.param($1, $2)", name, value)
	}
	runID := b.begin(b.pipeline, nil)
	b.given(runID, fmt.Sprintf("select given.pages('%s', '%s', '%s')", connection, dataset, strings.ReplaceAll(string(records), "'", "''")))
	b.run(runID, b.steps)
	return compact(b, []byte(scan[string](b, `
		select coalesce(
			(select payload from outbox.document where business_key = $1 and run_id = $2),
			(select to_json(reason)::text from outbox.held_back where business_key = $1),
			'"nothing was made"'
		)`, g.Key, runID)))
}

func compact(t testing.TB, text []byte) string {
	t.Helper()
	var out bytes.Buffer
	if err := json.Compact(&out, text); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	return out.String()
}
