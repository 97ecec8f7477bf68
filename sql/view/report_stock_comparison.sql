-- Where the stock comparison of each pipeline stands: how many rows agree, and how many do not.
--
-- grain:  pipeline, connection
-- reads:  compare.basis, compare.stock_result, compare.discrepancy, outbox.writeback
-- writes: nothing
-- rerun:  safe

create or replace view report.stock_comparison as
select
    basis.pipeline_code,
    basis.connection_code,
    outcome.compared,
    outcome.equal,
    outcome.different,
    outcome.missing_there,
    coalesce(ledger.missing_here, 0) as missing_here,
    outcome.ignored,
    outcome.not_comparable,
    (
        select count(*)
        from outbox.writeback
        where
            writeback.connection_code = basis.connection_code
            and writeback.pipeline_code = basis.pipeline_code
            and writeback.dataset = 'wdt.stock'
            and writeback.field = 'currentqty'
            and writeback.value is not null
    ) as written_back,
    coalesce(ledger.open, 0) as open,
    coalesce(ledger.acknowledged, 0) as acknowledged,
    ledger.oldest_seen_at
from compare.basis
cross join lateral (
    select
        count(*) as compared,
        count(*) filter (where stock_result.outcome = 'equal') as equal,
        count(*) filter (where stock_result.outcome = 'different') as different,
        count(*) filter (where stock_result.outcome = 'missing_there') as missing_there,
        count(*) filter (where stock_result.outcome = 'ignored') as ignored,
        count(*) filter (where stock_result.outcome = 'not_comparable') as not_comparable
    from compare.stock_result
    where
        stock_result.connection_code = basis.connection_code
        and stock_result.pipeline_code = basis.pipeline_code
) as outcome
left join lateral (
    select
        count(*) filter (where discrepancy.kind = 'missing_here') as missing_here,
        count(*) filter (where discrepancy.state = 'open') as open,
        count(*) filter (where discrepancy.state = 'acknowledged') as acknowledged,
        min(discrepancy.first_seen_at) as oldest_seen_at
    from compare.discrepancy
    where
        discrepancy.connection_code = basis.connection_code
        and discrepancy.pipeline_code = basis.pipeline_code
        and discrepancy.state <> 'resolved'
) as ledger on true;
comment on view report.stock_comparison is 'One row is where a stock comparison stands. written_back counts the source rows that show a counterpart''s figure; open, acknowledged and missing_here count the ledger.';
