package transform_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"pandian/transform"
)

// writable are the schemas and tables that a folder's files may write. Every
// file may count and note findings.
var writable = map[string][]string{
	"source":  {"wdt.", "jst.", "yonsuite.", "staging.reject"},
	"compare": {"compare."},
	"outbox":  {"outbox."},
}

var counted = []string{"ops.tally", "ops.finding"}

// TestHeader holds the headers of sql/ to the statements below them.
func TestHeader(t *testing.T) {
	t.Parallel()
	for _, file := range loadLibrary(t).Files() {
		t.Run(file.Name, func(t *testing.T) {
			t.Parallel()
			statements := codeOf(file.Text)
			t.Run("agrees_with_what_is_written", func(t *testing.T) {
				t.Parallel()
				got := namesAfter(statements, writes)
				if strings.Contains(statements, "select outbox.take_proposals(") {
					got = sorted(append(got, proposed...))
				}
				wantNames(t, "writes", without(sorted(file.Writes), counted), without(got, counted))
			})
			t.Run("agrees_with_what_is_read", func(t *testing.T) {
				t.Parallel()
				got := without(sorted(file.Reads), plumbing(file, file.Reads))
				want := namesAfter(statements, reads)
				want = without(want, plumbing(file, want))
				// What a file keeps up to date it reads as a matter of course.
				wantNames(t, "reads", without(got, file.Writes), without(want, file.Writes))
			})
			t.Run("writes_only_what_its_folder_may", func(t *testing.T) {
				t.Parallel()
				for _, name := range file.Writes {
					if !slices.ContainsFunc(writable[file.Folder], func(allowed string) bool {
						return strings.HasPrefix(name, allowed)
					}) && !isDecision(file, name) {
						t.Errorf("sql/%s writes %s", file.Name, name)
					}
				}
			})
			t.Run("has_a_sentence_for_a_title", func(t *testing.T) {
				t.Parallel()
				if len(file.Title) < 20 || !strings.HasSuffix(file.Title, ".") {
					t.Errorf("got title %q", file.Title)
				}
			})
		})
	}
}

// isDecision allows the functions that write: a person's word on a discrepancy,
// what the runner itself notes, a count made anew, and retention.
func isDecision(file transform.File, name string) bool {
	switch file.Name {
	case "function/compare_acknowledge":
		return strings.HasPrefix(name, "compare.discrepancy")
	case "function/ops_outbox", "function/outbox_hold":
		return name == "ops.audit" || name == "outbox.retry"
	case "function/ops_database_identity":
		return name == "ops.audit" || name == "outbox.retry" || name == "ops.database_identity"
	case "function/outbox_recount":
		return name == "outbox.tail"
	case "function/outbox_archive", "function/outbox_drop":
		return slices.Contains([]string{"outbox.archive", "outbox.archive_range", "outbox.retry", "outbox.exchange"}, name)
	case "function/ops_settings":
		return strings.HasPrefix(name, "ops.")
	case "function/ops_history":
		return slices.Contains([]string{"ops.history", "ops.job_fire", "compare.discrepancy_event"}, name)
	case "function/ops_history_run", "function/ops_history_window":
		return strings.HasPrefix(name, "ops.")
	case "function/ops_history_reject":
		return name == "staging.reject"
	case "function/outbox_contested":
		return name == "outbox.retry"
	case "function/outbox_proposal":
		return slices.Contains(proposed, name)
	case "function/ops_incoming":
		return name == "staging.reject"
	default:
		return false
	}
}

// plumbing returns those of names by which a file reaches its run, its
// parameters and its input, and which its header therefore leaves out. Views
// that show ops to people name every table.
func plumbing(file transform.File, names []string) []string {
	stages := file.Folder != "view" && file.Folder != "function"
	var out []string
	for _, name := range names {
		switch {
		case name == "ref.payload_field" && strings.Contains(file.Text, "outbox.with_fixed_fields("):
			out = append(out, name)
		// A view of the same file.
		case strings.Contains(file.Text, "create or replace view "+name+" "):
			out = append(out, name)
		case !stages:
		case strings.HasPrefix(name, "ops."), name == "compare.stock_setting", name == "compare.stock_comparable":
			out = append(out, name)
		// These two stand for what is read through plumbing: pages and maps.
		case slices.Contains([]string{"staging.page", "ref.warehouse_map", "ref.sku_map", "ref.ignore_rule"}, name):
			out = append(out, name)
		}
	}
	return out
}

