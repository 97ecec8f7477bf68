package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"pandian/internal/terminal"
	"pandian/load"
)

// balance is what a run came to, as ops.run.balance keeps it and --json shows
// it. Counts are of this run; Comparison is where the pipeline stands.
type balance struct {
	RunID    int64  `json:"run_id"`
	Pipeline string `json:"pipeline"`
	Command  string `json:"command"`
	// Datasets by name: what came and what became of it.
	Datasets map[string]datasetBalance `json:"datasets"`
	// Comparison is nil for pipelines that compare nothing, and before the
	// first comparison.
	Comparison *comparison `json:"comparison"`
	// Discrepancies counts what this run did to the ledger.
	Discrepancies map[string]int64 `json:"discrepancies"`
	Documents     documentBalance  `json:"documents"`
	// Repeats are the transactions that the database undid, because they got into
	// the way of others, and that were carried out again.
	Repeats int64 `json:"repeats"`
	// Equations that do not hold; empty in a run that adds up.
	Unbalanced []string  `json:"unbalanced"`
	Findings   []finding `json:"findings"`
}

type datasetBalance struct {
	PagesRead      int64 `json:"pages_read"`
	PagesLanded    int64 `json:"pages_landed"`
	PagesUnchanged int64 `json:"pages_unchanged"`
	// Got are the records that came; Landed those that were stored. ReadAgain
	// came with a first look at a page that was read once more, and Standing with
	// pages that stood in the last snapshot already: neither is stored.
	Got       int64 `json:"got"`
	Landed    int64 `json:"landed"`
	ReadAgain int64 `json:"read_again"`
	Standing  int64 `json:"standing"`
	// Taken are the records that typing took; the rest is what became of them.
	Taken     int64 `json:"taken"`
	New       int64 `json:"new"`
	Changed   int64 `json:"changed"`
	Unchanged int64 `json:"unchanged"`
	Repeated  int64 `json:"repeated"`
	// Replaced are records of pages whose place a newer page has taken.
	Replaced int64 `json:"replaced"`
	Vanished int64 `json:"vanished"`
	// Rejected are the records that could not be read, at landing or typing.
	Rejected int64 `json:"rejected"`
	// RejectedLanding is the part of Rejected that Postgres could not hold.
	RejectedLanding int64 `json:"rejected_landing"`
	// Typed is the rows of the typed table now, all connections together.
	Typed int64 `json:"typed"`
}

type comparison struct {
	Compared      int64 `json:"compared"`
	Equal         int64 `json:"equal"`
	Different     int64 `json:"different"`
	MissingThere  int64 `json:"missing_there"`
	MissingHere   int64 `json:"missing_here"`
	Ignored       int64 `json:"ignored"`
	NotComparable int64 `json:"not_comparable"`
	WrittenBack   int64 `json:"written_back"`
	Open          int64 `json:"open"`
	Acknowledged  int64 `json:"acknowledged"`
	// OldestSeenAt is when the oldest unresolved discrepancy was first seen.
	OldestSeenAt *time.Time `json:"oldest_seen_at"`
}

type documentBalance struct {
	Made int64 `json:"made"`
	// Unchanged are the documents whose newest revision says the same already.
	Unchanged int64 `json:"unchanged"`
	// HeldBack are those that something is missing for, Late those that changed
	// after a delivery that cannot be changed, Withdrawn those that were made and
	// are not to be sent any more.
	HeldBack   int64 `json:"held_back"`
	Late       int64 `json:"late"`
	Withdrawn  int64 `json:"withdrawn"`
	Sent       int64 `json:"sent"`
	Superseded int64 `json:"superseded"`
	Waiting    int64 `json:"waiting"`
	InDoubt    int64 `json:"in_doubt"`
	Rejected   int64 `json:"rejected"`
	Abandoned  int64 `json:"abandoned"`
	// Writebacks are the fields written back that were new or changed.
	Writebacks int64 `json:"writebacks"`
	// Left are the documents that still lie in the outbox after loading: those
	// that nobody has claimed, and those that a worker holds which was killed.
	Left int64 `json:"left"`
}

type finding struct {
	Subject string `json:"subject"`
	Code    string `json:"code"`
	Count   int64  `json:"count"`
	Message string `json:"message"`
}

// readBalance reads what the stages of a run counted. It works with what there
// is: a run that failed has counted less.
func readBalance(ctx context.Context, pool *pgxpool.Pool, p *pipelineRun) (balance, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), databaseTimeout)
	defer cancel()
	b := balance{
		RunID: p.id, Pipeline: p.pipeline.Name, Command: p.options.Command,
		Datasets: map[string]datasetBalance{}, Discrepancies: map[string]int64{},
		Unbalanced: []string{}, Findings: []finding{},
		Documents: documentsOf(p.loaded, p.left), Repeats: p.repeats.Repeats(),
	}
	tallies, err := readTallies(ctx, pool, p.id)
	if err != nil {
		return b, err
	}
	for _, source := range p.sources {
		b.Datasets[source.Dataset] = datasetOf(tallies[source.Dataset])
	}
	for name, value := range tallies["compare.discrepancy"] {
		b.Discrepancies[name] = value
	}
	b.Documents.count(tallies["outbox.document"])
	return b, errors.Join(b.readTyped(ctx, pool), b.readComparison(ctx, pool), b.readTrouble(ctx, pool))
}

