package schema

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
)

// State is where a migration stands.
type State string

const (
	// Applied migrations are in the database and in this program.
	Applied State = "applied"
	// Pending migrations are in this program only.
	Pending State = "pending"
	// Missing migrations are in the database only, above this program's newest:
	// a newer program applied them.
	Missing State = "missing"
	// Foreign migrations are in the database only, below this program's newest:
	// no release ever had them.
	Foreign State = "foreign"
)

// MigrationStatus is one row of Status.
type MigrationStatus struct {
	Version int64 `json:"version"`
	// Name is that of the file; empty where there is none.
	Name  string `json:"name,omitempty"`
	State State  `json:"state"`
	// AppliedAt is zero for a pending one.
	AppliedAt time.Time `json:"applied_at,omitzero"`
	// Note says what is odd about it, in words for a person.
	Note string `json:"note,omitempty"`
}

// ItemStatus tells whether a function or view is as this program has it.
type ItemStatus struct {
	Name      string `json:"name"`
	IsCurrent bool   `json:"is_current"`
}

// Status is how a database compares with this program.
type Status struct {
	Server Server `json:"server"`
	// Applied is the newest version in the database, 0 for none; Newest is that
	// of the program.
	Applied int64 `json:"applied"`
	Newest  int64 `json:"newest"`
	// OldestSupported is the version from which on the schema lets programs
	// run; 0 if it does not say.
	OldestSupported int64             `json:"oldest_supported"`
	Migrations      []MigrationStatus `json:"migrations"`
	Replaceable     []ItemStatus      `json:"replaceable"`
	InvalidIndexes  []InvalidIndex    `json:"invalid_indexes"`
}

// Count returns the number of migrations in a state.
func (s Status) Count(state State) int {
	count := 0
	for _, row := range s.Migrations {
		if row.State == state {
			count++
		}
	}
	return count
}

// Outdated returns the number of functions and views that Up would apply.
func (s Status) Outdated() int {
	count := 0
	for _, item := range s.Replaceable {
		if !item.IsCurrent {
			count++
		}
	}
	return count
}

// Status looks at the database in a session that cannot write; a standby does.
// It takes no lock, so it also answers while Up is at work.
func (m *Migrator) Status(ctx context.Context) (Status, error) {
	s, err := m.open(ctx, true)
	if err != nil {
		return Status{}, err
	}
	defer s.close()
	var status Status
	err = s.use(ctx, func(conn *pgx.Conn) error {
		status, err = m.status(ctx, conn)
		return err
	})
	return status, err
}

func (m *Migrator) status(ctx context.Context, conn *pgx.Conn) (Status, error) {
	server, _, err := checkServer(ctx, conn, false)
	if err != nil {
		return Status{}, err
	}
	fit, err := m.compare(ctx, conn)
	if err != nil {
		return Status{}, err
	}
	items, err := m.itemStatus(ctx, conn)
	if err != nil {
		return Status{}, err
	}
	indexes, err := m.readInvalidIndexes(ctx, conn)
	if err != nil {
		return Status{}, err
	}
	return Status{
		Server:          server,
		Applied:         fit.highest,
		Newest:          fit.newest,
		OldestSupported: fit.oldest,
		Migrations:      migrationStatus(m.migrations, fit),
		Replaceable:     items,
		InvalidIndexes:  indexes,
	}, nil
}

func migrationStatus(migrations []migration, f fit) []MigrationStatus {
	var rows []MigrationStatus
	for _, migration := range migrations {
		row := MigrationStatus{Version: migration.version, Name: migration.name, State: Pending}
		if at, done := f.applied[migration.version]; done {
			row.State, row.AppliedAt = Applied, at
		} else if migration.version < f.highest {
			row.Note = fmt.Sprintf("out of order: %d is applied already, so up refuses", f.highest)
		}
		rows = append(rows, row)
	}
	for _, version := range f.missing {
		rows = append(rows, MigrationStatus{Version: version, State: Missing, AppliedAt: f.applied[version],
			Note: "a newer pandian applied it"})
	}
	for _, version := range f.foreign {
		rows = append(rows, MigrationStatus{Version: version, State: Foreign, AppliedAt: f.applied[version],
			Note: "no file of this number is known, though newer ones are"})
	}
	slices.SortFunc(rows, func(a, b MigrationStatus) int { return cmp.Compare(a.Version, b.Version) })
	return rows
}

func (m *Migrator) itemStatus(ctx context.Context, conn *pgx.Conn) ([]ItemStatus, error) {
	all, err := m.options.Replaceable.All()
	if err != nil {
		return nil, fmt.Errorf("list functions and views: %w", err)
	}
	outdated, err := m.options.Replaceable.Outdated(ctx, conn)
	if err != nil {
		return nil, fmt.Errorf("compare functions and views: %w", err)
	}
	var rows []ItemStatus
	for _, item := range all {
		isOutdated := slices.ContainsFunc(outdated, func(candidate Item) bool { return candidate.Name == item.Name })
		rows = append(rows, ItemStatus{Name: item.Name, IsCurrent: !isOutdated})
	}
	return rows, nil
}
