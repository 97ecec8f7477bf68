package schema

import (
	"cmp"
	"context"
	"io/fs"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
)

// Options says what to migrate, and how patiently.
type Options struct {
	// URL is a connection string of PostgreSQL. What it leaves out comes from
	// the PG* variables.
	URL string
	// Migrations has the files NNNNN_verb_object.sql of goose in its root.
	Migrations fs.FS
	// Replaceable applies functions and views; nil if there are none.
	Replaceable Replaceable
	// Log hears of each migration, and of waiting; nil for silence.
	Log *slog.Logger
	// LockWait is how long Up and Down wait for another Up or Down to end;
	// 0 for 5 minutes.
	LockWait time.Duration
	// LockTimeout is how long one statement waits for the lock of a table;
	// 0 for 2 s.
	LockTimeout time.Duration
	// LockAttempts is how often a migration is tried that does not get such a
	// lock; 0 for 30. The pause between two is twice LockTimeout.
	LockAttempts int
	// StatementTimeout ends a single statement of a migration; 0 for 1 hour.
	StatementTimeout time.Duration
}

// Item is one function or view, or a file of several.
type Item struct {
	// Name is how people know it, as in "view/report_run".
	Name string
	// Text is what is run.
	Text string
}

// Replaceable is SQL that can be applied again without loss.
type Replaceable interface {
	// All returns every item in the order in which they are applied.
	All() ([]Item, error)
	// Outdated returns the items that differ from what the database has, in
	// that order. A database without any migration has none of them.
	Outdated(ctx context.Context, conn *pgx.Conn) ([]Item, error)
	// Apply applies what is outdated, all of it or nothing, and returns the
	// names of what it applied.
	Apply(ctx context.Context, conn *pgx.Conn) ([]string, error)
}

// Migrator knows the migrations of one program. It may be used by several
// goroutines; each call has a connection of its own.
type Migrator struct {
	options    Options
	migrations []migration // by version
}

// New reads the migrations. It does not connect.
func New(options Options) (*Migrator, error) {
	migrations, err := readMigrations(options.Migrations)
	if err != nil {
		return nil, err
	}
	options.LockWait = cmp.Or(options.LockWait, 5*time.Minute)
	options.LockTimeout = cmp.Or(options.LockTimeout, 2*time.Second)
	options.LockAttempts = cmp.Or(options.LockAttempts, 30)
	options.StatementTimeout = cmp.Or(options.StatementTimeout, time.Hour)
	if options.Log == nil {
		options.Log = slog.New(slog.DiscardHandler)
	}
	if options.Replaceable == nil {
		options.Replaceable = nothing{}
	}
	return &Migrator{options: options, migrations: migrations}, nil
}

// Newest is the version of this program's newest migration.
func (m *Migrator) Newest() int64 {
	return m.migrations[len(m.migrations)-1].version
}

// nothing is a Replaceable without items.
type nothing struct{}

func (nothing) All() ([]Item, error)                                { return nil, nil }
func (nothing) Outdated(context.Context, *pgx.Conn) ([]Item, error) { return nil, nil }
func (nothing) Apply(context.Context, *pgx.Conn) ([]string, error)  { return nil, nil }
