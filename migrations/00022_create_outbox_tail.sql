-- How many documents of an outbox are pending, without reading them: how many were written ahead of its cursor, less how
-- many the cursor has passed. The count is looked at several times a second, by people, monitors and scrapers, and with
-- five million pending the walk from the cursor on took more than a second of a processor each time.
--
-- What is written is counted in a row of its own: a mapping holds it until its transaction ends, and no claim may wait
-- for that. What is passed is counted in the cursor's row, which a claim writes anyway. Both follow by trigger, so that
-- nobody's SQL can forget them; only a claim, which knows how many documents it took, counts for itself.
--
-- What was pending before is counted first, without a lock, and then, under the locks, what came and went meanwhile.
-- The cursor is locked before the log, in the order of whoever writes: outbox.lock_writers, then documents.

-- +goose Up
create temporary table counted_before on commit drop as
select
    progress.connection_code,
    progress.pipeline_code,
    progress.next_document_id,
    unclaimed.document_count,
    coalesce(unclaimed.last_document_id, progress.next_document_id - 1) as last_document_id
from outbox.cursor as progress
cross join lateral (
    select
        count(*) as document_count,
        max(ahead.document_id) as last_document_id
    from (
        select document.document_id
        from outbox.document
        where
            document.connection_code = progress.connection_code
            and document.pipeline_code = progress.pipeline_code
            and document.document_id >= progress.next_document_id
        order by document.document_id
        limit 1000000000  -- keeps this a walk along the key from the cursor on
    ) as ahead
) as unclaimed;

create table outbox.tail (
    connection_code text collate "C" not null,
    pipeline_code text collate "C" not null,
    written_count bigint not null,
    constraint tail_pkey primary key (connection_code, pipeline_code)
) with (fillfactor = 10);
comment on table outbox.tail is 'One row is how many documents were written to an outbox: less what its cursor has passed, they are those that no claim has taken. Written by a trigger of outbox.document.';
comment on column outbox.tail.connection_code is 'The source''s connection.';
comment on column outbox.tail.pipeline_code is 'The pipeline; with the connection it names the outbox.';
comment on column outbox.tail.written_count is 'Documents written ahead of the cursor, counted since this table was made: those that were pending then, and those written since. Documents done before are not in it, so it says something only beside outbox.cursor.passed_count.';

lock table outbox.cursor in access exclusive mode;
alter table outbox.cursor add column passed_count bigint not null default 0;
comment on column outbox.cursor.passed_count is 'Documents that the cursor has passed since outbox.tail was made, whatever became of them. outbox.tail.written_count less this is how many it has before it.';

-- +goose StatementBegin
create function outbox.count_written()
returns trigger
language plpgsql
security definer
set search_path = pg_catalog
as $$
begin
    insert into outbox.tail as known (connection_code, pipeline_code, written_count)
    select
        written.connection_code,
        written.pipeline_code,
        case when tg_op = 'DELETE' then -1 else 1 end * count(*)
    from written
    left join outbox.cursor as progress
        on progress.connection_code = written.connection_code
        and progress.pipeline_code = written.pipeline_code
    where written.document_id >= coalesce(progress.next_document_id, 0)
    group by
        written.connection_code,
        written.pipeline_code
    order by
        written.connection_code,
        written.pipeline_code
    on conflict on constraint tail_pkey do update
    set written_count = known.written_count + excluded.written_count;
    return null;
end
$$;
-- +goose StatementEnd
comment on function outbox.count_written() is 'Trigger of outbox.document: counts in outbox.tail the documents that a statement wrote ahead of the cursor, or that somebody deleted there by hand.';
create trigger document_is_counted
after insert on outbox.document
referencing new table as written
for each statement execute function outbox.count_written();
create trigger document_deleted_is_counted
after delete on outbox.document
referencing old table as written
for each statement execute function outbox.count_written();

-- +goose StatementBegin
create function outbox.count_passed()
returns trigger
language plpgsql
stable  -- sees what the statement sees: what the same statement writes behind the cursor is neither written nor passed
security definer
set search_path = pg_catalog
as $$
begin
    new.passed_count := new.passed_count + sign(new.next_document_id - old.next_document_id) * (
        select count(*)
        from (
            select
            from outbox.document
            where
                document.connection_code = old.connection_code
                and document.pipeline_code = old.pipeline_code
                and document.document_id >= least(old.next_document_id, new.next_document_id)
                and document.document_id < greatest(old.next_document_id, new.next_document_id)
            order by document.document_id
            limit 1000000000  -- keeps this a walk along the key
        ) as between_them
    );
    return new;
end
$$;
-- +goose StatementEnd
comment on function outbox.count_passed() is 'Trigger of outbox.cursor: counts the documents between the old and the new place of a cursor that somebody moved without counting, by hand or with a program older than the count.';

-- An outbox that was not there before has everything to be counted.
insert into outbox.tail (connection_code, pipeline_code, written_count)
select
    progress.connection_code,
    progress.pipeline_code,
    coalesce(counted_before.document_count, 0) + (
        select count(*)
        from (
            select
            from outbox.document
            where
                document.connection_code = progress.connection_code
                and document.pipeline_code = progress.pipeline_code
                and document.document_id > coalesce(counted_before.last_document_id, -1)
            order by document.document_id
            limit 1000000000  -- a walk along the key again
        ) as come
    )
from outbox.cursor as progress
left join counted_before
    on counted_before.connection_code = progress.connection_code
    and counted_before.pipeline_code = progress.pipeline_code;
update outbox.cursor
set passed_count = (
    select count(*)
    from (
        select
        from outbox.document
        where
            document.connection_code = progress.connection_code
            and document.pipeline_code = progress.pipeline_code
            and document.document_id >= coalesce(counted_before.next_document_id, 0)
            and document.document_id < progress.next_document_id
        order by document.document_id
        limit 1000000000  -- a walk along the key again
    ) as gone
)
from outbox.cursor as progress
left join counted_before
    on counted_before.connection_code = progress.connection_code
    and counted_before.pipeline_code = progress.pipeline_code
where
    progress.connection_code = cursor.connection_code
    and progress.pipeline_code = cursor.pipeline_code;

-- After the update above, which leaves no trigger waiting.
create trigger cursor_move_is_counted
before update on outbox.cursor
for each row
when (new.next_document_id <> old.next_document_id and new.passed_count = old.passed_count)
execute function outbox.count_passed();

-- +goose Down
lock table outbox.cursor in access exclusive mode;
drop trigger cursor_move_is_counted on outbox.cursor;
drop trigger document_deleted_is_counted on outbox.document;
drop trigger document_is_counted on outbox.document;
drop function outbox.count_passed();
drop function outbox.count_written();
alter table outbox.cursor drop column passed_count;
drop table outbox.tail;
