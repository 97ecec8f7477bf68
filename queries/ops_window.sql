-- name: OpsWindowOpen :one
-- OpsWindowOpen begins a reading and returns its number.
insert into ops.window (connection_code, dataset, kind, from_at, to_at, run_id)
values (
    @connection_code,
    @dataset,
    @kind,
    sqlc.narg(from_at),
    sqlc.narg(to_at),
    @run_id
)
returning window_id;

-- name: OpsWindowNewestOpen :one
-- OpsWindowNewestOpen is the newest window that was left open. Under the landing lock nobody else can be reading it,
-- so its process is gone.
select *
from ops.window
where
    connection_code = @connection_code
    and dataset = @dataset
    and kind = 'window'
    and state = 'open'
order by window_id desc
limit 1;

-- name: OpsWindowTake :execrows
-- OpsWindowTake makes an open window the run's own; what another run still tries to write to it is refused.
update ops.window
set run_id = @run_id
where
    connection_code = @connection_code
    and window_id = @window_id
    and state = 'open';

-- name: OpsWindowAbandon :execrows
-- OpsWindowAbandon closes the readings that were left open, but for one (0 for none).
update ops.window
set
    state = 'incomplete',
    closed_at = clock_timestamp(),
    reason = concat_ws('; ', reason, format('run %s ended before it was read to its end', run_id))
where
    connection_code = @connection_code
    and dataset = @dataset
    and state = 'open'
    and window_id <> @keep_window_id;

-- name: OpsWindowAdvance :execrows
-- OpsWindowAdvance moves the checkpoint and adds to the counters; 0 rows mean that another run has taken the window.
-- While a window is open, its reason says why it is being read a second time.
update ops.window
set
    next_page = sqlc.narg(next_page),
    total_count = sqlc.narg(total_count),
    page_count = sqlc.narg(page_count),
    reason = sqlc.narg(reason),
    pages_read = pages_read + @pages_read::integer,
    pages_landed = pages_landed + @pages_landed::integer,
    pages_unchanged = pages_unchanged + @pages_unchanged::integer,
    records_read = records_read + @records_read::bigint,
    records_landed = records_landed + @records_landed::bigint,
    records_rejected = records_rejected + @records_rejected::bigint
where
    connection_code = @connection_code
    and window_id = @window_id
    and run_id = @run_id
    and state = 'open';

-- name: OpsWindowClose :execrows
-- OpsWindowClose ends a reading; 0 rows mean that another run has taken the window.
update ops.window
set
    state = @state,
    reason = sqlc.narg(reason),
    next_page = null,
    pages_removed = @pages_removed::integer,
    closed_at = clock_timestamp()
where
    connection_code = @connection_code
    and window_id = @window_id
    and run_id = @run_id
    and state = 'open';

-- name: OpsWindowCovered :many
-- OpsWindowCovered lists the spans from a time on that complete readings cover without a gap. Both ends belong to a
-- span, and times count in seconds, so a span that begins one second after another continues it.
with reading as (
    select
        from_at,
        to_at,
        max(to_at) over (
            order by from_at, to_at, window_id
            rows between unbounded preceding and 1 preceding
        ) as reached_at,
        window_id
    from ops.window
    where
        connection_code = @connection_code
        and dataset = @dataset
        and kind in ('window', 'files')
        and state = 'complete'
        and from_at is not null
        and to_at >= @since::timestamptz
),

numbered as (
    select
        from_at,
        to_at,
        count(*) filter (where reached_at is null or from_at > reached_at + interval '1 second') over (
            order by from_at, to_at, window_id
        ) as span_no
    from reading
)

select
    min(from_at)::timestamptz as from_at,
    max(to_at)::timestamptz as to_at
from numbered
group by span_no
order by span_no;
