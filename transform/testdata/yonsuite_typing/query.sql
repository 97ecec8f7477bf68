select
    row_number() over (order by row_id) as seen,
    org, org_name, warehouse, warehouse_code, product, product_code, batchno, stockstatusdoc, stockstatusdoc_statusname,
    currentstockcharacteristic, currentqty, availableqty, planavailableqty, innoticeqty, invstockexchrate,
    currentstocksubqty, place
from yonsuite.current_stock
order by row_id
