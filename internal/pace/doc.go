// Package pace keeps all processes that use a credential within its one rate
// limit, and away from a platform that is down. What they share is in Postgres:
// ops.rate_limit, ops.circuit.
//
// A [Pacer] leases slots in blocks of a second at most: evenly spaced moments on
// the database's clock, which no other process gets. Calls are spaced within the
// block without asking the database. A slot that nobody used half a second after
// its time is lost, so that a process that stood still does not catch up in a
// burst; a block is only as long as the process uses it up in time.
//
// No minute sees more calls than the limit: slots are 2 % further apart than it
// says, which is 1.2 s a minute, and a call starts at most half a second after its
// slot. The remaining 0.7 s are for what the network and the database's answers
// vary.
//
// A [Circuit] counts failures of a connection over all processes. When it is open
// nobody calls; after a while one call by one process finds out whether the
// platform is back.
package pace

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"time"

	"github.com/jackc/pgx/v5/pgtype"
)

// databaseTimeout bounds each exchange with the database.
const databaseTimeout = 10 * time.Second

// Fingerprint names a credential in ops.rate_limit. identity is what the platform
// counts calls by: its address, the account, the key. Who does not know the secret
// cannot find the identity by trying, because the fingerprint is keyed with it;
// where there is no secret, or one that people can guess, leave it empty and keep
// the identity to what may be known.
func Fingerprint(secret string, identity ...string) string {
	mac := hmac.New(sha256.New, []byte("pandian rate limit\x00"+secret))
	for _, part := range identity {
		mac.Write([]byte(part))
		mac.Write([]byte{0})
	}
	return hex.EncodeToString(mac.Sum(nil)[:16])
}

func interval(length time.Duration) pgtype.Interval {
	return pgtype.Interval{Microseconds: length.Microseconds(), Valid: true}
}
