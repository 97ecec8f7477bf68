-- 旺店通 sales stockouts: document, lines, and the storage positions that each line was taken from.
--
-- Lines and positions are keyed by their place: the vendor's rec_id is not in every answer, and one SKU may stand on
-- several lines. They are replaced as a whole with their document, which is why only the document has a hash.

-- +goose Up
create table wdt.stockout (
    connection_code text collate "C" not null,
    stockout_id text collate "C" not null,
    order_no text collate "C",
    src_order_no text collate "C",
    warehouse_no text collate "C",
    consign_time timestamptz,
    order_type text collate "C",
    trade_status text collate "C",
    order_type_name text collate "C",
    trade_type text collate "C",
    subtype text collate "C",
    goods_total_amount numeric,
    goods_total_cost numeric,
    post_fee numeric,
    logistics_no text collate "C",
    package_fee numeric,
    receiver_name text collate "C",
    receiver_country text collate "C",
    receiver_province text collate "C",
    receiver_city text collate "C",
    receiver_district text collate "C",
    receiver_address text collate "C",
    receiver_mobile text collate "C",
    receiver_telno text collate "C",
    receiver_zip text collate "C",
    receiver_dtb text collate "C",
    logistics_type text collate "C",
    logistics_code text collate "C",
    logistics_name text collate "C",
    print_remark text collate "C",
    salesman_no text collate "C",
    salesman_name text collate "C",
    fullname text collate "C",
    warehouse_name text collate "C",
    created timestamptz,
    stockout_reason text collate "C",
    outer_no text collate "C",
    trade_no text collate "C",
    src_trade_no text collate "C",
    nick_name text collate "C",
    customer_name text collate "C",
    customer_no text collate "C",
    trade_time timestamptz,
    pay_time timestamptz,
    status text collate "C",
    shop_name text collate "C",
    shop_no text collate "C",
    buyer_message text collate "C",
    cs_remark text collate "C",
    flag_name text collate "C",
    post_amount numeric,
    block_reason text collate "C",
    invoice_type text collate "C",
    invoice_title text collate "C",
    invoice_content text collate "C",
    invoice_id text collate "C",
    delivery_term text collate "C",
    fenxiao_type text collate "C",
    fenxiao_nick text collate "C",
    cod_amount numeric,
    id_card_type text collate "C",
    receiver_area text collate "C",
    shop_remark text collate "C",
    platform_id text collate "C",
    trade_id text collate "C",
    checker_name text collate "C",
    employee_no text collate "C",
    operator_name text collate "C",
    packager_no text collate "C",
    packager_name text collate "C",
    picker_no text collate "C",
    picker_name text collate "C",
    printer_no text collate "C",
    printer_name text collate "C",
    examiner_no text collate "C",
    examiner_name text collate "C",
    stockout_no text collate "C",
    wms_status text collate "C",
    error_info text collate "C",
    warehouse_type text collate "C",
    warehouse_id text collate "C",
    customer_id text collate "C",
    freeze_reason text collate "C",
    is_allocated text collate "C",
    consign_status text collate "C",
    ebill_status text collate "C",
    operator_id text collate "C",
    goods_type_count numeric,
    md5_str text collate "C",
    custom_type text collate "C",
    receiver_ring text collate "C",
    to_deliver_time text collate "C",
    pre_charge_time text collate "C",
    logistics_id text collate "C",
    unknown_goods_amount numeric,
    calc_post_cost numeric,
    post_cost numeric,
    calc_weight numeric,
    post_weight numeric,
    package_id text collate "C",
    package_cost numeric,
    has_invoice text collate "C",
    printer_id text collate "C",
    pick_error_count numeric,
    picker_id text collate "C",
    sorter_id text collate "C",
    examiner_id text collate "C",
    consigner_id text collate "C",
    packager_id text collate "C",
    pack_score numeric,
    pick_score numeric,
    checkouter_id text collate "C",
    watcher_id text collate "C",
    picklist_no text collate "C",
    picklist_seq numeric,
    invoice_print_status text collate "C",
    flag_id text collate "C",
    logistics_template_id text collate "C",
    sendbill_template_id text collate "C",
    pos_allocate_mode text collate "C",
    note_count numeric,
    reason_id text collate "C",
    lock_id text collate "C",
    reserve text collate "C",
    src_tids text collate "C",
    tax numeric,
    currency text collate "C",
    id_card text collate "C",
    stock_check_time timestamptz,
    bad_reason text collate "C",
    print_batch_no text collate "C",
    sendbill_print_status text collate "C",
    logistics_print_status text collate "C",
    picklist_print_status text collate "C",
    goods_count numeric,
    receivable numeric,
    paid numeric,
    refund_status text collate "C",
    remark text collate "C",
    modified timestamptz,
    discount numeric,
    tax_rate numeric,
    page_id bigint not null,
    place integer not null,
    record_hash bigint not null,
    run_id bigint not null,
    constraint stockout_pkey primary key (connection_code, stockout_id)
) with (fillfactor = 90);
create index stockout_number_idx on wdt.stockout (connection_code, btrim(order_no));
comment on table wdt.stockout is 'One row is one sales stockout (旺店通 wdt.stockout.order.query.trade 查询销售出库单). A row changes only when the source did.';
comment on column wdt.stockout.connection_code is 'The 旺店通 account.';
comment on column wdt.stockout.stockout_id is '出库单主键id: key of the document; the number may change, this does not (in the seed on the lines, seen live on the header too).';
comment on column wdt.stockout.order_no is '出库单号: number of the stockout.';
comment on column wdt.stockout.src_order_no is '源单号: number of the ERP''s order (JY…).';
comment on column wdt.stockout.warehouse_no is '仓库编号: code of the warehouse.';
comment on column wdt.stockout.consign_time is '发货时间: when it was shipped; what the query''s window filters on.';
comment on column wdt.stockout.order_type is '出库单类型: 1 is a sale.';
comment on column wdt.stockout.trade_status is '订单状态: state of the order: 5 cancelled, 55 reviewed, 95 shipped, 105 partly paid out, 110 completed, 113 abnormal.';
comment on column wdt.stockout.order_type_name is '出库单类型名称: order_type in words.';
comment on column wdt.stockout.trade_type is '订单类型: kind of order: 1 shop sale, 2 offline, 3 exchange, 4 wholesale, 7 reissue and others.';
comment on column wdt.stockout.subtype is '出库子类型: kind within order_type.';
comment on column wdt.stockout.goods_total_amount is '货品总售价: sum of the goods'' sale prices.';
comment on column wdt.stockout.goods_total_cost is '货品总成本: sum of the goods'' costs.';
comment on column wdt.stockout.post_fee is '邮资成本: cost of postage.';
comment on column wdt.stockout.logistics_no is '物流单号: tracking number.';
comment on column wdt.stockout.package_fee is '包装费: cost of packing.';
comment on column wdt.stockout.receiver_name is '收件人: personal data; not given on Qimen.';
comment on column wdt.stockout.receiver_country is '国家: country of the receiver.';
comment on column wdt.stockout.receiver_province is '省份: province of the receiver.';
comment on column wdt.stockout.receiver_city is '城市: city of the receiver.';
comment on column wdt.stockout.receiver_district is '地区: district of the receiver.';
comment on column wdt.stockout.receiver_address is '详细地址: personal data; not given on Qimen.';
comment on column wdt.stockout.receiver_mobile is '收件人移动电话: personal data; not given on Qimen.';
comment on column wdt.stockout.receiver_telno is '收件人固定电话: personal data; not given on Qimen.';
comment on column wdt.stockout.receiver_zip is '邮编: postcode of the receiver.';
comment on column wdt.stockout.receiver_dtb is '大头笔: the carrier''s sorting mark for the label.';
comment on column wdt.stockout.logistics_type is '物流公司类型: kind of carrier.';
comment on column wdt.stockout.logistics_code is '物流公司编号: code of the carrier.';
comment on column wdt.stockout.logistics_name is '物流公司名称: name of the carrier.';
comment on column wdt.stockout.print_remark is '打印备注: note to print.';
comment on column wdt.stockout.salesman_no is '业务员编号: code of the salesperson.';
comment on column wdt.stockout.salesman_name is '业务员名称: name of the salesperson.';
comment on column wdt.stockout.fullname is '业务员名称: full name of the salesperson.';
comment on column wdt.stockout.warehouse_name is '仓库: name of the warehouse.';
comment on column wdt.stockout.created is '创建时间: when the document was made.';
comment on column wdt.stockout.stockout_reason is '出库原因: why the goods left.';
comment on column wdt.stockout.outer_no is '外部单号: number in another system.';
comment on column wdt.stockout.trade_no is '订单编号: number of the order.';
comment on column wdt.stockout.src_trade_no is '原始单号: number on the sales platform.';
comment on column wdt.stockout.nick_name is '网名: the buyer''s nickname, personal data; not given on Qimen.';
comment on column wdt.stockout.customer_name is '客户名称: the customer''s name, personal data.';
comment on column wdt.stockout.customer_no is '客户编号: code of the customer.';
comment on column wdt.stockout.trade_time is '交易时间: when it was ordered.';
comment on column wdt.stockout.pay_time is '付款时间: when it was paid.';
comment on column wdt.stockout.status is '出库单状态: 5 cancelled, 55 reviewed, 95 shipped, 105 partly paid out, 110 completed, 113 abnormal.';
comment on column wdt.stockout.shop_name is '店铺名称: name of the shop.';
comment on column wdt.stockout.shop_no is '店铺编号: code of the shop.';
comment on column wdt.stockout.buyer_message is '买家留言: what the buyer wrote.';
comment on column wdt.stockout.cs_remark is '客服备注: what customer service wrote.';
comment on column wdt.stockout.flag_name is '订单标记: mark on the order, in words.';
comment on column wdt.stockout.post_amount is '邮费: postage that the buyer pays.';
comment on column wdt.stockout.block_reason is '截停原因: why it was stopped, a code.';
comment on column wdt.stockout.invoice_type is '发票类别: 0 none, 1 ordinary, 2 ordinary VAT, 3 special VAT.';
comment on column wdt.stockout.invoice_title is '发票抬头: whom the invoice names, personal data.';
comment on column wdt.stockout.invoice_content is '发票内容: what the invoice says.';
comment on column wdt.stockout.invoice_id is '发票ID: key of the invoice.';
comment on column wdt.stockout.delivery_term is '发货条件: 1 prepaid, 2 cash on delivery, 4 credit.';
comment on column wdt.stockout.fenxiao_type is '分销类别: 0 no reseller, 1 to a supplier, 2 agency, 3 resale.';
comment on column wdt.stockout.fenxiao_nick is '分销商ID: the reseller.';
comment on column wdt.stockout.cod_amount is '货到付款金额: cash to collect on delivery.';
comment on column wdt.stockout.id_card_type is '证件类别: kind of identity document, a code.';
comment on column wdt.stockout.receiver_area is '收件人地址: province, city and district of the receiver.';
comment on column wdt.stockout.shop_remark is '店铺备注: note of the shop.';
comment on column wdt.stockout.platform_id is '平台id: sales platform.';
comment on column wdt.stockout.trade_id is '订单表主键: key of the order.';
comment on column wdt.stockout.checker_name is '审单员编号: who reviewed the order.';
comment on column wdt.stockout.employee_no is '审单员编号: code of who reviewed the order.';
comment on column wdt.stockout.operator_name is '审核员: who approved it.';
comment on column wdt.stockout.packager_no is '打包员编号: code of who packed.';
comment on column wdt.stockout.packager_name is '打包员: who packed.';
comment on column wdt.stockout.picker_no is '拣货员编号: code of who picked.';
comment on column wdt.stockout.picker_name is '拣货员: who picked.';
comment on column wdt.stockout.printer_no is '打单员编号: code of who printed.';
comment on column wdt.stockout.printer_name is '打单员: who printed.';
comment on column wdt.stockout.examiner_no is '验货员编号: code of who inspected.';
comment on column wdt.stockout.examiner_name is '验货员: who inspected.';
comment on column wdt.stockout.stockout_no is '出库单号: number of the stockout; a rejected and re-approved order gets a new one.';
comment on column wdt.stockout.wms_status is '处理状态: what the warehouse system did with it, a code.';
comment on column wdt.stockout.error_info is '接口处理错误信息: what the warehouse system''s interface complained about.';
comment on column wdt.stockout.warehouse_type is '仓库类别: kind of warehouse, a code.';
comment on column wdt.stockout.warehouse_id is '出库仓库id: key of the warehouse.';
comment on column wdt.stockout.customer_id is '客户id: key of the customer.';
comment on column wdt.stockout.freeze_reason is '冻结原因: why it is frozen, a code.';
comment on column wdt.stockout.is_allocated is '是否分配: whether stock is allocated to it.';
comment on column wdt.stockout.consign_status is '出库状态: bit mask: 1 checked, 2 weighed, 4 stocked out, 8 logistics synced, 16 sorted, 32 stall, 64 picked.';
comment on column wdt.stockout.ebill_status is '电子面单状态: state of the electronic waybill, a code.';
comment on column wdt.stockout.operator_id is '制单人: who made the document.';
comment on column wdt.stockout.goods_type_count is '货品种类数量: number of different goods.';
comment on column wdt.stockout.md5_str is 'MD5字符串值: the vendor''s digest.';
comment on column wdt.stockout.custom_type is '其他出库自定义子类别: the merchant''s own kind of other stockouts.';
comment on column wdt.stockout.receiver_ring is '京东三环内: whether within Beijing''s third ring, by 京东.';
comment on column wdt.stockout.to_deliver_time is '配送时间: when to deliver, in words.';
comment on column wdt.stockout.pre_charge_time is '配送中心: distribution centre; the name says otherwise, kept as sent.';
comment on column wdt.stockout.logistics_id is '物流公司ID: key of the carrier.';
comment on column wdt.stockout.unknown_goods_amount is '未知成本销售总额: sales of goods whose cost is unknown.';
comment on column wdt.stockout.calc_post_cost is '预估邮费成本: estimated postage.';
comment on column wdt.stockout.post_cost is '邮费成本: postage.';
comment on column wdt.stockout.calc_weight is '预估重量: estimated weight.';
comment on column wdt.stockout.post_weight is '快递重量: weight by the carrier.';
comment on column wdt.stockout.package_id is '包装id: packing material.';
comment on column wdt.stockout.package_cost is '包装成本: cost of the packing material.';
comment on column wdt.stockout.has_invoice is '是否包含发票: whether an invoice goes with it.';
comment on column wdt.stockout.printer_id is '打单员: key of who printed.';
comment on column wdt.stockout.pick_error_count is '拣货出错次数: errors while picking.';
comment on column wdt.stockout.picker_id is '拣货员id: key of who picked.';
comment on column wdt.stockout.sorter_id is '分拣员id: key of who sorted.';
comment on column wdt.stockout.examiner_id is '验货员id: key of who inspected.';
comment on column wdt.stockout.consigner_id is '发货人id: key of who shipped.';
comment on column wdt.stockout.packager_id is '打包员id: key of who packed.';
comment on column wdt.stockout.pack_score is '打包积分: points for packing.';
comment on column wdt.stockout.pick_score is '拣货积分: points for picking.';
comment on column wdt.stockout.checkouter_id is '签出员工id: key of who signed it out.';
comment on column wdt.stockout.watcher_id is '监视员id: key of who watched.';
comment on column wdt.stockout.picklist_no is '分拣单编号: number of the picking list.';
comment on column wdt.stockout.picklist_seq is '分拣序号: place in the picking list.';
comment on column wdt.stockout.invoice_print_status is '发票打印状态: whether the invoice is printed, a code.';
comment on column wdt.stockout.flag_id is '颜色: colour of the mark.';
comment on column wdt.stockout.logistics_template_id is '物流单模板id: template of the waybill.';
comment on column wdt.stockout.sendbill_template_id is '发货单模板id: template of the delivery note.';
comment on column wdt.stockout.pos_allocate_mode is '货位分配方式: how storage positions are allocated.';
comment on column wdt.stockout.note_count is '便签条数: number of notes.';
comment on column wdt.stockout.reason_id is '其他出库原因: key of the reason of other stockouts.';
comment on column wdt.stockout.lock_id is '锁定策略id: key of the locking policy.';
comment on column wdt.stockout.reserve is '保留: spare field.';
comment on column wdt.stockout.src_tids is '原始单号: numbers on the sales platform, comma-separated where orders were merged.';
comment on column wdt.stockout.tax is '税额: amount of tax.';
comment on column wdt.stockout.currency is '币种: currency.';
comment on column wdt.stockout.id_card is '证件号码: number of the identity document, personal data; not given on Qimen.';
comment on column wdt.stockout.stock_check_time is '出库单审核时间: when the stockout was approved.';
comment on column wdt.stockout.bad_reason is '异常状态: bit mask of what is wrong: 2 address, 8 warehouse, 16 service remark, 64 refund and others.';
comment on column wdt.stockout.print_batch_no is '打印批次: number of the print batch.';
comment on column wdt.stockout.sendbill_print_status is '发货单打印状态: whether the delivery note is printed, a code.';
comment on column wdt.stockout.logistics_print_status is '物流单打印状态: whether the waybill is printed, a code.';
comment on column wdt.stockout.picklist_print_status is '分拣单打印状态: whether the picking list is printed, a code.';
comment on column wdt.stockout.goods_count is '货品数量: quantity of all goods (not in the seed''s list, seen live).';
comment on column wdt.stockout.receivable is '应收金额: amount due (not in the seed''s list, seen live).';
comment on column wdt.stockout.paid is '已支付金额: amount paid (not in the seed''s list, seen live).';
comment on column wdt.stockout.refund_status is '退款状态: 0 none, 1 applied, 2 partly, 3 in full, 4 closed (not in the seed''s list, seen live).';
comment on column wdt.stockout.remark is '备注: note (not in the seed''s list, seen live).';
comment on column wdt.stockout.modified is '最后修改时间: last change; what the second pass of the query filters on (not in the seed''s list, seen live).';
comment on column wdt.stockout.discount is '总折扣金额: discount (not in the seed''s list, seen live).';
comment on column wdt.stockout.tax_rate is '税率: rate of tax (not in the seed''s list, seen live).';
comment on column wdt.stockout.page_id is 'Page of staging.page that brought the present values.';
comment on column wdt.stockout.place is 'Place of the record in that page, counted from 1.';
comment on column wdt.stockout.record_hash is 'Hash of the record''s text as it came: a record with the same hash is not written again.';
comment on column wdt.stockout.run_id is 'Run that wrote the present values. Not indexed, so that updates stay HOT.';

