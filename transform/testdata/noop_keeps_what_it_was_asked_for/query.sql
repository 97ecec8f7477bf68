select business_key, revision, written_by_run_id as made_in, state, payload
from outbox.delivery
order by 1, 2
