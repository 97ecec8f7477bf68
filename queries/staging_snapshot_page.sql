-- name: StagingSnapshotPageList :many
-- StagingSnapshotPageList shows what stands in each place of the newest snapshot.
select
    page_no,
    page_id,
    landed_at,
    records_hash,
    record_count
from staging.snapshot_page
where
    connection_code = @connection_code
    and dataset = @dataset;

-- name: StagingSnapshotPageSet :exec
-- StagingSnapshotPageSet notes the pages that the same transaction lands; their landed_at is its now().
with landed as (
    select
        unnest(@page_nos::integer[]) as page_no,
        unnest(@page_ids::bigint[]) as page_id,
        unnest(@records_hashes::bigint[]) as records_hash,
        unnest(@record_counts::integer[]) as record_count
)

insert into staging.snapshot_page (connection_code, dataset, page_no, page_id, landed_at, records_hash, record_count)
select
    @connection_code,
    @dataset,
    landed.page_no,
    landed.page_id,
    now(),
    landed.records_hash,
    landed.record_count
from landed
on conflict on constraint snapshot_page_pkey do update
set
    page_id = excluded.page_id,
    landed_at = excluded.landed_at,
    records_hash = excluded.records_hash,
    record_count = excluded.record_count;

-- name: StagingSnapshotPageTrim :execrows
-- StagingSnapshotPageTrim forgets the places that the newest snapshot no longer has.
delete from staging.snapshot_page
where
    connection_code = @connection_code
    and dataset = @dataset
    and page_no >= @place_count;
