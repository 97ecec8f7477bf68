-- What the present step has to read: the output of the runs that it took.
--
-- grain:  input_run: run; input_page: page
-- reads:  ops.step_input, staging.page
-- writes: nothing
-- rerun:  safe
--
-- By hand, with pandian.run_id set and pandian.step not, a file reads what any step of that run read.

create or replace view ops.input_run as
select distinct step_input.input_run_id as run_id
from ops.step_input
where
    step_input.run_id = ops.run_id()
    and (ops.step() is null or step_input.step_code = ops.step());
comment on view ops.input_run is 'One row is a run whose pages and changes the present step reads.';

create or replace view ops.input_page as
select
    page.connection_code,
    page.dataset,
    page.page_id,
    page.page_no,
    page.window_id,
    page.landed_at,
    page.record_count,
    page.records,
    page.envelope::json as envelope
from staging.page
inner join ops.input_run on input_run.run_id = page.run_id;
comment on view ops.input_page is 'One row is a page that the present step reads.';
