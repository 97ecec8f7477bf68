package stockouts

import (
	"slices"
	"sort"
	"time"
)

// ShopQuery says which shops are asked for. Empty members do not filter.
type ShopQuery struct {
	ShopNo        string
	Platforms     []int64
	Disabled      bool // the disabled shops instead of the active ones
	Offset, Limit int
}

// Shops returns one page of the shops that match, by id, and how many match in
// all.
func (w *World) Shops(q ShopQuery) (page []Shop, total int) {
	w.mu.RLock()
	defer w.mu.RUnlock()
	for _, s := range w.shops {
		switch {
		case s.gone || s.disabled != q.Disabled, q.ShopNo != "" && s.no != q.ShopNo,
			len(q.Platforms) > 0 && !slices.Contains(q.Platforms, s.platform):
			continue
		}
		if total >= q.Offset && len(page) < q.Limit {
			page = append(page, w.spellShop(s))
		}
		total++
	}
	return page, total
}

// StockoutQuery says which documents are asked for. Empty members do not
// filter. From and To are both part of the range and are given together.
type StockoutQuery struct {
	From, To                time.Time
	Statuses                []int
	ByModified              bool // is_by_modified
	SrcOrderNo, SrcTid      string
	StockoutNo, WarehouseNo string
	ShopNos                 []string
	WithoutTaobao           bool // leave the Taobao family out, as openapi2 does
	Offset, Limit           int
}

// byModified tells which column the window filters on: modified when asked for
// or when only documents are wanted that are not shipped (statuses below 95),
// else consign_time. A list of statuses on both sides of 95 filters on
// consign_time (assumed).
func (q StockoutQuery) byModified() bool {
	if q.ByModified {
		return true
	}
	return len(q.Statuses) > 0 && slices.Max(q.Statuses) < StatusShipped
}

// wanted tells whether a document of this status is asked for. Without a status
// a window finds what is shipped or completed, by is_by_modified too (assumed);
// a document number alone finds its document in any status (assumed).
func (q StockoutQuery) wanted(status int) bool {
	if len(q.Statuses) > 0 {
		return slices.Contains(q.Statuses, status)
	}
	return q.From.IsZero() || status >= StatusShipped
}

// Stockouts returns one page of the documents that match, ascending by the
// column of the window and then stockout_id, and how many match in all.
func (w *World) Stockouts(q StockoutQuery) (page []Stockout, total int) {
	w.mu.RLock()
	defer w.mu.RUnlock()
	for _, place := range w.within(q) {
		d := &w.docs[place]
		if !q.wanted(int(d.status)) || !w.matches(q, d) {
			continue
		}
		if total >= q.Offset && len(page) < q.Limit {
			page = append(page, w.spell(d))
		}
		total++
	}
	return page, total
}

// within returns the places of the documents whose column lies in the window,
// or of all when there is none.
func (w *World) within(q StockoutQuery) []int32 {
	if q.From.IsZero() {
		return w.byModified
	}
	order, column := w.byConsign, func(d *document) int64 { return d.consigned }
	if q.byModified() {
		order, column = w.byModified, func(d *document) int64 { return d.modified }
	}
	first := sort.Search(len(order), func(i int) bool { return column(&w.docs[order[i]]) >= q.From.Unix() })
	after := sort.Search(len(order), func(i int) bool { return column(&w.docs[order[i]]) > q.To.Unix() })
	return order[first:max(first, after)]
}

func (w *World) matches(q StockoutQuery, d *document) bool {
	s := &w.shops[d.shop]
	return (!q.WithoutTaobao || !taobao(s.platform)) &&
		(q.StockoutNo == "" || d.stockoutNo == q.StockoutNo) &&
		(q.WarehouseNo == "" || houses[d.house].no == q.WarehouseNo) &&
		(len(q.ShopNos) == 0 || slices.Contains(q.ShopNos, s.no)) &&
		(q.SrcOrderNo == "" || d.systemNo() == q.SrcOrderNo) &&
		(q.SrcTid == "" || slices.Contains(d.sourceTids(), q.SrcTid))
}
