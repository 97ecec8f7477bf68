package jdy

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"pandian/internal/sandbox/jsonout"
)

// serveBatchSave is 商品新增: several 商品 in one call, each with a success of
// its own. The good ones of a batch are kept when others are refused (assumed).
func (s *Server) serveBatchSave(c call) answer {
	raws, err := unwrap(c.body, s.options.Wrapper)
	if err != nil {
		return s.refuseCall(err.Error())
	}
	if len(raws) == 0 || len(raws) > s.options.MaxItems {
		return s.refuseCall(fmt.Sprintf("每次应提交1至%d条商品", s.options.MaxItems))
	}
	items, err := s.parseAll(raws, namesV1)
	if err != nil {
		return s.refuseCall(err.Error())
	}
	results := make([]saved, len(items))
	for i, x := range items {
		results[i] = s.save(x, i+1, namesV1, c.now)
	}
	return succeedV1(s.batchData(results))
}

// serveSave saves one 商品, which is the body.
func (s *Server) serveSave(c call) answer {
	items, err := s.parseAll([]json.RawMessage{c.body}, namesV1)
	if err != nil {
		return s.refuseCall(err.Error())
	}
	return succeedV1(s.oneObject([]saved{s.save(items[0], 1, namesV1, c.now)}))
}

// parseAll reads all items before any has an effect. When one cannot be read
// the whole call is refused, and each number in it notes that.
func (s *Server) parseAll(raws []json.RawMessage, names generation) ([]item, error) {
	items, problem := make([]item, len(raws)), error(nil)
	for i, raw := range raws {
		x, err := parseItem(raw, names, s.options.StrictFields)
		if err != nil && problem == nil {
			problem = fmt.Errorf("第%d行: %w", i+1, err)
		}
		items[i] = x
	}
	if problem == nil {
		return items, nil
	}
	for _, x := range items {
		s.ledger.Refused(x.number, problem.Error())
	}
	return nil, problem
}

// save writes one item to the store and its fate to the ledger.
func (s *Server) save(x item, place int, names generation, now time.Time) saved {
	result := s.store.save(x, place, names, s.options, now)
	switch {
	case result.refusal != "":
		s.ledger.Refused(x.number, result.refusal)
	case result.created:
		s.ledger.Created(result.material.number, x.raw)
	default:
		s.ledger.Updated(result.material.number, x.raw)
	}
	return result
}

// unwrap takes the items out of a batch's body.
func unwrap(body []byte, wrapper Wrapper) ([]json.RawMessage, error) {
	body = bytes.TrimSpace(body)
	if !json.Valid(body) {
		return nil, fmt.Errorf("请求内容不是合法的JSON")
	}
	if body[0] == '[' && (wrapper == WrapArray || wrapper == WrapAny) {
		var list []json.RawMessage
		err := json.Unmarshal(body, &list)
		return list, err
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal(body, &members); err != nil || members == nil {
		return nil, fmt.Errorf("请求内容格式不正确")
	}
	items, wrapped := members["items"]
	switch {
	case wrapped && (wrapper == WrapItems || wrapper == WrapAny):
		var list []json.RawMessage
		if err := json.Unmarshal(items, &list); err != nil {
			return nil, fmt.Errorf("invalid value for field items: 应为数组")
		}
		return list, nil
	case !wrapped && (wrapper == WrapObject || wrapper == WrapAny):
		return []json.RawMessage{body}, nil
	default:
		return nil, fmt.Errorf("请求内容格式不正确")
	}
}

// batchData is data of a batch's answer in the shape that is set.
func (s *Server) batchData(results []saved) string {
	if s.options.AnswerShape != ShapeBatch {
		return s.oneObject(results)
	}
	list := make([]string, len(results))
	for i, r := range results {
		o := jsonout.Begin(nil)
		if r.refusal != "" {
			o.Raw("success", "false")
		} else {
			o.Raw("success", "true")
			o.Raw("successPkIds", "["+s.idText(r.material.id)+"]")
		}
		o.Raw("errorInfo", errorInfo(results[i:i+1]))
		list[i] = string(o.End())
	}
	return "[" + strings.Join(list, ",") + "]"
}

// oneObject tells the fate of all items in one object: ids of those that were
// saved, texts of those that were not.
func (s *Server) oneObject(results []saved) string {
	ids, refused := []string{}, ""
	for _, r := range results {
		if r.refusal == "" {
			ids = append(ids, s.idText(r.material.id))
		} else if refused == "" {
			refused = r.refusal
		}
	}
	o := jsonout.Begin(nil)
	o.Raw("success", fmt.Sprint(refused == ""))
	o.Raw("successPkIds", "["+strings.Join(ids, ",")+"]")
	if s.options.AnswerShape == ShapeMessage {
		o.Text("message", refused)
	} else {
		o.Raw("errorInfo", errorInfo(results))
	}
	return string(o.End())
}

// errorInfo lists the texts of the items that were refused.
func errorInfo(results []saved) string {
	list := []string{}
	for _, r := range results {
		if r.refusal != "" {
			o := jsonout.Begin(nil)
			o.Text("msg", r.refusal)
			list = append(list, string(o.End()))
		}
	}
	return "[" + strings.Join(list, ",") + "]"
}
