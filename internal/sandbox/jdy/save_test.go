package jdy

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"

	"pandian/internal/sandbox/fault"
)

func TestABatchAnswersForEachItemInOrder(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{})
	results := r.save(one("SP-1", "一", ""), one("SP-2", "二", `,"saleunitid_id":"7"`), one("SP-3", "三", ""))
	if !results[0].Success || results[1].Success || !results[2].Success {
		t.Fatalf("got %+v, want the second alone refused", results)
	}
	if results[1].text() != "参数saleunitid_id[7]不存在" || len(results[0].ErrorInfo) != 0 {
		t.Errorf("errorInfo: got %+v", results)
	}
	for i, number := range []string{"SP-1", "SP-2", "SP-3"} {
		e := r.entry(number)
		if want := i != 1; (e.Created == 1) != want || (e.Refused == 1) == want {
			t.Errorf("%s: got %+v", number, e)
		}
	}
	id, err := strconv.ParseInt(results[0].id(), 10, 64)
	if err != nil || id <= 1<<53 || int64(float64(id)) == id {
		t.Errorf("id: got %s (%v), want one that a float64 cannot hold", results[0].id(), err)
	}
}

func TestTheExactBodiesOfASingleSave(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{})
	const path = "/jdy/basedata/material_save"
	if got, want := r.v1(path, one("SP-1", "一", "")).body,
		`{"success":true,"data":{"success":true,"successPkIds":["925150323784304641"],"errorInfo":[]}}`; got != want {
		t.Errorf("saved:\n got %s\nwant %s", got, want)
	}
	if got, want := r.v1(path, one("SP-1", "二", "")).body,
		`{"success":true,"data":{"success":false,"successPkIds":[],"errorInfo":[{"msg":"商品编码[SP-1]已存在"}]}}`; got != want {
		t.Errorf("refused:\n got %s\nwant %s", got, want)
	}
	if got, want := r.v1(batchPath, `{"items":[`+one("SP-2", "二", "")+`,`+one("SP-2", "三", "")+`]}`).body,
		`{"success":true,"data":[{"success":true,"successPkIds":["925150323784304642"],"errorInfo":[]},`+
			`{"success":false,"errorInfo":[{"msg":"商品编码[SP-2]已存在"}]}]}`; got != want {
		t.Errorf("batch:\n got %s\nwant %s", got, want)
	}
}

func TestOneObjectCanAnswerForAllItems(t *testing.T) {
	t.Parallel()
	body := `{"items":[` + one("A", "a", "") + `,` + one("A", "b", "") + `,` + one("C", "c", "") + `]}`
	r := newRig(t, Options{AnswerShape: ShapeObject, IDsAsNumbers: true})
	if got, want := r.v1(batchPath, body).body, `{"success":true,"data":{"success":false,"successPkIds":[925150323784304641,925150323784304642],`+
		`"errorInfo":[{"msg":"商品编码[A]已存在"}]}}`; got != want {
		t.Errorf("object:\n got %s\nwant %s", got, want)
	}
	r = newRig(t, Options{AnswerShape: ShapeMessage})
	if got, want := r.v1(batchPath, body).body, `{"success":true,"data":{"success":false,"successPkIds":["925150323784304641","925150323784304642"],`+
		`"message":"商品编码[A]已存在"}}`; got != want {
		t.Errorf("message:\n got %s\nwant %s", got, want)
	}
}

func TestOnlyTheWrapperThatIsSetIsTaken(t *testing.T) {
	t.Parallel()
	bodies := map[Wrapper]string{
		WrapItems:  `{"items":[` + one("A", "a", "") + `]}`,
		WrapObject: one("B", "b", ""),
		WrapArray:  `[` + one("C", "c", "") + `]`,
	}
	for _, set := range []Wrapper{WrapItems, WrapObject, WrapArray, WrapAny} {
		r := newRig(t, Options{Wrapper: set})
		for form, body := range bodies {
			got := r.v1(batchPath, body)
			if want := set == form || set == WrapAny; *got.Success != want {
				t.Errorf("wrapper %q, body %q: got %s", set, form, got.body)
			}
		}
	}
	r := newRig(t, Options{Wrapper: WrapAny, MaxItems: 2})
	for _, body := range []string{
		``, `null`, `1`, `{"items":{}}`, `{"items":[]}`, `{"items":[1]}`, `{"items":[null]}`, `[` + one("A", "a", "") + `,]`,
		`{"items":[` + one("A", "a", "") + `,` + one("B", "b", "") + `,` + one("C", "c", "") + `]}`,
	} {
		if got := r.v1(batchPath, body); got.status != 200 || *got.Success || got.Message == "" {
			t.Errorf("%s: got %s, want outer success false", body, got.body)
		}
	}
	if n := r.entry("A").Created; n != 0 {
		t.Errorf("refused calls made %d materials", n)
	}
}

