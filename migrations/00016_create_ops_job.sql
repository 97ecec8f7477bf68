-- Schedules and their fires, so that any number of pandian serve processes on any hosts run each fire exactly once.
--
-- A fire is a row: its key says that it exists once, its state and lease say who has it. The clock that decides is
-- the database's. A server that dies stops renewing its lease, and another one takes the fire over.

-- +goose Up
create table ops.job (
    pipeline_code text collate "C" not null,
    kind text not null,
    cron text not null,
    time_zone text not null,
    missed_policy text not null,
    catch_up_limit integer not null,
    busy_wait interval not null,
    reread_span interval,
    next_fire_at timestamptz,
    carried_count bigint not null default 0,
    carried_from_at timestamptz,
    missed_count bigint not null default 0,
    skipped_count bigint not null default 0,
    lost_count bigint not null default 0,
    updated_by text not null,
    updated_at timestamptz not null default clock_timestamp(),
    constraint job_pkey primary key (pipeline_code, kind),
    constraint job_kind_is_known_check check (kind in ('run', 'reread')),
    constraint job_missed_policy_is_known_check check (missed_policy in ('coalesce', 'catch_up', 'skip')),
    constraint job_catch_up_limit_is_positive_check check (catch_up_limit >= 1),
    constraint job_reread_has_a_span_check check ((kind = 'reread') = (reread_span is not null)),
    constraint job_carried_has_a_time_check check ((carried_count > 0) = (carried_from_at is not null))
);
comment on table ops.job is 'One row is one schedule of one pipeline, as the pandian serve that started last found it in pandian.yaml. All servers go by this row.';
comment on column ops.job.pipeline_code is 'The pipeline that is run.';
comment on column ops.job.kind is 'run reads what is new; reread reads the last reread_span again for what came late (遗漏补救).';
comment on column ops.job.cron is 'When: minute, hour, day, month, weekday in time_zone; or a descriptor such as @hourly.';
comment on column ops.job.time_zone is 'IANA name of the zone that cron is meant in.';
comment on column ops.job.missed_policy is 'What becomes of fires that nobody could take: coalesce makes one of them, catch_up runs each, skip runs none.';
comment on column ops.job.catch_up_limit is 'Most missed fires that catch_up runs one by one; older ones go into the oldest of these.';
comment on column ops.job.busy_wait is 'How long a fire waits for its pipeline to be free before it is skipped and carried into the next.';
comment on column ops.job.reread_span is 'How far back a reread reads; null for kind run.';
comment on column ops.job.next_fire_at is 'The next fire that has no row in ops.job_fire yet; null when the configuration has no such schedule any more.';
comment on column ops.job.carried_count is 'Fires that were skipped because the pipeline was busy, and that the next fire stands for.';
comment on column ops.job.carried_from_at is 'Time of the oldest of them.';
comment on column ops.job.missed_count is 'Fires so far that no server took within a minute of their time. It only grows.';
comment on column ops.job.skipped_count is 'Fires so far that were skipped because the pipeline was busy. It only grows.';
comment on column ops.job.lost_count is 'Fires so far that were given up because one server after another died with them. It only grows.';
comment on column ops.job.updated_by is 'Server that wrote this configuration: host, process and a random part.';
comment on column ops.job.updated_at is 'When it did.';

create table ops.job_fire (
    pipeline_code text collate "C" not null,
    kind text not null,
    fire_at timestamptz not null,
    covers_from_at timestamptz not null,
    stands_for_count bigint not null,
    late_count bigint not null default 0,
    state text not null,
    reason text,
    due_at timestamptz not null default clock_timestamp(),
    waiting_since timestamptz,
    attempt_count integer not null default 0,
    worker text,
    token bigint,
    lease_until timestamptz,
    run_id bigint,
    noted_at timestamptz not null default clock_timestamp(),
    started_at timestamptz,
    finished_at timestamptz,
    constraint job_fire_pkey primary key (pipeline_code, kind, fire_at),
    constraint job_fire_kind_is_known_check check (kind in ('run', 'reread')),
    constraint job_fire_state_is_known_check check (
        state in ('due', 'running', 'ok', 'failed', 'skipped', 'coalesced', 'missed', 'lost')
    ),
    constraint job_fire_running_has_a_lease_check check (
        (state = 'running') = (lease_until is not null)
        and (state = 'running') = (token is not null)
    ),
    constraint job_fire_end_has_a_time_check check ((state in ('due', 'running')) = (finished_at is null)),
    constraint job_fire_covers_the_past_check check (covers_from_at <= fire_at),
    constraint job_fire_stands_for_itself_check check (stands_for_count >= 1)
) with (fillfactor = 50);
comment on table ops.job_fire is 'One row is one moment at which a schedule fired. Its key decides that the moment counts once, whoever notices it first.';
comment on column ops.job_fire.pipeline_code is 'The pipeline.';
comment on column ops.job_fire.kind is 'Which of its schedules: run or reread.';
comment on column ops.job_fire.fire_at is 'The moment by the schedule.';
comment on column ops.job_fire.covers_from_at is 'Time of the oldest fire that this one stands for; fire_at when it is only itself. A reread reads from reread_span before it.';
comment on column ops.job_fire.stands_for_count is 'How many fires this one stands for, itself included.';
comment on column ops.job_fire.late_count is 'How many of them were more than a minute late when they were noticed: no server ran at their time.';
comment on column ops.job_fire.state is 'due, running, ok, failed (its run failed), skipped (the pipeline was busy), coalesced (a later one stands for it), missed (policy skip), lost (its servers died).';
comment on column ops.job_fire.reason is 'Why it is in this state, in words for a person.';
comment on column ops.job_fire.due_at is 'Not taken before; moved on when its pipeline was busy.';
comment on column ops.job_fire.waiting_since is 'When it first met a busy pipeline.';
comment on column ops.job_fire.attempt_count is 'How often a server took it and neither ended it nor gave it back.';
comment on column ops.job_fire.worker is 'Server that has it or had it last: host, process and a random part.';
comment on column ops.job_fire.token is 'Fence of the present holder: who holds another one writes nothing. Null when nobody has it.';
comment on column ops.job_fire.lease_until is 'The holder renews it; once past, the fire is due again.';
comment on column ops.job_fire.run_id is 'Its run, as soon as that has a number.';
comment on column ops.job_fire.noted_at is 'When the row was written.';
comment on column ops.job_fire.started_at is 'When a server took it last.';
comment on column ops.job_fire.finished_at is 'When it ended.';
create index job_fire_open_idx on ops.job_fire (pipeline_code, fire_at, kind) where state in ('due', 'running');
create index job_fire_finished_idx on ops.job_fire (finished_at);

-- Readings that were not proved complete are few; status counts them.
create index window_unproved_idx on ops.window (connection_code, dataset) where state <> 'complete';

create sequence ops.job_fire_token_seq;
comment on sequence ops.job_fire_token_seq is 'Numbers the takings of fires.';

-- +goose Down
drop sequence ops.job_fire_token_seq;
drop index ops.window_unproved_idx;
drop table ops.job_fire;
drop table ops.job;
