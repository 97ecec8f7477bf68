-- One schema per place that data passes through, so that a grant on a schema is a grant on a stage.

-- +goose Up
create schema staging;
create schema wdt;
create schema yonsuite;
create schema core;
create schema ref;
create schema compare;
create schema outbox;
create schema ops;
create schema report;

comment on schema staging is 'Raw responses of the source systems, bytes as received, and what could not be read of them. Written by extract.';
comment on schema wdt is '旺店通 (Wangdiantong): typed rows under the vendor''s own field names. Written by sql/source.';
comment on schema yonsuite is '用友 YonSuite: typed rows under the vendor''s own field names. Written by sql/source.';
comment on schema core is 'Views in our names and units over all vendors.';
comment on schema ref is 'Code maps and ignore rules, kept by people.';
comment on schema compare is 'Outcome of every comparison, and the ledger of discrepancies. Written by sql/compare.';
comment on schema outbox is 'Documents for target systems: an append-only log, its claims and results. sql/outbox appends documents, load writes the rest.';
comment on schema ops is 'Pipelines, runs, windows and coverage. Written by the command that runs.';
comment on schema report is 'Stable views for people.';

-- +goose Down
drop schema report;
drop schema ops;
drop schema outbox;
drop schema compare;
drop schema ref;
drop schema core;
drop schema yonsuite;
drop schema wdt;
drop schema staging;
