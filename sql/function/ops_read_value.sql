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
    -- Only ASCII is spelled out below: in most locales \d takes full-width digits and \s the wide blank U+3000, and
    -- the cast refuses both.
    when value ~ '^[ \t\r\n]*[-+]?([0-9]{1,18}([.][0-9]{0,12})?|[.][0-9]{1,12})[ \t\r\n]*$' then null
    -- two digits of exponent can be cast without harm; what they make of it is looked at
    when value ~ '^[ \t\r\n]*[-+]?([0-9]{1,18}([.][0-9]{0,12})?|[.][0-9]{1,12})[eE][-+]?[0-9]{1,2}[ \t\r\n]*$'
        and abs(value::numeric) < 1e18
        and scale(trim_scale(value::numeric)) <= 12
        then null
    when value ~ '^[ \t\r\n]*[-+]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][-+]?[0-9]+)?[ \t\r\n]*$'
        then 'is out of range: at most 18 digits before and 12 after the decimal point are kept; correct it at the source'
    when value ~ '^[ \t\r\n]*[-+]?[0-9]{1,3}(,[0-9]{3})+([.][0-9]*)?[ \t\r\n]*$'
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
    when value !~ '^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])([ T]([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]([.][0-9]{1,6})?)?$'
        then 'is not a time: yyyy-MM-dd HH:mm:ss is expected'
    -- every month has 28 days: the calendar is asked for the others only
    when substring(value, 9, 2)::integer > 28 and substring(value, 9, 2)::integer > extract(
        day from make_date(substring(value, 1, 4)::integer, substring(value, 6, 2)::integer, 1) + interval '1 month - 1 day'
    ) then 'names a day that its month does not have'
end;
comment on function ops.time_problem(text) is 'Why a text cannot be read as a time, and what to do; null when it can, blank included.';

create or replace function ops.lower_keys(records text)
returns json
language sql
immutable
return case
    -- Vendors spell one field in several ways (Created, created). A page without a capital in a field name does not
    -- pay for it. The whole page is asked: a record may leave out the fields that it has no value for.
    when records collate "C" ~ '[A-Z][A-Za-z0-9_.]*"\s*:' then (
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
