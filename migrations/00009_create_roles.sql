-- One role per stage, so that Postgres itself refuses a write in the wrong direction. Roles belong to the whole
-- server: they are made where the account may make them, and everything works without them.
--
-- What each may do is in sql/function/ops_grant_roles.sql, because views come and go.

-- +goose Up
-- +goose StatementBegin
do $$
declare
    role_name text;
begin
    foreach role_name in array array['pandian_extract', 'pandian_transform', 'pandian_load', 'pandian_analyst'] loop
        begin
            if to_regrole(role_name) is null then
                execute format('create role %I nologin', role_name);
            end if;
            -- Since PostgreSQL 16 whoever makes a role may grant it, but not yet act as it.
            execute format('grant %I to current_user', role_name);
        exception
            -- Another database of the same server may be migrated at this moment.
            when insufficient_privilege or duplicate_object or unique_violation or internal_error then
                raise notice 'role % was not made: %', role_name, sqlerrm;
        end;
    end loop;
end
$$;
-- +goose StatementEnd

-- +goose Down
-- Roles stay: other databases of the server may use them.
select 1;
