package erphttp

import (
	"errors"
	"net"
	"net/http"
	"net/http/httptrace"
	"sync/atomic"
)

// wire finds out whether a request had a connection to go out on. A transport
// that reports nothing, as one written for a test, is judged by its error.
type wire struct {
	isAsked, isOpen atomic.Bool
}

// watch returns the request with the wire looking on.
func (w *wire) watch(request *http.Request) *http.Request {
	trace := &httptrace.ClientTrace{
		GetConn: func(string) { w.isAsked.Store(true) },
		GotConn: func(httptrace.GotConnInfo) { w.isOpen.Store(true) },
	}
	return request.WithContext(httptrace.WithClientTrace(request.Context(), trace))
}

// mayHaveCarried says of a request that failed with err whether the platform may
// have got it. A connection is open only after dialling and the TLS handshake;
// what is written to it then may arrive whatever comes back.
func (w *wire) mayHaveCarried(err error) bool {
	if w.isAsked.Load() {
		return w.isOpen.Load()
	}
	var operation *net.OpError
	var name *net.DNSError
	isUnmade := errors.As(err, &operation) && operation.Op == "dial" || errors.As(err, &name)
	return !isUnmade
}