// TestHeaderOfPages: plumbing hides the pages, so that a source file without
// them in its header would pass above.
func TestHeaderOfPages(t *testing.T) {
	t.Parallel()
	through := map[string]string{
		"ops.input_page": "staging.page", "compare.stock_setting": "ref.ignore_rule",
		"ref.warehouse_map": "ref.warehouse_map", "ref.sku_map": "ref.sku_map", "ref.ignore_rule": "ref.ignore_rule",
	}
	for _, file := range loadLibrary(t).Files() {
		if writable[file.Folder] == nil {
			continue
		}
		var want []string
		for _, name := range namesAfter(codeOf(file.Text), reads) {
			if table, ok := through[name]; ok {
				want = append(want, table)
			}
		}
		for _, name := range sorted(want) {
			if !slices.Contains(file.Reads, name) {
				t.Errorf("sql/%s: its header does not say that it reads %s", file.Name, name)
			}
		}
	}
}

// TestStages: data passes through the stages one way.
func TestStages(t *testing.T) {
	t.Parallel()
	library := loadLibrary(t)

	t.Run("read_nothing_that_a_later_stage_writes", func(t *testing.T) {
		t.Parallel()
		stages := transform.Stages()
		for _, file := range library.Files() {
			at := slices.Index(stages, transform.Stage(file.Folder))
			if at < 0 {
				continue
			}
			for _, other := range library.Files() {
				if slices.Index(stages, transform.Stage(other.Folder)) <= at {
					continue
				}
				for _, name := range file.Reads {
					if slices.Contains(other.Writes, name) {
						t.Errorf("sql/%s reads %s, which sql/%s writes later", file.Name, name, other.Name)
					}
				}
			}
		}
	})

	t.Run("come_in_order", func(t *testing.T) {
		t.Parallel()
		steps, err := library.Steps(pipeline, []string{"wdt.stock", "yonsuite.current_stock"})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, step := range steps {
			got = append(got, step.Step())
		}
		want := []string{
			"source/wdt_stock",
			"source/yonsuite_current_stock",
			"stock-compare/compare/stock_result",
			"stock-compare/compare/discrepancy",
			"stock-compare/outbox/stock_compare_to_qeasy",
		}
		if !slices.Equal(got, want) {
			t.Errorf("got %v, want %v", got, want)
		}
	})

	t.Run("leave_out_the_sources_that_a_pipeline_does_not_read", func(t *testing.T) {
		t.Parallel()
		steps, err := library.Steps("another", []string{"wdt.stock"})
		if err != nil {
			t.Fatal(err)
		}
		if len(steps) != 1 || steps[0].Name != "source/wdt_stock" {
			t.Errorf("got %v, want source/wdt_stock only", steps)
		}
	})
}

var (
	reads  = regexp.MustCompile(`\b(?:from|join|using)\s+([a-z_]+\.[a-z_]+)\b[^(]?`)
	writes = regexp.MustCompile(`(?:\binsert\s+into|\bupdate|\bdelete\s+from|\btruncate)\s+([a-z_]+\.[a-z_]+)\b`)

	comment     = regexp.MustCompile(`(?m)--.*$`)
	literal     = regexp.MustCompile(`(?s)'(?:[^']|'')*'`)
	quoted      = regexp.MustCompile(`"[^"]*"`)
	deletedFrom = regexp.MustCompile(`\bdelete\s+from\b|\bdistinct\s+from\b`)
)

// proposed are the tables that outbox.take_proposals writes for a mapping.
var proposed = []string{"outbox.document", "outbox.head", "outbox.held_back", "outbox.late_change", "outbox.retry"}

// codeOf is a file without its comments and literals. "window" is the one name
// that has to be quoted.
func codeOf(text string) string {
	text = literal.ReplaceAllString(comment.ReplaceAllString(text, ""), "''")
	return quoted.ReplaceAllString(strings.ReplaceAll(text, `"window"`, "window"), `""`)
}

// namesAfter returns the schema-qualified tables and views that stand where
// the pattern says; functions called there are left out.
func namesAfter(statements string, pattern *regexp.Regexp) []string {
	if pattern == reads {
		statements = deletedFrom.ReplaceAllString(statements, "delete")
	}
	var names []string
	for _, match := range pattern.FindAllStringSubmatchIndex(statements, -1) {
		name := statements[match[2]:match[3]]
		if !strings.HasPrefix(statements[match[3]:], "(") && !strings.HasPrefix(name, "pg_") {
			names = append(names, name)
		}
	}
	return sorted(names)
}

func sorted(names []string) []string {
	names = slices.Clone(names)
	slices.Sort(names)
	return slices.Compact(names)
}

func without(names, drop []string) []string {
	return slices.DeleteFunc(slices.Clone(names), func(name string) bool { return slices.Contains(drop, name) })
}

func wantNames(t *testing.T, what string, got, want []string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("the header %s\n got %v\nwant %v, which stand in the statements", what, got, want)
	}
}
