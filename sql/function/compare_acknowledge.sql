-- A person's word on a discrepancy: it is known, and why. It runs with the rights of the schema's owner, so that an
-- analyst who may read the ledger may also say that.
--
-- reads:  compare.discrepancy
-- writes: compare.discrepancy, compare.discrepancy_event
-- rerun:  safe; acknowledging twice changes nothing the second time

create or replace function compare.acknowledge(
    pipeline_code text,
    record_key text,
    reason text,
    by_whom text default session_user
)
returns integer
language sql
volatile
security definer
set search_path = pg_catalog
begin atomic
    with acknowledged as (
        update compare.discrepancy
        set
            state = 'acknowledged',
            decided_by = acknowledge.by_whom,
            decided_at = now(),
            changed_at = now(),
            reason = acknowledge.reason
        where
            discrepancy.pipeline_code = acknowledge.pipeline_code
            and discrepancy.record_key = acknowledge.record_key
            and discrepancy.state = 'open'
        returning
            discrepancy.connection_code,
            discrepancy.pipeline_code,
            discrepancy.record_key,
            discrepancy.field,
            discrepancy.kind,
            discrepancy.source_qty,
            discrepancy.counterpart_qty,
            discrepancy.delta_qty,
            discrepancy.decided_by,
            discrepancy.reason
    ),

    noted as (
        insert into compare.discrepancy_event (
            connection_code,
            pipeline_code,
            record_key,
            field,
            event,
            kind,
            source_qty,
            counterpart_qty,
            delta_qty,
            happened_at,
            by_whom,
            reason
        )
        select
            acknowledged.connection_code,
            acknowledged.pipeline_code,
            acknowledged.record_key,
            acknowledged.field,
            'acknowledged',
            acknowledged.kind,
            acknowledged.source_qty,
            acknowledged.counterpart_qty,
            acknowledged.delta_qty,
            now(),
            acknowledged.decided_by,
            acknowledged.reason
        from acknowledged
        returning 1
    )

    select count(*)::integer from noted;
end;
comment on function compare.acknowledge(text, text, text, text) is 'Acknowledges an open discrepancy with a reason; returns how many it found. It opens again when its figures change.';
