package jst

import (
	"strconv"

	"pandian/internal/sandbox/jsonout"
)

// problem is a reason to refuse a call, whatever number a route gives it.
type problem int

// The problems. A call without any is answered with code 0.
const (
	badSign problem = iota + 1
	badToken
	badIP
	badTimestamp
	badParameter
	emptyPayload
	noRefresh
	unknownShop
	noPermission
	perSecond
	perMinute
)

// codes are the vendor's numbers: the newer table and the older one, which gives
// other meanings to 140 and 150. Where the newer table has no number for a
// problem, the older one's stands in (assumed).
var codes = map[problem]struct{ newer, older int }{
	badSign:      {10, 120},
	badToken:     {100, 100},
	badIP:        {110, 110},
	badTimestamp: {140, 180},
	badParameter: {140, 140},
	emptyPayload: {130, 130},
	noRefresh:    {150, 150},
	unknownShop:  {170, 170},
	noPermission: {190, 190},
	perSecond:    {199, 199},
	perMinute:    {200, 200},
}

// texts are what the platform says; those of sign, token and limits are the
// vendor's, the others are assumed.
var texts = map[problem]string{
	badSign:      "验证失败！无效签名",
	badToken:     "验证失败！无效的access_token或access_token已过期",
	badIP:        "IP不在白名单内",
	badTimestamp: "时间戳timestamp无效或已超时",
	badParameter: "参数错误",
	emptyPayload: "请求内容为空",
	noRefresh:    "第三方应用不允许刷新令牌，请商家重新授权",
	unknownShop:  "店铺编号不存在",
	noPermission: "没有该接口的访问权限",
	perSecond:    "调用频次超过限制!请稍后再试",
	perMinute:    "调用频次超过限制",
}

// refusal is a problem as one route shows it.
type refusal struct {
	problem problem // 0 when a fault names the code itself
	code    string
	text    string
}

// refuse makes a refusal without a number yet. Text adds to what the platform
// says, or is empty.
func refuse(p problem, text string) *refusal {
	if text != "" {
		text = ": " + text
	}
	return &refusal{problem: p, text: texts[p] + text}
}

// number is the refusal's code in one of the tables.
func (r *refusal) number(older bool) string {
	switch {
	case r.problem == 0:
		return r.code
	case older:
		return strconv.Itoa(codes[r.problem].older)
	}
	return strconv.Itoa(codes[r.problem].newer)
}

// asCode writes a code as the number it is, or as text when it is none.
func asCode(o *jsonout.Object, name, code string) {
	if n, err := strconv.ParseInt(code, 10, 64); err == nil {
		o.Int(name, n)
		return
	}
	o.Text(name, code)
}

// injected is a refusal by a fault that names the code: with the text that one
// of the tables has for it, or none. Of two problems with one number the one
// that the table is about counts.
func injected(code string, older bool) *refusal {
	if text, ok := olderTexts[code]; ok && older {
		return &refusal{code: code, text: text}
	}
	for p := badSign; p <= perMinute; p++ {
		if r := refuse(p, ""); r.number(older) == code {
			return r
		}
	}
	return &refusal{code: code, text: "业务处理失败"}
}

// olderTexts are of codes of the older table that no query leads to by itself.
var olderTexts = map[string]string{"150": "系统内部错误", "160": "保存失败或单据不存在"}
