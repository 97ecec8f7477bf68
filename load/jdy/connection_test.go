package jdy_test

import (
	"strings"
	"testing"
	"time"

	"pandian/internal/erphttp"
	"pandian/load/jdy"
)

func TestConnection_names_what_is_wrong(t *testing.T) {
	t.Parallel()
	p := serve(t)
	for want, change := range map[string]func(*jdy.Connection){
		"client_id is missing":                      func(c *jdy.Connection) { c.ClientID = "" },
		"client_secret is missing":                  func(c *jdy.Connection) { c.ClientSecret = "" },
		"username is missing":                       func(c *jdy.Connection) { c.Username = "" },
		"password is missing":                       func(c *jdy.Connection) { c.Password = "" },
		"url is not an http address":                func(c *jdy.Connection) { c.BaseURL = "ftp://x" },
		"router_addr is not an http address":        func(c *jdy.Connection) { c.RouterAddr = "tf.jdy.com" },
		"batch_size 51 is not within 1 to 50":       func(c *jdy.Connection) { c.BatchSize = 51 },
		"refresh_early must not be below zero":      func(c *jdy.Connection) { c.RefreshEarly = -time.Second },
		"max_attempts must not be below zero":       func(c *jdy.Connection) { c.HTTP.MaxAttempts = -1 },
		"batch_size -1 is not within 1 to 50":       func(c *jdy.Connection) { c.BatchSize = -1 },
		"timeout must not be below zero":            func(c *jdy.Connection) { c.HTTP.Timeout = -1 },
		"connection to 金蝶云星辰: client_id is missing": func(c *jdy.Connection) { c.ClientID = "" },
	} {
		conn := p.connection()
		change(&conn)
		if _, err := jdy.New(conn, erphttp.Deps{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}
