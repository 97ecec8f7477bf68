package main

import (
	"io"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"pandian/internal/fault"
)

func TestADatabaseOnAnotherMachineIsReachedByTLS(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"postgres://u:p@db.example.com/x":                        "postgres://u:p@db.example.com/x?sslmode=require",
		"postgres://u@10.0.0.5:5433/x?connect_timeout=3":         "postgres://u@10.0.0.5:5433/x?connect_timeout=3&sslmode=require",
		"postgresql://u@[2001:db8::1]/x":                         "postgresql://u@[2001:db8::1]/x?sslmode=require",
		"host=db.example.com user=u dbname=x":                    "host=db.example.com user=u dbname=x sslmode=require",
		"postgres://u@127.0.0.1,db.example.com/x":                "postgres://u@127.0.0.1,db.example.com/x?sslmode=require",
		"postgres://u@db.example.com/x?sslmode=disable":          "",
		"postgres://u@db.example.com/x?sslmode=prefer":           "",
		"postgres://u@db.example.com/x?sslmode=verify-full":      "",
		"host=db.example.com sslmode = disable user=u":           "",
		"postgres://u@localhost/x":                               "",
		"postgres://u@127.0.0.1:5432/x":                          "",
		"postgres://u@[::1]/x":                                   "",
		"postgres://u@/x?host=/var/run/postgresql":               "",
		"postgres://u@db.example.com/x?application_name=sslmode": "postgres://u@db.example.com/x?application_name=sslmode&sslmode=require",
	} {
		if want == "" {
			want = address
		}
		if got := encrypted(address); got != want {
			t.Errorf("%s:\n got %s\nwant %s", address, got, want)
		}
	}
}

func TestPsqlIsToldAboutTLS(t *testing.T) {
	t.Parallel()
	for address, want := range map[string][]string{
		"postgres://u@h/x": nil,
		"postgres://u@h/x?sslmode=verify-full&sslrootcert=%2Fetc%2Fca.pem": {"PGSSLMODE=verify-full", "PGSSLROOTCERT=/etc/ca.pem"},
		"host=h sslmode=require sslrootcert='/etc/my ca.pem'":              {"PGSSLMODE=require", "PGSSLROOTCERT=/etc/my ca.pem"},
	} {
		if got := tlsEnvironment(address); !slices.Equal(got, want) {
			t.Errorf("%s: got %q, want %q", address, got, want)
		}
	}
}

// withoutTLS listens as a server that has no TLS, and keeps what it is sent after
// saying so. 0.0.0.0 reaches it, and is no address of this machine's own.
func withoutTLS(t *testing.T) (address string, said chan string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	said = make(chan string, 10)
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			_ = conn.SetDeadline(time.Now().Add(5 * time.Second))
			request := make([]byte, 8) // SSLRequest: its length, and a number that is no version
			if _, err := io.ReadFull(conn, request); err == nil && string(request[4:]) == "\x04\xd2\x16\x2f" {
				_, _ = conn.Write([]byte("N"))
				request = nil
			}
			rest, _ := io.ReadAll(conn)
			said <- string(request) + string(rest)
			_ = conn.Close()
		}
	}()
	_, port, err := net.SplitHostPort(listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return "postgres://somebody:" + canary + "@0.0.0.0:" + port + "/x", said
}

func TestNothingIsToldToADatabaseWithoutTLS(t *testing.T) {
	t.Parallel()
	address, said := withoutTLS(t)
	s := newShop(t, shopOptions{empty: true})
	s.environ = append(s.environ, "PANDIAN_DATABASE_URL="+address)
	got := s.fails(fault.DatabaseUnreachable, "status")
	if !strings.Contains(got.Suggestion, "TLS") || !strings.Contains(got.Suggestion, "sslmode=disable") {
		t.Errorf("got %+v, want what to do about TLS", got)
	}
	for len(said) > 0 {
		if told := <-said; told != "" {
			t.Errorf("the server without TLS was told %q", told)
		}
	}
}

func TestDoctorSaysHowTheDatabaseIsReached(t *testing.T) {
	t.Parallel()
	for found, want := range map[protection]struct {
		detail string
		advice bool
	}{
		{isPrivate: true, isLocal: true}:     {"private server", false},
		{isLocal: true}:                      {"on this machine", false},
		{isLocal: true, isEncrypted: true}:   {"encrypted", false},
		{}:                                   {"not encrypted", true},
		{isEncrypted: true}:                  {"encrypted, the server's certificate is not checked", true},
		{isEncrypted: true, isChecked: true}: {"encrypted", false},
	} {
		if detail, advice := found.inWords(); detail != want.detail || (advice != "") != want.advice {
			t.Errorf("%+v: got %q and %q, want %+v", found, detail, advice, want)
		}
	}
	s := newShop(t, shopOptions{})
	if ended := s.pandian("doctor", "--offline"); !strings.Contains(ended.stdout, "on this machine") {
		t.Errorf("want the protection of the database, got %s", ended)
	}
}

func TestDoctorNamesWhatIsNotEncrypted(t *testing.T) {
	t.Parallel()
	detail, advice := plainDetail([]string{"http://erp:8080/k3cloud/"})
	if !strings.Contains(detail, "not encrypted: http://erp:8080/k3cloud/") || advice == "" {
		t.Errorf("got %q and %q", detail, advice)
	}
	if detail, advice := plainDetail(nil); detail+advice != "" {
		t.Errorf("got %q and %q of nothing", detail, advice)
	}
}
