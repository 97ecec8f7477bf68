-- 旺店通 stock, one row per SKU and warehouse, under the vendor's own field names.
--
-- Quantities are numeric without a scale: the vendor shows four decimals, and what comes is kept exactly.
-- currentqty (YS现存量) is not here: it is no field of the vendor's but a write-back; see report.wdt_stock.

-- +goose Up
create table wdt.stock (
    connection_code text collate "C" not null,
    spec_id text collate "C" not null,
    warehouse_id text collate "C" not null,
    goods_no text collate "C",
    spec_no text collate "C",
    spec_code text collate "C",
    barcode text collate "C",
    warehouse_no text collate "C",
    warehouse_name text collate "C",
    goods_name text collate "C",
    spec_name text collate "C",
    stock_num numeric,
    lock_num numeric,
    unpay_num numeric,
    subscribe_num numeric,
    order_num numeric,
    sending_num numeric,
    purchase_num numeric,
    transfer_num numeric,
    avaliable_num numeric,
    weight numeric,
    cost_price numeric,
    rec_id text collate "C",
    status text collate "C",
    default_position_id text collate "C",
    last_position_id text collate "C",
    created timestamptz,
    modified timestamptz,
    page_id bigint not null,
    place integer not null,
    run_id bigint not null,
    constraint stock_pkey primary key (connection_code, spec_id, warehouse_id)
) with (fillfactor = 90);
comment on table wdt.stock is 'One row is the stock of one SKU in one warehouse (旺店通 wdt.stock.query 库存查询). A row changes only when the source did.';
comment on column wdt.stock.connection_code is 'The 旺店通 account.';
comment on column wdt.stock.spec_id is '单品主键id: key of the SKU.';
comment on column wdt.stock.warehouse_id is '仓库主键id: key of the warehouse.';
comment on column wdt.stock.goods_no is '货品编号.';
comment on column wdt.stock.spec_no is '商家编码, the SKU as people write it.';
comment on column wdt.stock.spec_code is '规格码.';
comment on column wdt.stock.barcode is '条形码.';
comment on column wdt.stock.warehouse_no is '仓库编号.';
comment on column wdt.stock.warehouse_name is '仓库名称.';
comment on column wdt.stock.goods_name is '货品名称 (not in the seed''s list, seen publicly).';
comment on column wdt.stock.spec_name is '规格名称 (not in the seed''s list, seen publicly).';
comment on column wdt.stock.stock_num is '库存量: physical quantity in the warehouse, occupied stock included.';
comment on column wdt.stock.lock_num is '锁定量: locked, as by an activity.';
comment on column wdt.stock.unpay_num is '未付款量: occupied by unpaid orders.';
comment on column wdt.stock.subscribe_num is '预订单量: occupied by pre-orders.';
comment on column wdt.stock.order_num is '待审核量: occupied by orders to be reviewed.';
comment on column wdt.stock.sending_num is '待发货量: occupied by reviewed orders to be shipped.';
comment on column wdt.stock.purchase_num is '采购在途量: purchased, on the way.';
comment on column wdt.stock.transfer_num is '调拨在途量: transferred, on the way.';
comment on column wdt.stock.avaliable_num is '可发库存: sellable by the formula set in the tenant''s ERP; the misspelling is the vendor''s (not in the seed''s list).';
comment on column wdt.stock.weight is '重量.';
comment on column wdt.stock.cost_price is '成本价 (not in the seed''s list).';
comment on column wdt.stock.rec_id is '主键: the vendor''s row id.';
comment on column wdt.stock.status is '状态.';
comment on column wdt.stock.default_position_id is '默认入库货位.';
comment on column wdt.stock.last_position_id is '最后一次入库货位.';
comment on column wdt.stock.created is '创建时间.';
comment on column wdt.stock.modified is '最后修改时间: what the query''s window filters on.';
comment on column wdt.stock.page_id is 'Page of staging.page that brought the row''s present values.';
comment on column wdt.stock.place is 'Place of the record in that page, counted from 1.';
comment on column wdt.stock.run_id is 'Run that wrote the present values. Not indexed, so that updates stay HOT.';

create table wdt.stock_change (
    connection_code text collate "C" not null,
    changed_at timestamptz not null default now(),
    run_id bigint not null,
    spec_id text collate "C" not null,
    warehouse_id text collate "C" not null
) partition by range (changed_at);
comment on table wdt.stock_change is 'One row says that a row of wdt.stock was written in a run. Append-only feed for later stages, partitioned by day.';
comment on column wdt.stock_change.connection_code is 'The 旺店通 account.';
comment on column wdt.stock_change.changed_at is 'When; the partition key.';
comment on column wdt.stock_change.run_id is 'The run that wrote it.';
comment on column wdt.stock_change.spec_id is 'Key of the SKU.';
comment on column wdt.stock_change.warehouse_id is 'Key of the warehouse.';
create index stock_change_run_idx on wdt.stock_change (run_id);

-- +goose Down
drop table wdt.stock_change;
drop table wdt.stock;
