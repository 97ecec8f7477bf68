package main

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"pandian/internal/fault"
	"pandian/internal/sandbox"
	sandboxfault "pandian/internal/sandbox/fault"
)

// trouble is something wrong with an account, and what must be said about it. Every
// command line and every table is searched for secrets: see hidesSecrets and
// findNoSecret.
type trouble struct {
	pipeline   string
	via        func(*documents) map[string]keys
	spoil      func(*documents)
	connection string // the one that doctor names; empty where a cheap call does not show it
	says, todo string
}

// wrong puts another secret in place of one.
func wrong(file string) func(*documents) {
	return func(d *documents) { d.write(file, "ffffffffffffffffffffffffffffffff") }
}

// refuses lets a platform refuse every call with one of its codes.
func refuses(endpoint, code string) func(*documents) {
	return func(d *documents) {
		d.faulty(sandboxfault.Rule{Kind: sandboxfault.Code, Endpoint: endpoint, Text: code})
	}
}

func sourceTroubles() map[string]trouble {
	old := jstWay("jst-open", (*documents).throughOld, "row_version")
	return map[string]trouble{
		"聚水潭: a wrong app_secret":                    {noopPipeline, nil, wrong("jst.secret"), "jst-open", "无效签名", "app_secret"},
		"聚水潭: a wrong app_key":                       {noopPipeline, nil, wrong("jst.key"), "jst-open", "无效签名", "app_secret"},
		"聚水潭: a wrong partner_key, old gateway":      {noopPipeline, old, wrong("jst.partner"), "jst-open", "无效签名", "partner_key"},
		"聚水潭: a wrong token, old gateway":            {noopPipeline, old, wrong("jst.token"), "jst-open", "access_token", "token"},
		"聚水潭: a wrong app_secret, qimen":             {k3Pipeline, nil, wrong("top.secret"), "jst-qimen", "signature", "app_secret"},
		"聚水潭: a customer that is not authorised":     {k3Pipeline, nil, wrong("jst.customer"), "jst-qimen", "customer_id", "customer_id"},
		"聚水潭: an app without the right":              {noopPipeline, nil, refuses("jst.open.saleout", "190"), "jst-open", "没有该接口的访问权限", "authorised"},
		"旺店通 shops: a wrong app_secret":              {jdyPipeline, nil, wrong("top.secret"), "wdt-main", "signature", "app_secret"},
		"旺店通 stockouts: a wrong appsecret, openapi2": {tplusPipeline, wdtOpenAPI2, wrong("wdt.secret"), "wdt-main", "签名", ""},
	}
}

func targetTroubles() map[string]trouble {
	password := k3Auth(keys{"auth": "password", "password": "file:k3.password", "app_id": "", "app_secret": ""})
	return map[string]trouble{
		"星空: a wrong app_secret":                    {k3Pipeline, nil, wrong("k3.secret"), "k3", "验证失败", "acct_id"},
		"星空: a wrong app_id":                        {k3Pipeline, nil, wrong("k3.app"), "k3", "LoginBySign", "acct_id"},
		"星空: a wrong app_secret, login with it":     {k3Pipeline, k3Auth(keys{"auth": "app_secret"}), wrong("k3.secret"), "k3", "验证失败", "acct_id"},
		"星空: a wrong password":                      {k3Pipeline, password, wrong("k3.password"), "k3", "用户名或密码错误", "user_name"},
		"星空: a wrong app_secret, signed headers":    {k3Pipeline, k3Auth(keys{"auth": "header"}), wrong("k3.secret"), "k3", "passport", "acct_id"},
		"星空: an account that is closed":             {k3Pipeline, k3Auth(keys{"acct_id": `"6a6a6a6a6a6a6a"`}), nil, "k3", "LoginBySign", "acct_id"},
		"星辰: a wrong client_secret":                 {jdyPipeline, nil, wrong("jdy.secret"), "jdy", "4005", "client_secret"},
		"星辰: a wrong password":                      {jdyPipeline, nil, wrong("jdy.password"), "jdy", "用户名或密码不正确", "password"},
		"星辰: an account that the user does not see": {jdyPipeline, func(*documents) map[string]keys { return map[string]keys{"jdy": {"account_id": `"123"`}} }, nil, "jdy", "0 of 1 accounts", "account_id"},
		"T+: a wrong app_secret":                    {tplusPipeline, nil, wrong("tplus.secret"), "tplus", "50003", "app_secret"},
		"T+: a wrong certificate":                   {tplusPipeline, nil, wrong("tplus.certificate"), "tplus", "50003", "certificate"},
		"T+: a quota that is used up":               {tplusPipeline, nil, refuses("tplus.sale_dispatch.create", "50112/401"), "", "当月调用额度已用完", "quota"},
	}
}

