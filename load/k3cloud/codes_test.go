package k3cloud_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"pandian/load"
	"pandian/load/k3cloud"
)

// codeCase is what a refusal of a first BatchSave must lead to when the platform
// does not have the bill, when it has ours, and when it has somebody else's.
type codeCase struct {
	code, field, message string // as the platform sends them
	decision             k3cloud.Decision
	absent, ours, others load.State // empty: the target is not available
	wait                 time.Duration
}

// codeCases are keyed by the row of the table: MsgCode, field, fragment.
func codeCases() map[string]codeCase {
	const r, w, s = load.Rejected, load.Waiting, load.Sent
	final := func(code, field, message string) codeCase {
		return codeCase{code, field, message, k3cloud.Final, r, r, r, 0}
	}
	barred := func(code, message string) codeCase {
		return codeCase{code, "", message, k3cloud.Barred, "", "", "", 0}
	}
	const ten = 10 * time.Second
	return map[string]codeCase{
		"0||":                            final("0", "", "出错"),
		"1||":                            {"1", "", "会话信息已丢失，请重新登录", k3cloud.LoginExpired, "", "", "", 0},
		"2||":                            barred("2", "出错"),
		"3||":                            final("3", "", "出错"),
		"4||":                            {"4", "", "未将对象引用设置到对象的实例", k3cloud.InDoubt, w, s, r, 0},
		"5||":                            final("5", "", "出错"),
		"6||":                            {"6", "", "数据库操作失败", k3cloud.InDoubt, w, s, r, 0},
		"7||":                            barred("7", "出错"),
		"8||":                            final("8", "", "出错"),
		"9||":                            final("9", "", "出错"),
		"10||":                           final("10", "", "出错"),
		"11||":                           final("11", "", "非赠品价格不能为 0"),
		"12||":                           {"12", "", "不可操作", k3cloud.Duplicate, r, s, r, 0},
		"13||":                           {"13", "", "网控冲突", k3cloud.Retryable, w, w, w, ten},
		"14||":                           {"14", "", "调用限制", k3cloud.Throttling, w, w, w, time.Minute},
		"15||":                           barred("15", "出错"),
		"11|FBillNo|":                    {"11", "FBillNo", "违反字段唯一性要求：编码唯一。[1]在当前系统中已经被使用。", k3cloud.Duplicate, r, s, r, 0},
		"11||是必填项":                       final("0", "FCustomerID", "字段“客户”是必填项"),
		"11||字段必录":                       final("", "FStockID", "单据体实体【明细信息】第【1】行分录，【仓库】字段必录"),
		"9||的字段不存在":                      final("4", "", "元数据中标识为FImage的字段不存在"),
		"4||业务对象不存在":                     final("4", "", "标识为“T_X”的业务对象不存在，或者被删除。"),
		"9||编码值":                         final("0", "", `编码值["FYBX20240718000001"]不存在`),
		"1||会话信息已丢失":                     {"0", "", "会话信息已丢失，请重新登录", k3cloud.LoginExpired, "", "", "", 0},
		"12||已审核，不允许修改":                  {"0", "", "单据已审核，不允许修改", k3cloud.Duplicate, r, s, r, 0},
		"0||插件取消了保存操作":                   final("0", "", "插件取消了保存操作"),
		"7||未购买":                         barred("4", "子系统 库存 未购买"),
		"2||没有该功能的操作权限":                  barred("4", "您没有该功能的操作权限"),
		"6||死锁":                          {"4", "", "事务与另一个进程被死锁在锁资源上", k3cloud.Retryable, w, w, w, ten},
		"6||deadlock":                    {"6", "", "Transaction was DEADLOCKED on lock resources", k3cloud.Retryable, w, w, w, ten},
		"1||Session information is lost": {"0", "", "Session information is lost", k3cloud.LoginExpired, "", "", "", 0},
	}
}

