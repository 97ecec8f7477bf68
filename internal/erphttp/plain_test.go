package erphttp_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"pandian/internal/erphttp"
)

// answers counts the requests that get out, and answers each.
type answers struct{ sent int }

func (a *answers) RoundTrip(request *http.Request) (*http.Response, error) {
	a.sent++
	recorder := httptest.NewRecorder()
	recorder.WriteHeader(http.StatusOK)
	response := recorder.Result()
	response.Request = request
	return response, nil
}

// A platform may name its own address, as a tenant's data centre does; it is held
// to the same rule as those of the configuration.
func TestCallsToOtherMachinesAreEncrypted(t *testing.T) {
	t.Parallel()
	for address, c := range map[string]struct{ allow, sent bool }{
		"http://erp.example.com/x":  {false, false},
		"http://erp.example.com/y":  {true, true},
		"https://erp.example.com/x": {false, true},
		"http://127.0.0.1:8080/x":   {false, true},
	} {
		transport := &answers{}
		client := erphttp.New(erphttp.Config{
			Deps: erphttp.Deps{Transport: transport}, Platform: "test", Settings: erphttp.Settings{AllowHTTP: c.allow},
			Classify: func(erphttp.Reply) erphttp.Verdict { return erphttp.Verdict{} },
		})
		_, err := client.DoBuffered(t.Context(), erphttp.Call{Operation: "x", Build: func(ctx context.Context) (*http.Request, error) {
			return http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
		}})
		failed := erphttp.AsError(err)
		switch {
		case c.sent && (err != nil || transport.sent != 1):
			t.Errorf("%s: got %v after %d requests, want an answer", address, err, transport.sent)
		case !c.sent && (failed == nil || failed.Kind != erphttp.Unsendable || transport.sent != 0 || failed.Delivered):
			t.Errorf("%s: got %v after %d requests, want it unsent", address, err, transport.sent)
		case !c.sent && !strings.Contains(failed.Advice, "allow_http"):
			t.Errorf("%s: got advice %q", address, failed.Advice)
		}
	}
}
