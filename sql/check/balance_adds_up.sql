-- The balance of the run adds up: every record that came is landed, typed, repeated or rejected.
--
-- severity: error
-- reads:    report.balance
-- writes:   nothing
-- rerun:    safe

select
    balance.subject as record_key,
    balance.equation || ': ' || balance.one_side || ' is not ' || balance.other_side as message
from report.balance
where
    balance.run_id = ops.run_id()
    and not balance.is_balanced
