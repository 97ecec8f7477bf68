package main

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5"

	"pandian/internal/fault"
)

// person is a world whose receivers, buyers and shop credentials are canaries:
// words that stand nowhere else, one for each private field.
type person struct {
	*documents
	// fields are those of ops.private_field, name to kind.
	fields map[string]string
	// generation tells the canaries of one reading from those of the next.
	generation int
}

func newPerson(t *testing.T) *person {
	t.Helper()
	d := newDocuments(t, documentOptions{logLevel: "debug"})
	// The routes that give receivers in the clear.
	d.reconfigure(map[string]keys{"wdt-main": d.throughOpenAPI2(), "jst-qimen": d.throughOpen()})
	p := &person{documents: d, fields: d.pairs("select field_name, kind from ops.private_field")}
	p.sing(1)
	return p
}

// canaryOf is what stands in a private field.
func (p *person) canaryOf(field string, generation int) string {
	switch p.fields[field] {
	case "name":
		return fmt.Sprintf("金丝雀%d-%s", generation, field)
	case "phone":
		// Digits that say neither the first 3 nor the last 4.
		return fmt.Sprintf("1397%d%05d21", generation, 10000+int(field[0])*100+len(field))
	case "address":
		return fmt.Sprintf("浙江省金丝雀路%d号-%s", generation, field)
	default:
		return fmt.Sprintf("canary-%d-%s", generation, field)
	}
}

// sing puts the canaries of a generation into every answer from now on. The first
// receiver of each answer cannot be read for another reason.
func (p *person) sing(generation int) {
	p.generation = generation
	var names []string
	for name := range p.fields {
		names = append(names, name)
	}
	member := regexp.MustCompile(`(\\*)"(` + strings.Join(names, "|") + `)\\*"\s*:\s*(?:\\*"(?:[^"\\]|\\[^"])*\\*"|null|-?[0-9.]+)`)
	var complained atomic.Bool
	complained.Store(generation > 1)
	p.front.rewriting(func(call string, body []byte) []byte {
		if call == "tplus" && !complained.Swap(true) {
			// A target repeats what it does not like.
			return []byte(`{"code":"EXSV0999","message":"送货地址 ` + p.canaryOf("receiver_address", 1) + ` 过长"}`)
		}
		if call != "wdt" && call != "jst" {
			return body
		}
		spoilt := false
		return member.ReplaceAllFunc(body, func(found []byte) []byte {
			parts := member.FindSubmatch(found)
			depth, name := string(parts[1]), string(parts[2])
			text := p.canaryOf(name, generation)
			if name == "receiver_name" && !spoilt && depth == "" {
				spoilt, text = true, text+`\u0000`
			}
			return []byte(depth + `"` + name + depth + `":` + depth + `"` + text + depth + `"`)
		})
	})
}

