-- A database in which big.rows documents of three outboxes are done, as years of runs leave it: their results, the
-- newest revisions, what is archived, the runs that made them with what they counted and read, typed rows and pages.
--
-- The ids of an outbox interleave with those of the others. Each run is of 1,000 documents and reads a window of ten
-- minutes; every tenth document is a second revision.

select ops.make_id_partitions('outbox.document', current_setting('big.rows')::bigint + 20000000, 5000000);
select ops.make_id_partitions('outbox.result', current_setting('big.rows')::bigint + 20000000, 5000000);

insert into ops.connection (connection_code, platform)
values ('wdt-main', 'wdt'), ('jst-main', 'jst');
insert into ops.pipeline (pipeline_code, target_connection_code)
values ('stock-compare', 'qeasy'), ('wdt-stockouts-to-tplus', 'tplus'), ('jst-saleouts-to-k3cloud', 'k3');
insert into ops.pipeline_source (pipeline_code, dataset, connection_code, since_at)
values
    ('stock-compare', 'wdt.stock', 'wdt-main', '2020-01-01'),
    ('wdt-stockouts-to-tplus', 'wdt.stockout', 'wdt-main', '2020-01-01'),
    ('jst-saleouts-to-k3cloud', 'jst.saleout', 'jst-main', '2020-01-01');
insert into outbox.cursor (connection_code, pipeline_code, next_document_id)
values
    ('wdt-main', 'stock-compare', current_setting('big.rows')::bigint + 1),
    ('wdt-main', 'wdt-stockouts-to-tplus', current_setting('big.rows')::bigint + 1),
    ('jst-main', 'jst-saleouts-to-k3cloud', current_setting('big.rows')::bigint + 1);

create schema big;
create function big.connection(id bigint) returns text language sql immutable
return case when id % 5 = 4 then 'jst-main' else 'wdt-main' end;
create function big.pipeline(id bigint) returns text language sql immutable
return case when id % 5 = 4 then 'jst-saleouts-to-k3cloud' when id % 5 = 3 then 'wdt-stockouts-to-tplus' else 'stock-compare' end;
create function big.run_pipeline(id bigint) returns text language sql immutable
return case when id % 3 = 2 then 'jst-saleouts-to-k3cloud' when id % 3 = 1 then 'wdt-stockouts-to-tplus' else 'stock-compare' end;
create function big.run_dataset(id bigint) returns text language sql immutable
return case when id % 3 = 2 then 'jst.saleout' when id % 3 = 1 then 'wdt.stockout' else 'wdt.stock' end;
-- A key sorts as the ids do, so that the index grows at its end.
create function big.business_key(id bigint) returns text language sql immutable
return lpad(case when id % 10 = 9 then id - 5 else id end::text, 9, '0') || '@1';

insert into outbox.document (
    connection_code, pipeline_code, document_id, business_key, revision, payload, payload_hash, run_id, created_at
)
select
    big.connection(id), big.pipeline(id), id, big.business_key(id), case when id % 10 = 9 then 2 else 1 end,
    '{"spec":"' || id || '","qty":"12.5"}', id, id / 1000 + 1,
    now() - (current_setting('big.rows')::bigint - id) * interval '1 second'
from generate_series(1, current_setting('big.rows')::bigint) as id;
select setval('outbox.document_id_seq', current_setting('big.rows')::bigint);

insert into outbox.result (
    connection_code, pipeline_code, document_id, attempt, outcome, target_document_no, run_id, done_at
)
select
    big.connection(id), big.pipeline(id), id, 1, 'sent', 'N' || id, id / 1000 + 1,
    now() - (current_setting('big.rows')::bigint - id) * interval '1 second'
from generate_series(1, current_setting('big.rows')::bigint) as id;

insert into outbox.head (connection_code, pipeline_code, business_key, document_id, revision, payload_hash)
select
    big.connection(id), big.pipeline(id), big.business_key(id), id, case when id % 10 = 9 then 2 else 1 end, id
from generate_series(1, current_setting('big.rows')::bigint) as id
where id % 10 <> 4 or id + 5 > current_setting('big.rows')::bigint;

-- And a tenth as many whose partition was dropped, of which the archive knows.
insert into outbox.archive (
    connection_code, pipeline_code, document_id, business_key, revision, state, attempt_count, is_doubtful, created_at,
    done_at, written_by_run_id, target_document_no
)
select
    big.connection(id), big.pipeline(id), 1000000000000 + id, 'gone ' || id, 1, 'sent', 1, false, now() - interval '2 years',
    now() - interval '2 years', 1, 'N' || id
