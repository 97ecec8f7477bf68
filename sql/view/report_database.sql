-- Whether this database is what it was, and what is done about it.
--
-- grain:  one row
-- reads:  ops.database_identity
-- writes: nothing
-- rerun:  safe
--
-- state: new, nothing was sent from it yet; trusted, all is well; changed, it was restored, copied or promoted and
-- the next run will notice; looked_up, documents are looked up at their targets before they are sent.
-- select ops.trust_database('why') ends that.

create or replace view report.database as
with newest as (
    select
        lives as life,
        lives.identity_id,
        lives.cause,
        lives.noticed_at,
        lives.noticed_by,
        lives.note,
        lives.trusted_at,
        lives.trusted_by,
        lives.trusted_reason
    from ops.database_identity as lives
    order by lives.identity_id desc
    limit 1
)

select
    case
        when newest.identity_id is null then 'new'
        when changed.cause is not null then 'changed'
        when newest.trusted_at is null then 'looked_up'
        else 'trusted'
    end as state,
    coalesce(changed.cause, newest.cause) as cause,
    case when changed.cause is null then newest.noticed_at end as since,
    newest.identity_id,
    newest.noticed_by,
    newest.note,
    newest.trusted_at,
    newest.trusted_by,
    newest.trusted_reason,
    present.system_identifier,
    present.timeline_id
from ops.identify_database() as present
left join newest on true
left join lateral (select ops.new_cause(newest.life) as cause) as changed on true;
comment on view report.database is 'One row: whether this database is what it was (state), why not (cause), since when that is known, and who said that it may be believed again. While state is looked_up, every document is looked up at its target before it is sent.';
