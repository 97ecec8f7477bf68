package tplus

import (
	"bytes"
	"encoding/json"
	"time"
)

// archive is the query of one kind of master data: param is an object, which may
// name a Code; null is refused. What matches comes as a bare list (assumed), of
// which this server knows the codes alone. Without a Code the list is empty: there
// is no way to list what Options.Known knows.
func archive(kind string) func(*Server, map[string]json.RawMessage, time.Time) ([]byte, *refusal) {
	return func(s *Server, args map[string]json.RawMessage, _ time.Time) ([]byte, *refusal) {
		var param struct{ Code string }
		if !bytes.HasPrefix(bytes.TrimSpace(args["param"]), []byte("{")) || json.Unmarshal(args["param"], &param) != nil {
			return nil, rows["EXERROR0001"]
		}
		if param.Code == "" || !s.options.Known(kind, param.Code) {
			return []byte("[]"), nil
		}
		return []byte("[" + reference(param.Code, param.Code) + "]"), nil
	}
}
