package transform_test

import (
	"fmt"
	"strings"
	"testing"
)

// TestReadValue asks the functions that every source file reads fields with,
// under each collation that the server may have been made with: what they let
// pass must be what the cast takes, or one bad field would end the step for
// all rows.
//
// fault 22: "1,234.50", full-width digits, zero-width spaces.
func TestReadValue(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	numbers := map[string]string{
		"1": "1", " 1 ": "1", "\t-1.50\n": "-1.50", "+.5": "0.5", "1.": "1", "007": "7", "1e2": "100", "1.5E-3": "0.0015",
		"123456789012345678": "123456789012345678", "": "null", "  ": "null",
		"12,3": "refused", "1,234.50": "refused", "abc": "refused", "1e400": "refused", "１２": "refused", "　12": "refused",
		"12　": "refused", "\u00a012": "refused", "1\u200b": "refused", "٣": "refused", "1 2": "refused", ".": "refused",
		"-": "refused", "e5": "refused", "NaN": "refused", "Infinity": "refused", "0x1F": "refused", "1_000": "refused",
		"1234567890123456789": "refused", "0.1234567890123": "0.1234567890123", "1e99": "refused", "\v1": "refused", "１e２": "refused",
	}
	times := map[string]string{
		"2026-01-02 03:04:05": "2026-01-02 03:04:05+08", "2026-01-02T03:04:05.5": "2026-01-02 03:04:05.5+08",
		"2026-01-02": "2026-01-02 00:00:00+08", "2024-02-29 00:00:00": "2024-02-29 00:00:00+08",
		"": "null", "0000-00-00 00:00:00": "null", "1000-01-01 00:00:00": "null",
		"2023-02-29 00:00:00": "refused", "2024-02-30": "refused", "2024-13-01": "refused", "2024-01-01 24:00:00": "refused",
		"２０２４-01-01": "refused", "01/02/2024": "refused", "now": "refused", "infinity": "refused", "1704067200": "refused",
		"2024-01-01 00:00:00+00": "refused", " 2024-01-01": "refused", "0001-01-01 00:00:00": "0001-01-01 00:00:00+08:05:43",
	}
	for _, row := range b.table(`
		select quote_ident(collname) from pg_collation where collname in ('default', 'C', 'C.utf8', 'en_US.utf8', 'zh_CN.utf8', 'und-x-icu', 'zh-x-icu')`)[1:] {
		for value, want := range numbers {
			b.wantRead("numeric", "numeric", row[0], value, want)
		}
		for value, want := range times {
			b.wantRead("time", "beijing_time", row[0], value, want)
		}
	}
}

func (b *bundle) wantRead(problem, to, collation, value, want string) {
	b.Helper()
	literal := "'" + strings.ReplaceAll(value, "'", "''") + "'"
	rows := b.table(fmt.Sprintf(`
		select case when ops.%s_problem(%[3]s collate %[4]s) is null then ops.to_%[2]s(%[3]s)::text else 'refused' end`,
		problem, to, literal, collation))
	if got := rows[1][0]; got != want {
		b.Errorf("%s %q under %s: got %s, want %s", problem, value, collation, got, want)
	}
}