-- Two stockouts may come with one number, and only one of them may be delivered.
create index stockout_order_no_idx on wdt.stockout (connection_code, btrim(order_no));

create table wdt.stockout_line (
    connection_code text collate "C" not null,
    stockout_id text collate "C" not null,
    line_no integer not null,
    goods_count numeric,
    weight numeric,
    paid numeric,
    refund_status text collate "C",
    remark text collate "C",
    src_order_type text collate "C",
    discount numeric,
    tax_rate numeric,
    spec_no text collate "C",
    sell_price numeric,
    brand_no text collate "C",
    brand_name text collate "C",
    goods_type text collate "C",
    gift_type text collate "C",
    goods_name text collate "C",
    goods_no text collate "C",
    spec_name text collate "C",
    spec_code text collate "C",
    suite_no text collate "C",
    total_amount numeric,
    goods_id text collate "C",
    spec_id text collate "C",
    market_price numeric,
    share_amount numeric,
    barcode text collate "C",
    unit_name text collate "C",
    sale_order_id text collate "C",
    share_post numeric,
    src_oid text collate "C",
    src_tid text collate "C",
    from_mask text collate "C",
    src_order_detail_id text collate "C",
    base_unit_id text collate "C",
    unit_id text collate "C",
    unit_ratio numeric,
    num2 numeric,
    price numeric,
    is_examined text collate "C",
    is_package text collate "C",
    is_zero_cost text collate "C",
    scan_type text collate "C",
    good_prop1 text collate "C",
    good_prop2 text collate "C",
    good_prop3 text collate "C",
    good_prop4 text collate "C",
    good_prop5 text collate "C",
    good_prop6 text collate "C",
    prop1 text collate "C",
    prop2 text collate "C",
    prop3 text collate "C",
    prop4 text collate "C",
    prop5 text collate "C",
    prop6 text collate "C",
    batch_remark text collate "C",
    expire_date timestamptz,
    rec_id text collate "C",
    cost_price numeric,
    modified timestamptz,
    platform_id text collate "C",
    constraint stockout_line_pkey primary key (connection_code, stockout_id, line_no)
) with (fillfactor = 90);
comment on table wdt.stockout_line is 'One row is one line of a sales stockout (旺店通 details_list 货品列表节点). Lines are replaced as a whole with their document.';
comment on column wdt.stockout_line.connection_code is 'The 旺店通 account.';
comment on column wdt.stockout_line.stockout_id is '出库单主键id: key of the document.';
comment on column wdt.stockout_line.line_no is 'Place of the line in the document, counted from 1.';
comment on column wdt.stockout_line.goods_count is '货品数量: quantity.';
comment on column wdt.stockout_line.weight is '估重: estimated weight.';
comment on column wdt.stockout_line.paid is '已支付金额: amount paid.';
comment on column wdt.stockout_line.refund_status is '退款状态: 0 none, 1 cancelled, 2 applied, 3 await return, 4 await receipt, 5 refunded, 6 closed.';
comment on column wdt.stockout_line.remark is '备注: note.';
comment on column wdt.stockout_line.src_order_type is '源单据类别: kind of source document.';
comment on column wdt.stockout_line.discount is '总折扣金额: discount on the line.';
comment on column wdt.stockout_line.tax_rate is '税率: rate of tax.';
comment on column wdt.stockout_line.spec_no is '商家编码: the SKU as people write it.';
comment on column wdt.stockout_line.sell_price is '销售价: sale price.';
comment on column wdt.stockout_line.brand_no is '品牌编号: code of the brand.';
comment on column wdt.stockout_line.brand_name is '品牌名称: name of the brand.';
comment on column wdt.stockout_line.goods_type is '货品类型: 0 other, 1 for sale, 2 raw material, 3 packaging, 4 reusable, 5 virtual.';
comment on column wdt.stockout_line.gift_type is '是否是赠品: 0 no gift, 1 by rule, 2 by hand and others.';
comment on column wdt.stockout_line.goods_name is '货品名称: name of the goods.';
comment on column wdt.stockout_line.goods_no is '货品编号: code of the goods.';
comment on column wdt.stockout_line.spec_name is '规格名称: name of the SKU.';
comment on column wdt.stockout_line.spec_code is '规格码: the SKU''s second code.';
comment on column wdt.stockout_line.suite_no is '来源组合装编码: the bundle that the line came from.';
comment on column wdt.stockout_line.total_amount is '总货款: amount of the line.';
comment on column wdt.stockout_line.goods_id is '货品id: key of the goods.';
comment on column wdt.stockout_line.spec_id is '商品主键: key of the SKU.';
comment on column wdt.stockout_line.market_price is '零售价: retail price.';
comment on column wdt.stockout_line.share_amount is '分摊后合计应收: what is due for the line after sharing discounts: trust this, not price by quantity.';
comment on column wdt.stockout_line.barcode is '条码: barcode.';
comment on column wdt.stockout_line.unit_name is '基本单位: name of the base unit.';
comment on column wdt.stockout_line.sale_order_id is '订单详情表主键: key of the order''s line.';
comment on column wdt.stockout_line.share_post is '邮费分摊: the line''s share of postage.';
comment on column wdt.stockout_line.src_oid is '原始子订单号: number of the sub-order on the sales platform.';
comment on column wdt.stockout_line.src_tid is '原始订单号: number of the order on the sales platform.';
comment on column wdt.stockout_line.from_mask is '单据内部来源: where the line came from, a bit mask.';
comment on column wdt.stockout_line.src_order_detail_id is 'sales_trade_order表的主键: key of the line in the vendor''s sales_trade_order.';
comment on column wdt.stockout_line.base_unit_id is '基本单位: key of the base unit.';
comment on column wdt.stockout_line.unit_id is '辅助单位: key of the second unit.';
comment on column wdt.stockout_line.unit_ratio is '单位换算: base units in a second unit.';
comment on column wdt.stockout_line.num2 is '辅助数量: quantity in second units.';
comment on column wdt.stockout_line.price is '最终价格: price in the end.';
comment on column wdt.stockout_line.is_examined is '是否验货: whether inspected.';
comment on column wdt.stockout_line.is_package is '是否包装: whether it is packing material.';
comment on column wdt.stockout_line.is_zero_cost is '是否允许0成本: whether a cost of 0 is allowed.';
comment on column wdt.stockout_line.scan_type is '扫描方式: how it is scanned.';
comment on column wdt.stockout_line.good_prop1 is '货品档案自定义属性1: the goods'' own field; the name is the vendor''s.';
comment on column wdt.stockout_line.good_prop2 is '货品档案自定义属性2: the goods'' own field.';
comment on column wdt.stockout_line.good_prop3 is '货品档案自定义属性3: the goods'' own field.';
comment on column wdt.stockout_line.good_prop4 is '货品档案自定义属性4: the goods'' own field.';
comment on column wdt.stockout_line.good_prop5 is '货品档案自定义属性5: the goods'' own field.';
comment on column wdt.stockout_line.good_prop6 is '货品档案自定义属性6: the goods'' own field.';
comment on column wdt.stockout_line.prop1 is '单品列表自定义属性1: the SKU''s own field.';
comment on column wdt.stockout_line.prop2 is '单品列表自定义属性2: the SKU''s own field.';
comment on column wdt.stockout_line.prop3 is '单品列表自定义属性3: the SKU''s own field.';
comment on column wdt.stockout_line.prop4 is '单品列表自定义属性4: the SKU''s own field.';
comment on column wdt.stockout_line.prop5 is '单品列表自定义属性5: the SKU''s own field.';
comment on column wdt.stockout_line.prop6 is '单品列表自定义属性6: the SKU''s own field.';
comment on column wdt.stockout_line.batch_remark is '批次备注: note on the batch.';
comment on column wdt.stockout_line.expire_date is '有效期: use before.';
comment on column wdt.stockout_line.rec_id is '主键: key of the line (not in the seed''s list, seen live).';
comment on column wdt.stockout_line.cost_price is '成本价: cost when shipped (not in the seed''s list, seen live).';
comment on column wdt.stockout_line.modified is '最后修改时间: last change of the line (not in the seed''s list, seen live).';
comment on column wdt.stockout_line.platform_id is '平台id: sales platform (not in the seed''s list, seen live).';

