package wdt

import (
	"net/http"
	"strconv"
	"time"

	"pandian/internal/sandbox/fault"
	"pandian/internal/sandbox/jsonout"
	"pandian/internal/sandbox/meter"
)

// openSkew is how far the caller's clock may be off on openapi2.
const openSkew = 5 * time.Minute

// open answers one file of openapi2. The HTTP status is 200 for errors too, and
// the content type says HTML (both assumed; clients must not rely on them).
func (s *Server) open(endpoint string, op operation) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		got, refused := s.openAnswer(endpoint, op, r)
		if refused != nil {
			w.Write(openRefusal(refused))
			return
		}
		s.meter.Add(endpoint, meter.Answered, 1)
		w.Write(openEnvelope(op.list, got, s.faults.Modes()))
	})
}

func (s *Server) openAnswer(endpoint string, op operation, r *http.Request) (answer, *refusal) {
	params, err := parameters(r)
	if err != nil || r.Method != http.MethodPost {
		s.meter.Add(endpoint, meter.BadRequests, 1)
		return answer{}, &refusal{"1", "请以POST方式提交表单"}
	}
	now := s.options.Now()
	if refused := s.openCheck(params, now); refused != nil {
		s.meter.Add(endpoint, meter.AuthFailures, 1)
		return answer{}, refused
	}
	_, forced := s.faults.Fire(endpoint, fault.Throttle)
	if !s.openLimit.Allow(params["appkey"], now) || forced {
		s.meter.Add(endpoint, meter.Throttled, 1)
		return answer{}, tooFrequent
	}
	if rule, ok := s.faults.Fire(endpoint, fault.Code); ok {
		return answer{}, &refusal{rule.Text, "业务处理失败"}
	}
	got, refused := s.run(op, call{endpoint: endpoint, params: params, style: style{}, now: now})
	if refused != nil {
		s.meter.Add(endpoint, meter.BadRequests, 1)
	}
	return got, refused
}

// openCheck verifies who calls, when, and the signature. The timestamp counts
// whole seconds since 1970 in ten digits.
func (s *Server) openCheck(params map[string]string, now time.Time) *refusal {
	account := s.options.Account
	if params["sid"] != account.Sid {
		return badSid
	}
	if params["appkey"] != account.AppKey {
		return badAppKey
	}
	seconds, err := strconv.ParseInt(params["timestamp"], 10, 64)
	if err != nil || len(params["timestamp"]) != 10 || now.Sub(time.Unix(seconds, 0)).Abs() > openSkew {
		return badTimestamp
	}
	if !same(params["sign"], openSign(account.AppSecret, params)) {
		return badSign
	}
	return nil
}

// openEnvelope wraps a page: everything flat, the total as text.
func openEnvelope(list string, a answer, modes fault.Modes) []byte {
	o := jsonout.Begin(nil)
	o.Int("code", 0)
	o.Text("message", "")
	addTotal(&o, a, modes, "string")
	addList(&o, list, a.records, modes)
	return o.End()
}

func openRefusal(r *refusal) []byte {
	o := jsonout.Begin(nil)
	if _, err := strconv.Atoi(r.code); err == nil {
		o.Raw("code", r.code)
	} else {
		o.Text("code", r.code)
	}
	o.Text("message", r.message)
	return o.End()
}

// addTotal shows total_count on page 0, as text or number; on later pages only
// in the modes that say so. A method without a total shows one only in the mode
// that names its type.
func addTotal(o *jsonout.Object, a answer, modes fault.Modes, usual string) {
	kind := usual
	if modes.Total != "" {
		kind = modes.Total
	} else if a.untold {
		return
	}
	total := a.total
	if a.page > 0 {
		switch modes.LaterTotal {
		case "":
			return
		case "empty":
			o.Text("total_count", "")
			return
		case "minus_one":
			total = -1
		case "zero":
			total = 0
		}
	}
	switch kind {
	case "string":
		o.Text("total_count", strconv.Itoa(total))
	case "number":
		o.Int("total_count", int64(total))
	}
}

func addList(o *jsonout.Object, name string, records [][]byte, modes fault.Modes) {
	if len(records) == 0 && modes.EmptyList != "" {
		if modes.EmptyList == "null" {
			o.Null(name)
		}
		return
	}
	o.Raw(name, array(records))
}

// array writes records as a JSON array.
func array(records [][]byte) string {
	list := []byte{'['}
	for i, record := range records {
		if i > 0 {
			list = append(list, ',')
		}
		list = append(list, record...)
	}
	return string(append(list, ']'))
}
