package jst

import (
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"pandian/internal/sandbox/fault"
	"pandian/internal/sandbox/jsonout"
	"pandian/internal/sandbox/meter"
	"pandian/internal/sandbox/saleouts"
)

// maxForm bounds what is read of a request, in bytes.
const maxForm = 1 << 20

// first are the values of a form by name; of several the first counts.
func first(form map[string][]string) map[string]string {
	params := make(map[string]string, len(form))
	for name, values := range form {
		params[name] = values[0]
	}
	return params
}

// serveOpen answers POST /open/orders/out/simple/query. Everything is in the
// form body, and what stands in the query is not looked at. The HTTP status is
// 200 for errors too (assumed).
func (s *Server) serveOpen(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json;charset=UTF-8")
	got, refused := s.openAnswer(r)
	if refused != nil {
		w.Write(s.openRefusal(refused))
		return
	}
	s.meter.Add(OpenSaleout, meter.Answered, 1)
	data := jsonout.Begin(nil)
	data.Raw("datas", got.datas(style{}))
	got.addPaging(&data, true)
	w.Write(openSuccess(data.End()))
}

func (s *Server) openAnswer(r *http.Request) (page, *refusal) {
	now := s.options.Now()
	params, refused := s.openForm(r)
	if refused == nil {
		refused = missing(params, "app_key", "access_token", "timestamp", "version", "charset", "biz", "sign")
	}
	if refused == nil && params["version"] != "2" {
		refused = refuse(badParameter, "version只能为2")
	}
	if refused != nil {
		s.meter.Add(OpenSaleout, meter.BadRequests, 1)
		return page{}, refused
	}
	if refused = s.openCheck(r, params, now); refused != nil {
		s.meter.Add(OpenSaleout, meter.AuthFailures, 1)
		return page{}, refused
	}
	if refused = s.pass(OpenSaleout, s.openLimit, s.options.OlderCodes, now); refused != nil {
		return page{}, refused
	}
	args, err := readJSON([]byte(params["biz"]))
	if err != nil {
		s.meter.Add(OpenSaleout, meter.BadRequests, 1)
		return page{}, refuse(badParameter, "biz不是JSON")
	}
	got, refused := s.list(OpenSaleout, saleouts.Open, args, now)
	if refused != nil {
		s.meter.Add(OpenSaleout, meter.BadRequests, 1)
	}
	return got, refused
}

// openForm reads a form body in UTF-8; charset may be in either case (assumed).
func (s *Server) openForm(r *http.Request) (map[string]string, *refusal) {
	r.Body = http.MaxBytesReader(nil, r.Body, maxForm)
	if r.Method != http.MethodPost {
		return nil, refuse(badParameter, "请以POST方式提交")
	}
	if err := r.ParseForm(); err != nil {
		return nil, refuse(badParameter, "表单格式错误")
	}
	params := first(r.PostForm)
	if c := params["charset"]; c != "" && !strings.EqualFold(c, "utf-8") {
		return nil, refuse(badParameter, "charset只支持utf-8")
	}
	return params, nil
}

func missing(params map[string]string, names ...string) *refusal {
	for _, name := range names {
		if params[name] == "" {
			return refuse(badParameter, "缺少"+name)
		}
	}
	return nil
}

// openCheck verifies clock, signature, token, caller and permission, in this
// order (assumed).
func (s *Server) openCheck(r *http.Request, params map[string]string, now time.Time) *refusal {
	if refused := s.openCaller(params, now); refused != nil {
		return refused
	}
	if _, ok := s.faults.Fire(OpenSaleout, fault.TokenExpired); ok {
		s.tokens.expire()
	}
	if !s.tokens.holds(params["access_token"], now) {
		return refuse(badToken, "")
	}
	return s.admit(r)
}

// openCaller verifies clock, app and signature, of queries and token calls. An
// app_key that is not known makes the signature wrong (assumed).
func (s *Server) openCaller(params map[string]string, now time.Time) *refusal {
	if !s.onTime(params["timestamp"], now) {
		return refuse(badTimestamp, "")
	}
	account := s.options.Account
	if params["app_key"] != account.AppKey || !same(params["sign"], openSign(account.AppSecret, params)) {
		return refuse(badSign, "")
	}
	return nil
}

// onTime tells whether whole seconds since 1970, in ten digits, are near now.
func (s *Server) onTime(text string, now time.Time) bool {
	seconds, err := strconv.ParseInt(text, 10, 64)
	return err == nil && len(text) == 10 && now.Sub(time.Unix(seconds, 0)).Abs() <= s.options.TimestampSkew
}

// admit verifies the caller's address and permission.
func (s *Server) admit(r *http.Request) *refusal {
	if ip, ok := s.allowedIP(r); !ok {
		return refuse(badIP, ip)
	}
	if s.options.NoPermission {
		return refuse(noPermission, "")
	}
	return nil
}

func (s *Server) allowedIP(r *http.Request) (ip string, ok bool) {
	ip, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		ip = r.RemoteAddr
	}
	return ip, len(s.options.AllowedIPs) == 0 || slices.Contains(s.options.AllowedIPs, ip)
}

// pass keeps a merchant's limits and lets the platform refuse where a fault
// says so. A throttle whose text is 200 is that of the minute.
func (s *Server) pass(endpoint string, l *limiter, older bool, now time.Time) *refusal {
	rule, forced := s.faults.Fire(endpoint, fault.Throttle)
	hit, ok := l.allow(now)
	if forced {
		hit = perSecond
		if rule.Text == "200" {
			hit = perMinute
		}
	}
	if !ok || forced {
		s.meter.Add(endpoint, meter.Throttled, 1)
		return refuse(hit, "")
	}
	if rule, ok := s.faults.Fire(endpoint, fault.Code); ok {
		return injected(rule.Text, older)
	}
	return nil
}

// openSuccess and openRefusal are the envelopes of the open platform; that
// data is null on errors is assumed.
func openSuccess(data []byte) []byte {
	o := jsonout.Begin(nil)
	o.Text("msg", "执行成功")
	o.Int("code", 0)
	o.Raw("data", string(data))
	return o.End()
}

func (s *Server) openRefusal(r *refusal) []byte {
	o := jsonout.Begin(nil)
	o.Text("msg", r.text)
	asCode(&o, "code", r.number(s.options.OlderCodes))
	o.Null("data")
	return o.End()
}
