-- How fast each credential may call its platform, and what was learned.
--
-- grain:  credential
-- reads:  ops.rate_limit
-- writes: nothing
-- rerun:  safe

create or replace view report.rate_limit as
select
    rate_limit.connection_code,
    left(rate_limit.credential, 8) as credential,
    rate_limit.calls_per_minute as configured_per_minute,
    round(least(
        rate_limit.calls_per_minute,
        rate_limit.learned_calls_per_minute
            + rate_limit.calls_per_minute * 0.05 * extract(epoch from now() - rate_limit.learned_at)::numeric / 60
    ), 1) as allowed_per_minute,
    case when rate_limit.held_until > now() then rate_limit.held_until end as held_until,
    rate_limit.throttle_count,
    rate_limit.learned_at as lowered_at,
    rate_limit.slot_count as leased_count,
    rate_limit.updated_at
from ops.rate_limit;
comment on view report.rate_limit is 'One row is one credential: the limit of the configuration, what a platform that says "too often" left of it (it grows back by a twentieth a minute), and until when nobody calls. Connections with one credential share a row, which names the one that called last.';
