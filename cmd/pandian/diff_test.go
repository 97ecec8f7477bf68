package main

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/shopspring/decimal"
	"golang.org/x/text/width"

	"pandian/internal/fault"
	"pandian/internal/sandbox/world"
)

// difference is a row of pandian diff.
type difference struct {
	Kind           string  `json:"kind"`
	DeltaQty       *string `json:"delta_qty"`
	SourceQty      *string `json:"source_qty"`
	CounterpartQty *string `json:"counterpart_qty"`
	WarehouseCode  string  `json:"warehouse_code"`
	SKUCode        string  `json:"sku_code"`
	State          string  `json:"state"`
	SpecNo         *string `json:"spec_no"`
	GoodsNo        *string `json:"goods_no"`
	RecordKey      string  `json:"record_key"`
}

func (s *shop) differences(args ...string) []difference {
	s.t.Helper()
	return decode[[]difference](s.t, s.must(append([]string{"diff", "--json"}, args...)...).envelope(s.t).Result)
}

func TestDiff(t *testing.T) {
	t.Parallel()
	s := newShop(t, shopOptions{})
	s.run()
	all := s.differences()

	t.Run("lists what the truth says, the largest first", func(t *testing.T) {
		s, counts := s.in(t), map[string]int{}
		last := decimal.New(1, 30)
		for _, row := range all {
			counts[row.Kind]++
			if row.DeltaQty == nil {
				continue
			}
			delta := quantity(*row.DeltaQty)
			if delta.Abs().GreaterThan(last) {
				t.Errorf("%s comes after a delta of %s", *row.DeltaQty, last)
			}
			last = delta.Abs()
			source, counterpart := decimal.Zero, decimal.Zero
			if row.SourceQty != nil {
				source = quantity(*row.SourceQty)
			}
			if row.CounterpartQty != nil {
				counterpart = quantity(*row.CounterpartQty)
			}
			if !source.Sub(counterpart).Equal(delta) {
				t.Errorf("%s: got delta %s of %s and %s", row.RecordKey, delta, source, counterpart)
			}
		}
		truth := s.truth(demoParams)
		want := map[string]int{"different": truth.Different, "missing_there": truth.MissingThere, "missing_here": truth.MissingHere}
		if fmt.Sprint(counts) != fmt.Sprint(want) {
			t.Errorf("got %v, want %v", counts, want)
		}
	})

	t.Run("every format holds the same rows", func(t *testing.T) {
		s := s.in(t)
		records, err := csv.NewReader(strings.NewReader(s.must("diff", "--format", "csv").stdout)).ReadAll()
		if err != nil || len(records) != len(all)+1 {
			t.Errorf("csv: got %d lines and %v, want a header and %d rows", len(records), err, len(all))
		}
		if key := slices.Index(records[0], "record_key"); records[1][key] != all[0].RecordKey {
			t.Errorf("csv: got %s first, want %s", records[1][key], all[0].RecordKey)
		}
		if bom := s.must("diff", "--format", "csv", "--bom").stdout; !strings.HasPrefix(bom, "\ufeffkind,") {
			t.Errorf("got %.20q, want a byte order mark", bom)
		}
		lines := strings.Split(strings.TrimSpace(s.must("diff", "--format", "ndjson").stdout), "\n")
		for i, line := range lines {
			var row difference
			if err := json.Unmarshal([]byte(line), &row); err != nil || row.RecordKey != all[i].RecordKey {
				t.Fatalf("ndjson line %d: got %v and %s, want %s", i, err, row.RecordKey, all[i].RecordKey)
			}
		}
		if len(lines) != len(all) {
			t.Errorf("ndjson: got %d lines, want %d", len(lines), len(all))
		}
		if got := decode[[]difference](t, s.must("diff", "--format", "json").envelope(t).Result); len(got) != len(all) {
			t.Errorf("json: got %d rows, want %d", len(got), len(all))
		}
	})

	t.Run("Chinese columns of the table stand in line", func(t *testing.T) {
		s := s.in(t)
		table := s.must("diff").stdout
		lines := strings.Split(strings.TrimSpace(table), "\n")
		if len(lines) != min(len(all), 50)+4 || !strings.ContainsFunc(table, func(r rune) bool { return r >= '一' }) {
			t.Fatalf("got %d lines, want the rows, the header and three rules, with Chinese names: %s", len(lines), table)
		}
		for _, line := range lines {
			if cells(line) != cells(lines[0]) {
				t.Errorf("got %d cells, want %d: %s", cells(line), cells(lines[0]), line)
			}
		}
	})

	t.Run("filters select what they say", func(t *testing.T) { s.in(t).filters(all) })

	t.Run("acknowledged and older ones are found", func(t *testing.T) { s.in(t).decisions(all) })

	t.Run("a name that nobody knows is no good news", func(t *testing.T) {
		s := s.in(t)
		if failed := s.fails(fault.ConfigUnknownRef, "diff", "stock-comparee"); !strings.Contains(failed.Suggestion, "stock-compare") {
			t.Errorf("got advice %q, want the name that was meant", failed.Suggestion)
		}
		if got := s.differences("stock-compare"); len(got) != len(all) {
			t.Errorf("got %d rows of the pipeline, want %d", len(got), len(all))
		}
	})

	t.Run("exit code 4 is for those who ask", func(t *testing.T) {
		s := s.in(t)
		ended := s.pandian("diff", "--fail-on-diff", "--json")
		s.failed(ended, fault.Differences)
		if got := ended.envelope(t); !got.OK || len(decode[[]difference](t, got.Result)) != len(all) {
			t.Errorf("want ok and the rows, got %s", ended)
		}
		if ended := s.pandian("diff", "--fail-on-diff", "-q"); ended.code != fault.ExitDifferences {
			t.Errorf("want exit code 4, got %s", ended)
		}
		s.must("diff", "--fail-on-diff", "--warehouse", "no such warehouse")
	})
}

