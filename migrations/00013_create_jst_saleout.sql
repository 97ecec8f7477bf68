-- 聚水潭 sale-outs of all three routes (open platform, old gateway, Qimen): document, lines, batches, unique codes,
-- payments and parcels.
--
-- The seeds print batches below the line and codes below the batch; on the wire they stand beside the lines. So their
-- tables are keyed by the place in their own list and name the line, and the batch, they belong to. Whatever the
-- Qimen page prints below items.pays beside the payment's own eight fields is a field of the document.
-- All lists are replaced as a whole with their document. JSON's true and false are kept as the texts true and false.
--
-- The seed of the Qimen page gives no Chinese names; those here are the ones that the vendor's order list uses.

-- +goose Up
create schema jst;
comment on schema jst is '聚水潭 (Jushuitan): typed rows under the vendor''s own field names. Written by sql/source.';

create table jst.saleout (
    connection_code text collate "C" not null,
    io_id text collate "C" not null,
    co_id text collate "C",
    shop_id text collate "C",
    o_id text collate "C",
    so_id text collate "C",
    created timestamptz,
    modified timestamptz,
    status text collate "C",
    order_type text collate "C",
    invoice_title text collate "C",
    shop_buyer_id text collate "C",
    receiver_country text collate "C",
    receiver_state text collate "C",
    receiver_city text collate "C",
    receiver_district text collate "C",
    receiver_town text collate "C",
    receiver_address text collate "C",
    receiver_name text collate "C",
    receiver_phone text collate "C",
    receiver_mobile text collate "C",
    buyer_message text collate "C",
    remark text collate "C",
    is_cod text collate "C",
    pay_amount numeric,
    l_id text collate "C",
    io_date timestamptz,
    lc_id text collate "C",
    stock_enabled text collate "C",
    drp_co_id_from text collate "C",
    labels text collate "C",
    paid_amount numeric,
    free_amount numeric,
    freight numeric,
    weight numeric,
    f_weight numeric,
    merge_so_id text collate "C",
    wms_co_id text collate "C",
    business_staff text collate "C",
    currency text collate "C",
    f_freight numeric,
    oaid text collate "C",
    open_id text collate "C",
    order_date timestamptz,
    order_from text collate "C",
    pay_date timestamptz,
    question_type text collate "C",
    referrer_id text collate "C",
    referrer_name text collate "C",
    seller_flag text collate "C",
    send_date timestamptz,
    shop_name text collate "C",
    shop_status text collate "C",
    type text collate "C",
    buyer_tax_no text collate "C",
    node text collate "C",
    buyer_paid_amount numeric,
    seller_income_amount numeric,
    f_volume numeric,
    logistics_company text collate "C",
    drp_info text collate "C",
    warehouse text collate "C",
    order_staff_id text collate "C",
    order_staff_name text collate "C",
    wave_id text collate "C",
    is_print text collate "C",
    is_print_express text collate "C",
    ts numeric,
    owner_co_id text collate "C",
    package_no text collate "C",
    warehouse_oid text collate "C",
    gov_supplier_name text collate "C",
    government_free_amount numeric,
    first_freight numeric,
    outerwms_freight numeric,
    first_freight_tariff numeric,
    field_2 numeric,
    shipment text collate "C",
    deliver_name text collate "C",
    channel_name text collate "C",
    tracking_number text collate "C",
    cb_finances text collate "C",
    cb_financenew text collate "C",
    page_id bigint not null,
    place integer not null,
    record_hash bigint not null,
    run_id bigint not null,
    constraint saleout_pkey primary key (connection_code, io_id)
) with (fillfactor = 90);
comment on table jst.saleout is 'One row is one sale-out (聚水潭 orders.out.simple.query and jushuitan.saleout.list.query 订单查询). A row changes only when the source did.';
comment on column jst.saleout.connection_code is 'The 聚水潭 account.';
comment on column jst.saleout.io_id is '出库单号: number and key of the sale-out, unique per merchant.';
comment on column jst.saleout.co_id is '公司编号: the merchant''s company.';
comment on column jst.saleout.shop_id is '店铺编号: key of the shop.';
comment on column jst.saleout.o_id is '内部单号: number of the ERP''s order.';
comment on column jst.saleout.so_id is '线上单号: number on the sales platform.';
comment on column jst.saleout.created is '创建时间: when it was made.';
comment on column jst.saleout.modified is '修改时间: last change; what the query''s window filters on.';
comment on column jst.saleout.status is '状态: WaitConfirm 待出库 waiting, Confirmed 已出库 shipped, Cancelled 取消 undone after shipping, Delete 作废 cancelled before, OuterConfirming 外部发货中, Archive 归档.';
comment on column jst.saleout.order_type is '单据类型: in words, such as 普通订单, 补发订单, 换货订单.';
comment on column jst.saleout.invoice_title is '发票抬头: whom the invoice names, personal data.';
comment on column jst.saleout.shop_buyer_id is '买家帐号: the buyer''s nickname, or the offline customer, personal data.';
comment on column jst.saleout.receiver_country is '国家: country of the receiver.';
comment on column jst.saleout.receiver_state is '省: province of the receiver.';
comment on column jst.saleout.receiver_city is '市: city of the receiver.';
comment on column jst.saleout.receiver_district is '区: district of the receiver.';
comment on column jst.saleout.receiver_town is '街道: street or town; not given on Qimen.';
comment on column jst.saleout.receiver_address is '地址: personal data; not given on Qimen.';
comment on column jst.saleout.receiver_name is '收件人姓名: personal data; not given on Qimen.';
comment on column jst.saleout.receiver_phone is '收件人手机: the mobile phone, whatever the name says, personal data; not given on Qimen.';
comment on column jst.saleout.receiver_mobile is '收件人电话: the landline, whatever the name says, personal data; not given on Qimen.';
comment on column jst.saleout.buyer_message is '买家留言: what the buyer wrote.';
comment on column jst.saleout.remark is '备注: what the seller noted.';
comment on column jst.saleout.is_cod is '是否货到付款: whether cash on delivery, true or false.';
comment on column jst.saleout.pay_amount is '应付金额: amount due.';
comment on column jst.saleout.l_id is '物流单号: tracking number.';
comment on column jst.saleout.io_date is '出库时间: when it left the warehouse.';
comment on column jst.saleout.lc_id is '快递公司编码: code of the carrier.';
comment on column jst.saleout.stock_enabled is '是否启用库存管理: whether stock is kept, on or off.';
comment on column jst.saleout.drp_co_id_from is '分销商编号: reseller; blank where there is none.';
comment on column jst.saleout.labels is '标记|多标签: tags in one text, comma-separated (assumed).';
comment on column jst.saleout.paid_amount is '实付金额: amount paid.';
comment on column jst.saleout.free_amount is '优惠金额: discount.';
comment on column jst.saleout.freight is '运费: freight that the buyer pays.';
comment on column jst.saleout.weight is '预估重量: estimated weight.';
comment on column jst.saleout.f_weight is '实称重量: weighed weight.';
comment on column jst.saleout.merge_so_id is '合并订单号: numbers on the sales platform that were merged into this one.';
comment on column jst.saleout.wms_co_id is '分仓编号: warehouse company; equals co_id for the main warehouse.';
comment on column jst.saleout.business_staff is '业务人员: salesperson.';
comment on column jst.saleout.currency is '货币类型: currency.';
comment on column jst.saleout.f_freight is '实际运费 (name assumed): freight paid (Qimen document only).';
comment on column jst.saleout.oaid is '收件人ID: key that the receiver is decrypted by (open platform: on request only).';
comment on column jst.saleout.open_id is '平台买家唯一值: the buyer on the sales platform, personal data.';
comment on column jst.saleout.order_date is '下单时间: when it was ordered (order list field).';
comment on column jst.saleout.order_from is '订单来源: where the order came from (order list field).';
comment on column jst.saleout.pay_date is '付款时间: when it was paid.';
comment on column jst.saleout.question_type is '问题类型: what is wrong with the order (order list field).';
comment on column jst.saleout.referrer_id is '主播id: live streamer who sold it (order list field).';
comment on column jst.saleout.referrer_name is '主播名称: live streamer who sold it (order list field).';
comment on column jst.saleout.seller_flag is '旗帜: 1 red, 2 yellow, 3 green, 4 blue, 5 purple.';
comment on column jst.saleout.send_date is '发货日期: when it was shipped (order list field).';
comment on column jst.saleout.shop_name is '店铺名称: name of the shop.';
comment on column jst.saleout.shop_status is '平台订单状态: state on the sales platform (order list field).';
comment on column jst.saleout.type is '订单类型: kind of order (order list field).';
comment on column jst.saleout.buyer_tax_no is '发票税号: the buyer''s tax number, personal data (not in the seeds'' lists).';
comment on column jst.saleout.node is '线下备注: offline remark (not in the seeds'' lists).';
comment on column jst.saleout.buyer_paid_amount is '买家实付: paid by the buyer, on some platforms (not in the seeds'' lists).';
comment on column jst.saleout.seller_income_amount is '卖家实收: received by the seller, on some platforms (not in the seeds'' lists).';
comment on column jst.saleout.f_volume is '实测体积: measured volume (not in the seeds'' lists).';
comment on column jst.saleout.logistics_company is '物流公司名称: name of the carrier (not in the seeds'' lists).';
comment on column jst.saleout.drp_info is '供分销信息: the reseller, as sent (not in the seeds'' lists).';
comment on column jst.saleout.warehouse is '仓库名称: name of the warehouse (not in the seeds'' lists).';
comment on column jst.saleout.order_staff_id is '订单业务员编号: the order''s salesperson (not in the seeds'' lists).';
comment on column jst.saleout.order_staff_name is '订单业务员名称: the order''s salesperson (not in the seeds'' lists).';
comment on column jst.saleout.wave_id is '拣货批次号: picking wave (not in the seeds'' lists).';
comment on column jst.saleout.is_print is '订单已打印: whether the order is printed (not in the seeds'' lists).';
comment on column jst.saleout.is_print_express is '快递单已打印: whether the waybill is printed (not in the seeds'' lists).';
comment on column jst.saleout.ts is '行版本号: row version, what the vendor advises to read by (not in the seeds'' lists).';
comment on column jst.saleout.owner_co_id is '货主编码: owner of the goods (not in the seeds'' lists).';
comment on column jst.saleout.package_no is '参考号: reference number (not in the seeds'' lists).';
comment on column jst.saleout.warehouse_oid is '外部单据号: number in the outer warehouse (not in the seeds'' lists).';
comment on column jst.saleout.gov_supplier_name is '实际销售公司: who sells, with government subsidy (not in the seeds'' lists).';
comment on column jst.saleout.government_free_amount is '国补金额: government subsidy (not in the seeds'' lists).';
comment on column jst.saleout.first_freight is '头程运费: cross-border, first leg''s freight (not in the seeds'' lists).';
comment on column jst.saleout.outerwms_freight is '尾程运费: cross-border, last leg''s freight (not in the seeds'' lists).';
comment on column jst.saleout.first_freight_tariff is '头程关税: cross-border, first leg''s duty (not in the seeds'' lists).';
comment on column jst.saleout.field_2 is '头程其他费用: cross-border, first leg''s other costs (not in the seeds'' lists).';
comment on column jst.saleout.shipment is '买家指定物流: cross-border, carrier the buyer chose (not in the seeds'' lists).';
comment on column jst.saleout.deliver_name is '物流方式: cross-border, way of delivery (not in the seeds'' lists).';
comment on column jst.saleout.channel_name is '渠道名称: cross-border, channel (not in the seeds'' lists).';
comment on column jst.saleout.tracking_number is '国际运单号: cross-border, international tracking number (not in the seeds'' lists).';
comment on column jst.saleout.cb_finances is '跨境订单财务数据: JSON as sent, the vendor''s old form (not in the seeds'' lists).';
comment on column jst.saleout.cb_financenew is '新版跨境订单财务数据: JSON as sent (not in the seeds'' lists).';
comment on column jst.saleout.page_id is 'Page of staging.page that brought the present values.';
comment on column jst.saleout.place is 'Place of the record in that page, counted from 1.';
comment on column jst.saleout.record_hash is 'Hash of the record''s text as it came: a record with the same hash is not written again.';
comment on column jst.saleout.run_id is 'Run that wrote the present values. Not indexed, so that updates stay HOT.';

