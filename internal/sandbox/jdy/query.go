package jdy

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"pandian/internal/sandbox/jsonout"
	"pandian/internal/sandbox/meter"
)

// beijing is the zone of wall clocks in queries.
var beijing = time.FixedZone("GMT+8", 8*60*60)

// maxPage is the most rows of a list's page.
const maxPage = 100

// key is what one 商品 is looked up by.
type key struct {
	id     int64
	number string
}

// parseKey reads {"id":…} or {"number":…}; the id counts when both are there.
func parseKey(raw json.RawMessage) (key, error) {
	var members struct{ ID, Number json.RawMessage }
	if err := json.Unmarshal(raw, &members); err != nil {
		return key{}, fmt.Errorf("请求内容格式不正确")
	}
	id, err := plainText(members.ID)
	if err != nil {
		return key{}, err
	}
	number, err := plainText(members.Number)
	if err != nil {
		return key{}, err
	}
	return newKey(id, number)
}

func newKey(id, number string) (key, error) {
	if id == "" && number == "" {
		return key{}, fmt.Errorf("参数id和number不能同时为空")
	}
	if id == "" {
		return key{number: number}, nil
	}
	n, err := strconv.ParseInt(id, 10, 64)
	if err != nil || n <= 0 {
		return key{}, fmt.Errorf("invalid value for field id: %s", id)
	}
	return key{id: n}, nil
}

// plainText reads text or a number; nothing and null are empty.
func plainText(raw json.RawMessage) (string, error) {
	if len(raw) == 0 || string(raw) == "null" {
		return "", nil
	}
	plain, _, ok := scalar(raw)
	if !ok {
		return "", fmt.Errorf("invalid value %.40s", raw)
	}
	return plain, nil
}

// notFound is the text about a 商品 that is not there.
func (k key) notFound() string {
	if k.id != 0 {
		return fmt.Sprintf("参数id[%d]不存在", k.id)
	}
	return fmt.Sprintf("参数number[%s]不存在", k.number)
}

// serveDetail shows one 商品. How V1 says that there is none is not published;
// it is taken to be V2's text for an unknown reference, outer success false.
func (s *Server) serveDetail(c call) answer {
	k, err := parseKey(c.body)
	if err != nil {
		return s.refuseCall(err.Error())
	}
	m := s.store.find(k.id, k.number)
	switch {
	case m != nil:
		s.meter.Add(c.endpoint, meter.Records, 1)
		return succeedV1(s.spell(m, namesV1))
	case s.options.MissingAsNull:
		return succeedV1("null")
	default:
		return s.refuseCall(k.notFound())
	}
}

// serveDetailBatch shows several 商品, named by {"items":[{"number":…}]} (shape
// assumed). Those that do not exist are left out.
func (s *Server) serveDetailBatch(c call) answer {
	var query struct{ Items []json.RawMessage }
	if err := json.Unmarshal(c.body, &query); err != nil || len(query.Items) == 0 {
		return s.refuseCall("请求内容格式不正确")
	}
	found := []string{}
	for _, raw := range query.Items {
		k, err := parseKey(raw)
		if err != nil {
			return s.refuseCall(err.Error())
		}
		if m := s.store.find(k.id, k.number); m != nil {
			found = append(found, s.spell(m, namesV1))
		}
	}
	s.meter.Add(c.endpoint, meter.Records, len(found))
	return succeedV1("[" + strings.Join(found, ",") + "]")
}

// filter is what a list asks for.
type filter struct {
	search, enable string
	parents        []string
	start, end     time.Time
	page, size     int
}

// serveList shows the 商品 page by page. The envelope is V2's with V1's manner
// of names (assumed).
func (s *Server) serveList(c call) answer {
	f, err := parseFilter(c.body)
	if err != nil {
		return s.refuseCall(err.Error())
	}
	return succeedV1(s.page(c, f, namesV1, "pagesize", "totalpage"))
}

