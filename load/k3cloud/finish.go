package k3cloud

import (
	"context"
	"encoding/json"
	"slices"

	"pandian/load"
)

// saved is a bill that the platform has.
type saved struct {
	*bill
	id, number, status string
	// said is what the platform complained of while the bill was saved.
	said string
}

// step is one of the steps after saving.
type step struct {
	method string
	// from are the states in which it is due, past those in which it was taken; the
	// first of these is where it leads to.
	from, past []string
}

func stepsTo(finish Finish) []step {
	submit := step{method: "Submit", from: []string{statusDraft, statusCreated},
		past: []string{statusSubmitted, statusAudited, statusReopened}}
	audit := step{method: "Audit", from: []string{statusSubmitted}, past: []string{statusAudited, statusReopened}}
	switch finish {
	case FinishSubmit:
		return []step{submit}
	case FinishAudit:
		return []step{submit, audit}
	default:
		return nil
	}
}

// finishAll takes the steps that bills still lack. A bill that somebody took back
// from its audit (D 重新审核) is in a person's hands and left alone.
func (r *round) finishAll(ctx context.Context, bills []*saved) {
	for len(bills) > 0 {
		first := bills[0]
		var together, others []*saved
		for _, one := range bills {
			if one.form == first.form && one.finish == first.finish && len(together) < maxBatch {
				together = append(together, one)
			} else {
				others = append(others, one)
			}
		}
		r.finish(ctx, together)
		bills = others
	}
}

// finish takes the steps for bills of one form that want the same end.
func (r *round) finish(ctx context.Context, bills []*saved) {
	rest := bills
	for _, next := range stepsTo(bills[0].finish) {
		var due []*saved
		for _, one := range rest {
			if slices.Contains(next.from, one.status) {
				due = append(due, one)
			}
		}
		var lost []*saved
		for _, one := range rest {
			if !slices.Contains(next.from, one.status) && !slices.Contains(next.past, one.status) {
				r.say([]*bill{one.bill}, one.unfinished(load.InDoubt, next, "its status "+printable(one.status, 60)+" is not known"))
				lost = append(lost, one)
			}
		}
		if len(due) > 0 {
			lost = append(lost, r.take(ctx, next, due)...)
		}
		rest = slices.DeleteFunc(slices.Clone(rest), func(one *saved) bool { return slices.Contains(lost, one) })
	}
	for _, one := range rest {
		r.say([]*bill{one.bill}, load.Outcome{State: load.Sent, TargetDocumentID: one.id, TargetDocumentNo: one.number})
	}
}

// take takes one step for bills and returns those that did not get there; they have
// their outcome. What the answer leaves open the bill's own status decides, so a
// bill that was audited before counts as done.
func (r *round) take(ctx context.Context, next step, bills []*saved) (lost []*saved) {
	numbers := make([]string, len(bills))
	for i, one := range bills {
		numbers[i] = one.number
	}
	answer, _, err := r.target.client.do(ctx, call{
		method: next.method, isEffect: true, parameters: []string{bills[0].form, stepData(next, numbers)},
	})
	if err != nil || answer.result == nil {
		message := "answered with a table"
		if err != nil {
			message = err.Error()
		}
		if err != nil && isUnsent(err) {
			r.leave(err)
		}
		for _, one := range bills {
			r.say([]*bill{one.bill}, one.unfinished(load.InDoubt, next, message))
		}
		return bills
	}
	plain := make([]*bill, len(bills))
	for i, one := range bills {
		plain[i] = one.bill
	}
	response := answer.result.ResponseStatus
	var open []*saved
	var parts []share
	for i, part := range divide(plain, answer.result) {
		if part.entity != nil && len(part.complaints) == 0 {
			bills[i].status = next.past[0]
			continue
		}
		open, parts = append(open, bills[i]), append(parts, part)
	}
	return r.afterStep(ctx, next, open, parts, response)
}

// stepData is the data of Submit and of Audit.
func stepData(next step, numbers []string) string {
	data := map[string]any{
		"CreateOrgId": 0, "Numbers": numbers, "Ids": "", "SelectedPostId": 0, "UseOrgId": 0,
		"NetworkCtrl": "", "IgnoreInterationFlag": "",
	}
	if next.method == "Audit" {
		data["InterationFlags"], data["IsVerifyProcInst"] = "", true
	}
	text, _ := json.Marshal(data) // texts and numbers can always be written
	return string(text)
}

// afterStep reads the status of bills whose step was not confirmed.
func (r *round) afterStep(ctx context.Context, next step, open []*saved, parts []share, response *status) (lost []*saved) {
	if len(open) == 0 {
		return nil
	}
	plain := make([]*bill, len(open))
	for i, one := range open {
		plain[i] = one.bill
	}
	there, err := r.target.find(ctx, plain)
	for i, one := range open {
		at, isThere := there[one.bill]
		row, message := parts[i].decide(response), joinMessages(parts[i].complaints)
		if len(parts[i].complaints) == 0 {
			row, message = response.code(), response.message()
		}
		switch {
		case err != nil:
			r.say([]*bill{one.bill}, one.unfinished(load.InDoubt, next, err.Error()))
		case isThere && slices.Contains(next.past, at.status):
			one.status = at.status
			continue
		case !isThere || row.Decision == Final || row.Decision == Barred || row.Decision == Duplicate:
			r.say([]*bill{one.bill}, one.unfinished(load.Rejected, next, r.words(row, both(one.said, message))))
		default:
			outcome := one.unfinished(load.InDoubt, next, r.words(row, both(one.said, message)))
			outcome.RetryAfter = r.waitOf(row)
			r.say([]*bill{one.bill}, outcome)
		}
		lost = append(lost, one)
	}
	return lost
}

func both(first, second string) string {
	if first == "" || first == second {
		return second
	}
	return first + "; " + second
}

// unfinished is the outcome of a bill that is saved and lacks a step.
func (s *saved) unfinished(state load.State, next step, message string) load.Outcome {
	verb := map[string]string{"Submit": "submitted", "Audit": "audited"}[next.method]
	return load.Outcome{
		State: state, TargetDocumentID: s.id, TargetDocumentNo: s.number,
		Message: "saved as bill " + printable(s.number, 60) + ", but not " + verb + ": " + message,
	}
}
