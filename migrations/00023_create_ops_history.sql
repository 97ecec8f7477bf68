-- What removing old history needs: how far it has got, and what must outlive the rows that go.
--
-- Counters only grow, so what removed readings and runs had counted is added up here. Windows that follow on each other
-- become one, because the proof of what was read must stay, and one row says it as well as a hundred thousand do.
-- What goes and what stays is in sql/function/ops_history*.sql.

-- +goose Up
create table ops.history (
    subject text collate "C" not null,
    turn integer not null,
    swept_before timestamptz not null default '-infinity',
    sweep_before timestamptz,
    place_code text collate "C" not null default '',
    place_id bigint not null default 0,
    removed_count bigint not null default 0,
    touched_at timestamptz,
    constraint history_pkey primary key (subject),
    constraint history_subject_is_known_check check (subject in ('window', 'discrepancy_event', 'reject', 'run', 'job_fire'))
);
comment on table ops.history is 'One row is one kind of history, and how far the removal of what is old has got. Only functions write it.';
comment on column ops.history.subject is 'window, discrepancy_event, reject, run (with its tallies, steps and findings) or job_fire.';
comment on column ops.history.turn is 'Order among the subjects: what names a run goes before the run.';
comment on column ops.history.swept_before is 'Everything older than this was gone through, and removed unless something keeps it.';
comment on column ops.history.sweep_before is 'What the sweep under way goes through: all that is older; null when none is.';
comment on column ops.history.place_code is 'How far that sweep has got: the connection of the last row, where the table is kept by connection.';
comment on column ops.history.place_id is 'The same: the number of the last row.';
comment on column ops.history.removed_count is 'Rows that were removed so far, all tables of the subject together.';
comment on column ops.history.touched_at is 'When something was last gone through.';
insert into ops.history (subject, turn)
values
    ('window', 1),
    ('discrepancy_event', 2),
    ('reject', 3),
    ('run', 4),
    ('job_fire', 5);

create table ops.removed_window (
    connection_code text collate "C" not null,
    dataset text collate "C" not null,
    window_count bigint not null,
    pages_landed bigint not null,
    records_landed bigint not null,
    constraint removed_window_pkey primary key (connection_code, dataset)
);
comment on table ops.removed_window is 'One row is what the removed readings of a dataset had landed, so that counters never go back.';
comment on column ops.removed_window.connection_code is 'The connection that was read.';
comment on column ops.removed_window.dataset is 'Vendor and thing, as in wdt.stock.';
comment on column ops.removed_window.window_count is 'How many readings were removed.';
comment on column ops.removed_window.pages_landed is 'Pages that they had stored.';
comment on column ops.removed_window.records_landed is 'Records that they had stored in pages.';

create table ops.removed_run (
    pipeline_code text collate "C" not null,
    outcome text collate "C" not null,
    document_count bigint not null,
    constraint removed_run_pkey primary key (pipeline_code, outcome)
);
comment on table ops.removed_run is 'One row is what the deliveries of the removed runs of a pipeline came to, so that counters never go back.';
comment on column ops.removed_run.pipeline_code is 'The pipeline.';
comment on column ops.removed_run.outcome is 'sent, superseded, waiting, in_doubt, rejected or abandoned, as in the balance of a run.';
comment on column ops.removed_run.document_count is 'How many documents.';

-- Which rejects are of one record: by its key, or by what came where it has none. As a number, because either may be
-- longer than an index takes. Rejects are few, so it is no matter that this holds up whoever would write one.
create index reject_record_idx on staging.reject (
    connection_code,
    dataset,
    hashtextextended(coalesce(record_key, record, encode(raw, 'hex')) collate "C", 0),
    reject_id
);

alter table ops.window
add column stands_for_count integer not null default 1;
comment on column ops.window.stands_for_count is 'How many readings this row stands for: older ones that were as complete and touch its span were folded into it, and are gone.';
comment on column ops.window.from_at is 'First second that the window, or an older one folded into it, holds; null for a snapshot.';
comment on column ops.window.to_at is 'Last second that the window, or an older one folded into it, holds; null for a snapshot.';

-- +goose Down
-- What was folded or removed stays so.
comment on column ops.window.from_at is 'First second that the window holds; null for a snapshot.';
comment on column ops.window.to_at is 'Last second that the window holds; null for a snapshot.';
alter table ops.window
drop column stands_for_count;
drop index staging.reject_record_idx;
drop table ops.removed_run;
drop table ops.removed_window;
drop table ops.history;
