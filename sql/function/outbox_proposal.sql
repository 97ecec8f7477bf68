-- How a mapping hands its documents to the outbox: it proposes, and what is new, changed, held back or too late is
-- found here, in one way for every pipeline.
--
-- reads:  ops.run, outbox.delivery, ref.payload_field
-- writes: outbox.document, outbox.head, outbox.held_back, outbox.late_change, outbox.retry
-- rerun:  safe
--
--     select outbox.open_proposals();        the temporary table proposal, for this transaction
--     insert into proposal (...) select ...; one row per business key that was looked at
--     select outbox.take_proposals(false);   true where the target takes a changed document, too
--
-- A proposal says one of three things: payload is what to send; held_because, that it cannot be sent yet;
-- withdrawn_because, that it is not to be sent (any more). A document that was delivered is never made again: where
-- the target takes no changes, the change is listed in outbox.late_change.
-- What a load might send at this moment is settled last, under locks that keep loads out until the end of the
-- transaction (function/outbox_contested.sql); everything else is written before.
-- What stands there already is left alone before the insert: "on conflict ... where" would lock the row all the same.

create or replace function outbox.open_proposals()
returns void
language plpgsql
as $$
begin
    perform outbox.lock_writers(run.pipeline_code, ops.param('source_connection'))
    from ops.run
    where run.run_id = ops.run_id();
    if to_regclass('pg_temp.proposal') is null then
        create temporary table proposal (
            business_key text collate "C" primary key,
            payload text,
            held_because text,
            withdrawn_because text,
            constraint proposal_says_one_thing_check check (
                num_nonnulls(payload, held_because, withdrawn_because) = 1
            )
        ) on commit drop;
    end if;
    delete from proposal;
end
$$;
comment on function outbox.open_proposals() is 'Makes, or empties, the temporary table proposal, and makes this transaction the only writer of the run''s outbox.';

create or replace function outbox.keys_to_look_at()
returns setof text
language sql
stable
begin atomic
    select held_back.business_key
    from ops.run
    inner join outbox.held_back
        on held_back.pipeline_code = run.pipeline_code
        and held_back.connection_code = ops.param('source_connection')
    where run.run_id = ops.run_id()
    union
    select refused.business_key
    from ops.run
    inner join outbox.retry
        on retry.pipeline_code = run.pipeline_code
        and retry.connection_code = ops.param('source_connection')
        and retry.state in ('waiting', 'rejected', 'abandoned')
    cross join lateral (
        select document.business_key
        from outbox.document
        where
            document.connection_code = retry.connection_code
            and document.pipeline_code = retry.pipeline_code
            and document.document_id = retry.document_id
        limit 1  -- one look-up per document: a join would read the log when the planner thinks little of it
    ) as refused
    where run.run_id = ops.run_id();
end;
comment on function outbox.keys_to_look_at() is 'Business keys that a mapping looks at again although their source did not change: what was held back, and what the target refused. A map or a parameter may have been mended since.';

create or replace function outbox.write_made(outbox_connection_code text, outbox_pipeline_code text, contested boolean)
returns void
language plpgsql
as $$
begin
    with revised as materialized (
        select
            nextval('outbox.document_id_seq') as document_id,
            judged.business_key,
            coalesce(judged.old_revision, 0) + 1 as revision,
            judged.payload,
            hashtextextended(judged.payload, 0) as payload_hash
        from judged
        where
            judged.decision = 'made'
            and judged.is_contested = contested
        order by judged.business_key
    ),

    logged as (
        insert into outbox.document (
            connection_code,
            pipeline_code,
            document_id,
            business_key,
            revision,
            payload,
            payload_hash,
            run_id
        )
        select
            outbox_connection_code,
            outbox_pipeline_code,
            revised.document_id,
            revised.business_key,
            revised.revision,
            revised.payload,
            revised.payload_hash,
            ops.run_id()
        from revised
    )

    insert into outbox.head (
        connection_code,
        pipeline_code,
        business_key,
        document_id,
        revision,
        payload_hash
    )
    select
        outbox_connection_code,
        outbox_pipeline_code,
        revised.business_key,
        revised.document_id,
        revised.revision,
        revised.payload_hash
    from revised
    on conflict on constraint head_pkey do update
    set
        document_id = excluded.document_id,
        revision = excluded.revision,
        payload_hash = excluded.payload_hash;
end
$$;
comment on function outbox.write_made(text, text, boolean) is 'Part of outbox.take_proposals: writes the documents that were judged to be made, the contested ones or the others.';

create or replace function outbox.take_proposals(takes_changes boolean)
returns void
language plpgsql
as $$
declare
    this_pipeline constant text := (select run.pipeline_code from ops.run where run.run_id = ops.run_id());
    this_connection constant text := ops.param('source_connection');
