package tplus

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"pandian/internal/sandbox/fault"
)

func TestSuccessOfTheSimpleCreateIsNull(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{})
	if got := r.call(simplePath+"?idMarketingOrgan=1", dto("CK1")); got.status != 200 || got.body != "null" {
		t.Errorf("got HTTP %d %q, want 200 and null", got.status, got.body)
	}
	if e := r.entry("CK1"); e.Created != 1 || e.State != "00" || !strings.Contains(string(e.Payload), `"origTaxSalePrice":19.9`) {
		t.Errorf("ledger: got %+v", e)
	}
}

func TestTheStandardCreateTellsIdAndCode(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{})
	if got, want := r.call(openPath+"Create", dto("CK1")).body, `{"code":"0","message":"","data":{"ID":1001,"Code":"CK1"}}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	got := r.call(openPath+"GetVoucherDTO", `{"param":{"voucherID":"1001"}}`)
	if !strings.Contains(string(got.Data), `"Code":"CK1"`) {
		t.Errorf("by id: got %s", got.body)
	}
}

// known are the master data of the tests.
func known(kind, code string) bool {
	return map[string]string{KindPartner: "TESTCUST", KindWarehouse: "TEST_CK01", KindInventory: "2121", KindBusiType: "15"}[kind] == code
}

func TestTheServersOwnTexts(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{Known: known, Refuse: func(code string) string {
		return map[string]string{"BAD": "当前会计期间已结账"}[code]
	}})
	for _, test := range []struct{ name, body, code, message string }{
		{"unknown partner", dto("A", `"Partner":{"Code":"TESTCUST"}`, `"Partner":{"Code":"X"}`), "EXERROR0001", "在位置 0 处没有任何行。"},
		{"unknown warehouse", dto("A", "TEST_CK01", "X"), "EXERROR0001", "NoAuthOrData"},
		{"unknown inventory", dto("A", `{"Code":"2121"}`, `{"Code":"X"}`), "EXERROR0001", "NoAuthOrData"},
		{"unknown business type", dto("A", `{"Code":"15"}`, `{"Code":"16"}`), "EXERROR0001", "NoAuthOrData"},
		{"unknown voucher type", dto("A", "ST1021", "ST9999"), "EXERROR0001", "NoAuthOrData"},
		{"no business type", dto("A", `"BusiType":{"Code":"15"},`, ""), "EXERROR0001", "索引超出范围。必须为非负值并小于集合大小。"},
		{"no partner", dto("A", `"Partner":{"Code":"TESTCUST"},`, ""), "EXERROR0001", "未将对象引用设置到对象的实例。"},
		{"no warehouse", dto("A", `"Warehouse":{"Code":"TEST_CK01"},`, ""), "EXERROR0001", "未将对象引用设置到对象的实例。"},
		{"no inventory", dto("A", `"Inventory":{"Code":"2121"},`, ""), "EXERROR0001", "未将对象引用设置到对象的实例。"},
		{"no lines", dto("A", `[{"Inventory"`, `[],"x":[{"Inventory"`), "999", "单据明细不能为空"},
		{"no quantity", dto("A", `"BaseQuantity":2,`, ""), "999", "第1行数量不能为空"},
		{"quantity of a purchase", dto("A", `"BaseQuantity":2,`, `"Quantity":2,`), "999", "第1行数量不能为空"},
		{"empty price", dto("A", `19.9`, `""`), "EXERROR0001", "输入字符串的格式不正确。"},
		{"grouped digits", dto("A", `:2,`, `:"1,000",`), "EXERROR0001", "输入字符串的格式不正确。"},
		{"date of zeros", dto("A", "2024-04-01", "0000-00-00 00:00:00"), "EXERROR0001", "该字符串未被识别为有效的 DateTime。"},
		{"odd properties", dto("A", `"Memo"`, `"DynamicPropertyKeys":["a"],"Memo"`), "EXERROR0001", "索引超出范围。必须为非负值并小于集合大小。"},
		{"bare code", dto("A", `"Warehouse":{"Code":"TEST_CK01"}`, `"Warehouse":"TEST_CK01"`), "EXERROR0001", "参数错误"},
		{"a rule", dto("BAD"), "999", "当前会计期间已结账"},
		{"no dto", `{}`, "EXERROR0001", "参数错误"}, {"null", `{"dto":null}`, "EXERROR0001", "参数错误"},
		{"capital wrapper", `{"Dto":{}}`, "EXERROR0001", "参数错误"}, {"no JSON", `{`, "EXERROR0001", "参数错误"},
		{"list", `[]`, "EXERROR0001", "参数错误"}, {"bare keys", `{dto:{}}`, "EXERROR0001", "参数错误"},
	} {
		got := r.call(simplePath, test.body)
		want := fmt.Sprintf(`{"code":"%s","message":"%s","data":{"Code":"%s","StatusCode":400,"islogerror":"1"}}`, test.code, test.message, test.code)
		if got.status != 400 || got.body != want {
			t.Errorf("%s: got HTTP %d %s, want %s", test.name, got.status, got.body, want)
		}
	}
	if e := r.entry("A"); e.Created != 0 || e.Refused != 17 {
		t.Errorf("ledger: got %+v, want 17 refusals", e)
	}
	if got := r.call(simplePath, dto("A")); got.body != "null" {
		t.Errorf("sound: got %s", got.body)
	}
}

func TestCodesAreAcceptedOnce(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{})
	r.call(simplePath, dto("CK1"))
	duplicate := `{"code":"999","message":"CK1 已存在","data":{"Code":"999","StatusCode":400,"islogerror":"1"}}`
	for name, body := range map[string]string{
		"both": dto("CK1"), "external code": dto("CK1", `"Code":"CK1"`, `"Code":"CK2"`),
		"code": dto("CK1", `"ExternalCode":"CK1"`, `"ExternalCode":"E3"`),
	} {
		if got := r.call(simplePath, body); got.status != 400 || got.body != duplicate {
			t.Errorf("%s: got HTTP %d %s", name, got.status, got.body)
		}
	}
	other := dto("CK1", "ST1021", "ST1024", `"Code":"CK1"`, `"Code":"CK4"`)
	if got := r.call(simplePath, other); got.body != "null" {
		t.Errorf("external code in another type: got %s", got.body)
	}
	if one, two := r.entry("CK1"), r.entry("CK2"); one.Created != 1 || one.Refused != 2 || two.Refused != 1 {
		t.Errorf("ledger: got %+v and %+v", one, two)
	}
	text := newRig(t, Options{DuplicateText: "重复提交"})
	text.call(simplePath, dto("CK1"))
	if got := text.call(simplePath, dto("CK1")); got.Message != "CK1重复提交" {
		t.Errorf("another text: got %s", got.body)
	}
}

func TestAPurchaseHasItsQuantityUnderAnotherName(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{})
	if got := r.call(simplePath, dto("CK1", "ST1021", "ST1001")); got.Message != "第1行数量不能为空" {
		t.Errorf("BaseQuantity: got %s", got.body)
	}
	if got := r.call(simplePath, dto("CK1", "ST1021", "ST1001", "BaseQuantity", "Quantity")); got.body != "null" {
		t.Errorf("Quantity: got %s", got.body)
	}
}

func TestTheServerNumbersWhatHasNoCode(t *testing.T) {
	t.Parallel()
	bare := func(external string) string { return dto(external, `"Code":"`+external+`",`, "") }
	r := newRig(t, Options{})
	r.call(simplePath, dto("IO-2024-04-0001"))
	r.call(simplePath, bare("E1"))
	r.call(simplePath, dto("E2", `"Code":"E2"`, `"Code":"E2","IsModifiedCode":"false"`))
	r.call(simplePath, dto("E3", `"Code":"E3"`, `"Code":"E3","IsModifiedCode":"true"`))
	for _, code := range []string{"IO-2024-04-0002", "IO-2024-04-0003", "E3"} {
		if r.entry(code).Created != 1 {
			t.Errorf("%s is missing in %+v", code, r.server.Entries())
		}
	}
	none := newRig(t, Options{NoNumbering: true})
	none.call(simplePath, bare("E1"))
	if none.entry("E1").Created != 1 {
		t.Errorf("without a rule: got %+v", none.server.Entries())
	}
}

func TestAVoucherIsReadBackExactly(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{})
	r.call(simplePath, dto("CK1", ":2,", ":9007199254740993.00000001,", "19.9", `"0.10"`, `"VoucherDate":"2024-04-01",`, ""))
	got := r.call(openPath+"GetVoucherDTO", `{"param":{"voucherCode":"CK1"}}`)
	want := `{"code":"0","message":"","data":{"ID":1001,"Code":"CK1","ExternalCode":"CK1","VoucherDate":"2024-04-01",` +
		`"VoucherState":{"Code":"00","Name":"未审"},"VoucherType":{"Code":"ST1021","Name":""},"Partner":{"Code":"TESTCUST","Name":"TESTCUST"},` +
		`"Warehouse":{"Code":"TEST_CK01","Name":"TEST_CK01"},"Clerk":{"Code":"","Name":""},"SourceVoucherCode":"","Memo":"来自旺店通",` +
		`"RDRecordDetails":[{"Inventory":{"Code":"2121","Name":"2121","Specification":""},"Unit":{"Code":"","Name":""},` +
		`"Quantity":9007199254740993.00000001,"origTaxSalePrice":0.10,"DetailMemo":"来自旺店通1001"}]}}`
	if got.body != want {
		t.Errorf("\n got %s\nwant %s", got.body, want)
	}
	odd := r.call(simplePath, dto("CK2", ":2,", `:".5",`))
	if back := r.call(openPath+"GetVoucherDTO", `{"param":{"voucherCode":"CK2"}}`); odd.body != "null" || !strings.Contains(string(back.Data), `"Quantity":0.5`) {
		t.Errorf("text without a leading zero: got %s, %s", odd.body, back.body)
	}
}

func TestLookingForWhatIsNotThere(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{})
	for body, message := range map[string]string{
		`{"param":{"voucherCode":"X"}}`: "NoAuthOrData", `{"param":{"voucherID":1}}`: "NoAuthOrData",
		`{"param":{"voucherID":"x"}}`: "参数错误", `{"param":null}`: "参数错误", `{"param":{}}`: "参数错误", `{}`: "参数错误",
	} {
		for _, operation := range []string{"GetVoucherDTO", "Audit"} {
			if got := r.call(openPath+operation, body); got.Code != "EXERROR0001" || got.Message != message {
				t.Errorf("%s %s: got %s, want %s", operation, body, got.body, message)
			}
		}
	}
	null := newRig(t, Options{MissingAsNull: true})
	if got := null.call(openPath+"GetVoucherDTO", `{"param":{"voucherCode":"X"}}`).body; got != `{"code":"0","message":"","data":null}` {
		t.Errorf("as null: got %s", got)
	}
}

func TestAnAuditHappensOnceAndIsPushed(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{})
	r.call(simplePath, dto("CK1"))
	if got := r.call(openPath+"Audit", `{"param":{"voucherCode":"CK1"}}`); got.Code != "0" {
		t.Errorf("first: got %s", got.body)
	}
	if got := r.call(openPath+"Audit", `{"param":{"voucherID":1001}}`); got.Code != "999" || !strings.Contains(got.Message, "已审核") {
		t.Errorf("second: got %s", got.body)
	}
	if got := r.call(openPath+"GetVoucherDTO", `{"param":{"voucherCode":"CK1"}}`); !strings.Contains(got.body, `"Name":"已审"`) || r.entry("CK1").State != "01" {
		t.Errorf("state: got %s and %+v", got.body, r.entry("CK1"))
	}
	if len(r.pushed) != 1 {
		t.Fatalf("got %d pushes, want 1", len(r.pushed))
	}
	if m := read(t, r.pushed[0]); m.MsgType != "SaleDispatchVoucher_Audit" || m.BizContent["voucherCode"] != "CK1" || m.BizContent["voucherID"] != "1001" {
		t.Errorf("push: got %+v", m)
	}
}

func TestAListIsAMatrix(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{})
	for i := range 5 {
		r.call(simplePath, dto(fmt.Sprint("CK", i)))
	}
	find := func(r *rig, body string) string {
		t.Helper()
		var data struct {
			Columns      []string
			Rows         [][]string
			TotalPageNum int
		}
		got := r.call(openPath+"FindVoucherList", body)
		if err := json.Unmarshal(got.Data, &data); err != nil {
			t.Fatalf("%s: got %s (%v)", body, got.body, err)
		}
		return fmt.Sprint(data.Columns, data.Rows, data.TotalPageNum)
	}
	for body, want := range map[string]string{
		`{"paramDic":{"Code":"CK1"}}`:                                                       "[id code externalcode ts] [[1002 CK1 CK1 0000000000000002]] 1",
		`{"selectFields":["Code"],"paramDic":{},"pageIndex":1,"pageSize":2}`:                "[code] [[CK0] [CK1]] 3",
		`{"selectFields":["code"],"paramDic":{},"pageIndex":0,"pageSize":2}`:                "[code] [[CK0] [CK1]] 3",
		`{"selectFields":["code"],"pageIndex":3,"pageSize":2}`:                              "[code] [[CK4]] 3",
		`{"selectFields":["code"],"pageIndex":4,"pageSize":2}`:                              "[code] [] 3",
		`{"selectFields":["code"],"paramDic":{"externalcode":"CK3","voucherstate":"00"}}`:   "[code] [[CK3]] 1",
		`{"selectFields":["partner"],"paramDic":{"voucherdate":"2024-04-02"},"pageSize":9}`: "[partner] [] 0",
	} {
		if got := find(r, body); got != want {
			t.Errorf("%s: got %s, want %s", body, got, want)
		}
	}
	for _, body := range []string{`{"pageSize":1001}`, `{"selectFields":["x"]}`, `{"paramDic":{"x":"1"}}`, `{"pageSize":"x"}`} {
		if got := r.call(openPath+"FindVoucherList", body); got.Code != "EXERROR0001" {
			t.Errorf("%s: got %s, want a bad argument", body, got.body)
		}
	}
	zero := newRig(t, Options{PagesFromZero: true})
	zero.call(simplePath, dto("A"))
	zero.call(simplePath, dto("B"))
	if got := find(zero, `{"selectFields":["code"],"pageIndex":1,"pageSize":1}`); got != "[code] [[B]] 2" {
		t.Errorf("pages from 0: got %s", got)
	}
}

func TestBareKeysAreTakenWhereThatIsOn(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{LeniencyUnquoted: true})
	body := strings.NewReplacer(`"dto"`, `dto`, `"Code"`, `Code`, `"ExternalCode":`, `ExternalCode : `, `"来自旺店通"`, `"a:b, {c:\"d\\\"}"`).Replace(dto("CK1"))
	if got := r.call(simplePath, body); got.body != "null" {
		t.Errorf("%s: got %s", body, got.body)
	}
	if got := r.call(openPath+"GetVoucherDTO", `{param:{voucherCode:"CK1"}}`); !strings.Contains(got.body, `"Memo":"a:b, {c:\"d\\\"}"`) {
		t.Errorf("read back: got %s", got.body)
	}
	if got := string(quoteKeys([]byte(`{a:[true,null,1.5e3,"x:y\"z:"],"b":false,c_1 :"`))); got != `{"a":[true,null,1.5e3,"x:y\"z:"],"b":false,"c_1" :"` {
		t.Errorf("quoted: got %s", got)
	}
}

func TestALostAnswerLeavesExactlyOneVoucher(t *testing.T) {
	t.Parallel()
	// fault 23: lost response after commit
	for _, lost := range []fault.Rule{
		{Kind: fault.LostAnswer, Endpoint: Create, Count: 1}, {Kind: fault.LostAnswer, Endpoint: Create, Count: 1, Value: 200},
	} {
		r := newRig(t, Options{}, lost)
		server := httptest.NewServer(r.mux)
		t.Cleanup(server.Close)
		request, err := http.NewRequest("POST", server.URL+simplePath, strings.NewReader(dto("CK1")))
		if err != nil {
			t.Fatal(err)
		}
		for name, value := range app("openToken", r.login().Access) {
			request.Header.Set(name, value)
		}
		if response, err := http.DefaultTransport.RoundTrip(request); err == nil {
			body, _ := io.ReadAll(response.Body)
			response.Body.Close()
			if lost.Value == 0 || len(body) != 0 {
				t.Errorf("got HTTP %d %q, want no answer", response.StatusCode, body)
			}
		}
		if got := r.call(openPath+"GetVoucherDTO", `{"param":{"voucherCode":"CK1"}}`); got.Code != "0" || !strings.Contains(string(got.Data), `"Code":"CK1"`) {
			t.Errorf("read back: got %s", got.body)
		}
		if got := r.call(simplePath, dto("CK1")); !strings.Contains(got.Message, "已存在") || r.entry("CK1").Created != 1 {
			t.Errorf("repeated: got %s and %+v", got.body, r.entry("CK1"))
		}
	}
}

func TestManyClientsMakeEachVoucherOnce(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{})
	token := r.login().Access
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			for i := range 25 {
				r.do("POST", simplePath, dto(fmt.Sprint("CK", i)), app("openToken", token))
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
