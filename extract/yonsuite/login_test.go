package yonsuite_test

import (
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"pandian/extract/yonsuite"
	"pandian/internal/erphttp"
)

// fault 19: the token runs out under four readers at once.
func TestFetch_replaces_a_token_once_for_all(t *testing.T) {
	t.Parallel()
	for _, expired := range []string{
		`{"code":"310036","message":"非法token","data":{}}`,
		`{"code":"999","message":"通过accessToken获取用户信息失败:bTmptoken已失效"}`,
	} {
		var together sync.WaitGroup
		together.Add(4)
		erp := serve(t, nil)
		erp.stock = func(w http.ResponseWriter, _ int, got, _ string) {
			if got == token(1) {
				together.Done()
				together.Wait() // all four are refused with the same token
				_, _ = io.WriteString(w, expired)
				return
			}
			erp.want("token", got, token(2))
			_, _ = io.WriteString(w, golden(t, "current_stock.json"))
		}
		stock := source(t, connection(erp), yonsuite.Query{})
		var done sync.WaitGroup
		for range 4 {
			done.Go(func() {
				if records, _, err := fetch(t, stock); err != nil || len(records) != 2 {
					t.Errorf("got %d records and %v", len(records), err)
				}
			})
		}
		done.Wait()
		if erp.tokens != 2 || erp.calls != 8 {
			t.Errorf("got %d tokens in %d calls, want 2 in 8", erp.tokens, erp.calls)
		}
	}
}

func TestFetch_replays_only_once(t *testing.T) {
	t.Parallel()
	for status, body := range map[int]string{200: `{"code":"310036","message":"非法token"}`, 401: ``} {
		erp := serve(t, func(w http.ResponseWriter, _ int, _, _ string) {
			w.WriteHeader(status)
			_, _ = io.WriteString(w, body)
		})
		stock := source(t, connection(erp), yonsuite.Query{})
		_, _, err := fetch(t, stock)
		failed := erphttp.AsError(err)
		if failed == nil || failed.Kind != erphttp.LoginRefused || erp.calls != 2 || erp.tokens != 2 || failed.Retryable() {
			t.Errorf("got %v after %d calls and %d tokens, want a refused login after 2 of each", err, erp.calls, erp.tokens)
		}
	}
}

func TestFetch_fetches_a_new_token_when_the_old_one_has_run_out(t *testing.T) {
	t.Parallel()
	erp := serve(t, says(`{"code":"200"}`))
	erp.expire = "1"
	conn := connection(erp)
	conn.RefreshEarly = time.Hour
	stock := source(t, conn, yonsuite.Query{})
	if _, _, err := fetch(t, stock); err != nil {
		t.Fatal(err)
	}
	time.Sleep(510 * time.Millisecond)
	if _, _, err := fetch(t, stock); err != nil || erp.tokens != 2 {
		t.Errorf("got %d tokens and %v, want 2", erp.tokens, err)
	}
}

func TestFetch_falls_back_to_the_older_token_path(t *testing.T) {
	t.Parallel()
	erp := serve(t, says(`{"code":"200"}`))
	erp.gone = map[string]bool{newPath: true}
	if _, _, err := fetch(t, source(t, connection(erp), yonsuite.Query{})); err != nil {
		t.Fatal(err)
	}
	if got, want := strings.Join(erp.paths[1:3], " "), "GET "+newPath+" GET "+oldPath; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	erp.gone[oldPath] = true
	_, _, err := fetch(t, source(t, connection(erp), yonsuite.Query{}))
	if failed := erphttp.AsError(err); failed == nil || failed.Status != http.StatusNotFound {
		t.Errorf("got %v, want not found", err)
	}
}

func TestFetch_asks_no_data_centre_when_both_addresses_are_given(t *testing.T) {
	t.Parallel()
	erp := serve(t, says(`{"code":"200"}`))
	conn := connection(erp)
	conn.TenantID, conn.GatewayURL, conn.TokenURL = "", erp.URL+"/gateway/", erp.URL+"/auth/"
	if _, _, err := fetch(t, source(t, conn, yonsuite.Query{})); err != nil || len(erp.paths) != 2 {
		t.Errorf("got %v after %v, want token and query only", err, erp.paths)
	}
}

