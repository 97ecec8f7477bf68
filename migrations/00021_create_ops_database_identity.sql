-- What the database knows itself by, so that one that was restored from a dump, copied, or promoted from a standby
-- notices it: documents that were sent after the dump stand as pending again there, or are not there and will be made
-- anew, and would be sent twice.
--
-- What each row is compared with, and what follows, is in sql/function/ops_database_identity.sql. A decision about a
-- whole outbox has a row in ops.audit that names no document.

-- +goose Up
create table ops.database_identity (
    identity_id integer generated always as identity,
    cause text not null,
    system_identifier bigint,
    timeline_id bigint,
    database_oid bigint not null,
    relation_oid bigint not null,
    noticed_at timestamptz not null default clock_timestamp(),
    noticed_by text not null default session_user,
    note text,
    trusted_at timestamptz,
    trusted_by text,
    trusted_reason text,
    constraint database_identity_pkey primary key (identity_id),
    constraint database_identity_cause_is_known_check check (cause in ('first', 'moved', 'timeline', 'told')),
    constraint database_identity_told_has_a_reason_check check (cause <> 'told' or btrim(coalesce(note, '')) <> ''),
    constraint database_identity_trust_is_whole_check check (
        (trusted_at is null) = (trusted_by is null)
        and (trusted_at is null) = (trusted_reason is null)
    ),
    constraint database_identity_trust_has_a_reason_check check (btrim(trusted_reason) <> '')
);
comment on table ops.database_identity is 'One row is one life of this database: from when it was made, restored, copied or promoted until the next time. While the newest one is not trusted, every document is looked up at its target before it is sent. Rows are never deleted; only functions write them.';
comment on column ops.database_identity.identity_id is 'Number of the life, in order.';
comment on column ops.database_identity.cause is 'first; moved (it is another cluster or another database: restored from a dump, or copied); timeline (the server was promoted, or recovered to a point in time); told (a person said that it must be doubted).';
comment on column ops.database_identity.system_identifier is 'The cluster''s (pg_control_system); null where the schema''s owner may not ask for it.';
comment on column ops.database_identity.timeline_id is 'The timeline that the server writes; null where it does not tell.';
comment on column ops.database_identity.database_oid is 'The database''s number in the cluster (pg_database.oid).';
comment on column ops.database_identity.relation_oid is 'This table''s number in the database (pg_class.oid): a dump that is restored makes it anew.';
comment on column ops.database_identity.noticed_at is 'When this life was noticed: by the first run in it, or by a person. It began before.';
comment on column ops.database_identity.noticed_by is 'The database account that noticed it, or the person who said so.';
comment on column ops.database_identity.note is 'Why, in a person''s words; null where it was noticed.';
comment on column ops.database_identity.trusted_at is 'Since when what this database says about its documents is believed; null while each is looked up.';
comment on column ops.database_identity.trusted_by is 'Who said so; pandian for the first life.';
comment on column ops.database_identity.trusted_reason is 'Why, in that person''s words.';
create trigger database_identity_is_kept
before delete or truncate on ops.database_identity
for each statement execute function ops.refuse_change();

-- A database that has sent documents is this one from now on. One that has not begins with its first run, so that
-- copies of an empty one are nothing to notice. What is null is filled in by the first run.
insert into ops.database_identity (cause, database_oid, relation_oid, trusted_at, trusted_by, trusted_reason)
select
    'first',
    pg_database.oid::bigint,
    'ops.database_identity'::regclass::bigint,
    clock_timestamp(),
    'pandian',
    'it was in use when lives began to be counted'
from pg_catalog.pg_database
where
    pg_database.datname = current_database()
    and exists (select from outbox.document);

alter table ops.audit
alter column document_id drop not null,
alter column business_key drop not null,
drop constraint audit_verb_is_known_check,
add constraint audit_verb_is_known_check check (verb in ('retry', 'hold', 'release', 'discard', 'trust', 'doubt')),
add constraint audit_names_a_document_check check (
    (document_id is null) = (verb in ('trust', 'doubt'))
    and (document_id is null) = (business_key is null)
);
comment on table ops.audit is 'One row is one decision of a person about one document of an outbox, or about the whole outbox. Append-only; kept for good.';
comment on column ops.audit.verb is 'retry, hold, release or discard; trust or doubt of all that an outbox says.';
comment on column ops.audit.document_id is 'The document; null for a decision about the whole outbox.';
comment on column ops.audit.business_key is 'What the document is about; null for a decision about the whole outbox.';
comment on column ops.audit.old_state is 'Its state before, as in outbox.delivery; of an outbox: looked_up or trusted.';
comment on column ops.audit.document_count is 'How many documents the same call changed; of an outbox, how many outboxes.';

-- +goose Down
alter table ops.audit disable trigger audit_is_append_only;
delete from ops.audit where document_id is null;
alter table ops.audit enable trigger audit_is_append_only;
alter table ops.audit
drop constraint audit_names_a_document_check,
drop constraint audit_verb_is_known_check,
add constraint audit_verb_is_known_check check (verb in ('retry', 'hold', 'release', 'discard')),
alter column document_id set not null,
alter column business_key set not null;
comment on table ops.audit is 'One row is one decision of a person about one document of an outbox. Append-only; kept for good.';
comment on column ops.audit.verb is 'retry, hold, release or discard.';
comment on column ops.audit.document_id is 'The document.';
comment on column ops.audit.business_key is 'What the document is about.';
comment on column ops.audit.old_state is 'Its state before, as in outbox.delivery.';
comment on column ops.audit.document_count is 'How many documents the same call changed.';
drop table ops.database_identity;