// canaries are what may show nowhere.
func (p *person) canaries() []string {
	var all []string
	for field := range p.fields {
		for generation := 1; generation <= p.generation; generation++ {
			all = append(all, p.canaryOf(field, generation))
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// shows returns the canaries that stand in a text.
func (p *person) shows(text string) (found []string) {
	for _, one := range p.canaries() {
		if strings.Contains(text, one) {
			found = append(found, one)
		}
	}
	return found
}

// hidden carries out a command line in whose output there must be no canary.
func (p *person) hidden(args ...string) outcome {
	p.t.Helper()
	ended := p.pandian(args...)
	if found := p.shows(ended.stdout + ended.stderr); found != nil {
		p.t.Errorf("%q show in the output of %s", found, ended)
	}
	return ended
}

// Fault 32: personal data and the credentials of shops stand in the database, and
// show in no command, no log and nothing that an analyst may read.
func TestPersonalDataShowsNowhere(t *testing.T) {
	t.Parallel()
	p := newPerson(t)

	p.hidden("extract", "--json")
	p.hidden("plan", "--payload", "--limit", "0")
	planned := p.hidden("plan", "--limit", "0", "--json")
	for _, want := range []string{"浙江省***", "DispatchAddress", "FNote"} {
		if !strings.Contains(planned.stdout, want) {
			t.Errorf("there is no %s in the plan: it shows nothing", want)
		}
	}
	p.hidden("run", "--json")
	p.isThere(t)

	refused := ask[string](p.shop, "select max(document_id)::text from outbox.result where message like '%' || $1 || '%'", p.canaryOf("receiver_address", 1))
	if said := ask[string](p.shop, "select message from outbox.delivery where document_id = $1::text::bigint", refused); !strings.Contains(said, "浙江省金丝雀") {
		t.Errorf("got %q, want what the target said for those who may see it", said)
	}

	p.hidden("outbox", "show", refused)
	p.readsAsAnalyst(t)

	p.sing(2)
	p.hidden("extract", tplusPipeline, "--window", wholeSpan())
	p.hidden("extract", jdyPipeline)
	changed := p.hidden("plan", "--payload", "--json", jdyPipeline, tplusPipeline)
	if !strings.Contains(changed.stdout, `"changes":`) || !strings.Contains(changed.stdout, `"late_change"`) {
		t.Errorf("want changes after the delivery, got %s", changed)
	}
	p.hidden("run")
	for _, line := range [][]string{
		{"status"}, {"status", "--json"}, {"doctor"}, {"doctor", "--json"}, {"config", "show"},
		{"diff"}, {"diff", "--format", "csv"}, {"diff", "--json"},
		{"transform", "--full", "--json"}, {"load", "--json"}, {"migrate", "status"},
		{"plan", "no-such-pipeline"}, {"run", "--window", "nonsense"},
		{"outbox", "list"}, {"outbox", "list", "--json"}, {"outbox", "list", "--format", "csv"},
		{"outbox", "show", refused}, {"outbox", "show", refused, "--json"},
	} {
		p.hidden(line...)
	}
	p.readsAsAnalyst(t)
}

// isThere makes sure that there was something to hide.
func (p *person) isThere(t *testing.T) {
	t.Helper()
	for table, columns := range map[string][]string{
		"wdt.stockout": {"receiver_name", "receiver_mobile", "receiver_telno", "receiver_address", "nick_name", "buyer_message", "cs_remark", "id_card"},
		"wdt.shop":     {"app_key", "refresh_token", "sh_secret", "mobile", "telno", "address", "contact"},
		"jst.saleout":  {"receiver_name", "receiver_phone", "receiver_mobile", "receiver_address", "shop_buyer_id", "open_id", "buyer_message", "remark"},
	} {
		for _, column := range columns {
			if n := ask[int](p.shop, fmt.Sprintf("select count(*) from %s where %s = $1", table, column), p.canaryOf(column, 1)); n == 0 {
				t.Errorf("no row of %s has a canary in %s: the test shows nothing", table, column)
			}
		}
	}
	if n := ask[int](p.shop, "select count(*) from staging.reject where field ~ 'receiver_name' and value like '%金丝雀%'"); n == 0 {
		t.Error("no receiver was rejected: the test shows nothing")
	}
	if n := ask[int](p.shop, "select count(*) from outbox.document where payload like '%金丝雀%'"); n == 0 {
		t.Error("no document has a receiver: the test shows nothing")
	}
}

// readsAsAnalyst reads every table and view that pandian_analyst may, by the
// catalogue, in every run's name.
func (p *person) readsAsAnalyst(t *testing.T) {
	t.Helper()
	ctx := t.Context()
	conn := p.connect()
	defer conn.Close(context.Background())
	if _, err := conn.Exec(ctx, "set jit = off; set role pandian_analyst; select set_config('pandian.run_id', $$"+
		fmt.Sprint(ask[int](p.shop, "select max(run_id) from ops.run where command = 'run'"))+"$$, false)"); err != nil {
		t.Fatal(err)
	}
	rows, err := conn.Query(ctx, `
		select
			format('%s', pg_class.oid::regclass),
			format('select array_to_string(array[%s], chr(9)) from %s', string_agg(format('%I::text', attname), ', ' order by attnum), pg_class.oid::regclass)
		from pg_class
		inner join pg_attribute on attrelid = pg_class.oid
		where
			relkind in ('r', 'p', 'v', 'm')
			and relnamespace::regnamespace::text !~ '^(pg_|information_schema)'
			and has_schema_privilege(relnamespace, 'usage')
			and attnum > 0
			and not attisdropped
			and has_column_privilege(pg_class.oid, attnum, 'select')
		group by pg_class.oid
		order by 1`)
	if err != nil {
		t.Fatal(err)
	}
	readable := map[string]string{}
	var name, query string
	if _, err := pgx.ForEachRow(rows, []any{&name, &query}, func() error { readable[name] = query; return nil }); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"wdt.stockout", "wdt.shop", "jst.saleout", "outbox.document", "outbox.delivery", "report.wdt_stockout", "report.wdt_shop",
		"report.jst_saleout", "report.late_change", "report.reject", "report.next_delivery",
	} {
		if readable[want] == "" {
			t.Errorf("an analyst cannot read %s at all", want)
		}
	}
	read := 0
	for name, query := range readable {
		var text string
		if err := conn.QueryRow(ctx, "select coalesce(string_agg(line, e'\n'), '') from ("+query+") as row (line)").Scan(&text); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if found := p.shows(text); found != nil {
			t.Errorf("an analyst reads %q in %s", found, name)
		}
		if text != "" {
			read++
		}
	}
	if read < 30 {
		t.Errorf("only %d tables and views hold anything: the test shows nothing", read)
	}
}

// An account of its own has the rights of the stages, and no more.
func TestOnlyThoseWithTheRightSeePersonalData(t *testing.T) {
	t.Parallel()
	p := newPerson(t)
	p.must("extract", tplusPipeline, "-q")
	p.must("transform", tplusPipeline, "-q")
	job := p.login(t, "pandian_extract", "pandian_transform", "pandian_load")

	if shown := job.must("plan", "--json", tplusPipeline); p.shows(shown.stdout) != nil {
		t.Errorf("want masks, got %s", shown)
	}
	if refused := job.fails(fault.DatabaseForbidden, "plan", "--unmask", tplusPipeline); !strings.Contains(refused.Suggestion, "pandian_private") {
		t.Errorf("got %+v, want the role that is missing", refused)
	}
	job.account(t, "grant pandian_private to %s")
	if masked := job.must("plan", "--json", tplusPipeline); p.shows(masked.stdout) != nil {
		t.Errorf("want masks for those who do not ask, got %s", masked)
	}
	clear := job.must("plan", "--json", "--unmask", tplusPipeline)
	if found := p.shows(clear.stdout); !slices.Equal(found, []string{p.canaryOf("receiver_address", 1)}) {
		t.Errorf("want addresses in the clear, got %q in %s", found, clear)
	}
	// One view serves both; secrets are for nobody.
	analyst := p.login(t, "pandian_analyst")
	job.account(t, "grant pandian_analyst to %s")
	const names = "select count(*) from report.wdt_stockout where receiver_name = $1"
	if got := ask[int](analyst.shop, names, p.canaryOf("receiver_name", 1)); got != 0 {
		t.Errorf("an analyst sees %d names in the clear", got)
	}
	if got := ask[int](job.shop, names, p.canaryOf("receiver_name", 1)); got == 0 {
		t.Error("pandian_private sees no name in the clear")
	}
	p.must("extract", jdyPipeline, "-q")
	p.must("transform", jdyPipeline, "-q")
	if got := ask[int](job.shop, "select count(*) from report.wdt_shop where concat(app_key, refresh_token, sh_secret) ~ 'canary'"); got > 0 {
		t.Errorf("%d secrets of shops show", got)
	}
}
