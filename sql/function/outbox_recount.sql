-- Counts anew what each outbox has before its cursor, and corrects the count that is kept where it differs: for the day
-- when somebody deleted from the log by hand, or loaded rows into it without its triggers.
--
-- reads:  outbox.cursor, outbox.tail, outbox.document
-- writes: outbox.tail
-- rerun:  safe
--
-- The log and the count are read in one snapshot, and only by what they differ there is added. So it may run beside
-- mappings and loads: what these write and pass at the same time changes both alike. It waits for a mapping that is
-- writing to an outbox whose count is wrong.

create or replace function outbox.recount()
returns table (
    pipeline_code text,
    connection_code text,
    counted_before bigint,
    counted_now bigint
)
language plpgsql
volatile
set search_path = pg_catalog
as $$
begin
    -- The next statement sees what somebody else has corrected just now.
    perform pg_advisory_xact_lock(hashtext('pandian.outbox'), hashtext('recount'));

    return query
    with counted as materialized (
        select
            progress.pipeline_code,
            progress.connection_code,
            coalesce(tail.written_count, 0) - progress.passed_count as known_count,
            ahead.document_count
        from outbox.cursor as progress
        left join outbox.tail
            on tail.connection_code = progress.connection_code
            and tail.pipeline_code = progress.pipeline_code
        cross join lateral (
            select count(*) as document_count
            from (
                select
                from outbox.document
                where
                    document.connection_code = progress.connection_code
                    and document.pipeline_code = progress.pipeline_code
                    and document.document_id >= progress.next_document_id
                order by document.document_id
                limit 1000000000  -- keeps this a walk along the key from the cursor on
            ) as unclaimed
        ) as ahead
    ),

    corrected as (
        insert into outbox.tail as known (connection_code, pipeline_code, written_count)
        select
            counted.connection_code,
            counted.pipeline_code,
            counted.document_count - counted.known_count
        from counted
        where counted.document_count <> counted.known_count
        order by
            counted.connection_code,
            counted.pipeline_code
        on conflict on constraint tail_pkey do update
        set written_count = known.written_count + excluded.written_count
    )

    select
        counted.pipeline_code,
        counted.connection_code,
        counted.known_count,
        counted.document_count
    from counted
    where counted.document_count <> counted.known_count
    order by
        counted.pipeline_code,
        counted.connection_code;
end
$$;
comment on function outbox.recount() is 'Corrects what outbox.tail says where the log says something else; lists those outboxes, with the number of documents before their cursors by the count and by the log. For the schema''s owner.';
