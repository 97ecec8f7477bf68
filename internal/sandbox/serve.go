package sandbox

import (
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"
)

// Start listens on a loopback address such as "127.0.0.1:0" and serves until
// stop is called. An address that others could reach is refused, because the
// sandbox lets anyone change it. stop ends open connections at once and may be
// called more than once.
func (s *Sandbox) Start(addr string) (url string, stop func(), err error) {
	listener, err := net.Listen("tcp", addr) //nolint:noctx // it serves until stop is called
	if err != nil {
		return "", nil, fmt.Errorf("start sandbox: %w", err)
	}
	if at, ok := listener.Addr().(*net.TCPAddr); !ok || !at.IP.IsLoopback() {
		_ = listener.Close()
		return "", nil, fmt.Errorf("start sandbox: %s is not a loopback address", addr)
	}
	server := &http.Server{Handler: s, ReadHeaderTimeout: 30 * time.Second}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = server.Serve(listener) // ends with ErrServerClosed, when stop is called
	}()
	stop = sync.OnceFunc(func() {
		_ = server.Close()
		<-done
	})
	return "http://" + listener.Addr().String(), stop, nil
}
