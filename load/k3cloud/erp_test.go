package k3cloud_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"pandian/internal/erphttp"
	"pandian/load"
	"pandian/load/k3cloud"
)

// request is one call as the server got it.
type request struct {
	method     string
	parameters []string // a text as its text, anything else as JSON
	header     http.Header
}

// kept is a bill that the server has.
type kept struct {
	id                           int
	status, text, date, customer string
}

// erp is a small server with bills in it. override answers a call in its stead where
// it returns true; n counts the calls of the method from 1.
type erp struct {
	*testing.T
	url string

	mutex    sync.Mutex
	requests []request
	bills    map[string]*kept
	saves    map[string]int
	logins   int
	busy     map[string]bool
	override func(w http.ResponseWriter, got request, n int) bool
}

func serve(t *testing.T) *erp {
	t.Helper()
	e := &erp{T: t, bills: map[string]*kept{}, saves: map[string]int{}, busy: map[string]bool{}}
	server := httptest.NewServer(http.HandlerFunc(e.serve))
	t.Cleanup(server.Close)
	e.url = server.URL + "/k3cloud"
	return e
}

func (e *erp) serve(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	var sent struct{ Parameters []json.RawMessage }
	if err := json.Unmarshal(body, &sent); err != nil || r.Method != http.MethodPost {
		e.Errorf("got %s %s with %s", r.Method, r.URL, body)
	}
	name := regexp.MustCompile(`^/k3cloud/Kingdee\.BOS\.WebApi\.ServicesStub\.(?:AuthService|DynamicFormService)\.(\w+)\.common\.kdsvc$`).FindStringSubmatch(r.URL.Path)
	if name == nil {
		e.Errorf("got a call of %s", r.URL.Path)
		return
	}
	got := request{method: name[1], header: r.Header}
	for _, one := range sent.Parameters {
		got.parameters = append(got.parameters, string(erphttp.ReadText(one)))
	}
	session := r.Header.Get("kdservice-sessionid")
	e.mutex.Lock()
	if session != "" && e.busy[session] {
		e.Errorf("two calls at once on session %s", session)
	}
	e.busy[session] = true
	e.requests = append(e.requests, got)
	n, override := e.count(got.method), e.override
	e.mutex.Unlock()
	if override == nil || !override(w, got, n) {
		time.Sleep(time.Millisecond) // long enough for calls to overlap
		_, _ = io.WriteString(w, e.answer(w, got))
	}
	e.mutex.Lock()
	delete(e.busy, session)
	e.mutex.Unlock()
}

func (e *erp) count(method string) (n int) {
	for _, one := range e.requests {
		if one.method == method {
			n++
		}
	}
	return n
}

func (e *erp) calls(method string) []request {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	return slices.DeleteFunc(slices.Clone(e.requests), func(one request) bool { return one.method != method })
}

func (e *erp) answer(w http.ResponseWriter, got request) string {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	switch got.method {
	case "ValidateUser", "LoginByAppSecret", "LoginBySign":
		e.logins++
		http.SetCookie(w, &http.Cookie{Name: "ASP.NET_SessionId", Value: fmt.Sprintf("asp-cookie-%d", e.logins)})
		return fmt.Sprintf(`{"Message":null,"LoginResultType":1,"KDSVCSessionId":"session-%d","IsSuccessByAPI":true}`, e.logins)
	case "Save", "BatchSave":
		return e.save(got)
	case "Submit", "Audit":
		return e.step(got)
	case "ExecuteBillQuery":
		return e.query(got.parameters[0])
	default:
		return `true`
	}
}

type model struct {
	FBillNo     erphttp.Text
	FText       string `json:"F_KLF_Text"`
	FDate       string
	FCustomerID struct{ FNumber string }
}

// save keeps each bill on its own. Complaints are grouped by check: first all
// customers, then all stocks.
func (e *erp) save(got request) string {
	var data struct {
		Model                json.RawMessage
		IsAutoSubmitAndAudit erphttp.Text
	}
	e.must(json.Unmarshal([]byte(got.parameters[1]), &data))
	models := []model{{}}
	if data.Model[0] == '[' {
		e.must(json.Unmarshal(data.Model, &models))
	} else {
		e.must(json.Unmarshal(data.Model, &models[0]))
	}
	var done, customers, numbers []string
	for i, one := range models {
		number := string(one.FBillNo)
		switch {
		case one.FCustomerID.FNumber == "":
			customers = append(customers, complaint("FCustomerID", "字段“客户”是必填项", i))
			numbers = append(numbers, complaint("FStockID", "单据体实体【明细信息】第【1】行分录，【仓库】字段必录", i))
		case e.bills[number] != nil:
			numbers = append(numbers, complaint("FBillNo", "违反字段唯一性要求：编码唯一。["+number+"]在当前系统中已经被使用。", i))
		default:
			e.saves[number]++
			bill := &kept{id: 100000 + len(e.bills), status: "A", text: one.FText, date: one.FDate, customer: one.FCustomerID.FNumber}
			if data.IsAutoSubmitAndAudit == "true" {
				bill.status = "C"
			}
			e.bills[number] = bill
			done = append(done, fmt.Sprintf(`{"Id":%d,"Number":%q,"DIndex":%d}`, bill.id, number, i))
		}
	}
	return envelope("11", done, append(customers, numbers...))
}

func (e *erp) step(got request) string {
	var data struct{ Numbers []string }
	e.must(json.Unmarshal([]byte(got.parameters[1]), &data))
	from, to := "A", "B"
	if got.method == "Audit" {
		from, to = "B", "C"
	}
	var done, wrong []string
	for i, number := range data.Numbers {
		bill := e.bills[number]
		if bill == nil || bill.status != from {
			wrong = append(wrong, complaint("", "状态不对", i))
			continue
		}
		bill.status = to
		done = append(done, fmt.Sprintf(`{"Id":%d,"Number":%q,"DIndex":%d}`, bill.id, number, i))
	}
	return envelope("12", done, wrong)
}

