package k3cloud

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/shopspring/decimal"

	"pandian/internal/sandbox/fault"
)

func TestEveryWrapperSavesABill(t *testing.T) {
	t.Parallel()
	data := `{"Model":[` + model("1") + `]}`
	quoted, err := json.Marshal(data)
	if err != nil {
		t.Fatal(err)
	}
	for name, body := range map[string]string{
		"a":           `{"parameters":["SAL_OUTSTOCK",` + string(quoted) + `]}`,
		"a'":          `{"parameters":["SAL_OUTSTOCK",` + data + `]}`,
		"b":           `{"formid":"SAL_OUTSTOCK","data":` + data + `}`,
		"b, as text":  `{"FormId":"SAL_OUTSTOCK","Data":` + string(quoted) + `}`,
		"c":           `{"format":1,"useragent":"ApiClient","rid":"r","parameters":["SAL_OUTSTOCK",` + string(quoted) + `],"timestamp":"2024-05-01 10:20:30","v":"1.0"}`,
		"other cases": `{"Parameters":["sal_outstock",` + strings.ReplaceAll(data, "FNumber", "fnumber") + `]}`,
	} {
		r := loggedIn(t, Options{})
		request := httptest.NewRequest(http.MethodPost, formPath+"batchSave.common.kdsvc", strings.NewReader(body))
		request.Header.Set("Content-type", "applicatin/json") // as the vendor's SDK spells it
		request.Header.Set("kdservice-sessionid", r.sid)
		recorder := httptest.NewRecorder()
		r.mux.ServeHTTP(recorder, request)
		want := `{"Result":{"ResponseStatus":{"IsSuccess":true,"Errors":[],"SuccessEntitys":[{"Id":100001,"Number":"1","DIndex":0}],` +
			`"SuccessMessages":[],"MsgCode":0},"NeedReturnData":[{}]}}`
		if got := recorder.Body.String(); got != want {
			t.Errorf("%s: got %s, want %s", name, got, want)
		}
	}
}

func TestAnUnreadableBodyIsRefused(t *testing.T) {
	t.Parallel()
	r := loggedIn(t, Options{})
	recorder := r.post(formPath+"Save.common.kdsvc", `["SAL_OUTSTOCK",{}]`, "kdservice-sessionid: "+r.sid)
	if recorder.Code != 500 || !strings.Contains(recorder.Body.String(), "Additional text found in JSON string") {
		t.Errorf("bare array: got HTTP %d %s", recorder.Code, recorder.Body)
	}
	for _, body := range []string{`{"a":1`, `{"a":1}{}`, `1`, strings.Repeat("[", 100000)} {
		if got := r.post(formPath+"Save.common.kdsvc", body, "kdservice-sessionid: "+r.sid).Body.String(); !strings.HasPrefix(got, "response_error:") {
			t.Errorf("%.20s: got %s", body, got)
		}
	}
	for data, want := range map[string]int{`[]`: 8, `"`: 8, `{}`: 8, `{"Model":{}}`: 8, `{"Model":[]}`: 8} {
		if got := r.do("BatchSave", data).Result.ResponseStatus.MsgCode; got != want {
			t.Errorf("%s: got MsgCode %d, want %d", data, got, want)
		}
	}
	if got := decode[reply](t, r.raw("Save", "T_X", "{}")); got.errors()[0] != "0 null 标识为“T_X”的业务对象不存在，或者被删除。" || got.Result.ResponseStatus.MsgCode != 4 {
		t.Errorf("unknown form: got %+v", got)
	}
	if got := decode[reply](t, r.raw("Save", "", "{}")).Result.ResponseStatus.MsgCode; got != 5 {
		t.Errorf("no form: got MsgCode %d, want 5", got)
	}
}

