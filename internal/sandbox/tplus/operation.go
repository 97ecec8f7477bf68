package tplus

import (
	"encoding/json"
	"net/http"
	"time"
)

// front is the front end that a call came through.
type front int

const (
	cloud front = iota
	onPremV2
	onPremV1
)

// operation is one service of T+ itself, the same behind every front end.
type operation struct {
	endpoint string
	v1       bool // also a service of the first generation
	run      func(s *Server, args map[string]json.RawMessage, now time.Time) ([]byte, *refusal)
}

// operations are the services by their path in lower case.
var operations = map[string]operation{
	"saledispatch/create":                 {Create, true, (*Server).create},
	"saledispatchopenapi/create":          {OpenCreate, false, (*Server).openCreate},
	"saledispatchopenapi/getvoucherdto":   {OpenGet, false, (*Server).getVoucher},
	"saledispatchopenapi/findvoucherlist": {OpenFind, false, (*Server).findVouchers},
	"saledispatchopenapi/audit":           {OpenAudit, false, (*Server).audit},
	"warehouse/query":                     {Archive, true, archive(KindWarehouse)},
	"partner/query":                       {Archive, true, archive(KindPartner)},
	"inventory/query":                     {Archive, true, archive(KindInventory)},
}

// serveV2 is everything below /tplus/api/v2/, at the open platform or at a
// customer's server.
func (s *Server) serveV2(c call) answer {
	if s.options.Mode == OnPremV2 || s.options.Mode == ByHeaders && c.request.Header.Get("Authorization") != "" {
		return s.serveOnPremV2(c)
	}
	if refused := s.passGateway(c); refused != nil {
		return s.refuse(*refused, cloud)
	}
	op, ok := operations[c.service]
	if !ok || c.request.Method != http.MethodPost {
		return s.refuse(*rows["EXSV0011"], cloud)
	}
	return s.operate(op, cloud, s.lenient(c.body), c.now)
}

// operate runs a service. Arguments that are no JSON object are a bad argument.
func (s *Server) operate(op operation, from front, args []byte, now time.Time) answer {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(args, &members); err != nil {
		return s.refuse(*rows["EXERROR0001"], from)
	}
	body, refused := op.run(s, members, now)
	if refused != nil {
		return s.refuse(*refused, from)
	}
	return succeeded(body)
}

// lenient quotes bare keys where that is switched on.
func (s *Server) lenient(text []byte) []byte {
	if !s.options.LeniencyUnquoted {
		return text
	}
	return quoteKeys(text)
}

// quoteKeys puts quotes around names that stand bare before a colon, as in
// {dto:{Code:"x"}}. Strings are left alone.
func quoteKeys(text []byte) []byte {
	out := make([]byte, 0, len(text)+len(text)/8)
	for i := 0; i < len(text); {
		end := i + 1
		switch {
		case text[i] == '"':
			for end < len(text) && text[end] != '"' {
				if text[end] == '\\' {
					end++
				}
				end++
			}
			end = min(end+1, len(text))
		case nameByte(text[i]):
			for end < len(text) && nameByte(text[end]) {
				end++
			}
			if colonFollows(text[end:]) {
				out = append(append(append(out, '"'), text[i:end]...), '"')
				i = end
				continue
			}
		}
		out = append(out, text[i:end]...)
		i = end
	}
	return out
}

func nameByte(c byte) bool {
	return c == '_' || c == '$' || '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}

func colonFollows(text []byte) bool {
	for _, c := range text {
		switch c {
		case ' ', '\t', '\r', '\n':
		case ':':
			return true
		default:
			return false
		}
	}
	return false
}
