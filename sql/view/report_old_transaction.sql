-- Transactions that are open, and what keeps the past alive besides them: the oldest holds vacuum back for everybody.
--
-- grain:  session, prepared transaction or replication slot
-- reads:  nothing
-- writes: nothing
-- rerun:  safe
--
-- is_old is true after 15 minutes, or after pandian.old_after where that is set (alter database ... set
-- pandian.old_after = '1 hour'): longer than a statement of pandian may take. A slot has no clock, it is old when nobody reads from it, or when a million
-- transactions began since. Postgres shows sessions of other accounts
-- only to members of pg_read_all_stats (pg_monitor has it): to everybody else they have neither state nor age, and are
-- old after a million transactions. Texts in queries are masked.

create or replace view report.old_transaction as
with open_transaction as (
    select
        case when session.backend_type = 'walsender' then 'standby' else 'session' end as kind,
        session.pid::text as name,
        session.pid,
        session.usename::text as account,
        nullif(session.application_name, '') as application,
        session.client_addr::text as client,
        session.state,
        clock_timestamp() - session.xact_start as age,
        greatest(age(session.backend_xid), age(session.backend_xmin))::bigint as xmin_age,
        nullif(left(regexp_replace(regexp_replace(session.query, '''[^'']*(''|$)', '''***''', 'g'), '\s+', ' ', 'g'), 80), '') as query
    from pg_catalog.pg_stat_activity as session
    where
        (session.datname = current_database() or session.backend_type = 'walsender')
        -- hidden with the rest of a session of another account; autovacuum has no account
        and coalesce(session.backend_type, 'client backend') in ('client backend', 'walsender')
        and session.usesysid is not null
        and session.pid <> pg_backend_pid()
        and num_nonnulls(session.xact_start, session.backend_xid, session.backend_xmin) > 0
    union all
    select
        'prepared',
        prepared.gid,
        null,
        prepared.owner::text,
        null,
        null,
        'prepared',
        clock_timestamp() - prepared.prepared,
        age(prepared.transaction),
        null
    from pg_catalog.pg_prepared_xacts as prepared
    where prepared.database = current_database()
    union all
    select
        'slot',
        slot.slot_name::text,
        slot.active_pid,
        null,
        slot.plugin::text,
        null,
        case when slot.active then 'active' else 'inactive' end,
        null,
        greatest(age(slot.xmin), age(slot.catalog_xmin)),
        null
    from pg_catalog.pg_replication_slots as slot
    where
        (slot.database is null or slot.database = current_database())
        and num_nonnulls(slot.xmin, slot.catalog_xmin) > 0
)

select
    open_transaction.kind,
    open_transaction.name,
    open_transaction.pid,
    open_transaction.account,
    open_transaction.application,
    open_transaction.client,
    open_transaction.state,
    open_transaction.age,
    open_transaction.xmin_age,
    open_transaction.query,
    coalesce(
        open_transaction.age > coalesce(nullif(current_setting('pandian.old_after', true), ''), '15 minutes')::interval,
        open_transaction.xmin_age > 1000000 or open_transaction.state = 'inactive'
    ) is true as is_old,
    case
        when open_transaction.xmin_age is not null then 'vacuum: what was changed since cannot be cleaned up, and queries get slower'
        else 'its locks: a migration and retention wait for it'
    end as holds_back,
    case
        when open_transaction.kind = 'slot' then format('let its reader catch up, or select pg_drop_replication_slot(%L)', open_transaction.name)
        when open_transaction.kind = 'prepared' then format('commit prepared %L, or rollback prepared %L', open_transaction.name, open_transaction.name)
        when open_transaction.kind = 'standby' then 'end the long query on the standby, or set hot_standby_feedback = off there'
        when open_transaction.state like 'idle in transaction%' then format(
            'select pg_terminate_backend(%s); idle_in_transaction_session_timeout of its account keeps it from coming back', open_transaction.pid
        )
        else format('wait for it, or select pg_terminate_backend(%s)', open_transaction.pid)
    end as advice
from open_transaction;
comment on view report.old_transaction is 'One row is an open transaction of another session, a prepared transaction or a replication slot: how old it is (age; xmin_age in transactions), what it holds back, and what to do.';
