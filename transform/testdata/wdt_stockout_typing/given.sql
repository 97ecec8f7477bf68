-- pipeline: wdt-stockouts-to-tplus
-- What stands in a page becomes the value of a column, whatever form, letter case or kind of list the platform sends.
select given.pages('wdt', 'wdt.stockout', '[
    {"stockout_id": 9007199254740993, "order_no": "numbers", "status": 95, "is_allocated": true, "goods_count": 2, "post_amount": 1e2,
     "goods_total_amount": "59.8000", "post_cost": " 1.50 ", "tax": "", "cod_amount": "  ", "paid": null, "receivable": "+0.1", "discount": -0.10,
     "details_list": [
        {"goods_count": "2.0000", "price": 2.99E1, "sell_price": "29.9000", "gift_type": 0, "spec_no": "A"},
        {"goods_count": 1, "price": "1e-3", "spec_no": "A", "position_list": [
            {"num": "0.4", "position_no": "A-01"},
            {"num": 0.6, "position_no": "A-02", "batch_no": ""}
        ]}
     ]},
    {"stockout_id": "times", "consign_time": "2024-02-29 00:20:00", "created": "2024-02-29T23:59:59.123", "trade_time": "0000-00-00 00:00:00",
     "pay_time": "1000-01-01 00:00:00", "stock_check_time": "", "modified": null, "to_deliver_time": "after work",
     "details_list": [{"expire_date": "2027-01-01", "modified": "0000-00-00 00:00:00", "position_list": [{"modified": "2024-02-29 00:20:05.5"}]}]},
    {"STOCKOUT_ID": "letters", "Order_No": "UP", "Consign_Time": "2024-03-01 08:00:00", "Details_List": [
        {"Goods_Count": "3", "Position_List": [{"Position_No": "B-01"}]}
     ]},
    {"order_no": "key on the line", "details_list": [{"stockout_id": "line"}, {"stockout_id": "line"}]},
    {"stockout_id": "absent"},
    {"stockout_id": "null", "details_list": null},
    {"stockout_id": "blank", "details_list": ""},
    {"stockout_id": "empty", "details_list": []},
    {"stockout_id": "object", "details_list": { }},
    {"stockout_id": "positions", "details_list": [{"position_list": null}, {"position_list": ""}, {"position_list": {}}, {"position_list": []}, {}]},
    {"stockout_id": "texts", "remark": "他说\"好\"\\\t😀 \u7ea2", "buyer_message": "", "cs_remark": null, "reserve": {"kept": [1]}, "unknown": 1}
]');
