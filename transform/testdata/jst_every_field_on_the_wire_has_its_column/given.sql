-- pipeline: jst-saleouts-to-k3cloud
-- A document as it comes over the wire: batches, codes and payments stand beside the items, pay_date on the order, and
-- code, issuccess and msg in the envelope (open platform's and old gateway's names).
select given.answer('jst', 'jst.saleout', '{"code": "code", "issuccess": "issuccess", "msg": "msg", "has_next": false}', '[
    {"io_id": "io_id", "co_id": "co_id", "shop_id": "shop_id", "o_id": "o_id", "so_id": "so_id",
     "created": "2026-01-01 00:07:00", "modified": "2026-01-01 00:08:00", "status": "status",
     "order_type": "order_type", "invoice_title": "invoice_title", "shop_buyer_id": "shop_buyer_id",
     "receiver_country": "receiver_country", "receiver_state": "receiver_state",
     "receiver_city": "receiver_city", "receiver_district": "receiver_district",
     "receiver_town": "receiver_town", "receiver_address": "receiver_address",
     "receiver_name": "receiver_name", "receiver_phone": "receiver_phone",
     "receiver_mobile": "receiver_mobile", "buyer_message": "buyer_message", "remark": "remark",
     "is_cod": "is_cod", "pay_amount": "25.5", "l_id": "l_id", "io_date": "2026-01-01 00:27:00",
     "lc_id": "lc_id", "stock_enabled": "stock_enabled", "drp_co_id_from": "drp_co_id_from",
     "labels": "labels", "paid_amount": "32.5", "free_amount": "33.5", "freight": "34.5", "weight": "35.5",
     "f_weight": "36.5", "merge_so_id": "merge_so_id", "wms_co_id": "wms_co_id",
     "business_staff": "business_staff", "currency": "currency", "f_freight": "41.5", "oaid": "oaid",
     "open_id": "open_id", "order_date": "2026-01-01 00:44:00", "order_from": "order_from",
     "pay_date": "2026-01-01 00:46:00", "question_type": "question_type", "referrer_id": "referrer_id",
     "referrer_name": "referrer_name", "seller_flag": "seller_flag", "send_date": "2026-01-01 00:51:00",
     "shop_name": "shop_name", "shop_status": "shop_status", "type": "type", "buyer_tax_no": "buyer_tax_no",
     "node": "node", "buyer_paid_amount": "57.5", "seller_income_amount": "58.5", "f_volume": "59.5",
     "logistics_company": "logistics_company", "drp_info": "drp_info", "warehouse": "warehouse",
     "order_staff_id": "order_staff_id", "order_staff_name": "order_staff_name", "wave_id": "wave_id",
     "is_print": "is_print", "is_print_express": "is_print_express", "ts": "68.5",
     "owner_co_id": "owner_co_id", "package_no": "package_no", "warehouse_oid": "warehouse_oid",
     "gov_supplier_name": "gov_supplier_name", "government_free_amount": "73.5", "first_freight": "74.5",
     "outerwms_freight": "75.5", "first_freight_tariff": "76.5", "field_2": "77.5", "shipment": "shipment",
     "deliver_name": "deliver_name", "channel_name": "channel_name", "tracking_number": "tracking_number",
     "cb_finances": "cb_finances", "cb_financenew": "cb_financenew",
     "items": [
        {"ioi_id": "ioi_id", "pic": "pic", "sku_id": "sku_id", "qty": "7.5", "name": "name",
         "properties_value": "properties_value", "sale_price": "10.5", "sale_amount": "11.5", "i_id": "i_id",
         "sale_base_price": "13.5", "is_gift": "is_gift", "oi_id": "oi_id", "outer_oi_id": "outer_oi_id",
         "raw_so_id": "raw_so_id", "unit": "unit", "combine_sku_id": "combine_sku_id", "buyer_paid_amount": "20.5",
         "seller_income_amount": "21.5", "total_qty": "22.5", "batch_id": "batch_id",
         "product_date": "2026-01-01 00:24:00", "supplier_id": "supplier_id",
         "expiration_date": "2026-01-01 00:26:00", "bu_id": "bu_id", "price": "28.5", "amount": "29.5",
         "base_price": "30.5", "item_status": "item_status", "is_presale": "is_presale", "shop_i_id": "shop_i_id",
         "shop_sku_id": "shop_sku_id", "sku_type": "sku_type"}
     ],
     "batchs": [
        {"batch_no": "batch_no", "ioi_id": "ioi_id", "sku_id": "sku_id", "qty": "8.5",
         "product_date": "2026-01-01 00:09:00", "supplier_id": "supplier_id", "supplier_name": "supplier_name",
         "expiration_date": "2026-01-01 00:12:00", "status": "status"}
     ],
     "sns": [
        {"sku_id": "sku_id", "sn": "sn", "certificate_no": "certificate_no", "is_pack_sn": "is_pack_sn",
         "is_opened": "is_opened", "pack_sn": "pack_sn"}
     ],
     "pays": [
        {"amount": "4.5", "buyer_account": "buyer_account", "is_order_pay": "is_order_pay",
         "outer_pay_id": "outer_pay_id", "pay_date": "2026-01-01 00:08:00", "pay_id": "pay_id",
         "payment": "payment", "status": "status"}
     ],
     "ClusterInfos": [
        {"l_id": "l_id", "logistic_company": "logistic_company", "lc_id": "lc_id", "f_weight": "7.5"}
     ]}
]');
