-- Which partitions of the outbox are old, what keeps them, and what is kept of their documents before they are dropped.
--
-- reads:  outbox.document, outbox.document_id_seq, outbox.result, outbox.head, outbox.cursor, outbox.claim, outbox.retry
-- writes: outbox.archive, outbox.archive_range
-- rerun:  safe
--
--     select * from outbox.old_partitions(now() - interval '550 days');
--     select * from outbox.archive_documents(0, now() - interval '550 days', 5000);     until is_complete
--     select outbox.drop_partition(0, now() - interval '550 days');                     function/outbox_drop.sql
--
-- A document is done when it is sent, superseded or discarded, for good: only a discarded one may still change, by a
-- person or its source, so these are compared once more under the lock of the drop. They run with the rights of the
-- schema's owner, for those who may call them (pandian_load).

create or replace function outbox.id_range(partition_oid oid)
returns int8range
language sql
stable
set search_path = pg_catalog
as $$
    select int8range(
        substring(pg_get_expr(pg_class.relpartbound, pg_class.oid) from 'FROM \(''?([0-9]+)''?\)')::bigint,
        substring(pg_get_expr(pg_class.relpartbound, pg_class.oid) from 'TO \(''?([0-9]+)''?\)')::bigint
    )
    from pg_catalog.pg_class
    where pg_class.oid = partition_oid;
$$;
comment on function outbox.id_range(oid) is 'The ids of documents that a partition by id takes.';

create or replace function outbox.id_partitions()
returns table (partition_name text, first_document_id bigint, end_document_id bigint)
language sql
stable
security definer
set search_path = pg_catalog
as $$
    select
        pg_class.relname::text,
        lower(part.ids),
        upper(part.ids)
    from pg_catalog.pg_inherits
    inner join pg_catalog.pg_class on pg_class.oid = pg_inherits.inhrelid
    cross join lateral (select outbox.id_range(pg_class.oid) as ids) as part
    where
        pg_inherits.inhparent = 'outbox.document'::regclass
        -- Ids from here on were or will be drawn; a partition ahead is empty and stays.
        and upper(part.ids) <= (select document_id_seq.last_value from outbox.document_id_seq)
    order by lower(part.ids);
$$;
comment on function outbox.id_partitions() is 'The partitions of outbox.document, and by the same ids of outbox.result, that no new document can fall into, oldest first.';

create or replace function outbox.kept_because(first_id bigint, end_id bigint, before timestamptz)
returns text
language plpgsql
stable
security definer
set search_path = pg_catalog
as $$
declare
    newest record;
    reason text;
begin
    for newest in
        select
            progress.pipeline_code,
            progress.connection_code,
            progress.next_document_id,
            document.document_id,
            document.created_at
        from outbox.cursor as progress
        cross join lateral (
            select
                document.document_id,
                document.created_at
            from outbox.document
            where
                document.connection_code = progress.connection_code
                and document.pipeline_code = progress.pipeline_code
                and document.document_id >= first_id
                and document.document_id < end_id
            order by document.document_id desc
            limit 1
        ) as document
    loop
        if newest.created_at >= before then
            return 'young';
        end if;
        if newest.next_document_id <= newest.document_id then
            reason := format('%s of %s has not taken its documents yet', newest.pipeline_code, newest.connection_code);
        end if;
    end loop;
    if reason is not null then
        return reason;
    end if;

    select format('%s of %s: %s is sending', claim.pipeline_code, claim.connection_code, claim.worker)
    into reason
    from outbox.claim
    where
        claim.first_document_id < end_id
        and claim.last_document_id >= first_id
    order by claim.first_document_id
    limit 1;
    if reason is not null then
        return reason;
    end if;

    select string_agg(format('%s %s', trouble.document_count, trouble.state), ', ' order by trouble.state)
    into reason
    from (
        select
            case
                when retry.token is not null then 'sending'
                when retry.state = 'discarded' then 'discarded only lately'
                else retry.state
            end as state,
            count(*) as document_count
        from outbox.retry
        where
            retry.document_id >= first_id
            and retry.document_id < end_id
            and (retry.state <> 'discarded' or retry.token is not null or retry.run_at >= before)
        group by 1
    ) as trouble;
    return reason;
end
$$;
comment on function outbox.kept_because(bigint, bigint, timestamptz) is 'Why a partition of the outbox is not dropped yet; young while its newest document is not older than the limit, null when nothing is known against it. Looks only at ends of keys and at what is open, so it costs the same for any number of documents.';

