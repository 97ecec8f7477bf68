select business_key, payload::json ->> 'status' as status
from outbox.document
order by 1
