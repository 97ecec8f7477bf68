package logging

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
)

// redactingHandler masks the message, attributes named like secrets and the
// text of all others. What hides deeper, in a struct for instance, meets the
// redactor's writer.
type redactingHandler struct {
	next     slog.Handler
	redactor *Redactor
}

func (h *redactingHandler) Enabled(ctx context.Context, level slog.Level) bool {
	return h.next.Enabled(ctx, level)
}

func (h *redactingHandler) Handle(ctx context.Context, record slog.Record) error {
	masked := slog.NewRecord(record.Time, record.Level, h.redactor.Mask(record.Message), record.PC)
	record.Attrs(func(attr slog.Attr) bool {
		masked.AddAttrs(h.attr(attr))
		return true
	})
	return h.next.Handle(ctx, masked)
}

func (h *redactingHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	masked := make([]slog.Attr, len(attrs))
	for i, attr := range attrs {
		masked[i] = h.attr(attr)
	}
	return &redactingHandler{h.next.WithAttrs(masked), h.redactor}
}

func (h *redactingHandler) WithGroup(name string) slog.Handler {
	return &redactingHandler{h.next.WithGroup(name), h.redactor}
}

func (h *redactingHandler) attr(attr slog.Attr) slog.Attr {
	value := attr.Value.Resolve()
	if value.Kind() == slog.KindGroup {
		var group []slog.Attr
		for _, member := range value.Group() {
			group = append(group, h.attr(member))
		}
		return slog.Attr{Key: attr.Key, Value: slog.GroupValue(group...)}
	}
	if namesSecret(attr.Key) {
		return slog.String(attr.Key, Mask)
	}
	return slog.Attr{Key: attr.Key, Value: h.value(value)}
}

func (h *redactingHandler) value(value slog.Value) slog.Value {
	if value.Kind() == slog.KindString {
		return slog.StringValue(h.redactor.Mask(value.String()))
	}
	if value.Kind() != slog.KindAny {
		return value
	}
	switch inner := value.Any().(type) {
	case error, fmt.Stringer:
		return slog.StringValue(h.redactor.Mask(fmt.Sprint(inner))) // Sprint survives nil pointers
	case http.Header:
		return slog.AnyValue(maskLists(inner))
	case url.Values:
		return slog.AnyValue(maskLists(inner))
	case map[string]string:
		return slog.AnyValue(maskMap(inner))
	case map[string]any:
		return slog.AnyValue(maskMap(inner))
	}
	return value
}

func maskLists(lists map[string][]string) map[string]any {
	masked := make(map[string]any, len(lists))
	for key, list := range lists {
		masked[key] = list
	}
	return maskMap(masked)
}

func maskMap[V any](values map[string]V) map[string]any {
	masked := make(map[string]any, len(values))
	for key, value := range values {
		masked[key] = value
		if namesSecret(key) {
			masked[key] = Mask
		}
	}
	return masked
}

// namesSecret tells whether a key names a credential, whatever its spelling:
// app_secret, AppSecret and X-App-Secret are the same.
func namesSecret(key string) bool {
	folded := strings.NewReplacer("_", "", "-", "", ".", "").Replace(strings.ToLower(key))
	switch folded {
	case "sign", "signature", "session", "cookie", "setcookie", "authorization", "appkey", "apikey", "pwd":
		return true
	}
	for _, part := range []string{"secret", "password", "passwd", "token", "credential", "privatekey"} {
		if strings.Contains(folded, part) {
			return true
		}
	}
	return false
}
