-- name: OpsRunStart :one
-- OpsRunStart writes the row of a run that begins now and returns its number.
insert into ops.run (pipeline_code, command, is_full, params, host, process_id, program_version)
values (
    @pipeline_code,
    @command,
    @is_full,
    @params,
    @host,
    @process_id,
    @program_version
)
returning run_id;

-- name: OpsRunFinish :execrows
-- OpsRunFinish ends a run that is still running; 0 rows mean that somebody else ended it.
update ops.run
set
    state = @state,
    finished_at = clock_timestamp(),
    balance = @balance,
    error = sqlc.narg(error)
where
    run_id = @run_id
    and state = 'running';

-- name: OpsRunNewestOfPipeline :one
-- OpsRunNewestOfPipeline returns the newest run of a pipeline.
select
    run_id,
    state,
    started_at,
    host,
    process_id
from ops.run
where pipeline_code = @pipeline_code
order by run_id desc
limit 1;
