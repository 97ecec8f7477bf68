package yonsuite_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	"pandian/extract"
	"pandian/extract/yonsuite"
	"pandian/internal/erphttp"
)

func read(response extract.Response) (records []string, err error) {
	for {
		record, err := response.Next()
		if errors.Is(err, io.EOF) {
			return records, nil
		}
		if err != nil {
			return records, err
		}
		records = append(records, string(record.Raw)+record.Problem)
	}
}

func fetch(t *testing.T, source *yonsuite.CurrentStock) ([]string, extract.Envelope, error) {
	t.Helper()
	response, err := source.Fetch(t.Context(), extract.Request{})
	if err != nil {
		return nil, extract.Envelope{}, err
	}
	defer response.Close()
	records, err := read(response)
	return records, response.Envelope(), err
}

func TestFetch_reads_current_stock(t *testing.T) {
	t.Parallel()
	good := golden(t, "current_stock.json")
	erp := serve(t, nil)
	erp.stock = func(w http.ResponseWriter, _ int, got, body string) {
		erp.want("token", got, token(1))
		erp.want("body", body, `{"org":"1861234567890123456","warehouse.code":["WH01","WH02"]}`)
		_, _ = io.WriteString(w, good)
	}
	query := yonsuite.Query{Filters: map[string]any{"org": uint64(1861234567890123456), "warehouse.code": []any{"WH01", "WH02"}}}
	stock := source(t, connection(erp), query)
	for range 2 {
		records, envelope, err := fetch(t, stock)
		if err != nil || len(records) != 2 || !strings.Contains(good, records[0]+","+records[1]) {
			t.Fatalf("got %q and %v, want the two records as received", records, err)
		}
		if string(envelope.JSON) != `{"code":"200","message":"操作成功"}` || envelope.Total != nil {
			t.Errorf("got envelope %s, total %v", envelope.JSON, envelope.Total)
		}
		want := `{"org":"1861234567890123456","path":"/yonbip/scm/stock/QueryCurrentStocksByCondition","warehouse.code":["WH01","WH02"]}`
		if string(envelope.Request) != want {
			t.Errorf("got request %s, want %s", envelope.Request, want)
		}
	}
	want := "GET /open-auth/dataCenter/getGatewayAddress GET " + newPath + " POST " + stockPath + " POST " + stockPath
	if got := strings.Join(erp.paths, " "); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got, want := stock.Spec(), (extract.Spec{Dataset: "yonsuite.current_stock", Kind: extract.Snapshot}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestFetch_puts_the_token_into_the_query_percent_encoded(t *testing.T) {
	t.Parallel()
	// Y-5
	var raw string
	erp := serve(t, says(`{"code":"200","data":[]}`))
	conn := connection(erp)
	transport := roundTrip(func(r *http.Request) (*http.Response, error) {
		if r.URL.Path == stockPath {
			raw = r.URL.RawQuery
		}
		if strings.HasPrefix(r.URL.Path, "/auth") {
			body := `{"code":"00000","data":{"access_token":"YT_TOKEN_AbC+d/eF==|x%y","expire":7200}}`
			return &http.Response{StatusCode: 200, Body: io.NopCloser(strings.NewReader(body))}, nil
		}
		return http.DefaultTransport.RoundTrip(r)
	})
	stock, err := yonsuite.NewCurrentStock(conn, yonsuite.Query{}, erphttp.Deps{Transport: transport})
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := fetch(t, stock); err != nil {
		t.Fatal(err)
	}
	if want := "access_token=YT_TOKEN_AbC%2Bd%2FeF%3D%3D%7Cx%25y"; raw != want {
		t.Errorf("got %s, want %s", raw, want)
	}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestFetch_accepts_every_form_of_an_empty_answer(t *testing.T) {
	t.Parallel()
	for _, body := range []string{
		`{"code":"200","message":"操作成功","data":[]}`,
		`{"code":"200","message":"操作成功","data":null}`,
		`{"code":"200","message":"操作成功"}`,
		`{"data":[],"code":200}`,
		`{"code":"1002","message":"数据不存在"}`,
		`{"code":1002,"message":"数据不存在","data":null}`,
		"\xEF\xBB\xBF" + `{"code":"200","data":[ ]}`,
	} {
		records, _, err := fetch(t, source(t, connection(serve(t, says(body))), yonsuite.Query{}))
		if err != nil || len(records) != 0 {
			t.Errorf("%s: got %q and %v, want none", body, records, err)
		}
	}
}

func TestFetch_believes_a_code_behind_the_records(t *testing.T) {
	t.Parallel()
	long := `{"data":[` + strings.Repeat(`{"a":"`+strings.Repeat("x", 90)+`"},`, 199) + `{"a":1}],`
	for _, test := range []struct {
		end  string
		kind erphttp.Kind
	}{
		{`"message":"操作成功","code":"200"}`, ""},
		{`"message":"系统异常","code":500}`, erphttp.Unavailable},
		{`"message":"x"}`, erphttp.BadAnswer},
	} {
		erp := serve(t, says(long+test.end))
		records, envelope, err := fetch(t, source(t, connection(erp), yonsuite.Query{}))
		failed := erphttp.AsError(err)
		if len(records) != 200 || (test.kind == "") != (err == nil) || failed != nil && failed.Kind != test.kind {
			t.Errorf("%s: got %d records and %v, want 200 and %q", test.end, len(records), err, test.kind)
		}
		if len(envelope.JSON) > 100 {
			t.Errorf("got envelope %s", envelope.JSON)
		}
	}
}

func TestFetch_drops_a_token_that_is_refused_behind_the_records(t *testing.T) {
	t.Parallel()
	long := `{"data":[{"a":"` + strings.Repeat("x", 9000) + `"}],`
	erp := serve(t, func(w http.ResponseWriter, n int, _, _ string) {
		_, _ = io.WriteString(w, long+[]string{`"code":"310036"}`, `"code":"200"}`}[n-1])
	})
	stock := source(t, connection(erp), yonsuite.Query{})
	if _, _, err := fetch(t, stock); erphttp.AsError(err) == nil || erphttp.AsError(err).Kind != erphttp.LoginRefused {
		t.Errorf("got %v, want a refused login", err)
	}
	if _, _, err := fetch(t, stock); err != nil || erp.tokens != 2 {
		t.Errorf("got %v with %d tokens, want a second one", err, erp.tokens)
	}
}

// faults 18, 20 and the switches of the platform's page.
func TestFetch_repeats_what_may_pass(t *testing.T) {
	t.Parallel()
	good := golden(t, "current_stock.json")
	write := func(status int, body string) func(http.ResponseWriter) {
		return func(w http.ResponseWriter) {
			w.WriteHeader(status)
			_, _ = io.WriteString(w, body)
		}
	}
	for name, first := range map[string]func(http.ResponseWriter){
		"code 500":            write(200, `{"code":"500","message":"系统异常"}`),
		"code 9999":           write(200, `{"code":9999,"message":"系统异常","data":null}`),
		"HTTP 503":            write(503, `<html>`),
		"HTTP 429":            write(429, ``),
		"throttled with code": write(429, `{"code":"310046","message":"接口调用频率超限"}`),
		"throttled in 200":    write(200, `{"code":"777","message":"触发限流"}`),
		"HTML with 200":       write(200, `<!DOCTYPE html>`),
		"empty":               write(200, ``),
		"no code":             write(200, `{"data":[]}`),
		"other JSON":          write(200, `{"error":"x"}`),
		"a bare list":         write(200, `[]`),
		"cut off early":       write(200, good[:len(good)-20]),
		"data is an object":   write(200, `{"code":"200","data":{"recordList":[]}}`),
		"slow": func(w http.ResponseWriter) {
			time.Sleep(400 * time.Millisecond)
			_, _ = io.WriteString(w, good)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			erp := serve(t, func(w http.ResponseWriter, n int, _, _ string) {
				if n == 1 {
					first(w)
				} else {
					_, _ = io.WriteString(w, good)
				}
			})
			conn := connection(erp)
			conn.HTTP.Timeout = 200 * time.Millisecond
			records, _, err := fetch(t, source(t, conn, yonsuite.Query{}))
			if err != nil || len(records) != 2 || erp.calls != 2 || erp.tokens != 1 {
				t.Errorf("got %d records and %v in %d calls, want 2 in 2", len(records), err, erp.calls)
			}
		})
	}
}

func TestFetch_does_not_repeat_a_refusal(t *testing.T) {
	t.Parallel()
	for _, body := range []string{
		`{"code":"310008","message":"参数校验失败","data":{}}`,
		`{"code":"999","message":"出错"}`,
		`{"code":"118003","message":"x"}`,
	} {
		erp := serve(t, says(body))
		_, _, err := fetch(t, source(t, connection(erp), yonsuite.Query{}))
		if failed := erphttp.AsError(err); failed == nil || failed.Kind != erphttp.Refused || erp.calls != 1 {
			t.Errorf("%s: got %v after %d calls, want a refusal after 1", body, err, erp.calls)
		}
	}
}

func TestNext_names_a_stream_that_is_cut_off_and_one_that_stalls(t *testing.T) {
	t.Parallel()
	rows := strings.Repeat(`{"a":"`+strings.Repeat("x", 990)+`"},`, 50)
	for name, end := range map[string]func(){
		"cut off": func() { panic(http.ErrAbortHandler) },
		"stalls":  func() { time.Sleep(300 * time.Millisecond) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			erp := serve(t, func(w http.ResponseWriter, _ int, _, _ string) {
				_, _ = io.WriteString(w, `{"code":"200","data":[`+rows+`{"a":`)
				_ = http.NewResponseController(w).Flush()
				end()
			})
			conn := connection(erp)
			conn.HTTP.IdleTimeout = 100 * time.Millisecond
			records, _, err := fetch(t, source(t, conn, yonsuite.Query{}))
			var body *extract.BodyError
			if !errors.As(err, &body) || len(records) != 50 || body.Records != 50 || !body.Retryable() || strings.Contains(err.Error(), "CANARY") {
				t.Errorf("got %d records and %v, want 50 and an error to retry", len(records), err)
			}
		})
	}
}

func TestFetch_reads_a_partition_as_one(t *testing.T) {
	t.Parallel()
	erp := serve(t, func(w http.ResponseWriter, n int, _, body string) {
		if n == 2 {
			_, _ = io.WriteString(w, `{"code":"1002"}`)
			return
		}
		_, _ = fmt.Fprintf(w, `{"code":"200","data":[{"body":%q},{"n":%d}]}`, body, n)
	})
	query := yonsuite.Query{
		Filters:   map[string]any{"bNeedSubQty": true, "product.oUnitId": "12"},
		Partition: []yonsuite.Dimension{{Field: "org", Values: []string{"1", "2"}}, {Field: "warehouse.code", Values: []string{"A", "B"}}},
	}
	records, envelope, err := fetch(t, source(t, connection(erp), query))
	if err != nil || len(records) != 6 {
		t.Fatalf("got %q and %v, want six records", records, err)
	}
	for i, want := range []string{
		`{"bNeedSubQty":true,"org":"1","product.oUnitId":12,"warehouse.code":"A"}`, `{"bNeedSubQty":true,"org":"1","product.oUnitId":12,"warehouse.code":"B"}`,
		`{"bNeedSubQty":true,"org":"2","product.oUnitId":12,"warehouse.code":"A"}`, `{"bNeedSubQty":true,"org":"2","product.oUnitId":12,"warehouse.code":"B"}`,
	} {
		if erp.bodies[i] != want {
			t.Errorf("call %d: got %s, want %s", i, erp.bodies[i], want)
		}
	}
	want := `{"parts":[{"part":{"org":"1","warehouse.code":"A"},"records":2,"answer":{"code":"200"}},{"part":{"org":"1","warehouse.code":"B"},"records":0,"answer":{"code":"1002"}},` +
		`{"part":{"org":"2","warehouse.code":"A"},"records":2,"answer":{"code":"200"}},{"part":{"org":"2","warehouse.code":"B"},"records":2,"answer":{"code":"200"}}]}`
	if string(envelope.JSON) != want {
		t.Errorf("got %s, want %s", envelope.JSON, want)
	}
	if want := `"partition.org":["1","2"],"partition.warehouse.code":["A","B"]`; !strings.Contains(string(envelope.Request), want) {
		t.Errorf("got request %s, want %s in it", envelope.Request, want)
	}
}

func TestNext_fails_when_a_later_part_does(t *testing.T) {
	t.Parallel()
	erp := serve(t, func(w http.ResponseWriter, n int, _, _ string) {
		_, _ = io.WriteString(w, []string{`{"code":"200","data":[{"n":1}]}`, `{"code":"310008","message":"x"}`}[n-1])
	})
	query := yonsuite.Query{Partition: []yonsuite.Dimension{{Field: "org", Values: []string{"1", "2"}}}}
	records, _, err := fetch(t, source(t, connection(erp), query))
	if len(records) != 1 || erphttp.AsError(err) == nil {
		t.Errorf("got %q and %v, want one record and a refusal", records, err)
	}
}

// fault 20: a page of 50 MB, in flat memory over a real connection.
func TestFetch_streams_50_MB(t *testing.T) {
	row := []byte(`{"warehouse_code":"WH01","productsku_code":"G001","currentqty":120,"note":"` + strings.Repeat("x", 600) + `"},`)
	hundred := bytes.Repeat(row, 100)
	rows := 50 << 20 / len(hundred) * 100
	erp := serve(t, func(w http.ResponseWriter, _ int, _, _ string) {
		_, _ = io.WriteString(w, `{"code":"200","data":[`)
		for range rows / 100 {
			_, _ = w.Write(hundred)
		}
		_, _ = io.WriteString(w, `{}]}`)
	})
	response, err := source(t, connection(erp), yonsuite.Query{}).Fetch(t.Context(), extract.Request{})
	if err != nil {
		t.Fatal(err)
	}
	defer response.Close()
	var memory runtime.MemStats
	got, peak := 0, uint64(0)
	for {
		_, err := response.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if got++; got%10000 == 0 {
			runtime.ReadMemStats(&memory)
			peak = max(peak, memory.HeapInuse)
		}
	}
	if got != rows+1 || peak > 20<<20 {
		t.Errorf("got %d records with a heap of %d bytes, want %d in less than 20 MiB", got, peak, rows+1)
	}
}

func TestClose_ends_the_response(t *testing.T) {
	t.Parallel()
	erp := serve(t, says(golden(t, "current_stock.json")))
	response, err := source(t, connection(erp), yonsuite.Query{}).Fetch(t.Context(), extract.Request{})
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(response.Close(), response.Close()); err != nil {
		t.Errorf("close: %v", err)
	}
	if _, err := response.Next(); err == nil || errors.Is(err, io.EOF) {
		t.Errorf("got %v, want an error: the response is not complete", err)
	}
}

func TestFetch_ends_with_its_context(t *testing.T) {
	t.Parallel()
	erp := serve(t, func(w http.ResponseWriter, _ int, _, _ string) {
		_, _ = io.WriteString(w, `{"code":"200","data":[{"a":"`+strings.Repeat("x", 9000)+`"},`)
		_ = http.NewResponseController(w).Flush()
		time.Sleep(100 * time.Millisecond)
	})
	ctx, cancel := context.WithCancel(t.Context())
	response, err := source(t, connection(erp), yonsuite.Query{}).Fetch(ctx, extract.Request{})
	if err != nil {
		t.Fatal(err)
	}
	defer response.Close()
	if _, err := response.Next(); err != nil {
		t.Fatal(err)
	}
	cancel()
	if _, err := response.Next(); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want the cancellation", err)
	}
}
