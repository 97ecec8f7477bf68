package fault

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"golang.org/x/text/encoding/simplifiedchinese"

	"pandian/internal/sandbox/meter"
)

// answer is what the healthy handler says, 4000 bytes and more.
var answer = `{"code":0,"text":"` + strings.Repeat("库存查询 stock ", 200) + `"}`

// call asks a server that has one rule and returns status, body and the error
// of the call or of reading the body.
func call(t *testing.T, rule Rule) (int, http.Header, []byte, error) {
	t.Helper()
	set, err := NewSet(1, Plan{Rules: []Rule{rule}}, &meter.Meter{})
	if err != nil {
		t.Fatalf("make set: %v", err)
	}
	healthy := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		for chunk := []byte(answer); len(chunk) > 0; chunk = chunk[min(7, len(chunk)):] {
			w.Write(chunk[:min(7, len(chunk))])
		}
	})
	server := httptest.NewServer(set.Wrap(func(*http.Request) string { return "test" }, healthy))
	t.Cleanup(server.Close)
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, "POST", server.URL, strings.NewReader("a=b"))
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	response, err := client.Do(request)
	if err != nil {
		return 0, nil, nil, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	return response.StatusCode, response.Header, body, err
}

func TestFaultsThatReplaceTheAnswer(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		rule         Rule
		status       int
		header, body string
	}{
		{Rule{Kind: HTTP500}, 500, "", "Internal Server Error"},
		{Rule{Kind: HTTP502}, 502, "", "Bad Gateway"},
		{Rule{Kind: HTTP503, Value: 7}, 503, "Retry-After: 7", "Service Unavailable"},
		{Rule{Kind: HTTP429, Value: 3}, 429, "Retry-After: 3", "Too Many Requests"},
		{Rule{Kind: Redirect}, 302, "Location: /_elsewhere", ""},
		{Rule{Kind: HTMLPage}, 200, "Content-Type: text/html; charset=utf-8", "<!DOCTYPE html>"},
		{Rule{Kind: NotJSON}, 200, "Content-Type: text/plain; charset=utf-8", "upstream connect error"},
	} {
		status, header, body, err := call(t, test.rule)
		name, value, _ := strings.Cut(test.header, ": ")
		if err != nil || status != test.status || header.Get(name) != value || !strings.Contains(string(body), test.body) {
			t.Errorf("%s: got HTTP %d, %q, %.40s (%v)", test.rule.Kind, status, header.Get(name), body, err)
		}
	}
	if status, _, body, err := call(t, Rule{Kind: EmptyBody}); err != nil || status != 200 || len(body) != 0 {
		t.Errorf("empty body: got HTTP %d, %q (%v)", status, body, err)
	}
}

func TestFaultsThatGiveNoAnswer(t *testing.T) {
	t.Parallel()
	if _, _, _, err := call(t, Rule{Kind: Reset}); err == nil || errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("reset: got %v, want a broken connection", err)
	}
	if _, _, _, err := call(t, Rule{Kind: Hang}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("hang: got %v, want a deadline", err)
	}
	if _, _, _, err := call(t, Rule{Kind: Hang, DelayMS: 50}); err == nil || errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("hang for 50 ms: got %v, want a broken connection", err)
	}
	started := time.Now()
	if status, _, body, err := call(t, Rule{Kind: Slow, DelayMS: 200}); status != 200 || string(body) != answer || err != nil {
		t.Errorf("slow: got HTTP %d, %d bytes (%v)", status, len(body), err)
	}
	if took := time.Since(started); took < 200*time.Millisecond {
		t.Errorf("slow: took %v, want 200 ms and more", took)
	}
}

func TestFaultsOfTheBody(t *testing.T) {
	t.Parallel()
	// fault 20
	if status, _, body, err := call(t, Rule{Kind: Truncated, Value: 100}); status != 200 || string(body) != answer[:100] || err != nil {
		t.Errorf("truncated: got HTTP %d, %d bytes (%v), want the first 100", status, len(body), err)
	}
	if _, _, body, err := call(t, Rule{Kind: Truncated, Value: 1 << 20}); len(body) != len(answer)/2 || err != nil {
		t.Errorf("truncated, short body: got %d bytes (%v), want half of %d", len(body), err, len(answer))
	}
	if _, _, body, err := call(t, Rule{Kind: Cut, Value: 100}); !errors.Is(err, io.ErrUnexpectedEOF) || string(body) != answer[:100] {
		t.Errorf("cut: got %d bytes and %v, want 100 and a broken body", len(body), err)
	}
	if _, _, body, err := call(t, Rule{Kind: Cut, Value: 1 << 20}); !errors.Is(err, io.ErrUnexpectedEOF) || string(body) != answer {
		t.Errorf("cut at the end: got %d bytes and %v, want all and a broken body", len(body), err)
	}
	if _, _, body, err := call(t, Rule{Kind: BOM}); string(body) != "\xef\xbb\xbf"+answer || err != nil {
		t.Errorf("bom: got %.20q (%v)", body, err)
	}
	_, _, body, err := call(t, Rule{Kind: GBK})
	back, _ := simplifiedchinese.GBK.NewDecoder().Bytes(body)
	if utf8.Valid(body) || string(back) != answer || err != nil {
		t.Errorf("gbk: got %.40q (%v)", body, err)
	}
	if _, _, body, err := call(t, Rule{Kind: TruncatedGzip}); err == nil || len(body) >= len(answer) {
		t.Errorf("truncated gzip: got %d bytes (%v), want an error", len(body), err)
	}
	if _, _, body, err := call(t, Rule{Kind: Padded, Value: 1000}); string(bytes.TrimLeft(body, " ")) != answer || len(body) != len(answer)+1000 || err != nil {
		t.Errorf("padded: got %d bytes (%v)", len(body), err)
	}
	if _, _, body, err := call(t, Rule{Kind: Trickle, Value: 500, DelayMS: 1}); string(body) != answer || err != nil {
		t.Errorf("trickle: got %d bytes (%v), want all", len(body), err)
	}
	if _, _, _, err := call(t, Rule{Kind: Trickle, Value: 1, DelayMS: 100}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("slow trickle: got %v, want a deadline", err)
	}
}
