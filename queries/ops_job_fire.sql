-- name: OpsJobFireNote :execrows
-- OpsJobFireNote writes the row of a fire; 0 rows mean that somebody has written it.
insert into ops.job_fire (
    pipeline_code, kind, fire_at, covers_from_at, stands_for_count, late_count, state, reason, finished_at
)
values (
    @pipeline_code,
    @kind,
    @fire_at,
    @covers_from_at,
    @stands_for_count,
    @late_count,
    @state,
    sqlc.narg(reason),
    case when @state = 'due' then null else clock_timestamp() end
)
on conflict on constraint job_fire_pkey do nothing;

-- name: OpsJobFireWaiting :many
-- OpsJobFireWaiting lists the fires of a schedule that nobody has begun, the oldest first.
select
    fire_at,
    covers_from_at,
    stands_for_count,
    waiting_since
from ops.job_fire
where
    pipeline_code = @pipeline_code
    and kind = @kind
    and state = 'due'
order by fire_at
for update;

-- name: OpsJobFireDrop :exec
-- OpsJobFireDrop ends a fire that nobody has begun.
update ops.job_fire
set
    state = @state,
    reason = @reason,
    finished_at = clock_timestamp()
where
    pipeline_code = @pipeline_code
    and kind = @kind
    and fire_at = @fire_at
    and state = 'due';

-- name: OpsJobFireAbsorb :execrows
-- OpsJobFireAbsorb lets the oldest fire that waits after this one stand for it too; 0 rows mean that none waits.
update ops.job_fire
set
    covers_from_at = least(job_fire.covers_from_at, @covers_from_at::timestamptz),
    stands_for_count = job_fire.stands_for_count + @stands_for_count::bigint
where
    job_fire.pipeline_code = @pipeline_code
    and job_fire.kind = @kind
    and job_fire.state = 'due'
    and job_fire.fire_at = (
        select min(later.fire_at)
        from ops.job_fire as later
        where
            later.pipeline_code = @pipeline_code
            and later.kind = @kind
            and later.state = 'due'
            and later.fire_at > @fire_at
    );

-- name: OpsJobFireOpen :one
-- OpsJobFireOpen counts the fires that have not ended: mine are those of these pipelines that nobody has begun.
select
    count(*) filter (where state = 'due' and pipeline_code = any (@pipeline_codes::text[])) as mine,
    count(*) filter (where state = 'running') as running,
    count(*) filter (where state = 'due') as due
from ops.job_fire
where state in ('due', 'running');

-- name: OpsJobFireAdopt :execrows
-- OpsJobFireAdopt ends the fires whose server is gone although their run ended by itself.
update ops.job_fire
set
    state = run.state,
    reason = run.error,
    token = null,
    lease_until = null,
    finished_at = run.finished_at
from ops.run
where
    run.run_id = job_fire.run_id
    and run.state in ('ok', 'failed')
    and job_fire.state = 'running'
    and job_fire.lease_until < clock_timestamp();

-- name: OpsJobFireRevive :many
-- OpsJobFireRevive makes the fires of servers that stopped answering due again; those that were taken max_attempts
-- times, and those of schedules that are no more, are lost, and the next fire stands for them.
with expired as (
    select
        fire.pipeline_code,
        fire.kind,
        fire.fire_at,
        fire.covers_from_at,
        fire.stands_for_count,
        fire.attempt_count >= @max_attempts::integer
        or coalesce(job.next_fire_at is null, true) as is_lost
    from ops.job_fire as fire
    left join ops.job
        on job.pipeline_code = fire.pipeline_code
        and job.kind = fire.kind
    where
        fire.state = 'running'
        and fire.lease_until < clock_timestamp()
    for update of fire skip locked
),

counted as (
    update ops.job
    set
        lost_count = job.lost_count + 1,
        carried_count = job.carried_count + expired.stands_for_count,
        carried_from_at = least(job.carried_from_at, expired.covers_from_at)
    from expired
    where
        expired.is_lost
        and job.pipeline_code = expired.pipeline_code
        and job.kind = expired.kind
)

update ops.job_fire
set
    state = case when expired.is_lost then 'lost' else 'due' end,
    reason = 'its server ' || job_fire.worker || ' stopped answering',
    token = null,
    lease_until = null,
    due_at = clock_timestamp(),
    finished_at = case when expired.is_lost then clock_timestamp() end
from expired
where
    job_fire.pipeline_code = expired.pipeline_code
    and job_fire.kind = expired.kind
    and job_fire.fire_at = expired.fire_at
returning
    job_fire.pipeline_code,
    job_fire.kind,
    job_fire.fire_at,
    job_fire.state,
    job_fire.worker;

-- name: OpsJobFireMeetBusy :exec
-- OpsJobFireMeetBusy starts the clock of the fires whose pipeline runs another fire. Catching up, a fire that is behind
-- its own schedule's earlier one waits as long as that takes.
update ops.job_fire
set waiting_since = clock_timestamp()
where
    job_fire.state = 'due'
    and job_fire.waiting_since is null
    and job_fire.due_at <= clock_timestamp()
    and job_fire.pipeline_code = any (@pipeline_codes::text[])
    and exists (
        select from ops.job_fire as other
        inner join ops.job
            on job.pipeline_code = job_fire.pipeline_code
            and job.kind = job_fire.kind
        where
            other.pipeline_code = job_fire.pipeline_code
            and other.state = 'running'
            and not (other.kind = job_fire.kind and job.missed_policy = 'catch_up')
    );

