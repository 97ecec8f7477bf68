-- What the cases of the pipelines of documents are told in, beside given.sql.
--
--     -- pipeline: wdt-stockouts-to-tplus                             first line of a case's given.sql
--     select given.pages('wdt', 'wdt.stockout', '[{"stockout_id": "1", ...}]', ...);
--                                                                     pages of one complete window, or snapshot for shops
--     select given.pages_incomplete('wdt', 'wdt.shop', 'why', '[...]');
--     select given.answer('jst', 'jst.saleout', '{"code": 0}', '[...]');  a page and the envelope around it
--     select given.sent('1', '2');            the target took the newest documents of these business keys
--     select given.rejected('1', 'why');      it refused one
--     select given.in_doubt('1', 'why');      it did not answer
--     select given.sending('1');              a worker has it
--     select given.decided('1', 'held');      a person held, or discarded, it
--     select given.archived();                all documents are done, and older than retention keeps them
--
-- The connection of a case is wdt or jst, that of its target tplus, jdy, k3cloud or qeasy.

create function given.defaults(pipeline text)
returns void
language plpgsql
as $$
begin
    if pipeline = 'stock-compare' then
        return;
    end if;
    delete from given.params;
    insert into given.params (name, value)
    select
        entry.key,
        entry.value
    from json_each_text(case pipeline
        when 'wdt-stockouts-to-tplus' then '{
            "source_connection": "wdt", "target_connection": "tplus",
            "customer": "TESTCUST", "warehouse": "TEST_CK01", "inventory": "2121", "voucher_type": "ST1021",
            "business_type": "15", "memo": "来自旺店通", "statuses": "95,105,110,113"
        }'
        when 'wdt-shops-to-jdy' then '{
            "source_connection": "wdt", "target_connection": "jdy",
            "base_unit_id": "925150323784304640", "parent_id": "", "cost_method": "1", "tax_rate": "",
            "ignore_warnings": "off"
        }'
        when 'jst-saleouts-to-k3cloud' then '{
            "source_connection": "jst", "target_connection": "k3cloud",
            "statuses": "Confirmed,Archive", "bill_type": "XSCKD01_SYS", "customer": "", "special_shop_id": "12948597",
            "special_organisation": "102", "organisation": "101", "special_profit_centre": "LY003",
            "profit_centre": "LY004", "special_currency": "PRE007", "currency": "PRE001",
            "special_department": "00003", "department": "00006", "trigger_text": "1", "form_id": "SAL_OUTSTOCK",
            "operation": "BatchSave", "auto_submit_and_audit": "on", "verify_base_data": "off",
            "interaction_flags": "STK_InvCheckResult"
        }'
        when 'jst-orders' then '{
            "source_connection": "jst", "target_connection": "qeasy", "statuses": "Confirmed"
        }'
    end::json) as entry;
    insert into ops.pipeline_source (pipeline_code, dataset, connection_code)
    select
        pipeline,
        source.dataset,
        (select params.value from given.params where params.name = 'source_connection')
    from unnest(case pipeline
        when 'wdt-stockouts-to-tplus' then array['wdt.stockout', 'wdt.stockout.modified', 'wdt.stockout.cancelled']
        when 'wdt-shops-to-jdy' then array['wdt.shop', 'wdt.shop.disabled']
        else array['jst.saleout']
    end) as source (dataset)
    on conflict on constraint pipeline_source_pkey do nothing;
end
$$;

create function given.read(connection text, dataset text, reason text, envelope text, pages text[])
returns void
language plpgsql
as $$
declare
    reading bigint;
begin
    if dataset like 'wdt.shop%' then
        perform given.snapshot(connection, reason, pages, dataset);
        return;
    end if;
    reading := given.open_window(
        connection, dataset, 'window', case when reason is null then 'complete' else 'incomplete' end, reason
    );
    for place in 1 .. coalesce(array_length(pages, 1), 0) loop
        perform given.land(connection, dataset, reading, place - 1, pages[place], envelope);
    end loop;
end
$$;

create function given.pages(connection text, dataset text, variadic pages text[] default '{}')
returns void
language sql
return given.read(connection, dataset, null, '{}', pages);

create function given.pages_incomplete(connection text, dataset text, reason text, variadic pages text[] default '{}')
returns void
language sql
return given.read(connection, dataset, reason, '{}', pages);

create function given.answer(connection text, dataset text, envelope text, variadic pages text[] default '{}')
returns void
language sql
return given.read(connection, dataset, null, envelope, pages);

