-- Columns that do not hold what the field of their name says: a text says its own name, a number its place in the
-- table and a half, a time its place as hours and minutes. What pandian itself fills in is left out.
with cell as (
    select 'jst.saleout' as table_name, cell.key, cell.value
    from jst.saleout as one
    cross join lateral jsonb_each_text(to_jsonb(one)) as cell
    union all
    select 'jst.saleout_item' as table_name, cell.key, cell.value
    from jst.saleout_item as one
    cross join lateral jsonb_each_text(to_jsonb(one)) as cell
    union all
    select 'jst.saleout_batch' as table_name, cell.key, cell.value
    from jst.saleout_batch as one
    cross join lateral jsonb_each_text(to_jsonb(one)) as cell
    union all
    select 'jst.saleout_sn' as table_name, cell.key, cell.value
    from jst.saleout_sn as one
    cross join lateral jsonb_each_text(to_jsonb(one)) as cell
    union all
    select 'jst.saleout_pay' as table_name, cell.key, cell.value
    from jst.saleout_pay as one
    cross join lateral jsonb_each_text(to_jsonb(one)) as cell
),

want as (
    select
        columns.table_schema || '.' || columns.table_name as table_name,
        columns.column_name,
        case columns.data_type
            when 'text' then columns.column_name
            when 'numeric' then columns.ordinal_position || '.5'
            else to_char(timestamp '2026-01-01' + columns.ordinal_position * interval '1 minute', 'YYYY-MM-DD"T"HH24:MI:SS"+08:00"')
        end as value
    from information_schema.columns
    where
        columns.table_schema in ('wdt', 'jst')
        and columns.column_name not in ('connection_code', 'page_id', 'place', 'record_hash', 'run_id')
        and columns.column_name !~ 'line_no$'
)

select want.table_name, want.column_name, cell.value
from want
inner join (select distinct table_name from cell) as filled on filled.table_name = want.table_name
left join cell on cell.table_name = want.table_name and cell.key = want.column_name
where cell.value is distinct from want.value
union all
select want.table_name, 'columns that hold their own value', count(*)::text
from want
inner join cell
    on cell.table_name = want.table_name
    and cell.key = want.column_name
    and cell.value = want.value
group by want.table_name
order by 1, 2
