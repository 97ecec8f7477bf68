package main

import (
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"pandian/internal/schema"
	"pandian/transform"
)

// replaceable hands the functions and views of sql/ to the migrator. The
// library knows which files were applied by the hash of their text; what
// somebody dropped by hand since is found here.
type replaceable struct{ library *transform.Library }

func (r replaceable) All() ([]schema.Item, error) {
	files, err := r.library.Replaceable()
	return items(files), err
}

// Outdated returns the files whose text differs from what was applied, and those
// whose functions or views are gone.
func (r replaceable) Outdated(ctx context.Context, conn *pgx.Conn) ([]schema.Item, error) {
	files, err := r.outdated(ctx, conn)
	return items(files), err
}

func (r replaceable) outdated(ctx context.Context, conn *pgx.Conn) ([]transform.File, error) {
	outdated, err := r.library.Outdated(ctx, conn)
	if err != nil {
		return nil, err
	}
	gone, err := r.gone(ctx, conn)
	if err != nil || len(gone) == 0 {
		return outdated, err
	}
	all, err := r.library.Replaceable() // in the order in which they are applied
	return slices.DeleteFunc(all, func(file transform.File) bool {
		isOutdated := slices.ContainsFunc(outdated, func(one transform.File) bool { return one.Name == file.Name })
		return !isOutdated && !slices.Contains(gone, file.Name)
	}), err
}

// Apply applies what is outdated. A file whose function or view is gone is
// forgotten first, so that the library takes it for one that was never applied.
func (r replaceable) Apply(ctx context.Context, conn *pgx.Conn) ([]string, error) {
	gone, err := r.gone(ctx, conn)
	if err != nil {
		return nil, err
	}
	if len(gone) > 0 {
		if _, err := conn.Exec(ctx, "delete from ops.sql_object where file_name = any ($1)", gone); err != nil {
			return nil, fmt.Errorf("forget the files of functions and views that are gone: %w", err)
		}
	}
	return r.library.Apply(ctx, conn)
}

// gone returns the names of the files that were applied and of which a function
// or view is not there.
func (r replaceable) gone(ctx context.Context, conn *pgx.Conn) ([]string, error) {
	there, err := existing(ctx, conn)
	if err != nil {
		return nil, err
	}
	var gone []string
	for _, file := range r.library.Files() {
		if !there["file "+file.Name] {
			continue
		}
		if slices.ContainsFunc(file.Creates(), func(made transform.Created) bool { return !there[made.Kind+" "+made.Name] }) {
			gone = append(gone, file.Name)
		}
	}
	return gone, nil
}

// existing lists what was applied as "file NAME", and what there is as "view
// SCHEMA.NAME" and "function SCHEMA.NAME".
func existing(ctx context.Context, conn *pgx.Conn) (map[string]bool, error) {
	there := map[string]bool{}
	var migrated bool
	if err := conn.QueryRow(ctx, "select to_regclass('ops.sql_object') is not null").Scan(&migrated); err != nil || !migrated {
		return there, err
	}
	rows, err := conn.Query(ctx, `
		select 'file ' || file_name
		from ops.sql_object
		union all
		select 'view ' || schemaname || '.' || viewname
		from pg_catalog.pg_views
		union all
		select 'function ' || pronamespace::regnamespace || '.' || proname
		from pg_catalog.pg_proc
		where prokind = 'f'`)
	if err != nil {
		return nil, fmt.Errorf("list functions and views: %w", err)
	}
	var name string
	_, err = pgx.ForEachRow(rows, []any{&name}, func() error {
		there[name] = true
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("list functions and views: %w", err)
	}
	return there, nil
}

func items(files []transform.File) []schema.Item {
	var all []schema.Item
	for _, file := range files {
		all = append(all, schema.Item{Name: file.Name, Text: file.Text})
	}
	return all
}