func TestABillIsKeptToTheLastDigitAndInItsPlace(t *testing.T) {
	t.Parallel()
	r := loggedIn(t, Options{})
	r.batch("", model("1", "19.9", "0.10000000000000000001", `"FRealQty":2`, `"FRealQty":"9007199254740993"`))
	bills := r.server.Bills()
	if len(bills) != 1 {
		t.Fatalf("bills: got %d, want 1", len(bills))
	}
	b := bills[0]
	for _, test := range []struct{ what, got, want string }{
		{"id", fmt.Sprint(b.ID), "100001"}, {"number", b.Number, "1"}, {"status", b.Status, "A"},
		{"date", b.Header["FDate"], "2024-05-01T10:20:30"}, {"customer", b.Header["FCustomerID"], "C0001"},
		{"assistant", b.Header["F_KLF_Assistant"], "LY004"}, {"currency", b.Finance["FSettleCurrID"], "PRE001"},
		{"price", b.Rows[0]["FTaxPrice"], "0.10000000000000000001"}, {"quantity", b.Rows[0]["FRealQty"], "9007199254740993"},
		{"free", b.Rows[0]["FIsFree"], "false"}, {"owner, by default", b.Rows[0]["FOwnerID"], "101"},
		{"trigger", b.Rows[0]["F_sms_Text2"], "1"},
	} {
		if test.got != test.want {
			t.Errorf("%s: got %q, want %q", test.what, test.got, test.want)
		}
	}
	if got := r.server.Misplaced(); len(got) != 0 {
		t.Errorf("misplaced: got %q, want none", got)
	}
	sameTexts(t, "key order", r.server.KeyOrder("1"), strings.Fields(`FID FBillTypeID FBillNo FDate FSaleOrgId FStockOrgId FCustomerID
		FSaleDeptID FNote F_KLF_Assistant F_KLF_Text SubHeadEntity SubHeadEntity.FSettleOrgID SubHeadEntity.FSettleCurrID
		SubHeadEntity.FAllDisCount FEntity FEntity.FMaterialID FEntity.FStockID FEntity.FRealQty FEntity.FTaxPrice FEntity.FIsFree
		FEntity.F_sms_Text2`))
	e := r.entry("1")
	if e.Created != 1 || e.State != "A" || !strings.Contains(string(e.Payload), `"FTaxPrice":0.10000000000000000001`) {
		t.Errorf("ledger: got %+v", e)
	}
}

func TestOneBadBillOfFiftyLeavesTheOthersSaved(t *testing.T) {
	t.Parallel()
	// fault 24: a batch of 50 with a bad row
	r := loggedIn(t, Options{Known: func(kind, code string) bool { return kind != "stock" || code != "nowhere" }})
	models := make([]string, 50)
	for i := range models {
		models[i] = model(fmt.Sprint(1000 + i))
	}
	models[17] = model("1017", `"10001"`, `"nowhere"`)
	got := r.batch(`,"IsAutoSubmitAndAudit":true`, models...)
	status := got.Result.ResponseStatus
	if status.IsSuccess || status.ErrorCode == nil || *status.ErrorCode != 500 || status.MsgCode != 11 {
		t.Errorf("status: got %+v, want a failure", status)
	}
	sameTexts(t, "errors", got.errors(), []string{"17 FStockID 单据体实体【明细信息】第【1】行分录，【仓库】字段必录"})
	if len(status.SuccessEntitys) != 49 || status.SuccessEntitys[17].DIndex != 18 || status.SuccessEntitys[17].Number != "1018" {
		t.Errorf("saved: got %v", got.saved())
	}
	if got := len(r.server.Bills()); got != 49 {
		t.Errorf("bills: got %d, want 49", got)
	}
	if e := r.entry("1017"); e.Created != 0 || e.Refused != 1 || e.State != "" {
		t.Errorf("ledger of the bad one: got %+v", e)
	}
	if e := r.entry("1018"); e.Created != 1 || e.Refused != 0 || e.State != "C" {
		t.Errorf("ledger of a good one: got %+v", e)
	}
}

