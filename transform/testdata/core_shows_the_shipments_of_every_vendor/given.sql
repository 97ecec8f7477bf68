-- pipeline: wdt-stockouts-to-tplus with jst.saleout wdt.shop
-- core.shipment, core.shipment_line and core.shop unite the vendors in our names and units; no receiver's person is in
-- them.
select given.pages('wdt', 'wdt.stockout', '[
    {"stockout_id": "1", "order_no": "CK1", "src_order_no": "JY1", "src_tids": "T1,T2", "src_trade_no": "T1", "status": "95", "shop_no": "S1", "shop_name": "店一",
     "warehouse_no": "W1", "logistics_code": "SF", "logistics_name": "顺丰", "logistics_no": "SF1", "receiver_name": "张三", "receiver_province": "上海",
     "receiver_city": "上海市", "goods_total_amount": "59.8000", "post_amount": "5", "discount": "1", "currency": "", "consign_time": "2024-02-29 00:20:00",
     "created": "2024-02-28 22:00:00", "modified": "2024-02-29 00:20:05",
     "details_list": [
        {"spec_no": "G001-R", "goods_no": "G001", "goods_name": "测试货品", "spec_name": "红", "goods_count": "2", "unit_name": "件", "price": "29.9",
         "sell_price": "30", "share_amount": "59.8", "total_amount": "60", "gift_type": "0", "position_list": [{"batch_no": "B2"}, {"batch_no": "B1"}, {"batch_no": "B1"}, {"batch_no": ""}]},
        {"spec_no": "G002", "goods_name": "赠品", "goods_count": "1", "sell_price": "0", "total_amount": "0", "gift_type": "1"}
     ]},
    {"stockout_id": "2", "status": "55", "src_trade_no": "T3"}, {"stockout_id": "3", "status": "5"}, {"stockout_id": "4", "status": "120"},
    {"stockout_id": "5", "status": "115"}, {"stockout_id": "6", "status": "110"}, {"stockout_id": "7", "status": "77"}, {"stockout_id": "8"}
]');
select given.pages('jst', 'jst.saleout', '[
    {"io_id": 166, "o_id": 36008, "so_id": "34257867", "status": "Confirmed", "shop_id": 11690153, "shop_name": "聚水潭店", "wms_co_id": 11053062,
     "drp_co_id_from": "D1", "lc_id": "SF", "logistics_company": "顺丰速运", "l_id": "20210923", "receiver_state": "浙江", "receiver_city": "杭州", "receiver_name": "李四",
     "pay_amount": 706.0, "freight": 4, "free_amount": 1, "currency": "CNY", "io_date": "2021-09-23 15:07:58", "created": "2021-09-16 14:05:07", "modified": "2021-09-23 15:07:58",
     "items": [
        {"ioi_id": 198, "sku_id": "s1", "i_id": "S", "name": "SKUA1", "properties_value": "红;L", "qty": 1, "unit": "件", "sale_price": 223.0, "sale_amount": 223.0, "is_gift": false},
        {"ioi_id": 199, "sku_id": "s2", "qty": 1, "sale_price": 0, "sale_amount": 0, "is_gift": true}
     ],
     "batchs": [{"ioi_id": 198, "batch_no": "B002"}, {"ioi_id": 198, "batch_no": "B001"}]},
    {"io_id": 167, "status": "WaitConfirm"}, {"io_id": 168, "status": "OuterConfirming"}, {"io_id": 169, "status": "Cancelled"}, {"io_id": 170, "status": "Delete"},
    {"io_id": 171, "status": "Archive", "shop_id": 11690153, "shop_name": "聚水潭店", "modified": "2022-01-01 00:00:00"}, {"io_id": 172, "status": "?"}
]');
select given.pages('wdt', 'wdt.shop', '[
    {"shop_id": "8", "shop_no": "S1", "shop_name": "店一", "platform_id": "127", "province_name": "上海", "city_name": "上海市", "district_name": "浦东新区",
     "is_disabled": "0", "modified": "2024-01-02 03:04:05", "app_key": "canary", "refresh_token": "canary", "sh_secret": "canary", "mobile": "13800000000"}
]');
select given.pages('wdt', 'wdt.shop.disabled', '[{"shop_id": "9", "shop_no": "S2", "is_disabled": "1"}]');
