-- name: OpsRateLimitAdd :exec
-- OpsRateLimitAdd makes the row of a credential that calls for the first time.
insert into ops.rate_limit (credential, connection_code, calls_per_minute, next_slot_at)
values (
    @credential,
    @connection_code,
    @calls_per_minute,
    coalesce(sqlc.narg(asked_at)::timestamptz, clock_timestamp())
)
on conflict on constraint rate_limit_pkey do nothing;

-- name: OpsRateLimitLease :one
-- OpsRateLimitLease takes the next slots of a credential, as many as are wanted but no more than fit in a second. A
-- granted_count of 0 means that the next one is more than a second away: ask again then. All times are the
-- database's; asked_at replaces its clock in tests.
--
-- Slots are 2 % further apart than the limit says, because requests arrive with jitter. A slot may lie a quarter of a
-- second in the past, so that the time an answer of the database takes is not lost.
with asked as materialized (
    select
        @calls_per_minute::integer as calls_per_minute,
        @wanted_count::integer as wanted_count
),

locked as materialized (
    select
        rate_limit.credential,
        rate_limit.next_slot_at,
        rate_limit.held_until,
        rate_limit.learned_calls_per_minute,
        rate_limit.learned_at,
        coalesce(sqlc.narg(asked_at)::timestamptz, clock_timestamp()) as now_at
    from ops.rate_limit
    where rate_limit.credential = @credential
    for update
),

spaced as (
    select
        locked.credential,
        locked.next_slot_at,
        locked.held_until,
        locked.now_at,
        asked.calls_per_minute,
        asked.wanted_count,
        interval '61.2 seconds' / least(
            asked.calls_per_minute,
            locked.learned_calls_per_minute
                + asked.calls_per_minute * 0.05 * extract(epoch from locked.now_at - locked.learned_at) / 60
        )::double precision as spacing
    from locked
    cross join asked
),

placed as (
    select
        spaced.credential,
        spaced.calls_per_minute,
        spaced.wanted_count,
        spaced.now_at,
        spaced.spacing,
        greatest(
            -- No honest lease leaves the next slot further away; a clock that was set back does.
            case
                when spaced.next_slot_at <= spaced.now_at + interval '2 seconds' + spaced.spacing then spaced.next_slot_at
            end,
            spaced.held_until,
            spaced.now_at - interval '0.25 seconds'
        ) as first_slot_at
    from spaced
),

counted as (
    select
        placed.credential,
        placed.calls_per_minute,
        placed.now_at,
        placed.spacing,
        placed.first_slot_at,
        case
            when placed.first_slot_at > placed.now_at + interval '1 second' then 0
            else least(placed.wanted_count, ceil(1 / extract(epoch from placed.spacing))::integer)
        end as granted_count
    from placed
),

leased as (
    update ops.rate_limit
    set
        connection_code = @connection_code,
        calls_per_minute = counted.calls_per_minute,
        next_slot_at = counted.first_slot_at + counted.granted_count * counted.spacing,
        slot_count = rate_limit.slot_count + counted.granted_count,
        updated_at = counted.now_at
    from counted
    where
        rate_limit.credential = counted.credential
        and counted.granted_count > 0
)

select
    counted.granted_count::integer as granted_count,
    (extract(epoch from counted.first_slot_at - counted.now_at) * 1000000)::bigint as first_in_us,
    (extract(epoch from counted.spacing) * 1000000)::bigint as spacing_us
from counted;

-- name: OpsRateLimitHold :one
-- OpsRateLimitHold lets no slot lie within the next span of time, and where the platform said that calls come
-- too often, lowers the limit by a fifth, down to a tenth. Throttle answers that come during a hold, or within five
-- seconds of the last lesson, belong to calls that were under way and teach nothing more.
with asked as materialized (
    select
        @hold::interval as hold,
        @is_throttled::boolean as is_throttled
),

locked as materialized (
    select
        rate_limit.credential,
        rate_limit.calls_per_minute,
        rate_limit.held_until,
        rate_limit.learned_calls_per_minute,
        rate_limit.learned_at,
        coalesce(sqlc.narg(asked_at)::timestamptz, clock_timestamp()) as now_at
    from ops.rate_limit
    where rate_limit.credential = @credential
    for update
),

judged as (
    select
        locked.credential,
        locked.now_at + asked.hold as held_until,
        locked.now_at,
        asked.is_throttled,
        locked.calls_per_minute * 0.1 as lowest,
        least(
            locked.calls_per_minute,
            locked.learned_calls_per_minute
                + locked.calls_per_minute * 0.05 * extract(epoch from locked.now_at - locked.learned_at) / 60
        ) as allowed_per_minute,
        (
            asked.is_throttled
            and locked.now_at >= coalesce(locked.held_until, locked.now_at)
            and locked.now_at >= coalesce(locked.learned_at + interval '5 seconds', locked.now_at)
        ) as is_lesson
    from locked
    cross join asked
)

update ops.rate_limit
set
    held_until = greatest(rate_limit.held_until, judged.held_until),
    throttle_count = rate_limit.throttle_count + judged.is_throttled::integer,
    learned_calls_per_minute = case
        when judged.is_lesson then greatest(judged.allowed_per_minute * 0.8, judged.lowest)
        else rate_limit.learned_calls_per_minute
    end,
    learned_at = case
        when judged.is_lesson then judged.now_at
        else rate_limit.learned_at
    end,
    updated_at = judged.now_at
from judged
where rate_limit.credential = judged.credential
returning
    judged.is_lesson::boolean as is_lesson,
    coalesce(rate_limit.learned_calls_per_minute, rate_limit.calls_per_minute)::double precision as allowed_per_minute;
