-- name: OutboxExchangeKeep :exec
-- OutboxExchangeKeep stores what was last said about documents in trouble, in place of what was said before.
with said as (
    select
        unnest(@document_ids::bigint []) as document_id,
        unnest(@attempts::integer []) as attempt,
        unnest(@requests::text []) as request,
        unnest(@responses::text []) as response
)

insert into outbox.exchange (
    connection_code,
    pipeline_code,
    document_id,
    attempt,
    request,
    response
)
select
    @connection_code,
    @pipeline_code,
    said.document_id,
    said.attempt,
    said.request,
    said.response
from said
order by said.document_id
on conflict on constraint exchange_pkey do update
set
    attempt = excluded.attempt,
    request = excluded.request,
    response = excluded.response,
    exchanged_at = excluded.exchanged_at;

-- name: OutboxExchangeDelete :exec
-- OutboxExchangeDelete forgets what was said about documents that are out of trouble.
delete from outbox.exchange
where
    connection_code = @connection_code
    and pipeline_code = @pipeline_code
    and document_id = any (@document_ids::bigint []);