// filters holds each filter against the same choice made here.
func (s *shop) filters(all []difference) {
	s.t.Helper()
	house, withSpec := all[0].WarehouseCode, all[slices.IndexFunc(all, func(row difference) bool { return row.SpecNo != nil })]
	large := quantity("150.5")
	for line, wanted := range map[string]func(difference) bool{
		"--warehouse " + house:                  func(row difference) bool { return row.WarehouseCode == house },
		"--warehouse " + house + ",WH02":        func(row difference) bool { return row.WarehouseCode == house || row.WarehouseCode == "WH02" },
		"--kind missing_there":                  func(row difference) bool { return row.Kind == "missing_there" },
		"--kind missing_there --kind different": func(row difference) bool { return row.Kind != "missing_here" },
		"--kind different --warehouse " + house: func(row difference) bool { return row.Kind == "different" && row.WarehouseCode == house },
		"--min-delta 150.5": func(row difference) bool {
			return row.DeltaQty != nil && !quantity(*row.DeltaQty).Abs().LessThan(large)
		},
		"--sku " + withSpec.SKUCode: func(row difference) bool {
			return row.SKUCode == withSpec.SKUCode || row.GoodsNo != nil && *row.GoodsNo == withSpec.SKUCode
		},
		"--sku " + *withSpec.SpecNo: func(row difference) bool { return row.SpecNo != nil && *row.SpecNo == *withSpec.SpecNo },
		"--state resolved":          func(row difference) bool { return false },
		"--state open":              func(row difference) bool { return true },
		"--older-than 2d":           func(row difference) bool { return false },
		"--warehouse '); drop table compare.discrepancy": func(row difference) bool { return false },
	} {
		name, value, _ := strings.Cut(line, " ")
		args := []string{name, value}
		if strings.Contains(value, " --") {
			args = strings.Fields(line)
		}
		got := s.differences(args...)
		var want []string
		for _, row := range all {
			if wanted(row) {
				want = append(want, row.RecordKey)
			}
		}
		if keys := keysOf(got); !slices.Equal(keys, want) {
			s.t.Errorf("%s: got %d rows %v, want %d %v", line, len(keys), keys, len(want), want)
		}
	}
	if got := s.differences("--limit", "3"); !slices.Equal(keysOf(got), keysOf(all[:3])) {
		s.t.Errorf("--limit 3: got %v, want the first three", keysOf(got))
	}
}

func keysOf(rows []difference) (keys []string) {
	for _, row := range rows {
		keys = append(keys, row.RecordKey)
	}
	return keys
}

// decisions acknowledges one discrepancy as the help says, and makes one old.
func (s *shop) decisions(all []difference) {
	s.t.Helper()
	if help := plain(s.t, "diff", "--help").stdout; !strings.Contains(help, "compare.acknowledge('stock-compare', RECORD_KEY,") {
		s.t.Errorf("want the help to say how to acknowledge, got %s", help)
	}
	known, old := all[2].RecordKey, all[5].RecordKey
	if found := ask[int32](s, "select compare.acknowledge('stock-compare', $1, 'counted on Friday, booked on Monday')", known); found != 1 {
		s.t.Fatalf("got %d acknowledged, want 1", found)
	}
	s.tell("update compare.discrepancy set first_seen_at = now() - interval '3 days' where record_key = $1", old)
	for line, want := range map[string][]string{
		"--state acknowledged": {known}, "--older-than 2d": {old}, "--older-than 4d": nil, "--state open --older-than 71h": {old},
	} {
		if got := keysOf(s.differences(strings.Fields(line)...)); !slices.Equal(got, want) {
			s.t.Errorf("%s: got %v, want %v", line, got, want)
		}
	}
	if got := s.differences(); len(got) != len(all) {
		s.t.Errorf("got %d rows, want what is acknowledged to be listed too", len(got))
	}
	// It stays acknowledged while its figures stay.
	s.run()
	if got := keysOf(s.differences("--state", "acknowledged")); !slices.Equal(got, []string{known}) {
		s.t.Errorf("got %v acknowledged after another run, want %s", got, known)
	}
}

// cells counts the terminal cells of a line without the library that draws it.
func cells(line string) int {
	total := 0
	for _, r := range line {
		switch width.LookupRune(r).Kind() {
		case width.EastAsianWide, width.EastAsianFullwidth:
			total += 2
		default:
			total++
		}
	}
	return total
}

func TestDiffWithoutDifferences(t *testing.T) {
	t.Parallel()
	s := newShop(t, shopOptions{world: func(o *world.Options) {
		*o = world.Options{Rows: 20, Seed: 1, Now: o.Now}
	}})
	s.run()
	if ended := s.must("diff", "--fail-on-diff"); !strings.Contains(ended.stdout, "no discrepancies") {
		t.Errorf("want it to say so, got %s", ended)
	}
	if got := s.must("diff", "--json").envelope(t); string(got.Result) != "[]" {
		t.Errorf("got %s, want an empty list", got.Result)
	}
	if ended := s.must("diff", "--format", "csv"); !strings.HasPrefix(ended.stdout, "kind,") || strings.Count(ended.stdout, "\n") != 1 {
		t.Errorf("want the header alone, got %s", ended)
	}
}
