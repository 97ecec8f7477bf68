package config

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"

	"pandian/internal/fault"
)

// text is any text; ${NAME} and file:PATH in it are resolved at use.
func text(key string, target *string, fallback string) field {
	return field{
		key: key, fallback: fallback,
		set: func(v given) *refusal {
			if problem := malformed(v.text); problem != "" {
				return badValue(`write ${NAME}, or file:PATH`, "%s", problem)
			}
			*target = v.text
			return nil
		},
		resolve: func(r references) *fault.Error {
			expanded, err := r.expand(*target)
			if err == nil {
				*target = expanded
			}
			return err
		},
	}
}

// private is text that config show masks: no secret, but not for every eye.
func private(key string, target *string) field {
	f := text(key, target, "")
	f.show = showReference
	return f
}

// secret is a reference to a secret; a secret written out is refused.
func secret(key string, target *Secret) field {
	return field{
		key:  key,
		show: showReference,
		set: func(v given) *refusal {
			if problem := malformed(v.text); problem != "" {
				return badValue(`write ${NAME}, or file:PATH`, "%s", problem)
			}
			if !isReference(v.text) {
				return &refusal{
					fault.ConfigInline,
					key + " must not stand in the file: files are copied, mailed and committed",
					`write ${NAME} and set the variable, or file:/path/to/secret`,
				}
			}
			*target = Secret{reference: v.text}
			return nil
		},
		resolve: func(r references) *fault.Error { return resolveSecret(target, r) },
	}
}

func resolveSecret(target *Secret, r references) *fault.Error {
	if target.value != nil || target.reference == "" {
		return nil
	}
	expanded, err := r.expand(target.reference)
	if err == nil {
		target.value = &expanded
	}
	return err
}

// showReference shows a value that is one reference, and masks any other.
func showReference(text string) string {
	if text == "" || isReference(text) {
		return text
	}
	return masked
}

// webAddress is an http or https URL without credentials.
func webAddress(key string, target *string, fallback string) field {
	f := text(key, target, fallback)
	store := f.set
	f.set = func(v given) *refusal {
		if isReference(v.text) {
			return store(v)
		}
		parsed, err := url.Parse(v.text)
		if err != nil || (parsed.Scheme != "http" && parsed.Scheme != "https") || parsed.Host == "" {
			return badValue("write it as https://host/path", "%s is no web address", key)
		}
		if parsed.User != nil || parsed.RawQuery != "" {
			return &refusal{fault.ConfigInline, key + " must hold no user, password or query", "write the address alone; keys have settings of their own"}
		}
		return store(v)
	}
	return f
}

// choice is one of a few words; letters' case does not count.
func choice[T ~string](key string, target *T, fallback string, allowed ...string) field {
	return field{key: key, fallback: fallback, set: func(v given) *refusal {
		word := strings.ToLower(v.text)
		if !slices.Contains(allowed, word) {
			return badValue(didYouMean(v.text, "allowed", allowed), "%q is not allowed", v.text)
		}
		*target = T(word)
		return nil
	}}
}

// span is a duration from least to most, both included.
func span(key string, target *time.Duration, fallback string, least, most time.Duration) field {
	return field{key: key, fallback: fallback, set: func(v given) *refusal {
		parsed, err := ParseDuration(v.text)
		if err != nil {
			return badValue("write a number and a unit of d, h, m, s or ms, as in 30d, 90m or 1h30m", "%v", err)
		}
		if parsed < least || parsed > most {
			return badValue(fmt.Sprintf("use %s to %s", FormatDuration(least), FormatDuration(most)), "%s is out of range", v.text)
		}
		*target = parsed
		return nil
	}}
}

// whole is an integer from least to most, both included.
func whole(key string, target *int, fallback string, least, most int) field {
	return field{key: key, fallback: fallback, set: func(v given) *refusal {
		parsed, err := strconv.Atoi(v.text)
		if err != nil || parsed < least || parsed > most {
			return badValue(fmt.Sprintf("write a whole number from %d to %d", least, most), "%q is out of range or no whole number", v.text)
		}
		*target = parsed
		return nil
	}}
}

// misplaced refuses a key that is right elsewhere and says where.
func misplaced(key, why string) field {
	return field{key: key, misplaced: true, set: func(given) *refusal {
		return badValue("remove "+key, "%s", why)
	}}
}

// section is a field that holds keys of its own.
func section(key string, fields ...field) field {
	return field{key: key, node: func(d *decoder, path string, at Origin, value ast.Node) {
		d.section(path, at, value, fields)
	}}
}