// Wrong credentials, rights and quotas: the run says what is wrong and what to do,
// doctor names the connection, nothing is sent, and all is well once it is mended.
func TestWhatIsWrongWithAnAccountIsSaid(t *testing.T) {
	t.Parallel()
	for code, troubles := range map[fault.Code]map[string]trouble{
		fault.SourceRefused: sourceTroubles(), fault.TargetUnreachable: targetTroubles(),
	} {
		for name, c := range troubles {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				d := newDocuments(t, documentOptions{logLevel: "debug"})
				good := d.options
				if c.via != nil {
					d.reconfigure(c.via(d))
				}
				if c.spoil != nil {
					c.spoil(d)
				}
				failed := d.fails(code, "run", c.pipeline)
				if !strings.Contains(failed.Message, c.says) || !strings.Contains(failed.Suggestion, c.todo) {
					t.Errorf("got %q and the advice %q, want it to say %q and to name %q", failed.Message, failed.Suggestion, c.says, c.todo)
				}
				d.doctorNames(c.connection, c.says)
				for target, entries := range d.box.Received() {
					for _, entry := range entries {
						if entry.Created > 0 {
							t.Errorf("%s received %s", target, entry.Key)
						}
					}
				}
				d.faulty()
				d.options = good
				d.configure()
				d.run(c.pipeline)
				d.arrives(c.pipeline)
			})
		}
	}
}

// doctorNames holds that doctor finds this connection bad, for this reason, and says
// what to do; for no connection it is not asked.
func (d *documents) doctorNames(connection, says string) {
	d.t.Helper()
	if connection == "" {
		return
	}
	bad, code := d.doctor()
	if got := bad["connection "+connection]; !strings.Contains(got.Detail, says) || got.Advice == "" || code != fault.ExitUnreachable {
		d.t.Errorf("got %+v and exit code %d, want connection %s bad: %q", bad, code, connection, says)
	}
}

// elevenMinutes is a difference as it is told; seconds pass while it is measured.
var elevenMinutes = regexp.MustCompile(`(10m5\ds|11m\ds) behind`)

// fault 20: a clock that is 11 minutes off. Where the platform tells its time, the
// next call goes by it; 星空's login does not forgive it, and the error says so.
func TestAClockThatIsOff(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		pipeline string
		via      func(*documents) map[string]keys
		refused  bool
	}{
		"聚水潭, open platform":          {noopPipeline, nil, false},
		"聚水潭, old gateway":            {noopPipeline, jstWay("jst-open", (*documents).throughOld, "row_version"), false},
		"qimen to 星辰":                 {jdyPipeline, nil, false},
		"qimen to T+":                 {tplusPipeline, nil, false},
		"qimen to 星空, signed headers": {k3Pipeline, k3Auth(keys{"auth": "header"}), false},
		"qimen to 星空, signed login":   {k3Pipeline, nil, true},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDocuments(t, documentOptions{sandbox: func(o *sandbox.Options) {
				o.Now = func() time.Time { return time.Now().Add(11 * time.Minute) }
				o.TokenClockSkew = 10 * time.Minute
			}})
			if c.via != nil {
				d.reconfigure(c.via(d))
			}
			if !c.refused {
				d.run(c.pipeline)
				d.arrives(c.pipeline)
			} else if failed := d.fails(fault.TargetUnreachable, "run", c.pipeline); !elevenMinutes.MatchString(failed.Message) {
				t.Errorf("got %q, want it to say how far the clock is off", failed.Message)
			}
			bad, _ := d.doctor()
			for _, connection := range []string{"jst-open", "jst-qimen", "wdt-main", "k3", "jdy", "tplus"} {
				if got := bad["connection "+connection]; !elevenMinutes.MatchString(got.Detail) || got.Advice == "" {
					t.Errorf("got %+v of %s, want doctor to say how far the clock is off", got, connection)
				}
			}
		})
	}
}