-- name: OpsJobFireTired :many
-- OpsJobFireTired lists the fires that have waited for their pipeline for longer than their schedule allows.
select
    job_fire.pipeline_code,
    job_fire.kind,
    job_fire.fire_at
from ops.job_fire
inner join ops.job
    on job.pipeline_code = job_fire.pipeline_code
    and job.kind = job_fire.kind
where
    job_fire.state = 'due'
    and job_fire.pipeline_code = any (@pipeline_codes::text[])
    and job_fire.waiting_since + job.busy_wait <= clock_timestamp();

-- name: OpsJobFireSkip :one
-- OpsJobFireSkip ends a fire that has waited for too long; no row means that somebody has begun or ended it.
update ops.job_fire
set
    state = 'skipped',
    reason = 'busy: ' || coalesce(reason, 'the pipeline ran an earlier fire'),
    finished_at = clock_timestamp()
where
    pipeline_code = @pipeline_code
    and kind = @kind
    and fire_at = @fire_at
    and state = 'due'
    and waiting_since is not null
returning
    covers_from_at,
    stands_for_count;

-- name: OpsJobFireClaim :one
-- OpsJobFireClaim takes the oldest fire that is due and whose pipeline runs no other, for as long as the lease. A later
-- fire of a pipeline never overtakes an earlier one.
with next as (
    select
        job_fire.pipeline_code,
        job_fire.kind,
        job_fire.fire_at
    from ops.job_fire
    where
        job_fire.state = 'due'
        and job_fire.due_at <= clock_timestamp()
        and job_fire.pipeline_code = any (@pipeline_codes::text[])
        and not exists (
            select from ops.job_fire as other
            where
                other.pipeline_code = job_fire.pipeline_code
                and (
                    other.state = 'running'
                    or (
                        other.state = 'due'
                        and (other.fire_at, other.kind) < (job_fire.fire_at, job_fire.kind)
                    )
                )
        )
    order by
        job_fire.fire_at,
        job_fire.pipeline_code
    limit 1
    for update skip locked
)

update ops.job_fire
set
    state = 'running',
    worker = @worker,
    token = nextval('ops.job_fire_token_seq'),
    lease_until = clock_timestamp() + @lease::interval,
    attempt_count = job_fire.attempt_count + 1,
    run_id = null,
    started_at = clock_timestamp()
from next
left join ops.job
    on job.pipeline_code = next.pipeline_code
    and job.kind = next.kind
where
    job_fire.pipeline_code = next.pipeline_code
    and job_fire.kind = next.kind
    and job_fire.fire_at = next.fire_at
returning
    job_fire.pipeline_code,
    job_fire.kind,
    job_fire.fire_at,
    job_fire.covers_from_at,
    job_fire.stands_for_count,
    job_fire.attempt_count,
    job_fire.token,
    job.reread_span;

-- name: OpsJobFireRenew :execrows
-- OpsJobFireRenew prolongs the lease of a fire; 0 rows mean that it was taken away.
update ops.job_fire
set lease_until = clock_timestamp() + @lease::interval
where
    pipeline_code = @pipeline_code
    and kind = @kind
    and fire_at = @fire_at
    and token = @token
    and state = 'running';

-- name: OpsJobFireBegun :execrows
-- OpsJobFireBegun notes the run of a fire.
update ops.job_fire
set run_id = @run_id
where
    pipeline_code = @pipeline_code
    and kind = @kind
    and fire_at = @fire_at
    and token = @token
    and state = 'running';

-- name: OpsJobFireFinish :execrows
-- OpsJobFireFinish ends a fire; 0 rows mean that it was taken away.
update ops.job_fire
set
    state = @state,
    reason = sqlc.narg(reason),
    token = null,
    lease_until = null,
    finished_at = clock_timestamp()
where
    pipeline_code = @pipeline_code
    and kind = @kind
    and fire_at = @fire_at
    and token = @token
    and state = 'running';

-- name: OpsJobFireGiveBack :execrows
-- OpsJobFireGiveBack makes a fire due again after a pause, without counting the attempt; 0 rows mean that it was taken
-- away.
update ops.job_fire
set
    state = 'due',
    reason = @reason,
    token = null,
    lease_until = null,
    due_at = clock_timestamp() + @pause::interval,
    waiting_since = case when @is_busy::boolean then coalesce(waiting_since, clock_timestamp()) else waiting_since end,
    attempt_count = attempt_count - 1
where
    pipeline_code = @pipeline_code
    and kind = @kind
    and fire_at = @fire_at
    and token = @token
    and state = 'running';

-- name: OpsJobFireForget :execrows
-- OpsJobFireForget deletes fires that ended long ago, but never the last one of a schedule; the counts in ops.job stay.
delete from ops.job_fire
where
    job_fire.finished_at < clock_timestamp() - @age::interval
    and exists (
        select from ops.job_fire as later
        where
            later.pipeline_code = job_fire.pipeline_code
            and later.kind = job_fire.kind
            and later.fire_at > job_fire.fire_at
    );

-- name: OpsJobFireRetire :exec
-- OpsJobFireRetire ends the fires of schedules that are no more and that nobody has begun, so that no later one of the
-- same pipeline waits for them.
update ops.job_fire
set
    state = 'skipped',
    reason = 'the configuration has no such schedule any more',
    finished_at = clock_timestamp()
from ops.job
where
    job.pipeline_code = job_fire.pipeline_code
    and job.kind = job_fire.kind
    and job.next_fire_at is null
    and job_fire.state = 'due'
    and job_fire.pipeline_code = any (@pipeline_codes::text[]);