func TestRulesForOneMaterial(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{
		RequireNumber: true, Parents: func(id string) bool { return id == "9" },
		Refuse: func(number string) string { return map[string]string{"BAD": "该商品已停用"}[number] },
	})
	for _, test := range []struct{ item, want string }{
		{`{"number":"A","baseunitid_id":"` + piece + `"}`, `第1行基础资料"name"字段不能为空`},
		{`{"number":"A","name":"a"}`, `第1行基础资料"baseunitid_id"字段不能为空`},
		{`{"number":"A","name":"a","baseunitid_id":""}`, `第1行基础资料"baseunitid_id"字段不能为空`},
		{`{"number":"A","name":"a","baseunitid_id":null}`, `第1行基础资料"baseunitid_id"字段不能为空`},
		{`{"number":"A","name":"a","baseunitid_id":"7"}`, `参数baseunitid_id[7]不存在`},
		{one("", "a", ""), `第1行基础资料"number"字段不能为空`},
		{one("A", "a", `,"parent_id":"8"`), `参数parent_id[8]不存在`},
		{one("A", "a", `,"id":"42"`), `参数id[42]不存在`},
		{one("BAD", "a", ""), `该商品已停用`},
		{one("A", "a", `,"parent_id":"9","id":""`), ``},
		{one("A", "b", ""), `商品编码[A]已存在`},
		{one("B", "a", ""), `商品名称[a]已存在`},
		{one("B", "a", `,"ignorewarn":"false"`), `商品名称[a]已存在`},
		{one("B", "a", `,"ignorewarn":true`), ``},
		{one("B", "c", `,"ignorewarn":true`), `商品编码[B]已存在`},
	} {
		if got := r.save(test.item)[0]; got.text() != test.want || got.Success != (test.want == "") {
			t.Errorf("%s: got %+v, want %q", test.item, got, test.want)
		}
	}
}

func TestANumberIsGivenByTheRuleOfTheAccount(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{})
	r.save(one("SP000001", "taken", ""))
	got := r.save(one("", "a", ""), one("", "b", ""))
	if !got[0].Success || !got[1].Success || r.entry("SP000002").Created != 1 || r.entry("SP000003").Created != 1 {
		t.Errorf("numbers by rule: got %+v and %+v", got, r.server.Entries())
	}
}

func TestAnIdIsNeededToModify(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{})
	first := r.save(one("A", "a", `,"model":"M","taxrate":"13.00"`), one("B", "b", ""))
	id := first[0].id()
	if got := r.save(one("", "a", `,"id":"`+id+`"`))[0]; got.text() != `第1行基础资料"number"字段不能为空` {
		t.Errorf("without number: got %+v", got)
	}
	for _, sent := range []string{`"` + id + `"`, id} {
		if got := r.save(one("A", "a", `,"barcode":"69","id":`+sent))[0]; !got.Success || got.id() != id {
			t.Errorf("id %s: got %+v", sent, got)
		}
	}
	if got := r.save(one("B", "a", `,"id":"`+id+`"`))[0]; !strings.Contains(got.text(), "已存在") {
		t.Errorf("number of another: got %+v", got)
	}
	if got := r.save(one("A", "b", `,"id":"`+id+`"`))[0]; !strings.Contains(got.text(), "已存在") {
		t.Errorf("name of another: got %+v", got)
	}
	if e := r.entry("A"); e.Created != 1 || e.Updated != 2 || !strings.Contains(string(e.Payload), `"barcode":"69"`) {
		t.Errorf("ledger: got %+v, want one created and two updated", e)
	}
	if got := r.v1("/jdy/basedata/material_detail", `{"id":`+id+`}`); !strings.Contains(got.body, `"model":"M","barcode":"69"`) ||
		!strings.Contains(got.body, `"taxrate":"13.00"`) {
		t.Errorf("detail: got %s", got.body)
	}
}

func TestIgnoreWarnCanOverwrite(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{IgnoreWarnOverwrites: true})
	r.save(one("A", "a", ""))
	if got := r.save(one("A", "other", `,"ignorewarn":true`))[0]; !got.Success || r.entry("A").Updated != 1 {
		t.Errorf("overwrite: got %+v, %+v", got, r.entry("A"))
	}
}

