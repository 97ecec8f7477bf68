-- One rate limit per credential and one circuit per connection, for all processes that call a platform: two that
-- each keep to the limit go twice as fast as it allows, and a platform that is down is asked by one of them only.
--
-- Both are small and change all the time, so their pages keep room for new versions of a row. Who may write them is
-- in sql/function/ops_grant_roles.sql.

-- +goose Up
create table ops.rate_limit (
    credential text collate "C" not null,
    connection_code text collate "C" not null,
    calls_per_minute integer not null,
    next_slot_at timestamptz not null,
    slot_count bigint not null default 0,
    held_until timestamptz,
    throttle_count bigint not null default 0,
    learned_calls_per_minute numeric(12, 3),
    learned_at timestamptz,
    updated_at timestamptz not null default clock_timestamp(),
    constraint rate_limit_pkey primary key (credential),
    constraint rate_limit_credential_is_a_fingerprint_check check (credential ~ '^[0-9a-f]{32}$'),
    constraint rate_limit_calls_per_minute_is_positive_check check (calls_per_minute > 0),
    constraint rate_limit_learned_is_positive_check check (learned_calls_per_minute > 0),
    constraint rate_limit_learned_has_a_time_check check ((learned_calls_per_minute is null) = (learned_at is null))
) with (fillfactor = 20);
comment on table ops.rate_limit is 'One row is one credential at one platform: how fast it may call, and when its next free slot is. Processes lease slots in blocks.';
comment on column ops.rate_limit.credential is 'Fingerprint of the credential, which cannot be traced back to it. Connections with the same credential share the row.';
comment on column ops.rate_limit.connection_code is 'The connection that leased last.';
comment on column ops.rate_limit.calls_per_minute is 'The limit of the configuration (calls_per_minute), as the last lease had it.';
comment on column ops.rate_limit.next_slot_at is 'When the first slot is that nobody has leased. Slots that were leased and not used are lost.';
comment on column ops.rate_limit.slot_count is 'How many slots were leased so far.';
comment on column ops.rate_limit.held_until is 'No slot lies before this time, because the platform asked to be left alone; null if it never did.';
comment on column ops.rate_limit.throttle_count is 'How often the platform said that calls come too often.';
comment on column ops.rate_limit.learned_calls_per_minute is 'The lower limit that a throttle answer taught, as it was at learned_at; since then it has grown by a twentieth of calls_per_minute each minute. Null if none did.';
comment on column ops.rate_limit.learned_at is 'When it was learned.';
comment on column ops.rate_limit.updated_at is 'When the row was last written.';

create table ops.circuit (
    connection_code text collate "C" not null,
    failure_count integer not null default 0,
    failed_at timestamptz,
    failure text,
    open_until timestamptz,
    opened_at timestamptz,
    open_count bigint not null default 0,
    probe_token bigint,
    probe_until timestamptz,
    updated_at timestamptz not null default clock_timestamp(),
    constraint circuit_pkey primary key (connection_code),
    constraint circuit_failure_count_is_not_negative_check check (failure_count >= 0),
    constraint circuit_open_has_a_beginning_check check ((open_until is null) = (opened_at is null)),
    constraint circuit_probe_has_an_end_check check ((probe_token is null) = (probe_until is null))
) with (fillfactor = 20);
comment on table ops.circuit is 'One row is one connection whose calls failed: after so many in a row, whoever made them, nobody calls until a probe went well. Without a row all is well.';
comment on column ops.circuit.connection_code is 'The connection.';
comment on column ops.circuit.failure_count is 'Failures since the last success, over all processes.';
comment on column ops.circuit.failed_at is 'When the last of them was.';
comment on column ops.circuit.failure is 'What the last of them was: kind, HTTP status and the platform''s code.';
comment on column ops.circuit.open_until is 'Nobody calls before this time; after it one process may probe. Null while calls are let through.';
comment on column ops.circuit.opened_at is 'Since when no calls are let through.';
comment on column ops.circuit.open_count is 'How often it opened so far; a probe that fails does not count.';
comment on column ops.circuit.probe_token is 'Who probes; null while nobody does.';
comment on column ops.circuit.probe_until is 'When the probe is taken for dead, and another process may probe.';
comment on column ops.circuit.updated_at is 'When the row was last written.';

-- +goose Down
drop table ops.circuit;
drop table ops.rate_limit;
