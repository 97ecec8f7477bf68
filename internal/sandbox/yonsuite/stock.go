package yonsuite

import (
	"bufio"
	"net/http"

	"pandian/internal/sandbox/fault"
	"pandian/internal/sandbox/meter"
	"pandian/internal/sandbox/world"
)

// maxBody bounds what is read of a request, in bytes.
const maxBody = 8 << 20

// chunk is how many rows are spelled out at a time.
const chunk = 256

// serveStock is 现存量查询V2. It writes row by row, so that an answer of any
// length takes no more memory than one chunk.
func (s *Server) serveStock(w http.ResponseWriter, r *http.Request) {
	if !s.admit(w, r) {
		return
	}
	req, err := parseRequest(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		s.meter.Add(Stock, meter.BadRequests, 1)
		s.refuse(w, http.StatusOK, codeBadParams, "参数校验失败: "+err.Error())
		return
	}
	// One public caller names the product in the query and sends no body.
	if product := r.URL.Query().Get("product"); product != "" {
		req.values["product"] = []string{product}
	}
	w.Header().Set("Content-Type", "application/json;charset=UTF-8")
	out := bufio.NewWriterSize(w, 32<<10)
	rows := 0
	if _, ok := s.faults.Fire(Stock, fault.EmptyPage); !ok {
		rows = s.stream(out, req)
	}
	if rows == 0 {
		out.WriteString(emptyAnswer(s.faults.Modes().EmptyData))
	}
	if out.Flush() == nil {
		s.meter.Add(Stock, meter.Answered, 1)
		s.meter.Add(Stock, meter.Pages, 1)
		s.meter.Add(Stock, meter.Records, rows)
	}
	if rule, ok := s.faults.Fire(Stock, fault.DriftUpdate); ok {
		s.world.MutateCurrents(rule.ValueOr(1), uint64(s.options.Now().UnixNano()))
	}
}

// admit checks token and limit and lets the platform refuse where a fault says
// so; it answers when it returns false.
func (s *Server) admit(w http.ResponseWriter, r *http.Request) bool {
	now, token := s.options.Now(), r.URL.Query().Get("access_token")
	if _, ok := s.faults.Fire(Stock, fault.TokenExpired); ok {
		s.tokens.clear()
	}
	switch {
	case token == "":
		s.meter.Add(Stock, meter.AuthFailures, 1)
		s.refuse(w, http.StatusOK, codeBadParams, "access_token不能为空")
		return false
	case !s.tokens.holds(token, now):
		s.meter.Add(Stock, meter.AuthFailures, 1)
		s.refuse(w, http.StatusOK, codeBadToken, "非法token")
		return false
	}
	_, forced := s.faults.Fire(Stock, fault.Throttle)
	if !s.limit.Allow(s.options.Account.TenantID, now) || forced {
		s.meter.Add(Stock, meter.Throttled, 1)
		s.refuse(w, http.StatusTooManyRequests, codeThrottled, "接口调用频率超限")
		return false
	}
	if rule, ok := s.faults.Fire(Stock, fault.Code); ok {
		s.refuse(w, http.StatusOK, rule.Text, messages[rule.Text])
		return false
	}
	return true
}

// messages are the texts of codes that a fault may ask for.
var messages = map[string]string{
	"310036": "非法token",
	"310008": "参数校验失败",
	"1002":   "数据不存在",
	"999":    "服务端逻辑异常: 通过accessToken获取用户信息失败:bTmptoken已失效",
	"500":    "系统错误",
	"9999":   "系统异常",
	"118003": "单次请求数据过多",
}

// stream writes the whole answer when there is at least one row, and nothing
// otherwise. It returns the rows written; a client that has gone ends it.
func (s *Server) stream(out *bufio.Writer, req request) int {
	rows, buffer := 0, make([]world.Current, 0, chunk)
	var text []byte
	for from := 0; ; from += len(buffer) {
		buffer = s.world.Currents(from, buffer[:0])
		if len(buffer) == 0 {
			break
		}
		for _, c := range buffer {
			if !req.wants(c) {
				continue
			}
			lead := ","
			if rows == 0 {
				lead = `{"code":"200","message":"操作成功","data":[`
			}
			text = appendCurrent(append(text[:0], lead...), c, req)
			if _, err := out.Write(text); err != nil {
				return rows
			}
			rows++
		}
	}
	if rows > 0 {
		out.WriteString("]}")
	}
	return rows
}

// emptyAnswer is success without a row, in one of the ways seen or assumed.
func emptyAnswer(mode string) string {
	switch mode {
	case "null":
		return `{"code":"200","message":"操作成功","data":null}`
	case "absent":
		return `{"code":"200","message":"操作成功"}`
	}
	return `{"code":"200","message":"操作成功","data":[]}`
}
