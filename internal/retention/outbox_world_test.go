package retention_test

import (
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"pandian/internal/pgtest"
	"pandian/internal/retention"
)

// outbox is an outbox with partitions of 100 documents: 0 to 99, 100 to 199, and
// on to 499; so far ids up to 150 were drawn and claimed. now is when it is looked
// at.
type outbox struct {
	*testing.T
	pool *pgxpool.Pool
	now  time.Time
}

func newOutbox(t *testing.T) outbox {
	t.Helper()
	o := outbox{T: t, pool: pgtest.Pool(t), now: time.Now()}
	for _, name := range []string{
		"function/ops_json_difference", "function/ops_private", "function/outbox_archive", "function/outbox_drop",
		"view/outbox_delivery", "view/outbox_archived",
	} {
		text, err := os.ReadFile("../../sql/" + name + ".sql")
		if err != nil {
			t.Fatal(err)
		}
		o.exec(string(text))
	}
	o.exec(`
		select ops.make_id_partitions('outbox.document', 499, 100), ops.make_id_partitions('outbox.result', 499, 100);
		insert into outbox.cursor (connection_code, pipeline_code, next_document_id) values ('wdt', 'p', 0);`)
	o.reached(150)
	return o
}

func (o outbox) exec(sql string, args ...any) {
	o.Helper()
	if _, err := o.pool.Exec(o.Context(), sql, args...); err != nil {
		o.Fatalf("%s: %v", sql, err)
	}
}

// reached says up to where ids were drawn and claimed.
func (o outbox) reached(id int) {
	o.Helper()
	o.exec("select setval('outbox.document_id_seq', $1)", id)
	o.exec("update outbox.cursor set next_document_id = $1 + 1", id)
}

// written is a document of so many days ago that is the newest of its key.
func (o outbox) written(id int, key string, days int) {
	o.Helper()
	o.exec(`
		insert into outbox.document (connection_code, pipeline_code, document_id, business_key, revision, payload, payload_hash, run_id, created_at)
		select 'wdt', 'p', $1, $2, coalesce(max(head.revision), 0) + 1, '{"receiver_name": "Wang Xiaoming"}', $1, 7, $3::timestamptz
		from outbox.head where head.business_key = $2`, id, key, o.ago(days))
	o.exec(`
		insert into outbox.head (connection_code, pipeline_code, business_key, document_id, revision, payload_hash)
		select connection_code, pipeline_code, business_key, document_id, revision, payload_hash
		from outbox.document where document_id = $1
		on conflict on constraint head_pkey do update
		set document_id = excluded.document_id, revision = excluded.revision, payload_hash = excluded.payload_hash`, id)
}

// answered is what came of a document so many days ago.
func (o outbox) answered(id int, outcome string, days int) {
	o.Helper()
	o.exec(`
		insert into outbox.result (connection_code, pipeline_code, document_id, attempt, outcome, target_document_no, message, run_id, done_at)
		values ('wdt', 'p', $1::bigint, 1, $2, 'NO-' || $1::bigint, 'taken for Wang Xiaoming', 8, $3)`, id, outcome, o.ago(days))
}

// sent is a document that was written and delivered so many days ago.
func (o outbox) sent(id int, key string, days int) {
	o.Helper()
	o.written(id, key, days)
	o.answered(id, "sent", days)
}

// troubled puts a document into outbox.retry, as of so many days ago.
func (o outbox) troubled(id int, state, by string, days int) {
	o.Helper()
	o.exec(`
		insert into outbox.retry (connection_code, pipeline_code, document_id, state, attempt, run_at, message, decided_by)
		values ('wdt', 'p', $1, $2, 0, $3, 'no longer shipped', nullif($4, ''))`, id, state, o.ago(days), by)
	o.exec(`
		insert into outbox.exchange (connection_code, pipeline_code, document_id, attempt, request, response)
		values ('wdt', 'p', $1, 0, 'POST', 'no')`, id)
}

func (o outbox) ago(days int) time.Time { return o.now.AddDate(0, 0, -days) }

// settings keep 400 days, and go through 7 documents at a time.
func settings() retention.OutboxSettings {
	settings := retention.DefaultOutboxSettings()
	settings.Keep, settings.BatchSize = 400*24*time.Hour, 7
	return settings
}

func (o outbox) drop() retention.OutboxDropped {
	o.Helper()
	dropped, err := retention.DropOutbox(o.Context(), o.pool, settings(), o.now)
	if err != nil {
		o.Fatal(err)
	}
	return dropped
}

func (o outbox) partitions(table string) []string {
	o.Helper()
	return list(o.T, o.pool, `
		select relname::text from pg_inherits inner join pg_class on pg_class.oid = inhrelid
		where inhparent = $1::text::regclass order by relname`, "outbox."+table)
}

// delivery is outbox.delivery, a line for each document.
func (o outbox) delivery() []string {
	o.Helper()
	return list(o.T, o.pool, `
		select concat_ws(' ', document_id, business_key, revision, state, target_document_no, decided_by,
			case when is_archived then 'archived: ' || message end, case when payload is null then 'without payload' end)
		from outbox.delivery
		order by document_id`)
}

// answers is all that any reader asks of the documents that heads name.
func (o outbox) answers() []string {
	o.Helper()
	return list(o.T, o.pool, `
		select concat_ws('|', head.business_key, delivery.document_id, delivery.revision, delivery.state, delivery.attempt_count,
			delivery.decided_by, delivery.target_document_id, delivery.target_document_no, delivery.is_doubtful, delivery.lease_until,
			delivery.worker, delivery.created_at, delivery.done_at, delivery.written_by_run_id, delivery.sent_by_run_id)
		from outbox.head
		left join outbox.delivery using (connection_code, pipeline_code, document_id)
		order by head.business_key`)
}

// oldWorld has 60 keys in the first partition, done 500 days ago.
func (o outbox) oldWorld() {
	o.Helper()
	for id := range 60 {
		o.sent(id, fmt.Sprintf("k%02d", id), 500)
	}
}
