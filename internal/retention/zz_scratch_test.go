package retention_test

import (
	"fmt"
	"testing"
	"time"

	"pandian/internal/retention"
)

func TestZZScratch(t *testing.T) {
	o := newOutbox(t)
	o.exec(`do $$ declare p regclass; begin
		for p in select inhrelid from pg_inherits where inhparent in ('outbox.document'::regclass,'outbox.result'::regclass) loop execute 'drop table '||p; end loop; end $$`)
	o.exec(`select ops.make_id_partitions('outbox.document', 2999999, 500000), ops.make_id_partitions('outbox.result', 2999999, 500000)`)
	o.exec(`insert into outbox.document (connection_code, pipeline_code, document_id, business_key, revision, payload, payload_hash, run_id, created_at)
		select 'wdt','p',i, 'k'||(i % 400000), 1 + i/400000, repeat('{"a": "1234567890"}', 20), i, 7, now() - case when i < 500000 then interval '500 days' else interval '1 day' end from generate_series(1, 600000) i`)
	o.exec(`insert into outbox.result (connection_code, pipeline_code, document_id, attempt, outcome, target_document_no, run_id, done_at)
		select connection_code, pipeline_code, document_id, 1, 'sent', 'NO', 8, created_at from outbox.document`)
	o.exec(`insert into outbox.head select distinct on (business_key) connection_code, pipeline_code, business_key, document_id, revision, payload_hash from outbox.document order by business_key, document_id desc`)
	o.exec(`analyze outbox.document; analyze outbox.result; analyze outbox.head`)
	o.reached(600000)
	plan := func(q string) {
		for _, l := range list(t, o.pool, "explain (analyze, timing off, costs off) "+q) { fmt.Println(l) }
		fmt.Println("----")
	}
	look := `select delivery.state, delivery.is_archived from outbox.head left join outbox.delivery on delivery.connection_code = head.connection_code and delivery.pipeline_code = head.pipeline_code and delivery.document_id = head.document_id where head.business_key = any (array['k5','k77','k399999'])`
	plan(look)
	started := time.Now()
	s := settings()
	s.BatchSize, s.Batches = 5000, 99
	dropped, err := retention.DropOutbox(t.Context(), o.pool, s, o.now)
	fmt.Println("walk", time.Since(started), dropped, err)
	started = time.Now()
	s.Batches = 100
	dropped, err = retention.DropOutbox(t.Context(), o.pool, s, o.now)
	fmt.Println("rest and drop", time.Since(started), dropped, err)
	started = time.Now()
	dropped, err = retention.DropOutbox(t.Context(), o.pool, s, o.now)
	fmt.Println("last", time.Since(started), dropped, err)
	o.exec("vacuum analyze outbox.archive")
	plan(look)
	plan(`select state, is_archived, payload from outbox.delivery where connection_code='wdt' and pipeline_code='p' and document_id = 4711`)
	plan(`with judged as materialized (select 'k' || i as key from generate_series(1, 20000) i) select count(d.state) from judged left join outbox.head on head.connection_code='wdt' and head.pipeline_code='p' and head.business_key=judged.key left join lateral (select delivery.state, delivery.is_doubtful from outbox.delivery where delivery.connection_code = head.connection_code and delivery.pipeline_code=head.pipeline_code and delivery.document_id=head.document_id) as d on true`)
}
