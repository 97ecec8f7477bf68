-- Connections whose calls failed, and whether anybody calls them now.
--
-- grain:  connection
-- reads:  ops.circuit
-- writes: nothing
-- rerun:  safe

create or replace view report.circuit as
select
    circuit.connection_code,
    case
        when circuit.open_until is null then 'closed'
        when circuit.probe_until > now() then 'probing'
        when circuit.open_until > now() then 'open'
        else 'due'
    end as state,
    circuit.failure_count,
    circuit.failed_at,
    circuit.failure,
    circuit.opened_at,
    circuit.open_until as next_probe_at,
    circuit.open_count
from ops.circuit;
comment on view report.circuit is 'One row is one connection whose calls failed some time. closed: it is called; open: nobody calls it; due: the next call finds out whether it is back; probing: one call is finding out.';
