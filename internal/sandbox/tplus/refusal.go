package tplus

import (
	"net/http"
	"strconv"
	"time"

	"pandian/internal/sandbox/fault"
	"pandian/internal/sandbox/jsonout"
	"pandian/internal/sandbox/meter"
)

// refusal is one row of the table of errors. Status 0 is an error of T+ itself,
// whose HTTP status is a switch.
type refusal struct {
	status  int
	code    string // empty: the body has only a member error
	message string
	token   string // EXSM0004: the session that exists
	event   string
}

// Messages of T+, the raw texts of its runtime among them.
const (
	textNoRow        = "在位置 0 处没有任何行。"
	textNoAuthOrData = "NoAuthOrData"
	textIndex        = "索引超出范围。必须为非负值并小于集合大小。"
	textNull         = "未将对象引用设置到对象的实例。"
	textFormat       = "输入字符串的格式不正确。"
	textNetwork      = "网络异常" // of the gateway, which could not reach T+
)

// rows are the refusals by the names that a fault of kind code may give. HTTP
// statuses that no source tells are assumed to be 400.
var rows = map[string]*refusal{
	// authorization service
	"4001":  {status: 400, code: "4001", message: "appKey不能为空", event: meter.AuthFailures},
	"4002":  {status: 400, code: "4002", message: "appKey错误", event: meter.AuthFailures},
	"4003":  {status: 400, code: "4003", message: "grantType不能为空", event: meter.BadRequests},
	"4008":  {status: 400, code: "4008", message: "不支持的grantType", event: meter.BadRequests},
	"4007":  {status: 401, code: "4007", message: "token无效或已过期", event: meter.AuthFailures},
	"14002": {status: 400, code: "14002", message: "操作过于频繁，请稍后重试", event: meter.Throttled},
	"500":   {status: 500, code: "500", message: "内部错误"},
	"50000": {status: 500, code: "50000", message: "系统异常"},
	"50003": {status: 400, code: "50003", message: "配置错误或appKey不匹配", event: meter.AuthFailures},
	// gateway
	"50000/401": {status: 401, code: "50000", message: "appSecret错误", event: meter.AuthFailures},
	"50000/403": {status: 403, code: "50000", message: "openToken错误", event: meter.AuthFailures},
	"50000/404": {status: 404, code: "50000", message: "请求地址错误", event: meter.BadRequests},
	"50112/401": {status: 401, code: "50112", message: "当月调用额度已用完", event: meter.Throttled},
	"50112/403": {status: 403, code: "50112", message: "appKey与openToken不匹配", event: meter.AuthFailures},
	"50107":     {status: 403, code: "50107", message: "openToken已失效", event: meter.AuthFailures},
	"409":       {status: 409, message: "请求过于频繁，触发保护性限流", event: meter.Throttled},
	"429":       {status: 429, message: "请求过于频繁", event: meter.Throttled},
	// T+
	"EXERROR0001 网络异常": {code: "EXERROR0001", message: textNetwork},
	"EXERROR0001":      {code: "EXERROR0001", message: "参数错误", event: meter.BadRequests},
	"EXSM0003":         {code: "EXSM0003", message: "提供令牌信息不正确", event: meter.AuthFailures},
	"EXSM0004":         {code: "EXSM0004", message: "用户已登录", event: meter.AuthFailures},
	"EXSV0011":         {code: "EXSV0011", message: "服务名不正确", event: meter.BadRequests},
	"999":              {code: "999", message: "预开工日不能早于单据日期！", event: meter.BadRequests},
	"HTTP 999":         {status: 999, code: "999", message: "系统异常"},

	textNoRow:        runtimeError(textNoRow),
	textNoAuthOrData: runtimeError(textNoAuthOrData),
	textIndex:        runtimeError(textIndex),
	textNull:         runtimeError(textNull),
}

