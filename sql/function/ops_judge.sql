-- What an operator's verb would do to documents: the table of states and verbs, and what else stands against it.
--
-- reads:  report.open_document, outbox.retry, outbox.delivery, outbox.cursor, outbox.head
-- writes: nothing
-- rerun:  safe
--
--     select * from ops.judge('discard', 'wdt-stockouts-to-tplus', older_than => '30 days');
--
-- ops.retry, ops.hold, ops.release and ops.discard do what is said here; pandian outbox --dry-run shows it.

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
            false as is_archived,
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
            delivery.decided_by,
            delivery.is_archived,
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
            from outbox.cursor as progress
            cross join unnest(judge.keys) as named (business_key)
            cross join lateral (
                select
                    newest.connection_code,
                    newest.document_id
                from outbox.head as newest
                where
                    newest.connection_code = progress.connection_code
                    and newest.pipeline_code = judge.pipeline
                    and newest.business_key = named.business_key
                limit 1  -- by the key of the table, which begins with the connection
            ) as head
            where
                progress.pipeline_code = judge.pipeline
                and judge.ids is null
        ) as named
        cross join lateral (
            select
                found.connection_code,
                found.document_id,
                found.business_key,
                found.revision,
                found.state,
                found.attempt_count,
                found.decided_by,
                found.created_at,
                found.is_archived
            from outbox.delivery as found
            where
                found.connection_code = named.connection_code
                and found.pipeline_code = judge.pipeline
                and found.document_id = named.document_id
            limit 1  -- one look-up per document: the view is not joined otherwise than whole
        ) as delivery
        where
            (delivery.state in ('sent', 'superseded', 'lost') or delivery.is_archived)
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
                when judge.verb = 'retry' and asked.state = 'discarded' and (asked.decided_by = 'pandian' or asked.decided_by like 'pandian, after %')
                    then 'its source withdrew it; it goes on by itself when it is due again'
                when asked.is_archived then 'enter it at the target by hand'
            end as why,
            asked.is_archived,
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
        case when ruled.is_archived then 'it is archived, older than retention.outbox; ' else '' end || ruled.why,
        ruled.attempt_count,
        ruled.is_doubtful and not judge.not_at_target
    from ruled
    order by
        ruled.connection_code,
        ruled.document_id;
end
$$;
comment on function ops.judge(text, text, text[], text[], bigint[], interval, text, text, boolean) is 'What a verb (retry, hold, release, discard) would do to the documents that the filters name: done, busy, refused or unchanged, and why. It changes nothing. Documents that are sent or superseded are listed only where a key or a number names them.';

-- To nobody but those whom ops.grant_roles() names.
revoke all on function ops.judge(text, text, text[], text[], bigint[], interval, text, text, boolean)
from public;
