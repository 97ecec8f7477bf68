package qeasy_test

import (
	"testing"

	"pandian/internal/pgtest"
	"pandian/load"
	"pandian/load/qeasy"
)

// From the document in the outbox to the figure beside the source row.
func TestCompareData_puts_the_counterparts_figure_beside_the_source_row(t *testing.T) {
	t.Parallel()
	pool := pgtest.Pool(t)
	outbox := load.Outbox{Pipeline: "stock-compare", Connection: "wdt-main"}
	_, err := pool.Exec(t.Context(), `
		select outbox.lock_writers('stock-compare', 'wdt-main');
		insert into outbox.document (connection_code, pipeline_code, business_key, revision, payload, payload_hash, run_id)
		select 'wdt-main', 'stock-compare', key, 1, '{"dataset":"wdt.stock","record_key":"' || key || '","state":"error","primaryWriteback":' || given || '}', 0, 1
		from (values
			('1@1', '{"currentqty":"12345678901234567890.12345678"}'),
			('2@1', '{"currentqty":0.10}'),
			('3@1', '{"currentqty":null}'),
			('4@1', '{"currentqty":[]}'),
			('5@1', '{}')
		) as made (key, given)`)
	if err != nil {
		t.Fatal(err)
	}
	counts, err := load.Drain(t.Context(), pool, outbox, qeasy.CompareData{}, load.Settings{})
	if err != nil || counts.Sent != 4 || counts.Rejected != 1 || counts.Writebacks != 3 {
		t.Errorf("got %+v and error %v, want 4 sent, 1 rejected, 3 written back", counts, err)
	}
	var written string
	err = pool.QueryRow(t.Context(), `
		select string_agg(dataset || ' ' || record_key || ' ' || field || ' ' || coalesce(value, 'null'), '; ' order by record_key)
		from outbox.writeback`).Scan(&written)
	want := "wdt.stock 1@1 currentqty 12345678901234567890.12345678; wdt.stock 2@1 currentqty 0.10; wdt.stock 3@1 currentqty null"
	if err != nil || written != want {
		t.Errorf("got %q and error %v, want %q", written, err, want)
	}
	var message string
	err = pool.QueryRow(t.Context(), `select message from outbox.retry where state = 'rejected'`).Scan(&message)
	if err != nil || message != "primaryWriteback.currentqty: is an array, want text, a number or null" {
		t.Errorf("got %q and error %v, want the field named", message, err)
	}
}
