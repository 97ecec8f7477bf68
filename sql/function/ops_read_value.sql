-- How a field of a source record becomes a value of its column. Every source file uses these, so that
-- "1,234.50" is read, or refused, in one way everywhere.
--
-- reads:  nothing
-- writes: nothing
-- rerun:  safe

create or replace function ops.to_numeric(value text)
returns numeric
language sql
immutable
return case when btrim(value) <> '' then value::numeric end;
comment on function ops.to_numeric(text) is 'A quantity or an amount, exactly; blank is null. Ask ops.numeric_problem first: other text raises an error.';

create or replace function ops.numeric_problem(value text)
returns text
language sql
immutable
return case
    -- The plain form first and cheaply: a bounded repeat such as \d{1,18} costs three times as much.
    when value is null or (length(value) <= 18 and value ~ '^-?[0-9]+[.]?[0-9]*$') then null
    when btrim(value) = '' then null
    when value ~ '^\s*[-+]?\d{1,18}(\.\d{0,12})?\s*$' then null
    -- two digits of exponent can be cast without harm; what they make of it is looked at
    when value ~ '^\s*[-+]?\d{1,18}(\.\d{0,12})?[eE][-+]?\d{1,2}\s*$'
        and abs(value::numeric) < 1e18
        and scale(trim_scale(value::numeric)) <= 12
        then null
    when value ~ '^\s*[-+]?\d*\.?\d*([eE][-+]?\d+)?\s*$' and value ~ '\d'
        then 'is out of range: at most 18 digits before and 12 after the decimal point are kept; correct it at the source'
    when value ~ '^\s*[-+]?\d{1,3}(,\d{3})+(\.\d*)?\s*$'
        then 'has thousands separators: send plain digits, as in 1234.50'
    when value ~ '[０-９]'
        then 'has full-width digits: send ASCII digits'
    else 'is not a number: correct it at the source'
end;
comment on function ops.numeric_problem(text) is 'Why a text cannot be read as a quantity or an amount, and what to do; null when it can, blank included.';

create or replace function ops.to_beijing_time(value text)
returns timestamptz
language sql
stable
return case
    when value is null or btrim(value) = '' or value like '0000-%' or value like '1000-%' then null
    else value::timestamp at time zone 'Asia/Shanghai'
end;
comment on function ops.to_beijing_time(text) is 'A vendor''s wall clock text, which is Beijing time. Blank, 0000-00-00 00:00:00 and 1000-01-01 00:00:00 mean no time. Ask ops.time_problem first: other text raises an error.';

create or replace function ops.time_problem(value text)
returns text
language sql
immutable
return case
    when value is null or btrim(value) = '' or value like '0000-%' or value like '1000-%' then null
    when value !~ '^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])([ T]([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,6})?)?$'
        then 'is not a time: yyyy-MM-dd HH:mm:ss is expected'
    when substring(value, 9, 2)::integer > extract(
        day from make_date(substring(value, 1, 4)::integer, substring(value, 6, 2)::integer, 1) + interval '1 month - 1 day'
    ) then 'names a day that its month does not have'
end;
comment on function ops.time_problem(text) is 'Why a text cannot be read as a time, and what to do; null when it can, blank included.';

create or replace function ops.lower_keys(records text)
returns json
language sql
immutable
return case
    -- Vendors spell one field in several ways (Created, created), but alike within a response: the first record
    -- tells whether a page has to pay for it.
    when split_part(records, '}', 1) ~ '[A-Z][A-Za-z0-9_.]*"\s*:' then (
        select coalesce(json_agg(
            (
                select json_object_agg(lower(member.key), member.value)
                from json_each(element.record) as member
            )
            order by element.place
        ), '[]')
        from json_array_elements(records::json) with ordinality as element (record, place)
    )
    else records::json
end;
comment on function ops.lower_keys(text) is 'The records of a page with their field names in lower case; values stay as they came.';

create or replace function ops.cut(value text)
returns text
language sql
immutable
return left(value, 200);
comment on function ops.cut(text) is 'A value as it is shown in staging.reject: its first 200 characters.';
