package extract_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/go-json-experiment/json/jsontext"

	"pandian/extract"
)

func stockLayout() extract.Layout {
	return extract.Layout{Lists: []string{"stocks", "data"}, Wrappers: []string{"response"}, Known: []string{"code", "flag", "error_response"}}
}

// readAll reads body in one go and again one byte at a time, and wants the same.
func readAll(t *testing.T, body string, layout extract.Layout) ([]extract.Record, string, error) {
	t.Helper()
	records, envelope, err := drain(strings.NewReader(body), layout)
	slowly, slowEnvelope, slowErr := drain(iotest.OneByteReader(strings.NewReader(body)), layout)
	if got, want := fmt.Sprintf("%q %s %v", slowly, slowEnvelope, slowErr), fmt.Sprintf("%q %s %v", records, envelope, err); got != want {
		t.Errorf("byte by byte: got %s, want %s", got, want)
	}
	return records, envelope, err
}

func drain(body io.Reader, layout extract.Layout) ([]extract.Record, string, error) {
	reader := extract.NewRecordReader(body, layout)
	var records []extract.Record
	for {
		record, err := reader.Next()
		if errors.Is(err, io.EOF) {
			return records, string(reader.Envelope()), nil
		}
		if err != nil {
			if _, again := reader.Next(); !errors.Is(again, err) {
				return nil, "", fmt.Errorf("the second error was %w", again)
			}
			return records, string(reader.Envelope()), err
		}
		record.Raw = bytes.Clone(record.Raw)
		records = append(records, record)
	}
}

func raws(records []extract.Record) string {
	var texts []string
	for _, record := range records {
		texts = append(texts, string(record.Raw))
	}
	return strings.Join(texts, " ")
}

func TestRecordReader_takes_records_and_envelope_apart(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, body, records, envelope string }{
		{"flat", `{"code":0,"message":"","total_count":"2","stocks":[{"a":1},{"a": 2 }]}`, `{"a":1} {"a": 2 }`, `{"code":0,"message":"","total_count":"2"}`},
		{"wrapped", `{"response":{"flag":"success","stocks":[{"a":"]}"}],"total_count":1},"x":2}`, `{"a":"]}"}`, `{"response":{"flag":"success","total_count":1},"x":2}`},
		{"list first", ` { "stocks" : [ {} , {} ] , "code" : "0" } ` + "\r\n", `{} {}`, `{"code":"0"}`},
		{"BOM before it", "\xEF\xBB\xBF" + `{"code":0,"stocks":[{"a":1}]}`, `{"a":1}`, `{"code":0}`},
		{"bare list", `[{"a":1},{"b":[{"c":"\""}]}]`, `{"a":1} {"b":[{"c":"\""}]}`, `{}`},
		{"empty bare list", `[]`, ``, `{}`},
		{"list null", `{"code":"200","data":null}`, ``, `{"code":"200","data":null}`},
		{"list absent", `{"code":"200"}`, ``, `{"code":"200"}`},
		{"list empty", `{"code":"200","data":[ ]}`, ``, `{"code":"200"}`},
		{"list name in other case", `{"Stocks":[{"a":1}]}`, `{"a":1}`, `{}`},
		{"list name escaped", `{"st\u006fcks":[{"a":1}]}`, `{"a":1}`, `{}`},
		{"same name twice in a record", `{"stocks":[{"a":1,"a":2}]}`, `{"a":1,"a":2}`, `{}`},
		{"other arrays are envelope", `{"code":1,"errors":[{"a":1}],"nested":{"stocks":[1]}}`, ``, `{"code":1,"errors":[{"a":1}],"nested":{"stocks":[1]}}`},
		{"wrapper that is a text", `{"response":"x","code":1}`, ``, `{"response":"x","code":1}`},
		{"numbers as received", `{"stocks":[{"n":1e400,"id":9007199254740993123,"z":-0.0}]}`, `{"n":1e400,"id":9007199254740993123,"z":-0.0}`, `{}`},
		{"envelope made storable", `{"code":1,"message":"a\u0000b\\u0000 ` + "\xc4\xe3" + `"}`, ``, `{"code":1,"message":"a\uFFFDb\\u0000 ` + "\uFFFD\uFFFD" + `"}`},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			records, envelope, err := readAll(t, test.body, stockLayout())
			if err != nil {
				t.Fatalf("got error %v", err)
			}
			if got := raws(records); got != test.records {
				t.Errorf("got records %s, want %s", got, test.records)
			}
			for _, record := range records {
				if record.Problem != "" {
					t.Errorf("got problem %q, want none", record.Problem)
				}
			}
			if envelope != test.envelope {
				t.Errorf("got envelope %s, want %s", envelope, test.envelope)
			}
			scanned, err := extract.ScanEnvelope([]byte(test.body), stockLayout())
			if err != nil || string(scanned) != test.envelope {
				t.Errorf("scan: got %s and %v, want %s", scanned, err, test.envelope)
			}
		})
	}
}

