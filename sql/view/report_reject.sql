-- Records and bodies that could not be read, newest first when ordered by rejected_at.
--
-- grain:  reject
-- reads:  staging.reject
-- writes: nothing
-- rerun:  safe
--
-- The record itself stays in staging.reject: it may hold personal data. value is masked where its field is personal,
-- for those who have not the role pandian_private.

create or replace view report.reject as
select
    reject.reject_id,
    reject.rejected_at,
    reject.dataset,
    reject.connection_code,
    reject.run_id,
    reject.stage,
    reject.record_key,
    reject.field,
    ops.shown_value(reject.field, reject.value) as value,
    reject.reason,
    reject.page_id,
    reject.page_no,
    reject.place
from staging.reject;
comment on view report.reject is 'One row is one reason why a record could not be read, and what to do.';
