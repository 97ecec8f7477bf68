package main

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// A soak of hours is to see data come of age. Nobody can turn the clock of a running
// server, so a night makes what is stored a day older instead: every day partition
// becomes that of the day before, rows and bounds, and the run after it drops what is
// older than the retention. Fires that ended, which are kept for 90 days, age by 30.

// nightQuiet is how long at most the schedules are held back for a night.
const nightQuiet = 2 * time.Minute

// ageOneDay moves the partitions, oldest first, so that the name below is free.
const ageOneDay = `
do $$
declare
    parent record;
    child record;
    today date := (now() at time zone 'Asia/Shanghai')::date;
begin
    perform pg_advisory_xact_lock(hashtext('pandian.partitions'));
    for parent in
        select partrelid, nspname, relname, attname
        from pg_partitioned_table
        inner join pg_class on pg_class.oid = partrelid
        inner join pg_namespace on pg_namespace.oid = relnamespace
        inner join pg_attribute on attrelid = partrelid and attnum = partattrs[0]
        where partstrat = 'r' and partnatts = 1 and atttypid = 'timestamptz'::regtype
        order by partrelid
    loop
        for child in
            select relname, substring(relname from '_([0-9]{8})$')::date as day
            from pg_inherits
            inner join pg_class on pg_class.oid = inhrelid
            where inhparent = parent.partrelid and substring(relname from '_([0-9]{8})$')::date <= today
            order by relname collate "C"
        loop
            execute format('alter table %I.%I detach partition %I.%I', parent.nspname, parent.relname, parent.nspname, child.relname);
            -- Written anew: an update would leave the old rows behind, and a table that grows by its nights shows nothing.
            execute format(
                'alter table %I.%I alter column %I type timestamptz using %I - interval ''1 day''',
                parent.nspname, child.relname, parent.attname, parent.attname
            );
            execute format('alter table %I.%I rename to %I', parent.nspname, child.relname, parent.relname || to_char(child.day - 1, '_YYYYMMDD'));
            execute format(
                'alter table %I.%I attach partition %I.%I for values from (%L) to (%L)',
                parent.nspname, parent.relname, parent.nspname, parent.relname || to_char(child.day - 1, '_YYYYMMDD'),
                ((child.day - 1)::timestamp at time zone 'Asia/Shanghai')::text, (child.day::timestamp at time zone 'Asia/Shanghai')::text
            );
        end loop;
        perform ops.make_day_partitions(parent.partrelid, today - 1, today + 3);
    end loop;
    update staging.snapshot_page set landed_at = landed_at - interval '1 day';
    update ops."window" set opened_at = opened_at - interval '1 day' where state = 'open';
    update ops.job_fire
    set
        fire_at = fire_at - interval '30 days',
        covers_from_at = covers_from_at - interval '30 days',
        noted_at = noted_at - interval '30 days',
        started_at = started_at - interval '30 days',
        finished_at = finished_at - interval '30 days'
    where state not in ('due', 'running');
end $$`

// night lets a day pass. The schedules are held back until nothing runs, because the
// pages of a run under way would lie on two days.
func (s *soak) night() {
	s.t.Helper()
	began := time.Now()
	defer func() { s.nightly = append(s.nightly, time.Since(began)) }()
	defer s.tell("update ops.job set next_fire_at = date_trunc('second', clock_timestamp())")
	for time.Since(began) < nightQuiet {
		s.tell("update ops.job set next_fire_at = greatest(next_fire_at, date_trunc('second', clock_timestamp()) + interval '5 seconds')")
		if s.isQuiet() && s.ages() {
			s.nights++
			return
		}
		time.Sleep(300 * time.Millisecond)
	}
	s.nightsMissed++
}

func (s *soak) isQuiet() bool {
	return ask[bool](s.shop, `
		select not exists (select from ops.job_fire where state in ('due', 'running'))
			and not exists (select from ops.run where state = 'running')`)
}

// ages says whether the partitions could be had: somebody may read them.
func (s *soak) ages() bool {
	s.t.Helper()
	conn := s.connect()
	defer conn.Close(context.Background())
	_, err := conn.Exec(s.t.Context(), "set lock_timeout = '2s'; "+ageOneDay)
	var refused *pgconn.PgError
	if errors.As(err, &refused) && (refused.Code == "55P03" || refused.Code == "40P01") {
		return false
	}
	if err != nil {
		s.t.Fatalf("let a day pass: %v", err)
	}
	return true
}
