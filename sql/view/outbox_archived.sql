-- What is known of documents that are gone: those of outbox.archive whose partition was dropped.
--
-- grain:  connection, pipeline, document
-- reads:  outbox.archive, outbox.archive_range
-- writes: nothing
-- rerun:  safe
--
-- outbox.delivery has these rows, too, beside the documents that are there. Here they are alone, for who asks what a
-- target had got of a business key before.

create or replace view outbox.archived as
select
    archive.connection_code,
    archive.pipeline_code,
    archive.document_id,
    archive.business_key,
    archive.revision,
    archive.state,
    archive.attempt_count,
    archive.message,
    archive.decided_by,
    archive.target_document_id,
    archive.target_document_no,
    archive.created_at,
    archive.done_at,
    archive.written_by_run_id,
    archive.sent_by_run_id
from outbox.archive
where
    exists (
        select from outbox.archive_range
        where
            archive_range.dropped_at is not null
            and archive_range.first_document_id <= archive.document_id
            and archive_range.end_document_id > archive.document_id
    );
comment on view outbox.archived is 'One row is what became of one document whose partition was dropped: the newest of its business key, or the newest that its target got.';
