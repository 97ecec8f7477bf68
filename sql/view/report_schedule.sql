-- When each pipeline runs by itself: its next fire, its last one, and what did not happen.
--
-- grain:  pipeline, kind of schedule
-- reads:  ops.job, ops.job_fire
-- writes: nothing
-- rerun:  safe
--
-- is_overdue says that the next fire is a minute past and nobody has noticed: no pandian serve runs. The counts of a day
-- are of the last 24 hours; those without are since the schedule was made.

create or replace view report.schedule as
select
    job.pipeline_code,
    job.kind,
    job.cron,
    job.time_zone,
    job.missed_policy,
    job.reread_span,
    job.next_fire_at,
    coalesce(job.next_fire_at < clock_timestamp() - interval '1 minute', false) as is_overdue,
    last.fire_at as last_fire_at,
    last.state as last_state,
    last.reason as last_reason,
    last.run_id as last_run_id,
    last.worker as last_worker,
    last.started_at as last_started_at,
    last.finished_at as last_finished_at,
    coalesce(day.open_count, 0) as open_count,
    coalesce(day.missed_count, 0) as missed_day_count,
    coalesce(day.skipped_count, 0) as skipped_day_count,
    coalesce(day.lost_count, 0) as lost_day_count,
    job.missed_count,
    job.skipped_count,
    job.lost_count
from ops.job
left join lateral (
    select
        job_fire.fire_at,
        job_fire.state,
        job_fire.reason,
        job_fire.run_id,
        job_fire.worker,
        job_fire.started_at,
        job_fire.finished_at
    from ops.job_fire
    where
        job_fire.pipeline_code = job.pipeline_code
        and job_fire.kind = job.kind
    order by job_fire.fire_at desc
    limit 1
) as last on true
left join lateral (
    select
        count(*) filter (where job_fire.state in ('due', 'running')) as open_count,
        sum(job_fire.late_count)::bigint as missed_count,
        count(*) filter (where job_fire.state = 'skipped') as skipped_count,
        count(*) filter (where job_fire.state = 'lost') as lost_count
    from ops.job_fire
    where
        job_fire.pipeline_code = job.pipeline_code
        and job_fire.kind = job.kind
        and (job_fire.finished_at > now() - interval '1 day' or job_fire.state in ('due', 'running'))
) as day on true;
comment on view report.schedule is 'One row is one schedule of one pipeline: when it fires next and in which zone it is meant, how its last fire ended, and how many were missed, skipped or lost.';