create or replace function outbox.old_partitions(before timestamptz)
returns table (partition_name text, first_document_id bigint, kept_because text)
language sql
stable
security definer
set search_path = pg_catalog
as $$
    select
        judged.partition_name,
        judged.first_document_id,
        judged.kept_because
    from (
        select
            part.partition_name,
            part.first_document_id,
            outbox.kept_because(part.first_document_id, part.end_document_id, before) as kept_because
        from outbox.id_partitions() as part
    ) as judged
    where judged.kept_because is distinct from 'young'
    order by judged.first_document_id;
$$;
comment on function outbox.old_partitions(timestamptz) is 'The partitions of the outbox whose newest documents are older than a moment, oldest first, and what keeps them; null where nothing is known to.';

create or replace function outbox.archive_documents(first_id bigint, before timestamptz, batch_size integer)
returns table (walked_count bigint, is_complete boolean, kept_because text)
language plpgsql
security definer
set search_path = pg_catalog
-- A walk along keys, whatever the planner thinks of a place that it does not know.
set enable_seqscan = off
set enable_bitmapscan = off
set enable_sort = off
set jit = off  -- for these costs it would compile each batch
as $$
#variable_conflict use_column
declare
    place record;
    batch record;
begin
    insert into outbox.archive_range (first_document_id, end_document_id)
    select
        part.first_document_id,
        part.end_document_id
    from outbox.id_partitions() as part
    where part.first_document_id = first_id
    on conflict on constraint archive_range_pkey do nothing;
    select
        archive_range.first_document_id,
        archive_range.end_document_id,
        archive_range.walked_connection_code,
        archive_range.walked_pipeline_code,
        archive_range.walked_document_id,
        archive_range.is_complete,
        archive_range.dropped_at
    into place
    from outbox.archive_range
    where archive_range.first_document_id = first_id
    for update;
    if not found or place.dropped_at is not null then
        return query select 0::bigint, false, 'gone';
        return;
    end if;
    if place.is_complete then
        return query select 0::bigint, true, null::text;
        return;
    end if;

    with next_document as materialized (
        select
            document.connection_code,
            document.pipeline_code,
            document.document_id,
            document.business_key,
            document.revision,
            document.payload,
            document.run_id,
            document.created_at
        from outbox.document
        where
            document.document_id >= place.first_document_id
            and document.document_id < place.end_document_id
            and (document.connection_code, document.pipeline_code, document.document_id)
                > (place.walked_connection_code, place.walked_pipeline_code, place.walked_document_id)
        order by
            document.connection_code,
            document.pipeline_code,
            document.document_id
        limit batch_size
    ),

    judged as materialized (
        select
            next_document.connection_code,
            next_document.pipeline_code,
            next_document.document_id,
            next_document.business_key,
            next_document.revision,
            next_document.payload,
            next_document.run_id as written_by_run_id,
            next_document.created_at,
            case
                when outcome.outcome in ('sent', 'superseded') then outcome.outcome
                when trouble.state = 'discarded' and trouble.token is null then 'discarded'
            end as state,
            coalesce(trouble.attempt, outcome.attempt, 0) as attempt_count,
            coalesce(trouble.is_doubtful, false) as is_doubtful,
            coalesce(trouble.message, outcome.message) as message,
            trouble.decided_by,
            outcome.target_document_id,
            outcome.target_document_no,
            outcome.done_at,
            outcome.run_id as sent_by_run_id,
            greatest(next_document.created_at, outcome.done_at, trouble.run_at) as newest_at,
            head.document_id is not distinct from next_document.document_id as is_head,
            coalesce(head.is_sent, false) as is_head_sent,
            row_number() over (
                order by
                    next_document.connection_code,
                    next_document.pipeline_code,
                    next_document.document_id
            ) as nth
        from next_document
        left join lateral (
            select
                result.attempt,
                result.outcome,
                result.target_document_id,
                result.target_document_no,
                result.message,
                result.done_at,
                result.run_id
            from outbox.result
            where
                result.connection_code = next_document.connection_code
                and result.pipeline_code = next_document.pipeline_code
                and result.document_id = next_document.document_id
            order by result.attempt desc
            limit 1
        ) as outcome on true
        left join lateral (
            select
                retry.state,
                retry.token,
                retry.attempt,
                retry.is_doubtful,
                retry.message,
                retry.decided_by,
                retry.run_at
            from outbox.retry
            where
                retry.connection_code = next_document.connection_code
                and retry.pipeline_code = next_document.pipeline_code
                and retry.document_id = next_document.document_id
            limit 1
        ) as trouble on true
        left join lateral (
            select
                head.document_id,
                exists (
                    select from outbox.result
                    where
                        result.connection_code = head.connection_code
                        and result.pipeline_code = head.pipeline_code
                        and result.document_id = head.document_id
                        and result.outcome = 'sent'
                        -- asked only about older revisions
                        and head.document_id <> next_document.document_id
                ) as is_sent
            from outbox.head
            where
                head.connection_code = next_document.connection_code
                and head.pipeline_code = next_document.pipeline_code
                and head.business_key = next_document.business_key
            limit 1
        ) as head on true
    ),

    obstacle as (
        select
            format(
                case
                    when judged.state is null then 'document %s of %s is not done'
                    else 'document %s of %s was answered or discarded only lately'
                end,
                judged.document_id,
                judged.pipeline_code
            ) as reason
        from judged
        where
            judged.state is null
            or judged.newest_at >= before
        order by judged.nth
        limit 1
    ),

    kept as (
        insert into outbox.archive (
            connection_code,
            pipeline_code,
            document_id,
            business_key,
            revision,
            state,
            attempt_count,
            is_doubtful,
            message,
            decided_by,
            target_document_id,
            target_document_no,
            created_at,
            done_at,
            written_by_run_id,
            sent_by_run_id
        )
        select
            judged.connection_code,
            judged.pipeline_code,
            judged.document_id,
            judged.business_key,
            judged.revision,
            judged.state,
            judged.attempt_count,
            judged.is_doubtful,
            ops.mask_message(judged.message, judged.payload),
            case when judged.state = 'discarded' then judged.decided_by end,
            judged.target_document_id,
            judged.target_document_no,
            judged.created_at,
            judged.done_at,
            judged.written_by_run_id,
            judged.sent_by_run_id
        from judged
        where
            not exists (select from obstacle)
            -- and what the target has, as long as no newer revision is there
            and (judged.is_head or (judged.state = 'sent' and not judged.is_head_sent))
        on conflict on constraint archive_pkey do update
        set
            state = excluded.state,
            attempt_count = excluded.attempt_count,
            is_doubtful = excluded.is_doubtful,
            message = excluded.message,
            decided_by = excluded.decided_by,
            target_document_id = excluded.target_document_id,
            target_document_no = excluded.target_document_no,
            done_at = excluded.done_at,
            sent_by_run_id = excluded.sent_by_run_id
        returning
            archive.connection_code,
            archive.pipeline_code,
            archive.document_id
    )

    select
        count(*) as walked_count,
        max(judged.newest_at) as newest_at,
        (array_agg(judged.connection_code order by judged.nth desc))[1] as connection_code,
        (array_agg(judged.pipeline_code order by judged.nth desc))[1] as pipeline_code,
        (array_agg(judged.document_id order by judged.nth desc))[1] as document_id,
        (select obstacle.reason from obstacle) as obstacle,
        (select array_agg(kept.connection_code order by kept.document_id) from kept) as kept_connections,
        (select array_agg(kept.pipeline_code order by kept.document_id) from kept) as kept_pipelines,
        (select array_agg(kept.document_id order by kept.document_id) from kept) as kept_documents
    into batch
    from judged;
    if batch.obstacle is not null then
        return query select 0::bigint, false, batch.obstacle;
        return;
    end if;

    -- Of each key there stay the newest, and the newest that its target got.
    delete from outbox.archive as older
    using
        unnest(batch.kept_connections, batch.kept_pipelines, batch.kept_documents)
            as kept (connection_code, pipeline_code, document_id),
        outbox.archive as newer
    where
        newer.connection_code = kept.connection_code
        and newer.pipeline_code = kept.pipeline_code
        and newer.document_id = kept.document_id
        and older.connection_code = newer.connection_code
        and older.pipeline_code = newer.pipeline_code
        and older.business_key = newer.business_key
        and older.document_id < newer.document_id
        and (newer.state = 'sent' or older.state <> 'sent');

    update outbox.archive_range
    set
        walked_connection_code = coalesce(batch.connection_code, place.walked_connection_code),
        walked_pipeline_code = coalesce(batch.pipeline_code, place.walked_pipeline_code),
        walked_document_id = coalesce(batch.document_id, place.walked_document_id),
        walked_count = archive_range.walked_count + batch.walked_count,
        newest_at = greatest(archive_range.newest_at, batch.newest_at),
        is_complete = batch.walked_count < batch_size
    where archive_range.first_document_id = first_id;
    return query select batch.walked_count, batch.walked_count < batch_size, null::text;
end
$$;
comment on function outbox.archive_documents(bigint, timestamptz, integer) is 'Goes on through the documents of a partition, at most batch_size of them, and writes what must be kept into outbox.archive. kept_because says what stands against dropping the partition: a document that is not done or not old, or gone when there is no such partition.';

-- To nobody but those whom ops.grant_roles() names.
revoke all on function
    outbox.id_range(oid),
    outbox.id_partitions(),
    outbox.kept_because(bigint, bigint, timestamptz),
    outbox.old_partitions(timestamptz),
    outbox.archive_documents(bigint, timestamptz, integer)
from public;
