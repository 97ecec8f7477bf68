package jst

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"pandian/internal/sandbox/saleouts"
)

// The widest window, both ends included, and the widest with a drp_co_id.
const (
	maxWindow            = 7 * 24 * time.Hour
	maxDistributorWindow = 24 * time.Hour
)

// usualPage is page_size when it is not sent; maxPage and maxQimenPage are the
// most. One catalogue says 50 for Qimen too; the official table says 100.
const (
	usualPage    = 30
	maxPage      = 50
	maxQimenPage = 100
)

// Most numbers in one request.
const (
	maxIDs         = 50
	maxTrackingNos = 20
)

// request is a query of one route, read and found to be in order.
type request struct {
	query       saleouts.Query
	index, size int
	totals      bool
	orderExtras []string // inout_flds
	itemExtras  []string // inout_item_flds
}

// read checks the business parameters in the order of the vendor's table.
func (s *Server) read(route saleouts.Route, args arguments) (request, *refusal) {
	r := request{query: saleouts.Query{Route: route, AfterTS: s.options.ExclusiveTS}}
	for _, step := range [...]func(arguments, *request) *refusal{
		readIDs, readStartTS, readWindow, readStatus, s.readShop, readOthers, s.readPage,
	} {
		if refused := step(args, &r); refused != nil {
			return r, refused
		}
	}
	return r, nil
}

func readIDs(args arguments, r *request) (refused *refusal) {
	q := &r.query
	if q.SoIDs, refused = args.list("so_ids", maxIDs); refused != nil {
		return refused
	}
	if q.LIDs, refused = args.list("l_ids", maxTrackingNos); refused != nil {
		return refused
	}
	if q.OIDs, refused = args.numbers("o_ids", maxIDs); refused != nil {
		return refused
	}
	if q.IOIDs, refused = args.numbers("io_ids", maxIDs); refused != nil {
		return refused
	}
	q.WaveIDs, refused = args.numbers("wave_ids", maxIDs)
	return refused
}

func readStartTS(args arguments, r *request) *refusal {
	if args.text("start_ts") == "" {
		return nil
	}
	start, refused := args.integer("start_ts", 0)
	r.query.StartTS = &start
	return refused
}

// readWindow reads the window. Numbers of documents replace it; start_ts makes
// it unnecessary.
func readWindow(args arguments, r *request) *refusal {
	q := &r.query
	clock, refused := args.integer("date_type", 0)
	if refused != nil {
		return refused
	}
	switch clock {
	case 0:
	case 2:
		q.Clock = saleouts.ByIODate
	default:
		return refuse(badParameter, "date_type只能为0或2")
	}
	if q.SoIDs != nil || q.LIDs != nil || q.OIDs != nil || q.IOIDs != nil || q.WaveIDs != nil {
		return nil
	}
	if q.From, refused = args.moment("modified_begin"); refused != nil {
		return refused
	}
	if q.To, refused = args.moment("modified_end"); refused != nil {
		return refused
	}
	q.Distributor = args.text("drp_co_id")
	return checkWindow(*q)
}

func checkWindow(q saleouts.Query) *refusal {
	widest, days := maxWindow, 7
	if q.Distributor != "" {
		widest, days = maxDistributorWindow, 1
	}
	switch {
	case q.From.IsZero() != q.To.IsZero():
		return refuse(badParameter, "修改起始时间和结束时间必须同时存在")
	case q.From.IsZero() && q.StartTS == nil:
		return refuse(badParameter, "时间段与单号不能同时为空")
	case q.To.Before(q.From):
		return refuse(badParameter, "结束时间不能早于起始时间")
	case q.To.Sub(q.From) > widest:
		return refuse(badParameter, fmt.Sprintf("时间间隔不能超过%d天", days))
	}
	return nil
}

var statuses = []saleouts.Status{
	saleouts.WaitConfirm, saleouts.Confirmed, saleouts.Cancelled, saleouts.Delete, saleouts.OuterConfirming, saleouts.Archive,
}

// readStatus takes one status; none asks for all (assumed).
func readStatus(args arguments, r *request) *refusal {
	r.query.Status = saleouts.Status(args.text("status"))
	if r.query.Status != "" && !slices.Contains(statuses, r.query.Status) {
		return refuse(badParameter, "status不合法")
	}
	return nil
}

// readShop reads the shop; shop_id 0 with is_offline_shop asks for all offline
// shops. A shop that the merchant does not have is an error of the old gateway
// only, and finds nothing elsewhere (assumed).
func (s *Server) readShop(args arguments, r *request) (refused *refusal) {
	q := &r.query
	if q.ShopID, refused = args.integer("shop_id", 0); refused != nil {
		return refused
	}
	if q.Offline, refused = args.flag("is_offline_shop", false); refused != nil {
		return refused
	}
	q.Offline = q.Offline && q.ShopID == 0
	if q.Route == saleouts.Old && q.ShopID != 0 && !s.world.HasShop(q.ShopID) {
		return refuse(unknownShop, args.text("shop_id"))
	}
	return nil
}

// readOthers reads what is left. The merchant is the owner of all documents, so
// that another owner_co_id finds none.
func readOthers(args arguments, r *request) (refused *refusal) {
	q := &r.query
	if q.WarehouseID, refused = args.integer("wms_co_id", 0); refused != nil {
		return refused
	}
	owner, refused := args.integer("owner_co_id", saleouts.CoID)
	if refused != nil {
		return refused
	}
	if owner != 0 && owner != saleouts.CoID {
		q.IOIDs = []int64{}
	}
	if q.WithArchived, refused = args.flag("archive", false); refused != nil {
		return refused
	}
	if r.totals, refused = args.flag("is_get_total", true); refused != nil {
		return refused
	}
	if r.orderExtras, refused = args.list("inout_flds", maxIDs); refused != nil {
		return refused
	}
	r.itemExtras, refused = args.list("inout_item_flds", maxIDs)
	return refused
}

// readPage reads page_index, which counts from 1, and page_size. Qimen wants
// both to be sent.
func (s *Server) readPage(args arguments, r *request) *refusal {
	most := int64(maxPage)
	if r.query.Route == saleouts.Qimen {
		most = maxQimenPage
	}
	index, refused := args.integer("page_index", 1)
	if refused != nil {
		return refused
	}
	size, refused := args.integer("page_size", usualPage)
	if refused != nil {
		return refused
	}
	switch {
	case index < 1 || index > 1<<30:
		return refuse(badParameter, "page_index从1开始")
	case size < 1:
		return refuse(badParameter, "page_size不合法")
	case size > most && s.options.StrictPageSize:
		return refuse(badParameter, fmt.Sprintf("page_size最大%d", most))
	}
	r.index, r.size = int(index), int(min(size, most))
	r.query.Offset, r.query.Limit = (r.index-1)*r.size, r.size
	return nil
}

// wants tells whether an extra column was asked for.
func wants(extras []string, name string) bool {
	return slices.ContainsFunc(extras, func(e string) bool { return strings.EqualFold(e, name) })
}
