package tplus

import (
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"time"
)

// firstID is the id of the first voucher.
const firstID = 1001

// state is a VoucherState. 00 未审 is seen in use; the other is assumed.
type state struct{ code, name string }

var (
	unaudited = state{"00", "未审"}
	audited   = state{"01", "已审"}
)

// voucher is one stored document.
type voucher struct {
	id    int64
	code  string
	date  string // yyyy-MM-dd
	state state
	ts    int64 // grows with every change of the store
	form  form
}

// store keeps the vouchers of the account set. Codes are unique in it, external
// codes per type of voucher (assumed).
type store struct {
	mu       sync.Mutex
	vouchers []*voucher // by id
	byCode   map[string]*voucher
	external map[[2]string]bool // type, external code
	serials  map[string]int     // of the numbering rule, by month
	ts       int64
}

func newStore() *store {
	return &store{byCode: map[string]*voucher{}, external: map[[2]string]bool{}, serials: map[string]int{}}
}

// add stores a voucher that was checked, unless one with its codes exists: then
// it returns the code that does.
func (st *store) add(f form, o Options, now time.Time) (v voucher, duplicate string) {
	st.mu.Lock()
	defer st.mu.Unlock()
	external := [2]string{codeOf(f.VoucherType), string(f.ExternalCode)}
	if f.ExternalCode != "" && st.external[external] && !o.TakesTwice {
		return v, string(f.ExternalCode)
	}
	number := f.wanted()
	if number != "" && st.byCode[number] != nil && !o.TakesTwice {
		return v, number
	}
	today := now.In(beijing)
	if number == "" && o.NoNumbering {
		if number = string(f.ExternalCode); st.byCode[number] != nil {
			return v, number
		}
	}
	if number == "" {
		number = st.nextNumber(today)
	}
	date := string(f.VoucherDate)
	if date == "" {
		date = today.Format(time.DateOnly)
	}
	st.ts++
	made := &voucher{
		id: firstID + int64(len(st.vouchers)), code: number, date: date, state: unaudited, ts: st.ts, form: f,
	}
	st.vouchers = append(st.vouchers, made)
	st.byCode[number] = made
	if f.ExternalCode != "" {
		st.external[external] = true
	}
	return *made, ""
}

// nextNumber is a free code by the numbering rule of the account set.
func (st *store) nextNumber(today time.Time) string {
	for {
		month := today.Format("2006-01")
		st.serials[month]++
		number := fmt.Sprintf("IO-%s-%04d", month, st.serials[month])
		if st.byCode[number] == nil {
			return number
		}
	}
}

// find looks up by id, or by code when id is 0.
func (st *store) find(k key) (voucher, bool) {
	st.mu.Lock()
	defer st.mu.Unlock()
	v := st.at(k)
	if v == nil {
		return voucher{}, false
	}
	return *v, true
}

func (st *store) at(k key) *voucher {
	if k.id == 0 {
		return st.byCode[k.code]
	}
	if i := k.id - firstID; i >= 0 && i < int64(len(st.vouchers)) {
		return st.vouchers[i]
	}
	return nil
}

// audit changes the state; changed is false when that was done before.
func (st *store) audit(k key) (v voucher, found, changed bool) {
	st.mu.Lock()
	defer st.mu.Unlock()
	stored := st.at(k)
	if stored == nil {
		return voucher{}, false, false
	}
	if changed = stored.state != audited; changed {
		st.ts++
		stored.state, stored.ts = audited, st.ts
	}
	return *stored, true, changed
}

// all returns copies, ascending by id.
func (st *store) all() []voucher {
	st.mu.Lock()
	defer st.mu.Unlock()
	out := make([]voucher, len(st.vouchers))
	for i, v := range st.vouchers {
		out[i] = *v
	}
	return out
}

// key is what a voucher is looked up by.
type key struct {
	id   int64
	code string
}

// readKey reads {"param":{"voucherID":…}} or {"param":{"voucherCode":…}}; the id
// counts when both are there.
func readKey(args map[string]json.RawMessage) (key, *refusal) {
	var param struct{ VoucherID, VoucherCode loose }
	raw := args["param"]
	if len(raw) == 0 || raw[0] != '{' || json.Unmarshal(raw, &param) != nil || param.VoucherID == "" && param.VoucherCode == "" {
		return key{}, rows["EXERROR0001"]
	}
	if slices.Contains([]loose{"", "0"}, param.VoucherID) {
		return key{code: string(param.VoucherCode)}, nil
	}
	k := key{}
	if err := json.Unmarshal([]byte(param.VoucherID), &k.id); err != nil || k.id == 0 {
		return key{}, rows["EXERROR0001"]
	}
	return k, nil
}