func parseFilter(body []byte) (filter, error) {
	var query struct {
		Search                     string
		Enable, StartTime, EndTime json.RawMessage
		Parent                     []string
		Page, PageSize             json.RawMessage
	}
	if err := json.Unmarshal(body, &query); err != nil {
		return filter{}, fmt.Errorf("请求内容格式不正确")
	}
	f := filter{search: query.Search, parents: query.Parent}
	var texts [5]string
	for i, raw := range []json.RawMessage{query.Enable, query.StartTime, query.EndTime, query.Page, query.PageSize} {
		var err error
		if texts[i], err = plainText(raw); err != nil {
			return f, err
		}
	}
	f.enable = texts[0]
	var err error
	if f.start, err = parseTime(texts[1]); err != nil {
		return f, err
	}
	if f.end, err = parseTime(texts[2]); err != nil {
		return f, err
	}
	f.page, f.size, err = parsePage(texts[3], texts[4])
	return f, err
}

// parsePage reads page, from 1, and its size; a size over 100 becomes 100
// (assumed).
func parsePage(pageText, sizeText string) (page, size int, err error) {
	page, size = 1, 10
	if pageText != "" {
		if page, err = strconv.Atoi(pageText); err != nil || page < 1 {
			return 0, 0, fmt.Errorf("invalid value for field page: %s", pageText)
		}
	}
	if sizeText != "" {
		if size, err = strconv.Atoi(sizeText); err != nil || size < 1 {
			return 0, 0, fmt.Errorf("invalid value for field pagesize: %s", sizeText)
		}
	}
	return page, min(size, maxPage), nil
}

// parseTime reads milliseconds since 1970 or a Beijing wall clock (both
// assumed); nothing is no bound.
func parseTime(text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	if ms, err := strconv.ParseInt(text, 10, 64); err == nil {
		return time.UnixMilli(ms), nil
	}
	at, err := time.ParseInLocation(time.DateTime, text, beijing)
	if err != nil {
		return at, fmt.Errorf("invalid value for a time: %s", text)
	}
	return at, nil
}

// wants tells whether the list shows a 商品; a bound of time includes its second.
func (f filter) wants(m *material) bool {
	switch {
	case f.search != "" && !strings.Contains(m.number, f.search) && !strings.Contains(m.name, f.search),
		f.enable != "" && f.enable != m.plain("enable", "1"),
		len(f.parents) > 0 && !slices.Contains(f.parents, m.plain("parent_id", "")),
		!f.start.IsZero() && m.modified.Before(f.start),
		!f.end.IsZero() && m.modified.After(f.end):
		return false
	}
	return true
}

// plain is a field by its V1 name as text, or what stands for nothing.
func (m *material) plain(v1, otherwise string) string {
	for i, value := range m.values {
		if fields[i].v1 == v1 {
			if text, _, ok := scalar(value); ok && text != "" {
				return text
			}
		}
	}
	return otherwise
}

// page is data of a list.
func (s *Server) page(c call, f filter, names generation, sizeName, pagesName string) string {
	matching := slices.DeleteFunc(s.store.all(), func(m *material) bool { return !f.wants(m) })
	from := min((f.page-1)*f.size, len(matching))
	shown := matching[from:min(from+f.size, len(matching))]
	list := make([]string, len(shown))
	for i, m := range shown {
		list[i] = s.spell(m, names)
	}
	s.meter.Add(c.endpoint, meter.Pages, 1)
	s.meter.Add(c.endpoint, meter.Records, len(shown))
	o := jsonout.Begin(nil)
	o.Int("count", int64(len(matching)))
	o.Int("page", int64(f.page))
	o.Int(sizeName, int64(f.size))
	o.Int(pagesName, int64((len(matching)+f.size-1)/f.size))
	o.Raw("rows", "["+strings.Join(list, ",")+"]")
	return string(o.End())
}

// spell writes one 商品 with every field that was ever sent.
func (s *Server) spell(m *material, names generation) string {
	o := jsonout.Begin(nil)
	o.Raw("id", s.idText(m.id))
	o.Text("number", m.number)
	o.Text("name", m.name)
	enable := `"1"`
	for i, f := range fields {
		value, sent := m.values[i]
		switch {
		case f.v1 == "enable" && sent:
			enable = string(value)
		case sent && names.name(f) != "":
			o.Raw(names.name(f), string(value))
		}
	}
	o.Raw("enable", enable)
	return string(o.End())
}