create table jst.saleout_item (
    connection_code text collate "C" not null,
    io_id text collate "C" not null,
    line_no integer not null,
    ioi_id text collate "C",
    pic text collate "C",
    sku_id text collate "C",
    qty numeric,
    name text collate "C",
    properties_value text collate "C",
    sale_price numeric,
    sale_amount numeric,
    i_id text collate "C",
    sale_base_price numeric,
    is_gift text collate "C",
    oi_id text collate "C",
    outer_oi_id text collate "C",
    raw_so_id text collate "C",
    unit text collate "C",
    combine_sku_id text collate "C",
    buyer_paid_amount numeric,
    seller_income_amount numeric,
    total_qty numeric,
    batch_id text collate "C",
    product_date timestamptz,
    supplier_id text collate "C",
    expiration_date timestamptz,
    bu_id text collate "C",
    price numeric,
    amount numeric,
    base_price numeric,
    item_status text collate "C",
    is_presale text collate "C",
    shop_i_id text collate "C",
    shop_sku_id text collate "C",
    sku_type text collate "C",
    constraint saleout_item_pkey primary key (connection_code, io_id, line_no)
) with (fillfactor = 90);
comment on table jst.saleout_item is 'One row is one line of a sale-out (聚水潭 items 商品集合). Lines are replaced as a whole with their document.';
comment on column jst.saleout_item.connection_code is 'The 聚水潭 account.';
comment on column jst.saleout_item.io_id is '出库单号: key of the sale-out.';
comment on column jst.saleout_item.line_no is 'Place of the line in the document, counted from 1.';
comment on column jst.saleout_item.ioi_id is '子单号: key of the line.';
comment on column jst.saleout_item.pic is '图片: address of a picture.';
comment on column jst.saleout_item.sku_id is '商品编码: the SKU as people write it.';
comment on column jst.saleout_item.qty is '数量: quantity.';
comment on column jst.saleout_item.name is '商品名称: name of the goods.';
comment on column jst.saleout_item.properties_value is '颜色规格: colour and size.';
comment on column jst.saleout_item.sale_price is '单价: price per unit.';
comment on column jst.saleout_item.sale_amount is '金额: amount of the line.';
comment on column jst.saleout_item.i_id is '款式编码: code of the style.';
comment on column jst.saleout_item.sale_base_price is '原价: price before discounts.';
comment on column jst.saleout_item.is_gift is '是否赠品: whether a gift, true or false.';
comment on column jst.saleout_item.oi_id is '订单的子订单号: line of the ERP''s order.';
comment on column jst.saleout_item.outer_oi_id is '线上子单号: line on the sales platform.';
comment on column jst.saleout_item.raw_so_id is '原始线上单号: number of the line''s own order on the sales platform, where orders were merged.';
comment on column jst.saleout_item.unit is '商品单位: unit (not in the seeds'' lists).';
comment on column jst.saleout_item.combine_sku_id is '组合装商品编码: bundle that the line came from (not in the seeds'' lists).';
comment on column jst.saleout_item.buyer_paid_amount is '买家实付: paid by the buyer (not in the seeds'' lists).';
comment on column jst.saleout_item.seller_income_amount is '卖家实收: received by the seller (not in the seeds'' lists).';
comment on column jst.saleout_item.total_qty is '总用量: quantity used in all (not in the seeds'' lists).';
comment on column jst.saleout_item.batch_id is '批次号: batch of the line, open platform only (not in the seeds'' lists).';
comment on column jst.saleout_item.product_date is '批次日期: date of the batch, open platform only (the seed prints it on batches).';
comment on column jst.saleout_item.supplier_id is '供应商编号: supplier, open platform only (the seed prints it on batches).';
comment on column jst.saleout_item.expiration_date is '有效期至: use before, open platform only (the seed prints it on batches).';
comment on column jst.saleout_item.bu_id is '虚拟仓编码: virtual warehouse, Qimen only (not in the seeds'' lists).';
comment on column jst.saleout_item.price is '单价: price per unit (order list field).';
comment on column jst.saleout_item.amount is '金额: amount of the line (order list field).';
comment on column jst.saleout_item.base_price is '原价: price before discounts (order list field).';
comment on column jst.saleout_item.item_status is '商品状态: state of the line (order list field).';
comment on column jst.saleout_item.is_presale is '是否预售: whether sold in advance, true or false (order list field).';
comment on column jst.saleout_item.shop_i_id is '线上商品款号: the style''s code in the shop (order list field).';
comment on column jst.saleout_item.shop_sku_id is '线上商品编码: the SKU''s code in the shop (order list field).';
comment on column jst.saleout_item.sku_type is '商品类型: kind of goods (order list field).';