func TestErrorsAreGroupedByCheckAndNotByBill(t *testing.T) {
	t.Parallel()
	r := loggedIn(t, Options{ForbidZeroPrice: true})
	r.batch("", model("5"))
	noCustomer := []string{`"FCustomerID":{"FNumber":"C0001"},`, ""}
	noStock := []string{`"FStockID":{"FNumber":"10001"},`, ""}
	got := r.batch("",
		model("1", append(noCustomer, noStock...)...),
		model("2", "19.9", "0"),
		model("3"),
		model("4", append(noCustomer, `{"FNumber":"SKU-1"}`, `{"FNumber":""}`)...),
		model("5"), model("3"))
	sameTexts(t, "errors", got.errors(), []string{
		"0 FCustomerID 字段“客户”是必填项", "3 FCustomerID 字段“客户”是必填项",
		"0 FStockID 单据体实体【明细信息】第【1】行分录，【仓库】字段必录", "3 FMaterialID 单据体实体【明细信息】第【1】行分录，【物料】字段必录",
		"1 FTaxPrice 非赠品价格不能为 0",
		"4 FBillNo 违反字段唯一性要求：编码唯一。[5]在当前系统中已经被使用。", "5 FBillNo 违反字段唯一性要求：编码唯一。[3]在当前系统中已经被使用。",
	})
	sameTexts(t, "saved", got.saved(), []string{"2 3"})
	if e := r.entry("5"); e.Created != 1 || e.Refused != 1 || !strings.Contains(e.Reason, "编码唯一") {
		t.Errorf("ledger of the duplicate: got %+v", e)
	}
}

func TestASecondBillOfANumberMayReplaceOneThatWasNotSaved(t *testing.T) {
	t.Parallel()
	r := loggedIn(t, Options{})
	got := r.batch("", model("1", "C0001", ""), model("1"))
	sameTexts(t, "saved", got.saved(), []string{"1 1"})
}

func TestFreeRowsNeedNoPrice(t *testing.T) {
	t.Parallel()
	free := []string{"19.9", "0", `"FIsFree":false`, `"FIsFree":true`}
	r := loggedIn(t, Options{ForbidZeroPrice: true})
	if got := r.batch("", model("1", free...), model("2", `"FTaxPrice":19.9`, `"FPrice":0.01`)); !got.Result.ResponseStatus.IsSuccess {
		t.Errorf("gift and net price: got %v", got.errors())
	}
	r = loggedIn(t, Options{})
	if got := r.batch("", model("1", "19.9", "0")); !got.Result.ResponseStatus.IsSuccess {
		t.Errorf("zero price where it is allowed: got %v", got.errors())
	}
}

func TestUnknownCodesLeaveFieldsEmptyUnlessVerified(t *testing.T) {
	t.Parallel()
	missing := map[string]string{"customer": "C0001", "material": "SKU-1", "stock": "10001", "organisation": "101",
		"currency": "PRE001", "department": "00006", "billtype": "XSCKD01_SYS", "assistant": "LY004"}
	for kind, code := range missing {
		known := func(k, c string) bool { return k != kind || c != code }
		r := loggedIn(t, Options{Known: known})
		plain := r.batch("", model("1"))
		mandatory := kind == "customer" || kind == "material" || kind == "stock"
		if plain.Result.ResponseStatus.IsSuccess == mandatory {
			t.Errorf("%s: got %v, want a refusal only of a mandatory field", kind, plain.errors())
		}
		if mandatory && strings.Contains(plain.errors()[0], code) {
			t.Errorf("%s: the message names the code: %s", kind, plain.errors()[0])
		}
		verified := r.batch(`,"IsVerifyBaseDataField":"true"`, model("2"))
		if s := verified.Result.ResponseStatus; s.IsSuccess || s.MsgCode != 9 || !strings.Contains(s.Errors[0].Message, code) {
			t.Errorf("%s, verified: got %v, want the code named", kind, verified.errors())
		}
	}
	r := loggedIn(t, Options{DropUnknownRows: true, Known: func(_, code string) bool { return code != "SKU-2" }})
	row := `{"FMaterialID":{"FNumber":"SKU-2"},"FStockID":{"FNumber":"10001"},"FRealQty":1}`
	if got := r.batch("", model("1", `"FEntity":[`, `"FEntity":[`+row+`,`)); !got.Result.ResponseStatus.IsSuccess {
		t.Errorf("row with an unknown material: got %v", got.errors())
	}
	if rows := r.server.Bills()[0].Rows; len(rows) != 1 || rows[0]["FMaterialID"] != "SKU-1" {
		t.Errorf("rows: got %v, want SKU-1 alone", rows)
	}
	if got := r.batch("", model("2", "SKU-1", "SKU-2")).errors(); len(got) != 1 || !strings.HasPrefix(got[0], "0 FEntity ") {
		t.Errorf("no row left: got %v", got)
	}
}

