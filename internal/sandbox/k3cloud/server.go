// Package k3cloud simulates the WebAPI of 金蝶云星空 (Kingdee K/3 Cloud): logins,
// signed headers and sessions, and the form SAL_OUTSTOCK (销售出库单) with its
// batches that succeed in part. It answers as captures and published clients
// show; where there is no public evidence the choice is called assumed at its
// place.
package k3cloud

import (
	"encoding/json"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/shopspring/decimal"

	"pandian/internal/sandbox/fault"
	"pandian/internal/sandbox/ledger"
	"pandian/internal/sandbox/meter"
)

// The names of the endpoints in statistics and fault plans.
const (
	Login  = "k3cloud.login"
	Save   = "k3cloud.save" // Save, BatchSave and Draft
	Submit = "k3cloud.submit"
	Audit  = "k3cloud.audit"
	Query  = "k3cloud.query" // ExecuteBillQuery and BillQuery
	View   = "k3cloud.view"
	Other  = "k3cloud.other"
)

// Account is what a tenant's administrator gave the integrator.
type Account struct {
	AcctID    string // 数据中心 id
	UserName  string
	Password  string
	AppID     string // clientId_secret
	AppSecret string
	LCID      int // language; 0 means 2052, simplified Chinese
	// OrgNum is the organisation of signed headers; empty means that any is
	// taken.
	OrgNum string
}

// Options of the platform.
type Options struct {
	Account Account
	// Known tells whether base data has a code. The kinds are "customer",
	// "material", "stock", "organisation", "currency", "department", "billtype"
	// and "assistant"; nil means that it has every code.
	Known func(kind, code string) bool
	// Stock is the quantity on hand, before any bill of this server was audited;
	// nil means endless.
	Stock func(material, stock string) decimal.Decimal
	// NegativeStock, without Stock, means that there is none of anything.
	NegativeStock bool
	// AuditFails refuses every audit: bills stay saved and submitted.
	AuditFails bool
	// ForbidZeroPrice refuses rows that are no gift and have no price.
	ForbidZeroPrice bool
	// DropUnknownRows leaves out rows with an unknown material without a word,
	// as some servers do; else their material counts as missing.
	DropUnknownRows bool
	// ForbidValidateUser refuses the login with a password, as new tenants of
	// the public cloud do.
	ForbidValidateUser bool
	// SignSHA1 is a server before patch PT-146911: LoginBySign with SHA-1 only.
	SignSHA1 bool
	// TimestampWindow is how far clocks may differ; 0 means five minutes.
	TimestampWindow time.Duration
	// SessionIdle ends a session without calls; 0 means 20 minutes.
	SessionIdle time.Duration
	// SessionCalls ends a session after so many calls; 0 means never.
	SessionCalls int
	// Limit is the calls allowed in any 60 seconds, MsgCode 14 beyond; 0 means
	// no limit.
	Limit int
	// Latency passes before a call takes its effect, within the session's turn.
	Latency time.Duration
	// Seed makes the session ids.
	Seed uint64
	Now  func() time.Time
}

// Server answers for one 账套. It is safe for any number of clients.
type Server struct {
	options    Options
	faults     *fault.Set
	meter      *meter.Meter
	limit      *meter.Limiter
	saveLimit  *meter.Limiter // measures only
	sessions   *sessionBook
	form       *form
	ledger     ledger.Ledger
	auditFails atomic.Bool

	mu    sync.Mutex // held by what reads or changes the store
	store store
}

// New makes a server without bills and sessions.
func New(o Options, faults *fault.Set, m *meter.Meter) *Server {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.TimestampWindow == 0 {
		o.TimestampWindow = 5 * time.Minute
	}
	if o.SessionIdle == 0 {
		o.SessionIdle = 20 * time.Minute
	}
	if o.Account.LCID == 0 {
		o.Account.LCID = 2052
	}
	if o.Known == nil {
		o.Known = func(string, string) bool { return true }
	}
	if o.Stock == nil && o.NegativeStock {
		o.Stock = func(string, string) decimal.Decimal { return decimal.Zero }
	}
	s := &Server{
		options: o, faults: faults, meter: m,
		limit: meter.NewLimiter(o.Limit), saveLimit: meter.NewLimiter(0),
		sessions: newSessionBook(o.Seed, o.SessionIdle, o.SessionCalls),
		form:     saleOutStock(), store: newStore(),
	}
	s.auditFails.Store(o.AuditFails)
	return s
}

// Register adds the platform's paths: those of an own server, in any letter
// case, and those of the vendor's public gateway.
func (s *Server) Register(mux *http.ServeMux) {
	handler := s.faults.Wrap(endpoint, http.HandlerFunc(s.serve))
	for _, root := range letterCases("k3cloud") {
		mux.Handle("/"+root+"/", handler)
	}
	mux.Handle(gatewayRoot, handler)
}

// gatewayRoot begins the paths where X-Api-Signature is checked.
const gatewayRoot = "/galaxyapi/"

// letterCases spells a word of lower-case letters in every letter case.
func letterCases(word string) []string {
	out := []string{""}
	for _, char := range word {
		var longer []string
		for _, begun := range out {
			longer = append(longer, begun+string(char))
			if char >= 'a' && char <= 'z' {
				longer = append(longer, begun+string(char-'a'+'A'))
			}
		}
		out = longer
	}
	return out
}

// Peaks are the most calls that arrived within any 60 seconds.
func (s *Server) Peaks() map[string]int {
	return map[string]int{"k3cloud": s.limit.Peak(), Save: s.saveLimit.Peak()}
}

// Entries are the bills as the target knows them, by FBillNo. A bill that was
// deleted has the state "deleted", and made again counts as created again.
func (s *Server) Entries() []ledger.Entry { return s.ledger.Entries() }

// ExpireSessions ends every session opened so far.
func (s *Server) ExpireSessions() { s.sessions.clear() }

// Sessions is how many sessions were left open.
func (s *Server) Sessions() int { return s.sessions.count() }

// SetAuditFails lets audits fail from now on, or no longer.
func (s *Server) SetAuditFails(fails bool) { s.auditFails.Store(fails) }

// Bill is a bill as it stands. Values are text: the code of a reference, the
// exact digits of a number, a date as yyyy-MM-ddTHH:mm:ss.
type Bill struct {
	ID      int64
	Number  string // FBillNo
	Status  string // FDocumentStatus: Z, A, B, C or D
	Header  map[string]string
	Finance map[string]string // SubHeadEntity
	Rows    []map[string]string
	Model   json.RawMessage // as the last call sent it
}

// Bills are copies of all bills, in the order in which they came into being.
func (s *Server) Bills() []Bill {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.store.copies()
}

// Misplaced lists the keys that were sent where the platform does not look for
// them, each once and sorted: "FEntity.FSaleDeptID: belongs to the header". Such
// keys are ignored (assumed).
func (s *Server) Misplaced() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.store.misplacedKeys()
}

// KeyOrder is the order of the keys within Model when the bill was last saved,
// those of SubHeadEntity and of the first row of FEntity behind their entity:
// "FRealQty" of a row is "FEntity.FRealQty". Nil for an unknown bill.
func (s *Server) KeyOrder(number string) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if b := s.store.byNumber[number]; b != nil {
		return append([]string(nil), b.keyOrder...)
	}
	return nil
}
