-- name: OpsConnectionKeep :exec
-- OpsConnectionKeep notes a connection of the configuration; an unchanged one is not written.
insert into ops.connection (connection_code, platform)
select
    @connection_code::text,
    @platform::text
where not exists (
    select from ops.connection
    where
        connection_code = @connection_code::text
        and platform = @platform::text
)
on conflict on constraint connection_pkey do update
set
    platform = excluded.platform,
    updated_at = now();

-- name: OpsPipelineKeep :exec
-- OpsPipelineKeep notes a pipeline of the configuration; an unchanged one is not written.
insert into ops.pipeline (pipeline_code, target_connection_code, params)
select
    @pipeline_code::text,
    @target_connection_code::text,
    @params::jsonb
where not exists (
    select from ops.pipeline
    where
        pipeline_code = @pipeline_code::text
        and target_connection_code = @target_connection_code::text
        and params = @params::jsonb
)
on conflict on constraint pipeline_pkey do update
set
    target_connection_code = excluded.target_connection_code,
    params = excluded.params,
    updated_at = now();

-- name: OpsPipelineSourceKeep :exec
-- OpsPipelineSourceKeep notes that a pipeline reads a dataset of a connection; an unchanged row is not written.
insert into ops.pipeline_source (pipeline_code, dataset, connection_code, since_at)
select
    @pipeline_code::text,
    @dataset::text,
    @connection_code::text,
    sqlc.narg(since_at)::timestamptz
where not exists (
    select from ops.pipeline_source
    where
        pipeline_code = @pipeline_code::text
        and dataset = @dataset::text
        and connection_code = @connection_code::text
        and since_at is not distinct from sqlc.narg(since_at)::timestamptz
)
on conflict on constraint pipeline_source_pkey do update
set since_at = excluded.since_at;
