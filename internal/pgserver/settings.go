package pgserver

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// settings are the parameters of a server for one person's data: the ones that
// were measured to matter for landing and comparing, in sizes that fit a
// laptop. lz4 says that the build knows this compression.
//
// ALTER SYSTEM overrides them, and lasts.
func settings(major int, lz4 bool, at endpoint) map[string]string {
	s := map[string]string{
		"cluster_name":         "pandian",
		"shared_buffers":       "256MB",
		"work_mem":             "64MB",
		"maintenance_work_mem": "128MB",
		"max_wal_size":         "4GB",
		"wal_compression":      "on",
		"checkpoint_timeout":   "15min",
		"random_page_cost":     "1.1",
		// What pandian asks is short or writes: compiling it takes longer than it saves.
		"jit": "off",
		// A session that was forgotten in a transaction keeps vacuum from working.
		"idle_in_transaction_session_timeout": "10min",
		// Nobody reads a line per checkpoint, and nothing rotates the log.
		"log_checkpoints": "off",
	}
	if lz4 {
		s["default_toast_compression"] = "lz4"
	}
	if lz4 && major >= 15 {
		s["wal_compression"] = "lz4"
	}
	if at.password != "" {
		s["listen_addresses"] = at.host
		s["port"] = strconv.Itoa(at.port)
		s["unix_socket_directories"] = ""
		return s
	}
	s["listen_addresses"] = ""
	s["port"] = strconv.Itoa(at.port)
	s["unix_socket_permissions"] = "0700"
	s["unix_socket_directories"] = `"` + strings.ReplaceAll(at.host, `"`, `""`) + `"`
	return s
}

// throwawaySettings trade the data's safety for speed.
func throwawaySettings() map[string]string {
	return map[string]string{
		"fsync":              "off",
		"synchronous_commit": "off",
		"full_page_writes":   "off",
		"shared_buffers":     "128MB",
		"max_connections":    "200",
		// Each copied database writes its pages to the log; keep it small.
		"max_wal_size": "512MB",
	}
}

// configFile renders parameters as a configuration file of PostgreSQL.
func configFile(parameters map[string]string) string {
	var b strings.Builder
	b.WriteString("# Written anew at each start by pandian. To change a parameter use ALTER SYSTEM.\n")
	for _, name := range slices.Sorted(maps.Keys(parameters)) {
		fmt.Fprintf(&b, "%s = %s\n", name, configQuote(parameters[name]))
	}
	return b.String()
}

// configQuote quotes a value; the server reads backslash escapes in it.
func configQuote(value string) string {
	value = strings.ReplaceAll(value, `\`, `\\`)
	return "'" + strings.ReplaceAll(value, "'", "''") + "'"
}
