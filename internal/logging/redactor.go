package logging

import (
	"encoding/json"
	"io"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// Mask is what stands in place of a secret.
const Mask = "***"

// shortestSecret is the number of bytes below which a value is not masked by
// content: masking "1" wherever it stands would make every line unreadable.
const shortestSecret = 4

var (
	// A password inside a URL: postgres://user:password@host.
	userinfo = regexp.MustCompile(`(://[^/\s:@"]*:)([^/\s@"]+)@`)
	// A reference in its place, as in advice and examples, is none.
	reference = regexp.MustCompile(`:\$\{[A-Za-z_][A-Za-z0-9_]*\}@$`)
	// A credential in a query or form, as in YonSuite's ?access_token=….
	parameter = regexp.MustCompile(`(?i)([?&\s"'(]|^)((?:[a-z_]*(?:token|secret|password|passwd)|app_?key|sign|signature|session)=)[^&\s"'),]+`)
)

// Redactor knows the secret values of the process and removes them from text.
// It is safe for concurrent use; a nil Redactor masks by shape only.
type Redactor struct {
	mu       sync.RWMutex
	values   map[string]bool
	replacer *strings.Replacer
}

// NewRedactor returns a redactor that knows the given values.
func NewRedactor(values ...string) *Redactor {
	r := &Redactor{}
	r.Add(values...)
	return r
}

// Add makes values unreadable from now on, also where they are URL-encoded or
// escaped as JSON. Values shorter than four bytes are not masked by content.
func (r *Redactor) Add(values ...string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.values == nil {
		r.values = map[string]bool{}
	}
	for _, value := range values {
		if len(value) < shortestSecret {
			continue
		}
		for _, form := range forms(value) {
			r.values[form] = true
		}
	}
	r.replacer = newReplacer(r.values)
}

// Mask returns text with every known secret, password in a URL and credential
// in a query replaced.
func (r *Redactor) Mask(text string) string {
	if r != nil {
		r.mu.RLock()
		replacer := r.replacer
		r.mu.RUnlock()
		if replacer != nil {
			text = replacer.Replace(text)
		}
	}
	text = userinfo.ReplaceAllStringFunc(text, func(found string) string {
		if reference.MatchString(found) {
			return found
		}
		return userinfo.ReplaceAllString(found, "${1}"+Mask+"@")
	})
	return parameter.ReplaceAllString(text, "${1}${2}"+Mask)
}

// Writer masks each chunk that is written. It is meant for writers of whole
// lines, as slog's handlers are: a secret cut in two by the caller is not seen.
func (r *Redactor) Writer(w io.Writer) io.Writer { return maskingWriter{w, r} }

type maskingWriter struct {
	w        io.Writer
	redactor *Redactor
}

func (m maskingWriter) Write(p []byte) (int, error) {
	if _, err := io.WriteString(m.w, m.redactor.Mask(string(p))); err != nil {
		return 0, err
	}
	return len(p), nil
}

// forms returns value as it may appear: plain, URL-encoded, inside JSON.
func forms(value string) []string {
	all := []string{value, url.QueryEscape(value), url.PathEscape(value)}
	if quoted, err := json.Marshal(value); err == nil {
		all = append(all, strings.Trim(string(quoted), `"`))
	}
	return all
}

// newReplacer puts longer values first, so that a secret which contains another
// one disappears as a whole.
func newReplacer(values map[string]bool) *strings.Replacer {
	sorted := make([]string, 0, len(values))
	for value := range values {
		sorted = append(sorted, value)
	}
	slices.SortFunc(sorted, func(a, b string) int {
		if len(a) != len(b) {
			return len(b) - len(a)
		}
		return strings.Compare(a, b)
	})
	pairs := make([]string, 0, 2*len(sorted))
	for _, value := range sorted {
		pairs = append(pairs, value, Mask)
	}
	return strings.NewReplacer(pairs...)
}
