-- As many documents stand before the cursor as are counted there.
--
-- severity: warning
-- reads:    ops.run, outbox.cursor, outbox.tail, outbox.document
-- writes:   nothing
-- rerun:    safe
--
-- A wrong count stops nothing, but report.pipeline and /metrics would show it for good: select * from outbox.recount()
-- mends it. Of a backlog of more than 100,000 it only looks whether it is that large.

with counted as materialized (
    select
        progress.connection_code,
        progress.pipeline_code,
        progress.next_document_id,
        coalesce(tail.written_count, 0) - progress.passed_count as document_count
    from outbox.cursor as progress
    left join outbox.tail
        on tail.connection_code = progress.connection_code
        and tail.pipeline_code = progress.pipeline_code
    where
        progress.connection_code = ops.param('source_connection')
        and progress.pipeline_code = (select run.pipeline_code from ops.run where run.run_id = ops.run_id())
)

select
    counted.pipeline_code as record_key,
    counted.document_count || ' documents are counted before the cursor, but '
    || case when walked.document_count > 100000 then 'more than 100000' else walked.document_count::text end
    || ' are in the log' as message
from counted
cross join lateral (
    select count(*) as document_count
    from (
        select
        from outbox.document
        where
            document.connection_code = counted.connection_code
            and document.pipeline_code = counted.pipeline_code
            and document.document_id >= counted.next_document_id
        order by document.document_id
        limit 100001
    ) as unclaimed
) as walked
where walked.document_count <> least(counted.document_count, 100001)