func TestTextIsTakenForNumbersAndBooleans(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{})
	for i, members := range []string{
		`"ismulti_unit":"true","issale":"false","isbatch":true,"iskfperiod":""`,
		`"coefficient1":"12.5","coefficient2":12.5,"coefficient3":"","kfperiod":"180","alarmday":30`,
		`"costmethod":"1","kfperiodtype":2,"inv_mgr_type":"0","enable":"1"`,
		`"barcodeentity":[{"barcode":"69"}],"priceentity":[],"auxentity":[],"images":["u"],"removeimages":[]`,
		`"baseunitid_id":` + piece + `,"brandid_id":9007199254740993,"fetchcategoryid_id":"1070101010000000000"`,
		`"remark":"🧧 中文\n","mininventoryqty":"0.00000001","unheard_of":{}`,
	} {
		if got := r.save(one(fmt.Sprint("A", i), fmt.Sprint("a", i), ","+members))[0]; !got.Success {
			t.Errorf("%s: got %+v, want success", members, got)
		}
	}
	for _, members := range []string{
		`"ismulti_unit":"yes"`, `"ismulti_unit":1`, `"issale":[]`, `"coefficient1":"1e3"`, `"coefficient1":1e3`,
		`"coefficient1":"1,000"`, `"kfperiod":{}`, `"costmethod":"4"`, `"enable":"2"`, `"kfperiodtype":"12"`, `"barcodeentity":"[]"`,
		`"barcodeentity":{}`, `"priceentity":[1]`, `"images":""`, `"images":[1]`, `"model":5`, `"name":5`, `"number":7`,
		`"brandid_id":9.007199254740993e15`, `"baseunitid_id":true`, `"id":"x"`, `"remark":[]`,
	} {
		got := r.v1(batchPath, `{"items":[`+one("Z", "z", ","+members)+`]}`)
		if *got.Success || !strings.Contains(got.Message, "invalid value") || got.Data != nil {
			t.Errorf("%s: got %s, want invalid value", members, got.body)
		}
	}
	if e := r.entry("Z"); e.Created != 0 || e.Refused != 21 {
		t.Errorf("ledger: got %+v, want 21 refusals", e)
	}
	strict := newRig(t, Options{StrictFields: true})
	if got := strict.v1(batchPath, `{"items":[`+one("A", "a", `,"is_sale":true`)+`]}`); *got.Success || !strings.Contains(got.Message, "is_sale") {
		t.Errorf("strict: got %s", got.body)
	}
}

func TestEveryFieldOfTheListComesBack(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{StrictFields: true})
	samples := map[kind]string{
		text: `"中文"`, unit: `"` + piece + `"`, parent: `"9"`, ref: `"9007199254740993"`, flag: `true`, number: `"1.50"`,
		choice: `"1"`, rows: `[{"id":"1"}]`, texts: `["u"]`,
	}
	item := `{"number":"A","name":"a","ignorewarn":false`
	for _, f := range fields {
		if f.v1 != "" {
			item += `,"` + f.v1 + `":` + samples[f.kind]
		}
	}
	r.save(item + "}")
	var shown map[string]json.RawMessage
	if err := json.Unmarshal(r.v1("/jdy/basedata/material_detail", `{"number":"A"}`).Data, &shown); err != nil {
		t.Fatal(err)
	}
	for _, f := range fields {
		if f.v1 != "" && string(shown[f.v1]) != samples[f.kind] {
			t.Errorf("%s: got %s, want %s", f.v1, shown[f.v1], samples[f.kind])
		}
	}
}

func TestALostAnswerLeavesExactlyOneMaterial(t *testing.T) {
	t.Parallel()
	// fault 23: lost response after commit
	r := newRig(t, Options{}, fault.Rule{Kind: fault.LostAnswer, Endpoint: BatchSave, Count: 1})
	server := httptest.NewServer(r.mux)
	t.Cleanup(server.Close)
	request, err := http.NewRequest("POST", server.URL+batchPath+"?access_token="+r.token(), strings.NewReader(`{"items":[`+one("A", "a", "")+`]}`))
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range forAccount(map[string]string{}) {
		request.Header.Set(name, value)
	}
	if response, err := http.DefaultTransport.RoundTrip(request); err == nil {
		response.Body.Close()
		t.Fatalf("got HTTP %d, want no answer", response.StatusCode)
	}
	got := r.v1("/jdy/basedata/material_detail", `{"number":"A"}`)
	if !*got.Success || !strings.Contains(string(got.Data), `"number":"A"`) {
		t.Errorf("look-up: got %s", got.body)
	}
	if again := r.save(one("A", "a", ""))[0]; again.Success || r.entry("A").Created != 1 {
		t.Errorf("repeated: got %+v and %+v, want a refusal and one created", again, r.entry("A"))
	}
}

func TestManyClientsMakeEachNumberOnce(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{})
	token := r.token()
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			for i := range 25 {
				r.at(batchPath, token, `{"items":[`+one(fmt.Sprint("A", i), fmt.Sprint("a", i), "")+`]}`)
			}
		})
	}
	group.Wait()
	for _, e := range r.server.Entries() {
		if e.Created != 1 || e.Refused != 3 {
			t.Errorf("%s: got %+v, want one created and three refused", e.Key, e)
		}
	}
}
