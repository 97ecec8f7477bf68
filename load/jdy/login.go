package jdy

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"pandian/internal/erphttp"
)

const (
	tokenPath   = "/auth/user/access_token"
	accountPath = "/jdy/sys/accountGroup"
	// tokenLife holds where the answer names none: one public client keeps a token
	// for an hour.
	tokenLife = time.Hour
)

// session is what a business call needs.
type session struct {
	token, accountID, groupName string
}

// login keeps one token fresh for all callers and finds the account once. Whoever
// finds the token gone fetches a new one; the others wait.
type login struct {
	conn    Connection
	tokens  *erphttp.Client
	http    *erphttp.Client
	secrets *erphttp.Secrets

	// turn is held by the one caller who may look at or change what follows.
	turn    chan struct{}
	session session
	renewAt time.Time
}

func newLogin(conn Connection, deps erphttp.Deps, secrets *erphttp.Secrets) *login {
	config := erphttp.Config{Deps: deps, Platform: platform, Settings: conn.HTTP, Classify: classify, Secrets: secrets}
	l := &login{conn: conn, http: erphttp.New(config), secrets: secrets, turn: make(chan struct{}, 1)}
	l.session.accountID, l.session.groupName = conn.AccountID, conn.GroupName
	config.Classify, config.Pacer = classifyToken, erphttp.NewLimiter(conn.LoginsPerMinute)
	l.tokens = erphttp.New(config)
	return l
}

// get returns a session whose token is good for a while yet.
func (l *login) get(ctx context.Context) (session, error) {
	select {
	case l.turn <- struct{}{}:
	case <-ctx.Done():
		return session{}, fmt.Errorf("%s wait for token: %w", platform, context.Cause(ctx))
	}
	defer func() { <-l.turn }()
	if l.session.token == "" || !time.Now().Before(l.renewAt) {
		if err := l.renew(ctx); err != nil {
			return session{}, err
		}
	}
	if l.session.accountID == "" || l.session.groupName == "" {
		if err := l.findAccount(ctx); err != nil {
			return session{}, err
		}
	}
	return l.session, nil
}

// expire forgets a token that the platform refused, unless another caller has
// replaced it already.
func (l *login) expire(token string) {
	l.turn <- struct{}{}
	defer func() { <-l.turn }()
	if l.session.token == token {
		l.session.token = ""
	}
}

// renew fetches a token. Its address holds user name and password.
func (l *login) renew(ctx context.Context) error {
	const operation = "access_token"
	asked := time.Now()
	got, err := l.tokens.DoBuffered(ctx, erphttp.Call{
		Operation: operation,
		Build: func(ctx context.Context) (*http.Request, error) {
			query := url.Values{
				"client_id": {l.conn.ClientID}, "client_secret": {l.conn.ClientSecret},
				"username": {l.conn.Username}, "password": {l.conn.Password},
			}
			return http.NewRequestWithContext(ctx, http.MethodGet, l.conn.BaseURL+tokenPath+"?"+query.Encode(), nil)
		},
	})
	if err != nil {
		return err
	}
	var found struct {
		Data struct {
			AccessToken string       `json:"access_token"`
			ExpiresIn   erphttp.Text `json:"expires_in"`
		} `json:"data"`
	}
	if err := json.Unmarshal(got.Body, &found); err != nil || found.Data.AccessToken == "" {
		return odd(operation, "it holds no access_token", "check client_id and username")
	}
	l.secrets.Add(found.Data.AccessToken)
	life := lifeOf(string(found.Data.ExpiresIn))
	l.session.token, l.renewAt = found.Data.AccessToken, asked.Add(life-min(l.conn.RefreshEarly, life/2))
	return nil
}

// lifeOf reads expires_in, in seconds (assumed). expires is a time whose unit is
// not known; it is not read.
func lifeOf(expiresIn string) time.Duration {
	seconds, err := strconv.ParseInt(expiresIn, 10, 64)
	if err != nil || seconds <= 0 {
		return tokenLife
	}
	return time.Duration(min(seconds, 366*24*3600)) * time.Second
}

// accountGroup is one 账套 that the user may work in.
type accountGroup struct {
	AccountID erphttp.Text `json:"accountId"`
	GroupName erphttp.Text `json:"groupName"`
}

// findAccount asks for the accounts and takes the one that fits the connection.
func (l *login) findAccount(ctx context.Context) error {
	const operation = "accountGroup"
	token := l.session.token
	got, err := l.http.DoBuffered(ctx, erphttp.Call{
		Operation: operation,
		Build: func(ctx context.Context) (*http.Request, error) {
			return l.conn.newRequest(ctx, accountPath, session{token: token}, []byte("{}"))
		},
	})
	if failed := erphttp.AsError(err); failed != nil && failed.Kind == erphttp.LoginRefused {
		l.session.token = "" // the next caller fetches another
	}
	if err != nil {
		return err
	}
	var found struct {
		Data []struct {
			AccountGroups []accountGroup `json:"accountGroups"`
		} `json:"data"`
	}
	if err := json.Unmarshal(got.Body, &found); err != nil {
		return odd(operation, "its data has another shape", "set account_id and group_name")
	}
	var all []accountGroup
	for _, service := range found.Data {
		all = append(all, service.AccountGroups...)
	}
	return l.choose(all)
}

func (l *login) choose(all []accountGroup) error {
	var fitting []accountGroup
	var names []string
	for _, one := range all {
		names = append(names, fmt.Sprintf("%s of %s", one.AccountID, one.GroupName))
		if l.conn.AccountID != "" && l.conn.AccountID != string(one.AccountID) || l.conn.GroupName != "" && l.conn.GroupName != string(one.GroupName) {
			continue
		}
		fitting = append(fitting, one)
	}
	if len(fitting) != 1 {
		return odd("accountGroup", fmt.Sprintf("%d of %d accounts fit", len(fitting), len(all)),
			"set account_id and group_name to one of: "+strings.Join(names, ", "))
	}
	l.session.accountID, l.session.groupName = string(fitting[0].AccountID), string(fitting[0].GroupName)
	return nil
}

// odd is an answer with which a connection cannot be used.
func odd(operation, what, advice string) error {
	return &erphttp.Error{
		Kind: erphttp.BadAnswer, Platform: platform, Operation: operation, Attempts: 1,
		Err: errors.New(what), Advice: advice,
	}
}

// classifyToken reads answers of the token service, {"errcode":0,…,"data":{…}}.
// What it says to a wrong password is not published: every code but 0 is final.
func classifyToken(reply erphttp.Reply) erphttp.Verdict {
	found, isJSON := readAnswer(reply.Body)
	isGood := reply.Status >= 200 && reply.Status < 300
	if isJSON && isGood && (found.ErrCode == "0" || found.code() == "" && len(found.Data) > 0) {
		return erphttp.Verdict{}
	}
	if row, isKnown := findCode(reply.Status, found.code(), found.message()); isKnown && row.Decision != Expired && len(row.Texts) == 0 {
		return row.verdict(found.code(), found.message())
	}
	if isJSON && found.code() != "" && reply.Status < 500 {
		return erphttp.Verdict{
			Action: erphttp.Final, Code: found.code(), Message: found.message(),
			Advice: "check client_id, client_secret, username and password",
		}
	}
	if isGood {
		return erphttp.Verdict{Action: erphttp.Retry, Message: "it is no JSON with errcode"}
	}
	verdict := classifyStatus(reply.Status, found)
	if verdict.Action == erphttp.Final {
		verdict.Advice = "check client_id, client_secret, username and password"
	}
	return verdict
}