begin
    analyze proposal;
    create temporary table judged on commit drop as
    select
        proposal.business_key,
        proposal.payload,
        proposal.held_because,
        proposal.withdrawn_because,
        head.document_id as old_document_id,
        head.revision as old_revision,
        delivery.state as old_state,
        case
            when proposal.held_because is not null and head.document_id is null then 'held'
            when head.document_id is null and proposal.withdrawn_because is not null then 'not_due'
            when head.document_id is null then 'made'
            -- withdrawn, and due again word for word after it was archived: there is nothing left that could go on
            when delivery.is_withdrawn and delivery.is_archived and proposal.payload is not null then 'made'
            when head.payload_hash = hashtextextended(proposal.payload, 0) then 'unchanged'
            when proposal.held_because is not null and delivery.state = 'discarded' then 'held'
            when proposal.withdrawn_because is not null and delivery.state = 'discarded' then 'not_due'
            -- at the target, or perhaps on the way there
            when
                (delivery.state in ('sent', 'sending', 'in_doubt') or delivery.is_doubtful)
                and (not takes_changes or proposal.payload is null)
                then 'late'
            when proposal.payload is null then 'withdrawn'
            else 'made'
        end as decision,
        coalesce(delivery.is_archived, false) as is_archived,
        false as is_contested
    from proposal
    left join outbox.head
        on head.connection_code = this_connection
        and head.pipeline_code = this_pipeline
        and head.business_key = proposal.business_key
    left join lateral (
        select
            delivery.state,
            delivery.is_doubtful,
            delivery.is_archived,
            delivery.state = 'discarded' and delivery.decided_by = 'pandian' as is_withdrawn
        from outbox.delivery
        where
            delivery.connection_code = head.connection_code
            and delivery.pipeline_code = head.pipeline_code
            and delivery.document_id = head.document_id
        limit 1  -- one look-up per document: the view is not joined otherwise than whole
    ) as delivery on true;

    -- Where the target takes changes, the older revision may go out: the newer one does so after it. What is archived
    -- is gone from the log, and nobody can send it.
    update judged
    set is_contested = true
    where
        judged.old_document_id is not null
        and not judged.is_archived
        and (judged.decision = 'withdrawn' or (judged.decision = 'made' and not takes_changes));

    perform outbox.write_made(this_connection, this_pipeline, contested => false);
    perform outbox.settle_contested(this_connection, this_pipeline);
    perform outbox.write_made(this_connection, this_pipeline, contested => true);
    perform outbox.pass_holds_on();

    -- What must not be sent any more is parked; drain leaves it where it is.
    insert into outbox.retry (
        connection_code,
        pipeline_code,
        document_id,
        state,
        attempt,
        run_at,
        message,
        decided_by
    )
    select
        this_connection,
        this_pipeline,
        judged.old_document_id,
        'discarded',
        0,
        clock_timestamp(),
        coalesce(judged.withdrawn_because, judged.held_because),
        'pandian'
    from judged
    where judged.decision = 'withdrawn'
    on conflict on constraint retry_pkey do update
    set
        state = 'discarded',
        message = excluded.message,
        -- what a person held is not sent by itself when it is due again
        decided_by = excluded.decided_by || coalesce(', after ' || retry.decided_by || ' held it', '')
    where
        retry.token is null
        and retry.state in ('waiting', 'rejected', 'abandoned', 'held');

    -- And what was parked so and is due again, word for word, goes on.
    update outbox.retry
    set
        state = 'waiting',
        run_at = clock_timestamp(),
        message = 'due again at the source',
        decided_by = null
    from judged
    where
        judged.decision = 'unchanged'
        and retry.connection_code = this_connection
        and retry.pipeline_code = this_pipeline
        and retry.document_id = judged.old_document_id
        and retry.state = 'discarded'
        and retry.decided_by = 'pandian';

    insert into outbox.held_back (
        connection_code,
        pipeline_code,
        business_key,
        reason,
        run_id
    )
    select
        this_connection,
        this_pipeline,
        judged.business_key,
        judged.held_because,
        ops.run_id()
    from judged
    where
        judged.held_because is not null
        and judged.decision <> 'late'
        and not exists (
            select from outbox.held_back as noted
            where
                noted.connection_code = this_connection
                and noted.pipeline_code = this_pipeline
                and noted.business_key = judged.business_key
                and noted.reason = judged.held_because
        )
    on conflict on constraint held_back_pkey do update
    set
        reason = excluded.reason,
        run_id = excluded.run_id,
        held_since = now();

    delete from outbox.held_back
    using judged
    where
        held_back.connection_code = this_connection
        and held_back.pipeline_code = this_pipeline
        and held_back.business_key = judged.business_key
        and (judged.held_because is null or judged.decision = 'late');

    insert into outbox.late_change (
        connection_code,
        pipeline_code,
        business_key,
        document_id,
        reason,
        payload,
        payload_hash,
        run_id
    )
    select
        this_connection,
        this_pipeline,
        judged.business_key,
        judged.old_document_id,
        late.reason,
        judged.payload,
        late.payload_hash,
        ops.run_id()
    from judged
    cross join lateral (
        select coalesce(
            judged.withdrawn_because || '; it went out before: undo it at the target by hand',
            judged.held_because,
            'changed: what would be sent now is not what went out; change it at the target by hand'
        ) as reason
        offset 0
    ) as worded
    cross join lateral (
        select
            worded.reason,
            hashtextextended(concat_ws(' ', worded.reason, judged.payload), 0) as payload_hash
        offset 0
    ) as late
    where
        judged.decision = 'late'
        and not exists (
            select from outbox.late_change as noted
            where
                noted.connection_code = this_connection
                and noted.pipeline_code = this_pipeline
                and noted.business_key = judged.business_key
                and noted.payload_hash = late.payload_hash
        )
    on conflict on constraint late_change_pkey do update
    set
        document_id = excluded.document_id,
        reason = excluded.reason,
        payload = excluded.payload,
        payload_hash = excluded.payload_hash,
        run_id = excluded.run_id,
        noticed_at = now();

    -- The source went back to what was delivered, or a new document went out.
    delete from outbox.late_change
    using judged
    where
        judged.decision <> 'late'
        and late_change.connection_code = this_connection
        and late_change.pipeline_code = this_pipeline
        and late_change.business_key = judged.business_key;

    perform ops.count_up('outbox.document', figure.name, figure.value)
    from (
        select
            count(*) as proposed,
            count(*) filter (where judged.decision = 'made') as made,
            count(*) filter (where judged.decision = 'unchanged') as unchanged,
            count(*) filter (where judged.decision = 'held') as held_back,
            count(*) filter (where judged.decision = 'withdrawn') as withdrawn,
            count(*) filter (where judged.decision = 'late') as late,
            count(*) filter (where judged.decision = 'not_due') as not_due
        from judged
    ) as counted
    cross join lateral (
        values
            ('proposed', counted.proposed),
            ('made', counted.made),
            ('unchanged', counted.unchanged),
            ('held_back', counted.held_back),
            ('withdrawn', counted.withdrawn),
            ('late', counted.late),
            ('not_due', counted.not_due)
    ) as figure (name, value);
    drop table judged;
