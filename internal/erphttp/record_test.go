package erphttp_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"unicode/utf8"

	"pandian/internal/erphttp"
)

// recorded is a client of a platform that answers with what it was sent.
func recorded(t *testing.T) *erphttp.Client {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if strings.Contains(string(body), "hang up") {
			panic(http.ErrAbortHandler)
		}
		_, _ = w.Write(append([]byte("heard: "), body...))
	}))
	t.Cleanup(server.Close)
	client := erphttp.New(erphttp.Config{
		Deps:     erphttp.Deps{Transport: toServer(server.URL)},
		Platform: "test", Secrets: erphttp.NewSecrets("s3cret-value"),
		Classify: func(erphttp.Reply) erphttp.Verdict { return erphttp.Verdict{} },
		Settings: erphttp.Settings{MaxAttempts: 1},
	})
	return client
}

// toServer sends every request to one server.
type toServer string

func (s toServer) RoundTrip(r *http.Request) (*http.Response, error) {
	r.URL.Scheme, r.URL.Host = "http", strings.TrimPrefix(string(s), "http://")
	return http.DefaultTransport.RoundTrip(r)
}

func post(ctx context.Context, client *erphttp.Client, body string) {
	_, _ = client.DoBuffered(ctx, erphttp.Call{Operation: "save", Once: true, Build: func(ctx context.Context) (*http.Request, error) {
		return http.NewRequestWithContext(ctx, http.MethodPost, "https://erp/save?access_token=t0ken", strings.NewReader(body))
	}})
}

func TestRecord(t *testing.T) {
	t.Parallel()

	t.Run("keeps what was sent and what came back without secrets", func(t *testing.T) {
		t.Parallel()
		ctx, said := erphttp.Record(t.Context())
		post(ctx, recorded(t), `{"Code":"XS1","key":"s3cret-value","DispatchAddress":"杭州市西湖区1号"}`)
		got := said.Of(1)
		want := erphttp.Exchange{
			Request:  "POST /save\n" + `{"Code":"XS1","key":"***","DispatchAddress":"(hidden)"}`,
			Response: "HTTP 200\n" + `heard: {"Code":"XS1","key":"***","DispatchAddress":"(hidden)"}`,
		}
		if got != want {
			t.Errorf("got %+v, want %+v", got, want)
		}
	})

	t.Run("keeps the subjects of calls apart", func(t *testing.T) {
		t.Parallel()
		ctx, said := erphttp.Record(t.Context())
		client := recorded(t)
		post(ctx, client, "login")
		post(erphttp.About(ctx, 1, 2), client, "batch")
		post(erphttp.About(ctx, 2), client, "single")
		for subject, want := range map[int64]string{1: "batch", 2: "single", 3: "login"} {
			if got := said.Of(subject).Response; got != "HTTP 200\nheard: "+want {
				t.Errorf("of %d: got %q, want %q", subject, got, want)
			}
		}
		post(ctx, client, "audit of all")
		if got := said.Of(2).Response; !strings.HasSuffix(got, "audit of all") {
			t.Errorf("got %q, want what was last said about all", got)
		}
	})

	t.Run("says why there was no answer", func(t *testing.T) {
		t.Parallel()
		ctx, said := erphttp.Record(t.Context())
		post(ctx, recorded(t), "hang up")
		if got := said.Of(1); got.Request != "POST /save\nhang up" || !strings.HasPrefix(got.Response, "(no answer was heard: ") {
			t.Errorf("got %+v, want the request and why nobody heard an answer", got)
		}
	})

	t.Run("is bounded", func(t *testing.T) {
		t.Parallel()
		ctx, said := erphttp.Record(t.Context())
		post(ctx, recorded(t), strings.Repeat("单据", 100_000))
		for _, side := range []string{said.Of(1).Request, said.Of(1).Response} {
			if n := utf8.RuneCountInString(side); n != 4000 || !utf8.ValidString(side) {
				t.Errorf("got %d characters, want 4000", n)
			}
		}
	})

	t.Run("is empty where nothing was sent, and of nobody", func(t *testing.T) {
		t.Parallel()
		_, said := erphttp.Record(t.Context())
		var nobody *erphttp.Recorder
		if said.Of(1) != (erphttp.Exchange{}) || nobody.Of(1) != (erphttp.Exchange{}) {
			t.Errorf("got %+v, want nothing", said.Of(1))
		}
	})
}
