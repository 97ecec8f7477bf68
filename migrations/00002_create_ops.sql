-- What runs, what it was told, what it read, and how far the sources are covered.
--
-- A run is the increment: later stages read the pages and change feeds of the finished runs that they
-- have not taken yet (ops.step_input), so a crashed stage is simply run again.

-- +goose Up
create table ops.schema_support (
    only_row boolean not null default true,
    oldest_supported_version bigint not null,
    constraint schema_support_pkey primary key (only_row),
    constraint schema_support_has_one_row_check check (only_row)
);
comment on table ops.schema_support is 'Which older programs may still run on this schema. One row.';
comment on column ops.schema_support.only_row is 'Always true; keeps the table at one row.';
comment on column ops.schema_support.oldest_supported_version is 'A program whose newest known migration is at least this one may run, although the schema is newer (rolling upgrade).';
insert into ops.schema_support (oldest_supported_version) values (1);

create table ops.sql_object (
    file_name text collate "C" not null,
    content_hash text not null,
    applied_at timestamptz not null default now(),
    constraint sql_object_pkey primary key (file_name)
);
comment on table ops.sql_object is 'One row is a file of sql/function or sql/view as it was applied last. pandian migrate up applies what differs.';
comment on column ops.sql_object.file_name is 'The file below sql/, as in view/ops_input.sql.';
comment on column ops.sql_object.content_hash is 'sha256 of its text.';
comment on column ops.sql_object.applied_at is 'When.';

create table ops.connection (
    connection_code text collate "C" not null,
    platform text collate "C" not null,
    updated_at timestamptz not null default now(),
    constraint connection_pkey primary key (connection_code),
    constraint connection_code_is_not_blank_check check (connection_code <> '')
);
comment on table ops.connection is 'One row is one account at one platform, as named in pandian.yaml. It holds no credentials.';
comment on column ops.connection.connection_code is 'Name of the connection; the merchant''s account, and the distribution column of every big table.';
comment on column ops.connection.platform is 'System code: wdt 旺店通, yonsuite 用友 YonSuite, qeasy 轻易云.';
comment on column ops.connection.updated_at is 'When a run last saw a change of this row''s configuration.';

create table ops.pipeline (
    pipeline_code text collate "C" not null,
    target_connection_code text collate "C" not null,
    params jsonb not null default '{}',
    updated_at timestamptz not null default now(),
    constraint pipeline_pkey primary key (pipeline_code),
    constraint pipeline_params_is_object_check check (jsonb_typeof(params) = 'object')
);
comment on table ops.pipeline is 'One row is one pipeline of pandian.yaml, as the newest run found it.';
comment on column ops.pipeline.pipeline_code is 'Name of the pipeline, as in stock-compare.';
comment on column ops.pipeline.target_connection_code is 'Connection that the documents go to.';
comment on column ops.pipeline.params is 'Parameters of the newest run, name to text; sql/ reads those of its own run by ops.param.';
comment on column ops.pipeline.updated_at is 'When a run last saw a change of this row''s configuration.';

create table ops.pipeline_source (
    pipeline_code text collate "C" not null,
    dataset text collate "C" not null,
    connection_code text collate "C" not null,
    since_at timestamptz,
    constraint pipeline_source_pkey primary key (pipeline_code, dataset, connection_code)
);
comment on table ops.pipeline_source is 'One row is one dataset of one connection that a pipeline reads.';
comment on column ops.pipeline_source.pipeline_code is 'The reading pipeline.';
comment on column ops.pipeline_source.dataset is 'Vendor and thing, as in wdt.stock.';
comment on column ops.pipeline_source.connection_code is 'The connection that is read.';
comment on column ops.pipeline_source.since_at is 'Where reading begins; null for snapshots.';

