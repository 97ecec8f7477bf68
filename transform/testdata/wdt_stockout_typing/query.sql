select
    stockout.stockout_id,
    stockout.order_no,
    jsonb_strip_nulls(to_jsonb(stockout) - array[
        'connection_code', 'stockout_id', 'order_no', 'page_id', 'place', 'record_hash', 'run_id'
    ]) as fields,
    (
        select jsonb_agg(
            jsonb_strip_nulls(to_jsonb(stockout_line) - array['connection_code', 'stockout_id']) || jsonb_build_object(
                'positions',
                (
                    select jsonb_agg(
                        jsonb_strip_nulls(to_jsonb(stockout_position) - array['connection_code', 'stockout_id', 'line_no'])
                        order by position_line_no
                    )
                    from wdt.stockout_position
                    where
                        stockout_position.stockout_id = stockout_line.stockout_id
                        and stockout_position.line_no = stockout_line.line_no
                )
            )
            order by stockout_line.line_no
        )
        from wdt.stockout_line
        where stockout_line.stockout_id = stockout.stockout_id
    ) as lines
from wdt.stockout
order by stockout.place