func (e *erp) query(text string) string {
	var asked struct {
		FieldKeys, FilterString string
	}
	e.must(json.Unmarshal([]byte(text), &asked))
	rows := [][]any{}
	for _, quoted := range regexp.MustCompile(`'(?:[^']|'')*'`).FindAllString(asked.FilterString, -1) {
		number := strings.ReplaceAll(quoted[1:len(quoted)-1], "''", "'")
		bill := e.bills[number]
		if bill == nil {
			continue
		}
		row := []any{}
		for key := range strings.SplitSeq(asked.FieldKeys, ",") {
			cells := map[string]any{
				"FBillNo": number, "FID": bill.id, "FDocumentStatus": bill.status,
				"F_KLF_Text": bill.text, "FDate": bill.date + "T00:00:00", "FCustomerID.FNumber": bill.customer,
			}
			if _, isKnown := cells[key]; !isKnown {
				return `[[` + envelope("9", nil, []string{complaint("", "元数据中标识为"+key+"的字段不存在", 0)}) + `]]`
			}
			row = append(row, cells[key])
		}
		rows = append(rows, row)
	}
	answer, err := json.Marshal(rows)
	e.must(err)
	return string(answer)
}

func (e *erp) must(err error) {
	if err != nil {
		e.Errorf("server: %v", err)
	}
}

func complaint(field, message string, index int) string {
	name := "null"
	if field != "" {
		name = strconv.Quote(field)
	}
	text, _ := json.Marshal(message)
	return fmt.Sprintf(`{"FieldName":%s,"Message":%s,"DIndex":%d}`, name, text, index)
}

// envelope is an answer; msgCode stands in it only when something was refused.
func envelope(msgCode string, done, wrong []string) string {
	head := `"IsSuccess":true,"MsgCode":0`
	if len(wrong) > 0 {
		head = `"ErrorCode":500,"IsSuccess":false,"MsgCode":` + msgCode
	}
	return fmt.Sprintf(`{"Result":{"ResponseStatus":{%s,"Errors":[%s],"SuccessEntitys":[%s],"SuccessMessages":[]}}}`,
		head, strings.Join(wrong, ","), strings.Join(done, ","))
}

// says lets the server answer the first calls of a method with a text.
func (e *erp) says(method string, calls int, body string) {
	e.override = func(w http.ResponseWriter, got request, n int) bool {
		if got.method != method || n > calls {
			return false
		}
		_, _ = io.WriteString(w, body)
		return true
	}
}

const (
	appID     = "200001_QUJDREVGR0hJSktMTU5PUFFSU1RVVldY"
	appSecret = "0123456789abcdef0123456789abcdef"
)

func connection(e *erp) k3cloud.Connection {
	return k3cloud.Connection{
		URL: e.url, AcctID: "64f0c1d2e3a4b5", UserName: "demo", AppID: appID, AppSecret: appSecret, Password: "CANARY-password",
		HTTP: erphttp.Settings{Timeout: 400 * time.Millisecond, MaxAttempts: 2, BaseDelay: time.Millisecond},
	}
}

func newTarget(t *testing.T, conn k3cloud.Connection) *k3cloud.Target {
	t.Helper()
	target, err := k3cloud.New(conn, erphttp.Deps{})
	if err != nil {
		t.Fatal(err)
	}
	return target
}

// document is a first attempt at a bill that is audited in the call that saves it.
func document(number string) load.Document {
	return documentOf(number, `"IsAutoSubmitAndAudit":true,`, `"FCustomerID":{"FNumber":"C0001"}`)
}

// plain is the same without the audit.
func plain(number string) load.Document {
	return documentOf(number, "", `"FCustomerID":{"FNumber":"C0001"}`)
}

func documentOf(number, options, customer string) load.Document {
	return load.Document{Key: "key-" + number, Revision: 1, Attempt: 1, Payload: fmt.Appendf(nil,
		`{"FormId":"SAL_OUTSTOCK","Operation":"BatchSave",%s"IsVerifyBaseDataField":false,"InterationFlags":"STK_InvCheckResult",`+
			`"Model":{"FBillTypeID":{"FNUMBER":"XSCKD01_SYS"},"FBillNo":%q,"FDate":"2024-05-01 10:20:30",%s,"F_KLF_Text":"so-%s"}}`,
		options, number, customer, number)}
}

func documents(from, to int) []load.Document {
	var all []load.Document
	for n := from; n <= to; n++ {
		all = append(all, document(strconv.Itoa(10000000+n)))
	}
	return all
}

func send(t *testing.T, target *k3cloud.Target, all ...load.Document) []load.Outcome {
	t.Helper()
	outcomes, err := target.Send(t.Context(), all)
	if err != nil || len(outcomes) != len(all) {
		t.Fatalf("send: got %d outcomes and %v, want %d", len(outcomes), err, len(all))
	}
	return outcomes
}

func lookup(t *testing.T, target *k3cloud.Target, all ...load.Document) []load.Outcome {
	t.Helper()
	outcomes, err := target.Lookup(t.Context(), all)
	if err != nil || len(outcomes) != len(all) {
		t.Fatalf("look up: got %d outcomes and %v, want %d", len(outcomes), err, len(all))
	}
	return outcomes
}

func wantState(t *testing.T, name string, got load.Outcome, state load.State, message string) {
	t.Helper()
	if got.State != state || !strings.Contains(got.Message, message) {
		t.Errorf("%s: got %s %q, want %s with %q", name, got.State, got.Message, state, message)
	}
}
