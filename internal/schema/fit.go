package schema

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"pandian/internal/fault"
)

// What a *fault.Error of this package wraps, for callers that go on
// differently in each case.
var (
	// ErrNoSchema says that no migration was ever applied.
	ErrNoSchema = errors.New("there is no schema yet")
	// ErrBehind says that migrations of this program are not applied.
	ErrBehind = errors.New("the schema is older than this program")
	// ErrAhead says that the schema is newer and does not support this program.
	ErrAhead = errors.New("the schema is newer than this program may work on")
	// ErrOutOfOrder says that a migration is not applied although a later one is.
	ErrOutOfOrder = errors.New("a migration is missing below the newest applied one")
	// ErrIrreversible says that a migration cannot be rolled back.
	ErrIrreversible = errors.New("a migration is irreversible")
)

// fit compares what a database has with what the program has.
type fit struct {
	newest  int64 // of the program
	applied map[int64]time.Time
	// highest is the newest applied version, 0 for none.
	highest int64
	// pending are the program's migrations that are not applied, by version.
	pending []migration
	// missing are applied versions above the program's newest, foreign are
	// those below it of which it has no file.
	missing, foreign []int64
	// oldest is the program version from which on the schema supports programs,
	// 0 if it does not say.
	oldest int64
}

func (m *Migrator) compare(ctx context.Context, q querier) (fit, error) {
	applied, err := readApplied(ctx, q)
	if err != nil {
		return fit{}, err
	}
	oldest, _, err := readOldestSupported(ctx, q)
	if err != nil {
		return fit{}, err
	}
	return fitOf(m.migrations, applied, oldest), nil
}

func fitOf(migrations []migration, applied map[int64]time.Time, oldest int64) fit {
	f := fit{newest: migrations[len(migrations)-1].version, applied: applied, oldest: oldest}
	known := map[int64]bool{}
	for _, migration := range migrations {
		known[migration.version] = true
		if _, done := applied[migration.version]; !done {
			f.pending = append(f.pending, migration)
		}
	}
	for version := range applied {
		f.highest = max(f.highest, version)
		switch {
		case known[version]:
		case version > f.newest:
			f.missing = append(f.missing, version)
		default:
			f.foreign = append(f.foreign, version)
		}
	}
	slices.Sort(f.missing)
	slices.Sort(f.foreign)
	return f
}

// supports tells whether a schema that is newer lets this program work on it.
func (f fit) supports() bool { return f.oldest > 0 && f.oldest <= f.newest }

// gate decides whether the program may work on the schema.
func (f fit) gate(database string) error {
	switch {
	case len(f.applied) == 0:
		return fault.New(fault.SchemaBehind, "%w in the database %q", ErrNoSchema, database).Suggest("run pandian migrate up")
	case f.outOfOrder() != nil:
		return f.outOfOrder()
	case len(f.pending) > 0:
		return fault.New(fault.SchemaBehind, "%w: it is at migration %d, this program needs %d; %s",
			ErrBehind, f.highest, f.newest, isPending(len(f.pending))).Suggest("run pandian migrate up")
	case len(f.missing) > 0 && !f.supports():
		return f.ahead()
	default:
		return nil
	}
}

func (f fit) ahead() error {
	says := fmt.Sprintf("it supports programs from migration %d on", f.oldest)
	if f.oldest == 0 {
		says = "it does not say that older programs may run"
	}
	return fault.New(fault.SchemaAhead, "%w: it is at migration %d, this program knows them up to %d, and %s",
		ErrAhead, f.highest, f.newest, says).
		Suggest("use the pandian that knows migration %d, or let that one go back with: pandian migrate down --to %d", f.highest, f.newest)
}

// outOfOrder is an error when goose would have to run a migration before one
// that is applied: it was tested after it, not before.
func (f fit) outOfOrder() error {
	if len(f.pending) == 0 || f.pending[0].version > f.highest {
		return nil
	}
	first := f.pending[0]
	return fault.New(fault.SchemaBehind, "%w: %s is not applied, %d is", ErrOutOfOrder, first.name, f.highest).
		Suggest("give the file a number above %d if it was never released; else let the program that knows %d go back with: pandian migrate down --to %d",
			f.highest, f.highest, first.version-1)
}

func isPending(n int) string {
	if n == 1 {
		return "1 migration is pending"
	}
	return fmt.Sprintf("%d migrations are pending", n)
}

func joinVersions(versions []int64) string {
	var texts []string
	for _, version := range versions {
		texts = append(texts, strconv.FormatInt(version, 10))
	}
	return strings.Join(texts, ", ")
}
