package tplus

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"testing"

	"pandian/load"
)

// row is one line of the platform's error table, and what it must come to.
type row struct {
	status   int
	body     string // of saleDispatch/Create
	decision Decision
	// state of the document; empty where the target is unavailable.
	state load.State
	calls int
}

func failure(code, message string) string {
	return fmt.Sprintf(`{"code":%q,"message":%q,"data":{"Code":%q,"StatusCode":400,"islogerror":"1"}}`, code, message, code)
}

// Every line of the platform's table, the ones with several signals once for each.
func rows() []row {
	return []row{
		{400, failure("4001", ""), Barred, "", 1},
		{400, failure("4002", ""), Barred, "", 1},
		{400, failure("4003", ""), Barred, "", 1},
		{400, failure("4008", ""), Barred, "", 1},
		{401, failure("4007", "token invalid"), Expired, "", 2},
		{200, failure("14002", "请求过快"), Throttled, "", 3},
		{500, failure("500", "internal"), InDoubt, load.InDoubt, 1},
		{200, failure("500", "internal"), InDoubt, load.InDoubt, 1},
		{500, failure("50000", "系统异常"), Barred, "", 1},
		{200, failure("50003", "配置错误"), Barred, "", 1},
		{401, failure("50112", "用量超限"), Barred, "", 1},
		{403, failure("50112", "appKey不匹配"), Barred, "", 1},
		{200, failure("50112", "?"), Barred, "", 1},
		{403, failure("50107", "openToken已失效"), Expired, "", 2},
		{401, failure("50000", ""), Barred, "", 1},
		{403, failure("50000", ""), Barred, "", 1},
		{404, failure("50000", ""), Barred, "", 1},
		{409, `{"error":"too many"}`, Throttled, "", 3},
		{429, ``, Throttled, "", 3},
		{400, failure("EXERROR0001", "网络异常"), InDoubt, load.InDoubt, 1},
		{400, failure("EXERROR0001", "参数不能为空"), Refused, load.Rejected, 1},
		{400, failure("EXSM0003", "提供令牌信息不正确"), Expired, "", 2},
		{400, failure("EXSM0004", "用户已登录"), Expired, "", 2},
		{400, failure("EXSV0011", "服务名不正确"), Paused, "", 2},
		{400, failure("999", "预开工日不能早于单据日期！"), Refused, load.Rejected, 1},
		{999, `{"message":"预开工日不能早于单据日期！"}`, Refused, load.Rejected, 1},
		{200, failure("999", "预开工日不能早于单据日期！"), Refused, load.Rejected, 1},
		{400, failure("999", "在位置 0 处没有任何行。"), Refused, load.Rejected, 1},
		{400, failure("EXERROR0001", "NoAuthOrData"), Refused, load.Rejected, 1},
		{500, failure("999", "索引超出范围。必须为非负值并小于集合大小。"), Refused, load.Rejected, 1},
		{500, failure("999", "未将对象引用设置到对象的实例。"), Refused, load.Rejected, 1},
		{400, failure("999", "System.NullReferenceException: Object reference not set to an instance of an object."), Refused, load.Rejected, 1},
		{400, failure("999", "CK1 已存在"), Duplicate, load.Rejected, 1},
		{200, failure("EXERROR0001", "单据编码重复"), Duplicate, load.Rejected, 1},
		{400, failure("999", "token已过期"), Expired, "", 2},
	}
}

// beyond are answers that no line of the table is about.
func beyond() []row {
	return []row{
		{400, failure("EX7", "不行"), "", load.Rejected, 1},
		{400, `{"Message":"不行"}`, "", load.Rejected, 1},
		{500, failure("EX7", "不行"), "", load.InDoubt, 1},
		{502, `<html>`, "", load.InDoubt, 1},
		{500, ``, "", load.InDoubt, 1},
		{302, ``, "", load.InDoubt, 1},
		{200, ``, "", load.InDoubt, 1},
		{404, `<html>`, "", "", 3},
		{405, ``, "", "", 3},
	}
}

func TestCodes_come_to_their_decision(t *testing.T) {
	t.Parallel()
	for _, row := range append(rows(), beyond()...) {
		t.Run(fmt.Sprint(row.status, row.body), func(t *testing.T) {
			t.Parallel()
			s := serve(t)
			s.answer = func(w http.ResponseWriter, path string, _ int, _ string) bool {
				if path != createPath {
					return false
				}
				w.WriteHeader(row.status)
				_, _ = io.WriteString(w, row.body)
				return true
			}
			outcomes, err := newTarget(t, oauth(s), nil).Send(t.Context(), []load.Document{sale("CK1")})
			var unavailable *load.UnavailableError
			isUnavailable := errors.As(err, &unavailable)
			if isUnavailable != (row.state == "") || !isUnavailable && (err != nil || outcomes[0].State != row.state) {
				t.Errorf("got %+v and error %v, want %q", outcomes, err, row.state)
			}
			if got := s.count(createPath); got != row.calls {
				t.Errorf("got %d calls, want %d", got, row.calls)
			}
			if isLookedInto := s.count(findPath) > 0; isLookedInto != (row.decision == Duplicate) {
				t.Errorf("got %d look-ups", s.count(findPath))
			}
			noCanary(t, fmt.Sprint(outcomes, err))
		})
	}
}

func TestCodes_are_each_a_row_of_the_test(t *testing.T) {
	t.Parallel()
	tested := make([]bool, len(Codes()))
	for _, row := range rows() {
		found, _ := readEnvelope([]byte(row.body))
		code, message := found.failure()
		if message == "" {
			message = string(found.Message)
		}
		at := slices.IndexFunc(Codes(), func(c Code) bool { return c.fits(row.status, code, message) })
		if at < 0 || Codes()[at].Decision != row.decision {
			t.Fatalf("%d %s: got row %d, want one that is %s", row.status, row.body, at, row.decision)
		}
		tested[at] = true
	}
	for at, code := range Codes() {
		if !tested[at] {
			t.Errorf("%s %s has no row in the test", code.Code, code.Meaning)
		}
	}
}
