-- name: OpsCredentialGet :one
-- OpsCredentialGet reads the newest version of a secret, sealed.
select *
from ops.credential
where
    connection_code = @connection_code
    and name = @name;

-- name: OpsCredentialAdd :execrows
-- OpsCredentialAdd stores the first version of a secret; 0 rows mean that there is one already.
insert into ops.credential (connection_code, name, sealed, key_id, version, expires_at)
values (
    @connection_code,
    @name,
    @sealed,
    @key_id,
    1,
    sqlc.narg(expires_at)
)
on conflict on constraint credential_pkey do nothing;

-- name: OpsCredentialReplace :execrows
-- OpsCredentialReplace stores the version after replaced_version; 0 rows mean that this is no longer the newest.
update ops.credential
set
    sealed = @sealed,
    key_id = @key_id,
    version = version + 1,
    expires_at = sqlc.narg(expires_at),
    updated_at = clock_timestamp()
where
    connection_code = @connection_code
    and name = @name
    and version = @replaced_version;

-- name: OpsCredentialLockTry :one
-- OpsCredentialLockTry takes the lock of a renewal for this session; false means that another session has it.
select pg_try_advisory_lock(hashtextextended(@lock_name::text, 0)) as is_held;

-- name: OpsCredentialLockRelease :one
-- OpsCredentialLockRelease gives the lock back; false means that this session did not have it.
select pg_advisory_unlock(hashtextextended(@lock_name::text, 0)) as was_held;
