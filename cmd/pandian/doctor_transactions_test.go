package main

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
)

// fault 10: an old snapshot that is held open holds vacuum back. doctor names it,
// and what to do, and tells an account that may not see it to ask for the right.
func TestDoctorNamesOldTransactions(t *testing.T) {
	t.Parallel()
	s := newShop(t, shopOptions{})
	database := ask[string](s, "select current_database()")
	s.tell(fmt.Sprintf("alter database %s set pandian.old_after = '0 s'", pgx.Identifier{database}.Sanitize()))
	if told := s.must("doctor", "--offline").stdout; !strings.Contains(told, "0 open for too long") {
		t.Errorf("want nothing to be open, got %s", told)
	}
	holder := s.connect()
	defer holder.Close(context.Background())
	pid := holder.PgConn().PID()
	for _, statement := range []string{
		"set application_name = 'forgotten tool'", "begin isolation level repeatable read",
		"select count(*) from ops.run where error = '" + canary + "'",
	} {
		if _, err := holder.Exec(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	for _, want := range []string{
		fmt.Sprintf("session %d", pid), "forgotten tool", "idle in transaction for", "vacuum", "where error = '***'",
		fmt.Sprintf("pg_terminate_backend(%d)", pid), "idle_in_transaction_session_timeout",
	} {
		if told := s.must("doctor", "--offline", "--json").stdout; !strings.Contains(told, want) {
			t.Errorf("want it to tell of %q, got %s", want, told)
		}
	}
	// Files that an analyst may not run are wrong for an analyst; that is not asked here.
	if told := s.login(t, "pandian_analyst").pandian("doctor", "--offline", "--json").stdout; !strings.Contains(told, "1 of other accounts are open") ||
		!strings.Contains(told, "pg_monitor") || strings.Contains(told, "forgotten tool") {
		t.Errorf("want an analyst to be told what to ask for, and not what others do; got %s", told)
	}
	if _, err := holder.Exec(t.Context(), "rollback"); err != nil {
		t.Fatal(err)
	}
	if told := s.must("doctor", "--offline").stdout; !strings.Contains(told, "0 open for too long") {
		t.Errorf("want nothing to be open at the end, got %s", told)
	}
}
