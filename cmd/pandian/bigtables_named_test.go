package main

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// namedDocument is a document that is done, by what names it.
type namedDocument struct{ id, key string }

// namedBy is the first document of the outbox of the bench, in a table, of which a
// condition is true.
func (m *merchant) namedBy(table, condition string) (one namedDocument) {
	m.t.Helper()
	err := m.pool.QueryRow(m.t.Context(), fmt.Sprintf(`
		select document_id::text, business_key
		from %s
		where (connection_code, pipeline_code) = ('wdt-main', 'stock-compare') and %s
		order by document_id
		limit 1`, table, condition)).Scan(&one.id, &one.key)
	if err != nil {
		m.t.Fatalf("%s where %s: %v", table, condition, err)
	}
	return one
}

// namedAreFound holds that what is looked up by its id or its key is found by an
// index, and nothing else is read for it, whatever statistics there are; of the schemas
// that are named the same holds.
func (b *bench) namedAreFound(m *merchant, schemas ...string) {
	isOpen := m.number("select count(*) from report.open_document")
	for name, document := range map[string]namedDocument{
		"revised":                  m.namedBy("outbox.head", "business_key = 'revised@1'"),
		"in the middle of the log": m.namedBy("outbox.document", "document_id >= (select count(*) / 2 from outbox.document)"),
		"archived":                 m.namedBy("outbox.archive", "document_id > (select max(document_id) - count(*) / 2 from outbox.archive)"),
	} {
		for by, show := range map[string]struct {
			name     string
			revision int
		}{
			"its id": {document.id, 0}, "its key": {document.key, 0}, "a revision of its key": {document.key, 1},
		} {
			read := m.rowsTouched(func(tx pgx.Tx) error {
				found, err := findDocument(b.t.Context(), tx, show.name, outboxShowFlags{pipeline: benchOutbox().Pipeline, revision: show.revision})
				if err != nil {
					return err
				}
				return found.read(b.t.Context(), tx)
			}, schemas...)
			if read == 0 || read > 100 {
				b.t.Errorf("show of what is %s by %s: got %d rows read of the outbox and %v, want those of one document", name, by, read, schemas)
			}
		}
		// What an operator decides on is sought among what is open, too.
		for _, filter := range []string{"ids => array[" + document.id + "]", "keys => array['" + document.key + "']"} {
			for _, verb := range []string{"retry", "hold", "release", "discard"} {
				read := m.rowsTouched(func(tx pgx.Tx) error {
					_, err := tx.Exec(b.t.Context(), "select from ops."+verb+"('stock-compare', 'look again', "+filter+")")
					return err
				})
				if read < isOpen || read > 8*isOpen {
					b.t.Errorf("%s of what is %s, %s: got %d rows read of the outbox, want between %d, which are open, and 8 times that",
						verb, name, filter, read, isOpen)
				}
			}
		}
	}
}

// mappingReadsWhatIsOpen holds that a mapping finds the keys that it looks at again by
// what is in trouble, whatever the planner thinks of the log.
func (b *bench) mappingReadsWhatIsOpen(m *merchant) {
	inTrouble := m.number("select count(*) from outbox.retry where pipeline_code = 'stock-compare'")
	read := m.rowsTouched(func(tx pgx.Tx) error {
		_, err := tx.Exec(b.t.Context(), `
			select
				set_config('pandian.run_id', max(run_id)::text, true),
				set_config('pandian.param.source_connection', 'wdt-main', true)
			from ops.run
			where pipeline_code = 'stock-compare'`)
		if err == nil {
			_, err = tx.Exec(b.t.Context(), "select from outbox.keys_to_look_at()")
		}
		return err
	})
	if read < inTrouble || inTrouble == 0 || read > 4*inTrouble+100 {
		b.t.Errorf("outbox.keys_to_look_at: got %d rows read of the outbox, want between %d, which are in trouble, and 4 times that", read, inTrouble)
	}
}

// nextReadsWhatIsOpen holds that what the next load would do is read of what is open,
// and of what was made since the revision before.
func (b *bench) nextReadsWhatIsOpen(m *merchant) {
	isOpen := float64(m.number("select count(*) from report.open_document"))
	const change = "select * from report.next_delivery_change where (connection_code, pipeline_code) = ('wdt-main', 'stock-compare')"
	if read := m.rowsRead(change); read < isOpen || read > 8*isOpen {
		b.t.Errorf("report.next_delivery_change: got %.0f rows read of the outbox, want between %.0f, which are open, and 8 times that", read, isOpen)
	}
	revised := m.namedBy("outbox.document", "(business_key, revision) = ('revised@2', 3)")
	one := change + " and document_id = " + revised.id
	if got := m.number("select count(*) from (" + one + ") as difference"); got != 1 {
		b.t.Errorf("got %d fields that a load would change, want the one of the document that was revised", got)
	}
	// The 1,000 that were made since its second revision are walked past.
	if read := m.rowsRead(one); read < 1_000 || read > 1_100 {
		b.t.Errorf("report.next_delivery_change of one document: got %.0f rows read of the outbox, want those of it and of 1,000 after the revision before", read)
	}
}

// rowsTouched tells how many rows of the outbox are read by what is done in a
// transaction, in functions, too, and undoes it.
func (m *merchant) rowsTouched(do func(pgx.Tx) error, schemas ...string) (rows int) {
	m.t.Helper()
	schemas = append(schemas, "outbox")
	tx, err := m.pool.Begin(m.t.Context())
	if err != nil {
		m.t.Fatal(err)
	}
	defer func() { _ = tx.Rollback(context.Background()) }()
	var before, after int
	for _, step := range []func() error{
		// Entries that are read of an index alone are not counted before the transaction ends.
		func() error { _, err := tx.Exec(m.t.Context(), "set local enable_indexonlyscan = off"); return err },
		func() error { return tx.QueryRow(m.t.Context(), countTouched, schemas).Scan(&before) },
		func() error { return do(tx) },
		func() error { return tx.QueryRow(m.t.Context(), countTouched, schemas).Scan(&after) },
	} {
		if err := step(); err != nil {
			m.t.Error(err)
			return 0
		}
	}
	return after - before
}

const countTouched = `
	select coalesce(sum(seq_tup_read + coalesce(idx_tup_fetch, 0)), 0)::bigint
	from pg_stat_xact_user_tables
	where schemaname = any ($1)`
