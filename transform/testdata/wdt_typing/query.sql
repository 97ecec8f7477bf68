select
    spec_id, warehouse_id, quote_nullable(goods_no) as goods_no, quote_nullable(spec_no) as spec_no, rec_id, status,
    stock_num, lock_num, order_num, sending_num, unpay_num, purchase_num, weight, cost_price, created, modified,
    goods_name, place,
    (
        select page.records::json -> (stock.place - 1) ->> 'unknown'
        from staging.page
        where page.page_id = stock.page_id
    ) as unknown_field_in_the_page
from wdt.stock
order by place
