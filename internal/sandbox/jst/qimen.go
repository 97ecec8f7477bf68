package jst

import (
	"fmt"
	"net/http"
	"time"

	"pandian/internal/sandbox/fault"
	"pandian/internal/sandbox/jsonout"
	"pandian/internal/sandbox/meter"
	"pandian/internal/sandbox/saleouts"
)

// qimenMethod is the only method that the gateway forwards to 聚水潭 here.
const qimenMethod = "jushuitan.saleout.list.query"

// gatewayError is an error as the Taobao gateway shows it; the sub members tell
// what lies behind.
type gatewayError struct{ code, subCode, subMessage string }

// gatewayTexts are the gateway's codes.
var gatewayTexts = map[string]string{
	"7": "App Call Limited", "10": "Service Currently Unavailable", "11": "Insufficient ISV Permissions",
	"15": "Remote Service Error", "21": "Missing method", "22": "Invalid method",
	"24": "Missing signature", "25": "Invalid signature", "26": "Missing session", "27": "Invalid session",
	"28": "Missing app key", "29": "Invalid app key", "30": "Missing timestamp", "31": "Invalid timestamp",
	"40": "Missing required arguments", "41": "Invalid arguments",
}

func qimenParams(r *http.Request) (map[string]string, error) {
	if r.Form == nil {
		r.Body = http.MaxBytesReader(nil, r.Body, maxForm)
	}
	if err := r.ParseForm(); err != nil {
		return nil, err
	}
	return first(r.Form), nil
}

// qimenEndpoint names the endpoint; the handler reports what cannot be parsed.
func qimenEndpoint(r *http.Request) string {
	params, err := qimenParams(r)
	if err != nil || params["method"] != qimenMethod {
		return QimenOther
	}
	return QimenSaleout
}

// serveQimen answers the gateway: parameters in the body, the query or both
// (that they may be split is assumed). Without format it answers in XML.
func (s *Server) serveQimen(w http.ResponseWriter, r *http.Request) {
	endpoint := qimenEndpoint(r)
	params, err := qimenParams(r)
	var body []byte
	if err != nil || r.Method != http.MethodPost && r.Method != http.MethodGet {
		s.meter.Add(endpoint, meter.BadRequests, 1)
		body = s.qimenRefusal(&gatewayError{code: "41", subMessage: "request"})
	} else if got, refused := s.qimenAnswer(endpoint, r, params); refused != nil {
		body = s.qimenRefusal(refused)
	} else {
		s.meter.Add(endpoint, meter.Answered, 1)
		body = s.qimenSuccess(got)
	}
	if params["format"] == "json" {
		w.Header().Set("Content-Type", "application/json;charset=UTF-8")
		w.Write(body)
		return
	}
	w.Header().Set("Content-Type", "text/xml;charset=UTF-8")
	w.Write(toXML(body))
}

func (s *Server) qimenAnswer(endpoint string, r *http.Request, params map[string]string) (page, *gatewayError) {
	now := s.options.Now()
	if refused := s.qimenCheck(r, params, now); refused != nil {
		s.meter.Add(endpoint, meter.AuthFailures, 1)
		return page{}, refused
	}
	if refused := s.qimenPass(endpoint, now); refused != nil {
		return page{}, refused
	}
	for _, name := range [...]string{"page_index", "page_size"} {
		if params[name] == "" {
			s.meter.Add(endpoint, meter.BadRequests, 1)
			return page{}, &gatewayError{"40", "isv.missing-parameter:" + name, name}
		}
	}
	got, refused := s.list(endpoint, saleouts.Qimen, readForm(params), now)
	if refused != nil {
		s.meter.Add(endpoint, meter.BadRequests, 1)
		return page{}, &gatewayError{"41", "isv.invalid-parameter", refused.text}
	}
	return got, nil
}