// Every row of the table, through the target.
func TestCodes_lead_to_their_decision(t *testing.T) {
	t.Parallel()
	cases := codeCases()
	for _, row := range k3cloud.Codes() {
		key := row.MsgCode + "|" + row.FieldName + "|" + row.Fragment
		test, isCovered := cases[key]
		if !isCovered {
			t.Errorf("row %s is in the table but not in this test", key)
			continue
		}
		delete(cases, key)
		if row.Decision != test.decision {
			t.Errorf("%s: got decision %s, want %s", key, row.Decision, test.decision)
		}
		walk(t, key, test)
	}
	for key := range cases {
		t.Errorf("case %s is no row of the table", key)
	}
}

func walk(t *testing.T, key string, test codeCase) {
	t.Helper()
	for there, want := range map[string]load.State{"": test.absent, "so-1": test.ours, "so-9": test.others} {
		e := serve(t)
		if there != "" {
			e.bills["1"] = &kept{id: 5, status: "C", text: there}
		}
		msgCode := test.code
		if msgCode == "" {
			msgCode = "null"
		}
		e.says("BatchSave", 2, envelope(msgCode, nil, []string{complaint(test.field, test.message, 0)}))
		outcomes, err := newTarget(t, connection(e)).Send(t.Context(), []load.Document{plain("1")})
		var unavailable *load.UnavailableError
		switch {
		case want == "":
			calls := 2 // the second with a new login
			if test.decision == k3cloud.Barred {
				calls = 1
			}
			if !errors.As(err, &unavailable) || len(e.calls("BatchSave")) != calls || e.logins != calls {
				t.Errorf("%s: got %v after %d calls and %d logins, want not available after %d of each", key, err, len(e.calls("BatchSave")), e.logins, calls)
			}
		case err != nil:
			t.Errorf("%s: got %v", key, err)
		case outcomes[0].State != want || outcomes[0].RetryAfter != test.wait:
			t.Errorf("%s with %q there: got %+v, want %s after %s", key, there, outcomes[0], want, test.wait)
		case want != load.Sent && there == "" && !strings.Contains(outcomes[0].Message, strings.TrimSuffix(test.message, "。")):
			t.Errorf("%s: got message %q, want what the platform said", key, outcomes[0].Message)
		}
	}
}

func TestSend_takes_a_duplicate_number_for_one_whatever_the_vague_code_beside_it(t *testing.T) {
	t.Parallel()
	for _, code := range []string{"0", "null", "4"} {
		e := serve(t)
		e.bills["1"] = &kept{id: 5, status: "C", text: "so-1"}
		e.says("BatchSave", 1, envelope(code, nil, []string{complaint("fbillno", "编码唯一", 0)}))
		wantState(t, code, send(t, newTarget(t, connection(e)), plain("1"))[0], load.Sent, "")
	}
	e := serve(t)
	e.says("BatchSave", 1, envelope("11", nil, []string{complaint("FBillNo", "编码唯一", 0)}))
	wantState(t, "hidden", send(t, newTarget(t, connection(e)), plain("1"))[0], load.Rejected, "编码唯一; the number is taken by a bill that the user may not read")
}

func TestSend_does_not_halve_a_batch_in_a_network_conflict(t *testing.T) {
	t.Parallel()
	e := serve(t)
	e.says("BatchSave", 1, envelope("13", nil, []string{complaint("", "网控冲突", 0)}))
	for i, got := range send(t, newTarget(t, connection(e)), plain("1"), plain("2"), plain("3")) {
		wantState(t, fmt.Sprint(i), got, load.Waiting, "")
		if got.RetryAfter != 10*time.Second {
			t.Errorf("%d: got a wait of %s, want 10s", i, got.RetryAfter)
		}
	}
	if n := len(e.calls("BatchSave")); n != 1 {
		t.Errorf("got %d calls, want 1", n)
	}
}

// A refusal of the call as a whole holds for all bills of it, a limit too.
func TestSend_gives_all_bills_of_a_refused_call_their_outcome(t *testing.T) {
	t.Parallel()
	for code, want := range map[string]load.State{"5": load.Rejected, "14": load.Waiting} {
		for _, all := range [][]load.Document{documents(1, 10), {plain("1"), plain("2"), plain("3")}} {
			e := serve(t)
			e.says("BatchSave", 1, envelope(code, nil, []string{complaint("", "出错", 0)}))
			for _, got := range send(t, newTarget(t, connection(e)), all...) {
				wantState(t, "MsgCode "+code, got, want, "MsgCode "+code+": 出错")
			}
			if n := len(e.calls("BatchSave")); n != 1 {
				t.Errorf("MsgCode %s: got %d calls, want 1", code, n)
			}
		}
	}
}

