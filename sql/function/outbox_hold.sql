-- A hold is about a business key, not about one revision: what a person stopped does not go out because its source
-- changed meanwhile.
--
-- reads:  ops.run, outbox.document, outbox.head
-- writes: outbox.retry, ops.audit
-- rerun:  safe; what is held already stays as it is
--
-- The newer revision is held in the person's name; the older one is closed as superseded by the next load, unless it is
-- in doubt: then it stays held, and pandian outbox release lets go of both. It runs with the rights of the schema's
-- owner, because no stage writes ops.audit.

create or replace function outbox.pass_holds_on()
returns bigint
language plpgsql
security definer
set search_path = pg_catalog
as $$
declare
    this_pipeline constant text := (select run.pipeline_code from ops.run where run.run_id = ops.run_id());
    this_connection constant text := ops.param('source_connection');
    decision constant bigint := nextval(pg_get_serial_sequence('ops.audit', 'audit_id'));
    passed_on bigint;
begin
    with newer as materialized (
        select distinct on (newest.document_id)
            newest.document_id,
            newest.business_key,
            held.decided_by,
            held.message
        from outbox.retry as held
        inner join outbox.document as older
            on older.connection_code = held.connection_code
            and older.pipeline_code = held.pipeline_code
            and older.document_id = held.document_id
        inner join outbox.head
            on head.connection_code = older.connection_code
            and head.pipeline_code = older.pipeline_code
            and head.business_key = older.business_key
            and head.revision > older.revision
        inner join outbox.document as newest
            on newest.connection_code = head.connection_code
            and newest.pipeline_code = head.pipeline_code
            and newest.document_id = head.document_id
        where
            held.connection_code = this_connection
            and held.pipeline_code = this_pipeline
            and held.state = 'held'
            and newest.run_id = ops.run_id()
        order by
            newest.document_id,
            held.document_id desc
    ),

    kept as (
        insert into outbox.retry (
            connection_code,
            pipeline_code,
            document_id,
            state,
            attempt,
            run_at,
            message,
            decided_by,
            held_state
        )
        select
            this_connection,
            this_pipeline,
            newer.document_id,
            'held',
            0,
            clock_timestamp(),
            newer.message,
            newer.decided_by,
            'pending'
        from newer
        on conflict on constraint retry_pkey do nothing
        returning retry.document_id
    ),

    noted as (
        insert into ops.audit (
            connection_code,
            pipeline_code,
            decision_id,
            decided_by,
            verb,
            document_id,
            business_key,
            verdict,
            old_state,
            new_state,
            reason,
            document_count
        )
        select
            this_connection,
            this_pipeline,
            decision,
            'pandian, for ' || newer.decided_by,
            'hold',
            newer.document_id,
            newer.business_key,
            'done',
            'pending',
            'held',
            'a newer revision of a held document: ' || newer.message,
            (select count(*) from kept)
        from newer
        inner join kept on kept.document_id = newer.document_id
        returning audit.document_id
    )

    select count(*) into passed_on
    from noted;
    return passed_on;
end
$$;
comment on function outbox.pass_holds_on() is 'Holds the documents that the run wrote and of which an older revision is held, in the name of who held that; returns how many. To be called in the transaction that wrote them.';
