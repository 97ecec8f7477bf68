package schema

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
)

// Plan is what Up would run.
type Plan struct {
	// Database is its name.
	Database string `json:"database"`
	// DatabaseExists is false for one that has to be created first.
	DatabaseExists bool         `json:"database_exists"`
	Statements     []Statements `json:"statements"`
	// Notes are for a person.
	Notes []string `json:"notes,omitempty"`
}

// Statements are run together.
type Statements struct {
	// Title says what they are, as in "migration 00002_create_ops.sql".
	Title string `json:"title"`
	// SQL is the text, transaction and note of the version included.
	SQL string `json:"sql"`
}

// Plan returns the SQL that Up would run, in order, without changing anything:
// the server is asked for read-only transactions. The database may be empty,
// or not be there yet.
func (m *Migrator) Plan(ctx context.Context) (Plan, error) {
	config, err := m.config()
	if err != nil {
		return Plan{}, err
	}
	plan := Plan{Database: config.Database, DatabaseExists: true}
	s, err := m.open(ctx, true)
	if hasCode(err, codeNoDatabase) {
		return m.planFromNothing(plan)
	}
	if err != nil {
		return Plan{}, err
	}
	defer s.close()
	err = s.use(ctx, func(conn *pgx.Conn) error {
		return m.plan(ctx, conn, &plan)
	})
	return plan, err
}

// planFromNothing needs no database.
func (m *Migrator) planFromNothing(plan Plan) (Plan, error) {
	plan.DatabaseExists = false
	plan.Notes = append(plan.Notes, fmt.Sprintf("the database does not exist yet; create it first: create database %s", quote(plan.Database)))
	items, err := m.options.Replaceable.All()
	if err != nil {
		return plan, fmt.Errorf("list functions and views: %w", err)
	}
	m.fill(&plan, true, m.migrations, items)
	return plan, nil
}

func (m *Migrator) plan(ctx context.Context, conn *pgx.Conn, plan *Plan) error {
	server, warning, err := checkServer(ctx, conn, false)
	if err != nil {
		return err
	}
	plan.Database = server.Database
	if warning != "" {
		plan.Notes = append(plan.Notes, warning)
	}
	exists, err := hasBookkeeping(ctx, conn)
	if err != nil {
		return err
	}
	fit, err := m.compare(ctx, conn)
	if err != nil {
		return err
	}
	if err := fit.outOfOrder(); err != nil {
		return err
	}
	if len(fit.missing) > 0 {
		if !fit.supports() {
			return fit.ahead()
		}
		plan.Notes = append(plan.Notes, fmt.Sprintf("the schema is newer (migration %d) than this program (%d): up does nothing", fit.highest, fit.newest))
		return nil
	}
	outdated, err := m.options.Replaceable.Outdated(ctx, conn)
	if err != nil {
		return fmt.Errorf("compare functions and views: %w", err)
	}
	m.fill(plan, !exists, fit.pending, outdated)
	return nil
}

func (m *Migrator) fill(plan *Plan, fresh bool, pending []migration, items []Item) {
	if fresh {
		plan.Statements = append(plan.Statements, Statements{Title: "table of applied migrations", SQL: inTransaction(bookkeeping)})
	}
	for _, next := range pending {
		plan.Statements = append(plan.Statements, Statements{Title: "migration " + next.name, SQL: m.planMigration(next)})
	}
	for _, item := range items {
		plan.Statements = append(plan.Statements, Statements{Title: item.Name + ".sql", SQL: inTransaction(strings.TrimSpace(item.Text))})
	}
	if len(items) > 0 {
		plan.Notes = append(plan.Notes, fmt.Sprintf(
			"the %d files of functions and views are applied in one transaction, which also notes each in ops.sql_object and grants the roles their rights", len(items)))
	}
}

func (m *Migrator) planMigration(next migration) string {
	why := ""
	if next.why != "" {
		why = next.why + "\n"
	}
	note := fmt.Sprintf("insert into %s (version_id, is_applied) values (%d, true);", Table, next.version)
	if next.noTransaction {
		return fmt.Sprintf("%s-- outside a transaction\nset lock_timeout = 0;\n%s\n%s", why, next.up, note)
	}
	return fmt.Sprintf("%sset lock_timeout = '%s';\n%s", why, milliseconds(m.options.LockTimeout), inTransaction(next.up+"\n"+note))
}

func inTransaction(sql string) string { return "begin;\n" + sql + "\ncommit;" }

// String is the plan as a file that psql can run.
func (p Plan) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "-- What pandian migrate up would run on the database %s, in this order: %s.\n", quote(p.Database), counted(len(p.Statements)))
	for _, note := range p.Notes {
		fmt.Fprintf(&b, "-- Note: %s.\n", note)
	}
	for i, statements := range p.Statements {
		fmt.Fprintf(&b, "\n-- %d. %s\n%s\n", i+1, statements.Title, statements.SQL)
	}
	return b.String()
}

func counted(steps int) string {
	switch steps {
	case 0:
		return "nothing, it is up to date"
	case 1:
		return "1 step"
	default:
		return fmt.Sprintf("%d steps", steps)
	}
}

func quote(name string) string { return pgx.Identifier{name}.Sanitize() }
