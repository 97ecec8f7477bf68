package wdt

import (
	"encoding/json"
	"strconv"

	"pandian/extract"
	"pandian/extract/qimen"
	"pandian/internal/erphttp"
)

// StockLayout says where the answer of the stock query keeps its records, on
// both routes: {"code":0,"stocks":[…]} on openapi2, {"response":{"stocks":[…]}}
// on Qimen. The list may be absent when it is empty.
func StockLayout() extract.Layout { return layoutOf("stocks") }

// ShopLayout is that of the shop query. Whether an empty list may be absent is
// not known; it is let pass, because the page behind the last full one and the
// shops out of use are often empty.
func ShopLayout() extract.Layout { return layoutOf("shoplist") }

// StockoutLayout is that of the stockout query. Its list is known to be absent
// when it is empty. A document may have hundreds of lines with their positions.
func StockoutLayout() extract.Layout {
	layout := layoutOf("stockout_list")
	layout.MaxRecord = 8 << 20
	return layout
}

func layoutOf(list string) extract.Layout {
	return extract.Layout{
		Lists:    []string{list},
		Wrappers: []string{"response"},
		Known:    []string{"code", "flag", "errorcode", "error_response"},
	}
}

// ReadEnvelope reads what an answer of the stock query, of either route, says
// besides its records: how many records its window holds (nil where it does not
// say, which is the case on every page but the first), or why there are none. The
// error is an *erphttp.Error. An envelope without any field, as of a bare record
// array, is no error.
func ReadEnvelope(envelope []byte) (total *int64, err error) {
	return readEnvelope(StockDataset, envelope)
}

// ReadStockoutEnvelope is [ReadEnvelope] for the stockout query.
func ReadStockoutEnvelope(envelope []byte) (total *int64, err error) {
	return readEnvelope(StockoutDataset, envelope)
}

// ReadShopEnvelope is [ReadEnvelope] for the shop query, which documents no
// count: one that comes all the same is not relied on.
func ReadShopEnvelope(envelope []byte) (total *int64, err error) {
	_, err = readEnvelope(ShopDataset, envelope)
	return nil, err
}

func readEnvelope(dataset string, envelope []byte) (total *int64, err error) {
	found := judge(envelope)
	if found.verdict.Action != erphttp.OK {
		return nil, found.verdict.Err(platform, dataset)
	}
	return found.total, nil
}

// judgement is what an envelope comes to.
type judgement struct {
	verdict erphttp.Verdict
	total   *int64
	// clock says that a wrong clock may be the reason for a refusal.
	clock bool
	// known is false where the envelope has no field that tells success or failure.
	known bool
}

// judge takes an envelope of either route.
func judge(envelope []byte) judgement {
	if gateway, err := qimen.ParseEnvelope(envelope); err == nil && gateway.Known {
		return judgeQimen(gateway)
	}
	var flat map[string]json.RawMessage
	if err := json.Unmarshal(envelope, &flat); err != nil {
		return judgement{verdict: erphttp.Verdict{Action: erphttp.Retry, Message: "its envelope is not an object"}}
	}
	if _, ok := flat["code"]; !ok {
		if len(flat) == 0 {
			return judgement{}
		}
		return judgement{verdict: erphttp.Verdict{Action: erphttp.Retry, Message: "it has neither code nor response"}}
	}
	return judgeFlat(flat)
}

// judgeQimen lets 旺店通's own code in sub_code decide before the gateway's.
func judgeQimen(e qimen.Envelope) judgement {
	if e.Success() {
		return judgement{known: true, total: count(e.TotalCount)}
	}
	verdict, clock := qimen.Judge(e)
	if row, ok := findCode(e.SubCode); ok {
		verdict.Action, verdict.Wait, verdict.Advice, clock = row.Action, row.Wait, row.Advice, row.Clock
		if verdict.SubMessage == "" {
			verdict.SubMessage = row.Meaning
		}
	}
	if verdict.Advice == "" {
		verdict.Advice = adviceFor(e.Message + " " + e.SubMessage)
	}
	return judgement{known: true, verdict: verdict, clock: clock}
}

// judgeFlat reads the openapi2 form. code is an integer, 0 for success; the
// message of a success is empty.
func judgeFlat(flat map[string]json.RawMessage) judgement {
	var code, message, total erphttp.Text
	for name, field := range map[string]*erphttp.Text{"code": &code, "message": &message, "total_count": &total} {
		*field = erphttp.ReadText(flat[name])
	}
	if code == "0" {
		return judgement{known: true, total: count(string(total))}
	}
	found := judgement{known: true, verdict: erphttp.Verdict{
		Action: erphttp.Final, Code: string(code), Message: string(message),
	}}
	if row, ok := findCode(string(code)); ok {
		found.verdict.Action, found.verdict.Wait, found.verdict.Advice = row.Action, row.Wait, row.Advice
		found.clock = row.Clock
		if message == "" {
			found.verdict.Message = row.Meaning
		}
	}
	if code == "" {
		found.verdict.Action, found.verdict.Message = erphttp.Retry, "its code is empty"
	}
	if found.verdict.Advice == "" {
		found.verdict.Advice = adviceFor(string(message))
	}
	return found
}

// count reads total_count, a string or a number. Pages after the first may say
// -1 or nothing, which is no count.
func count(text string) *int64 {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 {
		return nil
	}
	return &n
}
