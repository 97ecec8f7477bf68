-- What the cases of this folder are told in: applied once to a test's database, before its given.sql.
--
--     select given.wdt('[{"spec_id": "1", ...}]', ...);            pages of one complete window of 旺店通
--     select given.wdt_incomplete('why', '[...]');                 a window that could not be read to its end
--     select given.yonsuite('[{"warehouse_code": "W1", ...}]', ...);  a complete snapshot, one page per place
--     select given.yonsuite_incomplete('why', '[...]');
--     select given.param('tolerance', '0.5');                      from this run on
--     -- run                                                       types, compares, makes documents
--
-- A place of the snapshot whose records are those of the last snapshot is not landed again, as in extract.
-- given_documents.sql has what the pipelines of documents are told in.

create schema given;

create table given.params (
    name text primary key,
    value text not null
);
insert into given.params (name, value) values
    ('source_connection', 'wdt'),
    ('counterpart_connection', 'yonsuite'),
    ('sku_key', 'goods_no'),
    ('source_field', 'stock_num'),
    ('counterpart_field', 'currentqty'),
    ('operator', 'eq'),
    ('compare_value', ''),
    ('tolerance', '0'),
    ('on_multiple', 'sum'),
    ('target_field_quote', '1'),
    ('both_directions', 'off'),
    ('stale_after', '24h'),
    ('strategy_id', '2b8bda5e');

create function given.param(name text, value text)
returns void
language sql
begin atomic
    insert into given.params (name, value)
    values (param.name, param.value)
    on conflict (name) do update
    set value = excluded.value;
end;

create function given.open_window(connection text, dataset text, kind text, state text, reason text)
returns bigint
language sql
begin atomic
    insert into ops."window" (connection_code, dataset, kind, from_at, to_at, state, reason, run_id, closed_at)
    select
        open_window.connection,
        open_window.dataset,
        open_window.kind,
        case when open_window.kind = 'window' then coalesce(
            (
                select max(earlier.to_at)
                from ops."window" as earlier
                where
                    earlier.connection_code = open_window.connection
                    and earlier.dataset = open_window.dataset
                    and earlier.state = 'complete'
            ),
            clock_timestamp() - interval '1 day'
        ) end,
        case when open_window.kind = 'window' then clock_timestamp() end,
        open_window.state,
        open_window.reason,
        ops.run_id(),
        clock_timestamp()
    returning window_id;
end;

create function given.land(
    connection text,
    dataset text,
    window_id bigint,
    page_no integer,
    records text,
    envelope text default '{}'
)
returns bigint
language sql
begin atomic
    insert into ops.tally (run_id, subject, name, value)
    values (ops.run_id(), land.dataset, 'landed', json_array_length(land.records::json))
    on conflict on constraint tally_pkey do update
    set value = tally.value + excluded.value;
    insert into staging.page (
        connection_code, dataset, run_id, window_id, page_no, record_count, records_hash, records, request, envelope
    )
    values (
        land.connection, land.dataset, ops.run_id(), land.window_id, land.page_no,
        json_array_length(land.records::json), hashtextextended(land.records, 0), land.records, '{}', land.envelope
    )
    returning page_id;
end;

create function given.windowed(connection text, reason text, pages text[])
returns void
language plpgsql
as $$
declare
    reading bigint := given.open_window(
        connection, 'wdt.stock', 'window', case when reason is null then 'complete' else 'incomplete' end, reason
    );
begin
    for place in 1 .. coalesce(array_length(pages, 1), 0) loop
        perform given.land(connection, 'wdt.stock', reading, place - 1, pages[place]);
    end loop;
end
$$;

create function given.snapshot(connection text, reason text, places text[], dataset text default 'yonsuite.current_stock')
returns void
language plpgsql
as $$
#variable_conflict use_column
declare
    read_dataset constant text := dataset;
    reading bigint := given.open_window(
        connection, read_dataset, 'snapshot', case when reason is null then 'complete' else 'incomplete' end, reason
    );
    place_count integer := coalesce(array_length(places, 1), 0);
    landed integer := 0;
    removed integer := 0;
    page bigint;
