package jst

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// SaleoutFilter narrows what is read. Zero fields do not, but that archived
// documents come only if Archive says so.
type SaleoutFilter struct {
	// Status (单据状态) is one of Statuses; empty is all of them (assumed).
	Status string
	// ShopID is one shop (店铺编号).
	ShopID int64
	// IsOfflineShop reads the offline shops (线下店铺) only; not on qimen, and not
	// together with ShopID.
	IsOfflineShop bool
	// WmsCoID is one warehouse's company (分仓编号).
	WmsCoID int64
	// OwnerCoID is one owner of goods (货主编号).
	OwnerCoID int64
	// DateType says which time the window is about: 0 the last change (modified),
	// 2 the outbound time (io_date). With 2 a document that changes after its
	// window was read is not read again.
	DateType int
	// Archive reads archived (归档) documents instead of live ones.
	Archive bool
}

// Statuses are the values of status: 待出库, 已出库, 取消 (after shipping), 作废
// (before shipping), 外部发货中, 归档.
func Statuses() []string {
	return []string{"WaitConfirm", "Confirmed", "Cancelled", "Delete", "OuterConfirming", "Archive"}
}

// Validate says which fields cannot be used on the route, by the names they have
// in the configuration.
func (f SaleoutFilter) Validate(route Route) error {
	var problems []error
	if f.Status != "" && !slices.Contains(Statuses(), f.Status) {
		problems = append(problems, fmt.Errorf("status %q is none of %s", f.Status, strings.Join(Statuses(), ", ")))
	}
	if f.IsOfflineShop && f.ShopID != 0 {
		problems = append(problems, errors.New("is_offline_shop cannot be used together with shop_id"))
	}
	if f.IsOfflineShop && route == Qimen {
		problems = append(problems, errors.New("is_offline_shop is not known on route qimen"))
	}
	if f.DateType != 0 && f.DateType != 2 {
		problems = append(problems, fmt.Errorf("date_type %d is none of 0 (modified), 2 (io_date)", f.DateType))
	}
	for name, value := range map[string]int64{"shop_id": f.ShopID, "wms_co_id": f.WmsCoID, "owner_co_id": f.OwnerCoID} {
		if value < 0 {
			problems = append(problems, fmt.Errorf("%s %d is below zero", name, value))
		}
	}
	return errors.Join(problems...)
}

// params are the filter's business parameters, in the order of the vendor's table.
func (f SaleoutFilter) params() params {
	var list params
	if f.Status != "" {
		list = list.add("status", f.Status)
	}
	if f.DateType != 0 {
		list = list.add("date_type", int64(f.DateType))
	}
	if f.ShopID != 0 || f.IsOfflineShop {
		list = list.add("shop_id", f.ShopID)
	}
	if f.IsOfflineShop {
		list = list.add("is_offline_shop", true)
	}
	if f.WmsCoID != 0 {
		list = list.add("wms_co_id", f.WmsCoID)
	}
	if f.OwnerCoID != 0 {
		list = list.add("owner_co_id", f.OwnerCoID)
	}
	if f.Archive {
		list = list.add("archive", true)
	}
	return list
}