// fault 26: what the account may not is no bill's fault. Nothing is rejected, no
// second batch goes out, and the person reads once what to do. Bills that the ERP
// audits itself are looked up before, since they may have been saved.
func TestSend_stops_when_the_account_may_not(t *testing.T) {
	t.Parallel()
	for code, advice := range map[string]string{"2": "全功能批量授权", "7": "许可中心", "15": "not an administrator"} {
		for name, all := range map[string][]load.Document{
			"audited by the ERP": documents(1, 20),
			"only saved":         {plain("1"), plain("2"), plain("3")},
		} {
			e := serve(t)
			conn := connection(e)
			conn.Sessions, conn.BatchSize = 1, 3
			e.says("BatchSave", 9, envelope(code, nil, []string{complaint("", "出错", 0)}))
			outcomes, err := newTarget(t, conn).Send(t.Context(), all)
			var unavailable *load.UnavailableError
			if !errors.As(err, &unavailable) || len(outcomes) != 0 {
				t.Fatalf("MsgCode %s, %s: got %d outcomes and error %v, want a target that is not available", code, name, len(outcomes), err)
			}
			if !strings.Contains(err.Error(), "MsgCode "+code+": 出错") || !strings.Contains(err.Error(), advice) {
				t.Errorf("MsgCode %s, %s: got error %v, want the platform's words and %q", code, name, err, advice)
			}
			if n := len(e.calls("BatchSave")); n != 1 {
				t.Errorf("MsgCode %s, %s: got %d calls, want 1", code, name, n)
			}
		}
	}
}

// Where some bills of a call were saved, the account may; it is that bill's
// organisation that is missing from its rights.
func TestSend_rejects_the_one_bill_whose_right_is_missing(t *testing.T) {
	t.Parallel()
	e := serve(t)
	e.says("BatchSave", 1, envelope("2", []string{`{"Id":100000,"Number":"1","DIndex":0}`}, []string{complaint("", "您没有该功能的操作权限", 1)}))
	got := send(t, newTarget(t, connection(e)), plain("1"), plain("2"))
	wantState(t, "first", got[0], load.Sent, "")
	wantState(t, "second", got[1], load.Rejected, "全功能批量授权")
}

func TestSend_leaves_the_rest_for_later_when_the_call_limit_is_reached(t *testing.T) {
	t.Parallel()
	e := serve(t)
	conn := connection(e)
	conn.Sessions, conn.HTTP.ThrottleWait = 1, 3*time.Second
	e.says("BatchSave", 9, envelope("14", nil, []string{complaint("", "调用限制", 0)}))
	got := send(t, newTarget(t, conn), documents(1, 30)...)
	wantState(t, "first", got[0], load.Waiting, "调用限制")
	wantState(t, "last", got[29], load.Waiting, "not sent")
	if n := len(e.calls("BatchSave")); n != 1 || got[0].RetryAfter != 3*time.Second {
		t.Errorf("got %d calls and %s, want 1 and the user's 3s", n, got[0].RetryAfter)
	}
}

func TestSend_shows_what_the_platform_says_on_one_line_and_without_secrets(t *testing.T) {
	t.Parallel()
	e := serve(t)
	said := "字段\u0007\u202e“客户”\r\n是必填项 " + appSecret + " session-1 " + strings.Repeat("长", 900)
	e.says("BatchSave", 1, envelope("11", nil, []string{complaint("FCustomerID", said, 0)}))
	got := send(t, newTarget(t, connection(e)), plain("1"))[0]
	wantState(t, "refused", got, load.Rejected, "字段 “客户” 是必填项 ***")
	if strings.Contains(got.Message, appSecret) || strings.Contains(got.Message, "session-1") || len([]rune(got.Message)) > 600 {
		t.Errorf("got %d characters %q", len([]rune(got.Message)), got.Message)
	}
}
