-- Removing old rejects: what still stands for a record stays, however old it is.
--
-- reads:  staging.reject, wdt.stock, wdt.shop, wdt.stockout, jst.saleout, yonsuite.current_stock
-- writes: staging.reject
-- rerun:  safe
--
-- A reject stands until its record came well later, or was rejected again later: then that one stands for it. Whether a
-- record came well is asked of its typed row; one that came back as it had been leaves no trace there, and keeps its
-- reject. A record without a key is known by what came. A body that held no records is removed by its age.

create or replace function ops.came_well_since(
    connection_code text,
    dataset text,
    record_key text,
    page_id bigint
)
returns boolean
language sql
stable
set search_path = pg_catalog
as $$
    -- readings of one thing, as wdt.stockout.modified, are typed into one table
    select case array_to_string((string_to_array(came_well_since.dataset, '.'))[1:2], '.')
        when 'wdt.stock' then exists (
            select from wdt.stock
            where
                stock.connection_code = came_well_since.connection_code
                and stock.spec_id = split_part(came_well_since.record_key, '@', 1)
                and stock.warehouse_id = split_part(came_well_since.record_key, '@', 2)
                and stock.page_id > came_well_since.page_id
        )
        when 'wdt.shop' then exists (
            select from wdt.shop
            where
                shop.connection_code = came_well_since.connection_code
                and shop.shop_id = came_well_since.record_key
                and shop.page_id > came_well_since.page_id
        )
        when 'wdt.stockout' then exists (
            select from wdt.stockout
            where
                stockout.connection_code = came_well_since.connection_code
                and stockout.stockout_id = came_well_since.record_key
                and stockout.page_id > came_well_since.page_id
        )
        when 'jst.saleout' then exists (
            select from jst.saleout
            where
                saleout.connection_code = came_well_since.connection_code
                and saleout.io_id = came_well_since.record_key
                and saleout.page_id > came_well_since.page_id
        )
        when 'yonsuite.current_stock' then exists (
            select from yonsuite.current_stock
            where
                current_stock.connection_code = came_well_since.connection_code
                and btrim(current_stock.warehouse_code) = btrim(split_part(came_well_since.record_key, '/', 1))
                and btrim(current_stock.productsku_code) = btrim(split_part(came_well_since.record_key, '/', 2))
                and came_well_since.record_key = concat_ws(
                    '/',
                    current_stock.warehouse_code,
                    current_stock.productsku_code,
                    nullif(current_stock.batchno, '')
                )
                and current_stock.page_id > came_well_since.page_id
        )
        else false
    end;
$$;
comment on function ops.came_well_since(text, text, text, bigint) is 'Whether a typed row was written from a later page than a record''s. False where nobody can tell.';

create or replace function ops.remove_old_rejects(
    after_code text,
    after_id bigint,
    before timestamptz,
    batch_size integer,
    out next_code text,
    out next_id bigint,
    out removed jsonb
)
language plpgsql
set search_path = pg_catalog
as $$
declare
    walked record;
    removed_count bigint;
begin
    removed := '{}';
    select reject.connection_code
    into next_code
    from staging.reject
    where (reject.connection_code, reject.reject_id) > (after_code, after_id)
    order by
        reject.connection_code,
        reject.reject_id
    limit 1;
    if next_code is null then
        return;
    end if;
    if next_code <> after_code then
        after_id := 0;
    end if;
    select
        max(batch.reject_id) as last_id,
        count(*) < batch_size or bool_or(batch.rejected_at >= before) as is_last
    into walked
    from (
        select
            reject.reject_id,
            reject.rejected_at
        from staging.reject
        where
            reject.connection_code = next_code
            and reject.reject_id > after_id
        order by reject.reject_id
        limit batch_size
    ) as batch;
    delete from staging.reject
    where
        reject.connection_code = next_code
        and reject.reject_id > after_id
        and reject.reject_id <= walked.last_id
        and reject.rejected_at < before
        and case
            when reject.place = 0 then true
            when exists (
                select from staging.reject as later
                where
                    later.connection_code = reject.connection_code
                    and later.dataset = reject.dataset
                    and hashtextextended(coalesce(later.record_key, later.record, encode(later.raw, 'hex')) collate "C", 0)
                    = hashtextextended(coalesce(reject.record_key, reject.record, encode(reject.raw, 'hex')) collate "C", 0)
                    and later.reject_id > reject.reject_id
                    -- not another field of the same record
                    and (later.page_id, later.place) is distinct from (reject.page_id, reject.place)
                    and later.place > 0
            ) then true
            else ops.came_well_since(reject.connection_code, reject.dataset, reject.record_key, reject.page_id)
        end;
    get diagnostics removed_count = row_count;
    removed := jsonb_build_object('staging.reject', removed_count);
    next_id := case when walked.is_last then 9223372036854775807 else walked.last_id end;
end
$$;
comment on function ops.remove_old_rejects(text, bigint, timestamptz, integer) is 'Removes old rejects of records that came well or were rejected again later, the next batch of them; those that still stand for a record stay.';
