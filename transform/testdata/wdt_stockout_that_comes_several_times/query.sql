select
    stockout.stockout_id,
    stockout.status,
    stockout_line.spec_no,
    stockout.run_id,
    (select count(*) from wdt.stockout_change where stockout_change.stockout_id = stockout.stockout_id) as changes,
    null::text as subject,
    null::text as figures
from wdt.stockout
left join wdt.stockout_line on stockout_line.stockout_id = stockout.stockout_id
union all
select null, null, null, run_id, null, subject, string_agg(name || ' ' || value, ', ' order by name)
from ops.tally
where subject like 'wdt.stockout%' and run_id in (1, 2) and value > 0
group by run_id, subject
order by 6 nulls first, 4, 1
