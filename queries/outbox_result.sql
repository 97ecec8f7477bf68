-- name: OutboxResultAppend :exec
-- OutboxResultAppend writes what came of attempts. A row that is there already stands, so that a completion whose
-- commit was not heard of can be repeated. Blank texts are stored as null.
with settled as (
    select
        unnest(@document_ids::bigint []) as document_id,
        unnest(@attempts::integer []) as attempt,
        unnest(@outcomes::text []) as outcome,
        unnest(@target_document_ids::text []) as target_document_id,
        unnest(@target_document_nos::text []) as target_document_no,
        unnest(@messages::text []) as message
)

insert into outbox.result (
    connection_code,
    pipeline_code,
    document_id,
    attempt,
    outcome,
    target_document_id,
    target_document_no,
    message,
    run_id
)
select
    @connection_code,
    @pipeline_code,
    settled.document_id,
    settled.attempt,
    settled.outcome,
    nullif(settled.target_document_id, ''),
    nullif(settled.target_document_no, ''),
    nullif(settled.message, ''),
    sqlc.narg(run_id)::bigint
from settled
on conflict on constraint result_pkey do nothing;

-- name: OutboxResultExists :one
-- OutboxResultExists says whether an attempt at a document has its result.
select
    exists (
        select
        from outbox.result
        where
            result.connection_code = @connection_code
            and result.pipeline_code = @pipeline_code
            and result.document_id = @document_id
            and result.attempt = @attempt
    ) as is_written;
