package config_test

import (
	"strings"
	"testing"

	"pandian/internal/config"
	"pandian/internal/fault"
)

// plainConnections has an address of every platform, %s before the host.
const plainConnections = `connections:
  wdt: {platform: wdt, route: qimen, sid: s, app_key: k, app_secret: "${SECRET}", url: "%sa.example.com/x"MORE}
  ys: {platform: yonsuite, tenant_id: t, app_key: k, app_secret: "${SECRET}", discovery_url: "%sb.example.com"MORE}
  jst: {platform: jst, app_key: k, app_secret: "${SECRET}", url: "%sc.example.com"MORE}
  k3: {platform: k3cloud, acct_id: a, user_name: u, app_id: i, app_secret: "${SECRET}", url: "%s192.168.1.5/k3cloud/"MORE}
  jdy: {platform: jdy, client_id: c, client_secret: "${SECRET}", username: u, password: "${SECRET}", url: "%sd.example.com", router_addr: "%se.example.com"MORE}
  tplus: {platform: tplus, mode: onprem_v1, app_key: k, app_secret: "${SECRET}", url: "%serp:8080"MORE}
`

func plainFile(scheme, more string) string {
	return strings.NewReplacer("%s", scheme, "MORE", more).Replace(plainConnections)
}

func loadText(text string, environ ...string) (*config.Config, error) {
	return config.Load(config.Sources{File: "pandian.yaml", Text: []byte(text), Environ: append(environ, "SECRET=sesame")})
}

func TestAddressesOfOtherMachinesAreEncrypted(t *testing.T) {
	t.Parallel()

	t.Run("http_is_refused_wherever_it_stands", func(t *testing.T) {
		t.Parallel()
		_, err := loadText(plainFile("http://", ""))
		got := fault.From(err)
		var paths []string
		for _, problem := range got.Problems {
			paths = append(paths, problem.Path)
			if problem.Code != fault.ConfigBadValue || !strings.Contains(problem.Suggestion, "allow_http: true") || problem.Location == "" {
				t.Errorf("got %+v, want a bad value with its place and what to do", problem)
			}
		}
		want := "connections.wdt.url connections.ys.discovery_url connections.jst.url connections.k3.url connections.jdy.url connections.jdy.router_addr connections.tplus.url"
		if strings.Join(paths, " ") != want {
			t.Errorf("got  %s\nwant %s", strings.Join(paths, " "), want)
		}
	})

	t.Run("https_is_not", func(t *testing.T) {
		t.Parallel()
		cfg, err := loadText(plainFile("https://", ""))
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range cfg.ConnectionNames() {
			if plain := cfg.Connections[name].PlainAddresses(); plain != nil {
				t.Errorf("%s: got %v, want no plain address", name, plain)
			}
		}
	})

	t.Run("http_may_be_allowed_and_is_still_named", func(t *testing.T) {
		t.Parallel()
		cfg, err := loadText(plainFile("http://", ", allow_http: true"))
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range cfg.ConnectionNames() {
			connection, err := cfg.Connection(name)
			if err != nil || !connection.HTTP().AllowHTTP || len(connection.PlainAddresses()) == 0 {
				t.Errorf("%s: got %v, allowed %t, plain %v", name, err, connection.HTTP().AllowHTTP, connection.PlainAddresses())
			}
		}
	})

	t.Run("this_machine_needs_none", func(t *testing.T) {
		t.Parallel()
		for _, host := range []string{"127.0.0.1:8080", "localhost", "[::1]:80"} {
			if _, err := loadText("connections:\n  k3: {platform: k3cloud, acct_id: a, user_name: u, app_id: i, app_secret: \"${SECRET}\", url: \"http://" + host + "/\"}\n"); err != nil {
				t.Errorf("%s: %v", host, err)
			}
		}
	})

	t.Run("an_address_from_a_variable_is_looked_at_when_it_is_used", func(t *testing.T) {
		t.Parallel()
		file := "connections:\n  k3: {platform: k3cloud, acct_id: a, user_name: u, app_id: i, app_secret: \"${SECRET}\", url: \"${ERP_URL}\"}\n"
		cfg, err := loadText(file, "ERP_URL=http://erp.example.com/k3cloud/")
		if err != nil {
			t.Fatal(err)
		}
		_, err = cfg.Connection("k3")
		if got := fault.From(err); err == nil || got.Code != fault.ConfigBadValue || got.Path != "connections.k3.url" {
			t.Errorf("got %v, want the address refused", err)
		}
		cfg, err = loadText(file, "ERP_URL=https://erp.example.com/k3cloud/")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := cfg.Connection("k3"); err != nil {
			t.Errorf("got %v, want no error", err)
		}
	})
}
