package main

import (
	"bytes"
	"crypto/md5"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"pandian/internal/fault"
)

// granted is a pair of tokens that a merchant's consent gave.
type granted struct{ access, refresh string }

// jstConsent gets a pair of tokens from 聚水潭, as a person with a browser would.
func (d *documents) jstConsent() granted {
	d.t.Helper()
	c := d.box.Credentials()
	params := map[string]string{
		"app_key": c.JSTAppKey, "timestamp": fmt.Sprint(time.Now().Unix()), "charset": "utf-8",
		"grant_type": "authorization_code", "code": c.JSTAuthCode,
	}
	text, form := c.JSTAppSecret, url.Values{}
	for _, name := range slices.Sorted(maps.Keys(params)) {
		text += name + params[name]
		form.Set(name, params[name])
	}
	sum := md5.Sum([]byte(text))
	form.Set("sign", hex.EncodeToString(sum[:]))
	return d.grant("/openWeb/auth/accessToken", "application/x-www-form-urlencoded", nil, []byte(form.Encode()))
}

// tplusConsent gets a pair of tokens from T+.
func (d *documents) tplusConsent() granted {
	d.t.Helper()
	c := d.box.Credentials()
	body, err := json.Marshal(map[string]string{"appTicket": c.TPlusAppTicket, "certificate": c.TPlusCertificate})
	if err != nil {
		d.t.Fatal(err)
	}
	header := http.Header{"Appkey": {c.TPlusAppKey}, "Appsecret": {c.TPlusAppSecret}}
	return d.grant("/v1/common/auth/selfBuiltApp/generateToken", "application/json", header, body)
}

func (d *documents) grant(path, contentType string, header http.Header, body []byte) granted {
	d.t.Helper()
	request, err := http.NewRequestWithContext(d.t.Context(), http.MethodPost, d.front.url+path, bytes.NewReader(body))
	if err != nil {
		d.t.Fatal(err)
	}
	maps.Copy(request.Header, header)
	request.Header.Set("Content-Type", contentType)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		d.t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		d.t.Fatal(err)
	}
	tokens := tokensIn(text)
	if len(tokens) != 2 {
		d.t.Fatalf("want a pair of tokens, got %s", text)
	}
	return granted{tokens[0], tokens[1]}
}

// Tokens that the platform replaces outlive the process, sealed in the database:
// each run here is a new process as far as tokens go.
func TestRotatingTokensAreKept(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		pipeline, connection string
		consent              func(*documents) keys
	}{
		"聚水潭": {noopPipeline, "jst-open", func(d *documents) keys {
			pair := d.jstConsent()
			d.write("jst.access", pair.access)
			d.write("jst.refresh", pair.refresh)
			return keys{"auth": "refresh", "access_token": "file:jst.access", "refresh_token": "file:jst.refresh"}
		}},
		"T+": {tplusPipeline, "tplus", func(d *documents) keys {
			pair := d.tplusConsent()
			d.write("tplus.refresh", pair.refresh)
			return keys{"app_ticket": "", "certificate": "", "refresh_token": "file:tplus.refresh"}
		}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDocuments(t, documentOptions{vaultKey: vaultKey})
			d.reconfigure(map[string]keys{c.connection: c.consent(d)})
			d.must("extract", c.pipeline)
			d.must("transform", c.pipeline)
			d.must("load", c.pipeline, "--limit", "3")
			for range 2 { // each time the token of the time before is worth nothing
				d.box.ExpireTokens()
				d.must("extract", c.pipeline)
				d.must("load", c.pipeline, "--limit", "3")
			}
			d.box.ExpireTokens()
			if bad, _ := d.doctor(); bad["connection "+c.connection].Detail != "" {
				t.Errorf("got %+v, want doctor to renew the token and to keep it", bad)
			}
			d.run(c.pipeline)
			d.arrives(c.pipeline)
			kept := ask[int64](d.shop, "select count(*) from ops.credential where connection_code = $1 and version > 2 and length(sealed) > 40", c.connection)
			if kept != 1 {
				t.Errorf("got %d sealed tokens of %s that were renewed more than once, want 1", kept, c.connection)
			}
		})
	}
}

func TestRotatingTokensNeedAKey(t *testing.T) {
	t.Parallel()
	d := newDocuments(t, documentOptions{})
	d.write("some.token", "0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f")
	d.reconfigure(map[string]keys{
		"jst-open": {"auth": "refresh", "access_token": "file:some.token", "refresh_token": "file:some.token"},
		"tplus":    {"app_ticket": "", "certificate": "", "refresh_token": "file:some.token"},
	})
	for pipeline, connection := range map[string]string{noopPipeline: "jst-open", tplusPipeline: "tplus"} {
		failed := d.fails(fault.ConfigMissingKey, "run", pipeline)
		if !strings.Contains(failed.Message, connection) || !strings.Contains(failed.Suggestion, "vault.key") {
			t.Errorf("got %s and %s, want it to name %s and to say how to make a key", failed.Message, failed.Suggestion, connection)
		}
	}
	bad, _ := d.doctor()
	for _, connection := range []string{"jst-open", "tplus"} {
		if verdict := bad["connection "+connection]; !strings.Contains(verdict.Advice, "vault.key") {
			t.Errorf("got %+v of %s, want doctor to say how to make a key", verdict, connection)
		}
	}
	if len(d.ledger("tplus")) > 0 {
		t.Error("something was sent")
	}
}
