package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"pandian/internal/fault"
)

// worker is the same merchant under a database account that has some roles and
// nothing else.
type worker struct {
	*shop
	owner *shop
	name  string
}

// login makes the account; it goes at the end of the test.
func (s *shop) login(t *testing.T, roles ...string) *worker {
	t.Helper()
	database := ask[string](s, "select current_database()")
	w := &worker{shop: s.in(t), owner: s.in(t), name: strings.Join(append([]string{"w", database[max(0, len(database)-12):]}, initials(roles)...), "_")}
	w.account(t, "create role %s login")
	t.Cleanup(func() {
		conn, err := pgx.Connect(context.Background(), w.owner.database)
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.Close(context.Background())
		if _, err := conn.Exec(context.Background(), "drop role "+w.name); err != nil {
			t.Error(err)
		}
	})
	for _, role := range roles {
		w.account(t, "grant "+role+" to %s")
	}
	parsed, err := url.Parse(s.database)
	if err != nil {
		t.Fatal(err)
	}
	parsed.User = url.UserPassword(w.name, canary)
	w.database = parsed.String()
	w.environ = append(slices.Clone(s.environ), "PANDIAN_DATABASE_URL="+w.database)
	return w
}

func initials(roles []string) (short []string) {
	for _, role := range roles {
		short = append(short, strings.TrimPrefix(role, "pandian_")[:2])
	}
	return short
}

// account changes the account; %s is its name.
func (w *worker) account(t *testing.T, statement string) {
	t.Helper()
	w.owner.in(t).tell(fmt.Sprintf(statement, w.name))
}

// refused is for a command line that Postgres does not let the account carry out.
func (w *worker) refused(t *testing.T, args ...string) {
	t.Helper()
	ended := w.pandian(append(args, "--json")...)
	got := ended.envelope(t)
	if got.Error == nil || ended.code == fault.ExitOK || !strings.Contains(ended.stdout, "permission denied") {
		t.Errorf("%s: want it refused for lack of rights, got %s", w.name, ended)
	}
}

// Each stage runs under an account that has its role alone, and Postgres keeps that
// account from the others.
func TestEachStageRunsWithItsOwnRoleAlone(t *testing.T) {
	t.Parallel()
	s := newShop(t, shopOptions{})
	extract, transform, load := s.login(t, "pandian_extract"), s.login(t, "pandian_transform"), s.login(t, "pandian_load")
	analyst := s.login(t, "pandian_analyst")

	extract.must("extract", "-q")
	transform.must("transform", "-q")
	transform.must("plan", "-q")
	load.must("load", "-q")
	if sent := ask[int](s, "select count(*) from outbox.result where outcome = 'sent'"); sent == 0 {
		t.Error("nothing was sent")
	}
	for _, anybody := range []*worker{extract, transform, load, analyst} {
		anybody.must("status", "-q")
	}
	analyst.must("diff", "--format", "csv")

	for _, other := range []*worker{extract, load, analyst} {
		other.refused(t, "transform", "--full")
	}
	s.tell("delete from outbox.result")
	s.tell("update outbox.cursor set next_document_id = 0") // so that there is something to send
	for _, other := range []*worker{extract, transform, analyst} {
		other.refused(t, "load")
	}
	analyst.refused(t, "extract")
}

// Documents are typed by functions that a step makes for itself, which needs no more
// than the role of the step.
func TestDocumentsAreTypedWithTheTransformRoleAlone(t *testing.T) {
	t.Parallel()
	d := newDocuments(t, documentOptions{})
	extract, transform := d.login(t, "pandian_extract"), d.login(t, "pandian_transform")
	extract.must("extract", "-q")
	transform.must("transform", "-q")
	for _, table := range []string{"jst.saleout_item", "wdt.stockout_line", "wdt.shop", "outbox.document"} {
		if ask[int](d.shop, "select count(*) from "+table) == 0 {
			t.Errorf("%s is empty", table)
		}
	}
}

// What an account may not do by any command it may not do by hand either.
func TestWhatNobodyMayDoByHand(t *testing.T) {
	t.Parallel()
	s := newShop(t, shopOptions{})
	s.must("run", "-q")
	run := ask[int64](s, "select max(run_id) from ops.run")
	analyst, load := s.login(t, "pandian_analyst"), s.login(t, "pandian_load")
	transform := s.login(t, "pandian_transform")
	for statement, by := range map[string][]*worker{
		"select ops.drop_day_partitions('staging.page', '2100-01-01')":                    {analyst, load},
		"select records from staging.page":                                                {analyst, load},
		fmt.Sprintf("set pandian.run_id = '%d'; select records from ops.input_page", run): {analyst, load},
		"select outbox.lock_writers('stock-compare', 'wdt-main')":                         {analyst, load},
		"delete from ops.run":                               {analyst, load},
		"truncate ops.run":                                  {analyst, load},
		"delete from ops.private_field":                     {analyst, load},
		"select sealed from ops.credential":                 {analyst},
		"update outbox.tail set written_count = 0":          {analyst, load, transform},
		"update outbox.cursor set passed_count = 0":         {analyst, transform},
		"select outbox.recount()":                           {analyst, load, transform},
		"select payload from outbox.document":               {analyst},
		"update ops.run set error = 'all is well'":          {analyst},
		"update ref.sku_map set note = ''":                  {load},
		"update compare.discrepancy set state = 'resolved'": {analyst, load},
	} {
		for _, w := range by {
			conn := w.connect()
			_, err := conn.Exec(t.Context(), statement)
			conn.Close(context.Background())
			var refused *pgconn.PgError
			if !errors.As(err, &refused) || refused.Code != "42501" { // insufficient_privilege
				t.Errorf("%s as %s: got %v, want it refused", statement, w.name, err)
			}
		}
	}
}