create table ops.run (
    run_id bigint generated always as identity,
    pipeline_code text collate "C" not null,
    command text not null,
    state text not null default 'running',
    is_full boolean not null default false,
    params jsonb not null default '{}',
    started_at timestamptz not null default clock_timestamp(),
    finished_at timestamptz,
    host text not null,
    process_id integer not null,
    program_version text not null,
    balance jsonb,
    error text,
    constraint run_pkey primary key (run_id),
    constraint run_state_is_known_check check (state in ('running', 'ok', 'failed', 'interrupted')),
    constraint run_finished_has_a_time_check check ((state = 'running') = (finished_at is null)),
    constraint run_params_is_object_check check (jsonb_typeof(params) = 'object')
);
comment on table ops.run is 'One row is one run of one pipeline. While it works, its session holds the advisory lock of its run_id (ops.run_lock_class).';
comment on column ops.run.run_id is 'Number of the run; later runs have larger numbers.';
comment on column ops.run.pipeline_code is 'The pipeline that ran; the dataset''s name for pandian land.';
comment on column ops.run.command is 'What was asked for: run, extract, land, transform or load.';
comment on column ops.run.state is 'running, ok, failed (it says so itself) or interrupted (its process is gone).';
comment on column ops.run.is_full is 'True when every stage was told to read everything again.';
comment on column ops.run.params is 'Parameters frozen for this run, name to text.';
comment on column ops.run.started_at is 'When it began.';
comment on column ops.run.finished_at is 'When it ended; null while it runs.';
comment on column ops.run.host is 'Machine it ran on.';
comment on column ops.run.process_id is 'Process it ran in.';
comment on column ops.run.program_version is 'Version of pandian.';
comment on column ops.run.balance is 'The balance at its end: what came in, what became of it.';
comment on column ops.run.error is 'Why it failed, in words for a person.';
create index run_pipeline_idx on ops.run (pipeline_code, run_id desc);
create index run_running_idx on ops.run (run_id) where state = 'running';

create table ops.step_run (
    run_id bigint not null,
    step_code text collate "C" not null,
    state text not null,
    started_at timestamptz not null,
    finished_at timestamptz not null,
    written_count bigint not null default 0,
    error text,
    constraint step_run_pkey primary key (run_id, step_code, started_at),
    constraint step_run_state_is_known_check check (state in ('ok', 'failed'))
);
comment on table ops.step_run is 'One row is one file of sql/ carried out in one run.';
comment on column ops.step_run.run_id is 'The run.';
comment on column ops.step_run.step_code is 'The file, as in source/wdt_stock.';
comment on column ops.step_run.state is 'ok or failed.';
comment on column ops.step_run.started_at is 'When it began.';
comment on column ops.step_run.finished_at is 'When it ended.';
comment on column ops.step_run.written_count is 'Rows that its statements wrote, all tables together.';
comment on column ops.step_run.error is 'What Postgres said, where it failed.';

create table ops.step_input (
    step_code text collate "C" not null,
    input_run_id bigint not null,
    run_id bigint not null,
    taken_at timestamptz not null default clock_timestamp(),
    constraint step_input_pkey primary key (step_code, input_run_id, run_id)
);
comment on table ops.step_input is 'One row says that a step has taken the output of a run, and in which run it did so.';
comment on column ops.step_input.step_code is 'The taking step; a step of one pipeline only has the pipeline''s name in front, as in stock-compare/compare/stock_result.';
comment on column ops.step_input.input_run_id is 'The run whose pages or changes were taken.';
comment on column ops.step_input.run_id is 'The run in which they were taken.';
comment on column ops.step_input.taken_at is 'When.';
create index step_input_run_idx on ops.step_input (run_id, step_code);

create table ops.tally (
    run_id bigint not null,
    subject text collate "C" not null,
    name text collate "C" not null,
    value bigint not null,
    constraint tally_pkey primary key (run_id, subject, name)
);
comment on table ops.tally is 'One row is one figure that a step counted in a run. The balance is made from them.';
comment on column ops.tally.run_id is 'The run.';
comment on column ops.tally.subject is 'What was counted, as in wdt.stock or compare.stock_result.';
comment on column ops.tally.name is 'Which figure, as in got, new, changed, unchanged, repeated, rejected.';
comment on column ops.tally.value is 'How many.';