-- The cursor stands before the first document that nobody has tried.
create function given.move_cursor()
returns void
language sql
begin atomic
    update outbox.cursor
    set next_document_id = coalesce(
        (
            select min(untried.document_id)
            from outbox.document as untried
            where
                untried.pipeline_code = cursor.pipeline_code
                and not exists (select from outbox.result where result.document_id = untried.document_id)
                and not exists (select from outbox.claim where claim.first_document_id = untried.document_id)
        ),
        (select max(document.document_id) + 1 from outbox.document)
    );
end;

-- What came of the newest document of a business key; outcomes that need a person or a new try leave a row in retry.
create function given.settle(key text, settled text, message text)
returns void
language plpgsql
as $$
declare
    newest outbox.document := (
        select document
        from outbox.document
        inner join ops.run on run.pipeline_code = document.pipeline_code
        where
            run.run_id = ops.run_id()
            and document.business_key = key
        order by document.revision desc
        limit 1
    );
    tries integer := (
        select count(*) + 1
        from outbox.result
        where result.document_id = newest.document_id
    );
begin
    if newest.document_id is null then
        raise exception 'there is no document of %', key;
    end if;
    insert into outbox.result (
        connection_code, pipeline_code, document_id, attempt, outcome, target_document_id, target_document_no, message, run_id
    )
    values (
        newest.connection_code, newest.pipeline_code, newest.document_id, tries, settled,
        case when settled = 'sent' then 'T' || newest.document_id end,
        case when settled = 'sent' then 'NO-' || key end,
        message, newest.run_id
    );
    -- older revisions are out of the game
    insert into outbox.result (connection_code, pipeline_code, document_id, attempt, outcome, run_id)
    select
        older.connection_code, older.pipeline_code, older.document_id, 9, 'superseded', newest.run_id
    from outbox.document as older
    where
        older.pipeline_code = newest.pipeline_code
        and older.business_key = key
        and older.revision < newest.revision
        and not exists (
            select from outbox.result
            where
                result.document_id = older.document_id
                and result.outcome in ('sent', 'superseded')
        );
    delete from outbox.retry
    using outbox.document as tried
    where
        tried.document_id = retry.document_id
        and tried.business_key = key;
    if settled in ('waiting', 'in_doubt', 'rejected', 'abandoned') then
        insert into outbox.retry (connection_code, pipeline_code, document_id, state, attempt, run_at, message)
        values (newest.connection_code, newest.pipeline_code, newest.document_id, settled, tries, now(), message);
    end if;
    perform given.move_cursor();
end
$$;

create function given.sent(variadic keys text[])
returns void
language sql
begin atomic
    select given.settle(one.key, 'sent', null)
    from unnest(sent.keys) with ordinality as one (key, place)
    order by one.place;
end;

create function given.rejected(key text, message text)
returns void
language sql
return given.settle(key, 'rejected', message);

create function given.in_doubt(key text, message text)
returns void
language sql
return given.settle(key, 'in_doubt', message);

create function given.sending(key text)
returns void
language sql
begin atomic
    insert into outbox.claim (
        connection_code, pipeline_code, first_document_id, last_document_id, token, worker, attempt, lease_until
    )
    select
        head.connection_code, head.pipeline_code, head.document_id, head.document_id, 1, 'here', 1, now() + interval '1 hour'
    from outbox.head
    where head.business_key = sending.key;
    select given.move_cursor();
end;

create function given.decided(key text, decision text)
returns void
language sql
begin atomic
    insert into outbox.retry (connection_code, pipeline_code, document_id, state, attempt, run_at, message, decided_by)
    select
        head.connection_code, head.pipeline_code, head.document_id, decided.decision, 0, now(), 'for a reason', 'a person'
    from outbox.head
    where head.business_key = decided.key;
end;

-- Retention comes 600 days later: every document there is, all of them done, is archived, and its partition dropped.
create function given.archived()
returns void
language plpgsql
as $$
declare
    reason text;
begin
    update outbox.document set created_at = created_at - interval '600 days';
    update outbox.result set done_at = done_at - interval '600 days';
    update outbox.retry set run_at = run_at - interval '600 days';
    perform setval('outbox.document_id_seq', 5000000);
    update outbox.cursor set next_document_id = 5000000;
    select walked.kept_because into reason
    from outbox.archive_documents(0, now() - interval '550 days', 1000) as walked;
    reason := coalesce(reason, outbox.drop_partition(0, now() - interval '550 days'));
    if reason is not null then
        raise exception 'not dropped: %', reason;
    end if;
end
$$;
