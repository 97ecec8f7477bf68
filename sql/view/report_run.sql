-- Runs with their balance, for people.
--
-- grain:  run
-- reads:  ops.run, ops.tally, ops.finding
-- writes: nothing
-- rerun:  safe

create or replace view report.run as
select
    run.run_id,
    run.pipeline_code,
    run.command,
    run.state,
    run.started_at,
    run.finished_at,
    coalesce(run.finished_at, now()) - run.started_at as duration,
    run.error,
    (
        select jsonb_object_agg(tally.subject || ' ' || tally.name, tally.value)
        from ops.tally
        where tally.run_id = run.run_id
    ) as tallies,
    (
        select string_agg(finding.message, '; ' order by finding.subject, finding.code)
        from ops.finding
        where finding.run_id = run.run_id
    ) as findings
from ops.run;
comment on view report.run is 'One row is one run with what it counted and found.';
