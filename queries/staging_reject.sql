-- name: StagingRejectAdd :exec
-- StagingRejectAdd keeps what could not be landed. A reject of a page that is known already is not written twice.
-- Empty texts and page number 0 in page_ids stand for null, because arrays of Go values have none.
with refused as (
    select
        unnest(@page_ids::bigint[]) as page_id,
        unnest(@page_nos::integer[]) as page_no,
        unnest(@places::integer[]) as place,
        unnest(@fields::text[]) as field,
        unnest(@field_values::text[]) as field_value,
        unnest(@reasons::text[]) as reason,
        unnest(@records::text[]) as record,
        unnest(@raws::bytea[]) as raw
)

insert into staging.reject (
    connection_code,
    dataset,
    stage,
    run_id,
    page_id,
    page_no,
    place,
    field,
    value,
    reason,
    record,
    raw
)
select
    @connection_code,
    @dataset,
    'land',
    @run_id,
    nullif(refused.page_id, 0),
    refused.page_no,
    refused.place,
    refused.field,
    nullif(refused.field_value, ''),
    refused.reason,
    nullif(refused.record, ''),
    case when refused.record = '' then refused.raw end
from refused
on conflict (connection_code, page_id, place, field, stage) do nothing;
