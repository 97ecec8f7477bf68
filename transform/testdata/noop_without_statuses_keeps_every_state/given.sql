-- pipeline: jst-orders
-- Blank statuses ask for every state.
select given.param('statuses', '');
select given.pages('jst', 'jst.saleout', '[
    {"io_id": "1", "status": "Confirmed"}, {"io_id": "2", "status": "WaitConfirm"}, {"io_id": "3", "status": "Delete"}, {"io_id": "4"}
]');