create table jst.saleout_batch (
    connection_code text collate "C" not null,
    io_id text collate "C" not null,
    batch_line_no integer not null,
    line_no integer,
    batch_no text collate "C",
    ioi_id text collate "C",
    sku_id text collate "C",
    qty numeric,
    product_date timestamptz,
    supplier_id text collate "C",
    supplier_name text collate "C",
    expiration_date timestamptz,
    status text collate "C",
    constraint saleout_batch_pkey primary key (connection_code, io_id, batch_line_no)
) with (fillfactor = 90);
comment on table jst.saleout_batch is 'One row is one batch of goods in a sale-out (聚水潭 batchs 批次集合). Replaced as a whole with the document.';
comment on column jst.saleout_batch.connection_code is 'The 聚水潭 account.';
comment on column jst.saleout_batch.io_id is '出库单号: key of the sale-out.';
comment on column jst.saleout_batch.batch_line_no is 'Place in the list of batches, counted from 1.';
comment on column jst.saleout_batch.line_no is 'Line of jst.saleout_item that it belongs to, by ioi_id or sku_id; null where no line can be told.';
comment on column jst.saleout_batch.batch_no is '批次号: number of the batch.';
comment on column jst.saleout_batch.ioi_id is '子单号: key of the line it belongs to, with batch mode 2.0 only.';
comment on column jst.saleout_batch.sku_id is '商品编码: the SKU.';
comment on column jst.saleout_batch.qty is '数量: quantity.';
comment on column jst.saleout_batch.product_date is '批次日期: date of the batch.';
comment on column jst.saleout_batch.supplier_id is '供应商编号: code of the supplier.';
comment on column jst.saleout_batch.supplier_name is '供应商名称: name of the supplier.';
comment on column jst.saleout_batch.expiration_date is '有效期至: use before.';
comment on column jst.saleout_batch.status is '状态: state of the batch (not in the seeds'' lists).';

