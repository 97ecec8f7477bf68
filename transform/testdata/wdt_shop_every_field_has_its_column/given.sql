-- pipeline: wdt-shops-to-jdy
-- A record with every field of the published list: each goes into the column of its name.
select given.pages('wdt', 'wdt.shop', '[
    {"shop_id": "shop_id", "shop_no": "shop_no", "shop_name": "shop_name", "platform_id": "platform_id",
     "sub_platform_id": "sub_platform_id", "account_id": "account_id", "account_nick": "account_nick",
     "province": "province", "city": "city", "district": "district", "province_name": "province_name",
     "city_name": "city_name", "district_name": "district_name", "address": "address", "contact": "contact",
     "zip": "zip", "mobile": "mobile", "telno": "telno", "remark": "remark",
     "pay_account_id": "pay_account_id", "auth_state": "auth_state", "push_rds_id": "push_rds_id",
     "pay_auth_state": "pay_auth_state", "app_key": "app_key", "refresh_token": "refresh_token",
     "sh_secret": "sh_secret", "auth_time": "2026-01-01 00:28:00", "expire_time": "2026-01-01 00:29:00",
     "re_expire_time": "2026-01-01 00:30:00", "freeze_auth_to": "2026-01-01 00:31:00",
     "wms_check": "wms_check", "logistics_id": "logistics_id", "cod_logistics_id": "cod_logistics_id",
     "country": "country", "address_id": "address_id", "email": "email", "website": "website",
     "prop1": "prop1", "prop2": "prop2", "is_undownload_trade": "is_undownload_trade",
     "invoice_provider_id": "invoice_provider_id", "group_id": "group_id",
     "is_hold_enabled": "is_hold_enabled", "is_nomerge": "is_nomerge", "is_nosplit": "is_nosplit",
     "is_forbidden_setwarebygoods": "is_forbidden_setwarebygoods", "is_setwarebygoods": "is_setwarebygoods",
     "cust_data": "cust_data", "is_topreorder": "is_topreorder", "is_disabled": "is_disabled",
     "taobao_shop_id": "taobao_shop_id", "invoice_payee_id": "invoice_payee_id",
     "paper_invoice_provider_id": "paper_invoice_provider_id", "logistics_sync_delay": "55.5",
     "forbidden_logistics_list": "forbidden_logistics_list", "shop_priority": "57.5",
     "great_deal_limit": "58.5", "great_deal_warehouse": "great_deal_warehouse",
     "modified": "2026-01-01 01:00:00", "created": "2026-01-01 01:01:00"}
]');
