-- What a shop of a source is called in the finance system: its customer, and the codes that follow from it. And what
-- a merchant wants in every document beside the fields that the mappings fill in. People keep these tables.

-- +goose Up
create table ref.shop_map (
    source_connection_code text collate "C" not null,
    source_shop_code text collate "C" not null,
    target_connection_code text collate "C" not null,
    customer_code text collate "C",
    organisation_code text collate "C",
    currency_code text collate "C",
    profit_centre_code text collate "C",
    department_code text collate "C",
    note text,
    updated_at timestamptz not null default now(),
    constraint shop_map_pkey primary key (source_connection_code, source_shop_code, target_connection_code),
    constraint shop_map_codes_are_not_blank_check check (
        customer_code <> ''
        and organisation_code <> ''
        and currency_code <> ''
        and profit_centre_code <> ''
        and department_code <> ''
    )
);
comment on table ref.shop_map is 'One row is what a shop of a source means in a finance system. A code that is null is the pipeline''s parameter; without a customer from either, the shop''s documents are held back.';
comment on column ref.shop_map.source_connection_code is 'Connection that uses the shop''s code, as of 旺店通 or 聚水潭.';
comment on column ref.shop_map.source_shop_code is '店铺编号 at the source: shop_no of 旺店通, shop_id of 聚水潭.';
comment on column ref.shop_map.target_connection_code is 'Connection of the finance system.';
comment on column ref.shop_map.customer_code is '客户 (Customer, Partner, FCustomerID; new_shop_id of the published mapping).';
comment on column ref.shop_map.organisation_code is '组织 (FSaleOrgId, FStockOrgId, FSettleOrgId).';
comment on column ref.shop_map.currency_code is '结算币别 (FSettleCurrID).';
comment on column ref.shop_map.profit_centre_code is '产品利润中心 (F_KLF_Assistant).';
comment on column ref.shop_map.department_code is '销售部门 (FSaleDeptID).';
comment on column ref.shop_map.note is 'Why, for the next person.';
comment on column ref.shop_map.updated_at is 'When the row was last changed.';

create table ref.payload_field (
    pipeline_code text collate "C" not null,
    field_name text collate "C" not null,
    value json not null,
    note text,
    updated_at timestamptz not null default now(),
    constraint payload_field_pkey primary key (pipeline_code, field_name),
    constraint payload_field_name_is_a_name_check check (field_name ~ '^[A-Za-z_][A-Za-z0-9_]*$')
);
comment on table ref.payload_field is 'One row is a field that every document of a pipeline carries with the same value, as costmethod of a 商品. It goes before what the mapping would send in a field of that name.';
comment on column ref.payload_field.pipeline_code is 'The pipeline, as in wdt-shops-to-jdy.';
comment on column ref.payload_field.field_name is 'The target''s name of a field of the head, as in costmethod.';
comment on column ref.payload_field.value is 'Its value as JSON: "1", true, 5, []; null leaves the field out.';
comment on column ref.payload_field.note is 'Why, for the next person.';
comment on column ref.payload_field.updated_at is 'When the row was last changed.';

-- +goose Down
drop table ref.payload_field;
drop table ref.shop_map;
