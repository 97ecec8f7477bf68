-- What a mapping does not send, and why: documents that cannot be mapped yet, and changes that the target can no
-- longer take. Both are kept for people and looked at again by every run.

-- +goose Up
create table outbox.held_back (
    connection_code text collate "C" not null,
    pipeline_code text collate "C" not null,
    business_key text collate "C" not null,
    reason text not null,
    run_id bigint not null,
    held_since timestamptz not null default now(),
    constraint held_back_pkey primary key (connection_code, pipeline_code, business_key),
    constraint held_back_has_a_reason_check check (btrim(reason) <> '')
);
comment on table outbox.held_back is 'One row is a document that a mapping held back because something is missing. It goes when the document is made.';
comment on column outbox.held_back.connection_code is 'The source''s connection.';
comment on column outbox.held_back.pipeline_code is 'The pipeline.';
comment on column outbox.held_back.business_key is 'What the document is about, as in stockout_id.';
comment on column outbox.held_back.reason is 'A word, a colon, and what is wrong and what to do, as in "no customer: shop SHOP08 has no row in ref.shop_map".';
comment on column outbox.held_back.run_id is 'The run that gave this reason first.';
comment on column outbox.held_back.held_since is 'When that was.';

create table outbox.late_change (
    connection_code text collate "C" not null,
    pipeline_code text collate "C" not null,
    business_key text collate "C" not null,
    document_id bigint not null,
    reason text not null,
    payload text,
    payload_hash bigint not null,
    run_id bigint not null,
    noticed_at timestamptz not null default now(),
    constraint late_change_pkey primary key (connection_code, pipeline_code, business_key)
);
comment on table outbox.late_change is 'One row is a change at the source that came after its document was delivered to a target that takes no changes: a person must carry it over.';
comment on column outbox.late_change.connection_code is 'The source''s connection.';
comment on column outbox.late_change.pipeline_code is 'The pipeline.';
comment on column outbox.late_change.business_key is 'What the document is about.';
comment on column outbox.late_change.document_id is 'The document that was delivered.';
comment on column outbox.late_change.reason is 'What happened at the source, in words for a person.';
comment on column outbox.late_change.payload is 'What would be sent today; null where nothing would.';
comment on column outbox.late_change.payload_hash is 'Hash of reason and payload: the same change is noticed once.';
comment on column outbox.late_change.run_id is 'The run that noticed it.';
comment on column outbox.late_change.noticed_at is 'When.';

-- +goose Down
drop table outbox.late_change;
drop table outbox.held_back;
