-- Code maps and ignore rules. People keep these tables; nothing here is written by a run.

-- +goose Up
create table ref.warehouse_map (
    source_connection_code text collate "C" not null,
    source_warehouse_code text collate "C" not null,
    target_connection_code text collate "C" not null,
    target_warehouse_code text collate "C" not null,
    note text,
    updated_at timestamptz not null default now(),
    constraint warehouse_map_pkey primary key (source_connection_code, source_warehouse_code, target_connection_code)
);
comment on table ref.warehouse_map is 'One row is what a warehouse of one system is called in another. A code without a row keeps its name.';
comment on column ref.warehouse_map.source_connection_code is 'Connection that uses the source code, as of 旺店通.';
comment on column ref.warehouse_map.source_warehouse_code is '仓库编号 at the source (warehouse_no).';
comment on column ref.warehouse_map.target_connection_code is 'Connection that uses the target code, as of YonSuite.';
comment on column ref.warehouse_map.target_warehouse_code is '仓库编码 at the target (new_warehouseno).';
comment on column ref.warehouse_map.note is 'Why, for the next person.';
comment on column ref.warehouse_map.updated_at is 'When the row was last changed.';

create table ref.sku_map (
    source_connection_code text collate "C" not null,
    source_sku_code text collate "C" not null,
    target_connection_code text collate "C" not null,
    target_sku_code text collate "C" not null,
    note text,
    updated_at timestamptz not null default now(),
    constraint sku_map_pkey primary key (source_connection_code, source_sku_code, target_connection_code)
);
comment on table ref.sku_map is 'One row is what a SKU of one system is called in another. A code without a row keeps its name.';
comment on column ref.sku_map.source_connection_code is 'Connection that uses the source code.';
comment on column ref.sku_map.source_sku_code is 'goods_no 货品编号 or spec_no 商家编码, whichever the pipeline''s sku_key says.';
comment on column ref.sku_map.target_connection_code is 'Connection that uses the target code.';
comment on column ref.sku_map.target_sku_code is 'productsku_code at the target.';
comment on column ref.sku_map.note is 'Why, for the next person.';
comment on column ref.sku_map.updated_at is 'When the row was last changed.';

create table ref.ignore_rule (
    ignore_rule_id bigint generated always as identity,
    pipeline_code text collate "C" not null,
    warehouse_code text collate "C",
    sku_code text collate "C",
    reason text not null,
    created_by text not null default current_user,
    created_at timestamptz not null default now(),
    expires_at timestamptz,
    constraint ignore_rule_pkey primary key (ignore_rule_id),
    constraint ignore_rule_has_a_reason_check check (btrim(reason) <> ''),
    constraint ignore_rule_names_something_check check (warehouse_code is not null or sku_code is not null),
    constraint ignore_rule_expires_after_it_began_check check (expires_at > created_at)
);
comment on table ref.ignore_rule is 'One row says which differences are known and not worth a person''s time, why, and until when.';
comment on column ref.ignore_rule.ignore_rule_id is 'Number of the rule.';
comment on column ref.ignore_rule.pipeline_code is 'The comparing pipeline.';
comment on column ref.ignore_rule.warehouse_code is 'Warehouse code as the counterpart calls it; null for every warehouse.';
comment on column ref.ignore_rule.sku_code is 'SKU code as the counterpart calls it; null for every SKU.';
comment on column ref.ignore_rule.reason is 'Why it is ignored.';
comment on column ref.ignore_rule.created_by is 'Who said so.';
comment on column ref.ignore_rule.created_at is 'Since when.';
comment on column ref.ignore_rule.expires_at is 'Until when; null for good.';

-- +goose Down
drop table ref.ignore_rule;
drop table ref.sku_map;
drop table ref.warehouse_map;
