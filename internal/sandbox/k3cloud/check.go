package k3cloud

import (
	"strings"

	"github.com/shopspring/decimal"
)

// check runs every check over all bills of a call, one check after the other:
// that is the order of the errors on the wire. A bill may fail several.
func (s *Server) check(run *saving) []problem {
	var problems []problem
	for _, r := range run.drafts { // what could not be read
		problems = append(problems, r.problems...)
	}
	numbers := map[string]bool{}
	checks := []func(*reading) []problem{s.checkEditable}
	if run.validate {
		checks = append(checks, s.checkHeader, s.checkRows, s.checkPrice, func(r *reading) []problem {
			return s.checkStock(r.bill, run.flags, r.index)
		})
	}
	checks = append(checks, func(r *reading) []problem { return s.checkNumber(r, numbers) })
	for _, one := range checks {
		for _, r := range run.drafts {
			if r.lost {
				continue
			}
			found := one(r)
			r.problems = append(r.problems, found...)
			problems = append(problems, found...)
		}
	}
	return problems
}

// checkEditable refuses to change a bill that is audited, or on its way to it.
func (s *Server) checkEditable(r *reading) []problem {
	switch {
	case r.fresh:
	case r.bill.status == statusAudited:
		return []problem{{"", textAudited, r.index, codeNotOperable}}
	case r.bill.status == statusInReview:
		return []problem{{"", textInReview, r.index, codeNotOperable}}
	}
	return nil
}

// checkHeader: the customer is mandatory. An unknown one was left empty, so that
// it gets the same message, which misleads.
func (s *Server) checkHeader(r *reading) []problem {
	if r.bill.header["FCustomerID"] == "" {
		return []problem{{"FCustomerID", textFieldMissing("客户"), r.index, codeValidation}}
	}
	return nil
}

// checkRows: each row has a material and a stock, and there is a row.
func (s *Server) checkRows(r *reading) []problem {
	if len(r.bill.rows) == 0 {
		return []problem{{"FEntity", textNoRows, r.index, codeValidation}}
	}
	var problems []problem
	for i, l := range r.bill.rows {
		for _, f := range [...]struct{ key, name string }{{"FMaterialID", "物料"}, {"FStockID", "仓库"}} {
			if l.values[f.key] == "" {
				problems = append(problems, problem{f.key, textRowFieldMissing(i+1, f.name), r.index, codeValidation})
			}
		}
	}
	return problems
}

// checkPrice: on sites that ask for it, what is no gift has a price.
func (s *Server) checkPrice(r *reading) []problem {
	if !s.options.ForbidZeroPrice {
		return nil
	}
	for _, l := range r.bill.rows {
		if l.values["FIsFree"] != "true" && amount(l.values["FTaxPrice"]).IsZero() && amount(l.values["FPrice"]).IsZero() {
			return []problem{{"FTaxPrice", textNoPrice, r.index, codeValidation}}
		}
	}
	return nil
}

// confirmsStock is the flag that says: go on although stock turns negative.
const confirmsStock = "STK_InvCheckResult"

// checkStock refuses a bill that takes more than there is. Audited bills have
// taken theirs (assumed).
func (s *Server) checkStock(b *bill, flags string, index int) []problem {
	if s.options.Stock == nil {
		return nil
	}
	for _, flag := range strings.Split(flags, ";") {
		if strings.TrimSpace(flag) == confirmsStock {
			return nil
		}
	}
	asked := map[shelf]decimal.Decimal{}
	for i, l := range b.rows {
		at := l.shelf()
		asked[at] = asked[at].Add(amount(l.values["FRealQty"]))
		left := s.options.Stock(at.material, at.stock).Sub(s.store.taken[at])
		if asked[at].IsPositive() && asked[at].GreaterThan(left) {
			return []problem{{"", textShortStock(i+1, at.material), index, codeValidation}}
		}
	}
	return nil
}

// amount reads a figure that was checked when it came; empty is 0.
func amount(text string) decimal.Decimal {
	d, _ := exact(text)
	return d
}

// checkNumber: a number is used once. Of two in one call the second is refused
// (assumed), unless the first is not saved.
func (s *Server) checkNumber(r *reading, sent map[string]bool) []problem {
	number := r.bill.number
	if number == "" {
		return nil
	}
	holder := s.store.byNumber[number]
	if holder != nil && holder.id != r.bill.id || sent[number] {
		return []problem{{"FBillNo", textDuplicate(number), r.index, codeValidation}}
	}
	if len(r.problems) == 0 {
		sent[number] = true
	}
	return nil
}
