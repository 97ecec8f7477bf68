package fault

import (
	"bytes"
	"context"
	"io"
	"maps"
	"net/http"
)

// after runs the handler to its end before the client hears anything, when a
// fault says so: what the call does is done, whatever becomes of its answer.
func (s *Set) after(endpoint string, w http.ResponseWriter, r *http.Request, next http.Handler) bool {
	lost, isLost := s.Fire(endpoint, LostAnswer)
	slow, isSlow := s.Fire(endpoint, SlowAnswer)
	if !isLost && !isSlow {
		return false
	}
	// The handler must not stop halfway because the client has left.
	kept := &recorder{header: http.Header{}, status: http.StatusOK}
	next.ServeHTTP(kept, r.WithContext(context.WithoutCancel(r.Context())))
	// What the handler left of the body: only then does the server notice that
	// the client has left.
	_, _ = io.Copy(io.Discard, r.Body)
	if isSlow {
		pause(r, slow.Delay())
	}
	if !isLost {
		kept.send(w)
		return true
	}
	pause(r, lost.Delay())
	if lost.Value == 0 {
		panic(http.ErrAbortHandler)
	}
	w.WriteHeader(lost.Value)
	return true
}

// recorder keeps an answer.
type recorder struct {
	header http.Header
	status int
	body   bytes.Buffer
	begun  bool
}

func (k *recorder) Header() http.Header { return k.header }

// WriteHeader keeps the first status, as a connection would.
func (k *recorder) WriteHeader(status int) {
	if !k.begun {
		k.status, k.begun = status, true
	}
}

func (k *recorder) Write(p []byte) (int, error) {
	k.begun = true
	return k.body.Write(p)
}

// Flush is nothing: the whole answer is kept.
func (k *recorder) Flush() {}

// send gives the answer to the client.
func (k *recorder) send(w http.ResponseWriter) {
	maps.Copy(w.Header(), k.header)
	w.WriteHeader(k.status)
	_, _ = w.Write(k.body.Bytes()) // a client that has gone needs no answer
}
