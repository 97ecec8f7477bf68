-- name: OpsClock :one
-- OpsClock returns the database's time, by which schedules are decided.
select clock_timestamp()::timestamptz as now;

-- name: OpsJobRead :one
-- OpsJobRead locks one schedule and returns it.
select
    pipeline_code,
    kind,
    cron,
    time_zone,
    missed_policy,
    catch_up_limit,
    busy_wait,
    reread_span,
    next_fire_at,
    carried_count,
    carried_from_at
from ops.job
where
    pipeline_code = @pipeline_code
    and kind = @kind
for update;

-- name: OpsJobInsert :execrows
-- OpsJobInsert notes a schedule that is new; 0 rows mean that it is known.
insert into ops.job (
    pipeline_code, kind, cron, time_zone, missed_policy, catch_up_limit, busy_wait, reread_span, next_fire_at, updated_by
)
values (
    @pipeline_code,
    @kind,
    @cron,
    @time_zone,
    @missed_policy,
    @catch_up_limit,
    @busy_wait,
    sqlc.narg(reread_span),
    sqlc.narg(next_fire_at),
    @updated_by
)
on conflict on constraint job_pkey do nothing;

-- name: OpsJobUpdate :exec
-- OpsJobUpdate writes the configuration of a schedule and when it fires next.
update ops.job
set
    cron = @cron,
    time_zone = @time_zone,
    missed_policy = @missed_policy,
    catch_up_limit = @catch_up_limit,
    busy_wait = @busy_wait,
    reread_span = sqlc.narg(reread_span),
    next_fire_at = sqlc.narg(next_fire_at),
    updated_by = @updated_by,
    updated_at = clock_timestamp()
where
    pipeline_code = @pipeline_code
    and kind = @kind;

-- name: OpsJobRetire :exec
-- OpsJobRetire ends the schedules of these pipelines that are not among those kept, given as pipeline and kind with a
-- blank between.
update ops.job
set
    next_fire_at = null,
    updated_by = @updated_by,
    updated_at = clock_timestamp()
where
    pipeline_code = any (@pipeline_codes::text[])
    and not (pipeline_code || ' ' || kind) = any (@kept::text[])
    and next_fire_at is not null;

-- name: OpsJobDue :many
-- OpsJobDue lists the schedules of these pipelines that have a fire to be noted.
select
    pipeline_code,
    kind
from ops.job
where
    pipeline_code = any (@pipeline_codes::text[])
    and next_fire_at <= @now
order by
    next_fire_at,
    pipeline_code,
    kind;

-- name: OpsJobMoveOn :exec
-- OpsJobMoveOn sets when a schedule fires next, after its fires up to now were noted; takes_carried says that what was
-- carried is in them.
update ops.job
set
    next_fire_at = sqlc.narg(next_fire_at),
    carried_count = case when @takes_carried::boolean then 0 else carried_count end,
    carried_from_at = case when not @takes_carried::boolean then carried_from_at end,
    missed_count = missed_count + @late_count
where
    pipeline_code = @pipeline_code
    and kind = @kind;

-- name: OpsJobCarry :exec
-- OpsJobCarry keeps a skipped fire for the next one to stand for.
update ops.job
set
    carried_count = carried_count + @stands_for_count,
    carried_from_at = least(carried_from_at, @covers_from_at::timestamptz)
where
    pipeline_code = @pipeline_code
    and kind = @kind;

-- name: OpsJobCountSkipped :exec
-- OpsJobCountSkipped counts one fire that was skipped because the pipeline was busy.
update ops.job
set skipped_count = skipped_count + 1
where
    pipeline_code = @pipeline_code
    and kind = @kind;
