package schema

import (
	"context"
	"fmt"
	"regexp"

	"github.com/jackc/pgx/v5"
)

// InvalidIndex is what create index concurrently leaves behind when it is
// interrupted: an index that is written to and never read.
type InvalidIndex struct {
	// Name and Table are schema-qualified and quoted where needed.
	Name  string `json:"name"`
	Table string `json:"table"`
	// Drop is the statement that removes it.
	Drop string `json:"drop"`

	bareName string
}

// readInvalidIndexes lists those in the schemas of the migrations. An index
// that is being built looks the same and is left out; so are the parents of
// partitioned indexes, which are invalid until every partition has theirs.
func (m *Migrator) readInvalidIndexes(ctx context.Context, q querier) ([]InvalidIndex, error) {
	rows, err := q.Query(ctx, `
		select
			format('%I.%I', pg_namespace.nspname, index_class.relname),
			format('%I.%I', table_namespace.nspname, table_class.relname),
			index_class.relname::text
		from pg_catalog.pg_index
		inner join pg_catalog.pg_class as index_class on index_class.oid = pg_index.indexrelid
		inner join pg_catalog.pg_namespace on pg_namespace.oid = index_class.relnamespace
		inner join pg_catalog.pg_class as table_class on table_class.oid = pg_index.indrelid
		inner join pg_catalog.pg_namespace as table_namespace on table_namespace.oid = table_class.relnamespace
		where
			not pg_index.indisvalid
			and index_class.relkind = 'i'
			and pg_namespace.nspname = any ($1)
			and not exists (
				select
				from pg_catalog.pg_stat_progress_create_index
				where
					pg_stat_progress_create_index.datname = current_database()
					and pg_stat_progress_create_index.index_relid = pg_index.indexrelid
			)
		order by 1`, m.schemas())
	if err != nil {
		return nil, fmt.Errorf("look for invalid indexes: %w", err)
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (InvalidIndex, error) {
		var index InvalidIndex
		err := row.Scan(&index.Name, &index.Table, &index.bareName)
		index.Drop = fmt.Sprintf("drop index concurrently if exists %s;", index.Name)
		return index, err
	})
}

// clearLeftovers drops the invalid indexes that the migration is about to
// create: an earlier attempt at it was interrupted, and their names are taken.
func (m *Migrator) clearLeftovers(ctx context.Context, conn *pgx.Conn, next migration) ([]string, error) {
	indexes, err := m.readInvalidIndexes(ctx, conn)
	if err != nil {
		return nil, err
	}
	var dropped []string
	for _, index := range indexes {
		creates := regexp.MustCompile(`(?i)create\s+(unique\s+)?index\s+concurrently\s+"?` + regexp.QuoteMeta(index.bareName) + `"?\s`)
		if !creates.MatchString(next.up) {
			continue
		}
		if _, err := conn.Exec(ctx, index.Drop); err != nil {
			return dropped, fmt.Errorf("drop the invalid index %s that an interrupted attempt left: %w", index.Name, err)
		}
		m.options.Log.WarnContext(ctx, "dropped an invalid index that an interrupted attempt left", "index", index.Name)
		dropped = append(dropped, index.Name)
	}
	return dropped, nil
}