func TestFetch_says_what_is_wrong_with_the_login(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, body string
		status     int
		kind       erphttp.Kind
		text       string
		retried    bool
	}{
		{"bad signature", `{"code":"50000","message":"签名错误"}`, 200, erphttp.Refused, "code 50000 签名错误; check tenant_id, app_key and app_secret", false},
		{"success code of business calls", `{"code":"200","data":{"access_token":"x"}}`, 200, erphttp.Refused, "code 200", false},
		{"no token in it", `{"code":"00000","data":{}}`, 200, erphttp.BadAnswer, "no access_token", false},
		{"no data", `{"code":"00000"}`, 200, erphttp.BadAnswer, "another shape", false},
		{"HTML", `<html>`, 200, erphttp.BadAnswer, "no JSON", true},
		{"HTTP 500", ``, 500, erphttp.Unavailable, "HTTP 500", true},
		{"HTTP 401", ``, 401, erphttp.Refused, "check app_key", false},
		{"system error", `{"code":"9999","message":"x"}`, 200, erphttp.Unavailable, "code 9999", true},
		{"throttled", `{"code":"1","message":"频率过高"}`, 200, erphttp.Throttled, "频率过高", true},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			erp := serve(t, says(`{"code":"200"}`))
			asked := 0
			erp.auth = func(w http.ResponseWriter) bool {
				asked++
				w.WriteHeader(test.status)
				_, _ = io.WriteString(w, test.body)
				return true
			}
			_, _, err := fetch(t, source(t, connection(erp), yonsuite.Query{}))
			failed := erphttp.AsError(err)
			if failed == nil || failed.Kind != test.kind || !strings.Contains(err.Error(), test.text) || (asked > 1) != test.retried || erp.calls != 0 {
				t.Errorf("got %v after asking %d times, want %s with %q", err, asked, test.kind, test.text)
			}
		})
	}
}

func TestCheck_says_what_is_wrong(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, stock, auth string
		ahead             time.Duration
		want              []string
	}{
		{"all well", `{"code":"200","data":[]}`, "", 0, nil},
		{"nothing found is well", `{"code":"1002"}`, "", 0, nil},
		{"clock off", `{"code":"200"}`, "", 6 * time.Minute, []string{"6m0s ahead"}},
		{"no permission", `{"code":"777","message":"无权限"}`, "", 0, []string{"code 777 无权限"}},
		{"secret wrong and clock off", "", `{"code":"50000","message":"签名错误"}`, 6 * time.Minute, []string{"签名错误", "6m0s ahead"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			erp := serve(t, says(test.stock))
			erp.date = func() time.Time { return time.Now().Add(-test.ahead) }
			erp.auth = func(w http.ResponseWriter) bool {
				_, _ = io.WriteString(w, test.auth)
				return test.auth != ""
			}
			health := source(t, connection(erp), yonsuite.Query{Filters: map[string]any{"org": "1"}}).Check(t.Context())
			if len(health.Problems) != len(test.want) || !health.Skew.Known {
				t.Fatalf("got %+v, want %q", health, test.want)
			}
			for i, want := range test.want {
				if !strings.Contains(health.Problems[i], want) {
					t.Errorf("got %q, want %q in it", health.Problems[i], want)
				}
			}
		})
	}
}

// fault 32.
func TestCurrentStock_shows_no_secret(t *testing.T) {
	t.Parallel()
	var logged bytes.Buffer
	erp := serve(t, nil)
	erp.stock = func(w http.ResponseWriter, n int, got, _ string) {
		switch n {
		case 1:
			_, _ = fmt.Fprintf(w, `{"code":"500","message":"%s failed"}`, got)
		case 2:
			http.Redirect(w, &http.Request{}, "http://elsewhere/?access_token="+got, http.StatusFound)
		case 3:
			panic(http.ErrAbortHandler)
		default:
			_, _ = fmt.Fprintf(w, `{"data":[{"a":"%s"}],"code":"310008","message":"bad %s of %s"}`, strings.Repeat("x", 9000), got, appSecret)
		}
	}
	stock, err := yonsuite.NewCurrentStock(connection(erp), yonsuite.Query{}, erphttp.Deps{Log: slog.New(slog.NewTextHandler(&logged, nil))})
	if err != nil {
		t.Fatal(err)
	}
	_, envelope, err := fetch(t, stock)
	if err == nil || !strings.Contains(err.Error(), "bad *** of ***") {
		t.Errorf("got %v, want the secrets blotted out", err)
	}
	if text := fmt.Sprint(err, logged.String(), string(envelope.Request)); strings.Contains(text, "CANARY") || strings.Contains(text, appKey) {
		t.Errorf("a canary is in %s", text)
	}
	if strings.Count(logged.String(), "\n") != 3 {
		t.Errorf("got log %s, want three lines", &logged)
	}
	// The wrong address: net/http quotes the whole URL.
	conn := connection(erp)
	conn.GatewayURL, conn.TokenURL, conn.HTTP.MaxAttempts = "http://127.0.0.1:1", erp.URL+"/auth", 1
	if _, _, err := fetch(t, source(t, conn, yonsuite.Query{})); err == nil || strings.Contains(err.Error(), "CANARY") {
		t.Errorf("got %v, want an error without the token", err)
	}
}
