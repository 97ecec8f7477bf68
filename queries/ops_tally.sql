-- name: OpsTallyAdd :exec
-- OpsTallyAdd adds to the figures of a run.
with counted as (
    select
        unnest(@names::text[]) as name,
        unnest(@counts::bigint[]) as value
)

insert into ops.tally (run_id, subject, name, value)
select
    @run_id,
    @subject,
    counted.name,
    counted.value
from counted
on conflict on constraint tally_pkey do update
set value = tally.value + excluded.value;
