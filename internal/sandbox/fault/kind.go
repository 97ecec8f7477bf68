package fault

// Kind names one way in which a simulated platform misbehaves.
type Kind string

// Faults of the transport. They apply to every endpoint.
const (
	HTTP500       Kind = "http_500"       // HTTP 500 with a short text
	HTTP502       Kind = "http_502"       // HTTP 502 with a short text
	HTTP503       Kind = "http_503"       // HTTP 503; Value: seconds of Retry-After
	HTTP429       Kind = "http_429"       // HTTP 429; Value: seconds of Retry-After
	Redirect      Kind = "http_302"       // HTTP 302 to a page that is not the API
	Slow          Kind = "slow"           // answers after DelayMS
	Hang          Kind = "hang"           // never answers; ends when the client leaves, or after DelayMS
	Reset         Kind = "reset"          // closes the connection without an answer
	HTMLPage      Kind = "html"           // an HTML error page with HTTP 200
	NotJSON       Kind = "not_json"       // a line of plain text with HTTP 200
	EmptyBody     Kind = "empty_body"     // HTTP 200 with nothing
	Truncated     Kind = "truncated"      // the body ends after Value bytes (512), as if complete
	Cut           Kind = "cut"            // the connection breaks after Value bytes (512) of the body
	BOM           Kind = "bom"            // a byte order mark before the body
	GBK           Kind = "gbk"            // the body in GBK where UTF-8 is due
	TruncatedGzip Kind = "truncated_gzip" // a gzip stream that ends after Value bytes (64)
	Trickle       Kind = "trickle"        // Value bytes (16) at a time, DelayMS between them
	Padded        Kind = "padded"         // Value bytes (1 MiB) of blanks before the body
	// LostAnswer lets the call take its effect and loses the answer: after
	// DelayMS the connection breaks, or HTTP status Value comes instead.
	LostAnswer Kind = "lost_answer"
	// SlowAnswer lets the call take its effect at once and answers after DelayMS.
	SlowAnswer Kind = "slow_answer"
)

// Faults of a platform's own logic. They apply where the platform has them.
const (
	Throttle     Kind = "throttle"      // refuses as too frequent, in the platform's own way
	Remote       Kind = "remote"        // Qimen: code 15 with Text as sub_code (isp.remote-service-timeout)
	Code         Kind = "code"          // refuses with Text as the platform's error code
	TokenExpired Kind = "token_expired" // YonSuite: 310036, and all tokens given out so far are void
	EmptyPage    Kind = "empty_page"    // success without records where there are some
	ShortPage    Kind = "short_page"    // a page that is not the last lacks Value records (1)
	RepeatedPage Kind = "repeated_page" // a later page repeats the page before it
	LyingTotal   Kind = "lying_total"   // the total is off by Value (may be negative)
	DriftUpdate  Kind = "drift_update"  // after the page, Value rows (1) change and get a new modified time
	DriftInsert  Kind = "drift_insert"  // after the page, Value rows (1) appear
	DriftDelete  Kind = "drift_delete"  // after the page, Value rows (1) vanish
)

// known are the kinds a plan may name.
var known = map[Kind]bool{
	HTTP500: true, HTTP502: true, HTTP503: true, HTTP429: true, Redirect: true, Slow: true, Hang: true, Reset: true,
	HTMLPage: true, NotJSON: true, EmptyBody: true, Truncated: true, Cut: true, BOM: true, GBK: true,
	TruncatedGzip: true, Trickle: true, Padded: true,
	LostAnswer: true, SlowAnswer: true,
	Throttle: true, Remote: true, Code: true, TokenExpired: true, EmptyPage: true, ShortPage: true,
	RepeatedPage: true, LyingTotal: true, DriftUpdate: true, DriftInsert: true, DriftDelete: true,
}
