-- The operator's hands: try documents again, hold them, release them, discard them. They run with the rights of the
-- schema's owner, for the accounts that may call them (pandian_operator, pandian_load).
--
-- reads:  ops.pipeline, outbox.cursor, outbox.claim, outbox.document, outbox.result
-- writes: outbox.retry, ops.audit
-- rerun:  safe; a decision that is taken already changes nothing
--
--     select * from ops.retry('wdt-stockouts-to-tplus', 'shop SHOP08 is mapped now', states => '{rejected}');
--     select * from ops.hold('wdt-stockouts-to-tplus', 'wait for the supplier', keys => '{10001}');
--
-- What each verb does to each state is in function/ops_judge.sql. Filters are and-ed; at least one is needed, and a
-- reason. There is no limit to how many documents one call decides on. A document that a worker is sending is left
-- alone and counted as busy: the answer decides.

create or replace function ops.decide(
    verb text,
    pipeline text,
    reason text,
    states text[],
    keys text[],
    ids bigint[],
    older_than interval,
    message_like text,
    connection text,
    not_at_target boolean,
    by_whom text
)
returns table (done bigint, busy bigint, refused bigint, unchanged bigint)
language plpgsql
security definer
set search_path = pg_catalog
as $$
declare
    decision constant bigint := nextval(pg_get_serial_sequence('ops.audit', 'audit_id'));
    -- 'pandian' is what the mappings call themselves when they withdraw a document
    decider constant text := case when by_whom ~ '^pandian(,|$)' then 'account ' || by_whom else by_whom end;
