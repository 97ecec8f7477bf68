package schema

import (
	"context"
	"fmt"
	"strconv"

	"pandian/internal/fault"
)

// PostgreSQL versions as server_version_num writes them.
const (
	oldestServer = 140000
	// tooNewServer is the first that pandian was not tried on.
	tooNewServer = 190000
)

// Server is the PostgreSQL that answers.
type Server struct {
	// VersionNum is server_version_num, as in 150014.
	VersionNum int `json:"version_num"`
	// Version is server_version, as in "15.14 (Debian 15.14-0+deb12u1)".
	Version  string `json:"version"`
	Database string `json:"database"`
	// Account is the one whose rights count.
	Account string `json:"account"`
	// InRecovery is set for a standby.
	InRecovery bool `json:"in_recovery"`
	// ReadOnly is set when the account's transactions cannot write.
	ReadOnly bool `json:"read_only"`
	// MayCreateSchemas is the right to create on the database.
	MayCreateSchemas bool `json:"may_create_schemas"`
}

func readServer(ctx context.Context, q querier) (Server, error) {
	var server Server
	// By itself and first: what comes after may not exist on what is too old.
	var version string
	if err := q.QueryRow(ctx, "show server_version_num").Scan(&version); err != nil {
		return server, fault.New(fault.DatabaseUnreachable, "ask the server for its version: %w", err)
	}
	var err error
	if server.VersionNum, err = strconv.Atoi(version); err != nil {
		return server, fmt.Errorf("read server_version_num: %w", err)
	}
	err = q.QueryRow(ctx, `
		select
			current_setting('server_version'),
			current_database()::text,
			current_user::text,
			pg_is_in_recovery(),
			current_setting('transaction_read_only')::boolean,
			has_database_privilege(current_database(), 'create')`).Scan(
		&server.Version,
		&server.Database,
		&server.Account,
		&server.InRecovery,
		&server.ReadOnly,
		&server.MayCreateSchemas,
	)
	if err != nil {
		return server, fmt.Errorf("ask the server for its state: %w", err)
	}
	return server, nil
}

// checkVersion returns a warning for a server that is newer than those known.
func (s Server) checkVersion() (warning string, err error) {
	if s.VersionNum < oldestServer {
		return "", fault.New(fault.DatabaseTooOld, "the server is PostgreSQL %s (server_version_num %d); pandian needs 14 to 18", s.Version, s.VersionNum)
	}
	if s.VersionNum >= tooNewServer {
		return fmt.Sprintf("the server is PostgreSQL %s (server_version_num %d); pandian was tried on 14 to 18 only", s.Version, s.VersionNum), nil
	}
	return "", nil
}

func (s Server) checkWritable() error {
	switch {
	case s.InRecovery:
		return fault.New(fault.DatabaseReadOnly, "the server is a standby in recovery, nothing can be written to it").
			Suggest("point database.url to the primary server, with target_session_attrs=read-write if it names several hosts")
	case s.ReadOnly:
		return fault.New(fault.DatabaseReadOnly, "transactions of the account %q in the database %q are read-only (default_transaction_read_only is on)", s.Account, s.Database).
			Suggest("as a superuser, whichever of the two set it: alter role %s reset default_transaction_read_only; alter database %s reset default_transaction_read_only",
				quote(s.Account), quote(s.Database))
	default:
		return nil
	}
}

// checkMayCreate is for a database without a schema.
func (s Server) checkMayCreate() error {
	if s.MayCreateSchemas {
		return nil
	}
	return fault.New(fault.DatabaseForbidden, "the account %q may not create schemas in the database %q: it lacks the right CREATE on the database", s.Account, s.Database).
		Suggest("as the owner of the database: grant create on database %s to %s", quote(s.Database), quote(s.Account))
}