create table wdt.stockout_position (
    connection_code text collate "C" not null,
    stockout_id text collate "C" not null,
    line_no integer not null,
    position_line_no integer not null,
    modified timestamptz,
    batch_no text collate "C",
    rec_id text collate "C",
    cost_price numeric,
    num numeric,
    batch_id text collate "C",
    position_id text collate "C",
    position_no text collate "C",
    stockout_order_detail_id text collate "C",
    stockin_detail_id text collate "C",
    stock_spec_detail_id text collate "C",
    position_goods_count numeric,
    constraint stockout_position_pkey primary key (connection_code, stockout_id, line_no, position_line_no)
) with (fillfactor = 90);
comment on table wdt.stockout_position is 'One row is one storage position and batch that a stockout line was taken from (旺店通 position_list 货位节点列表). Replaced as a whole with the document.';
comment on column wdt.stockout_position.connection_code is 'The 旺店通 account.';
comment on column wdt.stockout_position.stockout_id is '出库单主键id: key of the document.';
comment on column wdt.stockout_position.line_no is 'Place of the line in the document, counted from 1.';
comment on column wdt.stockout_position.position_line_no is 'Place in the line''s list of positions, counted from 1.';
comment on column wdt.stockout_position.modified is '最后更新时间: last change.';
comment on column wdt.stockout_position.batch_no is '批次号: number of the batch.';
comment on column wdt.stockout_position.rec_id is '货位主键id: key of the row.';
comment on column wdt.stockout_position.cost_price is '成本价: cost.';
comment on column wdt.stockout_position.num is '货品数量: quantity.';
comment on column wdt.stockout_position.batch_id is '批次id: key of the batch.';
comment on column wdt.stockout_position.position_id is '货位ID: key of the storage position.';
comment on column wdt.stockout_position.position_no is '货位编号: code of the storage position.';
comment on column wdt.stockout_position.stockout_order_detail_id is '出库单明细id: rec_id of the line it belongs to.';
comment on column wdt.stockout_position.stockin_detail_id is '入库单明细id: line of the stock-in the goods came by.';
comment on column wdt.stockout_position.stock_spec_detail_id is '入库单号明细id: row of the stock they were taken from.';
comment on column wdt.stockout_position.position_goods_count is '货位出库数量: quantity taken here; over a line these add up to its goods_count.';

create table wdt.stockout_change (
    connection_code text collate "C" not null,
    changed_at timestamptz not null default now(),
    run_id bigint not null,
    stockout_id text collate "C" not null
) partition by range (changed_at);
comment on table wdt.stockout_change is 'One row says that a document of wdt.stockout was written in a run, with its lines and positions. Append-only feed for later stages, partitioned by day.';
comment on column wdt.stockout_change.connection_code is 'The 旺店通 account.';
comment on column wdt.stockout_change.changed_at is 'When; the partition key.';
comment on column wdt.stockout_change.run_id is 'The run that wrote it.';
comment on column wdt.stockout_change.stockout_id is 'Key of the document.';
create index stockout_change_run_idx on wdt.stockout_change (run_id);

-- +goose Down
drop table wdt.stockout_change;
drop table wdt.stockout_position;
drop table wdt.stockout_line;
drop table wdt.stockout;
