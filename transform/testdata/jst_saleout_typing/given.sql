-- pipeline: jst-orders
-- The three routes send money as numbers, as texts and as blank texts, times with and without milliseconds, flags as
-- JSON's and as words, and lists in every state of absence.
select given.answer('jst', 'jst.saleout', '{"msg": "执行成功", "code": 0, "data": {"page_index": 1}}', '[
    {"io_id": 166, "shop_id": 11690153, "status": "Confirmed", "is_cod": false, "is_print_express": true, "pay_amount": 706.0, "free_amount": 0.0,
     "f_weight": null, "ts": 9007199254740993, "modified": "2021-09-23 15:07:58", "created": "2021-06-28 19:22:51.000", "labels": "延时发货",
     "pay_date": "2019-12-16 16:35:28", "drp_co_id_from": "", "seller_flag": 3,
     "items": [{"ioi_id": 198, "sku_id": "s1", "qty": 1, "sale_price": 223.0, "is_gift": false}],
     "batchs": [{"batch_no": "B001", "ioi_id": 198, "sku_id": "s1", "qty": 1, "supplier_id": 3877328, "expiration_date": null}],
     "sns": [{"sku_id": "s1", "sn": "SN0001", "is_opened": true}], "ClusterInfos": [{"l_id": "L2", "f_weight": 0.5}]}
]');
select given.answer('jst', 'jst.saleout', '{"code": 0, "issuccess": true, "msg": null, "page_count": 1}', '[
    {"io_id": "old", "pay_amount": "", "paid_amount": null, "free_amount": "0.00", "modified": "0000-00-00 00:00:00", "io_date": "",
     "items": [{"qty": "2.5", "sale_price": "1E1", "sale_amount": ""}], "sns": [{"sn": "of the old gateway"}]}
]');
select given.answer('jst', 'jst.saleout', '{"response": {"request_id": "r", "code": 0, "message": "ok"}}', '[
    {"IO_ID": "qimen", "Status": "Archive", "pay_amount": "706.00", "is_print": "true", "wave_id": "12",
     "Items": [{"Sku_Id": "s1", "Qty": 1, "Sale_Price": "223.00", "oi_id": 5}], "SNs": [{"sn": "of qimen"}], "clusterinfos": [{"l_id": "L3"}]},
    {"io_id": "absent"},
    {"io_id": "null", "items": null, "batchs": null, "sns": null, "pays": null, "ClusterInfos": null},
    {"io_id": "blank", "items": "", "batchs": "", "sns": " ", "pays": "", "ClusterInfos": ""},
    {"io_id": "empty", "items": [], "batchs": [], "sns": [], "pays": [], "ClusterInfos": []},
    {"io_id": "object", "items": {}, "batchs": {}, "sns": {}, "pays": {}, "ClusterInfos": { }},
    {"io_id": "the order goes first", "labels": "order", "weight": 1, "remark": "", "items": [
        {"labels": "item", "weight": 2, "remark": "item", "l_id": "item", "pay_amount": "", "pays": [{"pay_amount": 3, "weight": "no number"}]}
    ]}
]');