// count takes over what a mapping counted.
func (d *documentBalance) count(tally map[string]int64) {
	d.Made, d.Unchanged, d.HeldBack = tally["made"], tally["unchanged"], tally["held_back"]
	d.Late, d.Withdrawn = tally["late"], tally["withdrawn"]
}

func documentsOf(counts load.Counts, left load.Backlog) documentBalance {
	return documentBalance{
		Sent: int64(counts.Sent), Superseded: int64(counts.Superseded), Waiting: int64(counts.Waiting),
		InDoubt: int64(counts.InDoubt), Rejected: int64(counts.Rejected), Abandoned: int64(counts.Abandoned),
		Writebacks: int64(counts.Writebacks), Left: left.Pending + left.Sending,
	}
}

func datasetOf(tally map[string]int64) datasetBalance {
	return datasetBalance{
		PagesRead: tally["pages_read"], PagesLanded: tally["pages_landed"], PagesUnchanged: tally["pages_unchanged"],
		Got: tally["got"], Landed: tally["landed"], Taken: tally["taken"],
		ReadAgain: tally["replaced_landing"], Standing: tally["unchanged_landing"],
		New: tally["new"], Changed: tally["changed"], Unchanged: tally["unchanged"],
		Repeated: tally["repeated"], Replaced: tally["replaced"], Vanished: tally["vanished"],
		Rejected: tally["rejected"] + tally["rejected_landing"], RejectedLanding: tally["rejected_landing"],
	}
}

// readTallies returns the figures of a run by subject and name.
func readTallies(ctx context.Context, pool *pgxpool.Pool, runID int64) (map[string]map[string]int64, error) {
	tallies := map[string]map[string]int64{}
	rows, err := pool.Query(ctx, "select subject, name, value from ops.tally where run_id = $1", runID)
	if err != nil {
		return nil, fmt.Errorf("read the tallies of run %d: %w", runID, err)
	}
	var subject, name string
	var value int64
	_, err = pgx.ForEachRow(rows, []any{&subject, &name, &value}, func() error {
		if tallies[subject] == nil {
			tallies[subject] = map[string]int64{}
		}
		tallies[subject][name] = value
		return nil
	})
	return tallies, err
}

// readTyped counts the rows of each dataset's typed table, which bears the
// dataset's name.
func (b *balance) readTyped(ctx context.Context, pool *pgxpool.Pool) error {
	for name, dataset := range b.Datasets {
		if err := pool.QueryRow(ctx, "select count(*) from "+typedTable(name)).Scan(&dataset.Typed); err != nil {
			return fmt.Errorf("count %s: %w", name, err)
		}
		b.Datasets[name] = dataset
	}
	return nil
}

// typedTable quotes a reading's name as its table's: "wdt"."stockout" for
// wdt.stockout.modified.
func typedTable(dataset string) string {
	return pgx.Identifier(splitDataset(dataset)[:2]).Sanitize()
}

func (b *balance) readComparison(ctx context.Context, pool *pgxpool.Pool) error {
	var c comparison
	err := pool.QueryRow(ctx, `
		select
			compared, equal, different, missing_there, missing_here, ignored, not_comparable,
			written_back, open, acknowledged, oldest_seen_at
		from report.stock_comparison
		where pipeline_code = $1`, b.Pipeline).Scan(
		&c.Compared, &c.Equal, &c.Different, &c.MissingThere, &c.MissingHere, &c.Ignored, &c.NotComparable,
		&c.WrittenBack, &c.Open, &c.Acknowledged, &c.OldestSeenAt)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read the comparison: %w", err)
	}
	b.Comparison = &c
	return nil
}

func (b *balance) readTrouble(ctx context.Context, pool *pgxpool.Pool) error {
	rows, err := pool.Query(ctx, `
		select subject || ': ' || equation || ': ' || one_side || ' is not ' || other_side
		from report.balance
		where run_id = $1 and not is_balanced
		order by 1`, b.RunID)
	if err != nil {
		return fmt.Errorf("read the balance: %w", err)
	}
	unbalanced, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return fmt.Errorf("read the balance: %w", err)
	}
	rows, err = pool.Query(ctx, `
		select subject, code, found_count, message
		from ops.finding
		where run_id = $1
		order by subject, code`, b.RunID)
	if err != nil {
		return fmt.Errorf("read the findings: %w", err)
	}
	findings, err := pgx.CollectRows(rows, pgx.RowToStructByPos[finding])
	if err != nil {
		return fmt.Errorf("read the findings: %w", err)
	}
	b.Unbalanced = append(b.Unbalanced, unbalanced...)
	b.Findings = append(b.Findings, findings...)
	return nil
}

