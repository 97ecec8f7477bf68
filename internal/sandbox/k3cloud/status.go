package k3cloud

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// step is one operation on bills that exist. It changes the bill, or says why it
// does not.
type step func(s *Server, b *bill, flags string) *problem

func (s *Server) submit(c *call) answer {
	return s.operate(c, 1, func(s *Server, b *bill, _ string) *problem { return s.submitBill(b) })
}

func (s *Server) audit(c *call) answer { return s.operate(c, 1, (*Server).auditBill) }

func (s *Server) unAudit(c *call) answer { return s.operate(c, 1, (*Server).unAuditBill) }

func (s *Server) remove(c *call) answer { return s.operate(c, 1, (*Server).removeBill) }

// excuteOperation (the platform's spelling) runs an operation by its number.
func (s *Server) excuteOperation(c *call) answer {
	switch strings.ToLower(c.argument(1, "opnumber").plain()) {
	case "":
		return refusal(codeNoOperation, codeText(codeNoOperation))
	case "submit":
		return s.operate(c, 2, func(s *Server, b *bill, _ string) *problem { return s.submitBill(b) })
	case "audit":
		return s.operate(c, 2, (*Server).auditBill)
	case "unaudit":
		return s.operate(c, 2, (*Server).unAuditBill)
	case "delete":
		return s.operate(c, 2, (*Server).removeBill)
	}
	return refusal(codeNoSuchValue, codeText(codeNoSuchValue))
}

// operate runs a step over the bills that a call names by Numbers or Ids. Those
// that do not exist are left out without a word, unless none does.
func (s *Server) operate(c *call, dataPlace int, run step) answer {
	if refused, ok := s.checkForm(c.argument(0, "formid").plain()); !ok {
		return refused
	}
	data, ok := c.data(dataPlace)
	if !ok {
		return refusal(codeParameter, textBadData)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	named, missing, ok := s.named(data)
	if !ok {
		return refusal(codeNoSuchValue, missing)
	}
	var problems []problem
	var succeeded []done
	for index, b := range named {
		if b == nil {
			continue
		}
		if p := run(s, b, data.get("InterationFlags").plain()); p != nil {
			p.index = index
			problems = append(problems, *p)
			s.refused(b.number, p.message)
			continue
		}
		succeeded = append(succeeded, done{b.id, b.number, index})
	}
	return envelope(problems, succeeded)
}

// named finds the bills of a call, in its order, nil for one that does not
// exist. Missing is the message when none does.
func (s *Server) named(data value) (bills []*bill, missing string, ok bool) {
	names := data.get("Numbers").texts()
	missing = textNoNumbers(names)
	find := func(number string) *bill { return s.store.byNumber[number] }
	if len(names) == 0 {
		names = strings.FieldsFunc(data.get("Ids").plain(), func(r rune) bool { return r == ',' || r == ' ' })
		missing = textNoIDs(names)
		find = func(id string) *bill {
			n, _ := strconv.ParseInt(id, 10, 64) // what is no number is no id either
			return s.store.byID[n]
		}
	}
	for _, name := range names {
		b := find(name)
		bills = append(bills, b)
		ok = ok || b != nil
	}
	return bills, missing, ok
}

func (s *Server) submitBill(b *bill) *problem {
	return s.move(b, "提交", statusInReview, statusCreated, statusAgain)
}

func (s *Server) auditBill(b *bill, flags string) *problem {
	if b.status == statusInReview {
		if s.auditFails.Load() {
			return &problem{message: textAuditFailed, code: codeValidation}
		}
		if short := s.checkStock(b, flags, 0); short != nil {
			return &short[0]
		}
	}
	return s.move(b, "审核", statusAudited, statusInReview)
}

func (s *Server) unAuditBill(b *bill, _ string) *problem {
	return s.move(b, "反审核", statusAgain, statusAudited)
}

func (s *Server) removeBill(b *bill, _ string) *problem {
	if p := s.move(b, "删除", "deleted", statusDraft, statusCreated, statusAgain); p != nil {
		return p
	}
	s.store.remove(b)
	return nil
}

// submitAndAudit is what IsAutoSubmitAndAudit does after the bill was saved.
func (s *Server) submitAndAudit(b *bill, flags string) *problem {
	if p := s.submitBill(b); p != nil {
		return p
	}
	return s.auditBill(b, flags)
}

// move takes a bill to another status if it stands at one of those it may come
// from. The texts of the refusals are assumed.
func (s *Server) move(b *bill, what, to string, from ...string) *problem {
	if !slices.Contains(from, b.status) {
		return &problem{message: fmt.Sprintf(textNotFromState, b.status, what), code: codeNotOperable}
	}
	s.store.take(b, to)
	b.status = to
	s.ledger.SetState(b.number, to)
	return nil
}
