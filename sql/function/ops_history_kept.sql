-- Which old runs may go: what keeps a run, however old it is.
--
-- reads:  ops.run, ops.step_run, ops.finding, ops.tally, ops.step_input, ops.window, staging.page, staging.reject, compare.basis, outbox.head, outbox.document, outbox.result, outbox.retry
-- writes: nothing
-- rerun:  safe
--
-- A run is kept while a view would lose something without it, while something that is kept and may be worked on names
-- it, and while the balance of another one counts what it landed. Where only its number is shown (a typed row, an archived
-- document, a discrepancy) it may be gone.

create or replace function ops.outbox_spans(before timestamptz)
returns table (
    connection_code text,
    pipeline_code text,
    first_document_id bigint,
    last_document_id bigint,
    from_at timestamptz,
    to_at timestamptz
)
language plpgsql
stable
set search_path = pg_catalog
as $$
declare
    part record;
    is_old boolean;
begin
    for part in
        select
            lower(place.ids) as first_id,
            upper(place.ids) as end_id
        from pg_catalog.pg_inherits
        cross join lateral (select outbox.id_range(pg_inherits.inhrelid) as ids) as place
        where pg_inherits.inhparent = 'outbox.document'::regclass
        order by lower(place.ids)
    loop
        is_old := null;
        for connection_code, pipeline_code in
            with recursive box as (
                (
                    select
                        head.connection_code as connection_code,
                        head.pipeline_code as pipeline_code
                    from outbox.head
                    order by
                        head.connection_code,
                        head.pipeline_code
                    limit 1
                )
                union all
                select
                    next.connection_code,
                    next.pipeline_code
                from box
                cross join lateral (
                    select
                        head.connection_code,
                        head.pipeline_code
                    from outbox.head
                    where (head.connection_code, head.pipeline_code) > (box.connection_code, box.pipeline_code)
                    order by
                        head.connection_code,
                        head.pipeline_code
                    limit 1
                ) as next
            )

            select
                box.connection_code,
                box.pipeline_code
            from box
        loop
            select
                document.document_id,
                document.created_at
            into
                first_document_id,
                from_at
            from outbox.document
            where
                document.connection_code = outbox_spans.connection_code
                and document.pipeline_code = outbox_spans.pipeline_code
                and document.document_id >= part.first_id
                and document.document_id < part.end_id
            order by document.document_id
            limit 1;
            continue when not found;
            is_old := coalesce(is_old, false) or from_at < before;
            continue when from_at >= before;
            select
                document.document_id,
                document.created_at
            into
                last_document_id,
                to_at
            from outbox.document
            where
                document.connection_code = outbox_spans.connection_code
                and document.pipeline_code = outbox_spans.pipeline_code
                and document.document_id >= part.first_id
                and document.document_id < part.end_id
            order by document.document_id desc
            limit 1;
            return next;
        end loop;
        -- later partitions are younger
        exit when not is_old;
    end loop;
end
$$;
comment on function ops.outbox_spans(timestamptz) is 'When the documents were written that are older than a moment and still there, one row per outbox and partition.';

create or replace function ops.has_compared(run_id bigint, pipeline_code text)
returns boolean
language sql
stable
set search_path = pg_catalog
as $$
    -- as in report.discrepancy
    select
        exists (
            select from ops.step_run
            where
                step_run.run_id = has_compared.run_id
                and step_run.step_code = has_compared.pipeline_code || '/compare/discrepancy'
                and step_run.state = 'ok'
        )
        and not exists (
            select from ops.finding
            where
                finding.run_id = has_compared.run_id
                and finding.code = 'not_comparable'
        );
$$;
comment on function ops.has_compared(bigint, text) is 'Whether a run compared its two sides.';

