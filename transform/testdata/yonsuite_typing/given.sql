-- Batches, states, organisations and characteristics of one SKU are rows of their own; field names come in
-- YonSuite's own spelling; ids of 19 digits stay as they are.
select given.yonsuite('[
    {"org": "O1", "org_name": "华东", "warehouse": 2345678901234567890, "warehouse_code": "W1", "product": "P1", "productsku": "S1",
     "productsku_code": "A", "batchno": "B1", "stockStatusDoc": 1234567890123456789, "stockStatusDoc_statusName": "合格",
     "currentqty": 10.5, "availableqty": "9", "planavailableqty": null, "innoticeqty": "", "invStockExchRate": 1, "currentStockSubQty": 0.1},
    {"org": "O1", "warehouse": 2345678901234567890, "warehouse_code": "W1", "product": "P1", "productsku": "S1", "productsku_code": "A", "batchno": "B2", "currentqty": "1.50E+2"},
    {"org": "O1", "warehouse": 2345678901234567890, "warehouse_code": "W1", "product": "P1", "productsku": "S1", "productsku_code": "A", "stockStatusDoc": "9", "currentqty": -3},
    {"org": "O2", "warehouse": 2345678901234567890, "warehouse_code": "W1", "product": "P1", "productsku": "S1", "productsku_code": "A", "batchno": null, "currentqty": 0}
]', '[
    {"warehouse_code": "W2", "product_code": "P9", "productsku_code": "A", "currentqty": 7, "currentStockCharacteristic": {"colour": "red"}},
    {"warehouse_code": "W2", "product_code": "P9", "productsku_code": "A", "currentqty": 8, "currentStockCharacteristic": {"colour": "blue"}}
]');