func TestRecordReader_names_what_postgres_cannot_hold(t *testing.T) {
	t.Parallel()
	layout := stockLayout()
	layout.MaxRecord, layout.MaxDepth = 8000, 5
	for _, test := range []struct{ name, record, field, problem string }{
		{"NUL escape", `{"a":1,"spec_no":"x\u0000y"}`, "spec_no", `field spec_no holds \u0000`},
		{"NUL escape deep inside", `{"l":[{"r":"x"},{"r":"\u0000"}]}`, "l[1].r", `field l[1].r holds \u0000`},
		{"NUL escape in a name", `{"\u0000":"x"}`, "\uFFFD", `holds \u0000`},
		{"escaped backslash is no NUL", `{"a":"\\u0000"}`, "", ""},
		{"NUL byte", "{\"a\":1,\"b\":\"x\x00\"}", "b", "NUL byte"},
		{"raw control character", "{\"b\":\"x\ty\"}", "b", "field b is not valid JSON"},
		{"lone high surrogate", `{"b":"\ud83d!"}`, "b", "surrogate"},
		{"lone low surrogate", `{"b":"\ude00"}`, "b", "surrogate"},
		{"high surrogate at the end", `{"b":"\ud83d"}`, "b", "surrogate"},
		{"surrogate pair", `{"b":"\ud83d\ude00"}`, "", ""},
		{"GBK bytes", "{\"goods_name\":\"\xc4\xe3\xba\xc3\"}", "goods_name", "not UTF-8"},
		{"UTF-8 of a surrogate", "{\"b\":\"\xed\xa0\x80\"}", "b", "not UTF-8"},
		{"text instead of object", `"abc"`, "", "the record is a text, not an object"},
		{"number instead of object", `12`, "", "the record is a number, not an object"},
		{"null instead of object", `null`, "", "the record is null, not an object"},
		{"list instead of object", `[{"a":1}]`, "", "the record is a list, not an object"},
		{"bare word", `abc`, "", "the record is no JSON"},
		{"broken number", `{"stock_num":1,234.50}`, "", "not valid JSON"},
		{"value missing", `{"a":}`, "a", "field a is not valid JSON"},
		{"nested too deep", `{"a":[[[[[1]]]]]}`, "", "nested 6 deep, more than the 5 allowed"},
		{"nested as deep as allowed", `{"a":[[[[1]]]]}`, "", ""},
		{"too long", `{"a":"` + strings.Repeat("x", 9000) + `"}`, "", "9008 bytes long, more than the 8000 allowed"},
		{"as long as allowed", `{"a":"` + strings.Repeat("x", 8000-8) + `"}`, "", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			records, _, err := readAll(t, `{"stocks":[{"n":1},`+test.record+`,{"n":2}],"code":0}`, layout)
			if err != nil || len(records) != 3 {
				t.Fatalf("got %d records and error %v, want 3 and none", len(records), err)
			}
			if string(records[0].Raw) != `{"n":1}` || string(records[2].Raw) != `{"n":2}` || records[0].Problem+records[2].Problem != "" {
				t.Errorf("the neighbours suffered: %q", records)
			}
			bad := records[1]
			if bad.Field != test.field {
				t.Errorf("got field %q, want %q", bad.Field, test.field)
			}
			if (bad.Problem == "") != (test.problem == "") || !strings.Contains(bad.Problem, test.problem) {
				t.Errorf("got problem %q, want %q in it", bad.Problem, test.problem)
			}
			if !strings.HasPrefix(test.record, string(bad.Raw)) || len(bad.Raw) == 0 {
				t.Errorf("got raw %q, want the beginning of %q", bad.Raw, test.record)
			}
		})
	}
}

