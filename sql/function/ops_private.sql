-- Who may see personal data in the clear, and what everybody else sees in its place.
--
-- reads:  ops.private_field
-- writes: nothing
-- rerun:  safe
--
-- The views of schema report pass what is personal through ops.shown, ops.shown_payload, ops.shown_message or
-- ops.shown_value: one view serves both kinds of readers. Which fields are personal is in ops.private_field. Secrets
-- are shown to nobody.

create or replace function ops.may_see_private()
returns boolean
language sql
stable
begin atomic
    select
        coalesce(current_setting('pandian.masked', true), '') <> 'on'
        and coalesce((
            select pg_has_role(current_user, pg_roles.oid, 'usage')
            from pg_catalog.pg_roles
            where pg_roles.rolname = 'pandian_private'
        ), false);
end;
comment on function ops.may_see_private() is 'True when the account has the role pandian_private and did not ask for masks with: set pandian.masked = on, as the commands of pandian do.';

create or replace function ops.mask_name(value text)
returns text
language sql
immutable
begin atomic
    select case when btrim(value) = '' then value else left(btrim(value), 1) || '**' end;
end;
comment on function ops.mask_name(text) is 'A name or nickname by its first character, as in 王**; its length does not show.';

create or replace function ops.mask_phone(value text)
returns text
language sql
immutable
begin atomic
    select case
        when btrim(value) = '' then value
        when length(regexp_replace(value, '[^0-9]', '', 'g')) between 10 and 13
            then regexp_replace(regexp_replace(value, '[^0-9]', '', 'g'), '^(...).*(....)$', '\1****\2')
        else '***'
    end;
end;
comment on function ops.mask_phone(text) is 'A phone number of 10 to 13 digits by its first 3 and last 4, as in 138****5678; any other text is hidden whole.';

create or replace function ops.mask_address(value text)
returns text
language sql
immutable
begin atomic
    select case
        when btrim(value) = '' then value
        else coalesce(substring(
            btrim(value) from
            '^(?:北京|天津|上海|重庆|河北|山西|辽宁|吉林|黑龙江|江苏|浙江|安徽|福建|江西|山东|河南|湖北|湖南|广东|海南|四川|贵州'
            '|云南|陕西|甘肃|青海|台湾|内蒙古|广西|西藏|宁夏|新疆|香港|澳门)(?:省|市|壮族自治区|回族自治区|维吾尔自治区|自治区|特别行政区)?'
        ), '') || '***'
    end;
end;
comment on function ops.mask_address(text) is 'An address by its province, where it begins with one, as in 浙江省***.';

create or replace function ops.mask_text(value text)
returns text
language sql
immutable
begin atomic
    select case when btrim(value) = '' then value else '***' end;
end;
comment on function ops.mask_text(text) is 'A text by three stars; that there is none still shows.';

create or replace function ops.mask(kind text, value text)
returns text
language sql
immutable
begin atomic
    select case kind
        when 'name' then ops.mask_name(value)
        when 'phone' then ops.mask_phone(value)
        when 'address' then ops.mask_address(value)
        else ops.mask_text(value)
    end;
end;
comment on function ops.mask(text, text) is 'A value masked as its kind in ops.private_field asks.';

create or replace function ops.shown(kind text, value text)
returns text
language sql
stable
begin atomic
    select case when kind <> 'secret' and ops.may_see_private() then value else ops.mask(kind, value) end;
end;
comment on function ops.shown(text, text) is 'A value of a kind of ops.private_field as the present account may see it.';

create or replace function ops.private_kinds(is_secrets_only boolean)
returns jsonb
language sql
stable
begin atomic
    select coalesce(jsonb_object_agg(private_field.field_name, private_field.kind), '{}')
    from ops.private_field
    where
        private_field.kind = 'secret'
        or not is_secrets_only;
end;
comment on function ops.private_kinds(boolean) is 'Kind by field of ops.private_field; of secrets only, or of all.';

