// Package encryption says which addresses must be reached by TLS: all but those
// of this machine.
package encryption

import (
	"net"
	"net/url"
	"strings"
)

// IsLocal tells whether a host is this machine: a loopback address, localhost, or
// the folder of a Unix socket. An empty host is, as in PostgreSQL.
func IsLocal(host string) bool {
	host = strings.TrimSuffix(strings.ToLower(strings.Trim(host, "[]")), ".")
	if host == "" || host == "localhost" || strings.HasSuffix(host, ".localhost") || strings.HasPrefix(host, "/") || strings.HasPrefix(host, "@") {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

// IsPlain tells whether calls to a web address would be readable on their way.
func IsPlain(address *url.URL) bool {
	return strings.EqualFold(address.Scheme, "http") && !IsLocal(address.Hostname())
}

// IsPlainText is IsPlain of an address as it is written; false for what is none.
func IsPlainText(address string) bool {
	parsed, err := url.Parse(address)
	return err == nil && parsed.Host != "" && IsPlain(parsed)
}
