-- The operators of CompareData (对比数据操作方法) and of its conditions.
--
-- reads:  nothing
-- writes: nothing
-- rerun:  safe
--
-- Only eq is attested for CompareData itself; the rest is the vocabulary of the platform's conditions. Figures
-- within the tolerance of each other are the same figure, for every operator. A missing figure satisfies isnull
-- only.

create or replace function compare.holds(
    found numeric,
    operator text,
    expected numeric,
    expected_text text,
    tolerance numeric
)
returns boolean
language sql
immutable
return coalesce(
    case operator
        when 'eq' then abs(found - expected) <= tolerance
        when 'neq' then abs(found - expected) > tolerance
        when 'gt' then found - expected > tolerance
        when 'egt' then found - expected >= -tolerance
        when 'lt' then expected - found > tolerance
        when 'elt' then expected - found >= -tolerance
        when 'like' then strpos(trim_scale(found)::text, expected_text) > 0
        when 'notlike' then strpos(trim_scale(found)::text, expected_text) = 0
        when 'between' then
            found >= split_part(expected_text, ',', 1)::numeric - tolerance
            and found <= split_part(expected_text, ',', 2)::numeric + tolerance
        when 'notnull' then found is not null
        when 'isnull' then found is null
    end,
    false
);
comment on function compare.holds(numeric, text, numeric, text, numeric) is 'Whether "found operator expected" holds. like and between read expected_text ("a,b" for between); the others the number.';

create or replace function compare.conditions_hold(conditions jsonb, source_row jsonb)
returns boolean
language sql
immutable
return coalesce(
    (
        -- what cannot be said (a figure is missing) does not hold; bool_and would pass over it
        select bool_and(coalesce(
            case
                when ops.numeric_problem(source_row ->> condition.field) is null
                    and ops.numeric_problem(nullif(condition.member ->> 'value', '')) is null
                    and condition.member ->> 'operator' not in ('like', 'notlike', 'between')
                    then compare.holds(
                        ops.to_numeric(source_row ->> condition.field),
                        condition.member ->> 'operator',
                        -- A blank value of type float is 0.
                        coalesce(ops.to_numeric(condition.member ->> 'value'), 0),
                        null,
                        0
                    )
                when condition.member ->> 'operator' = 'between'
                    then compare.holds(
                        ops.to_numeric(source_row ->> condition.field),
                        'between',
                        null,
                        condition.member ->> 'value',
                        0
                    )
                when condition.member ->> 'operator' = 'eq'
                    then source_row ->> condition.field = condition.member ->> 'value'
                when condition.member ->> 'operator' = 'neq'
                    then source_row ->> condition.field <> condition.member ->> 'value'
                when condition.member ->> 'operator' = 'like'
                    then strpos(source_row ->> condition.field, condition.member ->> 'value') > 0
                when condition.member ->> 'operator' = 'notlike'
                    then strpos(source_row ->> condition.field, condition.member ->> 'value') = 0
                else false
            end,
            false
        ))
        from jsonb_each(conditions) as condition (field, member)
    ),
    false
);
comment on function compare.conditions_hold(jsonb, jsonb) is 'Whether a source row meets all of its ignore_index_exception conditions, {field: {operator, value}}; false when there are none.';
