package jdy_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"pandian/load"
)

// fault 23: the answer is lost after the platform wrote.
func TestLookup_finds_what_a_lost_answer_left_behind(t *testing.T) {
	t.Parallel()
	p := serve(t)
	p.answer = func(_ http.ResponseWriter, path string, n int, body string) bool {
		if path == savePath && n == 1 {
			p.save([]byte(body))
			panic(http.ErrAbortHandler)
		}
		return false
	}
	target := p.target(t)
	outcomes := send(t, target, goods("A"), goods("B"))
	if states(outcomes) != "in_doubt in_doubt" || p.count(savePath) != 1 {
		t.Fatalf("got %+v after %d calls, want both in doubt after one", outcomes, p.count(savePath))
	}
	found := lookup(t, target, goods("A"), goods("B"), goods("C"))
	if states(found) != "sent sent waiting" || found[0].TargetDocumentID != "925150323784304641" {
		t.Errorf("got %+v, want what is there to be found, with its id", found)
	}
	changed := load.Document{Payload: []byte(`{"number":"A","name":"another name","baseunitid_id":"925150323784304640"}`)}
	if got := lookup(t, target, changed); states(got) != "waiting" {
		t.Errorf("got %+v, want an update that did not arrive to be sent again", got)
	}
}

func TestLookup_compares_as_the_platform_writes(t *testing.T) {
	t.Parallel()
	shown := `{"id":925150323784304641,"number":"A","name":"n","baseunitid_id":925150323784304640,"issale":"1","taxrate":"13.00","model":"7",
		"barcodeentity":[{"id":5,"barcode":"690","barcodeunitid_id":1}],"images":["x"]}`
	for name, test := range map[string]struct {
		payload string
		want    load.State
	}{
		"all equal":                     {`{"number":"A","name":"n","baseunitid_id":"925150323784304640","issale":true,"taxrate":"13"}`, load.Sent},
		"one above 2^53 differs by one": {`{"number":"A","name":"n","baseunitid_id":"925150323784304641"}`, load.Waiting},
		"flag differs":                  {`{"number":"A","name":"n","issale":"false"}`, load.Waiting},
		"figure differs":                {`{"number":"A","name":"n","taxrate":"13.01"}`, load.Waiting},
		"text is no figure":             {`{"number":"A","name":"n","model":"07"}`, load.Waiting},
		"not shown proves nothing":      {`{"number":"A","name":"n","prolicense":"P"}`, load.Sent},
		"a command leaves no trace":     {`{"number":"A","name":"n","ignorewarn":false,"removeimages":["y"]}`, load.Sent},
		"rows equal":                    {`{"number":"A","name":"n","barcodeentity":[{"barcode":"690","barcodeunitid_id":"1","barcoderemark":"r"}],"images":["x"]}`, load.Sent},
		"rows differ":                   {`{"number":"A","name":"n","barcodeentity":[{"barcode":"691"}]}`, load.Waiting},
		"more rows":                     {`{"number":"A","name":"n","barcodeentity":[{"barcode":"690"},{"barcode":"690"}]}`, load.Waiting},
		"image differs":                 {`{"number":"A","name":"n","images":["z"]}`, load.Waiting},
		"name differs":                  {`{"number":"A","name":"m"}`, load.Waiting},
		"another number than asked for": {`{"number":"B","name":"n"}`, load.Waiting},
	} {
		p := serve(t)
		p.answer = func(w http.ResponseWriter, path string, _ int, _ string) bool {
			if path == detailPath {
				_, _ = io.WriteString(w, `{"success":true,"data":`+shown+`}`)
			}
			return path == detailPath
		}
		got := lookup(t, p.target(t), load.Document{Payload: []byte(test.payload)})[0]
		if isThere := !strings.Contains(got.Message, "no material"); got.State != test.want || isThere == strings.Contains(test.payload, `"number":"B"`) {
			t.Errorf("%s: got %+v, want %s", name, got, test.want)
		}
	}
}

func TestLookup_takes_every_way_to_say_that_there_is_none(t *testing.T) {
	t.Parallel()
	for answer, want := range map[string]load.State{
		`{"success":true,"data":null}`: load.Waiting,
		`{"success":true}`:             load.Waiting,
		`{"success":true,"data":{}}`:   load.Waiting,
		`{"success":true,"data":[]}`:   load.Waiting,
		`{"success":true,"data":{"success":false,"errorInfo":[{"msg":"商品不存在"}]}}`: load.Waiting,
		`{"success":false,"errorCode":"9","message":"参数number[A]不存在"}`:            load.Waiting,
		`{"success":true,"data":[{"id":"5","number":"A","name":"n"}]}`:            load.Sent,
		`{"success":true,"data":{"success":false,"message":"查询失败"}}`:              load.InDoubt,
		`{"success":true,"data":{"number":"A"}}`:                                  load.InDoubt,
		`{"success":true,"data":"A"}`:                                             load.InDoubt,
		`{"success":false,"message":"查询失败"}`:                                      load.InDoubt,
		`<html>`: load.InDoubt,
	} {
		p := serve(t)
		p.answer = func(w http.ResponseWriter, path string, _ int, _ string) bool {
			if path == detailPath {
				_, _ = io.WriteString(w, answer)
			}
			return path == detailPath
		}
		got := lookup(t, p.target(t), load.Document{Payload: []byte(`{"number":"A","name":"n"}`)})
		if got[0].State != want {
			t.Errorf("%s: got %+v, want %s", answer, got[0], want)
		}
	}
}
