package jst_test

import (
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"pandian/extract"
	"pandian/extract/jst"
	"pandian/internal/erphttp"
	"pandian/internal/pgtest"
	"pandian/internal/retention"
	"pandian/internal/vault"
)

// versions answers by row version: rows from start_ts on, or after it.
type versions struct {
	route       jst.Route
	rows        map[int]int // version by io_id
	isExclusive bool
	// meanwhile happens after each answer.
	meanwhile func(call int, rows map[int]int)
}

func (v *versions) answer(call int, a asked) string {
	start, _ := strconv.Atoi(fmt.Sprint(a.biz["start_ts"]))
	size, _ := strconv.Atoi(fmt.Sprint(a.biz["page_size"]))
	type one struct{ id, version int }
	var found []one
	for id, version := range v.rows {
		if version > start || version == start && !v.isExclusive {
			found = append(found, one{id, version})
		}
	}
	slices.SortFunc(found, func(a, b one) int { return a.version - b.version })
	found = found[:min(size, len(found))]
	var rows []string
	for _, one := range found {
		rows = append(rows, row(one.id, one.version))
	}
	if v.meanwhile != nil {
		v.meanwhile(call, v.rows)
	}
	return page(v.route, "", rows...)
}

// follow reads from cursor to cursor, as a landing does.
func follow(t *testing.T, source *jst.Saleout) (records []string, cursors []string, last extract.Envelope) {
	t.Helper()
	for cursor := ""; ; {
		response, err := source.Fetch(t.Context(), aDay(len(cursors)+1, cursor))
		if err != nil {
			t.Fatal(err)
		}
		records = append(records, strings.Fields(readAll(t, response))...)
		last, cursors = response.Envelope(), append(cursors, cursor)
		if last.Next == nil || slices.Contains(cursors, *last.Next) || last.Doubt != "" {
			return records, cursors, last
		}
		cursor = *last.Next
	}
}

func TestRowVersion_reads_each_row_once_whichever_way_the_filter_is_meant(t *testing.T) {
	t.Parallel()
	for _, isExclusive := range []bool{false, true} {
		for n := range 12 {
			rows := map[int]int{}
			var want []string
			for i := range n {
				rows[i], want = 10+3*i, append(want, row(i, 10+3*i))
			}
			erp := serve(t, (&versions{rows: rows, isExclusive: isExclusive, route: jst.Old}).answer)
			conn := connection(jst.Old, erp.URL)
			conn.PageSize = 4
			records, _, last := follow(t, saleout(t, conn, jst.SaleoutFilter{}))
			if !slices.Equal(records, want) || last.Next != nil || last.Doubt != "" {
				t.Errorf("%d rows, exclusive %t: got %v, next %v, doubt %q; want %v", n, isExclusive, records, last.Next, last.Doubt, want)
			}
		}
	}
}

func TestRowVersion_loses_no_row_that_changes_meanwhile(t *testing.T) { // fault 17: drift
	t.Parallel()
	rows := map[int]int{}
	for i := range 10 {
		rows[i] = 10 + i
	}
	erp := serve(t, (&versions{rows: rows, route: jst.Qimen, meanwhile: func(call int, rows map[int]int) {
		rows[call], rows[9-call] = 100+10*call, 101+10*call
		if call > 3 {
			clear(rows)
		}
	}}).answer)
	conn := connection(jst.Qimen, erp.URL)
	conn.PageSize = 4
	records, cursors, last := follow(t, saleout(t, conn, jst.SaleoutFilter{}))
	seen := map[string]bool{}
	for _, record := range records {
		seen[record[:strings.Index(record, ",")]] = true
	}
	if len(seen) != 10 || last.Next != nil || !slices.IsSortedFunc(cursors[1:], func(a, b string) int { return len(a) - len(b) }) {
		t.Errorf("got %d documents over cursors %v, want all 10", len(seen), cursors)
	}
}

