// Package sql holds the analysts' folder: the files that type, compare, map and
// check, each runnable in psql as its header says.
package sql

import "embed"

// FS holds function/, view/, source/, compare/, outbox/ and check/.
//
//go:embed */*.sql
var FS embed.FS
