-- Outcomes and the ledger. Both change only where something differs from what is remembered: a million
-- equal rows write nothing.

-- +goose Up
create table compare.basis (
    connection_code text collate "C" not null,
    pipeline_code text collate "C" not null,
    basis_hash text not null,
    run_id bigint not null,
    compared_at timestamptz not null,
    constraint basis_pkey primary key (connection_code, pipeline_code)
);
comment on table compare.basis is 'One row is what the outcomes of a pipeline rest on besides the two sides: parameters, maps, rules. When it changes, every row is compared again.';
comment on column compare.basis.connection_code is 'The source side''s connection.';
comment on column compare.basis.pipeline_code is 'The comparing pipeline.';
comment on column compare.basis.basis_hash is 'md5 of parameters, maps and active ignore rules.';
comment on column compare.basis.run_id is 'The run that compared under another basis for the first time.';
comment on column compare.basis.compared_at is 'When.';

create table compare.stock_result (
    connection_code text collate "C" not null,
    pipeline_code text collate "C" not null,
    spec_id text collate "C" not null,
    warehouse_id text collate "C" not null,
    warehouse_code text collate "C",
    sku_code text collate "C",
    outcome text not null,
    source_qty numeric,
    counterpart_qty numeric,
    candidate_count integer not null,
    sharing_count integer not null,
    ignore_reason text,
    is_written_back boolean not null,
    currentqty numeric,
    run_id bigint not null,
    constraint stock_result_pkey primary key (connection_code, pipeline_code, spec_id, warehouse_id),
    constraint stock_result_outcome_is_known_check check (
        outcome in ('equal', 'different', 'missing_there', 'ignored', 'not_comparable')
    ),
    constraint stock_result_ignored_has_a_reason_check check ((outcome = 'ignored') = (ignore_reason is not null))
) with (fillfactor = 90);
comment on table compare.stock_result is 'One row is the present outcome of comparing one row of wdt.stock with its counterpart in yonsuite.current_stock.';
comment on column compare.stock_result.connection_code is 'The source row''s connection.';
comment on column compare.stock_result.pipeline_code is 'The comparing pipeline.';
comment on column compare.stock_result.spec_id is 'Key of the source row: SKU.';
comment on column compare.stock_result.warehouse_id is 'Key of the source row: warehouse.';
comment on column compare.stock_result.warehouse_code is 'Index new_warehouseno: the warehouse as the counterpart calls it.';
comment on column compare.stock_result.sku_code is 'Index productsku_code: the SKU as the counterpart calls it.';
comment on column compare.stock_result.outcome is 'equal; different; missing_there (no counterpart); ignored; not_comparable (several counterparts under on_multiple = error). A missing figure differs from every other.';
comment on column compare.stock_result.source_qty is 'The source''s figure (stock_num, unless the pipeline says otherwise).';
comment on column compare.stock_result.counterpart_qty is 'The counterpart''s figure (currentqty), first or sum by on_multiple.';
comment on column compare.stock_result.candidate_count is 'Rows of the counterpart that the index found.';
comment on column compare.stock_result.sharing_count is 'Rows of the source that share this index; more than 1 is a finding.';
comment on column compare.stock_result.ignore_reason is 'Why the outcome is ignored.';
comment on column compare.stock_result.is_written_back is 'True when the counterpart''s figure is to be written back beside the source row (target_field_quote).';
comment on column compare.stock_result.currentqty is 'The figure to write back (YS现存量).';
comment on column compare.stock_result.run_id is 'The run that wrote this outcome.';
create index stock_result_trouble_idx on compare.stock_result (connection_code, pipeline_code)
    where outcome in ('different', 'missing_there', 'not_comparable');
-- The codes come first: led by connection and pipeline it would look as good as the key to a planner without
-- statistics, and cost a scan of everything per row.
create index stock_result_index_idx on compare.stock_result (warehouse_code, sku_code, connection_code, pipeline_code);

create table compare.stock_result_change (
    connection_code text collate "C" not null,
    changed_at timestamptz not null default now(),
    run_id bigint not null,
    pipeline_code text collate "C" not null,
    spec_id text collate "C" not null,
    warehouse_id text collate "C" not null
) partition by range (changed_at);
comment on table compare.stock_result_change is 'One row says that an outcome was written or removed in a run. Append-only feed for the outbox, partitioned by day.';
comment on column compare.stock_result_change.connection_code is 'The source row''s connection.';
comment on column compare.stock_result_change.changed_at is 'When; the partition key.';
comment on column compare.stock_result_change.run_id is 'The run that wrote it.';
comment on column compare.stock_result_change.pipeline_code is 'The comparing pipeline.';
comment on column compare.stock_result_change.spec_id is 'Key of the source row: SKU.';
comment on column compare.stock_result_change.warehouse_id is 'Key of the source row: warehouse.';
create index stock_result_change_run_idx on compare.stock_result_change (run_id);

