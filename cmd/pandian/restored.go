package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"pandian/internal/fault"
	"pandian/internal/terminal"
	"pandian/load"
)

// databaseState is the row of report.database.
type databaseState struct {
	// State is new, trusted, changed or looked_up.
	State string     `json:"state"`
	Cause *string    `json:"cause,omitempty"`
	Since *time.Time `json:"since,omitempty"`
	Note  *string    `json:"note,omitempty"`
	// IsTold says whether the server tells its cluster and its timeline.
	IsTold bool `json:"-"`
}

// trustAdvice is what ends the looking up.
const trustAdvice = "when what was sent since is settled, or nothing was: pandian outbox trust --reason '…', or select ops.trust_database('…')"

// readDatabaseState asks whether the database is what it was. It writes nothing.
func readDatabaseState(ctx context.Context, pool *pgxpool.Pool) (databaseState, error) {
	rows, err := pool.Query(ctx, `
		select state, cause, since, note, system_identifier is not null and timeline_id is not null
		from report.database`)
	if err != nil {
		return databaseState{}, fmt.Errorf("read report.database: %w", err)
	}
	state, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[databaseState])
	if err != nil {
		return databaseState{}, fmt.Errorf("read report.database: %w", err)
	}
	return state, nil
}

// isDoubted says that documents are looked up before they are sent, or will be.
func (s databaseState) isDoubted() bool { return s.State == "looked_up" || s.State == "changed" }

// inWords says what happened to the database and what it means.
func (s databaseState) inWords() string {
	cause := ""
	if s.Cause != nil {
		cause = *s.Cause
	}
	words := whatHappened(cause)
	if s.Note != nil {
		words += ": " + *s.Note
	}
	if s.Since != nil {
		words += ", noticed " + s.Since.In(beijing()).Format(time.RFC3339)
	}
	return words + "; each document is looked up at its target before it is sent, because it may be there already"
}

// whatHappened puts a cause of ops.database_identity into words.
func whatHappened(cause string) string {
	switch cause {
	case "moved":
		return "the database was restored from a dump, or copied"
	case "timeline":
		return "the database server was promoted from a standby, or recovered to a point in time"
	case "told":
		return "a person called the database into doubt"
	default:
		return "the database is another one than it was"
	}
}

// noticeRestore writes down that the database was restored, if it was, and says so:
// once as news, and by each run after that.
func (a *app) noticeRestore(ctx context.Context, pool *pgxpool.Pool) error {
	epoch, news, err := askDatabase(ctx, pool)
	if err != nil || !epoch.MustLookUp {
		return err
	}
	state, err := readDatabaseState(ctx, pool)
	if err != nil {
		return err
	}
	if news {
		a.log.WarnContext(ctx, "the database was restored: documents are looked up before they are sent", "life", epoch.Number, "cause", state.Cause)
	} else {
		a.log.InfoContext(ctx, "documents are looked up before they are sent", "life", epoch.Number, "cause", state.Cause, "since", state.Since)
	}
	a.term.Note("%s %s\n  %s", a.term.ErrStyle().Mark(terminal.Doubtful), state.inWords(), trustAdvice)
	return nil
}

// askDatabase asks which life of the database it is; the first to ask in a new one
// writes it down, and hears that it is news.
func askDatabase(ctx context.Context, pool *pgxpool.Pool) (epoch load.Epoch, isNews bool, err error) {
	err = pool.QueryRow(ctx, "select identity_id, must_look_up, is_news from ops.notice_database()").
		Scan(&epoch.Number, &epoch.MustLookUp, &isNews)
	return epoch, isNews, err
}

// epochOf is askDatabase as a drain wants it.
func epochOf(pool *pgxpool.Pool) func(context.Context) (load.Epoch, error) {
	return func(ctx context.Context) (load.Epoch, error) {
		epoch, _, err := askDatabase(ctx, pool)
		return epoch, err
	}
}

// drainFault gives what ended a drain a code.
func drainFault(err error) error {
	if errors.Is(err, load.ErrOtherEpoch) {
		return fault.New(fault.RunInDoubt, "%w", err)
	}
	return targetFault(err)
}

// examineRestore says whether the database was restored, and whether that could be
// noticed.
func (a *app) examineRestore(ctx context.Context, db *database) examination {
	pool, err := db.pool(ctx, "")
	if err != nil {
		return bad("restore", err)
	}
	state, err := readDatabaseState(ctx, pool)
	switch {
	case err != nil:
		return bad("restore", err)
	case state.isDoubted():
		return examination{Subject: "restore", OK: true, Detail: state.inWords(), Advice: trustAdvice +
			"; tokens that platforms replace may be used up: where a connection below is refused, enter a new pair of tokens"}
	case !state.IsTold:
		return examination{Subject: "restore", OK: true, Detail: "a dump that is restored is noticed; a base backup or a promoted standby is not, because the server does not tell its cluster or its timeline",
			Advice: "grant execute on function pg_control_system(), pg_walfile_name(pg_lsn), pg_current_wal_insert_lsn() to the owner of the schema ops; where that cannot be, say pandian outbox doubt after a restore"}
	default:
		return good("restore", "the database is what it was when it last sent")
	}
}
