package k3cloud

import (
	"strings"
	"time"
)

// Decision is what follows from a refusal.
type Decision string

const (
	// Final: the platform will refuse it again; a person must act.
	Final Decision = "final"
	// Barred: the account may not, or the licence does not cover it. It is no bill's
	// fault, and no other bill fares better: nothing more is sent, and no attempt
	// counts, until a person has changed something.
	Barred Decision = "barred"
	// Retryable: nothing happened, and another attempt may go well.
	Retryable Decision = "retryable"
	// Throttling: too many calls; nothing happened.
	Throttling Decision = "throttling"
	// LoginExpired: log in again and repeat once; nothing happened.
	LoginExpired Decision = "login_expired"
	// Duplicate: there is a bill of that number. A look-up decides whether it is
	// ours; if not, the refusal is final.
	Duplicate Decision = "duplicate"
	// InDoubt: only a look-up tells whether anything happened; a bill that is not
	// there may be sent again.
	InDoubt Decision = "in_doubt"
)

// Code is one row of the platform's error table.
type Code struct {
	// MsgCode is the platform's; texts vary with version and language.
	MsgCode string
	// FieldName, where set, limits the row to errors of that field.
	FieldName string
	// Fragment, where set, is a piece of the message. It is read only where MsgCode
	// says too little (see [isVague]): the codes of most messages are assumed.
	Fragment string
	Meaning  string
	Decision Decision
	// Wait is how long to stay away; assumed, for none is published.
	Wait time.Duration
	// IsWhole says that the platform refused the call and looked at no bill, so that
	// the row holds for all bills of it.
	IsWhole bool
	Advice  string
}

const (
	conflictWait = 10 * time.Second
	limitWait    = time.Minute
)

// Codes are all values of MsgCode, after them the messages known by field or text.
func Codes() []Code {
	const (
		read       = "read the platform's message"
		rights     = "give the integration user the rights on this form and its organisations (系统管理, 全功能批量授权)"
		licence    = "the licence does not cover this module or the integration user: see 许可中心"
		user       = "let pandian log in with an integration user of its own, not an administrator"
		form       = "check FormId in the mapping"
		parameters = "check the mapping against the form's WebAPI page"
		audited    = "an audited bill is not changed: 反审核 it in the ERP if it must be"
	)
	return []Code{
		{MsgCode: "0", Meaning: "none named (默认)", Decision: Final, Advice: read},
		{MsgCode: "1", Meaning: "session lost (上下文丢失)", Decision: LoginExpired, IsWhole: true,
			Advice: "check acct_id, user_name and the secrets; if they are right, somebody else logs in as this user, or sessions is too high: give pandian a user of its own"},
		{MsgCode: "2", Meaning: "no permission (没有权限)", Decision: Barred, IsWhole: true, Advice: rights},
		{MsgCode: "3", Meaning: "operation id empty (操作标识为空)", Decision: Final, IsWhole: true, Advice: parameters},
		{MsgCode: "4", Meaning: "exception (异常)", Decision: InDoubt},
		{MsgCode: "5", Meaning: "form id empty (单据标识为空)", Decision: Final, IsWhole: true, Advice: form},
		{MsgCode: "6", Meaning: "database operation failed (数据库操作失败)", Decision: InDoubt},
		{MsgCode: "7", Meaning: "licence error (许可错误)", Decision: Barred, IsWhole: true, Advice: licence},
		{MsgCode: "8", Meaning: "parameter error (参数错误)", Decision: Final, Advice: parameters},
		{MsgCode: "9", Meaning: "named field or value does not exist (指定字段/值不存在)", Decision: Final, Advice: parameters},
		{MsgCode: "10", Meaning: "nothing found (未找到对应数据)", Decision: Final, Advice: read},
		{MsgCode: "11", Meaning: "validation failed (验证失败)", Decision: Final, Advice: read},
		{MsgCode: "12", Meaning: "not operable (不可操作)", Decision: Duplicate, Advice: read},
		{MsgCode: "13", Meaning: "network-control conflict (网控冲突)", Decision: Retryable, Wait: conflictWait},
		{MsgCode: "14", Meaning: "call limit (调用限制)", Decision: Throttling, Wait: limitWait, IsWhole: true,
			Advice: "lower calls_per_minute if it keeps happening"},
		{MsgCode: "15", Meaning: "administrator login forbidden (禁止管理员登录)", Decision: Barred, IsWhole: true, Advice: user},

		{MsgCode: "11", FieldName: "FBillNo", Meaning: "duplicate number (编码唯一)", Decision: Duplicate},
		{MsgCode: "11", Fragment: "是必填项", Meaning: "header field missing", Decision: Final,
			Advice: "a code that the ERP does not know leaves its field empty: check the code too"},
		{MsgCode: "11", Fragment: "字段必录", Meaning: "row field missing", Decision: Final,
			Advice: "a code that the ERP does not know leaves its field empty: check the code too"},
		{MsgCode: "9", Fragment: "的字段不存在", Meaning: "unknown field in a query", Decision: Final, Advice: "check proof_field"},
		{MsgCode: "4", Fragment: "业务对象不存在", Meaning: "unknown form", Decision: Final, IsWhole: true, Advice: form},
		{MsgCode: "9", Fragment: "编码值", Meaning: "number not found by an operation", Decision: Final, Advice: "the bill was deleted in the ERP"},
		{MsgCode: "1", Fragment: "会话信息已丢失", Meaning: "session lost", Decision: LoginExpired, IsWhole: true},
		{MsgCode: "1", Fragment: "Session information is lost", Meaning: "session lost, English", Decision: LoginExpired, IsWhole: true},
		{MsgCode: "12", Fragment: "已审核，不允许修改", Meaning: "edit of an audited bill", Decision: Duplicate, Advice: audited},
		{MsgCode: "0", Fragment: "插件取消了保存操作", Meaning: "plug-in cancelled", Decision: Final, Advice: "ask whoever keeps the site's plug-ins"},
		{MsgCode: "7", Fragment: "未购买", Meaning: "licence", Decision: Barred, IsWhole: true, Advice: licence},
		{MsgCode: "2", Fragment: "没有该功能的操作权限", Meaning: "no right", Decision: Barred, IsWhole: true, Advice: rights},
		{MsgCode: "6", Fragment: "死锁", Meaning: "database deadlock", Decision: Retryable, Wait: conflictWait},
		{MsgCode: "6", Fragment: "deadlock", Meaning: "database deadlock, English", Decision: Retryable, Wait: conflictWait},
	}
}

// isVague says that a MsgCode leaves open what happened.
func isVague(msgCode string) bool {
	return msgCode == "" || msgCode == "0" || msgCode == "4" || msgCode == "6"
}

// findCode returns the row for an error: by field, by text where the code is vague,
// by code. A code outside the table is like none.
func findCode(msgCode, fieldName, message string) Code {
	codes := Codes()
	none := codes[0]
	for _, row := range codes {
		isField := row.FieldName != "" && strings.EqualFold(row.FieldName, fieldName)
		if isField && (row.MsgCode == msgCode || isVague(msgCode)) {
			return row
		}
	}
	for _, row := range codes {
		if row.Fragment != "" && isVague(msgCode) && strings.Contains(strings.ToLower(message), strings.ToLower(row.Fragment)) {
			return row
		}
	}
	for _, row := range codes {
		if row.MsgCode == msgCode && row.FieldName == "" && row.Fragment == "" {
			return row
		}
	}
	return none
}