// qimenCheck verifies who calls, when, and the signature. The codes for another
// target and for a merchant that is not known are assumed.
func (s *Server) qimenCheck(r *http.Request, params map[string]string, now time.Time) *gatewayError {
	if refused := checkSystem(params); refused != nil {
		return refused
	}
	account := s.options.Account
	if params["app_key"] != account.TopAppKey {
		return &gatewayError{code: "29"}
	}
	sent, err := time.ParseInLocation(time.DateTime, params["timestamp"], beijing)
	if err != nil || now.Sub(sent).Abs() > s.options.TimestampSkew {
		return &gatewayError{code: "31"}
	}
	want, ok := topSign(params["sign_method"], account.TopSecret, params)
	if !ok || !same(params["sign"], want) {
		return &gatewayError{code: "25"}
	}
	if ip, ok := s.allowedIP(r); !ok {
		return &gatewayError{"11", "isv.permission-ip-whitelist-limit", ip}
	}
	switch {
	case params["target_app_key"] != account.TargetAppKey:
		return &gatewayError{"41", "isv.invalid-parameter:target_app_key", "目标应用不存在"}
	case params["customer_id"] != account.CustomerID:
		return &gatewayError{"41", "isv.invalid-parameter:customer_id", "商家不存在或未授权"}
	case s.options.NoPermission:
		return &gatewayError{"11", "isv.permission-api-package-limit", texts[noPermission]}
	}
	return nil
}

// checkSystem refuses a request that lacks a system parameter, or has one that
// nobody could accept.
func checkSystem(params map[string]string) *gatewayError {
	for _, required := range [...]struct{ name, code string }{
		{"method", "21"}, {"sign", "24"}, {"app_key", "28"}, {"timestamp", "30"},
		{"v", "40"}, {"sign_method", "40"}, {"target_app_key", "40"}, {"customer_id", "40"},
	} {
		if params[required.name] == "" {
			return &gatewayError{code: required.code, subMessage: required.name}
		}
	}
	if params["method"] != qimenMethod {
		return &gatewayError{code: "22"}
	}
	if params["v"] != "2.0" {
		return &gatewayError{code: "41", subMessage: "v"}
	}
	return nil
}

// qimenPass keeps the limit and lets the gateway, or 聚水潭 behind it, fail. A
// fault's code that is none of the gateway's is one of 聚水潭.
func (s *Server) qimenPass(endpoint string, now time.Time) *gatewayError {
	_, forced := s.faults.Fire(endpoint, fault.Throttle)
	if _, ok := s.qimenLimit.allow(now); !ok || forced {
		s.meter.Add(endpoint, meter.Throttled, 1)
		return &gatewayError{code: "7", subMessage: "This ban will last for 1 more seconds"}
	}
	if rule, ok := s.faults.Fire(endpoint, fault.Remote); ok {
		sub := "isp.remote-service-timeout"
		if rule.Text != "" {
			sub = rule.Text
		}
		return &gatewayError{"15", sub, "服务不可用"}
	}
	rule, ok := s.faults.Fire(endpoint, fault.Code)
	switch {
	case !ok:
		return nil
	case gatewayTexts[rule.Text] != "":
		return &gatewayError{code: rule.Text}
	}
	return &gatewayError{"15", rule.Text, injected(rule.Text, true).text}
}

func (s *Server) qimenSuccess(got page) []byte {
	o := jsonout.Begin([]byte(`{"response":`))
	got.addPaging(&o, false)
	o.Raw("datas", got.datas(style{qimen: true, escape: s.options.EscapeControls}))
	o.Text("request_id", s.requestID())
	return append(o.End(), '}')
}

func (s *Server) qimenRefusal(e *gatewayError) []byte {
	o := jsonout.Begin([]byte(`{"response":`))
	o.Text("flag", "failure")
	asCode(&o, "code", e.code)
	o.Text("message", gatewayTexts[e.code])
	if e.subCode != "" {
		o.Text("sub_code", e.subCode)
	}
	if e.subMessage != "" {
		o.Text("sub_message", e.subMessage)
	}
	o.Text("request_id", s.requestID())
	return append(o.End(), '}')
}

func (s *Server) requestID() string {
	return fmt.Sprintf("sim%010x", s.serial.Add(1))
}
