package wdt

import (
	"fmt"
	"net/http"
	"strconv"
	"time"

	"pandian/internal/sandbox/fault"
	"pandian/internal/sandbox/jsonout"
	"pandian/internal/sandbox/meter"
)

// qimenSkew is how far the caller's clock may be off at the gateway.
const qimenSkew = 10 * time.Minute

// gatewayError is an error that the gateway shows: its own, or one of the ERP
// behind it in the sub members.
type gatewayError struct{ code, message, subCode, subMessage string }

// throughGateway is how the gateway shows an error of the ERP. The outer code
// around it is assumed.
func throughGateway(r *refusal) *gatewayError {
	return &gatewayError{"15", "Remote service error", r.code, r.message}
}

// serveQimen answers the gateway's GET and POST, as JSON or, without format, as
// XML.
func (s *Server) serveQimen(w http.ResponseWriter, r *http.Request) {
	params, err := parameters(r)
	endpoint := gatewayEndpoint(r)
	var body []byte
	if err != nil || r.Method != http.MethodGet && r.Method != http.MethodPost {
		s.meter.Add(endpoint, meter.BadRequests, 1)
		body = s.gatewayRefusal(&gatewayError{code: "9", message: "Http Action Not Allowed"})
	} else {
		body = s.gatewayAnswer(endpoint, params)
	}
	if params["format"] == "json" {
		w.Header().Set("Content-Type", "application/json;charset=UTF-8")
		w.Write(body)
		return
	}
	if body, err = toXML(body); err != nil {
		http.Error(w, "turn answer into XML: "+err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/xml;charset=UTF-8")
	w.Write(body)
}

func (s *Server) gatewayAnswer(endpoint string, params map[string]string) []byte {
	now := s.options.Now()
	if refused := s.gatewayCheck(params, now); refused != nil {
		s.meter.Add(endpoint, meter.AuthFailures, 1)
		return s.gatewayRefusal(refused)
	}
	if refused := s.gatewayPass(endpoint, params, now); refused != nil {
		return s.gatewayRefusal(refused)
	}
	op := qimenOperations[methodName(params)].operation
	modes := s.faults.Modes()
	gotStyle := style{numbers: true, decimals: modes.Decimals == "number", capitals: true, anonymous: true}
	got, refused := s.run(op, call{endpoint: endpoint, params: params, style: gotStyle, gateway: true, now: now})
	if refused != nil {
		s.meter.Add(endpoint, meter.BadRequests, 1)
		return s.gatewayRefusal(throughGateway(refused))
	}
	s.meter.Add(endpoint, meter.Answered, 1)
	return s.gatewayEnvelope(op.list, got, modes)
}

// gatewayPass keeps the limit and lets the gateway and the service behind it
// fail. A limit that is hit shows as the ERP's 1012, or as the gateway's own 7
// in that mode.
func (s *Server) gatewayPass(endpoint string, params map[string]string, now time.Time) *gatewayError {
	_, forced := s.faults.Fire(endpoint, fault.Throttle)
	if !s.qimenLimit.Allow(params["app_key"], now) || forced {
		s.meter.Add(endpoint, meter.Throttled, 1)
		if s.faults.Modes().QimenThrottle == "gateway" {
			return &gatewayError{code: "7", message: "App Call Limited"}
		}
		return throughGateway(tooFrequent)
	}
	if rule, ok := s.faults.Fire(endpoint, fault.Remote); ok {
		sub := "isp.remote-service-timeout"
		if rule.Text != "" {
			sub = rule.Text
		}
		return &gatewayError{"15", "Remote service error", sub, "服务不可用"}
	}
	if rule, ok := s.faults.Fire(endpoint, fault.Code); ok {
		return throughGateway(&refusal{rule.Text, "业务处理失败"})
	}
	return nil
}

// gatewayCheck verifies the system parameters in the gateway's order.
func (s *Server) gatewayCheck(params map[string]string, now time.Time) *gatewayError {
	if refused := checkProtocol(params); refused != nil {
		return refused
	}
	account := s.options.Account
	if params["app_key"] != account.TopAppKey {
		return &gatewayError{code: "29", message: "Invalid app Key"}
	}
	if sent, ok := parseGatewayTime(params["timestamp"]); !ok || now.Sub(sent).Abs() > qimenSkew {
		return &gatewayError{code: "31", message: "Invalid timestamp"}
	}
	want, ok := topSign(params["sign_method"], account.TopSecret, params)
	if !ok || !same(params["sign"], want) {
		return &gatewayError{code: "25", message: "Invalid signature"}
	}
	if params["target_app_key"] != account.TargetAppKey {
		return &gatewayError{"41", "Invalid arguments", "isv.invalid-parameter:target_app_key", "目标应用不存在"}
	}
	if params["sid"] != account.Sid {
		return throughGateway(badSid)
	}
	return nil
}

// checkProtocol refuses a request that lacks a system parameter or has one that
// nobody could accept.
func checkProtocol(params map[string]string) *gatewayError {
	for _, required := range [...]struct{ name, code, message string }{
		{"method", "21", "Missing method"},
		{"sign", "24", "Missing signature"},
		{"app_key", "28", "Missing app key"},
		{"timestamp", "30", "Missing timestamp"},
		{"v", "32", "Missing version"},
		{"target_app_key", "40", "Missing required arguments"},
		{"sid", "40", "Missing required arguments"},
	} {
		if params[required.name] == "" {
			return &gatewayError{code: required.code, message: required.message, subMessage: required.name}
		}
	}
	if _, ok := qimenOperations[methodName(params)]; !ok {
		return &gatewayError{code: "22", message: "Invalid method"}
	}
	if f := params["format"]; f != "" && f != "json" && f != "xml" {
		return &gatewayError{code: "23", message: "Invalid format"}
	}
	if params["v"] != "2.0" {
		return &gatewayError{code: "33", message: "Invalid version"}
	}
	return nil
}

// parseGatewayTime reads a Beijing wall clock, or milliseconds since 1970 as
// one generated client sends them.
func parseGatewayTime(text string) (time.Time, bool) {
	if ms, err := strconv.ParseInt(text, 10, 64); err == nil {
		return time.UnixMilli(ms), true
	}
	return parseTime(text)
}

// gatewayEnvelope wraps a page below response, the total as a number.
func (s *Server) gatewayEnvelope(list string, a answer, modes fault.Modes) []byte {
	o := jsonout.Begin([]byte(`{"response":`))
	o.Text("flag", "success")
	o.Int("errorcode", 0)
	o.Text("message", "")
	addTotal(&o, a, modes, "number")
	addList(&o, list, a.records, modes)
	o.Text("request_id", s.requestID())
	return append(o.End(), '}')
}

func (s *Server) gatewayRefusal(e *gatewayError) []byte {
	o := jsonout.Begin([]byte(`{"response":`))
	o.Text("flag", "failure")
	o.Text("code", e.code)
	o.Text("message", e.message)
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
	return fmt.Sprintf("sandbox%08x", s.serial.Add(1))
}
