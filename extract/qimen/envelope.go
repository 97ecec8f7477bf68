package qimen

import (
	"encoding/json"
	"fmt"

	"pandian/internal/erphttp"
)

// Envelope is what an answer says besides its records. Every field is the
// text of a JSON string or number; null and absent are empty.
type Envelope struct {
	// Flag is "success" (assumed) or "failure".
	Flag string
	// ErrorCode is errorcode: 0 on success, absent or another number on failure.
	ErrorCode string
	// Code and Message are the gateway's.
	Code, Message string
	// SubCode and SubMessage are those of the system behind it.
	SubCode, SubMessage string
	RequestID           string
	// TotalCount is total_count as it stands; on later pages it may be missing,
	// empty, -1 or 0.
	TotalCount string
	// Gateway says that the answer is an error_response: the call did not get
	// as far as the system behind the gateway.
	Gateway bool
	// Known says that there was a response or an error_response at all.
	Known bool
}

// fields has the names of both forms: the error_response says msg and sub_msg
// where the response says message and sub_message.
type fields struct {
	Flag       erphttp.Text `json:"flag"`
	ErrorCode  erphttp.Text `json:"errorcode"`
	Code       erphttp.Text `json:"code"`
	Message    erphttp.Text `json:"message"`
	Msg        erphttp.Text `json:"msg"`
	SubCode    erphttp.Text `json:"sub_code"`
	SubMessage erphttp.Text `json:"sub_message"`
	SubMsg     erphttp.Text `json:"sub_msg"`
	RequestID  erphttp.Text `json:"request_id"`
	TotalCount erphttp.Text `json:"total_count"`
}

// ParseEnvelope reads an answer's envelope: {"response":{…}} from a custom
// gateway, {"error_response":{…}} from the common one.
func ParseEnvelope(text []byte) (Envelope, error) {
	var answer struct {
		Response *fields `json:"response"`
		Error    *fields `json:"error_response"`
	}
	if err := json.Unmarshal(text, &answer); err != nil {
		return Envelope{}, fmt.Errorf("read qimen envelope: %w", err)
	}
	found, gateway := answer.Response, false
	if answer.Error != nil {
		found, gateway = answer.Error, true
	}
	if found == nil {
		return Envelope{}, nil
	}
	return Envelope{
		Flag: string(found.Flag), ErrorCode: string(found.ErrorCode),
		Code: string(found.Code), Message: either(found.Message, found.Msg),
		SubCode: string(found.SubCode), SubMessage: either(found.SubMessage, found.SubMsg),
		RequestID: string(found.RequestID), TotalCount: string(found.TotalCount),
		Gateway: gateway, Known: true,
	}, nil
}

// Success is the rule for the custom gateways: flag is not "failure" and
// errorcode is there and 0. Anything else is a failure.
func (e Envelope) Success() bool {
	return e.Known && !e.Gateway && e.Flag != "failure" && e.ErrorCode == "0"
}

func either(a, b erphttp.Text) string {
	if a != "" {
		return string(a)
	}
	return string(b)
}