create table jst.saleout_sn (
    connection_code text collate "C" not null,
    io_id text collate "C" not null,
    sn_line_no integer not null,
    line_no integer,
    batch_no text collate "C",
    sku_id text collate "C",
    sn text collate "C",
    pay_date timestamptz,
    code text collate "C",
    issuccess text collate "C",
    msg text collate "C",
    certificate_no text collate "C",
    is_pack_sn text collate "C",
    is_opened text collate "C",
    pack_sn text collate "C",
    constraint saleout_sn_pkey primary key (connection_code, io_id, sn_line_no)
) with (fillfactor = 90);
comment on table jst.saleout_sn is 'One row is the unique code of one piece in a sale-out (聚水潭 sns 唯一码集合). Replaced as a whole with the document.';
comment on column jst.saleout_sn.connection_code is 'The 聚水潭 account.';
comment on column jst.saleout_sn.io_id is '出库单号: key of the sale-out.';
comment on column jst.saleout_sn.sn_line_no is 'Place in the list of unique codes, counted from 1.';
comment on column jst.saleout_sn.line_no is 'Line of jst.saleout_item that it belongs to, by ioi_id or sku_id; null where no line can be told.';
comment on column jst.saleout_sn.batch_no is '批次号: batch that it belongs to; null where none can be told.';
comment on column jst.saleout_sn.sku_id is '商品编码: the SKU.';
comment on column jst.saleout_sn.sn is '唯一码: the unique code of one piece.';
comment on column jst.saleout_sn.pay_date is '支付时间: printed here by the seed; on the wire it stands on the order.';
comment on column jst.saleout_sn.code is '错误码: printed here by the seed; on the wire it stands in the envelope of the answer.';
comment on column jst.saleout_sn.issuccess is 'true代表成功: true is success; printed here by the seed; on the wire it stands in the envelope of the old gateway''s answer.';
comment on column jst.saleout_sn.msg is '执行描述: printed here by the seed; on the wire it stands in the envelope of the answer.';
comment on column jst.saleout_sn.certificate_no is '国补IMEI辅助唯一码: the piece''s IMEI, for government subsidy, open platform only (not in the seeds'' lists).';
comment on column jst.saleout_sn.is_pack_sn is '是否箱唯一码: whether the code is a carton''s, true or false, open platform only (not in the seeds'' lists).';
comment on column jst.saleout_sn.is_opened is '是否开箱: whether the carton was opened, true or false, open platform only (not in the seeds'' lists).';
comment on column jst.saleout_sn.pack_sn is '箱码: code of the carton, open platform only (not in the seeds'' lists).';

