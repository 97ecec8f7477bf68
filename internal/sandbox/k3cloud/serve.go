package k3cloud

import (
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"pandian/internal/sandbox/fault"
	"pandian/internal/sandbox/meter"
)

// serve answers one request. Everything but a body that the server cannot read
// comes with HTTP 200.
func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	at := endpoint(r)
	if r.Method != http.MethodPost {
		s.meter.Add(at, meter.BadRequests, 1)
		http.Error(w, http.StatusText(http.StatusMethodNotAllowed), http.StatusMethodNotAllowed)
		return
	}
	name := methodName(r)
	op, known := findOperation(name)
	if !known {
		s.fail(w, at, http.StatusOK, withoutSuffix(name)+" no found.")
		return
	}
	c, err := readCall(r)
	switch {
	case errors.Is(err, errBareArray):
		s.fail(w, at, http.StatusInternalServerError, err.Error())
		return
	case err != nil:
		s.fail(w, at, http.StatusOK, err.Error())
		return
	}
	if rule, ok := s.faults.Fire(at, fault.Remote); ok {
		s.fail(w, at, http.StatusOK, rule.Text)
		return
	}
	c.cookies = w.Header()
	got := s.answer(op, c, r)
	if got.ok {
		s.meter.Add(at, meter.Answered, 1)
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Write(got.body)
}

// fail answers as the platform does after an exception.
func (s *Server) fail(w http.ResponseWriter, at string, status int, message string) {
	s.meter.Add(at, meter.BadRequests, 1)
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	w.Write([]byte(serverError(message, s.options.Now())))
}

// answer lets a call pass limits, login and injected errors, in this order, and
// runs it. Refusals come in the shape of the operation.
func (s *Server) answer(op operation, c *call, r *http.Request) answer {
	shape := func(a answer) answer {
		if op.table && !a.ok {
			return a.asTable()
		}
		return a
	}
	if refused, ok := s.throttled(op); ok {
		return shape(refused)
	}
	if _, ok := s.faults.Fire(op.endpoint, fault.TokenExpired); ok {
		s.sessions.clear()
	}
	if refused, ok := s.enter(op, c, r); !ok {
		s.meter.Add(op.endpoint, meter.AuthFailures, 1)
		return shape(refused)
	}
	if c.session != nil {
		c.session.turn <- struct{}{}
		defer func() { <-c.session.turn }()
		if !s.sessions.holds(c.session.id) {
			s.meter.Add(op.endpoint, meter.AuthFailures, 1)
			return shape(refusal(codeSessionLost, textSessionLost))
		}
	}
	time.Sleep(s.options.Latency)
	if refused, ok := s.injected(op, c); ok {
		return shape(refused)
	}
	got := op.run(s, c)
	if !got.ok && op.endpoint != Login {
		s.meter.Add(op.endpoint, meter.BadRequests, 1)
	}
	return shape(got)
}

// throttled keeps the limit of calls.
func (s *Server) throttled(op operation) (answer, bool) {
	now := s.options.Now()
	if op.endpoint == Save {
		s.saveLimit.Allow(s.options.Account.AcctID, now)
	}
	_, forced := s.faults.Fire(op.endpoint, fault.Throttle)
	if s.limit.Allow(s.options.Account.AcctID, now) && !forced {
		return answer{}, false
	}
	s.meter.Add(op.endpoint, meter.Throttled, 1)
	return refusal(codeCallLimit, codeText(codeCallLimit)), true
}

// injected refuses a call with the MsgCode of a fault, before it has an effect.
// MsgCode 1 ends the session too; at a login the code is a
// LoginResultType, and 1 stands for -1.
func (s *Server) injected(op operation, c *call) (answer, bool) {
	rule, ok := s.faults.Fire(op.endpoint, fault.Code)
	if !ok {
		return answer{}, false
	}
	code, err := strconv.Atoi(rule.Text)
	if err != nil {
		code = codeException
	}
	if op.endpoint == Login {
		if code == loginGood {
			code = loginFailed
		}
		return loginRefused(code, textBadLogin), true
	}
	if code == codeSessionLost && c.session != nil {
		s.sessions.drop(c.session.id)
	}
	return refusal(code, codeText(code)), true
}

// enter finds out who calls. Signed headers are checked wherever they are sent;
// without them, or a session, a call other than a login is refused.
func (s *Server) enter(op operation, c *call, r *http.Request) (answer, bool) {
	now := s.options.Now()
	if strings.HasPrefix(r.URL.Path, gatewayRoot) && !s.gatewayAccepts(r, now) {
		return refusal(codeSessionLost, textBadPassport), false
	}
	if op.endpoint == Login {
		return answer{}, true
	}
	signed := r.Header.Get("X-Kd-Appkey") != ""
	if signed {
		if wrong := s.checkSignedAccount(r.Header); wrong != "" {
			return refusal(codeSessionLost, wrong), false
		}
	}
	c.session = s.sessions.claimed(r, now)
	if c.session == nil && signed {
		c.session = s.sessions.issue(now)
		c.session.setCookies(c.cookies)
	}
	if c.session == nil {
		return refusal(codeSessionLost, textSessionLost), false
	}
	return answer{}, true
}