create table compare.discrepancy (
    connection_code text collate "C" not null,
    pipeline_code text collate "C" not null,
    record_key text collate "C" not null,
    field text collate "C" not null,
    kind text not null,
    state text not null default 'open',
    warehouse_code text collate "C",
    sku_code text collate "C",
    source_qty numeric,
    counterpart_qty numeric,
    delta_qty numeric,
    first_seen_at timestamptz not null,
    first_seen_run_id bigint not null,
    changed_at timestamptz not null,
    changed_run_id bigint not null,
    resolved_at timestamptz,
    resolved_run_id bigint,
    reopened_count integer not null default 0,
    decided_by text,
    decided_at timestamptz,
    reason text,
    constraint discrepancy_pkey primary key (connection_code, pipeline_code, record_key, field),
    constraint discrepancy_kind_is_known_check check (kind in ('different', 'missing_there', 'missing_here', 'not_comparable')),
    constraint discrepancy_state_is_known_check check (state in ('open', 'acknowledged', 'resolved')),
    constraint discrepancy_resolved_has_a_time_check check ((state = 'resolved') = (resolved_at is not null)),
    constraint discrepancy_acknowledged_has_a_reason_check check (
        state <> 'acknowledged' or (decided_by is not null and decided_at is not null and btrim(reason) <> '')
    )
);
comment on table compare.discrepancy is 'One row is one difference that was ever found: one per pipeline, connection, record and field. It is updated only when something about it changes; report.discrepancy adds when it was last seen.';
comment on column compare.discrepancy.connection_code is 'The source side''s connection.';
comment on column compare.discrepancy.pipeline_code is 'The comparing pipeline.';
comment on column compare.discrepancy.record_key is 'spec_id@warehouse_id of the source row; counterpart:warehouse_code/sku_code where only the counterpart has it.';
comment on column compare.discrepancy.field is 'The compared field of the counterpart, as in currentqty.';
comment on column compare.discrepancy.kind is 'different; missing_there (only the source has it); missing_here (only the counterpart has it); not_comparable.';
comment on column compare.discrepancy.state is 'open; acknowledged (a person knows and said why); resolved (the figures agree again, or an ignore rule covers it).';
comment on column compare.discrepancy.warehouse_code is 'The warehouse as the counterpart calls it.';
comment on column compare.discrepancy.sku_code is 'The SKU as the counterpart calls it.';
comment on column compare.discrepancy.source_qty is 'The source''s figure when it last changed.';
comment on column compare.discrepancy.counterpart_qty is 'The counterpart''s figure when it last changed.';
comment on column compare.discrepancy.delta_qty is 'source_qty - counterpart_qty, an absent row counted as 0; null when a figure is missing.';
comment on column compare.discrepancy.first_seen_at is 'When it was first found.';
comment on column compare.discrepancy.first_seen_run_id is 'The run that found it first.';
comment on column compare.discrepancy.changed_at is 'When kind, figures or state last changed.';
comment on column compare.discrepancy.changed_run_id is 'The run of that change; of the decision''s time for a person''s decision.';
comment on column compare.discrepancy.resolved_at is 'When the figures agreed again, or a rule began to cover it.';
comment on column compare.discrepancy.resolved_run_id is 'The run that saw it.';
comment on column compare.discrepancy.reopened_count is 'How often it came back after it was resolved.';
comment on column compare.discrepancy.decided_by is 'Who acknowledged it.';
comment on column compare.discrepancy.decided_at is 'When.';
comment on column compare.discrepancy.reason is 'Why.';
create index discrepancy_unresolved_idx on compare.discrepancy (connection_code, pipeline_code) where state <> 'resolved';

create table compare.discrepancy_event (
    connection_code text collate "C" not null,
    event_id bigint generated always as identity,
    pipeline_code text collate "C" not null,
    record_key text collate "C" not null,
    field text collate "C" not null,
    event text not null,
    kind text not null,
    source_qty numeric,
    counterpart_qty numeric,
    delta_qty numeric,
    run_id bigint,
    happened_at timestamptz not null,
    by_whom text,
    reason text,
    constraint discrepancy_event_pkey primary key (connection_code, event_id),
    constraint discrepancy_event_is_known_check check (
        event in ('opened', 'changed', 'resolved', 'reopened', 'acknowledged', 'unacknowledged')
    )
);
comment on table compare.discrepancy_event is 'One row is one change of a discrepancy. Append-only.';
comment on column compare.discrepancy_event.connection_code is 'The source side''s connection.';
comment on column compare.discrepancy_event.event_id is 'Number of the event.';
comment on column compare.discrepancy_event.pipeline_code is 'The comparing pipeline.';
comment on column compare.discrepancy_event.record_key is 'The discrepancy''s record.';
comment on column compare.discrepancy_event.field is 'The discrepancy''s field.';
comment on column compare.discrepancy_event.event is 'opened, changed, resolved, reopened, acknowledged or unacknowledged.';
comment on column compare.discrepancy_event.kind is 'Kind after the event.';
comment on column compare.discrepancy_event.source_qty is 'The source''s figure after the event.';
comment on column compare.discrepancy_event.counterpart_qty is 'The counterpart''s figure after the event.';
comment on column compare.discrepancy_event.delta_qty is 'The difference after the event.';
comment on column compare.discrepancy_event.run_id is 'The run; null for a person''s decision.';
comment on column compare.discrepancy_event.happened_at is 'When.';
comment on column compare.discrepancy_event.by_whom is 'The person, for a decision.';
comment on column compare.discrepancy_event.reason is 'Why, for a decision.';
create index discrepancy_event_record_idx on compare.discrepancy_event (connection_code, pipeline_code, record_key, field);

-- +goose Down
drop table compare.discrepancy_event;
drop table compare.discrepancy;
drop table compare.stock_result_change;
drop table compare.stock_result;
drop table compare.basis;
