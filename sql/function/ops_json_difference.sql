-- Which fields of two documents differ, by their paths: what a person wants to see before a revision is sent.
--
-- reads:  nothing
-- writes: nothing
-- rerun:  safe

create or replace function ops.json_leaves(document json, path text default '')
returns table (name text, value text)
language plpgsql
immutable
as $$
declare
    member record;
begin
    case json_typeof(document)
        when 'object' then
            for member in select entry.key, entry.value from json_each(document) as entry loop
                return query
                select leaf.name, leaf.value
                from ops.json_leaves(member.value, case when path = '' then member.key else path || '.' || member.key end) as leaf;
            end loop;
        when 'array' then
            for member in
                select element.value, element.place from json_array_elements(document) with ordinality as element (value, place)
            loop
                return query
                select leaf.name, leaf.value
                from ops.json_leaves(member.value, path || '[' || member.place || ']') as leaf;
            end loop;
        else
            return query select path, document #>> '{}';
    end case;
end
$$;
comment on function ops.json_leaves(json, text) is 'Every value of a document that is neither object nor list, by its path, as in RDRecordDetails[2].BaseQuantity; places count from 1.';

create or replace function ops.json_difference(old_document json, new_document json)
returns table (name text, old_value text, new_value text)
language sql
immutable
begin atomic
    select
        coalesce(old_leaf.name, new_leaf.name),
        old_leaf.value,
        new_leaf.value
    from ops.json_leaves(old_document) as old_leaf
    full join ops.json_leaves(new_document) as new_leaf on new_leaf.name = old_leaf.name
    where old_leaf.value is distinct from new_leaf.value
    order by coalesce(old_leaf.name, new_leaf.name);
end;
comment on function ops.json_difference(json, json) is 'The values that two documents do not have in common, by path; null where a document has none.';
