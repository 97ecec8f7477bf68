package main

import (
	"context"
	"strings"

	"pandian/internal/config"
	"pandian/internal/erphttp"
	"pandian/load/tplus"
)

func (c *clients) tplus(ctx context.Context, conn config.Connection, deps erphttp.Deps) (delivery, error) {
	account := tplus.Connection{
		Mode: tplus.Mode(conn.TPlus.Mode), BaseURL: conn.TPlus.URL,
		AppKey: conn.TPlus.AppKey, AppSecret: conn.TPlus.AppSecret.Reveal(),
		OpenToken: conn.TPlus.OpenToken.Reveal(), RefreshToken: conn.TPlus.RefreshToken.Reveal(),
		AppTicket: conn.TPlus.AppTicket.Reveal(), Certificate: conn.TPlus.Certificate.Reveal(),
		SignKey:  conn.TPlus.SignKey.Reveal(),
		UserName: conn.TPlus.UserName, Password: conn.TPlus.Password.Reveal(), AccountNumber: conn.TPlus.AccountNumber,
		OrgID: conn.TPlus.OrgID, PrivateKey: conn.TPlus.PrivateKey.Reveal(),
		JWTAlgorithm:   strings.ToUpper(conn.TPlus.JWTAlgorithm),
		MarketingOrgan: conn.TPlus.MarketingOrgan, HTTP: c.http(conn.TPlus.HTTP),
	}
	if conn.TPlus.OpenAPI != "auto" {
		hasOpenAPI := conn.TPlus.OpenAPI == "on"
		account.AssumeOpenAPI = &hasOpenAPI
	}
	store, err := c.vault(ctx, conn, account.RefreshToken != "")
	if err != nil {
		return delivery{}, err
	}
	target, err := tplus.New(account, deps, conn.Name, store)
	if err != nil {
		return delivery{}, err
	}
	return delivery{Target: target, check: target.Check, sendSize: tplus.SendSize}, nil
}
