select
    pair.found,
    pair.operator,
    pair.expected,
    pair.tolerance,
    compare.holds(pair.found, pair.operator, ops.to_numeric(nullif(pair.expected, '1,3')), pair.expected, pair.tolerance) as holds
from (
    values
        (2, 'eq', '2', 0), (2, 'eq', '3', 0), (2, 'eq', '3', 1), (null, 'eq', '2', 0), (2, 'eq', null, 0), (null, 'eq', null, 0),
        (2, 'neq', '2', 0), (2, 'neq', '3', 0), (2, 'neq', '3', 1), (null, 'neq', '2', 0), (2, 'neq', null, 0),
        (3, 'gt', '2', 0), (2, 'gt', '2', 0), (3, 'gt', '2', 1), (null, 'gt', '2', 0), (3, 'gt', null, 0),
        (2, 'egt', '2', 0), (1, 'egt', '2', 0), (1, 'egt', '2', 1), (null, 'egt', '2', 0),
        (1, 'lt', '2', 0), (2, 'lt', '2', 0), (1, 'lt', '2', 1), (null, 'lt', '2', 0),
        (2, 'elt', '2', 0), (3, 'elt', '2', 0), (3, 'elt', '2', 1), (null, 'elt', '2', 0),
        (12.50, 'like', '2.5', 0), (12.50, 'like', '50', 0), (12.50, 'like', '3', 0), (null, 'like', '', 0),
        (12.50, 'notlike', '3', 0), (12.50, 'notlike', '2.5', 0), (null, 'notlike', '3', 0),
        (1, 'between', '1,3', 0), (3, 'between', '1,3', 0), (0.9, 'between', '1,3', 0), (3.1, 'between', '1,3', 0),
        (0.9, 'between', '1,3', 0.1), (null, 'between', '1,3', 0),
        (0, 'notnull', null, 0), (null, 'notnull', null, 0),
        (null, 'isnull', null, 0), (0, 'isnull', null, 0)
) as pair (found, operator, expected, tolerance)