begin
    if coalesce(btrim(reason), '') = '' then
        raise exception 'a reason is needed: it is what the next person reads'
            using errcode = 'invalid_parameter_value';
    end if;
    if num_nonnulls(states, keys, ids, older_than, message_like) = 0 then
        raise exception 'name the documents: states, keys, ids, older_than or message_like'
            using errcode = 'invalid_parameter_value';
    end if;
    if not exists (select from ops.pipeline where pipeline.pipeline_code = decide.pipeline)
        and not exists (select from outbox.cursor where cursor.pipeline_code = decide.pipeline)
    then
        raise exception 'there is no pipeline %', pipeline
            using errcode = 'invalid_parameter_value';
    end if;

    -- Nobody writes, claims or takes over meanwhile. The order is that of everybody else: cursor, claims, retry.
    perform outbox.lock_writers(progress.pipeline_code, progress.connection_code)
    from outbox.cursor as progress
    where
        progress.pipeline_code = decide.pipeline
        and (decide.connection is null or progress.connection_code = decide.connection)
    order by progress.connection_code;
    perform
    from outbox.cursor as progress
    where
        progress.pipeline_code = decide.pipeline
        and (decide.connection is null or progress.connection_code = decide.connection)
    order by progress.connection_code
    for update;
    perform
    from outbox.claim
    where
        claim.pipeline_code = decide.pipeline
        and (decide.connection is null or claim.connection_code = decide.connection)
        and claim.lease_until <= clock_timestamp()
    order by
        claim.connection_code,
        claim.first_document_id
    for update;

    -- In the order in which workers lock them.
    perform
    from outbox.retry
    where
        retry.pipeline_code = decide.pipeline
        and (decide.connection is null or retry.connection_code = decide.connection)
        and (decide.states is null or retry.state = any (decide.states))
        and (decide.ids is null or retry.document_id = any (decide.ids))
        and (decide.message_like is null or retry.message like decide.message_like)
        and (retry.lease_until is null or retry.lease_until <= clock_timestamp())
        and exists (
            select from outbox.document
            where
                document.connection_code = retry.connection_code
                and document.pipeline_code = retry.pipeline_code
                and document.document_id = retry.document_id
                and (decide.keys is null or document.business_key = any (decide.keys))
                and (decide.older_than is null or document.created_at < clock_timestamp() - decide.older_than)
        )
    order by
        retry.connection_code,
        retry.document_id
    for update;

    return query
    with judged as materialized (
        select
            found.connection_code,
            found.document_id,
            found.business_key,
            found.old_state,
            found.verdict,
            found.new_state,
            found.attempt_count,
            found.is_doubtful,
            found.old_state in ('pending', 'left', 'lost') as is_new_trouble
        from ops.judge(verb, pipeline, states, keys, ids, older_than, message_like, connection, not_at_target) as found
    ),

    parked as (
        -- Nobody else can put them there: the cursor and what it left behind are locked.
        insert into outbox.retry (
            connection_code,
            pipeline_code,
            document_id,
            state,
            attempt,
            run_at,
            message,
            decided_by,
            held_state,
            is_doubtful
        )
        select
            judged.connection_code,
            decide.pipeline,
            judged.document_id,
            judged.new_state,
            judged.attempt_count,
            clock_timestamp(),
            decide.reason,
            case when decide.verb in ('hold', 'discard') then decider end,
            case when decide.verb = 'hold' then judged.old_state end,
            judged.is_doubtful
        from judged
        where
            judged.verdict = 'done'
            and judged.is_new_trouble
        on conflict on constraint retry_pkey do nothing
        returning
            retry.connection_code,
            retry.document_id
    ),

    moved as (
        update outbox.retry
        set
            state = judged.new_state,
            forgiven_count = case when decide.verb = 'retry' then retry.attempt else retry.forgiven_count end,
            run_at = clock_timestamp(),
            message = case
                when decide.verb in ('hold', 'discard') then decide.reason
                when decide.verb = 'retry' then 'to be tried again: ' || decide.reason
                else coalesce(
                    (
                        select result.message
                        from outbox.result
                        where
                            result.connection_code = judged.connection_code
                            and result.pipeline_code = decide.pipeline
                            and result.document_id = judged.document_id
                        order by result.attempt desc
                        limit 1
                    ),
                    'released: ' || decide.reason
                )
            end,
            decided_by = case when decide.verb in ('hold', 'discard') then decider end,
            held_state = case when decide.verb = 'hold' then judged.old_state end,
            is_doubtful = judged.is_doubtful,
            token = null,
            lease_until = null
        from judged
        where
            retry.connection_code = judged.connection_code
            and retry.pipeline_code = decide.pipeline
            and retry.document_id = judged.document_id
            and retry.state = judged.old_state
            and (retry.lease_until is null or retry.lease_until <= clock_timestamp())
            and judged.verdict = 'done'
            and judged.new_state <> 'pending'
        returning
            retry.connection_code,
            retry.document_id
    ),

    dropped as (
        delete from outbox.retry
        using judged
        where
            retry.connection_code = judged.connection_code
            and retry.pipeline_code = decide.pipeline
            and retry.document_id = judged.document_id
            and retry.state = judged.old_state
            and judged.verdict = 'done'
            and judged.new_state = 'pending'
        returning
            retry.connection_code,
            retry.document_id
    ),

    settled as (
        -- What a worker took while it was judged is busy after all.
        select
            judged.connection_code,
            judged.document_id,
            judged.business_key,
            judged.old_state,
            case
                when judged.verdict <> 'done' or changed.document_id is not null then judged.verdict
                else 'busy'
            end as verdict,
            case when changed.document_id is null then judged.old_state else judged.new_state end as new_state
        from judged
        left join (
            select
                parked.connection_code,
                parked.document_id
            from parked
            union all
            select
                moved.connection_code,
                moved.document_id
            from moved
            union all
            select
                dropped.connection_code,
                dropped.document_id
            from dropped
        ) as changed
            on changed.connection_code = judged.connection_code
            and changed.document_id = judged.document_id
    ),

    counted as (
        select
            count(*) filter (where settled.verdict = 'done') as done,
            count(*) filter (where settled.verdict = 'busy') as busy,
            count(*) filter (where settled.verdict = 'refused') as refused,
            count(*) filter (where settled.verdict = 'unchanged') as unchanged
        from settled
    ),

    noted as (
        insert into ops.audit (
            connection_code,
            pipeline_code,
            decision_id,
            decided_by,
            verb,
            document_id,
            business_key,
            verdict,
            old_state,
            new_state,
            reason,
            document_count
        )
        select
            settled.connection_code,
            decide.pipeline,
            decision,
            decider,
            decide.verb,
            settled.document_id,
            settled.business_key,
            settled.verdict,
            settled.old_state,
            settled.new_state,
            decide.reason,
            counted.done
        from settled
        cross join counted
        where settled.verdict in ('done', 'busy')
    )

    select
        counted.done,
        counted.busy,
        counted.refused,
        counted.unchanged
    from counted;
