-- Whether this database is still what it was: restored from a dump, copied, or promoted from a standby it knows less
-- than was sent, so from then on every document is looked up at its target before it is sent, until a person says that
-- this is over.
--
-- reads:  ops.database_identity, ops.pipeline, ops.connection, outbox.cursor
-- writes: ops.database_identity, outbox.retry, ops.audit
-- rerun:  safe; a life is noticed once
--
--     select * from report.database;
--     select ops.trust_database('moved to db2 on purpose, nothing ran meanwhile');
--     select ops.doubt_database('the disk was put back from a snapshot');
--
-- They run with the rights of the schema's owner: no stage writes ops.database_identity or ops.audit, and pg_control_system
-- may be kept from everybody but the server's own people. A disk or machine that is put back as it was at some
-- moment looks the same from inside; a person has to say it.

create or replace function ops.identify_database(
    out system_identifier bigint,
    out timeline_id bigint,
    out database_oid bigint,
    out relation_oid bigint
)
language plpgsql
stable
security definer
set search_path = pg_catalog
as $$
begin
    database_oid := (select pg_database.oid from pg_database where pg_database.datname = current_database());
    relation_oid := 'ops.database_identity'::regclass;
    -- Clouds say in various ways that they do not tell; what is not told is not compared.
    begin
        system_identifier := (select control.system_identifier from pg_control_system() as control);
    exception when others then
        system_identifier := null;
    end;
    -- The control file learns of a promotion with the next checkpoint only, the log knows at once.
    begin
        timeline_id := ('x' || left(pg_walfile_name(pg_current_wal_insert_lsn()), 8))::bit(32)::bigint;
    exception when others then
        timeline_id := null;
    end;
end
$$;
comment on function ops.identify_database() is 'What this database is known by now: cluster, timeline, database and the table of its lives. Null is what the server does not tell; a standby has no timeline of its own.';

create or replace function ops.new_cause(newest ops.database_identity)
returns text
language sql
stable
begin atomic
    select
        case
            when
                identity.database_oid <> newest.database_oid
                or identity.relation_oid <> newest.relation_oid
                or identity.system_identifier <> newest.system_identifier
                then 'moved'
            when identity.timeline_id <> newest.timeline_id then 'timeline'
        end
    from ops.identify_database() as identity;
end;
comment on function ops.new_cause(ops.database_identity) is 'Why this is not the life of a row any more: moved or timeline; null where it is, as far as the server tells.';

create or replace function ops.begin_life(cause text, noticed_by text, note text)
returns void
language plpgsql
security definer
set search_path = pg_catalog
as $$
begin
    insert into ops.database_identity (
        cause, system_identifier, timeline_id, database_oid, relation_oid, noticed_by, note,
        trusted_at, trusted_by, trusted_reason
    )
    select
        begin_life.cause,
        identity.system_identifier,
        identity.timeline_id,
        identity.database_oid,
        identity.relation_oid,
        begin_life.noticed_by,
        begin_life.note,
        case when begin_life.cause = 'first' then clock_timestamp() end,
        case when begin_life.cause = 'first' then 'pandian' end,
        case when begin_life.cause = 'first' then 'nothing had been sent' end
    from ops.identify_database() as identity;
    if begin_life.cause = 'first' then
        return;
    end if;

    -- What was in trouble may have been sent since. Documents that no target has are left alone.
    update outbox.retry
    set
        is_doubtful = true,
        state = case when retry.state = 'waiting' then 'in_doubt' else retry.state end,
        held_state = case
            when retry.held_state in ('pending', 'left', 'waiting', 'lost') then 'in_doubt'
            else retry.held_state
        end
    where
        not exists (
            select
            from ops.pipeline
            inner join ops.connection on connection.connection_code = pipeline.target_connection_code
            where
                pipeline.pipeline_code = retry.pipeline_code
                and connection.platform = 'qeasy'
        );
end
$$;
comment on function ops.begin_life(text, text, text) is 'Writes down that a life of this database began; unless it is the first, what stands in outbox.retry is doubtful from then on.';

create or replace function ops.notice_database()
returns table (
    identity_id integer,
    cause text,
    noticed_at timestamptz,
    must_look_up boolean,
    is_news boolean
)
language plpgsql
volatile
security definer
set search_path = pg_catalog
as $$
declare
    newest ops.database_identity;
    found_cause text;
    noticed boolean := false;
