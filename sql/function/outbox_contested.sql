-- A mapping and a load may want the same document at the same moment: the one to make a newer revision of it or to
-- withdraw it, the other to send it. Either the load comes first, and the mapping is too late, or the mapping does, and
-- the load leaves the document alone.
--
-- reads:  outbox.cursor, outbox.claim, outbox.retry, outbox.result
-- writes: outbox.retry
-- rerun:  safe
--
-- Order of locks, for everybody: outbox.lock_writers, cursor, claims, documents in trouble by number.
--
--     mapping     lock_writers, cursor; claims and documents in trouble only where nobody holds them (skip locked)
--     operator    lock_writers, cursor, claims, documents in trouble (ops.decide)
--     claim       cursor; it holds nothing else while it waits for it
--     take-over   claims or documents in trouble, only where nobody holds them (skip locked)
--     completion  its own claim, then its own documents in trouble; never the cursor
--
-- So a mapping waits for a claim or an operator, never for a take-over or a completion, and nobody waits in a circle.
-- A claim that waited goes on with the snapshot with which it began: it does not see the newer revision in outbox.head.
-- It sees what stands in outbox.retry (outbox.passed_over), which is why take_proposals puts the older revision there.

create or replace function outbox.lock_unsent(outbox_connection_code text, outbox_pipeline_code text, document_ids bigint[])
returns bigint[]
language plpgsql
volatile
security definer
set search_path = pg_catalog
as $$
declare
    first_unclaimed constant bigint := (
        with position as materialized (
            select progress.next_document_id
            from outbox.cursor as progress
            where
                progress.connection_code = outbox_connection_code
                and progress.pipeline_code = outbox_pipeline_code
            for update
        )

        select position.next_document_id
        from position
    );
    -- What was given back unsent.
    given_back constant int8multirange := (
        with locked as materialized (
            select
                claim.first_document_id,
                claim.last_document_id
            from outbox.claim
            where
                claim.connection_code = outbox_connection_code
                and claim.pipeline_code = outbox_pipeline_code
                and claim.attempt = 0
            for update skip locked
        )

        select coalesce(range_agg(int8range(locked.first_document_id, locked.last_document_id, '[]')), '{}')
        from locked
    );
    in_trouble constant bigint[] := array(
        select retry.document_id
        from outbox.retry
        where
            retry.connection_code = outbox_connection_code
            and retry.pipeline_code = outbox_pipeline_code
            and retry.document_id = any (lock_unsent.document_ids)
            and retry.token is null
            and retry.state <> 'in_doubt'
            and not retry.is_doubtful
        for update skip locked
    );
begin
    -- In a statement of its own, so that it sees what was committed before the locks were there.
    return array(
        select unnest(in_trouble)
        union all
        select asked.document_id
        from unnest(lock_unsent.document_ids) as asked (document_id)
        where
            (asked.document_id >= first_unclaimed or asked.document_id <@ given_back)
            and not exists (
                select from outbox.retry
                where
                    retry.connection_code = outbox_connection_code
                    and retry.pipeline_code = outbox_pipeline_code
                    and retry.document_id = asked.document_id
            )
            and not exists (
                select from outbox.result
                where
                    result.connection_code = outbox_connection_code
                    and result.pipeline_code = outbox_pipeline_code
                    and result.document_id = asked.document_id
            )
    );
end
$$;
comment on function outbox.lock_unsent(text, text, bigint[]) is 'Those of the documents that the target certainly does not have and that no load can take before this transaction ends. Of the others somebody has hold of, or had. To be called as late as may be: every claim of the outbox waits until the transaction ends.';

create or replace function outbox.settle_contested(outbox_connection_code text, outbox_pipeline_code text)
returns void
language plpgsql
as $$
declare
    contested constant bigint[] := array(select judged.old_document_id from judged where judged.is_contested);
    unsent bigint[];
begin
    if cardinality(contested) = 0 then
        return;
    end if;
    unsent := outbox.lock_unsent(outbox_connection_code, outbox_pipeline_code, contested);

    update judged
    set decision = 'late'
    where
        judged.is_contested
        and not exists (
            select from unnest(unsent) as ours (document_id)
            where ours.document_id = judged.old_document_id
        );

    -- Where a claim that waits for the cursor sees it. The load closes it as superseded.
    insert into outbox.retry (
        connection_code,
        pipeline_code,
        document_id,
        state,
        attempt,
        run_at,
        message
    )
    select
        outbox_connection_code,
        outbox_pipeline_code,
        judged.old_document_id,
        'waiting',
        0,
        clock_timestamp(),
        'a newer revision was made before this one was sent'
    from judged
    where
        judged.is_contested
        and judged.decision = 'made'
    order by judged.old_document_id
    on conflict on constraint retry_pkey do nothing;
end
$$;
comment on function outbox.settle_contested(text, text) is 'Part of taking proposals: keeps loads away from the documents that are to be revised or withdrawn until the transaction ends; those that a load was quicker to take are late.';
