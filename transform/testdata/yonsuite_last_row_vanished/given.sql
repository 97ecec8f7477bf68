-- Only places vanish: nothing was landed, and still the rows of the place that is no more go.
select given.yonsuite('[{"warehouse_code": "W1", "product": "P", "productsku_code": "A", "currentqty": 1}]',
    '[{"warehouse_code": "W1", "product": "P", "productsku_code": "B", "currentqty": 2}]');
-- run
select given.yonsuite('[{"warehouse_code": "W1", "product": "P", "productsku_code": "A", "currentqty": 1}]');
