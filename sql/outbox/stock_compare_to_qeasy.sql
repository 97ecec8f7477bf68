-- Documents of CompareData (对比数据操作方法) for 轻易云: the outcome of each source row, and the currentqty (YS现存量) to
-- write back beside it (回写 primaryWriteback).
--
-- pipeline: stock-compare
-- grain:    connection, pipeline, business key (spec_id@warehouse_id), revision
-- reads:    compare.stock_result, compare.stock_result_change
-- writes:   outbox.document, outbox.head
-- rerun:    safe; a payload equal to the newest revision makes no document
-- by hand:  begin; set local pandian.run_id = '42'; \i sql/outbox/stock_compare_to_qeasy.sql
--
-- A row without a counterpart has nothing to write back and makes no document, unless an earlier one wrote a
-- figure, which is then cleared (null).

select outbox.lock_writers(run.pipeline_code, ops.param('source_connection'))
from ops.run
where run.run_id = ops.run_id();

with setting as materialized (
    -- once, not once a row
    select
        run.pipeline_code,
        ops.param('source_connection') as connection_code,
        ops.param('strategy_id') as strategy_id,
        ops.param('counterpart_field') as counterpart_field,
        ops.param('operator') as operator,
        ops.param('target_field_quote') as target_field_quote
    from ops.run
    where run.run_id = ops.run_id()
),

changed_key as (
    select distinct
        stock_result_change.connection_code,
        stock_result_change.pipeline_code,
        stock_result_change.spec_id,
        stock_result_change.warehouse_id
    from setting
    inner join compare.stock_result_change
        on stock_result_change.connection_code = setting.connection_code
        and stock_result_change.pipeline_code = setting.pipeline_code
    inner join ops.input_run on input_run.run_id = stock_result_change.run_id
),

written_back as (
    select
        changed_key.connection_code,
        changed_key.pipeline_code,
        changed_key.spec_id || '@' || changed_key.warehouse_id as business_key,
        coalesce(stock_result.is_written_back, false) as is_written_back,
        json_build_object(
            'dataset', 'wdt.stock',
            'record_key', changed_key.spec_id || '@' || changed_key.warehouse_id,
            'strategy_id', setting.strategy_id,
            'index_combination', json_build_object(
                'new_warehouseno', stock_result.warehouse_code,
                'productsku_code', stock_result.sku_code
            ),
            'comparison_field', json_build_object(
                setting.counterpart_field, json_build_object(
                    'operator', setting.operator,
                    'value', trim_scale(stock_result.source_qty)::text
                )
            ),
            'target_field_quote', setting.target_field_quote,
            'state', case stock_result.outcome
                when 'equal' then 'finished'
                when 'ignored' then 'ignored'
                else 'error'
            end,
            'primaryWriteback', json_build_object(
                'currentqty', trim_scale(stock_result.currentqty)::text
            )
        )::text as payload
    from changed_key
    cross join setting
    left join compare.stock_result
        on stock_result.connection_code = changed_key.connection_code
        and stock_result.pipeline_code = changed_key.pipeline_code
        and stock_result.spec_id = changed_key.spec_id
        and stock_result.warehouse_id = changed_key.warehouse_id
),

revised as materialized (
    select
        nextval('outbox.document_id_seq') as document_id,
        written_back.connection_code,
        written_back.pipeline_code,
        written_back.business_key,
        coalesce(head.revision, 0) + 1 as revision,
        written_back.payload,
        hashtextextended(written_back.payload, 0) as payload_hash
    from written_back
    left join outbox.head
        on head.connection_code = written_back.connection_code
        and head.pipeline_code = written_back.pipeline_code
        and head.business_key = written_back.business_key
    where
        (written_back.is_written_back or head.business_key is not null)
        and head.payload_hash is distinct from hashtextextended(written_back.payload, 0)
),

logged as (
    insert into outbox.document (
        connection_code,
        pipeline_code,
        document_id,
        business_key,
        revision,
        payload,
        payload_hash,
        run_id
    )
    select
        revised.connection_code,
        revised.pipeline_code,
        revised.document_id,
        revised.business_key,
        revised.revision,
        revised.payload,
        revised.payload_hash,
        ops.run_id()
    from revised
),

headed as (
    insert into outbox.head (
        connection_code,
        pipeline_code,
        business_key,
        document_id,
        revision,
        payload_hash
    )
    select
        revised.connection_code,
        revised.pipeline_code,
        revised.business_key,
        revised.document_id,
        revised.revision,
        revised.payload_hash
    from revised
    on conflict on constraint head_pkey do update
    set
        document_id = excluded.document_id,
        revision = excluded.revision,
        payload_hash = excluded.payload_hash
)

select
    ops.count_up('outbox.document', 'made', (select count(*) from revised)),
    ops.count_up('outbox.document', 'unchanged', (select count(*) from written_back) - (select count(*) from revised));

-- What a person holds is held in its new revision, too.
select outbox.pass_holds_on();