func TestMisplacedKeysAreIgnoredAndNoted(t *testing.T) {
	t.Parallel()
	r := loggedIn(t, Options{})
	got := r.do("BatchSave", `{"Model":[`+model("1",
		`"FEntity":[{`, `"FormId":"SAL_OUTSTOCK","IsAutoSubmitAndAudit":true,"FTaxPrice":1,"FUnheardOf":1,"FCustomerID":{"FNumber":"C0001"},`+
			`"FEntity":[{"SubHeadEntity":{"FAllDisCount":5},"FSaleDeptID":{"FNumber":"1"},`,
		`"FAllDisCount":0`, `"fAllDiscount":7,"FNote":"x"`, `"FSaleOrgId":{"FNumber":"101"}`, `"FSaleOrgId":"101"`)+`],"FSaleDeptID":1}`)
	if !got.Result.ResponseStatus.IsSuccess {
		t.Fatalf("got %v, want a bill", got.errors())
	}
	sameTexts(t, "misplaced", r.server.Misplaced(), []string{
		"FEntity.FSaleDeptID: belongs to the header", "FEntity.SubHeadEntity: belongs to the header",
		"FSaleOrgId: is a reference and needs an object", "FTaxPrice: belongs to FEntity", "FUnheardOf: no such field",
		"FormId: belongs to the call", "IsAutoSubmitAndAudit: belongs beside Model",
		"SubHeadEntity.FNote: belongs to the header", "data.FSaleDeptID: no such option",
	})
	b := r.server.Bills()[0]
	if b.Finance["FAllDisCount"] != "7" || b.Header["FNote"] != "备注" || b.Header["FSaleOrgId"] != "" || b.Status != "A" {
		t.Errorf("bill: got %+v", b)
	}
}

func TestOtherWaysOfSpellingAModelAreNoted(t *testing.T) {
	t.Parallel()
	r := loggedIn(t, Options{})
	r.batch("", model("1", `"SubHeadEntity":{`, `"FOutStockTrace":[{"FLogComId":{"FCODE":"SF"}}],"FReceiverContactID":{"FNAME":"李四"},`+
		`"FSettleID":{"FNAME":"李四"},"FPayerID":{"Id":100001},"FDocumentStatus":"C","subheadentity":[],"SubHeadEntity":{`,
		`"FEntity":[`, `"fentity":{},"FEntity":[`, `"FIsFree"`, `"FAuxPropId":{"FAUXPROPID__FF100001":{"FNumber":"红"}},"FIsFree"`))
	sameTexts(t, "misplaced", r.server.Misplaced(), []string{
		"FDocumentStatus: is set by the platform", "FEntity: is not an array", "SubHeadEntity: is not an object",
	})
	b := r.server.Bills()[0]
	if b.Status != "A" || b.Header["FReceiverContactID"] != "李四" || b.Header["FSettleID"] != "" || b.Header["FPayerID"] != "" ||
		b.Rows[0]["FAuxPropId"] != `{"FAUXPROPID__FF100001":{"FNumber":"红"}}` {
		t.Errorf("bill: got %+v", b)
	}
}

func TestValuesThatCannotBeReadRefuseTheirBill(t *testing.T) {
	t.Parallel()
	for _, change := range [][2]string{
		{`"2024-05-01 10:20:30"`, `"0000-00-00 00:00:00"`}, {`"2024-05-01 10:20:30"`, `"2024-05-01T10:20:30"`},
		{`"FRealQty":2`, `"FRealQty":"1,234.50"`}, {`"FRealQty":2`, `"FRealQty":1e999999999`}, {`"FIsFree":false`, `"FIsFree":"no"`},
		{`"备注"`, `{"a":1}`},
	} {
		r := loggedIn(t, Options{})
		got := r.batch("", model("1", change[0], change[1]), model("2"))
		if len(got.errors()) != 1 || got.Result.ResponseStatus.MsgCode != 8 {
			t.Errorf("%s: got %v, want one error", change[1], got.errors())
		}
		sameTexts(t, change[1], got.saved(), []string{"1 2"})
	}
	r := loggedIn(t, Options{})
	got := r.batch("", model("1", `"2024-05-01 10:20:30"`, `"2024-05-01"`, `"FRealQty":2`, `"FRealQty":-2`, `"FIsFree":false`, `"FIsFree":"TRUE"`))
	if b := r.server.Bills()[0]; !got.Result.ResponseStatus.IsSuccess || b.Header["FDate"] != "2024-05-01T00:00:00" || b.Rows[0]["FIsFree"] != "true" {
		t.Errorf("got %v and %+v", got.errors(), b)
	}
}

