// Package migrations holds the schema of pandian as goose migrations.
package migrations

import "embed"

// FS holds the migration files, five digits, verb and object.
//
//go:embed *.sql
var FS embed.FS
