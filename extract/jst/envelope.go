package jst

import (
	"encoding/json"
	"slices"
	"strconv"

	"pandian/extract"
	"pandian/extract/qimen"
	"pandian/internal/erphttp"
)

// SaleoutLayout says where an answer keeps its documents, on all routes:
// {"code":0,"data":{"datas":[…]}} on the open platform, {"code":0,"datas":[…]} on
// the old gateway, {"response":{"datas":[…]}} on Qimen.
func SaleoutLayout() extract.Layout {
	return extract.Layout{
		Lists:    []string{"datas"},
		Wrappers: []string{"data", "response"},
		Known:    []string{"code", "issuccess", "flag", "error_response", "page_index"},
	}
}

// ReadEnvelope reads what an answer of any route says besides its documents: how
// many its window holds (nil where it does not say), or why there are none. The
// error is an *erphttp.Error. An envelope without any field, as of a bare record
// array, is no error. The route is told from the shape: issuccess is the old
// gateway's alone.
func ReadEnvelope(envelope []byte) (total *int64, err error) {
	found := judge(envelope, "")
	if found.verdict.Action != erphttp.OK {
		return nil, found.verdict.Err(platform, SaleoutDataset)
	}
	return found.page.total, nil
}

// judgement is what an envelope comes to.
type judgement struct {
	verdict erphttp.Verdict
	page    pageInfo
	// nextMinute says to wait for the platform's next minute; timing that this
	// machine's clock may be the reason.
	nextMinute, timing bool
	// known is false where the envelope has no field that tells success or failure.
	known bool
}

// pageInfo is what the platform says of a page.
type pageInfo struct {
	// there says that there is a page at all.
	there bool
	total *int64
	// hasNext is nil where the platform does not say.
	hasNext *bool
}

// judge takes an envelope of a route; of any route where that is empty.
func judge(envelope []byte, route Route) judgement {
	var top map[string]json.RawMessage
	if err := json.Unmarshal(envelope, &top); err != nil || top == nil {
		return odd("its envelope is not an object")
	}
	if len(top) == 0 {
		return judgement{}
	}
	if top["response"] != nil || top["error_response"] != nil {
		return judgeQimen(envelope, top["response"])
	}
	if _, isFlat := top["issuccess"]; route == "" && isFlat {
		route = Old
	}
	if _, says := top["code"]; says || top["issuccess"] != nil {
		return judgeOwn(top, route)
	}
	// Clients of Qimen report a bare page object, without response around it.
	if page := readPage(envelope); page.there {
		return judgement{known: true, page: page}
	}
	return odd("it has none of code, response, page_index")
}

func odd(what string) judgement {
	return judgement{verdict: erphttp.Verdict{Action: erphttp.Retry, Message: what}}
}

// judgeOwn reads the forms of 聚水潭's own gateways: page fields in data on the
// open platform, beside code on the old gateway.
func judgeOwn(top map[string]json.RawMessage, route Route) judgement {
	code, message := string(erphttp.ReadText(top["code"])), string(erphttp.ReadText(top["msg"]))
	isSuccess := readBool(top["issuccess"])
	failed := isSuccess != nil && !*isSuccess
	if !failed && (code == "0" || code == "" && isSuccess != nil) {
		return judgePage(top)
	}
	if code == "" || code == "0" {
		return judgement{known: true, verdict: erphttp.Verdict{Action: erphttp.Final, Code: code,
			Message: either(message, "the answer is no success and has no code")}}
	}
	found := judgement{known: true}
	found.verdict, found.nextMinute, found.timing = judgeCode(route, code, message)
	return found
}

func judgePage(top map[string]json.RawMessage) judgement {
	page := readFields(top)
	if !page.there {
		page = readPage(top["data"])
	}
	if !page.there {
		return odd("it says success but holds no page")
	}
	return judgement{known: true, page: page}
}

// judgeQimen reads the forms of Qimen: the page object itself stands for success,
// flag or code for a failure. TOP's own codes come first; 聚水潭's are looked for
// in sub_code, then in code.
func judgeQimen(envelope []byte, response json.RawMessage) judgement {
	e, err := qimen.ParseEnvelope(envelope)
	if err != nil || !e.Known {
		return odd("its response is not an object")
	}
	page := readPage(response)
	if !e.Gateway && e.Flag != "failure" && (e.Code == "" || e.Code == "0") && e.SubCode == "" {
		if !page.there {
			return odd("its response holds neither a page nor an error")
		}
		return judgement{known: true, page: page}
	}
	found := judgement{known: true}
	found.verdict, found.timing = qimen.Judge(e)
	switch {
	case isOwnCode(e.SubCode):
		found.fromOwn(e.SubCode, either(e.SubMessage, e.Message))
	case !isTOPCode(e.Code) && isOwnCode(e.Code):
		found.fromOwn(e.Code, e.Message)
	}
	if e.Code == "" && e.SubCode == "" && e.Message == "" {
		found.verdict.Message = "the answer says failure and nothing more"
	}
	return found
}

// fromOwn lets 聚水潭's code decide, and keeps what the gateway said.
func (j *judgement) fromOwn(code, message string) {
	own, nextMinute, timing := judgeCode(Qimen, code, message)
	j.nextMinute, j.timing = nextMinute, timing
	j.verdict.Action, j.verdict.Wait, j.verdict.Advice = own.Action, own.Wait, own.Advice
	if j.verdict.Message == "" {
		j.verdict.Message = own.Message
	}
	if own.Action == erphttp.LoginExpired { // there is no token on Qimen to renew
		j.verdict.Action, j.verdict.Advice = erphttp.Final, "bind customer_id to the app again in the Qimen settings of the ERP"
	}
}

func isOwnCode(code string) bool {
	return code != "0" && slices.ContainsFunc(Codes(Qimen), func(row Code) bool { return row.Code == code })
}

func isTOPCode(code string) bool {
	return slices.ContainsFunc(qimen.Codes(), func(row qimen.Code) bool { return row.Code == code })
}

// readPage reads the page fields of an object; where it is none there is no page.
func readPage(object []byte) pageInfo {
	var fields map[string]json.RawMessage
	if json.Unmarshal(object, &fields) != nil {
		return pageInfo{}
	}
	return readFields(fields)
}

func readFields(fields map[string]json.RawMessage) pageInfo {
	var page pageInfo
	for _, name := range []string{"page_index", "page_size", "data_count", "page_count", "has_next"} {
		if _, ok := fields[name]; ok {
			page.there = true
		}
	}
	if n, err := strconv.ParseInt(string(erphttp.ReadText(fields["data_count"])), 10, 64); err == nil && n >= 0 {
		page.total = &n
	}
	page.hasNext = readBool(fields["has_next"])
	return page
}

// readBool reads true and false as JSON, text or 0 and 1; nil for anything else.
func readBool(raw json.RawMessage) *bool {
	value, err := strconv.ParseBool(string(erphttp.ReadText(raw)))
	if err != nil {
		return nil
	}
	return &value
}

func either(a, b string) string {
	if a != "" {
		return a
	}
	return b
}
