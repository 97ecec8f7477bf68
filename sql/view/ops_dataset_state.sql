-- How far each dataset of each connection is covered, and whether it is complete as it stands.
--
-- grain:  connection, dataset
-- reads:  ops.window, ops.pipeline_source
-- writes: nothing
-- rerun:  safe
--
-- A windowed dataset is verified through the end of its contiguous complete windows, both ends inclusive, so
-- windows that share a second or follow within one touch. What was read before the first moment that a pipeline
-- asks for, as by an old backfill, is left out. A snapshot is complete when the newest reading is. Recorded files
-- without a span decide only where nothing else was read.

create or replace view ops.dataset_state as
with beginning as (
    select
        pipeline_source.connection_code,
        pipeline_source.dataset,
        min(pipeline_source.since_at) as since_at
    from ops.pipeline_source
    group by
        pipeline_source.connection_code,
        pipeline_source.dataset
),

known as (
    select distinct
        read.connection_code,
        read.dataset
    from ops."window" as read
),

-- Dataset by dataset: sorting the readings of all of them by name takes five times as long.
verified as (
    select
        known.connection_code,
        known.dataset,
        contiguous.verified_from,
        contiguous.verified_through
    from known
    left join beginning
        on beginning.connection_code = known.connection_code
        and beginning.dataset = known.dataset
    cross join lateral (
        select
            min(island.from_at) as verified_from,
            max(island.to_at) as verified_through
        from (
            select
                span.from_at,
                span.to_at,
                count(*) filter (where span.from_at > span.covered_to + interval '1 second') over (
                    order by span.from_at, span.to_at
                ) as gaps_before
            from (
                select
                    read.from_at,
                    read.to_at,
                    max(read.to_at) over (
                        order by read.from_at, read.to_at
                        rows between unbounded preceding and 1 preceding
                    ) as covered_to
                from ops."window" as read
                where
                    read.connection_code = known.connection_code
                    and read.dataset = known.dataset
                    and read.state = 'complete'
                    and read.from_at is not null
                    and (beginning.since_at is null or read.to_at >= beginning.since_at)
            ) as span
        ) as island
        where island.gaps_before = 0
    ) as contiguous
),

newest as (
    select
        known.connection_code,
        known.dataset,
        reading.kind,
        reading.from_at,
        reading.state,
        reading.reason,
        reading.opened_at,
        reading.closed_at
    from known
    cross join lateral (
        select
            read.kind,
            read.from_at,
            read.state,
            read.reason,
            read.opened_at,
            read.closed_at
        from ops."window" as read
        where
            read.connection_code = known.connection_code
            and read.dataset = known.dataset
        order by
            (read.from_at is not null) desc,
            (read.kind = 'files'),
            read.window_id desc
        limit 1
    ) as reading
),

judged as (
    select
        newest.connection_code,
        newest.dataset,
        newest.kind,
        verified.verified_from,
        verified.verified_through,
        case
            when newest.from_at is null then newest.state = 'complete'
            else verified.verified_through is not null
                -- a window in the middle is not everything: reading began where the pipeline says
                and verified.verified_from <= coalesce(date_trunc('second', beginning.since_at), verified.verified_from)
                and not exists (
                    select from ops."window" as unproved
                    where
                        unproved.connection_code = newest.connection_code
                        and unproved.dataset = newest.dataset
                        and unproved.state <> 'complete'
                        and unproved.to_at > verified.verified_through
                )
        end as is_complete,
        case
            when newest.from_at is null then newest.opened_at
            else verified.verified_through
        end as as_of,
        case
            when newest.state = 'open' then 'its newest reading was never finished'
            when newest.state = 'incomplete' then newest.reason
            when verified.verified_from > date_trunc('second', beginning.since_at)
                then 'it was read from ' || to_char(verified.verified_from at time zone 'Asia/Shanghai', 'YYYY-MM-DD HH24:MI:SS')
                || ' on, not from ' || to_char(beginning.since_at at time zone 'Asia/Shanghai', 'YYYY-MM-DD HH24:MI:SS')
                || ': run pandian extract'
            else 'an earlier window is not complete'
        end as reason
    from newest
    left join verified
        on verified.connection_code = newest.connection_code
        and verified.dataset = newest.dataset
    left join beginning
        on beginning.connection_code = newest.connection_code
        and beginning.dataset = newest.dataset
)

select
    judged.connection_code,
    judged.dataset,
    judged.kind,
    judged.verified_from,
    judged.verified_through,
    judged.is_complete,
    judged.as_of,
    case when not judged.is_complete then judged.reason end as reason
from judged;
comment on view ops.dataset_state is 'One row is how far a dataset of a connection is covered. reason says why it is not complete, where is_complete is false.';
