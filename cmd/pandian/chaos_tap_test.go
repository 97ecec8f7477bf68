package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"io"
	"net"
	"net/url"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// tap is a relay between a process and Postgres that reads along, so that a test
// can act at an exact statement of a program that knows nothing of tests: before
// the server hears of it, or after it took effect and before the answer is heard.
type tap struct {
	url             string // the database, through the relay
	network, server string

	mu   sync.Mutex
	trap *trap
}

// side is when, beside its statement, a trap springs.
type side int

const (
	before       side = iota // the server never hears of the statement
	answered                 // it took effect; the answer is not heard
	beforeCommit             // of the transaction of the statement
	committed                // that commit took effect; the answer is not heard
)

// trap springs once.
type trap struct {
	// matches tells the statements that count.
	matches func(sql string) bool
	// nth of them springs it, counted from 1.
	nth  int
	side side
	// spring acts; the connection is broken after it.
	spring func()
}

// newTap relays to the database of a test.
func newTap(t *testing.T, database string) *tap {
	t.Helper()
	config, err := pgx.ParseConfig(database)
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &tap{url: (&url.URL{
		Scheme: "postgres", User: url.UserPassword(config.User, config.Password), Host: listener.Addr().String(),
		Path: "/" + config.Database, RawQuery: "sslmode=disable",
	}).String()}
	p.network, p.server = pgconn.NetworkAddress(config.Host, config.Port)
	var relays sync.WaitGroup
	ctx, cancel := context.WithCancel(context.Background())
	relays.Go(func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return // the test is over
			}
			relays.Go(func() { p.relay(ctx, client) })
		}
	})
	t.Cleanup(func() {
		cancel()
		_ = listener.Close()
		relays.Wait()
	})
	return p
}

// set puts a trap in place of the one before; nil sets none.
func (p *tap) set(next *trap) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.trap = next
}

// meets returns the trap if this is the one that springs it.
func (p *tap) meets(sql string) *trap {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.trap == nil || !p.trap.matches(sql) {
		return nil
	}
	if p.trap.nth--; p.trap.nth > 0 {
		return nil
	}
	met := p.trap
	p.trap = nil
	return met
}

// relay passes one connection on until either end is gone.
func (p *tap) relay(ctx context.Context, client net.Conn) {
	server, err := new(net.Dialer).DialContext(ctx, p.network, p.server)
	if err != nil {
		_ = client.Close()
		return
	}
	end := func() { _, _ = client.Close(), server.Close() }
	defer end()
	defer context.AfterFunc(ctx, end)()
	w := &wire{tap: p, server: server, client: client, prepared: map[string]string{}, portals: map[string]string{}}
	var both sync.WaitGroup
	both.Go(func() { w.fromServer(); end() })
	both.Go(func() { w.fromClient(); end() })
	both.Wait()
}

// wire is one connection through the tap.
type wire struct {
	tap            *tap
	server, client net.Conn
	// prepared and portals are the statements by name, of the client's goroutine.
	prepared, portals map[string]string
	// atCommit waits for the end of the transaction that is open.
	atCommit *trap

	mu sync.Mutex
	// atAnswer springs when the server is ready for the next query.
	atAnswer *trap
}

// fromClient reads what the process asks.
func (w *wire) fromClient() {
	from := bufio.NewReaderSize(w.client, 1<<16)
	first, err := packet(from, nil)
	if err != nil || !w.forward(w.server, first) {
		return
	}
	for {
		kind, err := from.ReadByte()
		if err != nil {
			return
		}
		message, err := packet(from, []byte{kind})
		if err != nil {
			return
		}
		if sql, isAsked := w.asked(kind, message[5:]); isAsked && w.stops(sql) {
			return
		}
		if !w.forward(w.server, message) {
			return
		}
	}
}

// packet reads a length and what it covers, after head.
func packet(from io.Reader, head []byte) ([]byte, error) {
	var length [4]byte
	if _, err := io.ReadFull(from, length[:]); err != nil {
		return nil, err
	}
	message := append(head, length[:]...)
	start := len(message)
	message = append(message, make([]byte, int(binary.BigEndian.Uint32(length[:]))-len(length))...)
	_, err := io.ReadFull(from, message[start:])
	return message, err
}

func (w *wire) forward(to net.Conn, message []byte) bool {
	_, err := to.Write(message)
	return err == nil
}

// asked keeps the names of statements and tells the text of one that is carried out.
func (w *wire) asked(kind byte, body []byte) (sql string, isAsked bool) {
	text := func(n int) string {
		for range n {
			_, body, _ = bytes.Cut(body, []byte{0})
		}
		found, _, _ := bytes.Cut(body, []byte{0})
		return string(found)
	}
	switch kind {
	case 'P': // Parse: name, text
		name := text(0)
		w.prepared[name] = text(1)
	case 'B': // Bind: portal, name of the statement
		portal := text(0)
		w.portals[portal] = w.prepared[text(1)]
	case 'E': // Execute: portal
		return w.portals[text(0)], true
	case 'Q': // Query: text
		return text(0), true
	}
	return "", false
}

// stops says that a trap has sprung and the statement must not go on.
func (w *wire) stops(sql string) bool {
	sprung := w.tap.meets(sql)
	if w.atCommit != nil && sql == "commit" {
		sprung, w.atCommit = w.atCommit, nil
		sprung = &trap{side: map[side]side{beforeCommit: before, committed: answered}[sprung.side], spring: sprung.spring}
	}
	if sprung == nil {
		return false
	}
	switch sprung.side {
	case before:
		sprung.spring()
		return true
	case answered:
		w.mu.Lock()
		w.atAnswer = sprung
		w.mu.Unlock()
	case beforeCommit, committed:
		w.atCommit = sprung
	}
	return false
}

// fromServer passes the answers on.
func (w *wire) fromServer() {
	from := bufio.NewReaderSize(w.server, 1<<16)
	for {
		kind, err := from.ReadByte()
		if err != nil {
			return
		}
		message, err := packet(from, []byte{kind})
		if err != nil {
			return
		}
		if kind == 'Z' { // ReadyForQuery
			w.mu.Lock()
			sprung := w.atAnswer
			w.mu.Unlock()
			if sprung != nil {
				sprung.spring()
				return
			}
		}
		if !w.forward(w.client, message) {
			return
		}
	}
}
