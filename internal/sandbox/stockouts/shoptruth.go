package stockouts

// ShopOutcome is what must come out for one shop.
type ShopOutcome struct {
	ShopID int64  `json:"shop_id,string"`
	ShopNo string `json:"shop_no"` // the natural key at the finance side
	Name   string `json:"name"`    // what the 商品 must be called; empty unless due
	State  State  `json:"state"`
	Reason string `json:"reason,omitempty"`
}

// ShopTruth is what a delivery of all shops, disabled ones included, must
// report. Rejected, Held and Due add up to Records.
type ShopTruth struct {
	Records  int            `json:"records"`
	Disabled int            `json:"disabled"` // records with is_disabled 1
	Rejected int            `json:"rejected"`
	Held     int            `json:"held"`
	Due      int            `json:"due"`
	HeldBy   map[string]int `json:"held_by"`
	Shops    []ShopOutcome  `json:"shops"` // ascending by shop_id
}

// ShopTruth works out what must come out for each shop. Of due shops with one
// shop_name the first by shop_id keeps the name, and the others are called
// name(shop_no).
func (w *World) ShopTruth() ShopTruth {
	w.mu.RLock()
	defer w.mu.RUnlock()
	t := ShopTruth{HeldBy: map[string]int{}, Shops: []ShopOutcome{}}
	taken := map[string]bool{}
	for _, s := range w.shops {
		if s.gone {
			continue
		}
		t.Records++
		t.Disabled += int(flag(s.disabled))
		o := ShopOutcome{ShopID: s.id, ShopNo: s.no}
		switch {
		case s.bad:
			t.Rejected++
			o.State, o.Reason = Rejected, UnreadableRow
		case s.no == "":
			t.Held++
			t.HeldBy[NoNumber]++
			o.State, o.Reason = Held, NoNumber
		default:
			t.Due++
			o.State, o.Name = Due, s.name
			if taken[s.name] {
				o.Name += "(" + s.no + ")"
			}
			taken[s.name] = true
		}
		t.Shops = append(t.Shops, o)
	}
	return t
}
