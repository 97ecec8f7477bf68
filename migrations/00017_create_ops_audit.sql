-- The operator's hands: who decided what about which document, and what it takes to undo or repeat a decision without
-- sending anything twice: where a held document goes back to, whether its target might have it, from which attempt on
-- attempts count, and what was said last between pandian and the target.

-- +goose Up
create table ops.audit (
    connection_code text collate "C" not null,
    pipeline_code text collate "C" not null,
    audit_id bigint generated always as identity,
    decision_id bigint not null,
    decided_at timestamptz not null default clock_timestamp(),
    decided_by text not null,
    account text not null default session_user,
    verb text not null,
    document_id bigint not null,
    business_key text collate "C" not null,
    verdict text not null,
    old_state text not null,
    new_state text not null,
    reason text not null,
    document_count bigint not null,
    constraint audit_pkey primary key (connection_code, pipeline_code, audit_id),
    constraint audit_verb_is_known_check check (verb in ('retry', 'hold', 'release', 'discard')),
    constraint audit_verdict_is_known_check check (verdict in ('done', 'busy')),
    constraint audit_busy_changes_nothing_check check (verdict = 'done' or new_state = old_state),
    constraint audit_has_a_reason_check check (btrim(reason) <> ''),
    constraint audit_decision_has_a_name_check check (btrim(decided_by) <> '')
);
comment on table ops.audit is 'One row is one decision of a person about one document of an outbox. Append-only; kept for good.';
comment on column ops.audit.connection_code is 'The source''s connection.';
comment on column ops.audit.pipeline_code is 'The pipeline; with the connection it names the outbox.';
comment on column ops.audit.audit_id is 'Number of the row, in order of writing.';
comment on column ops.audit.decision_id is 'The same for all documents of one call.';
comment on column ops.audit.decided_at is 'When.';
comment on column ops.audit.decided_by is 'Who, as the caller says; the account where it does not. "pandian, for NAME" where a hold passed on to a newer revision.';
comment on column ops.audit.account is 'The database account (session_user) that it was done with.';
comment on column ops.audit.verb is 'retry, hold, release or discard.';
comment on column ops.audit.document_id is 'The document.';
comment on column ops.audit.business_key is 'What the document is about.';
comment on column ops.audit.verdict is 'done; busy (a worker was sending it, so it was left alone and the answer decides).';
comment on column ops.audit.old_state is 'Its state before, as in outbox.delivery.';
comment on column ops.audit.new_state is 'Its state after.';
comment on column ops.audit.reason is 'Why, in the person''s words.';
comment on column ops.audit.document_count is 'How many documents the same call changed.';
create index audit_document_idx on ops.audit (connection_code, pipeline_code, document_id);

-- +goose StatementBegin
create function ops.refuse_change()
returns trigger
language plpgsql
as $$
begin
    raise exception '%.% is append-only: what was decided stays on record', tg_table_schema, tg_table_name
        using errcode = 'insufficient_privilege';
end
$$;
-- +goose StatementEnd
comment on function ops.refuse_change() is 'Trigger that refuses to change or delete a row, whoever asks.';
create trigger audit_is_append_only
before update or delete or truncate on ops.audit
for each statement execute function ops.refuse_change();

alter table outbox.retry
add column forgiven_count integer not null default 0,
add column is_doubtful boolean not null default false,
add column held_state text,
add constraint retry_forgiven_count_is_part_of_attempts_check check (forgiven_count between 0 and attempt),
add constraint retry_held_state_is_known_check check (
    held_state in ('pending', 'left', 'waiting', 'in_doubt', 'rejected', 'abandoned', 'lost')
);
comment on column outbox.retry.attempt is 'Attempts so far, forgiven ones too: it never goes back, because outbox.result counts by it.';
comment on column outbox.retry.forgiven_count is 'How many of the attempts a person''s retry forgave: they do not count towards the most that are made.';
comment on column outbox.retry.is_doubtful is 'True when nobody knows whether the target has it: it is looked up there before it is sent again. It outlives abandoned, held and discarded.';
comment on column outbox.retry.held_state is 'The state that a held document goes back to; null for one that was held by hand.';
-- Which of these ran out of attempts in doubt was not kept, so all of them are looked up first.
update outbox.retry set is_doubtful = true where state in ('in_doubt', 'abandoned');

create table outbox.exchange (
    connection_code text collate "C" not null,
    pipeline_code text collate "C" not null,
    document_id bigint not null,
    attempt integer not null,
    request text not null,
    response text not null,
    exchanged_at timestamptz not null default clock_timestamp(),
    constraint exchange_pkey primary key (connection_code, pipeline_code, document_id)
) with (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02);
comment on table outbox.exchange is 'One row is what was last said between pandian and the target about a document in trouble. It goes when the document is sent or superseded, never by age.';
comment on column outbox.exchange.connection_code is 'The source''s connection.';
comment on column outbox.exchange.pipeline_code is 'The pipeline.';
comment on column outbox.exchange.document_id is 'The document.';
comment on column outbox.exchange.attempt is 'The attempt, as in outbox.result.';
comment on column outbox.exchange.request is 'What was sent: method, path and body without secrets and personal data, cut after 4,000 characters. A batch is shown whole.';
comment on column outbox.exchange.response is 'What came back: status and body without secrets and personal data, cut after 4,000 characters; or why nothing did.';
comment on column outbox.exchange.exchanged_at is 'When.';

-- +goose StatementBegin
create function outbox.passed_over(
    outbox_connection_code text,
    outbox_pipeline_code text,
    from_document_id bigint,
    to_document_id bigint
)
returns bigint[]
language plpgsql
volatile
as $$
begin
    return array(
        select retry.document_id
        from outbox.retry
        where
            retry.connection_code = outbox_connection_code
            and retry.pipeline_code = outbox_pipeline_code
            and retry.document_id >= from_document_id
            and retry.document_id <= to_document_id
        union all
        select result.document_id
        from outbox.result
        where
            result.connection_code = outbox_connection_code
            and result.pipeline_code = outbox_pipeline_code
            and result.document_id >= from_document_id
            and result.document_id <= to_document_id
    );
end
$$;
-- +goose StatementEnd
comment on function outbox.passed_over(text, text, bigint, bigint) is 'The documents of a range that a claim must leave alone: those in outbox.retry, and those that were sent from there already. Volatile, so that it sees what was committed while the claim waited for the cursor.';

-- +goose StatementBegin
do $$
begin
    if to_regrole('pandian_operator') is null then
        create role pandian_operator nologin;
    end if;
    -- Since PostgreSQL 16 whoever makes a role may grant it, but not yet act as it.
    grant pandian_operator to current_user;
exception
    -- Another database of the same server may be migrated at this moment.
    when insufficient_privilege or duplicate_object or unique_violation or internal_error then
        raise notice 'role pandian_operator was not made: %', sqlerrm;
end
$$;
-- +goose StatementEnd

-- +goose Down
-- The role stays: other databases of the server may use it.
drop function outbox.passed_over(text, text, bigint, bigint);
drop table outbox.exchange;
alter table outbox.retry
drop column forgiven_count,
drop column is_doubtful,
drop column held_state;
comment on column outbox.retry.attempt is 'Attempts so far.';
drop table ops.audit;
drop function ops.refuse_change();
