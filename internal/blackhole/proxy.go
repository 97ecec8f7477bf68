// Package blackhole stands between a test and a server and loses what passes: the
// network as it is on a bad day.
package blackhole

import (
	"context"
	"fmt"
	"net"
	"net/url"
	"sync"
	"testing"
)

// Proxy forwards TCP connections to a server until it is told otherwise.
type Proxy struct {
	listener        net.Listener
	network, target string

	mu sync.Mutex
	// gate is closed while bytes pass; one that is open holds all of them back.
	gate    chan struct{}
	refuses bool
	ended   chan struct{}
	open    map[net.Conn]bool
}

// New makes a proxy to network address target, as in "tcp", "127.0.0.1:5432". It ends
// with the test.
func New(t testing.TB, network, target string) *Proxy {
	t.Helper()
	var config net.ListenConfig
	listener, err := config.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatalf("blackhole: %v", err)
	}
	p := &Proxy{
		listener: listener, network: network, target: target,
		gate: make(chan struct{}), ended: make(chan struct{}), open: map[net.Conn]bool{},
	}
	close(p.gate)
	var serving sync.WaitGroup
	serving.Go(func() { p.serve(&serving) })
	t.Cleanup(func() {
		close(p.ended)
		listener.Close()
		p.Cut()
		serving.Wait()
	})
	return p
}

// Postgres makes a proxy to the server of a connection URL and returns the URL that
// goes through it.
func Postgres(t testing.TB, address string) (*Proxy, string) {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatalf("blackhole: %v", err)
	}
	query := u.Query()
	network, target := "tcp", u.Host
	if dir := query.Get("host"); dir != "" { // a Unix socket
		port := u.Port()
		if port == "" {
			port = query.Get("port")
		}
		if port == "" {
			port = "5432"
		}
		network, target = "unix", fmt.Sprintf("%s/.s.PGSQL.%s", dir, port)
		query.Del("host")
		query.Del("port")
	}
	p := New(t, network, target)
	u.Host, u.RawQuery = p.listener.Addr().String(), query.Encode()
	return p, u.String()
}

// Address is where the proxy listens.
func (p *Proxy) Address() string { return p.listener.Addr().String() }

// Swallow lets nothing pass any more, in either direction, and says nothing about it:
// connections stay open, and new ones are accepted.
func (p *Proxy) Swallow() {
	p.mu.Lock()
	defer p.mu.Unlock()
	select {
	case <-p.gate:
		p.gate = make(chan struct{})
	default:
	}
}

// Pass lets everything pass again, what was held back first.
func (p *Proxy) Pass() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.refuses = false
	select {
	case <-p.gate:
	default:
		close(p.gate)
	}
}

// Cut breaks all connections, as a server does that stops.
func (p *Proxy) Cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for conn := range p.open {
		conn.Close()
	}
}

// Refuse breaks all connections and every new one, until Pass.
func (p *Proxy) Refuse() {
	p.mu.Lock()
	p.refuses = true
	p.mu.Unlock()
	p.Cut()
}

func (p *Proxy) serve(serving *sync.WaitGroup) {
	for {
		conn, err := p.listener.Accept()
		if err != nil {
			return
		}
		serving.Go(func() { p.forward(conn) })
	}
}

func (p *Proxy) forward(client net.Conn) {
	defer client.Close()
	if !p.keep(client) {
		return
	}
	defer p.drop(client)
	if !p.mayPass() {
		return
	}
	var dialer net.Dialer
	server, err := dialer.DialContext(context.Background(), p.network, p.target)
	if err != nil {
		return
	}
	defer server.Close()
	if !p.keep(server) {
		return
	}
	defer p.drop(server)
	var both sync.WaitGroup
	both.Go(func() { p.copy(server, client) })
	both.Go(func() { p.copy(client, server) })
	both.Wait()
}

// copy passes bytes on, and ends both connections when one does.
func (p *Proxy) copy(to, from net.Conn) {
	defer to.Close()
	defer from.Close()
	buffer := make([]byte, 32<<10)
	for {
		n, err := from.Read(buffer)
		if n > 0 {
			if !p.mayPass() {
				return
			}
			if _, err := to.Write(buffer[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}

// mayPass waits while nothing passes; false at the end of the test.
func (p *Proxy) mayPass() bool {
	p.mu.Lock()
	gate := p.gate
	p.mu.Unlock()
	select {
	case <-gate:
		return true
	case <-p.ended:
		return false
	}
}

func (p *Proxy) keep(conn net.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.open[conn] = true
	return !p.refuses
}

func (p *Proxy) drop(conn net.Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.open, conn)
}
