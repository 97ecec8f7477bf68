-- Removing old readings without losing what they prove.
--
-- reads:  ops.window, ops.dataset_state, staging.page
-- writes: ops.window, ops.removed_window
-- rerun:  safe
--
-- ops.dataset_state and the next extract stand on windows that follow on each other without a gap. Of old ones that touch,
-- the last stays and takes over the whole span; the others go. Nothing is folded that overlaps a reading which was not
-- proved and which no later one has made up for: together they might seem to prove it. Of snapshots the newest complete
-- one stays, and the newest that changed something: what vanished with it may not have been looked for yet
-- (source/yonsuite_current_stock.sql). A reading that was not proved goes once it was made up for, and only within what is
-- verified.
-- Recorded files stay as long as a page of theirs does: typing asks for them.

create or replace function ops.remove_old_windows(
    after_code text,
    after_id bigint,
    before timestamptz,
    batch_size integer,
    out next_code text,
    out next_id bigint,
    out removed jsonb
)
language plpgsql
set search_path = pg_catalog
as $$
declare
    walked record;
    removed_count bigint;
begin
    removed := '{}';
    select reading.connection_code
    into next_code
    from ops."window" as reading
    where (reading.connection_code, reading.window_id) > (after_code, after_id)
    order by
        reading.connection_code,
        reading.window_id
    limit 1;
    if next_code is null then
        return;
    end if;
    if next_code <> after_code then
        after_id := 0;
    end if;
    select
        max(batch.window_id) as last_id,
        count(*) < batch_size or bool_or(batch.opened_at >= before) as is_last
    into walked
    from (
        select
            reading.window_id,
            reading.opened_at
        from ops."window" as reading
        where
            reading.connection_code = next_code
            and reading.window_id > after_id
        order by reading.window_id
        limit batch_size
    ) as batch;

    with unproved as materialized (
        select
            reading.dataset,
            coalesce(reading.from_at, '-infinity') as from_at,
            coalesce(reading.to_at, 'infinity') as to_at,
            reading.from_at is null as is_whole
        from ops."window" as reading
        where
            reading.connection_code = next_code
            and reading.state <> 'complete'
            and not exists (
                select from ops."window" as proof
                where
                    proof.connection_code = reading.connection_code
                    and proof.dataset = reading.dataset
                    and proof.state = 'complete'
                    and proof.window_id > reading.window_id
                    and (reading.from_at is null or (proof.from_at <= reading.from_at and proof.to_at >= reading.to_at))
            )
    ),

    old as materialized (
        select
            reading.window_id,
            reading.dataset,
            reading.kind,
            reading.state,
            reading.from_at,
            reading.to_at,
            reading.stands_for_count,
            reading.pages_landed + reading.pages_removed > 0 as has_changed
        from ops."window" as reading
        where
            reading.connection_code = next_code
            and reading.window_id > after_id
            and reading.window_id <= walked.last_id
            and reading.closed_at < before
            and reading.state in ('complete', 'incomplete')
            and not (
                reading.kind = 'files'
                and exists (
                    select from staging.page
                    where
                        page.run_id = reading.run_id
                        and page.dataset = reading.dataset
                        and page.connection_code = reading.connection_code
                        and page.window_id = reading.window_id
                )
            )
    ),

    reached as (
        select
            old.window_id,
            old.dataset,
            old.kind,
            old.from_at,
            old.to_at,
            old.stands_for_count,
            max(old.to_at) over (
                partition by old.dataset, old.kind
                order by old.from_at, old.to_at, old.window_id
                rows between unbounded preceding and 1 preceding
            ) as reached_at
        from old
        where
            old.state = 'complete'
            and old.from_at is not null
            and not exists (
                select from unproved
                where
                    unproved.dataset = old.dataset
                    and not unproved.is_whole
                    and unproved.from_at <= old.to_at + interval '1 second'
                    and unproved.to_at + interval '1 second' >= old.from_at
            )
    ),

    island as (
        -- as in ops.dataset_state: a window that begins one second after another continues it
        select
            reached.window_id,
            reached.dataset,
            reached.kind,
            reached.from_at,
            reached.to_at,
            reached.stands_for_count,
            count(*) filter (where reached.from_at > reached.reached_at + interval '1 second') over (
                partition by reached.dataset, reached.kind
                order by reached.from_at, reached.to_at, reached.window_id
            ) as gaps_before
        from reached
    ),

    folded as materialized (
        select
            island.dataset,
            island.kind,
            island.gaps_before,
            max(island.window_id) as window_id,
            min(island.from_at) as from_at,
            max(island.to_at) as to_at,
            sum(island.stands_for_count)::integer as stands_for_count
        from island
        group by
            island.dataset,
            island.kind,
            island.gaps_before
        having count(*) > 1
    ),

    stretched as (
        update ops."window" as reading
        set
            from_at = folded.from_at,
            to_at = folded.to_at,
            stands_for_count = folded.stands_for_count
        from folded
        where
            reading.connection_code = next_code
            and reading.window_id = folded.window_id
    ),

    verified as materialized (
        -- read only where an incomplete reading asks for it
        select
            dataset_state.dataset,
            dataset_state.verified_through
        from ops.dataset_state
        where dataset_state.connection_code = next_code
    ),

    outdated as (
        select island.window_id
        from island
        inner join folded
            on folded.dataset = island.dataset
            and folded.kind = island.kind
            and folded.gaps_before = island.gaps_before
        where island.window_id <> folded.window_id
        union all
        -- snapshots, and readings that were made up for
        select old.window_id
        from old
        where
            (old.from_at is null or old.state = 'incomplete')
            and exists (
                select from ops."window" as newer
                where
                    newer.connection_code = next_code
                    and newer.dataset = old.dataset
                    and newer.kind = old.kind
                    and newer.state = 'complete'
                    and newer.window_id > old.window_id
                    and (
                        (old.from_at is null and newer.from_at is null)
                        or (newer.from_at <= old.from_at and newer.to_at >= old.to_at)
                    )
            )
            and case
                when old.from_at is null
                    then not old.has_changed or exists (
                        select from ops."window" as newer
                        where
                            newer.connection_code = next_code
                            and newer.dataset = old.dataset
                            and newer.kind = old.kind
                            and newer.window_id > old.window_id
                            and newer.pages_landed + newer.pages_removed > 0
                    )
                else exists (
                    select from verified
                    where
                        verified.dataset = old.dataset
                        and verified.verified_through >= old.to_at
                )
            end
    ),

    gone as (
        delete from ops."window" as reading
        using outdated
        where
            reading.connection_code = next_code
            and reading.window_id = outdated.window_id
        returning
            reading.dataset,
            reading.pages_landed,
            reading.records_landed
    ),

    added as (
        insert into ops.removed_window as total (connection_code, dataset, window_count, pages_landed, records_landed)
        select
            next_code,
            gone.dataset,
            count(*),
            sum(gone.pages_landed),
            sum(gone.records_landed)
        from gone
        group by gone.dataset
        on conflict on constraint removed_window_pkey do update
        set
            window_count = total.window_count + excluded.window_count,
            pages_landed = total.pages_landed + excluded.pages_landed,
            records_landed = total.records_landed + excluded.records_landed
    )

    select count(*)
    into removed_count
    from gone;
    removed := jsonb_build_object('ops.window', removed_count);
    next_id := case when walked.is_last then 9223372036854775807 else walked.last_id end;
end
$$;
comment on function ops.remove_old_windows(text, bigint, timestamptz, integer) is 'Folds old windows that touch into the last of them and removes what newer readings stand for, the next batch of them.';