create table jst.saleout_pay (
    connection_code text collate "C" not null,
    io_id text collate "C" not null,
    pay_line_no integer not null,
    amount numeric,
    buyer_account text collate "C",
    is_order_pay text collate "C",
    outer_pay_id text collate "C",
    pay_date timestamptz,
    pay_id text collate "C",
    payment text collate "C",
    status text collate "C",
    constraint saleout_pay_pkey primary key (connection_code, io_id, pay_line_no)
) with (fillfactor = 90);
comment on table jst.saleout_pay is 'One row is one payment of a sale-out''s order (聚水潭 pays 支付信息). Replaced as a whole with the document.';
comment on column jst.saleout_pay.connection_code is 'The 聚水潭 account.';
comment on column jst.saleout_pay.io_id is '出库单号: key of the sale-out.';
comment on column jst.saleout_pay.pay_line_no is 'Place in the list of payments, counted from 1.';
comment on column jst.saleout_pay.amount is '支付金额: amount paid (order list field).';
comment on column jst.saleout_pay.buyer_account is '支付帐号: the buyer''s account, personal data (order list field).';
comment on column jst.saleout_pay.is_order_pay is '是否支付: whether it pays the order, true or false (order list field).';
comment on column jst.saleout_pay.outer_pay_id is '外部支付单号: number of the payment at the payment platform (order list field).';
comment on column jst.saleout_pay.pay_date is '支付时间: when (order list field).';
comment on column jst.saleout_pay.pay_id is '支付单ID: key of the payment (order list field).';
comment on column jst.saleout_pay.payment is '支付渠道: way of paying (order list field).';
comment on column jst.saleout_pay.status is '支付状态: state of the payment (order list field).';