func TestTheServerNumbersBillsWithoutANumber(t *testing.T) {
	t.Parallel()
	r := loggedIn(t, Options{})
	r.batch("", model("XSCKD000001"))
	sameTexts(t, "saved", r.batch("", model(""), model("x", `"FBillNo":"x",`, "")).saved(), []string{"0 XSCKD000002", "1 XSCKD000003"})
	if got := r.batch("", model("7", `"7"`, `7`)); got.saved()[0] != "0 7" {
		t.Errorf("a number as FBillNo: got %v", got.saved())
	}
}

func TestSaveNamesItsBillAndReturnsWhatWasAsked(t *testing.T) {
	t.Parallel()
	r := loggedIn(t, Options{})
	recorder := r.raw("Save", "SAL_OUTSTOCK", `{"NeedReturnFields":["FBillNo","FID","FEntity.FENTRYID","FEntity.FMaterialID"],"Model":`+model("1")+`}`)
	want := `{"Result":{"ResponseStatus":{"IsSuccess":true,"Errors":[],"SuccessEntitys":[{"Id":100001,"Number":"1","DIndex":0}],"SuccessMessages":[],"MsgCode":0},` +
		`"Id":100001,"Number":"1","NeedReturnData":[{"FBillNo":"1","FID":100001,"FEntity":[{"FENTRYID":200001,"FMaterialID":"SKU-1"}]}]}}`
	if got := recorder.Body.String(); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got := r.do("Save", `{"Model":`+model("1")+`}`); got.Result.ID != nil || got.Result.ResponseStatus.MsgCode != 11 {
		t.Errorf("duplicate: got %+v", got)
	}
	if got := r.do("Save", `{"Model":[`+model("2")+`]}`).Result.ResponseStatus.MsgCode; got != 8 {
		t.Errorf("Save with an array: got MsgCode %d, want 8", got)
	}
}

func TestANewBillTakesEveryFieldWhateverIsToBeUpdated(t *testing.T) {
	t.Parallel()
	r := loggedIn(t, Options{})
	if got := r.batch(`,"NeedUpDateFields":["FNote"]`, model("1")); !got.Result.ResponseStatus.IsSuccess || r.server.Bills()[0].Header["F_KLF_Text"] != "so-1" {
		t.Errorf("got %v and %+v", got.errors(), r.server.Bills())
	}
}

func TestARepeatedPackageIsRefusedWhereAskedFor(t *testing.T) {
	t.Parallel()
	r := loggedIn(t, Options{})
	var got []bool
	for range 2 {
		got = append(got, r.batch(`,"ValidateRepeatJson":true`, model("")).Result.ResponseStatus.IsSuccess,
			r.batch("", model("")).Result.ResponseStatus.IsSuccess)
	}
	if fmt.Sprint(got) != "[true true false true]" {
		t.Errorf("got %v, want the third refused", got)
	}
}

func TestADraftNeedNotBeComplete(t *testing.T) {
	t.Parallel()
	r := loggedIn(t, Options{})
	bare := model("1", `"FCustomerID":{"FNumber":"C0001"},`, "", "SKU-1", "")
	if got := r.do("Draft", `{"Model":`+bare+`,"IsAutoSubmitAndAudit":true}`); !got.Result.ResponseStatus.IsSuccess {
		t.Fatalf("draft: got %v", got.errors())
	}
	if got := r.entry("1").State; got != "Z" {
		t.Errorf("state: got %s, want Z", got)
	}
	if got := r.do("Submit", `{"Numbers":["1"]}`).Result.ResponseStatus.MsgCode; got != 12 {
		t.Errorf("submit of a draft: got MsgCode %d, want 12", got)
	}
	if got := r.do("Save", `{"Model":`+strings.Replace(bare, `"FID":0`, `"FID":100001`, 1)+`}`); len(got.errors()) != 2 {
		t.Errorf("save of an incomplete draft: got %v, want two errors", got.errors())
	}
	if got := r.do("Save", `{"Model":`+model("1", `"FID":0`, `"FID":"100001"`)+`}`); !got.Result.ResponseStatus.IsSuccess || r.entry("1").State != "A" {
		t.Errorf("save of the draft: got %v, state %s", got.errors(), r.entry("1").State)
	}
}

