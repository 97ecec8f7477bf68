package config_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"

	"pandian/internal/config"
)

// fault 32: a secret never shows, whatever prints it.
func TestSecretNeverShows(t *testing.T) {
	t.Parallel()
	const canary = "canary-42"
	secret := config.NewSecret(canary)
	type outer struct{ Inner config.Secret }
	type closed struct{ inner config.Secret }
	values := []any{
		secret, &secret, outer{secret}, &outer{secret}, closed{secret}, []config.Secret{secret},
		map[string]config.Secret{"s": secret}, config.Connection{WDT: &config.WDT{AppSecret: secret}},
		config.WDT{AppSecret: secret}, config.Database{URL: secret},
	}
	for i, value := range values {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
			if got := fmt.Sprintf(verb, value); strings.Contains(got, canary) || strings.Contains(got, fmt.Sprintf("%x", canary)) {
				t.Errorf("%s of value %d shows it: %s", verb, i, got)
			}
		}
		asJSON, err := json.Marshal(value)
		if err != nil || bytes.Contains(asJSON, []byte(canary)) {
			t.Errorf("JSON of value %d: %s, %v", i, asJSON, err)
		}
		asYAML, err := yaml.Marshal(value)
		if err != nil || bytes.Contains(asYAML, []byte(canary)) {
			t.Errorf("YAML of value %d: %s, %v", i, asYAML, err)
		}
		var log bytes.Buffer
		slog.New(slog.NewTextHandler(&log, nil)).Info("x", "value", value)
		slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "value", value)
		if strings.Contains(log.String(), canary) {
			t.Errorf("the log of value %d shows it: %s", i, log.String())
		}
	}
	if got := secret.Reveal(); got != canary {
		t.Errorf("got %q, want %q", got, canary)
	}
	if got, _ := json.Marshal(outer{secret}); string(got) != `{"Inner":"***"}` {
		t.Errorf("got %s, want ***", got)
	}
}

func TestASecretWithoutValue(t *testing.T) {
	t.Parallel()
	var none config.Secret
	if !none.IsZero() || none.Reveal() != "" || !none.Equal(config.NewSecret("")) {
		t.Errorf("got %v %q, want an empty secret to be zero", none.IsZero(), none.Reveal())
	}
}
