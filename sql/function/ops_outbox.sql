-- The operator's hands: try documents again, hold them, release them, discard them. They run with the rights of the
-- schema's owner, for the accounts that may call them (pandian_operator, pandian_load).
--
-- reads:  ops.pipeline, report.open_document, outbox.delivery, outbox.cursor, outbox.claim, outbox.document, outbox.head, outbox.result
-- writes: outbox.retry, ops.audit
-- rerun:  safe; a decision that is taken already changes nothing
--
--     select * from ops.retry('wdt-stockouts-to-tplus', 'shop SHOP08 is mapped now', states => '{rejected}');
--     select * from ops.hold('wdt-stockouts-to-tplus', 'wait for the supplier', keys => '{10001}');
--     select * from ops.judge('discard', 'wdt-stockouts-to-tplus', older_than => '30 days');   what would be done
--
-- Filters are and-ed; at least one is needed, and a reason. There is no limit to how many documents one call decides on.
-- A document that a worker is sending is left alone and counted as busy: the answer decides.

create or replace function ops.judge(
    verb text,
    pipeline text,
    states text[] default null,
    keys text[] default null,
    ids bigint[] default null,
    older_than interval default null,
    message_like text default null,
    connection text default null,
    not_at_target boolean default false
)
returns table (
    connection_code text,
    document_id bigint,
    business_key text,
    revision integer,
    old_state text,
    verdict text,
    new_state text,
    why text,
    attempt_count integer,
    is_doubtful boolean
)
language plpgsql
stable
security definer
set search_path = pg_catalog
as $$
#variable_conflict use_column
begin
    return query
    with rule (verb, old_state, verdict, new_state, why) as (
        values
            ('retry', 'pending', 'unchanged', 'pending', 'the next load sends it'),
            ('retry', 'sending', 'busy', 'sending', 'it is being sent: the answer decides'),
            ('retry', 'left', 'unchanged', 'left', 'the next load takes it over and looks it up first'),
            ('retry', 'waiting', 'done', 'waiting', null),
            ('retry', 'in_doubt', 'done', 'waiting', null),
            ('retry', 'rejected', 'done', 'waiting', null),
            ('retry', 'abandoned', 'done', 'waiting', null),
            ('retry', 'held', 'refused', 'held', 'it is held: release it'),
            ('retry', 'discarded', 'done', 'waiting', null),
            ('retry', 'lost', 'done', 'waiting', null),
            ('retry', 'sent', 'refused', 'sent', 'it is at the target: sending it again would make it twice'),
            ('retry', 'superseded', 'refused', 'superseded', 'a newer revision exists: decide on that one'),

            ('hold', 'pending', 'done', 'held', null),
            ('hold', 'sending', 'busy', 'sending', 'it is being sent: the answer decides'),
            ('hold', 'left', 'done', 'held', null),
            ('hold', 'waiting', 'done', 'held', null),
            ('hold', 'in_doubt', 'done', 'held', null),
            ('hold', 'rejected', 'done', 'held', null),
            ('hold', 'abandoned', 'done', 'held', null),
            ('hold', 'held', 'unchanged', 'held', 'it is held already'),
            ('hold', 'discarded', 'refused', 'discarded', 'it is discarded'),
            ('hold', 'lost', 'done', 'held', null),
            ('hold', 'sent', 'refused', 'sent', 'it is at the target'),
            ('hold', 'superseded', 'refused', 'superseded', 'a newer revision exists: decide on that one'),

            ('release', 'held', 'done', 'waiting', null),

            ('discard', 'pending', 'done', 'discarded', null),
            ('discard', 'sending', 'busy', 'sending', 'it is being sent: the answer decides'),
            ('discard', 'left', 'done', 'discarded', null),
            ('discard', 'waiting', 'done', 'discarded', null),
            ('discard', 'in_doubt', 'done', 'discarded', null),
            ('discard', 'rejected', 'done', 'discarded', null),
            ('discard', 'abandoned', 'done', 'discarded', null),
            ('discard', 'held', 'done', 'discarded', null),
            ('discard', 'discarded', 'unchanged', 'discarded', 'it is discarded already'),
            ('discard', 'lost', 'done', 'discarded', null),
            ('discard', 'sent', 'refused', 'sent', 'it is at the target: undo it there'),
            ('discard', 'superseded', 'refused', 'superseded', 'it will not be sent any more')
    ),

    asked as (
        select
            open_document.connection_code,
            open_document.document_id,
            open_document.business_key,
            open_document.revision,
            open_document.state,
            open_document.attempt_count,
            open_document.is_doubtful or open_document.state in ('left', 'lost') as is_doubtful,
            open_document.is_overtaken,
            retry.held_state,
            retry.decided_by,
            retry.document_id is not null
            and open_document.attempt_count = 0
            and not open_document.is_doubtful
            and open_document.document_id >= progress.next_document_id as is_ahead
        from report.open_document
        inner join outbox.cursor as progress
            on progress.connection_code = open_document.connection_code
            and progress.pipeline_code = open_document.pipeline_code
        left join lateral (
            select
                parked.document_id,
                parked.held_state,
                parked.decided_by,
                parked.message
            from outbox.retry as parked
            where
                parked.connection_code = open_document.connection_code
                and parked.pipeline_code = open_document.pipeline_code
                and parked.document_id = open_document.document_id
            limit 1
        ) as retry on true
        where
            open_document.pipeline_code = judge.pipeline
            and (judge.connection is null or open_document.connection_code = judge.connection)
            and (judge.states is null or open_document.state = any (judge.states))
            and (judge.keys is null or open_document.business_key = any (judge.keys))
            and (judge.ids is null or open_document.document_id = any (judge.ids))
            and (judge.older_than is null or open_document.created_at < clock_timestamp() - judge.older_than)
            and (judge.message_like is null or retry.message like judge.message_like)
        union all
        -- what is done, and what is lost, is looked at only when it is named
        select
            delivery.connection_code,
            delivery.document_id,
            delivery.business_key,
            delivery.revision,
            delivery.state,
            delivery.attempt_count,
            delivery.state = 'lost',
            false,
            null,
            null,
            false
        from (
            select
                progress.connection_code,
                named.document_id
            from outbox.cursor as progress
            cross join unnest(judge.ids) as named (document_id)
            where progress.pipeline_code = judge.pipeline
            union
            select
                head.connection_code,
                head.document_id
            from outbox.head
            where
                head.pipeline_code = judge.pipeline
                and head.business_key = any (judge.keys)
                and judge.ids is null
        ) as named
        inner join outbox.delivery
            on delivery.connection_code = named.connection_code
            and delivery.pipeline_code = judge.pipeline
            and delivery.document_id = named.document_id
        where
            delivery.state in ('sent', 'superseded', 'lost')
            and judge.message_like is null
            and (judge.connection is null or delivery.connection_code = judge.connection)
            and (judge.states is null or delivery.state = any (judge.states))
            and (judge.keys is null or delivery.business_key = any (judge.keys))
            and (judge.older_than is null or delivery.created_at < clock_timestamp() - judge.older_than)
    ),

    ruled as (
        select
            asked.connection_code,
            asked.document_id,
            asked.business_key,
            asked.revision,
            asked.state,
            asked.attempt_count,
            asked.is_doubtful,
            asked.is_ahead,
            asked.held_state,
            case
                when rule.verdict is null then 'it is not held'
                when rule.verdict <> 'done' then rule.why
                when asked.is_overtaken and judge.verb in ('retry', 'hold')
                    then 'a newer revision exists: decide on that one'
                when judge.verb = 'retry' and asked.state = 'discarded' and asked.decided_by like 'pandian%'
                    then 'its source withdrew it; it goes on by itself when it is due again'
            end as why,
            rule.verdict,
            rule.new_state
        from asked
        left join rule
            on rule.verb = judge.verb
            and rule.old_state = asked.state
    )

    select
        ruled.connection_code,
        ruled.document_id,
        ruled.business_key,
        ruled.revision,
        ruled.state,
        case
            when ruled.why is null then 'done'
            else coalesce(nullif(ruled.verdict, 'done'), 'refused')
        end,
        case
            when ruled.why is not null then ruled.state
            when judge.verb not in ('retry', 'release') then ruled.new_state
            when judge.verb = 'release' and ruled.held_state in ('rejected', 'abandoned') then ruled.held_state
            -- the cursor has not passed it yet: it is sent when its turn comes
            when ruled.is_ahead then 'pending'
            when ruled.is_doubtful and not judge.not_at_target then 'in_doubt'
            else 'waiting'
        end,
        ruled.why,
        ruled.attempt_count,
        ruled.is_doubtful and not judge.not_at_target
    from ruled
    order by
        ruled.connection_code,
        ruled.document_id;
end
$$;
comment on function ops.judge(text, text, text[], text[], bigint[], interval, text, text, boolean) is 'What a verb (retry, hold, release, discard) would do to the documents that the filters name: done, busy, refused or unchanged, and why. It changes nothing. Documents that are sent or superseded are listed only where a key or a number names them.';

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
            case when decide.verb in ('hold', 'discard') then decide.by_whom end,
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
            decided_by = case when decide.verb in ('hold', 'discard') then decide.by_whom end,
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
            decide.by_whom,
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
    ops.judge(text, text, text[], text[], bigint[], interval, text, text, boolean),
    ops.decide(text, text, text, text[], text[], bigint[], interval, text, text, boolean, text),
    ops.retry(text, text, text[], text[], bigint[], interval, text, text, boolean, text),
    ops.hold(text, text, text[], text[], bigint[], interval, text, text, text),
    ops.release(text, text, text[], text[], bigint[], interval, text, text, text),
    ops.discard(text, text, text[], text[], bigint[], interval, text, text, text)
from public;