func TestRowVersion_takes_no_lie_for_an_end(t *testing.T) {
	t.Parallel()
	full := []string{row(1, 21), row(2, 22), row(3, 23)}
	for name, test := range map[string]struct {
		cursor, body string
		next, doubt  string // "-" for no next page
	}{
		"rows above the cursor":                   {"20", page(jst.Old, "", full...), "23", ""},
		"a short page goes on, until one is bare": {"20", page(jst.Old, `"has_next":false,`, full[0]), "21", ""},
		"nothing left":                            {"23", page(jst.Old, "", full[2]), "-", ""},
		"nothing at all":                          {"23", page(jst.Old, `"has_next":false,`), "-", ""},
		"a list that is null":                     {"23", `{"code":0,"issuccess":true,"page_index":1,"datas":null}`, "-", ""},
		"nothing left, but it says there is more": {"23", page(jst.Old, `"has_next":true,`, full[2]), "23", ""},
		"start_ts is not heeded, full page":       {"23", page(jst.Old, "", full...), "23", "2 of its rows are below start_ts 23"},
		"the same with a row that changed":        {"23", page(jst.Old, "", row(2, 22), row(3, 23), row(1, 30)), "30", "1 of its rows are below start_ts 23"},
		"start_ts is not heeded, all in one page": {"23", page(jst.Old, "", full[1], full[2]), "-", ""},
		"a full page that is not in order":        {"20", page(jst.Old, "", full[1], full[0], full[2]), "23", "not in the order of ts"},
		"a short page that is not in order":       {"20", page(jst.Old, "", full[1], full[0]), "22", ""},
		"versions as text, beyond a float":        {"20", page(jst.Old, "", `{"ts":"9007199254740993","io_id":1}`), "9007199254740993", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			erp := serve(t, says(test.body))
			conn := connection(jst.Old, erp.URL)
			conn.PageSize = 3
			response, err := saleout(t, conn, jst.SaleoutFilter{}).Fetch(t.Context(), aDay(2, test.cursor))
			if err != nil {
				t.Fatal(err)
			}
			envelope, next := response.Envelope(), "-"
			if envelope.Next != nil {
				next = *envelope.Next
			}
			if next != test.next || !strings.Contains(envelope.Doubt, test.doubt) || test.doubt == "" && envelope.Doubt != "" {
				t.Errorf("got next %s, doubt %q; want %s, %q", next, envelope.Doubt, test.next, test.doubt)
			}
		})
	}
}

func TestRowVersion_says_what_to_do_about_rows_without_ts(t *testing.T) {
	t.Parallel()
	for _, bare := range []string{`{"io_id":1}`, `{"io_id":1,"ts":null}`, `{"ts":""}`, `{"ts":"x"}`, `{"ts":1.5}`, `{"items":[{"ts":7}]}`} {
		erp := serve(t, says(page(jst.Qimen, "", bare)))
		_, err := saleout(t, connection(jst.Qimen, erp.URL), jst.SaleoutFilter{}).Fetch(t.Context(), aDay(1, ""))
		if failed := erphttp.AsError(err); failed == nil || failed.Kind != erphttp.BadAnswer || !strings.Contains(err.Error(), "set paging: window") || len(erp.calls) != 1 {
			t.Errorf("%s: got %v after %d calls, want it to advise paging: window at once", bare, err, len(erp.calls))
		}
	}
}

func TestRowVersion_a_record_that_cannot_be_read_is_rejected_and_holds_nothing_up(t *testing.T) {
	t.Parallel()
	erp := serve(t, says(page(jst.Old, "", row(1, 21), `{"io_id":2,"remark":tru,"ts":22}`, row(3, 23))))
	response, err := saleout(t, connection(jst.Old, erp.URL), jst.SaleoutFilter{}).Fetch(t.Context(), aDay(1, ""))
	if err != nil {
		t.Fatal(err)
	}
	if got := readAll(t, response); strings.Count(got, "io_id") != 3 || !strings.Contains(got, "not valid JSON") {
		t.Errorf("got %s, want three records, one with its problem", got)
	}
	if next := response.Envelope().Next; next == nil || *next != "23" {
		t.Errorf("got next %v, want 23", next)
	}
}

// The source and the landing together.
func TestRowVersion_lands_a_window_completely(t *testing.T) {
	t.Parallel()
	pool := pgtest.Pool(t)
	if _, err := retention.MakeAhead(t.Context(), pool, time.Now()); err != nil {
		t.Fatal(err)
	}
	for _, route := range routes() {
		rows := map[int]int{}
		for i := range 23 {
			rows[i] = 1000 + i
		}
		erp := serve(t, (&versions{rows: rows, route: route}).answer)
		conn := connection(route, erp.URL)
		conn.PageSize = 5
		source, err := jst.NewSaleout(conn, jst.SaleoutFilter{}, deps(&vault.Memory{}))
		if err != nil {
			t.Fatal(err)
		}
		settings := extract.DefaultSettings()
		settings.Since = time.Now().Add(-time.Hour)
		lander := &extract.Lander{Pool: pool, Now: time.Now, Log: slog.New(slog.DiscardHandler)}
		report, err := lander.Land(t.Context(), extract.Job{RunID: 1, ConnectionCode: "jst-" + string(route), Source: source, Settings: settings})
		if err != nil || report.WindowsComplete != 1 || report.RecordsLanded != 23 || report.Check() != nil {
			t.Errorf("%s: got %+v and %v, want one complete window of 23 documents", route, report.Counts, err)
		}
	}
}