func TestRecordReader_says_what_is_wrong_with_a_body(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, body string
		reason     extract.Reason
		records    int
		text       string
	}{
		{"empty", ``, extract.ReasonEmpty, 0, "empty"},
		{"only blanks", " \n", extract.ReasonEmpty, 0, "empty"},
		{"only a BOM", "\xEF\xBB\xBF", extract.ReasonEmpty, 0, "empty"},
		{"HTML", "\n<!DOCTYPE html><p>502</p>", extract.ReasonMarkup, 0, "HTML"},
		{"XML", `<?xml version="1.0"?><response/>`, extract.ReasonMarkup, 0, "XML"},
		{"plain text", `Bad Gateway`, extract.ReasonNotJSON, 0, `"B"`},
		{"gzip", "\x1f\x8b\x08", extract.ReasonNotJSON, 0, "gzip"},
		{"UTF-16", "\xff\xfe{\x00", extract.ReasonNotJSON, 0, "UTF-16"},
		{"scalar", `"ok"`, extract.ReasonShape, 0, "a text"},
		{"other JSON", `{"hello":[1,2]}`, extract.ReasonShape, 0, "none of stocks, data"},
		{"empty object", `{}`, extract.ReasonShape, 0, "none of"},
		{"list is an object", `{"code":0,"stocks":{"0":{}}}`, extract.ReasonShape, 0, "stocks is an object"},
		{"cut off in the list", `{"code":0,"stocks":[{"a":1},{"a":`, extract.ReasonCutOff, 1, "at byte 33, after 1 records"},
		{"cut off between records", `{"stocks":[{"a":1},`, extract.ReasonCutOff, 1, "after 1 records"},
		{"cut off after the list", `{"stocks":[{"a":1}]`, extract.ReasonCutOff, 1, "after 1 records"},
		{"cut off in a name", `{"sto`, extract.ReasonCutOff, 0, "cut off"},
		{"cut off in a text", `{"message":"abc`, extract.ReasonCutOff, 0, "cut off"},
		{"cut off in a number", `{"total_count":12`, extract.ReasonCutOff, 0, "cut off"},
		{"comma missing", `{"stocks":[{"a":1}{"a":2}]}`, extract.ReasonNotJSON, 1, "comma"},
		{"comma too many", `{"stocks":[{"a":1},]}`, extract.ReasonNotJSON, 1, "value"},
		{"nothing between commas", `{"stocks":[,{"a":1}]}`, extract.ReasonNotJSON, 0, "value"},
		{"member without value", `{"code":,"stocks":[]}`, extract.ReasonNotJSON, 0, "value"},
		{"member without name", `{1:2}`, extract.ReasonNotJSON, 0, "name"},
		{"member without colon", `{"a" 2}`, extract.ReasonNotJSON, 0, "colon"},
		{"envelope value broken", `{"code":zero}`, extract.ReasonNotJSON, 0, `"code"`},
		{"list closed by the wrong bracket", `{"stocks":[{"a":1}}`, extract.ReasonNotJSON, 1, "comma"},
		{"bracket that closes nothing", `{"stocks":[{"a":1]},{"a":2}]}`, extract.ReasonNotJSON, 1, "a comma or ] is due"},
		{"bracket that was not opened", `{"stocks":[{"a":[1},{"a":2}]}`, extract.ReasonNotJSON, 1, "a comma or ] is due"},
		{"two answers in one file", `{"stocks":[{"a":1}]}` + "\n" + `{"stocks":[]}`, extract.ReasonNotJSON, 1, "more after the end"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			records, _, err := readAll(t, test.body, stockLayout())
			var body *extract.BodyError
			if !errors.As(err, &body) {
				t.Fatalf("got %v, want a *BodyError", err)
			}
			if body.Reason != test.reason || len(records) != test.records || body.Records != int64(test.records) {
				t.Errorf("got %s after %d records, want %s after %d", body.Reason, len(records), test.reason, test.records)
			}
			if !strings.Contains(err.Error(), test.text) || !body.Retryable() {
				t.Errorf("got %q, want %q in it", err, test.text)
			}
		})
	}
}

func TestRecordReader_passes_on_why_reading_failed(t *testing.T) {
	t.Parallel()
	cause := errors.New("the line went dead")
	_, envelope, err := drain(io.MultiReader(strings.NewReader(`{"code":0,"stocks":[{},{`), iotest.ErrReader(cause)), stockLayout())
	var body *extract.BodyError
	if !errors.As(err, &body) || body.Reason != extract.ReasonRead || body.Records != 1 || !errors.Is(err, cause) || body.Retryable() {
		t.Errorf("got %#v, want a read error after 1 record with its cause", err)
	}
	if envelope != `{"code":0}` {
		t.Errorf("got envelope %s, want what came before", envelope)
	}
}

