-- Drops a partition of the outbox: the last step of its retention.
--
-- reads:  outbox.archive, outbox.document, outbox.head
-- writes: outbox.retry, outbox.exchange, outbox.archive_range
-- rerun:  safe; what is dropped already is gone
--
-- The caller sets lock_timeout. Tables are locked in the order in which everybody else takes them (document, then
-- result), so this can wait but never closes a circle. Under the lock it asks only for what can have changed since the
-- documents were archived: whether one of them was taken up again. All of that is open work, so it takes as long
-- for five million documents as for none.

create or replace function outbox.drop_partition(first_id bigint, before timestamptz)
returns text
language plpgsql
security definer
set search_path = pg_catalog
as $$
declare
    place record;
    partition record;
    reason text;
begin
    if before > clock_timestamp() - interval '1 day' then
        raise exception 'documents are kept for a day at least'
            using errcode = 'invalid_parameter_value';
    end if;
    select
        archive_range.first_document_id,
        archive_range.end_document_id,
        archive_range.is_complete,
        archive_range.newest_at,
        archive_range.dropped_at
    into place
    from outbox.archive_range
    where archive_range.first_document_id = first_id
    for update;
    if not found then
        return 'not archived yet';
    end if;
    lock table only outbox.document, only outbox.result in access exclusive mode;
    if place.dropped_at is not null or not exists (
        select from outbox.id_partitions() as part
        where part.first_document_id = first_id
    ) then
        return 'gone';
    end if;
    reason := outbox.kept_because(place.first_document_id, place.end_document_id, before);
    if reason is not null then
        return reason;
    end if;
    if not place.is_complete or place.newest_at >= before then
        return 'not archived yet';
    end if;

    -- kept_because let pass what is discarded, and nothing else that is open.
    if exists (
        select
        from (
            select
                retry.connection_code,
                retry.pipeline_code,
                retry.document_id,
                retry.attempt
            from outbox.retry
            where
                retry.document_id >= place.first_document_id
                and retry.document_id < place.end_document_id
        ) as present
        full join (
            select
                archive.connection_code,
                archive.pipeline_code,
                archive.document_id,
                archive.attempt_count
            from outbox.archive
            where
                archive.document_id >= place.first_document_id
                and archive.document_id < place.end_document_id
                and archive.state = 'discarded'
        ) as archived
            on archived.connection_code = present.connection_code
            and archived.pipeline_code = present.pipeline_code
            and archived.document_id = present.document_id
        where
            -- taken up again since, and then sent, or
            present.document_id is null
            -- tried once more and discarded again, or discarded since
            or archived.attempt_count <> present.attempt
            or (
                archived.document_id is null
                and exists (
                    select from outbox.head
                    inner join outbox.document
                        on document.connection_code = head.connection_code
                        and document.pipeline_code = head.pipeline_code
                        and document.business_key = head.business_key
                    where
                        document.connection_code = present.connection_code
                        and document.pipeline_code = present.pipeline_code
                        and document.document_id = present.document_id
                        and head.document_id = present.document_id
                )
            )
    ) then
        update outbox.archive_range
        set
            walked_connection_code = default,
            walked_pipeline_code = default,
            walked_document_id = default,
            walked_count = default,
            newest_at = default,
            is_complete = default
        where archive_range.first_document_id = first_id;
        return 'a discarded document was taken up again while it was archived';
    end if;

    delete from outbox.exchange
    where
        exchange.document_id >= place.first_document_id
        and exchange.document_id < place.end_document_id;
    delete from outbox.retry
    where
        retry.document_id >= place.first_document_id
        and retry.document_id < place.end_document_id;
    for partition in
        select pg_inherits.inhrelid::regclass as name
        from pg_catalog.pg_inherits
        where
            pg_inherits.inhparent in ('outbox.document'::regclass, 'outbox.result'::regclass)
            and outbox.id_range(pg_inherits.inhrelid) = int8range(place.first_document_id, place.end_document_id)
    loop
        execute format('drop table %s', partition.name);
    end loop;
    update outbox.archive_range
    set dropped_at = clock_timestamp()
    where archive_range.first_document_id = first_id;
    return null;
end
$$;
comment on function outbox.drop_partition(bigint, timestamptz) is 'Drops a partition of outbox.document and of outbox.result whose documents are archived and older than a moment; returns why not, or null when it is dropped.';

-- To nobody but those whom ops.grant_roles() names.
revoke all on function outbox.drop_partition(bigint, timestamptz)
from public;
