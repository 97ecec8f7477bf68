package schema

import (
	"context"
	"fmt"
	"regexp"
	"slices"

	"github.com/jackc/pgx/v5"

	"pandian/internal/fault"
)

// DownResult is what Down did.
type DownResult struct {
	// Migrations are those that were rolled back, the newest first.
	Migrations []Step `json:"migrations"`
	// Dropped are the functions and views that were dropped before, because
	// they stand on the tables. Up of the program for the older schema makes its
	// own again.
	Dropped  []string `json:"dropped"`
	Warnings []string `json:"warnings,omitempty"`
}

// Down rolls back the newest steps applied migrations, with the data in what
// they made. It refuses, before it touches anything, if one of them is
// irreversible (ErrIrreversible) or not known to this program (ErrAhead).
func (m *Migrator) Down(ctx context.Context, steps int) (DownResult, error) {
	if steps < 1 {
		return DownResult{}, fault.New(fault.UsageWrong, "%d migrations cannot be rolled back: 1 or more is expected", steps)
	}
	return m.down(ctx, func(applied []int64) []int64 {
		return applied[:min(steps, len(applied))]
	})
}

// DownTo rolls back all migrations above version; 0 leaves an empty schema.
func (m *Migrator) DownTo(ctx context.Context, version int64) (DownResult, error) {
	if version < 0 {
		return DownResult{}, fault.New(fault.UsageWrong, "there is no migration %d: 0 or more is expected", version)
	}
	return m.down(ctx, func(applied []int64) []int64 {
		return slices.DeleteFunc(applied, func(candidate int64) bool { return candidate <= version })
	})
}

// down rolls back what choose picks of the applied versions, newest first.
func (m *Migrator) down(ctx context.Context, choose func(applied []int64) []int64) (DownResult, error) {
	var result DownResult
	s, fit, err := m.begin(ctx, &result.Warnings)
	if err != nil {
		return result, err
	}
	defer s.close()
	var applied []int64
	for version := range fit.applied {
		applied = append(applied, version)
	}
	slices.Sort(applied)
	slices.Reverse(applied)
	backwards, err := m.reversible(choose(applied))
	if err != nil || len(backwards) == 0 {
		return result, err
	}
	if err := m.dropReplaceable(ctx, s, &result); err != nil {
		return result, err
	}
	provider, err := m.provider(s)
	if err != nil {
		return result, err
	}
	for _, next := range backwards {
		step, err := m.runStep(ctx, s, provider, next, false)
		if err != nil {
			return result, err
		}
		result.Migrations = append(result.Migrations, step)
	}
	return result, nil
}

// reversible looks up the migrations of the versions.
func (m *Migrator) reversible(versions []int64) ([]migration, error) {
	var found []migration
	for _, version := range versions {
		at := slices.IndexFunc(m.migrations, func(candidate migration) bool { return candidate.version == version })
		if at < 0 {
			return nil, fault.New(fault.SchemaAhead, "%w: it does not know migration %d and cannot roll it back", ErrAhead, version).
				Suggest("roll back with the pandian that applied it")
		}
		if reason := m.migrations[at].irreversible; reason != "" {
			return nil, fault.New(fault.MigrationFailed, "%w: %s: %s", ErrIrreversible, m.migrations[at].name, reason).
				Suggest("nothing was rolled back; restore a backup to go back behind it")
		}
		found = append(found, m.migrations[at])
	}
	return found, nil
}

var createdItem = regexp.MustCompile(`(?m)^create or replace (view|function) ([a-z_]+)\.([a-z_]+)`)

// dropReplaceable drops the functions and views of this program in the reverse
// of their order, and never what people built on them: that is an error which
// names it.
func (m *Migrator) dropReplaceable(ctx context.Context, s *session, result *DownResult) error {
	items, err := m.options.Replaceable.All()
	if err != nil {
		return fmt.Errorf("list functions and views: %w", err)
	}
	const what = "drop functions and views"
	err = m.patiently(ctx, what, func() error {
		return s.use(ctx, func(conn *pgx.Conn) error {
			result.Dropped = nil
			return pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
				for _, item := range slices.Backward(items) {
					if err := dropItem(ctx, tx, item); err != nil {
						return fmt.Errorf("%s: %w", item.Name, err)
					}
					result.Dropped = append(result.Dropped, item.Name)
				}
				return forgetItems(ctx, tx)
			})
		})
	})
	if err == nil {
		return nil
	}
	result.Dropped = nil
	failed := fault.New(fault.MigrationFailed, "%s: %w", what, withDetail(err))
	if hasCode(err, codeStillDependedOn) {
		return failed.Suggest("nothing was rolled back; drop what was built on it, then run pandian migrate down again")
	}
	return failed.Suggest("nothing was rolled back; correct the cause and run pandian migrate down again")
}

func dropItem(ctx context.Context, tx pgx.Tx, item Item) error {
	for _, made := range slices.Backward(createdItem.FindAllStringSubmatch(item.Text, -1)) {
		// Every signature of a function: an older one may have been left.
		rows, err := tx.Query(ctx, `
			select format('drop view %I.%I', schemaname, viewname)
			from pg_catalog.pg_views
			where $1 = 'view' and schemaname = $2 and viewname = $3
			union all
			select format('drop function %I.%I(%s)', nspname, proname, pg_get_function_identity_arguments(pg_proc.oid))
			from pg_catalog.pg_proc
			inner join pg_catalog.pg_namespace on pg_namespace.oid = pg_proc.pronamespace
			where $1 = 'function' and nspname = $2 and proname = $3`, made[1], made[2], made[3])
		if err != nil {
			return err
		}
		statements, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			return err
		}
		for _, statement := range statements {
			if _, err := tx.Exec(ctx, statement); err != nil {
				return err
			}
		}
	}
	return nil
}

// forgetItems lets the next Up apply every function and view again.
func forgetItems(ctx context.Context, tx pgx.Tx) error {
	var exists bool
	err := tx.QueryRow(ctx, "select to_regclass('ops.sql_object') is not null").Scan(&exists)
	if err == nil && exists {
		_, err = tx.Exec(ctx, "delete from ops.sql_object")
	}
	return err
}
