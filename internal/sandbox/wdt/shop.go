package wdt

import (
	"strconv"
	"strings"

	"pandian/internal/sandbox/jsonout"
	"pandian/internal/sandbox/stockouts"
)

// shopOperation is 查询店铺, wdt.shop.query and shop.php. It has no window and
// shows no total_count.
var shopOperation = operation{list: "shoplist", usual: 30, find: (*Server).findShops}

// findShops finds shops by id: the active ones, or with is_disabled 1 the others.
// A call for one shop_no follows is_disabled as well (assumed). While a client
// pages, shops close, open or vanish.
func (s *Server) findShops(c call) (source, *refusal) {
	query := stockouts.ShopQuery{ShopNo: c.params["shop_no"]}
	switch c.params["is_disabled"] {
	case "", "0":
	case "1":
		query.Disabled = true
	default:
		return source{}, badArgument("is_disabled不合法")
	}
	var refused *refusal
	if query.Platforms, refused = c.platforms(); refused != nil {
		return source{}, refused
	}
	return source{
		untold: true,
		page: func(offset, limit int) ([][]byte, int) {
			query.Offset, query.Limit = offset, limit
			shops, total := s.stockouts.Shops(query)
			var records [][]byte
			for _, shop := range shops {
				r := &record{Object: jsonout.Begin(nil), style: c.style}
				r.columns(shop.Fields, stockouts.Absent)
				records = append(records, r.End())
			}
			return records, total
		},
		update: func(n int, seed uint64) { s.stockouts.CloseShops(n, seed, c.now) },
		insert: func(n int, _ uint64) { s.stockouts.OpenShops(n, c.now) },
		remove: func(n int, seed uint64) { s.stockouts.RemoveShops(n, seed) },
	}, nil
}

// platforms reads the platform ids of a call: platform and platform_id are one,
// in the older and the newer revision of the vendor's page; platform_ids is a
// comma list. Of several parameters the first that is not empty counts (assumed).
func (c call) platforms() ([]int64, *refusal) {
	for _, name := range [...]string{"platform", "platform_id", "platform_ids"} {
		if c.params[name] == "" {
			continue
		}
		var ids []int64
		for text := range strings.SplitSeq(c.params[name], ",") {
			id, err := strconv.ParseInt(text, 10, 64)
			if err != nil || len(ids) > 0 && name != "platform_ids" {
				return nil, badArgument(name + "不合法")
			}
			ids = append(ids, id)
		}
		return ids, nil
	}
	return nil, nil
}
