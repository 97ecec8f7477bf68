package sandbox

import (
	"fmt"
	"maps"
	"slices"

	"pandian/internal/sandbox/jdy"
	"pandian/internal/sandbox/k3cloud"
	"pandian/internal/sandbox/ledger"
	"pandian/internal/sandbox/tplus"
)

// addTargets makes the finance systems. Their base data is what the sales
// systems' documents need, and nothing else.
func (s *Sandbox) addTargets() {
	o := s.options
	s.k3cloud = k3cloud.New(k3cloud.Options{
		Account: s.credentials.k3cloud(), Known: s.knownToK3(), Limit: o.Limits.K3Cloud, Seed: o.Seed, Now: o.Now,
	}, s.faults, s.meter)
	s.jdy = jdy.New(jdy.Options{
		Account:   s.credentials.jdy(),
		Units:     func(id string) bool { return id == s.credentials.JDYBaseUnitID },
		Parents:   func(id string) bool { return id == s.credentials.JDYParentID },
		TokenLife: o.TokenLife, Limit: o.Limits.JDY, Seed: o.Seed, Now: o.Now,
	}, s.faults, s.meter)
	s.tplus = tplus.New(tplus.Options{
		Accounts: []tplus.Account{s.credentials.tplus()}, Mode: tplus.Cloud, Known: s.knownToTPlus(),
		TakesTwice: o.TPlusTakesTwice, TokenLife: o.TokenLife, Limit: o.Limits.TPlus, Seed: o.Seed, Now: o.Now,
	}, s.faults, s.meter)
}

// knownToK3 tells which codes 金蝶云星空 has: customers, distributors, goods and
// warehouses of the sale-outs, and the codes of the published scheme.
func (s *Sandbox) knownToK3() func(kind, code string) bool {
	codes := map[string][]string{
		"organisation": {"101", "102"}, "currency": {"PRE001", "PRE007"}, "department": {"00003", "00006"},
		"billtype": {"XSCKD01_SYS"}, "assistant": {"LY003", "LY004"},
	}
	for _, code := range s.saleouts.Customers() {
		codes["customer"] = append(codes["customer"], code)
	}
	for _, distributor := range s.saleouts.Distributors() {
		codes["customer"] = append(codes["customer"], distributor.Code)
	}
	for _, material := range s.saleouts.Materials() {
		codes["material"] = append(codes["material"], material.Code)
	}
	for _, stock := range s.saleouts.Stocks() {
		codes["stock"] = append(codes["stock"], fmt.Sprint(stock.ID))
	}
	return oneOf(codes)
}

// knownToTPlus tells which codes 畅捷通T+ has. Goods and customers are asked for at
// each call: new stockouts and shops may bring new ones.
func (s *Sandbox) knownToTPlus() func(kind, code string) bool {
	known := oneOf(map[string][]string{tplus.KindWarehouse: s.stockouts.Warehouses(), tplus.KindBusiType: {"15"}})
	return func(kind, code string) bool {
		switch kind {
		case tplus.KindInventory:
			return s.stockouts.HasInventory(code)
		case tplus.KindPartner:
			return slices.Contains(slices.Collect(maps.Values(s.stockouts.Customers())), code)
		}
		return known(kind, code)
	}
}

// oneOf knows the codes of each kind that it was given, and every code of the
// other kinds.
func oneOf(codes map[string][]string) func(kind, code string) bool {
	return func(kind, code string) bool {
		known, isListed := codes[kind]
		return !isListed || slices.Contains(known, code)
	}
}

// Received is what the targets received, by target.
func (s *Sandbox) Received() map[string][]ledger.Entry {
	return map[string][]ledger.Entry{
		"k3cloud": s.k3cloud.Entries(), "jdy": s.jdy.Entries(), "tplus": s.tplus.Entries(),
	}
}
