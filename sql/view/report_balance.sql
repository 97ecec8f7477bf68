-- The balance of each run: equations between what its stages counted. One that does not hold makes the run fail.
--
-- grain:  run, subject, equation
-- reads:  ops.run, ops.tally, ops.step_input
-- writes: nothing
-- rerun:  safe

create or replace view report.balance as
with figure as (
    select
        tally.run_id,
        tally.subject,
        coalesce(max(tally.value) filter (where tally.name = 'pages_read'), 0) as pages_read,
        coalesce(max(tally.value) filter (where tally.name = 'pages_landed'), 0) as pages_landed,
        coalesce(max(tally.value) filter (where tally.name = 'pages_unchanged'), 0) as pages_unchanged,
        coalesce(max(tally.value) filter (where tally.name = 'pages_replaced'), 0) as pages_replaced,
        max(tally.value) filter (where tally.name = 'got') as got,
        coalesce(max(tally.value) filter (where tally.name = 'landed'), 0) as landed,
        coalesce(max(tally.value) filter (where tally.name = 'unchanged_landing'), 0) as unchanged_landing,
        coalesce(max(tally.value) filter (where tally.name = 'replaced_landing'), 0) as replaced_landing,
        coalesce(max(tally.value) filter (where tally.name = 'rejected_landing'), 0) as rejected_landing,
        max(tally.value) filter (where tally.name = 'taken') as taken,
        coalesce(max(tally.value) filter (where tally.name = 'rejected'), 0) as rejected,
        coalesce(max(tally.value) filter (where tally.name = 'repeated'), 0) as repeated,
        coalesce(max(tally.value) filter (where tally.name = 'replaced'), 0) as replaced,
        coalesce(max(tally.value) filter (where tally.name = 'new'), 0) as new,
        coalesce(max(tally.value) filter (where tally.name = 'changed'), 0) as changed,
        coalesce(max(tally.value) filter (where tally.name = 'unchanged'), 0) as unchanged,
        max(tally.value) filter (where tally.name = 'proposed') as proposed,
        coalesce(max(tally.value) filter (where tally.name = 'made'), 0) as made,
        coalesce(max(tally.value) filter (where tally.name = 'held_back'), 0) as held_back,
        coalesce(max(tally.value) filter (where tally.name = 'withdrawn'), 0) as withdrawn,
        coalesce(max(tally.value) filter (where tally.name = 'late'), 0) as late,
        coalesce(max(tally.value) filter (where tally.name = 'not_due'), 0) as not_due
    from ops.tally
    group by
        tally.run_id,
        tally.subject
),

input_landed as (
    -- what the runs landed that a source step took in this run
    select
        step_input.run_id,
        tally.subject,
        sum(tally.value) as landed
    from ops.step_input
    inner join ops.tally
        on tally.run_id = step_input.input_run_id
        and tally.name = 'landed'
    -- readings of one thing, as wdt.stockout.modified, are typed by one step
    where step_input.step_code = 'source/' || array_to_string((string_to_array(tally.subject, '.'))[1:2], '_')
    group by
        step_input.run_id,
        tally.subject
)

select
    figure.run_id,
    figure.subject,
    equation.name as equation,
    equation.one_side,
    equation.other_side,
    equation.one_side = equation.other_side as is_balanced
from figure
inner join ops.run on run.run_id = figure.run_id
left join input_landed
    on input_landed.run_id = figure.run_id
    and input_landed.subject = figure.subject
cross join lateral (
    values
        (
            'pages that came = landed + unchanged + replaced by a later reading',
            figure.pages_read,
            figure.pages_landed + figure.pages_unchanged + figure.pages_replaced,
            figure.got is not null
        ),
        (
            'records that came = landed + unchanged + replaced by a later reading + rejected',
            figure.got,
            figure.landed + figure.unchanged_landing + figure.replaced_landing + figure.rejected_landing,
            figure.got is not null
        ),
        (
            'records landed by the runs taken = records taken for typing',
            coalesce(input_landed.landed, 0),
            figure.taken,
            -- --full takes runs whose pages retention has dropped
            figure.taken is not null and not run.is_full
        ),
        (
            'records taken for typing = new + changed + unchanged + repeated + replaced + rejected',
            figure.taken,
            figure.new + figure.changed + figure.unchanged + figure.repeated + figure.replaced + figure.rejected,
            figure.taken is not null
        ),
        (
            'documents proposed = made + unchanged + held back + withdrawn + late + not due',
            figure.proposed,
            figure.made + figure.unchanged + figure.held_back + figure.withdrawn + figure.late + figure.not_due,
            figure.proposed is not null
        )
) as equation (name, one_side, other_side, is_due)
where equation.is_due;
comment on view report.balance is 'One row is one equation of one run''s balance. is_balanced is false where records went missing or were counted twice.';
