package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/text/encoding/simplifiedchinese"

	"pandian/internal/fault"
)

// landed are the figures of pandian land.
type landed struct {
	RunID         int64 `json:"run_id"`
	Pages         int64 `json:"pages"`
	Records       int64 `json:"records"`
	Landed        int64 `json:"landed"`
	Unchanged     int64 `json:"unchanged"`
	Rejected      int64 `json:"rejected"`
	RejectedFiles int64 `json:"rejected_files"`
	Complete      bool  `json:"complete"`
}

// recordings saves what the platforms of another shop with the same world answer
// to one extraction, as a person with a proxy would. It returns the files by call.
func (s *shop) recordings() (wdt, yonsuite []string) {
	s.t.Helper()
	recorded := newShop(s.t, shopOptions{})
	recorded.front.keeping()
	recorded.must("extract", "-q")
	for _, call := range []string{"wdt", "yonsuite"} {
		for number, one := range recorded.front.kept(call) {
			name := s.write(fmt.Sprintf("%s-%02d-page-%s.json", call, number, one.page), string(one.body))
			if call == "wdt" {
				wdt = append(wdt, name)
			} else {
				yonsuite = append(yonsuite, name)
			}
		}
	}
	if len(wdt) < 5 || len(yonsuite) != 1 {
		s.t.Fatalf("got %d and %d recordings, want several of 旺店通 and one of YonSuite", len(wdt), len(yonsuite))
	}
	return wdt, yonsuite
}

// wholeSpan is from where the pipeline begins to a minute ago.
func wholeSpan() string {
	now := time.Now().In(beijing())
	return now.AddDate(0, 0, -90).Format(time.DateOnly) + ".." + now.Add(-time.Minute).Format(time.DateTime)
}

func landLine(dataset string, more ...string) []string {
	connection := map[string]string{"wdt.stock": "wdt-main", "yonsuite.current_stock": "ys-main"}[dataset]
	return append([]string{"land", "--json", "--dataset", dataset, "--connection", connection}, more...)
}

func TestLandedRecordingsCompareAsTheSourcesDo(t *testing.T) {
	t.Parallel()
	s := newShop(t, shopOptions{})
	wdt, yonsuite := s.recordings()
	got := decode[landed](t, s.must(landLine("wdt.stock", append([]string{"--complete", "--window", wholeSpan()}, wdt...)...)...).envelope(t).Summary)
	if !got.Complete || got.Landed+got.Rejected != got.Records || got.Rejected != 1 || got.Pages != int64(len(wdt)) {
		t.Errorf("got %+v of %d files, want all of them, with the record that holds a NUL rejected", got, len(wdt))
	}
	// The other side comes from standard input, with a byte order mark.
	body := append([]byte("\ufeff"), mustRead(t, yonsuite[0])...)
	ended := s.pandianWith(t.Context(), bytes.NewReader(body), landLine("yonsuite.current_stock", "--complete", "-")...)
	if ended.code != 0 {
		t.Fatalf("want exit code 0, got %s", ended)
	}
	transformed := s.must("transform", "stock-compare", "--json")
	loaded := s.must("load", "--json").figures(t)
	truth := s.truth(demoParams)
	agreeOnOutcomes(t, loaded, truth)
	if rejected := ask[int64](s, "select count(distinct (page_id, place, stage, dataset)) from staging.reject"); rejected != int64(truth.WDT.Rejected+truth.Yonsuite.Rejected) {
		t.Errorf("got %d records in staging.reject, want %d", rejected, truth.WDT.Rejected+truth.Yonsuite.Rejected)
	}
	if taken := transformed.figures(t).Datasets["wdt.stock"].Taken; taken != got.Landed {
		t.Errorf("got %d records taken for typing, want the %d that were landed", taken, got.Landed)
	}

	// The same again changes nothing.
	before := s.rowVersions()
	s.must(landLine("wdt.stock", append([]string{"--complete", "--window", wholeSpan()}, wdt...)...)...)
	again := decode[landed](t, s.must(landLine("yonsuite.current_stock", "--complete", yonsuite[0])...).envelope(t).Summary)
	if again.Landed != 0 || again.Unchanged == 0 {
		t.Errorf("got %+v, want a snapshot that stands as it stood", again)
	}
	s.must("transform")
	for row, version := range s.rowVersions() {
		if before[row] != version {
			t.Errorf("landing the same again wrote %s: %.300s", row, version)
		}
	}
}