create table jst.saleout_cluster (
    connection_code text collate "C" not null,
    io_id text collate "C" not null,
    cluster_line_no integer not null,
    l_id text collate "C",
    logistic_company text collate "C",
    lc_id text collate "C",
    f_weight numeric,
    constraint saleout_cluster_pkey primary key (connection_code, io_id, cluster_line_no)
) with (fillfactor = 90);
comment on table jst.saleout_cluster is 'One row is one parcel of a sale-out beyond the first (聚水潭 ClusterInfos 子母单的子单信息). Replaced as a whole with the document.';
comment on column jst.saleout_cluster.connection_code is 'The 聚水潭 account.';
comment on column jst.saleout_cluster.io_id is '出库单号: key of the sale-out.';
comment on column jst.saleout_cluster.cluster_line_no is 'Place in the list of parcels, counted from 1.';
comment on column jst.saleout_cluster.l_id is '物流子单号: tracking number of the parcel (not in the seeds'' lists).';
comment on column jst.saleout_cluster.logistic_company is '物流公司名称: name of the carrier (not in the seeds'' lists).';
comment on column jst.saleout_cluster.lc_id is '物流公司编码: code of the carrier (not in the seeds'' lists).';
comment on column jst.saleout_cluster.f_weight is '子单号实称重量: weighed weight of the parcel (not in the seeds'' lists).';

create table jst.saleout_change (
    connection_code text collate "C" not null,
    changed_at timestamptz not null default now(),
    run_id bigint not null,
    io_id text collate "C" not null
) partition by range (changed_at);
comment on table jst.saleout_change is 'One row says that a document of jst.saleout was written in a run, with its lists. Append-only feed for later stages, partitioned by day.';
comment on column jst.saleout_change.connection_code is 'The 聚水潭 account.';
comment on column jst.saleout_change.changed_at is 'When; the partition key.';
comment on column jst.saleout_change.run_id is 'The run that wrote it.';
comment on column jst.saleout_change.io_id is 'Key of the sale-out.';
create index saleout_change_run_idx on jst.saleout_change (run_id);

-- +goose Down
drop table jst.saleout_change;
drop table jst.saleout_cluster;
drop table jst.saleout_pay;
drop table jst.saleout_sn;
drop table jst.saleout_batch;
drop table jst.saleout_item;
drop table jst.saleout;
drop schema jst;
