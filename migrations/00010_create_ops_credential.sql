-- Tokens that a platform hands out and rotates (聚水潭's access_token and refresh_token). They must outlive the
-- process, because a used refresh token is worth nothing any more, and they must not stand in the database in clear.
--
-- pandian seals them before they get here, with a key that the database never sees. Who may read the table is in
-- sql/function/ops_grant_roles.sql.

-- +goose Up
create table ops.credential (
    connection_code text collate "C" not null,
    name text collate "C" not null,
    sealed bytea not null,
    key_id text not null,
    version bigint not null,
    expires_at timestamptz,
    updated_at timestamptz not null default clock_timestamp(),
    constraint credential_pkey primary key (connection_code, name),
    constraint credential_name_is_not_blank_check check (name <> ''),
    constraint credential_version_counts_from_1_check check (version >= 1)
);
comment on table ops.credential is 'One row is one secret that a platform rotates, sealed by pandian. Without the key it is of no use to anybody.';
comment on column ops.credential.connection_code is 'The connection that it opens.';
comment on column ops.credential.name is 'Which of the connection''s secrets, as in jst.token.';
comment on column ops.credential.sealed is 'AES-256-GCM: 12 bytes nonce, then the secret and its tag. It is bound to connection_code and name, so a row cannot stand in for another.';
comment on column ops.credential.key_id is 'Fingerprint of the key that it was sealed with: tells a wrong key from a damaged row, and tells nothing of the key.';
comment on column ops.credential.version is 'Counts from 1 with each renewal; a renewal is stored only over the version that it began with.';
comment on column ops.credential.expires_at is 'When it stops being good; null where the platform does not say.';
comment on column ops.credential.updated_at is 'When this version was stored.';

-- +goose Down
drop table ops.credential;
