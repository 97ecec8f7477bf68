-- name: LandingLockTry :one
-- LandingLockTry takes the lock of a landing for this session; false means that another session has it.
select pg_try_advisory_lock(hashtextextended(@lock_name::text, 0)) as is_held;

-- name: LandingLockRelease :one
-- LandingLockRelease gives the lock back; false means that this session did not have it.
select pg_advisory_unlock(hashtextextended(@lock_name::text, 0)) as was_held;

-- name: LandingLockHolder :one
-- LandingLockHolder tells who has the lock. Postgres shows a 64-bit key as two halves with objsubid 1.
select
    pg_stat_activity.pid,
    coalesce(nullif(pg_stat_activity.application_name, ''), 'an unnamed program')::text as application_name,
    coalesce(host(pg_stat_activity.client_addr), 'this host')::text as client_host,
    pg_stat_activity.backend_start
from pg_catalog.pg_locks
inner join pg_catalog.pg_stat_activity on pg_stat_activity.pid = pg_locks.pid
where
    pg_locks.locktype = 'advisory'
    and pg_locks.granted
    and pg_locks.objsubid = 1
    and pg_locks.database = (select pg_database.oid from pg_catalog.pg_database where pg_database.datname = current_database())
    and ((pg_locks.classid::bigint << 32) | pg_locks.objid::bigint) = hashtextextended(@lock_name::text, 0);