begin
    for place in 1 .. place_count loop
        continue when exists (
            select from staging.snapshot_page
            where
                snapshot_page.connection_code = connection
                and snapshot_page.dataset = read_dataset
                and snapshot_page.page_no = place - 1
                and snapshot_page.records_hash = hashtextextended(places[place], 0)
        );
        landed := landed + 1;
        page := given.land(connection, read_dataset, reading, place - 1, places[place]);
        insert into staging.snapshot_page (
            connection_code, dataset, page_no, page_id, landed_at, records_hash, record_count
        )
        values (
            connection, read_dataset, place - 1, page, now(),
            hashtextextended(places[place], 0), json_array_length(places[place]::json)
        )
        on conflict on constraint snapshot_page_pkey do update
        set
            page_id = excluded.page_id,
            landed_at = excluded.landed_at,
            records_hash = excluded.records_hash,
            record_count = excluded.record_count;
    end loop;
    if reason is null then
        delete from staging.snapshot_page
        where
            snapshot_page.connection_code = connection
            and snapshot_page.dataset = read_dataset
            and snapshot_page.page_no >= place_count;
        get diagnostics removed = row_count;
    end if;
    update ops."window"
    set
        pages_landed = landed,
        pages_unchanged = place_count - landed,
        pages_removed = removed
    where
        connection_code = connection
        and window_id = reading;
end
$$;

create function given.wdt(variadic pages text[])
returns void
language sql
return given.windowed('wdt', null, pages);

create function given.wdt_incomplete(reason text, variadic pages text[])
returns void
language sql
return given.windowed('wdt', reason, pages);

create function given.yonsuite(variadic places text[] default '{}')
returns void
language sql
return given.snapshot('yonsuite', null, places);

create function given.yonsuite_incomplete(reason text, variadic places text[] default '{}')
returns void
language sql
return given.snapshot('yonsuite', reason, places);

-- For the oracle: both sides of one run at once.
create function given.landing(
    run_id bigint,
    source text,
    window_problem text,
    pages text[],
    counterpart text,
    snapshot_problem text,
    places text[]
)
returns void
language plpgsql
as $$
begin
    perform set_config('pandian.run_id', run_id::text, true);
    perform given.windowed(source, window_problem, pages);
    perform given.snapshot(counterpart, snapshot_problem, places);
end
$$;

-- For the oracle: makes maps and rules what is told, touching only what differs, as a person would.
create function given.keep_rules(pipeline text, source text, counterpart text, told jsonb)
returns void
language plpgsql
as $$
begin
    delete from ref.warehouse_map
    where
        source_connection_code = source
        and not exists (
            select from jsonb_to_recordset(told -> 'Warehouses') as pair ("Source" text)
            where pair."Source" = source_warehouse_code
        );
    insert into ref.warehouse_map
        (source_connection_code, source_warehouse_code, target_connection_code, target_warehouse_code)
    select source, pair."Source", counterpart, pair."Target"
    from jsonb_to_recordset(told -> 'Warehouses') as pair ("Source" text, "Target" text)
    on conflict on constraint warehouse_map_pkey do update
    set target_warehouse_code = excluded.target_warehouse_code
    where warehouse_map.target_warehouse_code <> excluded.target_warehouse_code;

    delete from ref.sku_map
    where
        source_connection_code = source
        and not exists (
            select from jsonb_to_recordset(told -> 'SKUs') as pair ("Source" text)
            where pair."Source" = source_sku_code
        );
    insert into ref.sku_map (source_connection_code, source_sku_code, target_connection_code, target_sku_code)
    select source, pair."Source", counterpart, pair."Target"
    from jsonb_to_recordset(told -> 'SKUs') as pair ("Source" text, "Target" text)
    on conflict on constraint sku_map_pkey do update
    set target_sku_code = excluded.target_sku_code
    where sku_map.target_sku_code <> excluded.target_sku_code;

    delete from ref.ignore_rule
    where
        pipeline_code = pipeline
        and not exists (
            select from jsonb_to_recordset(told -> 'Rules') as rule ("Reason" text)
            where rule."Reason" = reason
        );
    update ref.ignore_rule
    set
        warehouse_code = rule."Warehouse",
        sku_code = rule."SKU",
        expires_at = case when rule."Expired" then timestamptz '2026-01-02' end
    from jsonb_to_recordset(told -> 'Rules') as rule ("Warehouse" text, "SKU" text, "Reason" text, "Expired" boolean)
    where
        pipeline_code = pipeline
        and reason = rule."Reason";
    insert into ref.ignore_rule (pipeline_code, warehouse_code, sku_code, reason, created_at, expires_at)
    select
        pipeline, rule.told ->> 'Warehouse', rule.told ->> 'SKU', rule.told ->> 'Reason', timestamptz '2026-01-01',
        case when (rule.told ->> 'Expired')::boolean then timestamptz '2026-01-02' end
    from jsonb_array_elements(told -> 'Rules') with ordinality as rule (told, place)
    where not exists (
        select from ref.ignore_rule as known
        where
            known.pipeline_code = pipeline
            and known.reason = rule.told ->> 'Reason'
    )
    order by rule.place;
end
$$;
