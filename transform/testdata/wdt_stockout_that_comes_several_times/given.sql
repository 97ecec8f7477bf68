-- pipeline: wdt-stockouts-to-tplus
-- Three passes and overlapping windows bring a document again. What was modified last counts, of equal times what came
-- last; an older state does not overwrite the row; a state without a time counts as newer than all before it.
select given.pages('wdt', 'wdt.stockout', '[
    {"stockout_id": "passes", "status": "95", "modified": "2026-01-01 00:00:01", "details_list": [{"spec_no": "shipped"}]},
    {"stockout_id": "in one page", "status": "95", "modified": "2026-01-01 00:00:02", "details_list": [{"spec_no": "second"}]},
    {"stockout_id": "in one page", "status": "55", "modified": "2026-01-01 00:00:01", "details_list": [{"spec_no": "first"}]},
    {"stockout_id": "equal", "status": "95", "modified": "2026-01-01 00:00:01", "details_list": [{"spec_no": "first"}]},
    {"stockout_id": "equal", "status": "105", "modified": "2026-01-01 00:00:01", "details_list": [{"spec_no": "last"}]},
    {"stockout_id": "time; none, older", "status": "95", "modified": "2026-01-01 00:00:05", "details_list": [{"spec_no": "first"}]},
    {"stockout_id": "no time", "status": "95", "details_list": [{"spec_no": "first"}]},
    {"stockout_id": "no time", "status": "105", "details_list": [{"spec_no": "last"}]},
    {"stockout_id": "time, none, older", "status": "95", "modified": "2026-01-01 00:00:05", "details_list": [{"spec_no": "first"}]},
    {"stockout_id": "time, none, older", "status": "105", "details_list": [{"spec_no": "second"}]},
    {"stockout_id": "time, none, older", "status": "110", "modified": "2026-01-01 00:00:04", "details_list": [{"spec_no": "last"}]}
]');
select given.pages('wdt', 'wdt.stockout.modified', '[
    {"stockout_id": "passes", "status": "105", "modified": "2026-01-01 00:00:03", "details_list": [{"spec_no": "modified"}]}
]');
select given.pages('wdt', 'wdt.stockout.cancelled', '[
    {"stockout_id": "passes", "status": "5", "modified": "2026-01-01 00:00:02", "details_list": []},
    {"stockout_id": "only cancelled", "status": "5", "modified": "2026-01-01 00:00:02"}
]');
-- run
select given.pages('wdt', 'wdt.stockout.modified', '[
    {"stockout_id": "passes", "status": "95", "modified": "2026-01-01 00:00:01", "details_list": [{"spec_no": "older"}]},
    {"stockout_id": "in one page", "status": "95", "modified": "2026-01-01 00:00:02", "details_list": [{"spec_no": "second"}]},
    {"stockout_id": "equal", "status": "110", "modified": "2026-01-01 00:00:01", "details_list": [{"spec_no": "later still"}]},
    {"stockout_id": "no time", "status": "105", "details_list": [{"spec_no": "last"}]},
    {"stockout_id": "time; none, older", "status": "105", "details_list": [{"spec_no": "second"}]},
    {"stockout_id": "time; none, older", "status": "110", "modified": "2026-01-01 00:00:04", "details_list": [{"spec_no": "last"}]},
    {"stockout_id": "time, none, older", "status": "113", "modified": "2026-01-01 00:00:03", "details_list": [{"spec_no": "too old"}]}
]');
