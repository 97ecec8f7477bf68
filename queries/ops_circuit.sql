-- name: OpsCircuitState :one
-- OpsCircuitState says how a connection stands; no row means that all is well. asked_at replaces the database's clock
-- in tests.
with asked as (
    select
        circuit.failure_count,
        circuit.open_until,
        circuit.probe_until,
        coalesce(sqlc.narg(asked_at)::timestamptz, clock_timestamp()) as now_at
    from ops.circuit
    where circuit.connection_code = @connection_code
)

select
    asked.failure_count,
    (asked.open_until is not null)::boolean as is_open,
    greatest(
        extract(epoch from asked.open_until - asked.now_at) * 1000000,
        -- Somebody probes: wait for what he finds, or for the end of his time.
        extract(epoch from asked.probe_until - asked.now_at) * 1000000,
        0
    )::bigint as closed_for_us
from asked;

-- name: OpsCircuitAdd :exec
-- OpsCircuitAdd makes the row of a connection that fails for the first time.
insert into ops.circuit (connection_code)
values (@connection_code)
on conflict on constraint circuit_pkey do nothing;

-- name: OpsCircuitFail :one
-- OpsCircuitFail counts a failure that says the platform is down. With the threshold-th in a row the circuit opens for
-- a delay, and with that of the probe it stays open for as long again. has_opened is true for the one
-- failure that opened it. A streak in which nothing happened for ten minutes is over.
with asked as materialized (
    select
        @failure::text as failure,
        @threshold::integer as threshold,
        @delay::interval as delay,
        @probe_token::bigint as probe_token
),

locked as materialized (
    select
        circuit.connection_code,
        circuit.failure_count,
        circuit.failed_at,
        circuit.open_until,
        circuit.probe_token,
        circuit.probe_until,
        coalesce(sqlc.narg(asked_at)::timestamptz, clock_timestamp()) as now_at
    from ops.circuit
    where circuit.connection_code = @connection_code
    for update
),

counted as (
    select
        locked.connection_code,
        locked.open_until,
        locked.now_at,
        asked.failure,
        asked.threshold,
        locked.now_at + asked.delay as closed_until,
        coalesce(locked.probe_token = asked.probe_token, false) as is_probe,
        case
            when locked.open_until is null and locked.failed_at < locked.now_at - interval '10 minutes' then 1
            else least(locked.failure_count, 1000000) + 1
        end as failure_count
    from locked
    cross join asked
),

judged as (
    select
        counted.connection_code,
        counted.open_until,
        counted.now_at,
        counted.failure,
        counted.closed_until,
        counted.is_probe,
        counted.failure_count,
        (counted.open_until is null and counted.failure_count >= counted.threshold) as has_opened
    from counted
)

update ops.circuit
set
    failure_count = judged.failure_count,
    failed_at = judged.now_at,
    failure = judged.failure,
    open_until = case when judged.has_opened or judged.is_probe then judged.closed_until else circuit.open_until end,
    opened_at = case when judged.has_opened then judged.now_at else circuit.opened_at end,
    open_count = circuit.open_count + judged.has_opened::integer,
    probe_token = case when not judged.is_probe then circuit.probe_token end,
    probe_until = case when not judged.is_probe then circuit.probe_until end,
    updated_at = judged.now_at
from judged
where circuit.connection_code = judged.connection_code
returning
    circuit.failure_count,
    judged.has_opened::boolean as has_opened;

-- name: OpsCircuitProbe :execrows
-- OpsCircuitProbe takes the right to make the one call that shows whether the platform is back; 0 rows mean that it is
-- too early, or that another process has it.
with asked as materialized (
    select
        @probe_token::bigint as probe_token,
        @probe_time::interval as probe_time,
        coalesce(sqlc.narg(asked_at)::timestamptz, clock_timestamp()) as now_at
)

update ops.circuit
set
    probe_token = asked.probe_token,
    probe_until = asked.now_at + asked.probe_time,
    updated_at = asked.now_at
from asked
where
    circuit.connection_code = @connection_code
    and circuit.open_until <= asked.now_at
    and coalesce(circuit.probe_until <= asked.now_at, true);

-- name: OpsCircuitLeave :exec
-- OpsCircuitLeave gives back a probe that proved nothing, because its call was not made.
update ops.circuit
set
    probe_token = null,
    probe_until = null,
    updated_at = clock_timestamp()
where
    connection_code = @connection_code
    and probe_token = @probe_token::bigint;

-- name: OpsCircuitSucceed :one
-- OpsCircuitSucceed ends a streak of failures, and with the probe's token closes the circuit. A call that was under way
-- when the circuit opened says nothing about now: it closes nothing.
with before as materialized (
    select
        circuit.connection_code,
        circuit.open_until,
        circuit.probe_token
    from ops.circuit
    where circuit.connection_code = @connection_code
    for update
)

update ops.circuit
set
    failure_count = 0,
    open_until = null,
    opened_at = null,
    probe_token = null,
    probe_until = null,
    updated_at = clock_timestamp()
from before
where
    circuit.connection_code = before.connection_code
    and (before.open_until is null or before.probe_token = @probe_token::bigint)
returning (before.open_until is not null)::boolean as has_closed;
