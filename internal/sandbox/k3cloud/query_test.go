package k3cloud

import (
	"fmt"
	"strings"
	"testing"
)

// threeBills has a bill that is audited, one with two rows, and one in dollars.
func threeBills(t *testing.T) *rig {
	r := loggedIn(t, Options{})
	row := `{"FMaterialID":{"FNumber":"SKU-2"},"FStockID":{"FNumber":"10002"},"FRealQty":0.5,"FIsFree":true}`
	r.batch("", model("10000001"), model("10000002", `"FEntity":[`, `"FEntity":[`+row+`,`), model("it's", "PRE001", "PRE007", "2024-05-01", "2024-06-01"))
	r.do("Submit", `{"Numbers":["10000001"]}`)
	r.do("Audit", `{"Numbers":["10000001"]}`)
	return r
}

func TestAQueryFindsBillsByTheirNumbers(t *testing.T) {
	t.Parallel()
	r := threeBills(t)
	for _, test := range []struct{ keys, filter, want string }{
		{"FBillNo,FID,FDocumentStatus", "FBillNo='10000001'", `[["10000001",100001,"C"]]`},
		{"FBillNo,FID,FDocumentStatus", "FBillNo in ('10000001','10000002','x')", `[["10000001",100001,"C"],["10000002",100002,"A"]]`},
		{" fbillno , fid ", "fbillno = 'x'", `[]`},
		{"FBillNo", "FBillNo='it''s'", `[["it's"]]`},
		{"FBillNo", "FBillNo in ('it''s', N'10000001')", `[["10000001"],["it's"]]`},
		{"FBillNo", "FBillNo in ('10000001','10000002') and FDocumentStatus='A'", `[["10000002"]]`},
		{"FBillNo", "FBillNo='10000001' and FDocumentStatus='A' or FBillNo='it''s'", `[["it's"]]`},
		{"FBillNo", "FBillNo='it''s' and (FDocumentStatus='A' or FDocumentStatus='C')", `[["it's"]]`},
		{"FBillNo", "FDocumentStatus<>'A'", `[["10000001"]]`},
		{"FBillNo", "FID>=100002 and FID < 100003", `[["10000002"]]`},
		{"FBillNo", "FDate>'2024-05-31'", `[["it's"]]`},
		{"FBillNo", "FDate='2024-05-01 10:20:30' and FBillNo!='10000001'", `[["10000002"]]`},
		{"FBillNo,FSettleCurrID.FNumber,FDate", "FSettleCurrID.FNumber='PRE007'", `[["it's","PRE007","2024-06-01T10:20:30"]]`},
		{"FCustomerID.FNumber,FCustomerID.FName,FLinkMan,FCarrierID.FNumber,FCarrierID,FAllDisCount", "FID=100001", `[["C0001","名称C0001","",null,0,0]]`},
		{"FBillNo,FMaterialID.FNumber,FRealQty,FTaxPrice,FIsFree", "FBillNo='10000002'", `[["10000002","SKU-2",0.5,0,true],["10000002","SKU-1",2,19.9,false]]`},
		{"FBillNo", "FMaterialID.FNumber='SKU-2'", `[["10000002"]]`},
		{"FBillNo", "FIsFree='1'", `[["10000002"]]`},
		{"FBillNo", "FBillNo='10000002'", `[["10000002"]]`},
	} {
		if got := r.query(test.keys, test.filter); got != test.want {
			t.Errorf("%s where %s: got %s, want %s", test.keys, test.filter, got, test.want)
		}
	}
}

func TestAFilterMayBeAnArrayOfConditions(t *testing.T) {
	t.Parallel()
	r := threeBills(t)
	for filter, want := range map[string]string{
		`[]`: `[["10000001"],["10000002"],["it's"]]`,
		`[{"Left":"(","FieldName":"FBillNo","Compare":"=","Value":"it's","Right":")","Logic":"AND"}]`:                                    `[["it's"]]`,
		`[{"FieldName":"FBillNo","Compare":"in","Value":"10000001,10000002"},{"FieldName":"FDocumentStatus","Compare":"=","Value":"A"}]`: `[["10000002"]]`,
		`[{"FieldName":"FID","Compare":"=","Value":"100001","Logic":"or"},{"FieldName":"FID","Compare":"=","Value":"100003"}]`:           `[["10000001"],["it's"]]`,
	} {
		if got := r.raw("ExecuteBillQuery", `{"FormId":"SAL_OUTSTOCK","FieldKeys":"FBillNo","FilterString":`+filter+`}`).Body.String(); got != want {
			t.Errorf("%s: got %s, want %s", filter, got, want)
		}
	}
}

