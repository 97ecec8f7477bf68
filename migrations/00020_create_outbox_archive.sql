-- What stays of documents whose partition is dropped: what became of the newest of each key, because the next mapping
-- and every view ask for it. Without it a shipment that was delivered two years ago would be delivered again on the day
-- its record is touched. Payloads are not kept: they are what takes the room.
--
-- The functions that fill it and drop partitions are in sql/function/outbox_archive.sql and outbox_drop.sql.

-- +goose Up
create table outbox.archive (
    connection_code text collate "C" not null,
    pipeline_code text collate "C" not null,
    document_id bigint not null,
    business_key text collate "C" not null,
    revision integer not null,
    state text not null,
    attempt_count integer not null,
    is_doubtful boolean not null,
    message text,
    decided_by text,
    target_document_id text,
    target_document_no text,
    created_at timestamptz not null,
    done_at timestamptz,
    written_by_run_id bigint not null,
    sent_by_run_id bigint,
    constraint archive_pkey primary key (connection_code, pipeline_code, document_id),
    constraint archive_state_is_final_check check (state in ('sent', 'superseded', 'discarded')),
    constraint archive_discarded_has_a_decider_check check (state <> 'discarded' or decided_by is not null)
);
comment on table outbox.archive is 'One row is what became of a document whose partition is dropped, or will be: the newest of its business key, and the newest that its target got. It goes when a newer one comes.';
comment on column outbox.archive.connection_code is 'The source''s connection.';
comment on column outbox.archive.pipeline_code is 'The pipeline; with the connection it names the outbox.';
comment on column outbox.archive.document_id is 'The document, as in outbox.document before.';
comment on column outbox.archive.business_key is 'What the document is about.';
comment on column outbox.archive.revision is 'Its revision; counts from 1 per business key.';
comment on column outbox.archive.state is 'sent, superseded or discarded: nothing else is archived.';
comment on column outbox.archive.attempt_count is 'Attempts that were made.';
comment on column outbox.archive.is_doubtful is 'True for a discarded document of which nobody knew whether the target has it.';
comment on column outbox.archive.message is 'What was said last, without the personal data of the document that it repeats: the document is not there any more to tell what is personal.';
comment on column outbox.archive.decided_by is 'Who decided, for discarded.';
comment on column outbox.archive.target_document_id is 'The document''s id at the target.';
comment on column outbox.archive.target_document_no is 'The document''s number at the target.';
comment on column outbox.archive.created_at is 'When it was written.';
comment on column outbox.archive.done_at is 'When its last answer was written; null where there was none.';
comment on column outbox.archive.written_by_run_id is 'The run that wrote it.';
comment on column outbox.archive.sent_by_run_id is 'The run that sent it.';
create index archive_key_idx on outbox.archive (connection_code, pipeline_code, business_key, document_id);
create index archive_discarded_idx on outbox.archive (document_id) where state = 'discarded';

create table outbox.archive_range (
    first_document_id bigint not null,
    end_document_id bigint not null,
    walked_connection_code text collate "C" not null default '',
    walked_pipeline_code text collate "C" not null default '',
    walked_document_id bigint not null default -1,
    walked_count bigint not null default 0,
    newest_at timestamptz not null default '-infinity',
    is_complete boolean not null default false,
    dropped_at timestamptz,
    constraint archive_range_pkey primary key (first_document_id),
    constraint archive_range_is_not_empty_check check (first_document_id < end_document_id),
    constraint archive_range_dropped_is_complete_check check (dropped_at is null or is_complete)
);
comment on table outbox.archive_range is 'One row is a partition of outbox.document and outbox.result that is being archived, or was dropped.';
comment on column outbox.archive_range.first_document_id is 'The first id of the partition.';
comment on column outbox.archive_range.end_document_id is 'The first id after it.';
comment on column outbox.archive_range.walked_connection_code is 'How far its documents were gone through: the key of the last one.';
comment on column outbox.archive_range.walked_pipeline_code is 'The same.';
comment on column outbox.archive_range.walked_document_id is 'The same.';
comment on column outbox.archive_range.walked_count is 'How many documents were gone through.';
comment on column outbox.archive_range.newest_at is 'The latest time at which one of these was written, answered or discarded.';
comment on column outbox.archive_range.is_complete is 'True when all were gone through: everything that must be kept of them is in outbox.archive.';
comment on column outbox.archive_range.dropped_at is 'When the partition was dropped; until then outbox.delivery shows the documents themselves, and after that the archive.';

-- +goose Down
-- With the archive goes what is known of documents whose partition was dropped.
drop table outbox.archive_range;
drop table outbox.archive;
