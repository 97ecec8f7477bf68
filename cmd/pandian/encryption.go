package main

import (
	"crypto/tls"
	"net"
	"net/url"
	"os"
	"regexp"
	"strings"

	"github.com/jackc/pgx/v5"

	"pandian/internal/encryption"
)

var tlsSetting = regexp.MustCompile(`(?i)(?:^|[\s?&])(sslmode|sslrootcert|sslcert|sslkey)\s*=\s*('[^']*'|[^\s&]+)`)

// encrypted adds sslmode=require to the address of a database on another machine
// that says nothing of its own: by themselves clients of PostgreSQL prefer TLS and
// go on without it where the server, or somebody in between, says that there is
// none. PGSSLMODE and a service file say something.
func encrypted(address string) string {
	settings, err := pgx.ParseConfig(address)
	if err != nil || tlsSetting.MatchString(address) || os.Getenv("PGSSLMODE") != "" {
		return address
	}
	// "prefer" tries every host with TLS and then without.
	tries, remote := settings.TLSConfig != nil, false
	for _, fallback := range settings.Fallbacks {
		tries = tries || fallback.TLSConfig != nil
		remote = remote || fallback.TLSConfig == nil && !encryption.IsLocal(fallback.Host)
	}
	if !tries || !remote {
		return address
	}
	switch {
	case !strings.Contains(address, "://"):
		return address + " sslmode=require"
	case strings.Contains(address, "?"):
		return address + "&sslmode=require"
	default:
		return address + "?sslmode=require"
	}
}

// tlsEnvironment says the same to programs that read the PG* variables.
func tlsEnvironment(address string) []string {
	var environ []string
	for _, setting := range tlsSetting.FindAllStringSubmatch(address, -1) {
		value := strings.Trim(setting[2], "'")
		if strings.Contains(address, "://") {
			if decoded, err := url.QueryUnescape(value); err == nil {
				value = decoded
			}
		}
		environ = append(environ, "PG"+strings.ToUpper(setting[1])+"="+value)
	}
	return environ
}

// protection is how the connection to a database is protected.
type protection struct{ isPrivate, isLocal, isEncrypted, isChecked bool }

// protectionOf looks at the connection itself: what was asked for may be less than
// what there is.
func protectionOf(db *database, conn *pgx.Conn) protection {
	found := protection{isPrivate: db.server != nil}
	wire := conn.PgConn().Conn()
	if host, _, err := net.SplitHostPort(wire.RemoteAddr().String()); err != nil || encryption.IsLocal(host) {
		found.isLocal = true // a Unix socket has no port
	}
	if secured, ok := wire.(*tls.Conn); ok {
		asked := conn.Config().TLSConfig
		found.isEncrypted = true
		found.isChecked = len(secured.ConnectionState().VerifiedChains) > 0 || asked != nil && asked.VerifyPeerCertificate != nil
	}
	return found
}

// inWords says it, and what to do where it is less than it could be.
func (p protection) inWords() (detail, advice string) {
	switch {
	case p.isPrivate:
		return "private server", ""
	case p.isEncrypted && (p.isChecked || p.isLocal):
		return "encrypted", ""
	case p.isLocal:
		return "on this machine", ""
	case p.isEncrypted:
		return "encrypted, the server's certificate is not checked",
			"write sslmode=verify-full in database.url, with sslrootcert where the server has a certificate of its own"
	default:
		return "not encrypted", "turn on ssl at the server and take sslmode=disable out of database.url"
	}
}

// plainDetail names the addresses of a connection that are not encrypted.
func plainDetail(addresses []string) (detail, advice string) {
	if len(addresses) == 0 {
		return "", ""
	}
	return "; not encrypted: " + strings.Join(addresses, ", "),
		"use https where the platform has it; without it keep these calls in a network of your own"
}
