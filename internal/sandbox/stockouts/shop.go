package stockouts

import (
	"strconv"
	"time"
)

// shop is one 店铺 as it is kept.
type shop struct {
	id       int64
	no, name string
	platform int64
	remark   string
	customer string // the finance side's code, empty when it has none
	modified int64  // Unix seconds
	disabled bool
	bad      bool // modified reads "not a time"
	gone     bool // no longer in the vendor's answers
}

// Shop is one shop spelled out.
type Shop struct {
	ID       int64
	No, Name string
	Disabled bool
	Fields   []Field // all columns, ID, No, Name and Disabled included
}

// buildShops makes the shops in the order of their ids. The special ones begin
// with the ninth, so that of two shops with one name the ids are 9 and 10,
// which compare differently as numbers and as texts; disabled are the
// last of the special ones.
func buildShops(o Options) []shop {
	shops := make([]shop, o.Shops)
	for i := range shops {
		shops[i] = newShop(o.Seed, i, o.Now)
	}
	next := 8
	take := func(n int, change func(*shop)) {
		for range n {
			change(&shops[next%len(shops)])
			next++
		}
	}
	for range o.SameName {
		name := shops[next%len(shops)].name
		take(2, func(s *shop) { s.name = name })
	}
	take(o.Unnumbered, func(s *shop) { s.no, s.customer = "", "" })
	take(o.EmojiRemarks, func(s *shop) { s.remark = "老客多,发货优先🚀💯" })
	take(o.BadShops, func(s *shop) { s.bad = true })
	take(o.WithoutCustomers, func(s *shop) { s.customer, s.platform = "", 127 })
	take(o.Disabled, func(s *shop) { s.disabled = true })
	return shops
}

// newShop is shop number i, counted from 0. Each seventh code is Chinese.
func newShop(seed uint64, i int, now time.Time) shop {
	id := int64(i) + 1
	h := mix(seed^0x5409, uint64(id))
	s := shop{
		id: id, no: "SHOP" + pad(id, 2), name: brands[i%8] + shopKinds[i/8%8], platform: platforms[i%len(platforms)],
		customer: "KH" + pad(id, 4), modified: now.Add(-settled - time.Duration(h%5_000_000)*time.Second).Unix(),
	}
	if i%7 == 4 {
		s.no = "门店-" + pad(id, 2)
	}
	if i >= 64 {
		s.name += pad(int64(i/64+1), 0) + "店"
	}
	return s
}

// pad writes n with at least so many digits.
func pad(n int64, digits int) string {
	text := strconv.FormatInt(n, 10)
	for len(text) < digits {
		text = "0" + text
	}
	return text
}

// spellShop turns a kept shop into the 60 columns of 查询店铺. The credentials
// among them are dummies.
func (w *World) spellShop(s shop) Shop {
	l := &list{}
	h := mix(w.options.Seed^0x5e11, uint64(s.id))
	l.integer("platform_id", s.platform)
	l.zeros("sub_platform_id")
	l.integer("shop_id", s.id)
	l.text("shop_no", s.no)
	l.text("shop_name", s.name)
	l.text("account_id", strconv.FormatUint(h%1_000_000, 10))
	l.text("account_nick", s.name+":管理员")
	l.shopAddress(areas[h%uint64(len(areas))], h)
	l.text("remark", s.remark)
	l.shopAuthorisation(s, h)
	l.shopRules()
	l.integer("is_disabled", flag(s.disabled))
	if s.bad {
		l.text("modified", "not a time")
	} else {
		l.time("modified", s.modified, 0)
	}
	l.time("created", s.modified-int64(h%900)*86_400, 0)
	return Shop{ID: s.id, No: s.no, Name: s.name, Disabled: s.disabled, Fields: l.fields}
}

func (l *list) shopAddress(a area, h uint64) {
	l.integer("country", 0)
	l.integer("province", a.province)
	l.integer("city", a.city)
	l.integer("district", a.district)
	l.text("province_name", a.provinceName)
	l.text("city_name", a.cityName)
	l.text("district_name", a.districtName)
	l.text("address", a.street)
	l.integer("address_id", int64(h%500))
	l.text("contact", person(h))
	l.text("zip", strconv.FormatInt(a.province, 10))
	l.text("mobile", "1990000"+pad(int64(h%10_000), 4))
	l.blank("telno", "email", "website")
}

func (l *list) shopAuthorisation(s shop, h uint64) {
	l.text("pay_account_id", "")
	l.integer("auth_state", flag(s.platform != 127))
	l.zeros("push_rds_id", "pay_auth_state")
	l.text("app_key", "dummy-app-key")
	l.text("refresh_token", "dummy-refresh-token")
	l.text("sh_secret", "dummy-sh-secret")
	l.time("auth_time", s.modified-86_400, 0)
	l.noTime("expire_time", h)
	l.noTime("re_expire_time", h>>8)
	l.noTime("freeze_auth_to", h>>16)
}

// shopRules are columns that steer the vendor's own order handling.
func (l *list) shopRules() {
	l.zeros("wms_check", "logistics_id", "cod_logistics_id", "is_undownload_trade", "invoice_provider_id", "group_id",
		"is_hold_enabled", "is_nomerge", "is_nosplit", "is_forbidden_setwarebygoods", "is_setwarebygoods",
		"is_topreorder", "taobao_shop_id", "invoice_payee_id", "paper_invoice_provider_id", "logistics_sync_delay",
		"shop_priority", "great_deal_warehouse")
	l.amount("great_deal_limit", 0)
	l.blank("prop1", "prop2", "forbidden_logistics_list")
	l.null("cust_data")
}

func flag(yes bool) int64 {
	if yes {
		return 1
	}
	return 0
}