end
$$;
comment on function outbox.take_proposals(boolean) is 'Turns the rows of proposal into documents, revisions, held-back documents and late changes of the run''s outbox, and counts them.';

create or replace function outbox.is_at_target(connection text, pipeline text, key text)
returns boolean
language sql
stable
return exists (
    select from outbox.head
    cross join lateral (
        select
            delivery.state,
            delivery.is_doubtful
        from outbox.delivery
        where
            delivery.connection_code = head.connection_code
            and delivery.pipeline_code = head.pipeline_code
            and delivery.document_id = head.document_id
        limit 1
    ) as delivery
    where
        head.connection_code = connection
        and head.pipeline_code = pipeline
        and head.business_key = key
        and (delivery.state in ('sent', 'sending', 'in_doubt') or delivery.is_doubtful)
);
comment on function outbox.is_at_target(text, text, text) is 'True when the newest document of a business key is at the target, or perhaps on the way there.';

create or replace function ops.printable(value text)
returns text
language sql
immutable
return nullif(btrim(regexp_replace(value, '[\x01-\x08\x0B\x0C\x0E-\x1F\x7F]', '', 'g')), '');
comment on function ops.printable(text) is 'A text without the control characters that finance systems refuse; blank is null.';

create or replace function ops.code_object(name text, code text)
returns json
language sql
immutable
return case when btrim(code) <> '' then json_build_object(name, btrim(code)) end;
comment on function ops.code_object(text, text) is 'How finance systems are told a code, as in {"FNumber": "101"}; null without one, so that no empty object is sent.';

create or replace function outbox.with_fixed_fields(payload json, pipeline text)
returns text
language sql
stable
return (
    select
        case
            when count(payload_field.field_name) = 0 then payload::text
            else (
                select json_strip_nulls(json_object_agg(
                    field.name,
                    field.value
                    order by
                        field.place
                ))::text
                from (
                    select
                        member.key as name,
                        coalesce(fixed.value, member.value) as value,
                        member.place
                    from json_each(payload) with ordinality as member (key, value, place)
                    left join ref.payload_field as fixed
                        on fixed.pipeline_code = pipeline
                        and fixed.field_name = member.key
                    union all
                    select
                        more.field_name,
                        more.value,
                        1000000 + row_number() over (order by more.field_name)
                    from ref.payload_field as more
                    where
                        more.pipeline_code = pipeline
                        and payload -> more.field_name is null
                ) as field
            )
        end
    from ref.payload_field
    where payload_field.pipeline_code = pipeline
);
comment on function outbox.with_fixed_fields(json, text) is 'A payload with the fields of ref.payload_field, which go before its own, and of which null takes a field out; the order of its own fields stays, the others follow by name.';