// runtimeError is an exception of the server that reached the caller as it was.
// That its code is the general one is assumed.
func runtimeError(text string) *refusal {
	return &refusal{code: "EXERROR0001", message: text, event: meter.BadRequests}
}

// ruleError is a rule that a voucher breaks.
func ruleError(text string) *refusal {
	return &refusal{code: "999", message: text, event: meter.BadRequests}
}

// forced is the refusal that a fault names: a row by its name, and any other
// text as the message of a rule.
func (s *Server) forced(name string, from front, appKey string, now time.Time) refusal {
	if name == "50112" {
		name += "/401"
	}
	row, ok := rows[name]
	if !ok {
		return *ruleError(name)
	}
	got := *row
	if got.code == "EXSM0004" {
		x, _ := s.sessions.beginOnly(appKey, from == onPremV1, now)
		got.token = x.token
	}
	return got
}

// interfere keeps the limit and lets faults refuse. The gateway of the open
// platform throttles with 409, a customer's server with EXSV0011.
func (s *Server) interfere(c call, from front, appKey string) *refusal {
	allowed := c.endpoint == Token || c.endpoint == AppTicket || c.endpoint == Login || s.limit.Allow(appKey, c.now)
	if _, ok := s.faults.Fire(c.endpoint, fault.Throttle); ok || !allowed {
		throttled := *rows["409"]
		if from != cloud {
			throttled = *rows["EXSV0011"]
			throttled.event = meter.Throttled
		}
		return &throttled
	}
	if rule, ok := s.faults.Fire(c.endpoint, fault.Code); ok {
		refused := s.forced(rule.Text, from, appKey, c.now)
		return &refused
	}
	return nil
}

// refuse writes a refusal as the front end does. The status of gateway and
// authorization is their own, that of T+ a switch.
func (s *Server) refuse(r refusal, from front) answer {
	if r.event == "" {
		r.event = meter.BadRequests
	}
	o := jsonout.Begin(nil)
	if r.code == "" {
		o.Text("error", r.message)
		return answer{status: r.status, body: o.End(), event: r.event}
	}
	ofTPlus := r.status == 0 || r.status == 999
	if ofTPlus {
		r = s.dressed(r)
	}
	o.Text("code", r.code)
	o.Text("message", r.message)
	switch {
	case r.token != "":
		o.Text("data", r.token)
	case ofTPlus && from != onPremV1: // v1 has no data
		data := jsonout.Begin(nil)
		data.Text("Code", r.code)
		data.Int("StatusCode", int64(r.status))
		data.Text("islogerror", "1")
		o.Raw("data", string(data.End()))
	}
	return answer{status: r.status, body: o.End(), event: r.event}
}

// dressed gives an error of T+ the status that is set.
func (s *Server) dressed(r refusal) refusal {
	if r.status != 0 {
		return r
	}
	switch s.options.BusinessErrorStatus {
	case 0:
		r.status = http.StatusBadRequest
	case 999:
		r.status = http.StatusBadRequest
		if r.code == "EXERROR0001" && r.message != textNetwork {
			r.code = "999"
		}
	default:
		r.status = s.options.BusinessErrorStatus
	}
	return r
}

// refuseSelfBuilt is a refusal in the form of generateToken, with HTTP 200
// (assumed) where no source tells a status.
func (s *Server) refuseSelfBuilt(r refusal) answer {
	if r.code == "" || r.status == 0 || r.status == 999 {
		return s.refuse(r, cloud)
	}
	failure := jsonout.Begin(nil)
	failure.Text("code", r.code)
	failure.Text("msg", r.message)
	failure.Text("hint", "sandbox-"+strconv.Itoa(r.status))
	o := jsonout.Begin(nil)
	o.Raw("result", "false")
	o.Raw("error", string(failure.End()))
	if r.event == "" {
		r.event = meter.BadRequests
	}
	if r.status == http.StatusBadRequest {
		r.status = http.StatusOK
	}
	return answer{status: r.status, body: o.End(), event: r.event}
}