func TestRecordReader_keeps_the_envelope_small(t *testing.T) {
	t.Parallel()
	layout := stockLayout()
	layout.MaxEnvelope = 100
	long := strings.Repeat("m", 200)
	_, envelope, err := readAll(t, `{"code":0,"message":"`+long+`","note":"`+long[:90]+`","x":1,"stocks":[]}`, layout)
	want := `{"code":0,"message":"(left out: 202 bytes)","note":"(left out: 92 bytes)","x":1}`
	if err != nil || envelope != want {
		t.Errorf("got %s and %v, want %s", envelope, err, want)
	}
}

// Whatever stands in the list, what comes out must be what went in, and what is
// called good must be good JSON.
func TestRecordReader_survives_any_damage(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	whole := []byte(`{"code":"0","response":{"stocks":[{"spec_no":"A\"1","n":"1.0000"},{"名":"仓\\","l":[{"x":null}]},{"e":"\u4ed3"}],"total_count":3}}`)
	for range 5000 {
		body := bytes.Clone(whole)
		for range 1 + random.IntN(3) {
			if len(body) == 0 {
				break
			}
			switch at := random.IntN(len(body)); random.IntN(3) {
			case 0:
				body[at] = byte(random.IntN(256))
			case 1:
				body = append(body[:at], body[at+1:]...)
			default:
				body = body[:at+1]
			}
		}
		records, envelope, _ := drain(bytes.NewReader(body), stockLayout())
		for _, record := range records {
			if !bytes.Contains(body, record.Raw) {
				t.Fatalf("%q is not in %q", record.Raw, body)
			}
			if record.Problem == "" && !jsontext.Value(record.Raw).IsValid(jsontext.AllowDuplicateNames(true)) {
				t.Fatalf("%q passed for good", record.Raw)
			}
		}
		if !jsontext.Value(envelope).IsValid(jsontext.AllowDuplicateNames(true)) {
			t.Fatalf("%q gave the envelope %s", body, envelope)
		}
	}
}

const exampleRecord = `{"rec_id":"5001","spec_id":"17","goods_no":"G001","goods_name":"测试货品","spec_no":"G001-R","spec_name":"红","spec_code":"","barcode":"6900000000017","warehouse_id":"3","warehouse_no":"WH01","warehouse_name":"主仓","warehouse_type":"1","stock_num":"120.0000","lock_num":"0.0000","unpay_num":"2.0000","subscribe_num":"0.0000","order_num":"3.0000","sending_num":"4.0000","purchase_num":"50.0000","transfer_num":"0.0000","avaliable_num":"111.0000","default_position_id":"12","last_position_id":"12","weight":"0.3500","cost_price":"8.5000","status":"1","created":"2023-05-04 10:00:00","modified":"2024-02-29 09:30:00"}`

// endless gives size bytes of one response without holding them.
func endless(size int) (body io.Reader, records int) {
	records = size / (len(exampleRecord) + 1)
	middle := io.LimitReader(&repeating{text: []byte(exampleRecord + ",")}, int64(records-1)*int64(len(exampleRecord)+1))
	return io.MultiReader(strings.NewReader(`{"code":"200","data":[`), middle, strings.NewReader(exampleRecord+`]}`)), records
}

type repeating struct {
	text []byte
	at   int
}

func (r *repeating) Read(p []byte) (int, error) {
	for n := 0; n < len(p); {
		copied := copy(p[n:], r.text[r.at:])
		n += copied
		r.at = (r.at + copied) % len(r.text)
	}
	return len(p), nil
}

// fault 20: a page far larger than the memory it may take.
func TestRecordReader_streams_in_flat_memory(t *testing.T) {
	body, want := endless(16 << 20)
	reader := extract.NewRecordReader(body, stockLayout())
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	got := 0
	for {
		if _, err := reader.Next(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		got++
	}
	runtime.ReadMemStats(&after)
	if got != want {
		t.Errorf("got %d records, want %d", got, want)
	}
	if allocated := after.TotalAlloc - before.TotalAlloc; allocated > 6<<20 {
		t.Errorf("allocated %d bytes over all, want less than 6 MiB", allocated)
	}
}

func BenchmarkRecordReader(b *testing.B) {
	const size = 50 << 20
	b.SetBytes(size)
	b.ReportAllocs()
	for b.Loop() {
		body, _ := endless(size)
		reader := extract.NewRecordReader(body, stockLayout())
		for {
			if _, err := reader.Next(); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				b.Fatal(err)
			}
		}
	}
}

func BenchmarkScanEnvelope(b *testing.B) {
	page := []byte(`{"code":0,"stocks":[` + strings.Repeat(exampleRecord+",", 99) + exampleRecord + `]}`)
	b.SetBytes(int64(len(page)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := extract.ScanEnvelope(page, stockLayout()); err != nil {
			b.Fatal(err)
		}
	}
}
