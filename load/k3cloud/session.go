package k3cloud

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"time"

	"pandian/internal/erphttp"
)

// sessionName is the cookie and the header that name a session.
const sessionName = "kdservice-sessionid"

// session is one session of the platform. It belongs to whoever took it: the
// server runs the calls of one session one after the other.
type session struct {
	isOpen  bool
	id      string
	cookies []*http.Cookie
}

// sign puts the session on a request: as cookies and as the header, of which the
// platform takes either.
func (s *session) sign(request *http.Request) {
	for _, cookie := range s.cookies {
		request.AddCookie(&http.Cookie{Name: cookie.Name, Value: cookie.Value})
	}
	if s.id != "" {
		request.Header.Set(sessionName, s.id)
	}
}

// remember keeps the cookies of an answer; a later one replaces its namesake.
func (s *session) remember(header http.Header, secrets *erphttp.Secrets) {
	for _, cookie := range (&http.Response{Header: header}).Cookies() {
		secrets.Add(cookie.Value)
		kept := s.cookies[:0:0]
		for _, old := range s.cookies {
			if old.Name != cookie.Name {
				kept = append(kept, old)
			}
		}
		s.cookies = append(kept, cookie)
	}
}

func (s *session) forget() { *s = session{} }

func (s *session) isFresh() bool { return !s.isOpen && len(s.cookies) == 0 }

// take waits for a session that no call is using, and prefers one that is open.
func (c *client) take(ctx context.Context) (*session, error) {
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	select {
	case held := <-c.open:
		return held, nil
	default:
	}
	select {
	case held := <-c.open:
		return held, nil
	case held := <-c.closed:
		return held, nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

func (c *client) give(held *session) {
	if held.isFresh() {
		c.closed <- held
	} else {
		c.open <- held
	}
}

// logIn opens a session that is not open. With AuthHeader there is nothing to do.
func (c *client) logIn(ctx context.Context, held *session) error {
	if held.isOpen || c.conn.Auth == AuthHeader {
		return nil
	}
	held.forget()
	method, _ := c.conn.loginCall(time.Now())
	answer, err := c.login.DoBuffered(ctx, erphttp.Call{
		Operation: method,
		Build: func(ctx context.Context) (*http.Request, error) {
			_, parameters := c.conn.loginCall(time.Now())
			return c.request(ctx, authService+method, parameters, held)
		},
	})
	if err != nil {
		return err
	}
	found, _ := readLogin(answer.Body) // classifyLogin let pass only what can be read
	c.secrets.Add(found.SessionID)
	held.id, held.isOpen = found.SessionID, true
	held.remember(answer.Header, c.secrets)
	return nil
}

// loginCall is the method of the connection's way to log in, with its parameters.
func (c Connection) loginCall(now time.Time) (method string, parameters []json.RawMessage) {
	language := json.RawMessage(strconv.Itoa(c.LCID))
	switch c.Auth {
	case AuthPassword:
		return "ValidateUser", append(quoteAll([]string{c.AcctID, c.UserName, c.Password}), language)
	case AuthAppSecret:
		return "LoginByAppSecret", append(quoteAll([]string{c.AcctID, c.UserName, c.AppID, c.AppSecret}), language)
	default:
		timestamp := strconv.FormatInt(now.Unix(), 10)
		return "LoginBySign", append(quoteAll([]string{c.AcctID, c.UserName, c.AppID, timestamp, c.LoginSignature(timestamp)}), language)
	}
}

// loginAnswer is the answer to a login; success is LoginResultType 1 and nothing else.
type loginAnswer struct {
	Message         erphttp.Text
	LoginResultType erphttp.Text
	SessionID       string `json:"KDSVCSessionId"`
}

func readLogin(body []byte) (loginAnswer, bool) {
	var found loginAnswer
	err := json.Unmarshal(bytes.TrimSpace(body), &found)
	return found, err == nil && found.LoginResultType != ""
}

const loginAdvice = "check acct_id, user_name and the secrets, and that the app is authorised for this 数据中心"

// classifyLogin reads an answer to a login. What other figures than 1 mean is told
// differently by everybody, so all are refusals; 会话信息已丢失 at a login means a wrong
// acct_id or an app without rights.
func classifyLogin(answer erphttp.Reply) erphttp.Verdict {
	refused := erphttp.Verdict{Action: erphttp.Final, Advice: loginAdvice}
	if off := answer.Skew.Describe(time.Minute); off != "" {
		refused.Advice = off + ": set it by NTP; " + loginAdvice
	}
	login, isLogin := readLogin(answer.Body)
	found, isReadable := readReply(answer.Body)
	exception, isException := readException(answer.Body)
	switch {
	case isLogin && login.LoginResultType == "1":
		return erphttp.StatusVerdict(answer.Status)
	case isLogin:
		refused.Code, refused.Message = "LoginResultType "+string(login.LoginResultType), printable(string(login.Message), 200)
		return refused
	case isReadable && found.result != nil && !found.result.ResponseStatus.isSuccess():
		refused.Code = "MsgCode " + string(found.result.ResponseStatus.MsgCode)
		refused.Message = printable(found.result.ResponseStatus.message(), 200)
		return refused
	case isException:
		refused.Code, refused.Message = "response_error", printable(exception, 200)
		return refused
	}
	if verdict := erphttp.StatusVerdict(answer.Status); verdict.Action != erphttp.OK {
		return verdict
	}
	return erphttp.Verdict{Action: erphttp.Retry, Message: "it has no LoginResultType"}
}

// close logs out of every open session, because abandoned ones pile up at the
// server. It waits for calls under way, and for nothing once ctx ends; a later call
// logs in again.
func (c *client) close(ctx context.Context) error {
	var problems []error
	var taken []*session
	defer func() {
		for _, held := range taken {
			c.give(held)
		}
	}()
	for range c.conn.Sessions {
		held, err := c.take(ctx)
		if err != nil {
			return errors.Join(append(problems, err)...)
		}
		taken = append(taken, held)
		if !held.isFresh() {
			problems = append(problems, c.logOut(ctx, held))
		}
		held.forget()
	}
	return errors.Join(problems...)
}

func (c *client) logOut(ctx context.Context, held *session) error {
	out := erphttp.New(erphttp.Config{
		Deps: c.http.Deps, Platform: platform, Secrets: c.secrets, Classify: func(answer erphttp.Reply) erphttp.Verdict {
			return erphttp.StatusVerdict(answer.Status) // its body is not described
		},
		Settings: erphttp.Settings{Timeout: min(c.conn.HTTP.Timeout, 10*time.Second), MaxAttempts: 1},
	})
	_, err := out.DoBuffered(ctx, erphttp.Call{Operation: "Logout", Build: func(ctx context.Context) (*http.Request, error) {
		return c.request(ctx, authService+"Logout", []json.RawMessage{}, held)
	}})
	return err
}