func TestErrorsOfAQueryAreATableOfOneCell(t *testing.T) {
	t.Parallel()
	r := threeBills(t)
	wrapped := func(code int, message string) string {
		return fmt.Sprintf(`{"Result":{"ResponseStatus":{"ErrorCode":500,"IsSuccess":false,"Errors":[{"FieldName":null,"Message":"%s","DIndex":0}],`+
			`"SuccessEntitys":[],"SuccessMessages":[],"MsgCode":%d}}}`, message, code)
	}
	for query, want := range map[string]string{
		`{"FormId":"SAL_OUTSTOCK","FieldKeys":"FBillNo,FImage"}`:                             wrapped(9, "元数据中标识为FImage的字段不存在"),
		`{"FormId":"SAL_OUTSTOCK","FieldKeys":"FBillNo.FNumber"}`:                            wrapped(9, "元数据中标识为FBillNo.FNumber的字段不存在"),
		`{"FormId":"SAL_OUTSTOCK","FieldKeys":"FBillNo","FilterString":"FImage=1"}`:          wrapped(9, "元数据中标识为FImage的字段不存在"),
		`{"FormId":"SAL_OUTSTOCK","FieldKeys":"FBillNo","OrderString":"FImage"}`:             wrapped(9, "元数据中标识为FImage的字段不存在"),
		`{"FormId":"T_X","FieldKeys":"FBillNo"}`:                                             wrapped(4, "标识为“T_X”的业务对象不存在，或者被删除。"),
		`{"FormId":"SAL_OUTSTOCK","FieldKeys":"FBillNo","FilterString":"FBillNo='1"}`:        wrapped(4, "过滤条件不正确"),
		`{"FormId":"SAL_OUTSTOCK","FieldKeys":"FBillNo","FilterString":"FBillNo"}`:           wrapped(4, "过滤条件不正确"),
		`{"FormId":"SAL_OUTSTOCK","FieldKeys":"FBillNo","FilterString":"FBillNo in ('1'"}`:   wrapped(4, "过滤条件不正确"),
		`{"FormId":"SAL_OUTSTOCK","FieldKeys":"FBillNo","FilterString":"FBillNo='1' and"}`:   wrapped(4, "过滤条件不正确"),
		`{"FormId":"SAL_OUTSTOCK","FieldKeys":"FBillNo","FilterString":"FBillNo='1' FID=1"}`: wrapped(4, "过滤条件不正确"),
		`{"FormId":"SAL_OUTSTOCK","FieldKeys":"FBillNo","FilterString":"(FBillNo='1'"}`:      wrapped(4, "过滤条件不正确"),
	} {
		if got := r.raw("ExecuteBillQuery", query).Body.String(); got != "[["+want+"]]" {
			t.Errorf("ExecuteBillQuery %s: got %s, want [[%s]]", query, got, want)
		}
		if got := r.raw("BillQuery", query).Body.String(); got != want {
			t.Errorf("BillQuery %s: got %s, want %s", query, got, want)
		}
	}
}

func TestBillQueryAnswersWithObjects(t *testing.T) {
	t.Parallel()
	r := threeBills(t)
	got := r.raw("BillQuery", `{"FormId":"SAL_OUTSTOCK","FieldKeys":"FBillNo,FCustomerID.FNumber","FilterString":"FID=100001"}`).Body.String()
	if want := `[{"FBillNo":"10000001","FCustomerID.FNumber":"C0001"}]`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestAQueryIsSortedAndCut(t *testing.T) {
	t.Parallel()
	r := threeBills(t)
	for more, want := range map[string]string{
		`"OrderString":"FBillNo DESC"`:              `[["it's"],["10000002"],["10000001"]]`,
		`"OrderString":"FDocumentStatus, FID desc"`: `[["it's"],["10000002"],["10000001"]]`,
		`"Limit":2`:                    `[["10000001"],["10000002"]]`,
		`"Limit":"2","StartRow":"1"`:   `[["10000002"],["it's"]]`,
		`"StartRow":7`:                 `[]`,
		`"TopRowCount":2,"StartRow":1`: `[["10000002"]]`,
		`"TopRowCount":0,"Limit":0`:    `[["10000001"],["10000002"],["it's"]]`,
		`"FilterString":"FBillNo='it''s'","SubSystemId":"","Limit":1`: `[["it's"]]`,
	} {
		if got := r.raw("ExecuteBillQuery", `{"FormId":"SAL_OUTSTOCK","FieldKeys":"FBillNo",`+more+`}`).Body.String(); got != want {
			t.Errorf("%s: got %s, want %s", more, got, want)
		}
	}
}

func TestAQueryReturnsTwoThousandRowsUnlessAskedForMore(t *testing.T) {
	t.Parallel()
	r := loggedIn(t, Options{})
	models := make([]string, 10001)
	for i := range models {
		models[i] = `{"FBillNo":"` + fmt.Sprint(i) + `"}`
	}
	r.batch(`,"ValidateFlag":false`, models...)
	for limit, want := range map[int]int{0: 2000, 2001: 2001, 10000: 10000, 20000: 10000} {
		got := r.raw("ExecuteBillQuery", fmt.Sprintf(`{"FormId":"SAL_OUTSTOCK","FieldKeys":"FID","Limit":%d}`, limit)).Body.String()
		if rows := strings.Count(got, "],[") + 1; rows != want {
			t.Errorf("limit %d: got %d rows, want %d", limit, rows, want)
		}
	}
}

func TestTheSessionPingAsksForACurrency(t *testing.T) {
	t.Parallel()
	r := loggedIn(t, Options{})
	got := r.raw("ExecuteBillQuery", `{"FormId":"BD_Currency","FieldKeys":"FCODE,FNAME","FilterString":"FNUMBER='PRE001'"}`).Body.String()
	if want := `[["CNY","人民币"]]`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
