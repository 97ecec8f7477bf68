package pgtest

import (
	"context"
	"fmt"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// Database is a pool or a connection, of an account that may make triggers.
type Database interface {
	Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error)
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}

// Strike makes the server undo transactions by chance, as it does with those that
// meet: a statement that writes in one of pandian's tables fails with 40001 or 40P01
// once in a while (perMille of 1,000 times), and so does the commit of what wrote in
// the tables of commits. The draws depend on the seed and on how many came before.
func Strike(t testing.TB, database Database, seed, perMille int, commits ...string) {
	t.Helper()
	if commits == nil {
		commits = []string{}
	}
	if _, err := database.Exec(t.Context(), fmt.Sprintf(strikeFunction, seed, perMille)); err != nil {
		t.Fatal(err)
	}
	if _, err := database.Exec(t.Context(), "select strike.install($1)", commits); err != nil {
		t.Fatal(err)
	}
}

// StrikeNoMore takes it back and returns how many transactions were undone.
func StrikeNoMore(t testing.TB, database Database) (undone int) {
	t.Helper()
	// A sequence keeps what a transaction that was undone drew from it.
	err := database.QueryRow(t.Context(), "select case when is_called then last_value else 0 end from strike.fallen").Scan(&undone)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := database.Exec(t.Context(), "drop schema strike cascade"); err != nil {
		t.Fatal(err)
	}
	return undone
}

const strikeFunction = `
create schema strike;
create sequence strike.drawn;
create sequence strike.fallen;

create function strike.fall() returns trigger
language plpgsql
security definer
as $$
declare
    draw bigint := nextval('strike.drawn');
begin
    if abs(hashint8extended(draw, %d) %% 1000) < %d then
        perform nextval('strike.fallen');
        raise exception using
            errcode = case draw %% 2 when 0 then '40001' else '40P01' end,
            message = 'struck by a test, draw ' || draw;
    end if;
    return null;
end
$$;

create function strike.install(commits text[]) returns void
language plpgsql
as $$
declare
    target regclass;
begin
    for target in
        select pg_class.oid
        from pg_class
        where
            pg_class.relnamespace::regnamespace::text
            in ('staging', 'wdt', 'jst', 'yonsuite', 'compare', 'outbox', 'ops', 'ref')
            and pg_class.relkind in ('r', 'p')
            and not pg_class.relispartition
    loop
        execute format(
            'create trigger strike before insert or update or delete on %%s for each statement execute function strike.fall()',
            target
        );
        if target = any (commits::regclass[]) then
            execute format(
                'create constraint trigger strike_commit after insert or update on %%s deferrable initially deferred'
                ' for each row execute function strike.fall()',
                target
            );
        end if;
    end loop;
end
$$`
