package encryption_test

import (
	"testing"

	"pandian/internal/encryption"
)

func TestIsLocal(t *testing.T) {
	t.Parallel()
	for host, want := range map[string]bool{
		"": true, "localhost": true, "LOCALHOST.": true, "erp.localhost": true, "127.0.0.1": true, "127.8.8.8": true,
		"::1": true, "[::1]": true, "/var/run/postgresql": true, "@abstract": true,
		"10.0.0.1": false, "192.168.1.5": false, "0.0.0.0": false, "::": false, "db": false, "localhost.example.com": false,
		"127.0.0.1.example.com": false, "db.example.com": false, "fe80::1": false,
	} {
		if got := encryption.IsLocal(host); got != want {
			t.Errorf("%q: got %t, want %t", host, got, want)
		}
	}
}

func TestIsPlainText(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]bool{
		"http://erp.example.com:8080/k3cloud/": true, "HTTP://10.1.2.3": true, "http://user@erp": true,
		"https://erp.example.com": false, "http://127.0.0.1:8080": false, "http://localhost/x": false, "http://[::1]:80": false,
		"": false, "${ERP_URL}": false, "erp.example.com": false, "http://": false,
	} {
		if got := encryption.IsPlainText(address); got != want {
			t.Errorf("%q: got %t, want %t", address, got, want)
		}
	}
}
