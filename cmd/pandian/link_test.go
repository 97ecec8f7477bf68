package main

import (
	"context"
	"sync"

	"github.com/jackc/pgx/v5"
)

// link is the session in which a test asks its shop's database. It is kept from one
// question to the next: tests ask hundreds of times, and a session costs the server
// more than most of the questions do.
type link struct {
	mu   sync.Mutex
	conn *pgx.Conn
	to   string // the address that conn was opened with
}

func (l *link) close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.drop()
}

func (l *link) drop() {
	if l.conn != nil {
		_ = l.conn.Close(context.Background())
		l.conn = nil
	}
}

// fresh says whether the session is there and as a new one would be: a test may have
// ended it, moved to another database, or left settings in it.
func (l *link) fresh(ctx context.Context, address string) bool {
	if l.conn == nil || l.to != address {
		return false
	}
	_, err := l.conn.Exec(ctx, "discard all")
	return err == nil
}

// within hands do a session with the shop's database. One that asks while another
// goroutine does gets a session of its own.
func (s *shop) within(ctx context.Context, do func(*pgx.Conn) error) error {
	if !s.link.mu.TryLock() {
		conn, err := s.dial(ctx)
		if err != nil {
			return err
		}
		defer conn.Close(context.Background())
		return do(conn)
	}
	defer s.link.mu.Unlock()
	if !s.link.fresh(ctx, s.database) {
		s.link.drop()
		conn, err := s.dial(ctx)
		if err != nil {
			return err
		}
		s.link.conn, s.link.to = conn, s.database
	}
	return do(s.link.conn)
}

// dial opens a session that keeps no statement: a test may change what one refers to.
func (s *shop) dial(ctx context.Context) (*pgx.Conn, error) {
	config, err := pgx.ParseConfig(s.database)
	if err != nil {
		return nil, err
	}
	config.DefaultQueryExecMode = pgx.QueryExecModeDescribeExec
	return pgx.ConnectConfig(ctx, config)
}

// connect is for a test that holds something open.
func (s *shop) connect() *pgx.Conn {
	s.t.Helper()
	conn, err := s.dial(context.Background())
	if err != nil {
		s.t.Fatal(err)
	}
	return conn
}

// ask returns one value from the database.
func ask[T any](s *shop, sql string, args ...any) T {
	s.t.Helper()
	var value T
	err := s.within(s.t.Context(), func(conn *pgx.Conn) error {
		return conn.QueryRow(s.t.Context(), sql, args...).Scan(&value)
	})
	if err != nil {
		s.t.Fatalf("%s: %v", sql, err)
	}
	return value
}

// tell changes something in the database.
func (s *shop) tell(sql string, args ...any) {
	s.t.Helper()
	err := s.within(s.t.Context(), func(conn *pgx.Conn) error {
		_, err := conn.Exec(s.t.Context(), sql, args...)
		return err
	})
	if err != nil {
		s.t.Fatalf("%s: %v", sql, err)
	}
}

// pairs reads two columns.
func (s *shop) pairs(sql string, args ...any) map[string]string {
	s.t.Helper()
	pairs := map[string]string{}
	err := s.within(s.t.Context(), func(conn *pgx.Conn) error {
		rows, err := conn.Query(s.t.Context(), sql, args...)
		if err != nil {
			return err
		}
		var name, value string
		_, err = pgx.ForEachRow(rows, []any{&name, &value}, func() error {
			if _, twice := pairs[name]; twice {
				s.t.Errorf("%s comes twice", name)
			}
			pairs[name] = value
			return nil
		})
		return err
	})
	if err != nil {
		s.t.Fatalf("%s: %v", sql, err)
	}
	return pairs
}
