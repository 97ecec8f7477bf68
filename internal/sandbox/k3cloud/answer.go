package k3cloud

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"time"

	"pandian/internal/sandbox/jsonout"
)

// answer is what an operation says: the JSON to send and, for the statistics,
// whether it is a success.
type answer struct {
	body []byte
	ok   bool
}

// problem is one error of an answer. An empty field is null on the wire.
type problem struct {
	field   string
	message string
	index   int // DIndex: place of the bill among those sent, from 0
	code    int // MsgCode
}

// done is one bill of SuccessEntitys.
type done struct {
	id     int64
	number string
	index  int
}

// responseStatus is the envelope's ResponseStatus. Any problem makes it a
// failure, also where other bills of the call went through; its MsgCode is that
// of the first problem.
func responseStatus(problems []problem, succeeded []done) []byte {
	code := 0
	o := jsonout.Begin(nil)
	if len(problems) > 0 {
		o.Int("ErrorCode", 500) // absent on success
		code = problems[0].code
	}
	o.Raw("IsSuccess", strconv.FormatBool(len(problems) == 0))
	errors := make([][]byte, len(problems))
	for i, p := range problems {
		errors[i] = p.json()
	}
	o.Raw("Errors", string(list(errors)))
	slices.SortStableFunc(succeeded, func(a, b done) int { return cmp.Compare(a.index, b.index) })
	entities := make([][]byte, len(succeeded))
	for i, d := range succeeded {
		entities[i] = d.json()
	}
	o.Raw("SuccessEntitys", string(list(entities)))
	o.Raw("SuccessMessages", "[]")
	o.Int("MsgCode", int64(code))
	return o.End()
}

func (p problem) json() []byte {
	o := jsonout.Begin(nil)
	if p.field == "" {
		o.Null("FieldName")
	} else {
		o.Text("FieldName", p.field)
	}
	o.Text("Message", p.message)
	o.Int("DIndex", int64(p.index))
	return o.End()
}

func (d done) json() []byte {
	o := jsonout.Begin(nil)
	o.Int("Id", d.id)
	o.Text("Number", d.number)
	o.Int("DIndex", int64(d.index))
	return o.End()
}

// envelope answers with a ResponseStatus and nothing else.
func envelope(problems []problem, succeeded []done) answer {
	o := jsonout.Begin([]byte(`{"Result":`))
	o.Raw("ResponseStatus", string(responseStatus(problems, succeeded)))
	return answer{body: append(o.End(), '}'), ok: len(problems) == 0}
}

// refusal is an envelope with one error that belongs to no bill.
func refusal(code int, message string) answer {
	return envelope([]problem{{message: message, code: code}}, nil)
}

// asTable wraps an envelope as ExecuteBillQuery does.
func (a answer) asTable() answer {
	return answer{body: append(append([]byte("[["), a.body...), "]]"...), ok: a.ok}
}

// serverError is the text that the platform shows instead of JSON when a call
// ends in an exception.
func serverError(message string, now time.Time) string {
	at := now.In(beijing()).Format("2006-01-02 15:04:05")
	id := sha256.Sum256([]byte(message + at))
	return fmt.Sprintf("response_error:发生时间：\t%s\r\n错误编号：\t%s\r\n错误信息：\t%s", at, hex.EncodeToString(id[:16]), message)
}

// beijing is the zone of the server's clock and of every date on the wire.
func beijing() *time.Location { return time.FixedZone("GMT+8", 8*60*60) }
