-- What was last said between pandian and the target about a document in trouble, for people.
--
-- grain:  connection, pipeline, document
-- reads:  outbox.exchange, outbox.document
-- writes: nothing
-- rerun:  safe
--
-- Fields with personal data and secrets were masked before this was stored. What the target repeats of the document in
-- words of its own is masked here, for those who have not the role pandian_private.

create or replace view report.document_exchange as
select
    exchange.connection_code,
    exchange.pipeline_code,
    exchange.document_id,
    exchange.attempt,
    exchange.exchanged_at,
    ops.shown_message(exchange.request, document.payload) as request,
    ops.shown_message(exchange.response, document.payload) as response
from outbox.exchange
inner join outbox.document
    on document.connection_code = exchange.connection_code
    and document.pipeline_code = exchange.pipeline_code
    and document.document_id = exchange.document_id;
comment on view report.document_exchange is 'One row is what was last said between pandian and the target about a document in trouble.';
