package main

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// oldTransaction is a row of report.old_transaction that is old.
type oldTransaction struct {
	Kind        string
	Name        string
	Account     *string
	Application *string
	Client      *string
	State       *string
	Seconds     *float64
	XminAge     *int64
	Query       *string
	HoldsBack   string
	Advice      string
}

// examineTransactions names what has been open for so long that everybody's
// queries get slow (report.old_transaction says how long that is). None of it is
// wrong by itself: it is advice.
func examineTransactions(ctx context.Context, conn *pgx.Conn) []examination {
	rows, err := conn.Query(ctx, `
		select kind, name, account, application, client, state, extract(epoch from age)::double precision, xmin_age, query, holds_back, advice
		from report.old_transaction
		where is_old
		order by age desc nulls last, xmin_age desc nulls last
		limit 20`)
	if err != nil {
		return []examination{bad("transactions", fmt.Errorf("read report.old_transaction: %w", err))}
	}
	old, err := pgx.CollectRows(rows, pgx.RowToStructByPos[oldTransaction])
	if err != nil {
		return []examination{bad("transactions", fmt.Errorf("read report.old_transaction: %w", err))}
	}
	found := []examination{hiddenTransactions(ctx, conn, len(old))}
	for _, one := range old {
		found = append(found, examination{Subject: one.Kind + " " + one.Name, OK: true, Detail: one.inWords(), Advice: one.Advice})
	}
	return found
}

// hiddenTransactions says how many are old, and how many the account cannot see.
func hiddenTransactions(ctx context.Context, conn *pgx.Conn, old int) examination {
	var hidden int
	err := conn.QueryRow(ctx, `
		select count(*)
		from report.old_transaction
		where kind in ('session', 'standby') and state is null`).Scan(&hidden)
	if err != nil {
		return bad("transactions", fmt.Errorf("read report.old_transaction: %w", err))
	}
	found := good("transactions", fmt.Sprintf("%d open for too long", old))
	if hidden > 0 {
		found.Detail += fmt.Sprintf("; %d of other accounts are open, and their age is not shown to this one", hidden)
		found.Advice = "grant pg_monitor to the account to see them"
	}
	return found
}

// inWords says who it is, how old, and what it does.
func (o oldTransaction) inWords() string {
	text := "open"
	if o.State != nil {
		text = *o.State
	}
	if o.Seconds != nil {
		text += " for " + time.Duration(*o.Seconds*float64(time.Second)).Round(time.Second).String()
	}
	if o.XminAge != nil {
		text += fmt.Sprintf(", %d transactions old", *o.XminAge)
	}
	for _, part := range []struct {
		name  string
		value *string
	}{{"account", o.Account}, {"application", o.Application}, {"from", o.Client}, {"last query", o.Query}} {
		if part.value != nil {
			text += ", " + part.name + " " + *part.value
		}
	}
	return text + "; holds back " + o.HoldsBack
}
