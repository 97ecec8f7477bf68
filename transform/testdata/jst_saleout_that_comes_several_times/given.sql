-- pipeline: jst-orders
-- Of several states of one io_id the last modified counts, among equal times the greatest ts; without a ts it is what
-- came last that has none beside it. Lists are replaced as a whole.
select given.pages('jst', 'jst.saleout', '[
    {"io_id": "modified", "so_id": "second", "modified": "2026-01-01 00:00:02", "ts": 1, "items": [{"sku_id": "A"}, {"sku_id": "B"}]},
    {"io_id": "modified", "so_id": "first", "modified": "2026-01-01 00:00:01", "ts": 2, "items": [{"sku_id": "A"}]},
    {"io_id": "ts", "so_id": "second", "modified": "2026-01-01 00:00:01", "ts": 10},
    {"io_id": "ts", "so_id": "first", "modified": "2026-01-01 00:00:01", "ts": 9},
    {"io_id": "one without ts", "so_id": "with", "modified": "2026-01-01 00:00:01", "ts": 9},
    {"io_id": "one without ts", "so_id": "without", "modified": "2026-01-01 00:00:01"},
    {"io_id": "goes", "modified": "2026-01-01 00:00:01", "items": [{"sku_id": "A"}], "batchs": [{"sku_id": "A"}], "sns": [{"sn": "1"}],
     "pays": [{"amount": 1}], "ClusterInfos": [{"l_id": "L"}]}
]', '[
    {"io_id": "equal", "so_id": "first", "modified": "2026-01-01 00:00:01"}
]', '[
    {"io_id": "equal", "so_id": "later page", "modified": "2026-01-01 00:00:01"}
]');
-- run
select given.pages('jst', 'jst.saleout', '[
    {"io_id": "modified", "so_id": "older", "modified": "2026-01-01 00:00:01", "ts": 3},
    {"io_id": "ts", "so_id": "older", "modified": "2026-01-01 00:00:01", "ts": 8},
    {"io_id": "one without ts", "so_id": "still without", "modified": "2026-01-01 00:00:01"},
    {"io_id": "equal", "so_id": "now with ts", "modified": "2026-01-01 00:00:01", "ts": 1},
    {"io_id": "goes", "modified": "2026-01-01 00:00:02"}
]');
