-- Personal data and the shops' credentials, named in one place: everything that masks a view, a preview or a listing
-- goes by this table, and so do the grants on columns (sql/function/ops_grant_roles.sql). A merchant with fields of
-- its own adds rows and runs pandian migrate up.

-- +goose Up
create table ops.private_field (
    field_name text collate "C" not null,
    kind text not null,
    note text,
    constraint private_field_pkey primary key (field_name),
    constraint private_field_kind_is_known_check check (kind in ('name', 'phone', 'address', 'text', 'secret')),
    constraint private_field_is_lower_case_check check (field_name <> '' and field_name = lower(field_name))
);
comment on table ops.private_field is 'One row is a name that a field with personal data or a secret has at some platform: column of a typed table, field of a record or of a document. Only the schema''s owner writes it.';
comment on column ops.private_field.field_name is 'Name of the field in lower case; letters'' case does not count where it is met.';
comment on column ops.private_field.kind is 'How it is masked: name keeps the first character, phone the first 3 and last 4 digits, address the province, text nothing; a secret is hidden from everybody.';
comment on column ops.private_field.note is 'Whose field it is.';

insert into ops.private_field (field_name, kind, note)
values
    -- receivers and buyers
    ('receiver_name', 'name', '旺店通 收件人, 聚水潭 收件人姓名'),
    ('receiver_mobile', 'phone', '旺店通 移动电话, 聚水潭 收件人电话'),
    ('receiver_phone', 'phone', '聚水潭 收件人手机'),
    ('receiver_telno', 'phone', '旺店通 固定电话'),
    ('receiver_address', 'address', '旺店通 详细地址, 聚水潭 地址'),
    ('receiver_town', 'address', '聚水潭 街道'),
    ('receiver_zip', 'text', '旺店通 邮编'),
    ('receiver_dtb', 'text', '旺店通 大头笔: leads to a street'),
    ('nick_name', 'name', '旺店通 网名'),
    ('buyer_nick', 'name', 'order lists 买家昵称'),
    ('customer_name', 'name', '旺店通 客户名称'),
    ('fenxiao_nick', 'name', '旺店通 分销商'),
    ('shop_buyer_id', 'name', '聚水潭 买家帐号'),
    ('buyer_id', 'text', '聚水潭 order lists 买家'),
    ('buyer_account', 'name', '聚水潭 支付帐号'),
    ('buyer_open_uid', 'text', 'order lists 平台买家'),
    ('open_id', 'text', '聚水潭 平台买家唯一值'),
    ('oaid', 'text', '聚水潭 收件人ID'),
    ('id_card', 'text', '旺店通 证件号码'),
    ('invoice_title', 'name', '发票抬头'),
    ('invoice_content', 'text', '旺店通 发票内容'),
    ('buyer_tax_no', 'text', '聚水潭 发票税号'),
    ('drp_info', 'text', '聚水潭 供分销信息'),

    ('receiver', 'name', 'of other platforms'),
    ('receiver_tel', 'phone', 'of other platforms'),
    ('receiver_street', 'address', 'of other platforms'),
    ('receiver_email', 'text', 'of other platforms'),
    ('buyer_name', 'name', 'of other platforms'),
    ('id_card_no', 'text', 'of other platforms'),
    ('id_number', 'text', 'of other platforms'),
    ('card_name', 'name', 'of other platforms'),

    -- what people write about an order, addresses and phones included
    ('buyer_message', 'text', '买家留言'),
    ('cs_remark', 'text', '旺店通 客服备注'),
    ('shop_remark', 'text', '旺店通 店铺备注'),
    ('print_remark', 'text', '旺店通 打印备注'),
    ('remark', 'text', '备注'),
    ('node', 'text', '聚水潭 线下备注'),
    ('error_info', 'text', '旺店通 接口处理错误信息: repeats what the warehouse was sent'),

    -- shops and who runs them
    ('contact', 'name', '旺店通 联系人'),
    ('mobile', 'phone', '旺店通 移动电话'),
    ('telno', 'phone', '旺店通 固定电话'),
    ('phone', 'phone', 'order lists 电话'),
    ('address', 'address', '旺店通 地址'),
    ('email', 'text', '旺店通 邮件'),
    ('account_nick', 'name', '旺店通 平台授权账号昵称'),
    ('pay_account_id', 'text', '旺店通 账款账号'),

    -- fields of finance systems
    ('dispatchaddress', 'address', '畅捷通T+ 送货地址'),
    ('linkman', 'name', '畅捷通T+ 联系人'),
    ('contactphone', 'phone', '畅捷通T+ 联系电话'),
    ('customerphone', 'phone', '畅捷通T+ 客户电话'),
    ('contactperson', 'name', '畅捷通T+ 联系人'),
    ('receiveaddress', 'address', '畅捷通T+ 收货地址'),
    ('fnote', 'text', '金蝶云星空 备注: the remark of the sale-out'),
    ('freceiveaddress', 'address', '金蝶云星空 收货方地址'),
    ('freceivername', 'name', '金蝶云星空 收货人'),
    ('freceiverphone', 'phone', '金蝶云星空 收货人电话'),
    ('fcontactphone', 'phone', '金蝶云星空 联系电话'),
    ('fheaddeliveryaddress', 'address', '金蝶云星空 交货地址'),
    ('flinkman', 'name', '金蝶云星空 联系人'),
    ('flinkphone', 'phone', '金蝶云星空 联系电话'),

    -- credentials
    ('app_key', 'secret', '旺店通 授权key信息'),
    ('app_secret', 'secret', 'of any platform'),
    ('refresh_token', 'secret', '旺店通 更新口令'),
    ('access_token', 'secret', 'of any platform'),
    ('session_key', 'secret', 'of sales platforms'),
    ('sh_secret', 'secret', '旺店通 授权码'),
    ('password', 'secret', 'of any platform');

-- A flag, not a stage: no table is granted to it. Whoever has it sees clear what report shows masked to everybody else.
-- +goose StatementBegin
do $$
begin
    if to_regrole('pandian_private') is null then
        create role pandian_private nologin;
    end if;
exception
    -- Another database of the same server may be migrated at this moment.
    when insufficient_privilege or duplicate_object or unique_violation or internal_error then
        raise notice 'role pandian_private was not made: %', sqlerrm;
end
$$;
-- +goose StatementEnd

-- +goose Down
-- The role stays: other databases of the server may use it.
drop table ops.private_field;