create or replace function ops.mask_members(document json, kinds jsonb)
returns json
language plpgsql
immutable
as $$
begin
    case json_typeof(document)
        when 'object' then
            return (
                select ('{' || coalesce(string_agg(
                    to_json(member.key)::text || ' : ' || case
                        when member.kind is null then ops.mask_members(member.value, kinds)::text
                        when json_typeof(member.value) = 'null' then 'null'
                        when json_typeof(member.value) in ('object', 'array') then '"***"'
                        else to_json(ops.mask(member.kind, member.value #>> '{}'))::text
                    end,
                    ', ' order by member.place
                ), '') || '}')::json
                from (
                    select entry.key, entry.value, entry.place, kinds ->> lower(entry.key) as kind
                    from json_each(document) with ordinality as entry (key, value, place)
                ) as member
            );
        when 'array' then
            return (
                select ('[' || coalesce(string_agg(
                    ops.mask_members(element.value, kinds)::text, ', ' order by element.place
                ), '') || ']')::json
                from json_array_elements(document) with ordinality as element (value, place)
            );
        else
            return document;
    end case;
end
$$;
comment on function ops.mask_members(json, jsonb) is 'A document in which the fields that kinds names are masked, wherever they stand; all else, and the order of the fields, stays.';

create or replace function ops.mask_payload(document json)
returns json
language sql
stable
begin atomic
    select ops.mask_members(document, ops.private_kinds(false));
end;
comment on function ops.mask_payload(json) is 'A document or record with its personal data and secrets masked, whoever asks.';

create or replace function ops.shown_payload(payload text)
returns text
language plpgsql
stable
as $$
begin
    return ops.mask_members(payload::json, ops.private_kinds(ops.may_see_private()))::text;
exception when data_exception then
    -- no JSON: nobody can tell what is in it
    return case when ops.may_see_private() then payload else ops.mask_text(payload) end;
end
$$;
comment on function ops.shown_payload(text) is 'A document or record, JSON as text, as the present account may see it.';

create or replace function ops.kind_of(path text)
returns text
language sql
stable
begin atomic
    select min(private_field.kind)
    from ops.private_field
    where private_field.field_name = any (string_to_array(lower(regexp_replace(path, '\[[0-9]+\]', '', 'g')), '.'));
end;
comment on function ops.kind_of(text) is 'Kind in ops.private_field of a field that a path such as details_list[2].remark names, or of one that it lies in; null for a field that is not private.';

create or replace function ops.shown_value(path text, value text)
returns text
language sql
stable
begin atomic
    select case
        when value is null then null
        when ops.kind_of(path) is not null then ops.shown(ops.kind_of(path), value)
        -- a part of a record, perhaps cut
        when ltrim(value) ~ '^[\[{]' then ops.shown_payload(value)
        else value
    end;
end;
comment on function ops.shown_value(text, text) is 'What stands at a path of a document or record, as the present account may see it.';

create or replace function ops.mask_message(message text, payload text)
returns text
language plpgsql
stable
as $$
declare
    hidden record;
begin
    if message is null or payload is null then
        return message;
    end if;
    for hidden in
        select
            ops.kind_of(leaf.name) as kind,
            btrim(leaf.value) as value
        from ops.json_leaves(payload::json) as leaf
        where
            length(btrim(leaf.value)) > 1
            and ops.kind_of(leaf.name) is not null
        order by length(leaf.value) desc
    loop
        message := replace(message, hidden.value, ops.mask(hidden.kind, hidden.value));
    end loop;
    return message;
exception when data_exception then
    return message;
end
$$;
comment on function ops.mask_message(text, text) is 'What a target said of a document, without the personal data of that document that it repeats, whoever asks.';

create or replace function ops.shown_message(message text, payload text)
returns text
language plpgsql
stable
as $$
begin
    if message is null or payload is null or ops.may_see_private() then
        return message;
    end if;
    return ops.mask_message(message, payload);
end
$$;
comment on function ops.shown_message(text, text) is 'What a target said of a document, without the personal data of that document that it repeats, unless the present account may see them.';
