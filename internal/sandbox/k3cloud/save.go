package k3cloud

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"

	"pandian/internal/sandbox/jsonout"
)

// saving is one call of Save, BatchSave or Draft.
type saving struct {
	data     value
	draft    bool // 暂存: the bill need not be complete
	validate bool
	verify   bool
	audit    bool // IsAutoSubmitAndAudit
	flags    string
	drafts   []*reading
}

func (s *Server) saveOne(c *call) answer {
	return s.save(c, false, func(model value) []value {
		if model.kind == object {
			return []value{model}
		}
		return nil
	})
}

func (s *Server) saveDraft(c *call) answer {
	return s.save(c, true, func(model value) []value {
		if model.kind == object {
			return []value{model}
		}
		return nil
	})
}

// saveBatch takes an array. Each bill has a transaction of its own: those that
// pass stay saved whatever becomes of the others.
func (s *Server) saveBatch(c *call) answer {
	return s.save(c, false, func(model value) []value { return model.items })
}

func (s *Server) save(c *call, draft bool, split func(value) []value) answer {
	if refused, ok := s.checkForm(c.argument(0, "formid").plain()); !ok {
		return refused
	}
	data, ok := c.data(1)
	if !ok {
		return refusal(codeParameter, textBadData)
	}
	models := split(data.get("Model"))
	if len(models) == 0 {
		return refusal(codeParameter, textBadModel)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.repeats(data) {
		return refusal(codeValidation, textRepeated)
	}
	run := newSaving(data, draft)
	for _, m := range data.members {
		if !isOption(m.name) {
			s.store.misplace("data."+m.name, "no such option")
		}
	}
	for i, model := range models {
		run.drafts = append(run.drafts, s.read(run, model, i))
	}
	problems := s.check(run)
	succeeded, late := s.keep(run)
	single := data.get("Model").kind == object
	return savedAnswer(run, append(problems, late...), succeeded, single)
}

func newSaving(data value, draft bool) *saving {
	return &saving{
		data: data, draft: draft,
		validate: data.get("ValidateFlag").yes(true) && !draft,
		verify:   data.get("IsVerifyBaseDataField").yes(false),
		audit:    data.get("IsAutoSubmitAndAudit").yes(false) && !draft,
		flags:    data.get("InterationFlags").plain(),
	}
}

// checkForm knows one form that can be saved and operated on.
func (s *Server) checkForm(id string) (answer, bool) {
	switch {
	case id == "":
		return refusal(codeNoForm, codeText(codeNoForm)), false
	case !strings.EqualFold(id, s.form.id):
		return refusal(codeException, textNoForm(id)), false
	}
	return answer{}, true
}

// repeats tells whether ValidateRepeatJson forbids this package: one like it was
// sent before with the same wish.
func (s *Server) repeats(data value) bool {
	if !data.get("ValidateRepeatJson").yes(false) {
		return false
	}
	sum := sha256.Sum256(data.json())
	id := hex.EncodeToString(sum[:])
	seen := s.store.packages[id]
	s.store.packages[id] = true
	return seen
}

// read turns one Model into a bill that is not stored yet.
func (s *Server) read(run *saving, model value, index int) *reading {
	r := &reading{
		server: s, verify: run.verify, update: map[string]bool{}, drop: run.data.get("IsDeleteEntry").yes(true),
		index: index, fresh: true, bill: newBill(s.options.Now()),
	}
	for _, key := range run.data.get("NeedUpDateFields").texts() {
		r.update[strings.ToLower(key)] = true
	}
	sent := model.get("FID").plain()
	if id, _ := strconv.ParseInt(sent, 10, 64); id != 0 {
		old := s.store.byID[id]
		if old == nil {
			r.lost, r.problems = true, []problem{{"FID", textNoIDs([]string{sent}), index, codeNoSuchValue}}
			return r
		}
		r.fresh, r.bill = false, old.clone()
	}
	r.model(model)
	return r
}

// keep stores the bills without problems, submits and audits them when asked to,
// and notes in the ledger what became of each. A bill whose audit fails stays
// saved and submitted and is shown among the errors only (assumed).
func (s *Server) keep(run *saving) (succeeded []done, problems []problem) {
	for _, r := range run.drafts {
		if len(r.problems) > 0 {
			s.refused(r.bill.number, r.problems[0].message)
			continue
		}
		s.storeOne(run, r)
		d := done{r.bill.id, r.bill.number, r.index}
		if run.audit {
			if p := s.submitAndAudit(r.bill, run.flags); p != nil {
				p.index = r.index
				problems = append(problems, *p)
				s.refused(r.bill.number, p.message)
				continue
			}
		}
		succeeded = append(succeeded, d)
	}
	return succeeded, problems
}

func (s *Server) storeOne(run *saving, r *reading) {
	b := r.bill
	switch {
	case r.fresh && run.draft:
		b.status = statusDraft
	case r.fresh || b.status == statusDraft && !run.draft:
		b.status = statusCreated
	}
	s.store.put(b)
	if r.fresh {
		s.ledger.Created(b.number, b.payload)
	} else {
		s.ledger.Updated(b.number, b.payload)
	}
	s.ledger.SetState(b.number, b.status)
}

// refused notes a refusal of a bill that has a number to note it by.
func (s *Server) refused(number, reason string) {
	if number != "" {
		s.ledger.Refused(number, reason)
	}
}

// savedAnswer is the envelope of a save, with Id and Number for a single bill and
// one NeedReturnData per bill that was saved.
func savedAnswer(run *saving, problems []problem, succeeded []done, single bool) answer {
	o := jsonout.Begin([]byte(`{"Result":`))
	o.Raw("ResponseStatus", string(responseStatus(problems, succeeded)))
	if single && len(succeeded) == 1 {
		o.Int("Id", succeeded[0].id)
		o.Text("Number", succeeded[0].number)
	}
	keys := run.data.get("NeedReturnFields").texts()
	pieces := make([][]byte, len(succeeded))
	for i, d := range succeeded {
		pieces[i] = run.drafts[d.index].bill.returned(keys)
	}
	o.Raw("NeedReturnData", string(list(pieces)))
	return answer{body: append(o.End(), '}'), ok: len(problems) == 0}
}

// returned is what NeedReturnFields asked for: "key" of the header, or
// "FEntity.key", which gives one object per row.
func (b *bill) returned(keys []string) []byte {
	o := jsonout.Begin(nil)
	var below []string
	for _, key := range keys {
		if entity, inner, ok := strings.Cut(key, "."); ok && strings.EqualFold(entity, "FEntity") {
			below = append(below, inner)
			continue
		}
		if strings.EqualFold(key, "FID") {
			o.Int(key, b.id)
			continue
		}
		o.Text(key, lookUp(b.header, key))
	}
	if len(below) > 0 {
		var rows [][]byte
		for _, l := range b.rows {
			inner := jsonout.Begin(nil)
			for _, key := range below {
				if strings.EqualFold(key, "FENTRYID") {
					inner.Int(key, l.id)
					continue
				}
				inner.Text(key, lookUp(l.values, key))
			}
			rows = append(rows, inner.End())
		}
		o.Raw("FEntity", string(list(rows)))
	}
	return o.End()
}

// lookUp finds a value by its key in any letter case.
func lookUp(values map[string]string, key string) string {
	for name, v := range values {
		if strings.EqualFold(name, key) {
			return v
		}
	}
	return ""
}
