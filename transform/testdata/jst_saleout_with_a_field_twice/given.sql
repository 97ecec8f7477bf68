-- pipeline: jst-orders
-- Where a record has a name twice the last value counts, and it alone is judged, whatever the case of the names.
select given.pages('jst', 'jst.saleout', '[
    {"io_id": "1", "pay_amount": "bad", "pay_amount": "1.50"},
    {"io_id": "2", "pay_amount": "1.50", "pay_amount": "bad"},
    {"io_id": "3", "Pay_Amount": "bad", "pay_amount": "3.50"},
    {"io_id": "4", "pay_amount": "3.50", "Pay_Amount": "bad"},
    {"io_id": "5", "items": [{"qty": "bad", "qty": 5}]},
    {"io_id": "6", "items": [{"qty": 5, "qty": "bad"}]},
    {"io_id": "7", "items": [{"qty": "bad"}], "items": [{"qty": 7}]},
    {"io_id": "other", "io_id": "8", "pay_amount": "8", "status": "with a \"Name\": in it", "created": "bad", "created": ""},
    {"io_id": "9", "pay_amount": "1,234.50", "paid_amount": "bad", "paid_amount": "1"},
    {"io_id": "10", "pay_amount": "1e999999", "Paid_Amount": "bad", "paid_amount": "1"}
]');
