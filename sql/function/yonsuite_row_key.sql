-- What tells two stock rows of 用友 YonSuite apart. The vendor names no row key; these are the dimensions by
-- which the rows of one SKU differ in practice.
--
-- reads:  nothing
-- writes: nothing
-- rerun:  safe

create or replace function yonsuite.row_key(
    org text,
    warehouse text,
    warehouse_code text,
    product text,
    product_code text,
    productsku text,
    productsku_code text,
    batchno text,
    stockstatusdoc text,
    stockunitid text,
    currentstockcharacteristic text
)
returns uuid
language sql
immutable
return md5(
    coalesce(org, '')
    || '|' || coalesce(nullif(warehouse, ''), warehouse_code, '')
    || '|' || coalesce(nullif(product, ''), product_code, '')
    || '|' || coalesce(nullif(productsku, ''), productsku_code, '')
    || '|' || coalesce(batchno, '')
    || '|' || coalesce(stockstatusdoc, '')
    || '|' || coalesce(stockunitid, '')
    || '|' || coalesce(currentstockcharacteristic, '')
)::uuid;
comment on function yonsuite.row_key(text, text, text, text, text, text, text, text, text, text, text) is 'Digest of the fields that tell the stock rows of YonSuite apart; an id goes before its code, because codes can be renamed.';