begin
    for attempt in 1..2 loop
        newest := (select lives from ops.database_identity as lives order by lives.identity_id desc limit 1);
        found_cause := case when newest.identity_id is null then 'first' else ops.new_cause(newest) end;
        exit when found_cause is null;
        if attempt = 1 then
            -- Somebody else may notice at this moment: look again.
            lock table ops.database_identity in share row exclusive mode;
        else
            perform ops.begin_life(found_cause, session_user, null);
            noticed := true;
        end if;
    end loop;
    if noticed then
        newest := (select lives from ops.database_identity as lives order by lives.identity_id desc limit 1);
    elsif newest.system_identifier is null or newest.timeline_id is null then
        -- The account may have been allowed to ask since.
        update ops.database_identity as lives
        set
            system_identifier = coalesce(lives.system_identifier, identity.system_identifier),
            timeline_id = coalesce(lives.timeline_id, identity.timeline_id)
        from ops.identify_database() as identity
        where
            lives.identity_id = newest.identity_id
            and (
                (lives.system_identifier is null and identity.system_identifier is not null)
                or (lives.timeline_id is null and identity.timeline_id is not null)
            );
    end if;
    return query
    select
        newest.identity_id,
        newest.cause,
        newest.noticed_at,
        newest.trusted_at is null,
        noticed and newest.cause <> 'first';
end
$$;
comment on function ops.notice_database() is 'Which life of this database it is, and whether documents must be looked up before they are sent. Whoever asks first in a new life writes it down (is_news). Every run asks, and every claim of documents.';

create or replace function ops.audit_outboxes(verb text, old_state text, new_state text, reason text, by_whom text)
returns void
language sql
volatile
security definer
set search_path = pg_catalog
as $$
    with decision as materialized (
        select nextval(pg_get_serial_sequence('ops.audit', 'audit_id')) as decision_id
    )

    insert into ops.audit (
        connection_code, pipeline_code, decision_id, decided_by, verb, verdict, old_state, new_state, reason, document_count
    )
    select
        progress.connection_code,
        progress.pipeline_code,
        decision.decision_id,
        audit_outboxes.by_whom,
        audit_outboxes.verb,
        'done',
        audit_outboxes.old_state,
        audit_outboxes.new_state,
        audit_outboxes.reason,
        count(*) over ()
    from outbox.cursor as progress
    cross join decision;
$$;
comment on function ops.audit_outboxes(text, text, text, text, text) is 'Writes a decision about all outboxes into ops.audit, a row for each.';

create or replace function ops.trust_database(reason text, by_whom text default session_user)
returns boolean
language plpgsql
volatile
security definer
set search_path = pg_catalog
as $$
declare
    newest integer;
begin
    if coalesce(btrim(reason), '') = '' then
        raise exception 'a reason is needed: it is what the next person reads'
            using errcode = 'invalid_parameter_value';
    end if;
    lock table ops.database_identity in share row exclusive mode;
    newest := (select noticed.identity_id from ops.notice_database() as noticed where noticed.must_look_up);
    if newest is null then
        return false;
    end if;
    update ops.database_identity as lives
    set
        trusted_at = clock_timestamp(),
        trusted_by = trust_database.by_whom,
        trusted_reason = trust_database.reason
    where lives.identity_id = newest;
    perform ops.audit_outboxes('trust', 'looked_up', 'trusted', reason, by_whom);
    return true;
end
$$;
comment on function ops.trust_database(text, text) is 'Ends the looking up after a restore, for all outboxes: what this database says about its documents is believed again. False where it is believed already. Documents in doubt stay so until they were looked up.';

create or replace function ops.doubt_database(reason text, by_whom text default session_user)
returns boolean
language plpgsql
volatile
security definer
set search_path = pg_catalog
as $$
begin
    if coalesce(btrim(reason), '') = '' then
        raise exception 'a reason is needed: it is what the next person reads'
            using errcode = 'invalid_parameter_value';
    end if;
    lock table ops.database_identity in share row exclusive mode;
    perform ops.notice_database();
    perform ops.begin_life('told', by_whom, reason);
    perform ops.audit_outboxes('doubt', 'trusted', 'looked_up', reason, by_whom);
    return true;
end
$$;
comment on function ops.doubt_database(text, text) is 'Begins the looking up by hand, for all outboxes: for what cannot be noticed from inside, as a disk that was put back, or a dump from before this was counted. Runs that are sending end with an error, and the next ones look up.';

revoke all on function
    ops.identify_database(),
    ops.begin_life(text, text, text),
    ops.notice_database(),
    ops.audit_outboxes(text, text, text, text, text),
    ops.trust_database(text, text),
    ops.doubt_database(text, text)
from public;