func TestABillIsChangedByItsFIDUntilItIsAudited(t *testing.T) {
	t.Parallel()
	r := loggedIn(t, Options{})
	row := `{"FMaterialID":{"FNumber":"SKU-2"},"FStockID":{"FNumber":"10001"},"FRealQty":1}`
	r.batch("", model("1", `"FEntity":[`, `"FEntity":[`+row+`,`))
	update := `{"FID":100001,"FNote":"neu","F_KLF_Text":"neu","FEntity":[{"FENTRYID":200002,"FRealQty":5}]}`
	got := r.do("Save", `{"NeedUpDateFields":["FNote","FEntity","FRealQty"],"IsDeleteEntry":false,"Model":`+update+`}`)
	b := r.server.Bills()[0]
	if !got.Result.ResponseStatus.IsSuccess || b.Header["FNote"] != "neu" || b.Header["F_KLF_Text"] != "so-1" || len(b.Rows) != 2 ||
		b.Rows[1]["FRealQty"] != "5" || b.Rows[1]["FMaterialID"] != "SKU-1" {
		t.Errorf("update: got %v and %+v", got.errors(), b)
	}
	r.do("Save", `{"Model":`+update+`}`)
	if b := r.server.Bills()[0]; b.Header["F_KLF_Text"] != "neu" || len(b.Rows) != 1 {
		t.Errorf("update with deletion: got %+v", b)
	}
	if e := r.entry("1"); e.Created != 1 || e.Updated != 2 {
		t.Errorf("ledger: got %+v, want one creation and two updates", e)
	}
	r.do("Save", `{"Model":{"FID":100001,"FBillNo":"renamed","FEntity":[{"FENTRYID":200002}]}}`)
	if got := r.query("FID,FBillNo", "FBillNo in ('1','renamed')"); got != `[[100001,"renamed"]]` {
		t.Errorf("renamed: got %s", got)
	}
	if got := r.batch("", model("1")); !got.Result.ResponseStatus.IsSuccess {
		t.Errorf("the old number is not free: %v", got.errors())
	}
	r.do("Submit", `{"Ids":"100001"}`)
	if got := r.do("Save", `{"Model":`+update+`}`).Result.ResponseStatus; got.MsgCode != 12 {
		t.Errorf("update in review: got %+v, want MsgCode 12", got)
	}
	r.do("Audit", `{"Ids":"100001"}`)
	sameTexts(t, "update of an audited bill", r.do("Save", `{"Model":`+update+`}`).errors(), []string{"0 null 单据已审核，不允许修改"})
	if got := r.do("Save", `{"Model":{"FID":7}}`); len(got.errors()) != 1 || got.Result.ResponseStatus.MsgCode != 9 {
		t.Errorf("unknown FID: got %v", got.errors())
	}
}

