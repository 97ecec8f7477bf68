package jst

import (
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"pandian/internal/sandbox/fault"
	"pandian/internal/sandbox/jsonout"
	"pandian/internal/sandbox/meter"
	"pandian/internal/sandbox/saleouts"
)

// oldEndpoints are the methods of the old gateway.
var oldEndpoints = map[string]string{
	"orders.out.simple.query": OldSaleout,
	"refresh.token":           OldToken,
}

func oldEndpoint(r *http.Request) string {
	if endpoint, ok := oldEndpoints[r.URL.Query().Get("method")]; ok {
		return endpoint
	}
	return OldOther
}

// serveOld answers POST /api/open/query.aspx: system parameters in the query,
// business parameters as a JSON object in the body, whatever the content type
// says.
func (s *Server) serveOld(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json;charset=UTF-8")
	endpoint := oldEndpoint(r)
	o := jsonout.Begin(nil)
	refused := s.oldAnswer(endpoint, r, &o)
	if refused != nil {
		o = jsonout.Begin(nil)
		asCode(&o, "code", refused.number(true))
		o.Raw("issuccess", "false")
		o.Text("msg", refused.text)
		w.Write(o.End())
		return
	}
	s.meter.Add(endpoint, meter.Answered, 1)
	o.Int("code", 0)
	o.Raw("issuccess", "true")
	o.Null("msg")
	w.Write(o.End())
}

// oldAnswer writes what stands beside the envelope's members.
func (s *Server) oldAnswer(endpoint string, r *http.Request, o *jsonout.Object) *refusal {
	now := s.options.Now()
	query, err := inOrder(r.URL.RawQuery)
	if err != nil || r.Method != http.MethodPost {
		s.meter.Add(endpoint, meter.BadRequests, 1)
		return refuse(badParameter, "请以POST方式提交")
	}
	if refused := s.oldCheck(endpoint, r, query, now); refused != nil {
		s.meter.Add(endpoint, meter.AuthFailures, 1)
		return refused
	}
	if refused := s.pass(endpoint, s.oldLimit, true, now); refused != nil {
		return refused
	}
	if endpoint == OldToken {
		s.old.extend(now)
		return nil
	}
	got, refused := s.oldList(r, now)
	if refused != nil {
		s.meter.Add(endpoint, meter.BadRequests, 1)
		return refused
	}
	got.addPaging(o, false)
	o.Raw("datas", got.datas(style{}))
	return nil
}

func (s *Server) oldList(r *http.Request, now time.Time) (page, *refusal) {
	body, err := io.ReadAll(http.MaxBytesReader(nil, r.Body, maxForm))
	if err != nil {
		return page{}, refuse(badParameter, "请求内容过长")
	}
	if strings.TrimSpace(string(body)) == "" {
		return page{}, refuse(emptyPayload, "")
	}
	args, err := readJSON(body)
	if err != nil {
		return page{}, refuse(badParameter, "请求内容不是JSON")
	}
	return s.list(OldSaleout, saleouts.Old, args, now)
}

// oldCheck verifies clock, signature, grant, caller and method, in this order
// (assumed). A partner that is not known has no grant.
func (s *Server) oldCheck(endpoint string, r *http.Request, query []pair, now time.Time) *refusal {
	params, account := map[string]string{}, s.options.Account
	for _, p := range query {
		params[p.name] = p.value
	}
	if refused := missing(params, "method", "partnerid", "token", "ts", "sign"); refused != nil {
		return refused
	}
	if !s.onTime(params["ts"], now) {
		return refuse(badTimestamp, "")
	}
	if params["partnerid"] != account.PartnerID {
		return refuse(badToken, "partnerid")
	}
	if !same(params["sign"], oldSign(params["method"], params["partnerid"], account.PartnerKey, query)) {
		return refuse(badSign, "")
	}
	_, expired := s.faults.Fire(endpoint, fault.TokenExpired)
	if expired || params["token"] != account.Token || endpoint != OldToken && !s.old.holds(now) {
		return refuse(badToken, "")
	}
	if endpoint == OldOther {
		return refuse(noPermission, "接口不存在")
	}
	return s.admit(r)
}

// inOrder reads a query into pairs, in the order in which they were sent: the
// signature depends on it.
func inOrder(raw string) ([]pair, error) {
	var out []pair
	for part := range strings.SplitSeq(raw, "&") {
		if part == "" {
			continue
		}
		name, value, _ := strings.Cut(part, "=")
		name, err := url.QueryUnescape(name)
		if err != nil {
			return nil, err
		}
		if value, err = url.QueryUnescape(value); err != nil {
			return nil, err
		}
		out = append(out, pair{name, value})
	}
	return out, nil
}
