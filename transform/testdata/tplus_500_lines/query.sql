select
    (select count(*) from outbox.document) as documents,
    count(*) as lines,
    sum((line.value ->> 'BaseQuantity')::numeric) as quantity,
    bool_and(
        (line.value ->> 'BaseQuantity')::integer = line.place
        and (line.value ->> 'origTaxSalePrice')::numeric = line.place / 100.0
    ) as is_in_order,
    count(*) filter (where (line.value ->> 'IsPresent')::boolean) as gifts,
    (select count(*) from core.shipment_line where batch_codes = 'B1,B2') as lines_in_core,
    (select sum(qty) from core.shipment_line) as quantity_in_core,
    (select count(*) from core.shipment_line where is_gift) as gifts_in_core
from outbox.document
cross join lateral json_array_elements(document.payload::json -> 'RDRecordDetails') with ordinality as line (value, place)