func TestNegativeStockNeedsConfirmation(t *testing.T) {
	t.Parallel()
	onHand := func(material, stock string) decimal.Decimal {
		if material == "SKU-1" && stock == "10001" {
			return decimal.RequireFromString("3")
		}
		return decimal.Zero
	}
	r := loggedIn(t, Options{Stock: onHand})
	got := r.batch(`,"IsAutoSubmitAndAudit":true`, model("1"), model("2"), model("3", `"FRealQty":2`, `"FRealQty":3.0001`))
	sameTexts(t, "saved", got.saved(), []string{"0 1"})
	if r.entry("2").State != "B" || r.entry("2").Created != 1 || r.entry("3").Created != 0 {
		t.Errorf("short bills: got %+v and %+v, want the second saved and the third not", r.entry("2"), r.entry("3"))
	}
	if got := r.do("Audit", `{"Numbers":["2"]}`); got.Result.ResponseStatus.IsSuccess {
		t.Error("audit of a short bill went through")
	}
	if got := r.do("Audit", `{"Numbers":["2"],"InterationFlags":"X;STK_InvCheckResult"}`); !got.Result.ResponseStatus.IsSuccess {
		t.Errorf("confirmed audit: got %v", got.errors())
	}
	if got := r.do("UnAudit", `{"Numbers":["1"]}`); !got.Result.ResponseStatus.IsSuccess {
		t.Errorf("unaudit: got %v", got.errors())
	}
	if got := r.batch("", model("4", `"FRealQty":2`, `"FRealQty":1`)); !got.Result.ResponseStatus.IsSuccess {
		t.Errorf("3 on hand, 2 taken, 1 asked: got %v", got.errors())
	}
	r = loggedIn(t, Options{NegativeStock: true})
	if got := r.batch("", model("1")); got.Result.ResponseStatus.IsSuccess {
		t.Error("a bill without stock went through")
	}
	if got := r.batch(`,"InterationFlags":"STK_InvCheckResult","IsAutoSubmitAndAudit":true`, model("1")); !got.Result.ResponseStatus.IsSuccess {
		t.Errorf("confirmed: got %v", got.errors())
	}
}

func TestAFailedAuditLeavesTheBillSubmitted(t *testing.T) {
	t.Parallel()
	// fault 25: saved, but not audited
	r := loggedIn(t, Options{AuditFails: true})
	got := r.batch(`,"IsAutoSubmitAndAudit":"true"`, model("1"), model("2", "C0001", ""))
	sameTexts(t, "errors", got.errors(), []string{"1 FCustomerID 字段“客户”是必填项", "0 null 单据审核失败"})
	sameTexts(t, "saved", got.saved(), nil)
	if got := r.query("FBillNo,FID,FDocumentStatus", "FBillNo in ('1','2')"); got != `[["1",100001,"B"]]` {
		t.Errorf("query: got %s", got)
	}
	r.server.SetAuditFails(false)
	if got := r.do("Audit", `{"Numbers":["1"]}`); !got.Result.ResponseStatus.IsSuccess || r.entry("1").State != "C" {
		t.Errorf("audit afterwards: got %v, state %s", got.errors(), r.entry("1").State)
	}
}

func TestALostAnswerLeavesExactlyOneBill(t *testing.T) {
	t.Parallel()
	// fault 23: lost response after commit
	r := loggedIn(t, Options{}, fault.Rule{Kind: fault.LostAnswer, Endpoint: Save, Count: 1})
	server := httptest.NewServer(r.mux)
	defer server.Close()
	body, err := json.Marshal(map[string]any{"parameters": []string{"SAL_OUTSTOCK", `{"IsAutoSubmitAndAudit":true,"Model":[` + model("1") + `]}`}})
	if err != nil {
		t.Fatal(err)
	}
	send := func() (string, error) {
		request, err := http.NewRequest(http.MethodPost, server.URL+formPath+"BatchSave.common.kdsvc", strings.NewReader(string(body)))
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("kdservice-sessionid", r.sid)
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			return "", err
		}
		defer response.Body.Close()
		recorder := httptest.NewRecorder()
		_, err = recorder.Body.ReadFrom(response.Body)
		return recorder.Body.String(), err
	}
	if got, err := send(); err == nil {
		t.Fatalf("got %s, want a broken connection", got)
	}
	if got := r.query("FBillNo,FID,FDocumentStatus", "FBillNo='1'"); got != `[["1",100001,"C"]]` {
		t.Errorf("look-up: got %s, want the bill", got)
	}
	if got, err := send(); err != nil || !strings.Contains(got, "编码唯一") {
		t.Errorf("a blind repetition: got %s (%v), want the duplicate's refusal", got, err)
	}
	if e := r.entry("1"); e.Created != 1 || e.Refused != 1 || len(r.server.Bills()) != 1 {
		t.Errorf("got %+v and %d bills, want one", e, len(r.server.Bills()))
	}
}