from generate_series(1, current_setting('big.rows')::bigint / 10) as id;
insert into outbox.archive_range (first_document_id, end_document_id, is_complete, dropped_at)
values (1000000000000, 2000000000000, true, now());
insert into outbox.head (connection_code, pipeline_code, business_key, document_id, revision, payload_hash)
select connection_code, pipeline_code, business_key, document_id, revision, 0
from outbox.archive;

insert into ops.run (
    pipeline_code, command, state, started_at, finished_at, host, process_id, program_version, balance
)
select
    big.run_pipeline(n), 'run', 'ok', moment.at, moment.at + interval '1 minute', 'here', 1, 'v1',
    jsonb_build_object(
        'run_id', n, 'pipeline', big.run_pipeline(n), 'command', 'run', 'comparison', null, 'unbalanced', '[]'::jsonb,
        'documents', jsonb_build_object(
            'made', 1000, 'unchanged', 0, 'held_back', 0, 'late', 0, 'withdrawn', 0, 'sent', 1000, 'superseded', 0,
            'waiting', 0, 'in_doubt', 0, 'rejected', 0, 'abandoned', 0, 'writebacks', 1000, 'left', 0
        ),
        'datasets', jsonb_build_object(big.run_dataset(n), jsonb_build_object(
            'pages_read', 10, 'pages_landed', 10, 'pages_unchanged', 0, 'got', 1000, 'landed', 1000, 'read_again', 0,
            'standing', 0, 'taken', 1000, 'new', 900, 'changed', 100, 'unchanged', 0, 'repeated', 0, 'replaced', 0,
            'vanished', 0, 'rejected', 0, 'rejected_landing', 0, 'typed', 1000
        ))
    )
from generate_series(1, current_setting('big.rows')::bigint / 1000) as n
cross join lateral (
    select date_trunc('minute', now()) - (current_setting('big.rows')::bigint / 1000 - n) * interval '10 minutes' as at
) as moment;

insert into ops.tally (run_id, subject, name, value)
select n, figure.subject, figure.name, 1000
from generate_series(1, current_setting('big.rows')::bigint / 1000) as n
cross join (
    values
        ('source', 'pages_read'), ('source', 'pages_landed'), ('source', 'got'), ('source', 'landed'), ('source', 'taken'),
        ('source', 'new'), ('source', 'changed'), ('outbox.document', 'proposed'), ('outbox.document', 'made'),
        ('outbox.document', 'unchanged')
) as figure (subject, name);

insert into ops.step_input (step_code, input_run_id, run_id)
select step.step_code, n, n
from generate_series(1, current_setting('big.rows')::bigint / 1000) as n
cross join (values ('source/wdt_stock'), ('outbox/stock_compare_to_qeasy')) as step (step_code);

insert into ops.window (
    connection_code, dataset, kind, from_at, to_at, state, run_id, opened_at, closed_at, pages_read, pages_landed,
    records_read, records_landed
)
select
    case when n % 3 = 2 then 'jst-main' else 'wdt-main' end, big.run_dataset(n), 'window',
    moment.at - interval '40 minutes', moment.at, 'complete', n, moment.at, moment.at, 10, 10, 1000, 1000
from generate_series(1, current_setting('big.rows')::bigint / 1000) as n
cross join lateral (
    select date_trunc('minute', now()) - (current_setting('big.rows')::bigint / 1000 - n) * interval '10 minutes' as at
) as moment;

insert into wdt.stock (connection_code, spec_id, warehouse_id, spec_no, warehouse_no, stock_num, modified, page_id, place, run_id)
select 'wdt-main', lpad(n::text, 9, '0'), '1', 'SKU-' || n, 'W1', 12.5, now(), n / 100, n % 100, n / 1000 + 1
from generate_series(1, current_setting('big.rows')::bigint / 10) as n;

insert into staging.page (
    connection_code, dataset, run_id, window_id, page_no, record_count, records_hash, records, request, envelope
)
select
    'wdt-main', 'wdt.stock', n / 10 + 1, n / 10 + 1, n % 10, 100, n,
    '[' || repeat('{"spec_id":"' || n || '","warehouse_id":"1","stock_num":"12.5"},', 99) || '{}]', '{}', '{}'
from generate_series(1, current_setting('big.rows')::bigint / 1000) as n;