// show writes the balance for people.
func (b balance) show(term *terminal.Terminal) error {
	if err := term.Summary(b.datasetTable()); err != nil {
		return err
	}
	if b.Comparison != nil {
		if err := term.Summary(b.comparisonTable()); err != nil {
			return err
		}
	} else if b.Command != "extract" {
		if err := term.Summary(b.documentTable()); err != nil {
			return err
		}
	}
	b.noteDocuments(term)
	rejected := int64(0)
	for _, dataset := range b.Datasets {
		rejected += dataset.Rejected
	}
	if rejected > 0 {
		term.Note("%s %d records rejected, the rest went on: select * from report.reject order by reject_id desc",
			term.ErrStyle().Mark(terminal.Doubtful), rejected)
	}
	if b.Repeats > 0 {
		term.Note("%s %d transactions got into the way of others, were undone by the database and carried out again",
			term.ErrStyle().Mark(terminal.Doubtful), b.Repeats)
	}
	for _, found := range b.Findings {
		term.Note("%s %s: %s", term.ErrStyle().Mark(terminal.Doubtful), found.Subject, found.Message)
	}
	return nil
}

// noteDocuments says what a person should look at.
func (b balance) noteDocuments(term *terminal.Terminal) {
	mark := term.ErrStyle().Mark(terminal.Doubtful)
	if held := b.Documents.HeldBack; held > 0 {
		term.Note("%s %d documents are held back until something is mended: select * from report.held_back where pipeline_code = '%s'",
			mark, held, b.Pipeline)
	}
	if late := b.Documents.Late; late > 0 {
		term.Note("%s %d documents changed after they were delivered: select * from report.late_change where pipeline_code = '%s'",
			mark, late, b.Pipeline)
	}
	if doubt := b.Documents.InDoubt; doubt > 0 {
		term.Note("%s the target's answer to %d documents was not heard: it is asked before they are sent again", mark, doubt)
	}
	if b.Documents.Left > 0 {
		term.Note("%s %d documents are left in the outbox: not claimed yet, or held for a minute by a worker that was killed; the next run delivers them",
			mark, b.Documents.Left)
	}
}

func (b balance) documentTable() terminal.Table {
	d := b.Documents
	return terminal.Table{
		Title: "Documents",
		Columns: []terminal.Column{
			number("made", "Made"), number("unchanged", "Unchanged"), number("held_back", "Held back"),
			number("withdrawn", "Withdrawn"), number("late", "Changed too late"),
			number("sent", "Sent now"), number("superseded", "Superseded"), number("waiting", "Waiting"),
			number("in_doubt", "In doubt"), number("refused", "Refused"), number("left", "Left"),
		},
		Rows: [][]any{{
			d.Made, d.Unchanged, d.HeldBack, d.Withdrawn, d.Late, d.Sent, d.Superseded, d.Waiting, d.InDoubt, d.Rejected + d.Abandoned, d.Left,
		}},
	}
}

func (b balance) datasetTable() terminal.Table {
	table := terminal.Table{
		Title: fmt.Sprintf("Run %d of %s: records", b.RunID, b.Pipeline),
		Columns: []terminal.Column{
			{Key: "dataset", Title: "Dataset"},
			number("pages_read", "Pages"), number("got", "Records"), number("read_again", "Read again"),
			number("new", "New"), number("changed", "Changed"), number("unchanged", "Unchanged"),
			number("repeated", "Repeated"), number("rejected", "Rejected"), number("vanished", "Vanished"),
			number("typed", "Rows now"),
		},
	}
	for _, name := range sortedKeys(b.Datasets) {
		d := b.Datasets[name]
		table.Rows = append(table.Rows, []any{
			name, d.PagesRead, d.Got, d.ReadAgain + d.Replaced, d.New, d.Changed, d.Unchanged + d.Standing, d.Repeated, d.Rejected,
			d.Vanished, d.Typed,
		})
	}
	return table
}

func (b balance) comparisonTable() terminal.Table {
	c := b.Comparison
	return terminal.Table{
		Title: "Comparison",
		Columns: []terminal.Column{
			number("compared", "Compared"), number("equal", "Equal"), number("different", "Different"),
			number("missing_there", "Missing there"), number("missing_here", "Missing here"),
			number("ignored", "Ignored"), number("not_comparable", "Not comparable"),
			number("written_back", "Written back"), number("sent", "Sent now"),
		},
		Rows: [][]any{{
			c.Compared, c.Equal, c.Different, c.MissingThere, c.MissingHere, c.Ignored, c.NotComparable, c.WrittenBack, b.Documents.Sent,
		}},
	}
}

func number(key, title string) terminal.Column {
	return terminal.Column{Key: key, Title: title, Kind: terminal.Number}
}
