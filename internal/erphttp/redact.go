package erphttp

import (
	"errors"
	"net/url"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"
)

// maxMessage bounds a platform's own text in errors and logs, in bytes.
const maxMessage = 500

// Secrets knows the texts that must not show: a platform may quote a token or a
// whole request in its error text. The zero value is ready; it is safe for
// concurrent use.
type Secrets struct {
	mu     sync.RWMutex
	values []string
}

// NewSecrets knows values from the start.
func NewSecrets(values ...string) *Secrets {
	secrets := &Secrets{}
	secrets.Add(values...)
	return secrets
}

// Add makes more texts known, each also in its URL-encoded form. Texts shorter
// than four bytes are left out: they would blank out half of every message.
func (s *Secrets) Add(values ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, value := range values {
		for _, form := range []string{value, url.QueryEscape(value), url.PathEscape(value)} {
			if len(form) >= 4 && !slices.Contains(s.values, form) {
				s.values = append(s.values, form)
			}
		}
	}
	// The longest first, so that a secret that contains another goes whole.
	slices.SortStableFunc(s.values, func(a, b string) int { return len(b) - len(a) })
}

// hide returns text without secrets, else as it is.
func (s *Secrets) hide(text string) string {
	if s == nil {
		return text
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	for _, value := range s.values {
		text = strings.ReplaceAll(text, value, "***")
	}
	return text
}

// Clean returns text without secrets, as valid UTF-8 on one line, cut to 500
// bytes.
func (s *Secrets) Clean(text string) string {
	text = s.hide(text)
	text = strings.ToValidUTF8(text, "\uFFFD")
	text = strings.Map(func(r rune) rune {
		if r < ' ' {
			return ' '
		}
		return r
	}, text)
	if len(text) <= maxMessage {
		return text
	}
	cut := maxMessage
	for !utf8.RuneStart(text[cut]) {
		cut--
	}
	return text[:cut] + "…"
}

// clean takes the secrets out of every text of e. A cause that has to change
// loses its type but never its place in the message.
func (s *Secrets) clean(e *Error) *Error {
	e.Code, e.Message = s.Clean(e.Code), s.Clean(e.Message)
	e.SubCode, e.SubMessage = s.Clean(e.SubCode), s.Clean(e.SubMessage)
	if e.Err != nil {
		if text := e.Err.Error(); s.Clean(text) != text {
			e.Err = errors.New(s.Clean(text))
		}
	}
	return e
}