create table ops.finding (
    run_id bigint not null,
    subject text collate "C" not null,
    code text collate "C" not null,
    found_count bigint not null,
    message text not null,
    constraint finding_pkey primary key (run_id, subject, code)
);
comment on table ops.finding is 'One row is something about a run''s data that a person should know: a side that is not complete, several specs for one row.';
comment on column ops.finding.run_id is 'The run that found it.';
comment on column ops.finding.subject is 'What it is about: a table, dataset or file of sql/check.';
comment on column ops.finding.code is 'Which kind, as in not_comparable.';
comment on column ops.finding.found_count is 'How many rows.';
comment on column ops.finding.message is 'What was found and what to do, in words for a person.';

create table ops.window (
    window_id bigint generated always as identity,
    connection_code text collate "C" not null,
    dataset text collate "C" not null,
    kind text not null,
    from_at timestamptz,
    to_at timestamptz,
    state text not null default 'open',
    reason text,
    run_id bigint not null,
    opened_at timestamptz not null default clock_timestamp(),
    closed_at timestamptz,
    next_page integer,
    total_count bigint,
    page_count integer,
    pages_read integer not null default 0,
    pages_landed integer not null default 0,
    pages_unchanged integer not null default 0,
    pages_removed integer not null default 0,
    records_read bigint not null default 0,
    records_landed bigint not null default 0,
    records_rejected bigint not null default 0,
    constraint window_pkey primary key (connection_code, window_id),
    constraint window_kind_is_known_check check (kind in ('window', 'snapshot', 'files')),
    constraint window_state_is_known_check check (state in ('open', 'complete', 'incomplete')),
    constraint window_span_is_not_negative_check check (from_at <= to_at),
    constraint window_incomplete_has_a_reason_check check (state <> 'incomplete' or reason is not null)
);
comment on table ops.window is 'One row is one reading of one span of a dataset (kind window), of all of it (snapshot), or of recorded responses (files).';
comment on column ops.window.window_id is 'Number of the reading.';
comment on column ops.window.connection_code is 'The connection that was read.';
comment on column ops.window.dataset is 'Vendor and thing, as in wdt.stock.';
comment on column ops.window.kind is 'window, snapshot or files.';
comment on column ops.window.from_at is 'First second that the window holds; null for a snapshot.';
comment on column ops.window.to_at is 'Last second that the window holds; null for a snapshot.';
comment on column ops.window.state is 'open while it is read, complete when it was proved so, else incomplete.';
comment on column ops.window.reason is 'Why it is incomplete, in words for a person.';
comment on column ops.window.run_id is 'The run that read it last.';
comment on column ops.window.opened_at is 'When reading began; for a snapshot, the moment that it shows.';
comment on column ops.window.closed_at is 'When reading ended.';
comment on column ops.window.next_page is 'Checkpoint: the next page to read. It moves in the transaction that lands the page.';
comment on column ops.window.total_count is 'Records in the window by the platform''s own count; null where it does not say.';
comment on column ops.window.page_count is 'Pages that the count asks for; null where there is no paging.';
comment on column ops.window.pages_read is 'Pages that came.';
comment on column ops.window.pages_landed is 'Pages stored.';
comment on column ops.window.pages_unchanged is 'Pages not stored, because the last snapshot had the same page in this place.';
comment on column ops.window.pages_removed is 'Places of the last snapshot that this one no longer has.';
comment on column ops.window.records_read is 'Records that came.';
comment on column ops.window.records_landed is 'Records stored in pages.';
comment on column ops.window.records_rejected is 'Records that Postgres could not hold; they are in staging.reject.';
create index window_dataset_idx on ops.window (dataset, connection_code, from_at);
create index window_run_idx on ops.window (run_id);

-- +goose Down
drop table ops.window;
drop table ops.finding;
drop table ops.tally;
drop table ops.step_input;
drop table ops.step_run;
drop table ops.run;
drop table ops.pipeline_source;
drop table ops.pipeline;
drop table ops.connection;
drop table ops.sql_object;
drop table ops.schema_support;
