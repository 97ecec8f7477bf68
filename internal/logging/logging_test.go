package logging_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"

	"pandian/internal/logging"
)

const secret = "s3cr3t/with+odd\"chars"

func TestNew(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		options logging.Options
		isJSON  bool
	}{
		"text on a terminal":              {logging.Options{Terminal: true}, false},
		"JSON elsewhere":                  {logging.Options{}, true},
		"text where asked for":            {logging.Options{Format: logging.Text}, false},
		"JSON on a terminal if asked for": {logging.Options{Format: logging.JSON, Terminal: true}, true},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var out bytes.Buffer
			logging.New(&out, logging.NewRedactor(), c.options).Info("landed", "page", 7)
			if got := json.Valid(out.Bytes()); got != c.isJSON {
				t.Errorf("got JSON %v, want %v: %s", got, c.isJSON, out.String())
			}
		})
	}

	t.Run("the level can change while the process runs", func(t *testing.T) {
		t.Parallel()
		var out bytes.Buffer
		var level slog.LevelVar
		logger := logging.New(&out, nil, logging.Options{Level: &level})
		logger.Debug("before")
		level.Set(slog.LevelDebug)
		logger.Debug("after")
		if got := out.String(); strings.Contains(got, "before") || !strings.Contains(got, "after") {
			t.Errorf("got %s, want only the line after the change", got)
		}
	})
}

// fault 32: canary secrets have no hits in logs.
func TestNoSecretReachesTheLog(t *testing.T) {
	t.Parallel()
	query := url.Values{"access_token": {secret}}.Encode()
	cases := map[string]func(*slog.Logger){
		"in the message": func(l *slog.Logger) { l.Info("got " + secret) },
		"in a string":    func(l *slog.Logger) { l.Info("x", "answer", "is "+secret) },
		"in an error":    func(l *slog.Logger) { l.Info("x", "error", errors.New("bad "+secret)) },
		"URL-encoded in an error": func(l *slog.Logger) {
			l.Info("x", "error", &url.Error{Op: "Get", URL: "https://e.test/?" + query, Err: errors.New("EOF")})
		},
		"in a struct":                     func(l *slog.Logger) { l.Info("x", "options", struct{ Key string }{secret}) },
		"in a slice":                      func(l *slog.Logger) { l.Info("x", "list", []string{secret}) },
		"in a group":                      func(l *slog.Logger) { l.Info("x", slog.Group("g", "inner", secret)) },
		"in attributes given earlier":     func(l *slog.Logger) { l.With("inner", secret).WithGroup("g").Info("x") },
		"in a header":                     func(l *slog.Logger) { l.Info("x", "header", http.Header{"X-Canary": {secret}}) },
		"in a byte slice turned to text":  func(l *slog.Logger) { l.Info("x", "body", string([]byte(secret))) },
		"in a value that resolves lazily": func(l *slog.Logger) { l.Info("x", "lazy", lazy{}) },
	}
	for name, log := range cases {
		for _, format := range []logging.Format{logging.Text, logging.JSON} {
			t.Run(name+" as "+string(format), func(t *testing.T) {
				t.Parallel()
				var out bytes.Buffer
				log(logging.New(&out, logging.NewRedactor(secret), logging.Options{Format: format}))
				if got := out.String(); strings.Contains(got, "s3cr3t") || !strings.Contains(got, logging.Mask) {
					t.Errorf("got %s, want the secret masked", got)
				}
			})
		}
	}
}

type lazy struct{}

func (lazy) LogValue() slog.Value { return slog.StringValue(secret) }

func TestAttributesNamedLikeSecretsAreMasked(t *testing.T) {
	t.Parallel()
	masked := []string{"app_secret", "AppSecret", "password", "access_token", "Authorization", "sign", "app_key", "client.secret", "refresh-token"}
	for _, key := range masked {
		for _, value := range []any{"unknown-value", []byte("unknown-value"), map[string]string{"a": "unknown-value"}} {
			if got := logged(t, key, value); strings.Contains(got, "unknown-value") {
				t.Errorf("got %s, want the value of %s masked", got, key)
			}
		}
	}
	for _, value := range []any{map[string]string{"app_secret": "unknown-value"}, http.Header{"Authorization": {"unknown-value"}}, url.Values{"sign": {"unknown-value"}}} {
		if got := logged(t, "request", value); strings.Contains(got, "unknown-value") {
			t.Errorf("got %s, want the member of the map masked", got)
		}
	}
	for _, key := range []string{"sku_key", "design", "page", "connection"} {
		if got := logged(t, key, "plain-value"); !strings.Contains(got, "plain-value") {
			t.Errorf("got %s, want the value of %s left alone", got, key)
		}
	}
}

func logged(t *testing.T, key string, value any) string {
	t.Helper()
	var out bytes.Buffer
	logging.New(&out, logging.NewRedactor(), logging.Options{Format: logging.Text}).Info("x", key, value)
	return out.String()
}

func TestMask(t *testing.T) {
	t.Parallel()
	redactor := logging.NewRedactor("abcd", "abcdef", "xy")
	cases := map[string]struct{ text, want string }{
		"a secret that contains another goes whole": {"<abcdef> <abcd>", "<***> <***>"},
		"a very short value is not masked":          {"proxy xy", "proxy xy"},
		"a password in a URL":                       {"postgres://me:pw@host/db", "postgres://me:***@host/db"},
		"a reference in place of a password":        {"write postgres://me:${PGPASSWORD}@host/db", "write postgres://me:${PGPASSWORD}@host/db"},
		"a password that holds a reference":         {"postgres://me:x${A}@host/db", "postgres://me:***@host/db"},
		"a URL without a password":                  {"postgres://me@host:5432/db", "postgres://me@host:5432/db"},
		"credentials in a query":                    {"GET /x?appKey=1&timestamp=2&signature=3%2B", "GET /x?appKey=***&timestamp=2&signature=***"},
		"a word that only ends alike":               {"design=blue", "design=blue"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := redactor.Mask(c.text); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

func TestSecretsMayBeAddedWhileOthersLog(t *testing.T) {
	t.Parallel()
	var wait sync.WaitGroup
	redactor := logging.NewRedactor()
	for range 8 {
		wait.Go(func() { redactor.Add(secret) })
		wait.Go(func() { redactor.Mask(secret) })
	}
	wait.Wait()
	if got := redactor.Mask(secret); got != logging.Mask {
		t.Errorf("got %q, want %q", got, logging.Mask)
	}
}

func TestParseLevel(t *testing.T) {
	t.Parallel()
	if got, err := logging.ParseLevel("WARN"); err != nil || got != slog.LevelWarn {
		t.Errorf("got %v, %v, want warn", got, err)
	}
	if _, err := logging.ParseLevel("loud"); err == nil {
		t.Error("got no error for level loud, want one")
	}
}
