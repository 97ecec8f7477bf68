-- name: StagingPageDrawIDs :many
-- StagingPageDrawIDs reserves numbers for the pages of one commit, ascending.
select nextval('staging.page_id_seq')::bigint as page_id
from generate_series(1, @page_count::integer)
order by page_id;

-- name: StagingPageNewestHash :one
-- StagingPageNewestHash finds what was landed for a page of a reading, to tell a repeated page after a restart.
select
    records_hash,
    record_count
from staging.page
where
    connection_code = @connection_code
    and landed_at >= @opened_at
    and window_id = @window_id
    and page_no = @page_no
order by page_id desc
limit 1;
