package main

import (
	"context"

	"pandian/internal/config"
	"pandian/internal/erphttp"
	"pandian/internal/fault"
	"pandian/load"
	"pandian/load/jdy"
	"pandian/load/k3cloud"
	"pandian/load/qeasy"
)

// delivery is a target and how it likes to be served.
type delivery struct {
	load.Target
	// check asks about the credentials; nil for targets that make no calls.
	check func(ctx context.Context) erphttp.Health
	// close gives sessions back; nil where there are none.
	close func(ctx context.Context) error
	// sendSize is how many documents one call of Send gets; 0 leaves it to load.
	sendSize int
}

// newTarget makes the target of a pipeline.
func (c *clients) newTarget(ctx context.Context, pipeline config.Pipeline, stats *erphttp.Stats) (delivery, error) {
	conn, err := c.cfg.Connection(pipeline.Target.Connection)
	if err != nil {
		return delivery{}, err
	}
	if conn.Platform == config.PlatformQeasy {
		if pipeline.Name == stockCompare {
			return delivery{Target: qeasy.CompareData{}}, nil
		}
		return delivery{Target: qeasy.NoOp{}}, nil
	}
	target, err := c.platformTarget(ctx, conn, stats)
	if err != nil {
		return delivery{}, err
	}
	c.awaken(ctx, conn.Name, target)
	return target, nil
}

// platformTarget makes the client of a finance system.
func (c *clients) platformTarget(ctx context.Context, conn config.Connection, stats *erphttp.Stats) (delivery, error) {
	deps, err := c.deps(ctx, conn, stats)
	if err != nil {
		return delivery{}, err
	}
	switch {
	case conn.K3Cloud != nil:
		return c.k3cloud(conn.K3Cloud, deps)
	case conn.JDY != nil:
		return c.jdy(conn.JDY, deps)
	case conn.TPlus != nil:
		return c.tplus(ctx, conn, deps)
	default:
		return delivery{}, fault.New(fault.ConfigBadValue, "connection %s of platform %s takes no documents", conn.Name, conn.Platform)
	}
}

func (c *clients) k3cloud(conn *config.K3Cloud, deps erphttp.Deps) (delivery, error) {
	target, err := k3cloud.New(k3cloud.Connection{
		URL: conn.URL, AcctID: conn.AcctID, UserName: conn.UserName, Auth: k3cloud.Auth(conn.Auth),
		AppID: conn.AppID, AppSecret: conn.AppSecret.Reveal(), Password: conn.Password.Reveal(),
		LCID: conn.LCID, OrgNum: conn.OrgNum, Sessions: conn.Sessions, BatchSize: conn.BatchSize,
		Finish: k3cloud.Finish(conn.Finish), ProofField: conn.ProofField, AskFirst: k3cloud.AskFirst(conn.AskFirst),
		HTTP: c.http(conn.HTTP),
	}, deps)
	if err != nil {
		return delivery{}, err
	}
	return delivery{Target: target, check: target.Check, close: target.Close, sendSize: conn.BatchSize}, nil
}

func (c *clients) jdy(conn *config.JDY, deps erphttp.Deps) (delivery, error) {
	settings := c.http(conn.HTTP)
	target, err := jdy.New(jdy.Connection{
		BaseURL: conn.URL, ClientID: conn.ClientID, ClientSecret: conn.ClientSecret.Reveal(),
		Username: conn.UserName, Password: conn.Password.Reveal(),
		AccountID: conn.AccountID, GroupName: conn.GroupName, RouterAddr: conn.RouterAddr,
		BatchSize: conn.BatchSize, SignHeaders: conn.SignHeaders, HTTP: settings,
		LoginsPerMinute: min(settings.CallsPerMinute, 0), // unlimited where calls are, else the platform's
	}, deps)
	if err != nil {
		return delivery{}, err
	}
	return delivery{Target: target, check: target.Check, sendSize: conn.BatchSize}, nil
}
