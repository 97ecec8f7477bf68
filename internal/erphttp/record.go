package erphttp

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"unicode/utf8"

	"pandian/internal/mask"
)

const (
	// maxRecorded bounds each side of an exchange that is kept for people, in
	// characters.
	maxRecorded = 4000
	// maxRecordedRead bounds what is looked at for that, in bytes.
	maxRecordedRead = 64 << 10
	// notHeard stands where an answer would.
	notHeard = "(no answer was heard)"
)

// Exchange is what was said once between pandian and a platform, for a person to
// read: no query string, no headers, no secret that the client knows of, personal
// data hidden, and not more than 4,000 characters a side.
type Exchange struct {
	// Request is method, path and body.
	Request string
	// Response is status and body, or why there is none.
	Response string
}

// Recorder keeps the last exchange about each subject among the calls that are made
// with its context. It is safe for concurrent use.
type Recorder struct {
	mu sync.Mutex
	// last was about all, and is of those that are not in about.
	last  *spoken
	about map[int64]*spoken
}

// spoken is an exchange as it went over the wire, and what makes it fit to be
// shown: few are ever asked for, and hiding what is private takes longer than
// the rest of a call. A batch shares one.
type spoken struct {
	raw   Exchange
	show  func(text string) string
	once  sync.Once
	shown Exchange
}

func (s *spoken) fit() Exchange {
	if s == nil {
		return Exchange{}
	}
	s.once.Do(func() { s.shown = Exchange{Request: s.show(s.raw.Request), Response: s.show(s.raw.Response)} })
	return s.shown
}

type (
	recorderKey struct{}
	subjectKey  struct{}
)

// Record makes every call under the returned context known to the recorder.
func Record(ctx context.Context) (context.Context, *Recorder) {
	recorder := &Recorder{about: map[int64]*spoken{}}
	return context.WithValue(ctx, recorderKey{}, recorder), recorder
}

// About says which subjects of the caller's the calls under the returned context are
// about: the numbers of the documents of a batch, say. Calls without are about all.
func About(ctx context.Context, subjects ...int64) context.Context {
	return context.WithValue(ctx, subjectKey{}, subjects)
}

// Of is the last exchange about the subject, or about all. It is empty where
// nothing was sent, and of no recorder.
func (r *Recorder) Of(subject int64) Exchange {
	if r == nil {
		return Exchange{}
	}
	return r.of(subject).fit()
}

func (r *Recorder) of(subject int64) *spoken {
	r.mu.Lock()
	defer r.mu.Unlock()
	if exchange, ok := r.about[subject]; ok {
		return exchange
	}
	return r.last
}

func (r *Recorder) keep(ctx context.Context, exchange *spoken) {
	r.mu.Lock()
	defer r.mu.Unlock()
	subjects, isAboutSome := ctx.Value(subjectKey{}).([]int64)
	for _, subject := range subjects {
		r.about[subject] = exchange
	}
	if !isAboutSome {
		r.last = exchange
		clear(r.about)
	}
}

// recordRequest begins the record of an attempt, where somebody wants one.
func (x *exchange) recordRequest(request *http.Request) {
	recorder, ok := x.parent.Value(recorderKey{}).(*Recorder)
	if !ok {
		return
	}
	x.recorder = recorder
	x.said = Exchange{
		Request:  request.Method + " " + request.URL.Path + "\n" + bodyOf(request),
		Response: notHeard,
	}
	x.record()
}

// recordResponse completes the record with what came back.
func (x *exchange) recordResponse(text []byte) {
	if x.recorder == nil {
		return
	}
	if len(text) > maxRecordedRead {
		text = text[:maxRecordedRead]
	}
	x.said.Response = fmt.Sprintf("HTTP %d\n%s", x.head.Status, text)
	x.record()
}

// recordFailure completes the record of an attempt without an answer.
func (x *exchange) recordFailure(failed *Error) {
	if x.recorder == nil || failed.Err == nil || x.said.Response != notHeard {
		return
	}
	x.said.Response = "(no answer was heard: " + failed.Err.Error() + ")"
	x.record()
}

func (x *exchange) record() { x.recorder.keep(x.parent, &spoken{raw: x.said, show: x.client.show}) }

// bodyOf reads a copy of what is about to be sent.
func bodyOf(request *http.Request) string {
	if request.GetBody == nil {
		return ""
	}
	body, err := request.GetBody()
	if err != nil {
		return ""
	}
	defer body.Close()
	text, _ := io.ReadAll(io.LimitReader(body, maxRecordedRead)) // what can be read of it
	return string(text)
}

// show makes a text fit to be kept for people.
func (c *Client) show(text string) string {
	text = strings.ReplaceAll(strings.ToValidUTF8(text, "\uFFFD"), "\x00", "\uFFFD")
	text = mask.Text(c.Secrets.hide(text))
	if utf8.RuneCountInString(text) <= maxRecorded {
		return text
	}
	return string([]rune(text)[:maxRecorded-1]) + "…"
}