func mustRead(t *testing.T, path string) []byte {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

func TestFilesThatAreNotAllThereIsSaid(t *testing.T) {
	t.Parallel()
	s := newShop(t, shopOptions{})
	wdt, yonsuite := s.recordings()
	ended := s.must(landLine("wdt.stock", append([]string{"--window", wholeSpan()}, wdt...)...)...)
	if got := decode[landed](t, ended.envelope(t).Summary); got.Complete {
		t.Errorf("got %+v, want files of several windows to prove nothing without --complete", got)
	}
	second := slices.IndexFunc(wdt, func(name string) bool { return strings.HasSuffix(name, "page-1.json") })
	line := landLine("wdt.stock", "--window", wholeSpan(), wdt[second])
	line = append(line[:1:1], line[2:]...) // for a person, not as JSON
	if ended := s.must(line...); !strings.Contains(ended.stderr, "not complete") || !strings.Contains(ended.stderr, "--complete") {
		t.Errorf("want it to say what is missing and what to do, got %s", ended)
	}
	s.must(landLine("yonsuite.current_stock", "--complete", yonsuite[0])...)
	failed := s.fails(fault.NotComparable, "transform")
	if !strings.Contains(failed.Message, "wdt.stock of wdt-main is not complete") {
		t.Errorf("got %s, want it to name the side", failed.Message)
	}
	if results := ask[int64](s, "select (select count(*) from compare.stock_result) + (select count(*) from compare.discrepancy)"); results != 0 {
		t.Errorf("got %d outcomes and discrepancies, want nothing compared", results)
	}
}

func TestFilesThatAreNoAnswers(t *testing.T) {
	t.Parallel()
	s := newShop(t, shopOptions{})
	good := `{"code":0,"total_count":1,"stocks":[` + stockRecord("1") + `]}`
	gbk, err := simplifiedchinese.GBK.NewEncoder().String(`{"code":0,"message":"成功","stocks":[{"spec_id":"3","warehouse_id":"1","goods_name":"保温杯"},` + stockRecord("4") + `]}`)
	if err != nil {
		t.Fatal(err)
	}
	cases := []struct {
		name, body string
		landed     int64  // records of the odd file that are kept
		reason     string // "" where the file is fine
	}{
		{"a byte order mark", "\ufeff" + good, 1, ""},
		{"a bare array", `[` + stockRecord("1") + `,` + stockRecord("2") + `]`, 2, ""},
		{"HTML", "<!DOCTYPE html><html><body>502 Bad Gateway</body></html>", 0, "HTML"},
		{"cut off", good[:len(good)-30] + `"},` + stockRecord("2")[:20], 0, "cut off"},
		{"cut off after a record", `{"code":0,"stocks":[` + stockRecord("1") + `,{"spec_id":"2`, 1, "cut off"},
		{"plain text", "upstream connect error", 0, "not valid JSON"},
		{"nothing", "", 0, "empty"},
		{"another answer", `{"items":[{"a":1}]}`, 0, "not of this dataset"},
		{"a text", `"stocks"`, 0, "not of this dataset"},
		{"gzip", "\x1f\x8b\x08\x00\x00\x00", 0, "gzip"},
		{"a refusal", `{"code":2100,"message":"签名验证失败"}`, 0, "签名验证失败"},
		{"GBK", gbk, 1, "not UTF-8"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			s := s.in(t)
			file := s.write("odd.json", c.body)
			connection := "of " + c.name
			line := []string{"land", "--json", "--dataset", "wdt.stock", "--connection", connection, s.write("before.json", good), file, s.write("after.json", good)}
			ended := s.pandian(line...)
			got := decode[landed](t, ended.envelope(t).Summary)
			if got.Landed != c.landed+2 {
				t.Errorf("got %d records landed, want %d and those of the two good files: %s", got.Landed, c.landed, ended)
			}
			if c.reason == "" {
				if ended.code != 0 || got.Rejected+got.RejectedFiles != 0 {
					t.Errorf("want exit code 0, got %s", ended)
				}
				return
			}
			if got.RejectedFiles == 1 {
				s.failed(ended, fault.SourceUnreadable)
			} else if ended.code != 0 || got.Rejected == 0 {
				t.Errorf("want records rejected, got %s", ended)
			}
			reason := ask[string](s, "select string_agg(distinct reason, '; ') from report.reject where run_id = $1", got.RunID)
			if !strings.Contains(reason, c.reason) {
				t.Errorf("got reason %q, want it to say %q", reason, c.reason)
			}
			if kept := ask[bool](s, "select bool_and(record is not null or raw is not null) from staging.reject where run_id = $1", got.RunID); !kept {
				t.Error("what came was not kept")
			}
		})
	}
}

func stockRecord(id string) string {
	return `{"spec_id":"` + id + `","warehouse_id":"1","goods_no":"G` + id + `","warehouse_no":"WH01","stock_num":"5.0000","modified":"2026-03-01 10:00:00"}`
}

func TestLandRefusesWhatCannotBeMeant(t *testing.T) {
	t.Parallel()
	s := newShop(t, shopOptions{})
	file := s.write("page.json", "[]")
	tomorrow := time.Now().In(beijing()).AddDate(0, 0, 2).Format(time.DateOnly)
	for name, line := range map[string][]string{
		"a file that is not there":       landLine("wdt.stock", file, filepath.Join(s.dir, "absent.json")),
		"a folder":                       landLine("wdt.stock", s.dir),
		"no file":                        landLine("wdt.stock"),
		"no dataset":                     {"land", "--json", "--connection", "wdt-main", file},
		"an unknown dataset":             landLine("wdt.trade", "--connection", "wdt-main", file),
		"no connection":                  {"land", "--json", "--dataset", "wdt.stock", file},
		"a window of what is read whole": landLine("yonsuite.current_stock", "--window", wholeSpan(), file),
		"a window that is not past yet":  landLine("wdt.stock", "--window", "2026-01-01.."+tomorrow, file),
		"standard input twice":           landLine("wdt.stock", "-", "-"),
	} {
		t.Run(name, func(t *testing.T) {
			s.in(t).failed(s.in(t).pandian(line...), fault.UsageWrong)
		})
	}
	if runs := ask[int64](s, "select count(*) from ops.run"); runs != 0 {
		t.Errorf("got %d runs, want nothing to be begun", runs)
	}
}
