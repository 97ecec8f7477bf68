-- name: OutboxWritebackPut :execrows
-- OutboxWritebackPut stores what targets wrote back beside source rows. A value that is there already writes nothing,
-- not even a lock, and an older document never overwrites a newer one. cleared says that the value is null, since an
-- array of text from Go has no nulls. A field may come once only.
with incoming as (
    select
        unnest(@datasets::text []) as dataset,
        unnest(@record_keys::text []) as record_key,
        unnest(@fields::text []) as field,
        unnest(@values::text []) as value,
        unnest(@cleared::boolean []) as is_cleared,
        unnest(@document_ids::bigint []) as document_id
)

insert into outbox.writeback as kept (
    connection_code,
    pipeline_code,
    dataset,
    record_key,
    field,
    value,
    document_id,
    written_at
)
select
    @connection_code,
    @pipeline_code,
    incoming.dataset,
    incoming.record_key,
    incoming.field,
    case when not incoming.is_cleared then incoming.value end,
    incoming.document_id,
    clock_timestamp()
from incoming
left join lateral (
    select
        writeback.value,
        writeback.document_id
    from outbox.writeback
    where
        writeback.connection_code = @connection_code
        and writeback.pipeline_code = @pipeline_code
        and writeback.dataset = incoming.dataset
        and writeback.record_key = incoming.record_key
        and writeback.field = incoming.field
    limit 1
) as present on true
where
    present.document_id is null
    or (
        present.document_id < incoming.document_id
        and present.value is distinct from case when not incoming.is_cleared then incoming.value end
    )
order by
    incoming.dataset,
    incoming.record_key,
    incoming.field
on conflict on constraint writeback_pkey do update
set
    value = excluded.value,
    document_id = excluded.document_id,
    written_at = excluded.written_at
where kept.document_id < excluded.document_id;