end
$$;
comment on function ops.decide(text, text, text, text[], text[], bigint[], interval, text, text, boolean, text) is 'Does what ops.judge says, for ops.retry, ops.hold, ops.release and ops.discard, and writes ops.audit.';

create or replace function ops.retry(
    pipeline text,
    reason text,
    states text[] default null,
    keys text[] default null,
    ids bigint[] default null,
    older_than interval default null,
    message_like text default null,
    connection text default null,
    not_at_target boolean default false,
    by_whom text default session_user
)
returns table (done bigint, busy bigint, refused bigint, unchanged bigint)
language sql
volatile
security definer
set search_path = pg_catalog
as $$
    select
        decided.done,
        decided.busy,
        decided.refused,
        decided.unchanged
    from ops.decide(
        'retry', pipeline, reason, states, keys, ids, older_than, message_like, connection, not_at_target, by_whom
    ) as decided;
$$;
comment on function ops.retry(text, text, text[], text[], bigint[], interval, text, text, boolean, text) is 'Tries documents again at once, with all their attempts before them, whatever they used up: waiting, in doubt, rejected, abandoned, and what a person discarded. What may be at the target is looked up there first; not_at_target says that a person looked and did not find it.';

create or replace function ops.hold(
    pipeline text,
    reason text,
    states text[] default null,
    keys text[] default null,
    ids bigint[] default null,
    older_than interval default null,
    message_like text default null,
    connection text default null,
    by_whom text default session_user
)
returns table (done bigint, busy bigint, refused bigint, unchanged bigint)
language sql
volatile
security definer
set search_path = pg_catalog
as $$
    select
        decided.done,
        decided.busy,
        decided.refused,
        decided.unchanged
    from ops.decide(
        'hold', pipeline, reason, states, keys, ids, older_than, message_like, connection, false, by_whom
    ) as decided;
$$;
comment on function ops.hold(text, text, text[], text[], bigint[], interval, text, text, text) is 'Stops documents until ops.release. A newer revision of the same business key is held, too.';

create or replace function ops.release(
    pipeline text,
    reason text,
    states text[] default null,
    keys text[] default null,
    ids bigint[] default null,
    older_than interval default null,
    message_like text default null,
    connection text default null,
    by_whom text default session_user
)
returns table (done bigint, busy bigint, refused bigint, unchanged bigint)
language sql
volatile
security definer
set search_path = pg_catalog
as $$
    select
        decided.done,
        decided.busy,
        decided.refused,
        decided.unchanged
    from ops.decide(
        'release', pipeline, reason, states, keys, ids, older_than, message_like, connection, false, by_whom
    ) as decided;
$$;
comment on function ops.release(text, text, text[], text[], bigint[], interval, text, text, text) is 'Lets held documents go on from where they were held.';

create or replace function ops.discard(
    pipeline text,
    reason text,
    states text[] default null,
    keys text[] default null,
    ids bigint[] default null,
    older_than interval default null,
    message_like text default null,
    connection text default null,
    by_whom text default session_user
)
returns table (done bigint, busy bigint, refused bigint, unchanged bigint)
language sql
volatile
security definer
set search_path = pg_catalog
as $$
    select
        decided.done,
        decided.busy,
        decided.refused,
        decided.unchanged
    from ops.decide(
        'discard', pipeline, reason, states, keys, ids, older_than, message_like, connection, false, by_whom
    ) as decided;
$$;
comment on function ops.discard(text, text, text[], text[], bigint[], interval, text, text, text) is 'Gives documents up. A newer revision of the same business key is sent all the same.';

-- To nobody but those whom ops.grant_roles() names.
revoke all on function
    ops.decide(text, text, text, text[], text[], bigint[], interval, text, text, boolean, text),
    ops.retry(text, text, text[], text[], bigint[], interval, text, text, boolean, text),
    ops.hold(text, text, text[], text[], bigint[], interval, text, text, text),
    ops.release(text, text, text[], text[], bigint[], interval, text, text, text),
    ops.discard(text, text, text[], text[], bigint[], interval, text, text, text)
from public;
