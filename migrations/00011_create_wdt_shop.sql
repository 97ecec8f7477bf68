-- 旺店通 shops, one row per shop, under the vendor's own field names.
--
-- Flags and codes are text as they come: the vendor writes "0" and "1", and a code may grow a letter. app_key,
-- refresh_token and sh_secret are credentials of the shop: no view of schema report shows them.

-- +goose Up
create table wdt.shop (
    connection_code text collate "C" not null,
    shop_id text collate "C" not null,
    shop_no text collate "C",
    shop_name text collate "C",
    platform_id text collate "C",
    sub_platform_id text collate "C",
    account_id text collate "C",
    account_nick text collate "C",
    province text collate "C",
    city text collate "C",
    district text collate "C",
    province_name text collate "C",
    city_name text collate "C",
    district_name text collate "C",
    address text collate "C",
    contact text collate "C",
    zip text collate "C",
    mobile text collate "C",
    telno text collate "C",
    remark text collate "C",
    pay_account_id text collate "C",
    auth_state text collate "C",
    push_rds_id text collate "C",
    pay_auth_state text collate "C",
    app_key text collate "C",
    refresh_token text collate "C",
    sh_secret text collate "C",
    auth_time timestamptz,
    expire_time timestamptz,
    re_expire_time timestamptz,
    freeze_auth_to timestamptz,
    wms_check text collate "C",
    logistics_id text collate "C",
    cod_logistics_id text collate "C",
    country text collate "C",
    address_id text collate "C",
    email text collate "C",
    website text collate "C",
    prop1 text collate "C",
    prop2 text collate "C",
    is_undownload_trade text collate "C",
    invoice_provider_id text collate "C",
    group_id text collate "C",
    is_hold_enabled text collate "C",
    is_nomerge text collate "C",
    is_nosplit text collate "C",
    is_forbidden_setwarebygoods text collate "C",
    is_setwarebygoods text collate "C",
    cust_data text collate "C",
    is_topreorder text collate "C",
    is_disabled text collate "C",
    taobao_shop_id text collate "C",
    invoice_payee_id text collate "C",
    paper_invoice_provider_id text collate "C",
    logistics_sync_delay numeric,
    forbidden_logistics_list text collate "C",
    shop_priority numeric,
    great_deal_limit numeric,
    great_deal_warehouse text collate "C",
    modified timestamptz,
    created timestamptz,
    page_id bigint not null,
    place integer not null,
    record_hash bigint not null,
    run_id bigint not null,
    constraint shop_pkey primary key (connection_code, shop_id)
) with (fillfactor = 90);
comment on table wdt.shop is 'One row is one shop (旺店通 wdt.shop.query 查询店铺), in use or not. A row changes only when the source did.';
comment on column wdt.shop.connection_code is 'The 旺店通 account.';
comment on column wdt.shop.shop_id is '店铺ID: key of the shop.';
comment on column wdt.shop.shop_no is '店铺编号: the shop''s code as people write it.';
comment on column wdt.shop.shop_name is '店铺名称: name of the shop.';
comment on column wdt.shop.platform_id is '平台ID: sales platform; 127 is the merchant''s own (自有平台).';
comment on column wdt.shop.sub_platform_id is '子平台ID: division of the sales platform.';
comment on column wdt.shop.account_id is '平台授权账号ID: the account that authorised the platform.';
comment on column wdt.shop.account_nick is '平台授权账号昵称: nickname of that account.';
comment on column wdt.shop.province is '省份ID: area code of the province.';
comment on column wdt.shop.city is '城市ID: area code of the city.';
comment on column wdt.shop.district is '区县ID: area code of the district.';
comment on column wdt.shop.province_name is '省份名称: name of the province.';
comment on column wdt.shop.city_name is '城市名称: name of the city.';
comment on column wdt.shop.district_name is '区县名称: name of the district.';
comment on column wdt.shop.address is '地址: street address, personal data.';
comment on column wdt.shop.contact is '联系人: person to turn to, personal data.';
comment on column wdt.shop.zip is '邮编: postcode.';
comment on column wdt.shop.mobile is '移动电话: mobile phone, personal data.';
comment on column wdt.shop.telno is '固定电话: landline, personal data.';
comment on column wdt.shop.remark is '备注: note.';
comment on column wdt.shop.pay_account_id is '账款账号: account that payments go to.';
comment on column wdt.shop.auth_state is '授权状态: whether the platform is authorised, a code.';
comment on column wdt.shop.push_rds_id is '是否启用推送: whether orders are pushed; 0 is no.';
comment on column wdt.shop.pay_auth_state is '支付宝授权状态: whether Alipay is authorised, a code.';
comment on column wdt.shop.app_key is '授权key信息: credential of the shop; never shown in a view, log or preview.';
comment on column wdt.shop.refresh_token is '更新口令: credential of the shop; never shown in a view, log or preview.';
comment on column wdt.shop.sh_secret is '授权码: credential of the shop; never shown in a view, log or preview.';
comment on column wdt.shop.auth_time is 'API授权日期: when the platform was authorised.';
comment on column wdt.shop.expire_time is 'session过期时间: when the session ends.';
comment on column wdt.shop.re_expire_time is 'refresh_token过期时间: when refresh_token ends.';
comment on column wdt.shop.freeze_auth_to is '冻结授权时间: authorisation is frozen until then.';
comment on column wdt.shop.wms_check is '物流宝订单: whether it takes orders of 菜鸟 物流宝.';
comment on column wdt.shop.logistics_id is '使用物流公司: carrier used.';
comment on column wdt.shop.cod_logistics_id is '货到付款物流: carrier used for cash on delivery.';
comment on column wdt.shop.country is '国家: country.';
comment on column wdt.shop.address_id is '地址库id: address in the vendor''s address book.';
comment on column wdt.shop.email is '邮件: e-mail, personal data.';
comment on column wdt.shop.website is '店铺网址: address of the shop on the web.';
comment on column wdt.shop.prop1 is '自定义属性1: field of the merchant''s own.';
comment on column wdt.shop.prop2 is '自定义属性2: field of the merchant''s own.';
comment on column wdt.shop.is_undownload_trade is '是否禁止自动抓取订单: whether orders are not fetched by themselves.';
comment on column wdt.shop.invoice_provider_id is '服务商id: provider of electronic invoices.';
comment on column wdt.shop.group_id is '分组id: group of shops.';
comment on column wdt.shop.is_hold_enabled is '米氏抢单开关: switch for grabbing orders.';
comment on column wdt.shop.is_nomerge is '递交中禁止店铺自动合并: whether the shop''s orders are never merged by themselves.';
comment on column wdt.shop.is_nosplit is '递交中禁止店铺自动拆分: whether the shop''s orders are never split by themselves.';
comment on column wdt.shop.is_forbidden_setwarebygoods is '递交中是否禁用货品指定仓库策略: whether the warehouse is not chosen by the goods.';
comment on column wdt.shop.is_setwarebygoods is '货品指定方式: how goods choose the warehouse.';
comment on column wdt.shop.cust_data is '自定义字段: fields of the merchant''s own.';
comment on column wdt.shop.is_topreorder is '是否转入预订单: whether orders become pre-orders.';
comment on column wdt.shop.is_disabled is '是否停用: 0 is in use, 1 is out of use.';
comment on column wdt.shop.taobao_shop_id is '非淘店铺关联淘宝店铺: Taobao shop that this shop of another platform belongs to.';
comment on column wdt.shop.invoice_payee_id is '收款方id: who is paid, on invoices.';
comment on column wdt.shop.paper_invoice_provider_id is '纸质服务商id: provider of paper invoices.';
comment on column wdt.shop.logistics_sync_delay is '物流同步延迟小时数: hours until the tracking number goes to the platform.';
comment on column wdt.shop.forbidden_logistics_list is '店铺禁用物流列表: carriers that the shop does not use.';
comment on column wdt.shop.shop_priority is '店铺展示顺序: place of the shop in lists.';
comment on column wdt.shop.great_deal_limit is '大单的单品数量最低限制: least quantity of one SKU that makes a big order.';
comment on column wdt.shop.great_deal_warehouse is '大单指定仓库: warehouse for big orders.';
comment on column wdt.shop.modified is '最后修改时间: last change.';
comment on column wdt.shop.created is '创建时间: when the shop was made.';
comment on column wdt.shop.page_id is 'Page of staging.page that brought the present values.';
comment on column wdt.shop.place is 'Place of the record in that page, counted from 1.';
comment on column wdt.shop.record_hash is 'Hash of the record''s text as it came: a record with the same hash is not written again.';
comment on column wdt.shop.run_id is 'Run that wrote the present values. Not indexed, so that updates stay HOT.';

create table wdt.shop_change (
    connection_code text collate "C" not null,
    changed_at timestamptz not null default now(),
    run_id bigint not null,
    shop_id text collate "C" not null
) partition by range (changed_at);
comment on table wdt.shop_change is 'One row says that a row of wdt.shop was written in a run. Append-only feed for later stages, partitioned by day.';
comment on column wdt.shop_change.connection_code is 'The 旺店通 account.';
comment on column wdt.shop_change.changed_at is 'When; the partition key.';
comment on column wdt.shop_change.run_id is 'The run that wrote it.';
comment on column wdt.shop_change.shop_id is 'Key of the shop.';
create index shop_change_run_idx on wdt.shop_change (run_id);

-- +goose Down
drop table wdt.shop_change;
drop table wdt.shop;
