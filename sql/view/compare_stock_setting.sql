-- The parameters of the stock comparison of the present run, typed.
--
-- grain:  run (no row outside a run)
-- reads:  ops.run, compare.stock_comparable, ref.warehouse_map, ref.sku_map, ref.ignore_rule
-- writes: nothing
-- rerun:  safe
--
-- sku_key                 goods_no 货品编号 or spec_no 商家编码: what is looked up as productsku_code
-- source_field            the compared figure of wdt.stock
-- counterpart_field       the compared figure of yonsuite.current_stock
-- operator, compare_value "counterpart operator value"; without compare_value the value is the source's figure
-- tolerance               figures that differ by no more are the same
-- on_multiple             several counterparts: first, sum or error
-- target_field_quote      目标引入字段: 1 writes the counterpart's figure back beside the source row
-- ignore_index_exception  源忽略索引异常条件: source rows that may lack a counterpart, {field: {operator, value}}

create or replace view compare.stock_setting as
select
    run.pipeline_code,
    ops.param('source_connection') as source_connection,
    ops.param('counterpart_connection') as counterpart_connection,
    ops.param('sku_key') as sku_key,
    ops.param('source_field') as source_field,
    nullif(ops.param('compare_value'), '') as compare_value,
    ops.param('counterpart_field') as counterpart_field,
    ops.param('operator') as operator,
    ops.param('tolerance')::numeric as tolerance,
    ops.param('on_multiple') as on_multiple,
    ops.param('target_field_quote') = '1' as is_quoted,
    ops.param('ignore_index_exception')::jsonb as ignore_index_exception,
    stock_comparable.is_comparable,
    stock_comparable.problem,
    md5(concat_ws(
        '|',
        (
            select string_agg(name || '=' || ops.param(name), ',' order by name)
            from unnest(array[
                'source_connection', 'counterpart_connection', 'sku_key', 'source_field', 'compare_value',
                'counterpart_field', 'operator', 'tolerance', 'on_multiple', 'target_field_quote',
                'ignore_index_exception', 'both_directions'
            ]) as name
        ),
        -- named, so that a row moved from one map into the other changes the hash
        (
            select 'warehouses ' || string_agg(warehouse_map::text, ',' order by warehouse_map.source_warehouse_code)
            from ref.warehouse_map
            where
                warehouse_map.source_connection_code = ops.param('source_connection')
                and warehouse_map.target_connection_code = ops.param('counterpart_connection')
        ),
        (
            select 'skus ' || string_agg(sku_map::text, ',' order by sku_map.source_sku_code)
            from ref.sku_map
            where
                sku_map.source_connection_code = ops.param('source_connection')
                and sku_map.target_connection_code = ops.param('counterpart_connection')
        ),
        (
            select 'rules ' || string_agg(
                row(ignore_rule.ignore_rule_id, ignore_rule.warehouse_code, ignore_rule.sku_code, ignore_rule.reason)::text,
                ',' order by ignore_rule.ignore_rule_id
            )
            from ref.ignore_rule
            where
                ignore_rule.pipeline_code = run.pipeline_code
                and (ignore_rule.expires_at is null or ignore_rule.expires_at > now())
        )
    )) as basis_hash
from ops.run
cross join compare.stock_comparable
where run.run_id = ops.run_id();
comment on view compare.stock_setting is 'One row is the parameters of the stock comparison of the present run. basis_hash changes when an outcome could change although neither side did.';
