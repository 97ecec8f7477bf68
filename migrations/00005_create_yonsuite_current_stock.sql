-- 用友 YonSuite stock (现存量查询V2), one row per organisation, warehouse, material, SKU, batch, status and unit.
--
-- The vendor names no row key. row_key is the digest of the fields that tell rows apart; row_id is the order in
-- which rows were first seen, which stays when a row's figures change (on_multiple = first takes the lowest).

-- +goose Up
create table yonsuite.current_stock (
    connection_code text collate "C" not null,
    row_key uuid not null,
    row_id bigint generated always as identity,
    org text collate "C",
    org_name text collate "C",
    warehouse text collate "C",
    warehouse_code text collate "C",
    warehouse_name text collate "C",
    product text collate "C",
    product_code text collate "C",
    product_name text collate "C",
    productsku text collate "C",
    productsku_code text collate "C",
    productsku_name text collate "C",
    manageclass text collate "C",
    manageclass_code text collate "C",
    manageclass_name text collate "C",
    unit text collate "C",
    stockunitid text collate "C",
    stockunitid_code text collate "C",
    stockunitid_name text collate "C",
    batchno text collate "C",
    producedate text collate "C",
    invaliddate text collate "C",
    stockstatusdoc text collate "C",
    stockstatusdoc_statusname text collate "C",
    currentstockcharacteristic text collate "C",
    currentqty numeric,
    availableqty numeric,
    planavailableqty numeric,
    innoticeqty numeric,
    preretailqty numeric,
    invstockexchrate numeric,
    currentstocksubqty numeric,
    page_id bigint not null,
    place integer not null,
    run_id bigint not null,
    constraint current_stock_pkey primary key (connection_code, row_key)
) with (fillfactor = 90);
comment on table yonsuite.current_stock is 'One row is one stock row of 用友 YonSuite (QueryCurrentStocksByCondition 现存量查询V2). A row changes only when the source did, and goes when a complete snapshot no longer has it. Column names are the vendor''s in lower case.';
comment on column yonsuite.current_stock.connection_code is 'The YonSuite tenant.';
comment on column yonsuite.current_stock.row_key is 'md5 of org, warehouse, product, productsku, batchno, stockStatusDoc, stockUnitId and currentStockCharacteristic.';
comment on column yonsuite.current_stock.row_id is 'Order in which rows were first seen.';
comment on column yonsuite.current_stock.org is '库存组织 id.';
comment on column yonsuite.current_stock.org_name is '库存组织名称 (seen in practice, not on the vendor''s page).';
comment on column yonsuite.current_stock.warehouse is '仓库 id.';
comment on column yonsuite.current_stock.warehouse_code is '仓库编码 (seen in practice, not on the vendor''s page): new_warehouseno of the comparison.';
comment on column yonsuite.current_stock.warehouse_name is '仓库名称 (seen in practice).';
comment on column yonsuite.current_stock.product is '物料 id.';
comment on column yonsuite.current_stock.product_code is '物料编码.';
comment on column yonsuite.current_stock.product_name is '物料名称.';
comment on column yonsuite.current_stock.productsku is 'SKU id.';
comment on column yonsuite.current_stock.productsku_code is 'SKU编码; may be empty.';
comment on column yonsuite.current_stock.productsku_name is 'SKU名称.';
comment on column yonsuite.current_stock.manageclass is '物料分类 id.';
comment on column yonsuite.current_stock.manageclass_code is '物料分类编码.';
comment on column yonsuite.current_stock.manageclass_name is '物料分类名称.';
comment on column yonsuite.current_stock.unit is '主计量单位 id.';
comment on column yonsuite.current_stock.stockunitid is '结存单位 id.';
comment on column yonsuite.current_stock.stockunitid_code is '结存单位编码.';
comment on column yonsuite.current_stock.stockunitid_name is '结存单位名称.';
comment on column yonsuite.current_stock.batchno is '批次号.';
comment on column yonsuite.current_stock.producedate is '生产日期, as sent.';
comment on column yonsuite.current_stock.invaliddate is '失效日期, as sent.';
comment on column yonsuite.current_stock.stockstatusdoc is '库存状态 id: up to 19 digits, kept as text.';
comment on column yonsuite.current_stock.stockstatusdoc_statusname is '库存状态 (stockStatusDoc_statusName).';
comment on column yonsuite.current_stock.currentstockcharacteristic is '特征 (currentStockCharacteristic), JSON as sent.';
comment on column yonsuite.current_stock.currentqty is '现存量.';
comment on column yonsuite.current_stock.availableqty is '可用量.';
comment on column yonsuite.current_stock.planavailableqty is '计划可用量.';
comment on column yonsuite.current_stock.innoticeqty is '收货预计入库.';
comment on column yonsuite.current_stock.preretailqty is '订单预计出库.';
comment on column yonsuite.current_stock.invstockexchrate is '换算率 (invStockExchRate).';
comment on column yonsuite.current_stock.currentstocksubqty is '件数 (currentStockSubQty).';
comment on column yonsuite.current_stock.page_id is 'Page of staging.page that brought the row''s present values.';
comment on column yonsuite.current_stock.place is 'Place of the record in that page, counted from 1.';
comment on column yonsuite.current_stock.run_id is 'Run that wrote the present values. Not indexed, so that updates stay HOT.';
-- Codes are compared as trimmed strings.
create index current_stock_sku_idx on yonsuite.current_stock (connection_code, btrim(warehouse_code), btrim(productsku_code));

create table yonsuite.current_stock_change (
    connection_code text collate "C" not null,
    changed_at timestamptz not null default now(),
    run_id bigint not null,
    row_key uuid not null,
    warehouse_code text collate "C",
    productsku_code text collate "C"
) partition by range (changed_at);
comment on table yonsuite.current_stock_change is 'One row says that rows under a warehouse and SKU code were written or removed in a run. Append-only feed for later stages, partitioned by day.';
comment on column yonsuite.current_stock_change.connection_code is 'The YonSuite tenant.';
comment on column yonsuite.current_stock_change.changed_at is 'When; the partition key.';
comment on column yonsuite.current_stock_change.run_id is 'The run that wrote it.';
comment on column yonsuite.current_stock_change.row_key is 'The row.';
comment on column yonsuite.current_stock_change.warehouse_code is '仓库编码 before or after the change; a change of code leaves two rows.';
comment on column yonsuite.current_stock_change.productsku_code is 'SKU编码 before or after the change.';
create index current_stock_change_run_idx on yonsuite.current_stock_change (run_id);

-- +goose Down
drop table yonsuite.current_stock_change;
drop table yonsuite.current_stock;
