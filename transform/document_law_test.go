package transform_test

// wantDocuments fails when a law is broken that holds for the documents of any
// source: no part is multiplied or left without its document, a change is noted
// once a run, and a business key is either made, held back or neither.
func (b *bundle) wantDocuments() {
	b.Helper()
	for _, row := range b.table(`
		with element as materialized (
			select
				page.dataset,
				-- names come in any case
				lower(page.records)::jsonb as records
			from staging.page
			where page.dataset like 'wdt.s%' or page.dataset like 'jst.%'
		),

		listed as (
			select 'wdt.shop' as part, '$[*]' as path
			union all select 'wdt.stockout', '$[*]'
			union all select 'wdt.stockout_line', '$[*].details_list[*]'
			union all select 'wdt.stockout_position', '$[*].details_list[*].position_list[*]'
			union all select 'jst.saleout', '$[*]'
			union all select 'jst.saleout_item', '$[*].items[*]'
			union all select 'jst.saleout_batch', '$[*].batchs[*]'
			union all select 'jst.saleout_batch', '$[*].items[*].batchs[*]'
			union all select 'jst.saleout_sn', '$[*].sns[*]'
			union all select 'jst.saleout_sn', '$[*].items[*].sns[*]'
			union all select 'jst.saleout_sn', '$[*].batchs[*].sns[*]'
			union all select 'jst.saleout_sn', '$[*].items[*].batchs[*].sns[*]'
			union all select 'jst.saleout_pay', '$[*].pays[*]'
			union all select 'jst.saleout_pay', '$[*].items[*].pays[*]'
			union all select 'jst.saleout_cluster', '$[*].clusterinfos[*]'
		),

		came as (
			select
				listed.part,
				count(found.value) as count
			from listed
			left join element on element.dataset ~ ('^' || replace(split_part(listed.part, '_', 1), '.', '[.]') || '([.]|$)')
			left join lateral jsonb_path_query(element.records, listed.path::jsonpath) as found (value) on true
			group by listed.part
		),

		typed as (
			select 'wdt.shop' as part, count(*) as count from wdt.shop
			union all select 'wdt.stockout', count(*) from wdt.stockout
			union all select 'wdt.stockout_line', count(*) from wdt.stockout_line
			union all select 'wdt.stockout_position', count(*) from wdt.stockout_position
			union all select 'jst.saleout', count(*) from jst.saleout
			union all select 'jst.saleout_item', count(*) from jst.saleout_item
			union all select 'jst.saleout_batch', count(*) from jst.saleout_batch
			union all select 'jst.saleout_sn', count(*) from jst.saleout_sn
			union all select 'jst.saleout_pay', count(*) from jst.saleout_pay
			union all select 'jst.saleout_cluster', count(*) from jst.saleout_cluster
		),

		counted as (
			select 'more rows than came: ' || typed.part as what, typed.count as found, came.count as allowed
			from typed
			inner join came on came.part = typed.part
			union all
			select 'lines without their stockout', count(*), 0
			from wdt.stockout_line
			where not exists (
				select from wdt.stockout
				where stockout.connection_code = stockout_line.connection_code and stockout.stockout_id = stockout_line.stockout_id
			)
			union all
			select 'positions without their line', count(*), 0
			from wdt.stockout_position
			where not exists (
				select from wdt.stockout_line
				where
					stockout_line.connection_code = stockout_position.connection_code
					and stockout_line.stockout_id = stockout_position.stockout_id
					and stockout_line.line_no = stockout_position.line_no
			)
			union all
			select 'parts without their sale-out: ' || part.name, count(*), 0
			from (
				select 'item' as name, connection_code, io_id from jst.saleout_item
				union all select 'batch', connection_code, io_id from jst.saleout_batch
				union all select 'sn', connection_code, io_id from jst.saleout_sn
				union all select 'pay', connection_code, io_id from jst.saleout_pay
				union all select 'cluster', connection_code, io_id from jst.saleout_cluster
			) as part
			where not exists (
				select from jst.saleout
				where saleout.connection_code = part.connection_code and saleout.io_id = part.io_id
			)
			group by part.name
			union all
			select 'batches and codes of a line that is not there', count(*), 0
			from (
				select connection_code, io_id, line_no from jst.saleout_batch
				union all select connection_code, io_id, line_no from jst.saleout_sn
			) as part
			where part.line_no is not null and not exists (
				select from jst.saleout_item
				where
					saleout_item.connection_code = part.connection_code
					and saleout_item.io_id = part.io_id
					and saleout_item.line_no = part.line_no
			)
			union all
			select 'a change is noted twice in one run: wdt.stockout_change', count(*), count(distinct (connection_code, run_id, stockout_id))
			from wdt.stockout_change
			union all
			select 'a change is noted twice in one run: wdt.shop_change', count(*), count(distinct (connection_code, run_id, shop_id))
			from wdt.shop_change
			union all
			select 'a change is noted twice in one run: jst.saleout_change', count(*), count(distinct (connection_code, run_id, io_id))
			from jst.saleout_change
			union all
			select 'held back, and yet on its way', count(*), 0
			from outbox.held_back
			inner join outbox.head
				on head.connection_code = held_back.connection_code
				and head.pipeline_code = held_back.pipeline_code
				and head.business_key = held_back.business_key
			inner join outbox.delivery
				on delivery.connection_code = head.connection_code
				and delivery.pipeline_code = head.pipeline_code
				and delivery.document_id = head.document_id
			where delivery.state not in ('discarded', 'held')
			union all
			select 'not JSON, or with something empty in it', count(*), 0
			from outbox.document
			where
				pipeline_code not in ('stock-compare', 'jst-orders')
				and (payload !~ '^\{' or payload::jsonb @? '$.** ? (@ == null)' or payload ~ '\{\s*\}' or payload ~ ':\s*""')
			union all
			select 'a document is lost', count(*), 0
			from outbox.delivery
			where state = 'lost'
		)

		select what, found, allowed from counted where found > allowed`)[1:] {
		b.Errorf("%s: got %s, want at most %s", row[0], row[1], row[2])
	}
}
