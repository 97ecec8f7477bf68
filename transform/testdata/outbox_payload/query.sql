select connection_code, pipeline_code, business_key, revision, payload, payload_hash = hashtextextended(payload, 0) as hash_is_right
from outbox.document
