-- The two sides of the stock comparison of the present run, and whether they may be compared.
--
-- grain:  stock_side: side; stock_comparable: run
-- reads:  ops.dataset_state, wdt.stock, yonsuite.current_stock
-- writes: nothing
-- rerun:  safe
--
-- A side that is not complete, empty or older than stale_after would give thousands of false differences, or,
-- worse, equality with figures of yesterday.

create or replace view compare.stock_side as
select
    side.name as side,
    side.dataset,
    side.connection_code,
    dataset_state.as_of,
    coalesce(dataset_state.is_complete, false) as is_complete,
    side.is_empty,
    case
        when dataset_state.dataset is null then side.dataset || ' of ' || side.connection_code || ' was never read: run pandian extract'
        when not dataset_state.is_complete
            then side.dataset || ' of ' || side.connection_code || ' is not complete: ' || dataset_state.reason
        when side.is_empty then side.dataset || ' of ' || side.connection_code
            || ' has no rows: an empty side is a missing permission or filter far more often than an empty warehouse'
        when dataset_state.as_of < now() - ops.param('stale_after')::interval
            then side.dataset || ' of ' || side.connection_code || ' is as of '
            || to_char(dataset_state.as_of at time zone 'Asia/Shanghai', 'YYYY-MM-DD HH24:MI:SS')
            || ', older than stale_after ' || ops.param('stale_after') || ': read it again'
    end as problem
from (
    select
        'source' as name,
        'wdt.stock' as dataset,
        ops.param('source_connection') as connection_code,
        not exists (
            select from wdt.stock
            where stock.connection_code = ops.param('source_connection')
        ) as is_empty
    union all
    select
        'counterpart',
        'yonsuite.current_stock',
        ops.param('counterpart_connection'),
        not exists (
            select from yonsuite.current_stock
            where current_stock.connection_code = ops.param('counterpart_connection')
        )
) as side
left join ops.dataset_state
    on dataset_state.dataset = side.dataset
    and dataset_state.connection_code = side.connection_code;
comment on view compare.stock_side is 'One row is one side of the stock comparison of the present run. problem says why it cannot be compared, and what to do; null when it can.';

create or replace view compare.stock_comparable as
select
    count(stock_side.problem) = 0 as is_comparable,
    string_agg(stock_side.problem, '; ' order by stock_side.side desc) as problem
from compare.stock_side;
comment on view compare.stock_comparable is 'One row: whether both sides of the stock comparison of the present run may be compared, and if not, why.';