create or replace function ops.runs_to_remove(after_id bigint, last_id bigint, before timestamptz)
returns bigint[]
language sql
stable
set search_path = pg_catalog
as $$
    with span as materialized (
        select
            outbox_spans.connection_code,
            outbox_spans.pipeline_code,
            outbox_spans.first_document_id,
            outbox_spans.last_document_id,
            outbox_spans.from_at,
            outbox_spans.to_at
        from ops.outbox_spans(runs_to_remove.before)
    ),

    feed as materialized (
        -- since when there are change feeds: a step that was down may still have to read what a run wrote to them
        select min(to_date(substring(pg_class.relname from '[0-9]{8}$'), 'YYYYMMDD')) as first_on
        from pg_catalog.pg_inherits
        inner join pg_catalog.pg_class on pg_class.oid = pg_inherits.inhrelid
        where pg_class.relname ~ '_change_[0-9]{8}$'
    ),

    attempt as materialized (
        -- of old documents that are open, which may have been tried at any time since
        select distinct result.run_id
        from span
        inner join outbox.retry
            on retry.connection_code = span.connection_code
            and retry.pipeline_code = span.pipeline_code
            and retry.document_id >= span.first_document_id
            and retry.document_id <= span.last_document_id
        inner join outbox.result
            on result.connection_code = retry.connection_code
            and result.pipeline_code = retry.pipeline_code
            and result.document_id = retry.document_id
    )

    select coalesce(array_agg(run.run_id), '{}')
    from ops.run
    where
        run.run_id > runs_to_remove.after_id
        and run.run_id <= runs_to_remove.last_id
        and run.state <> 'running'
        and run.finished_at < runs_to_remove.before
        and not case
            -- the newest of its pipeline, the newest that went well, and the newest comparison: views show them
            when not exists (
                select from ops.run as later
                where
                    later.pipeline_code = run.pipeline_code
                    and later.run_id > run.run_id
            ) then true
            when run.command = 'run'
                and run.state = 'ok'
                and not exists (
                    select from ops.run as later
                    where
                        later.pipeline_code = run.pipeline_code
                        and later.run_id > run.run_id
                        and later.command = 'run'
                        and later.state = 'ok'
                ) then true
            when ops.has_compared(run.run_id, run.pipeline_code)
                and not exists (
                    select from ops.run as later
                    where
                        later.pipeline_code = run.pipeline_code
                        and later.run_id > run.run_id
                        and ops.has_compared(later.run_id, later.pipeline_code)
                ) then true
            -- what is kept and may be worked on names it
            when exists (
                select from ops."window" as reading
                where reading.run_id = run.run_id
            ) then true
            when exists (
                select from feed
                where feed.first_on <= run.finished_at at time zone 'Asia/Shanghai'
            ) then true
            when exists (
                select from staging.page
                where page.run_id = run.run_id
            ) then true
            when exists (
                select from staging.reject
                where reject.run_id = run.run_id
            ) then true
            when exists (
                select from compare.basis
                where basis.run_id = run.run_id
            ) then true
            when exists (
                select from attempt
                where attempt.run_id = run.run_id
            ) then true
            -- documents that are still there: it wrote or sent some while they were
            when exists (
                    select from span
                    where
                        span.pipeline_code = run.pipeline_code
                        and span.from_at <= run.finished_at
                        and span.to_at + interval '1 day' >= run.started_at
                )
                and (
                    run.balance is null
                    or exists (
                        select from jsonb_each_text(
                            case when jsonb_typeof(run.balance -> 'documents') = 'object' then run.balance -> 'documents' end
                        ) as figure
                        where
                            figure.key in ('made', 'sent', 'superseded', 'waiting', 'in_doubt', 'rejected', 'abandoned')
                            and figure.value <> '0'
                    )
                ) then true
            -- the balance of a run that is still there counts what this one landed
            else exists (
                select from ops.tally
                inner join ops.step_input
                    on step_input.step_code = 'source/' || array_to_string((string_to_array(tally.subject, '.'))[1:2], '_')
                    and step_input.input_run_id = tally.run_id
                    and step_input.run_id <> tally.run_id
                inner join ops.run as taker on taker.run_id = step_input.run_id
                where
                    tally.run_id = run.run_id
                    and tally.name = 'landed'
                    and tally.value <> 0
                    and not taker.is_full
            )
        end;
$$;
comment on function ops.runs_to_remove(bigint, bigint, timestamptz) is 'Which of the runs between two numbers, the second included, are older than a moment and kept by nothing.';
