package k3cloud

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"pandian/internal/erphttp"
	"pandian/load"
)

// send saves one batch and settles each of its bills.
func (r *round) send(ctx context.Context, bills []*bill) {
	if r.hasLeft() {
		return
	}
	ctx = about(ctx, bills)
	answer, _, err := r.target.client.do(ctx, call{
		method: bills[0].operation, isEffect: true, parameters: []string{bills[0].form, saveData(bills)},
	})
	if err != nil {
		r.fail(ctx, bills, err)
		return
	}
	if answer.result == nil { // a table, which no Save answers
		r.say(bills, load.Outcome{State: load.InDoubt, Message: "the platform answered with a table instead of a result"})
		return
	}
	r.settle(ctx, bills, answer.result)
}

// about says of which documents the calls are, for the record of what was said.
func about(ctx context.Context, bills []*bill) context.Context {
	ids := make([]int64, len(bills))
	for i, one := range bills {
		ids[i] = one.document.ID
	}
	return erphttp.About(ctx, ids...)
}

// fail is for a batch that got no answer of the platform's own.
func (r *round) fail(ctx context.Context, bills []*bill, err error) {
	failed := erphttp.AsError(err)
	isTooLarge := failed != nil && failed.Kind == erphttp.Refused && failed.Status == http.StatusRequestEntityTooLarge
	switch {
	case !isUnsent(err):
		if isDown(failed) {
			r.leave(err) // what else is to go out waits
		}
		r.say(bills, load.Outcome{State: load.InDoubt, Message: "nobody heard whether the bill was saved: " + err.Error()})
	case isTooLarge && len(bills) > 1:
		r.halve(ctx, bills)
	case isTooLarge:
		r.say(bills, load.Outcome{State: load.Rejected, Message: err.Error()})
	default:
		r.leave(err)
	}
}

// halve sends bills, of which the platform certainly has none, in two calls.
func (r *round) halve(ctx context.Context, bills []*bill) {
	middle := (len(bills) + 1) / 2
	r.send(ctx, bills[:middle])
	if middle < len(bills) {
		r.send(ctx, bills[middle:])
	}
}

// share is what an answer says about one bill.
type share struct {
	bill       *bill
	entity     *entity
	complaints []complaint
}

// divide gives each bill its part of an answer. A success goes by its number; where
// it has none that was sent, by its place.
func divide(bills []*bill, answered *result) []share {
	shares := make([]share, len(bills))
	for i, one := range bills {
		shares[i].bill = one
	}
	response := answered.ResponseStatus
	entities := response.SuccessEntitys
	if len(entities) == 0 && response.isSuccess() && answered.ID != "" { // Save names its bill beside the status
		entities = []entity{{ID: answered.ID, Number: answered.Number, DIndex: "0"}}
	}
	for _, one := range entities {
		at := place(one.DIndex, len(bills))
		for i, sent := range bills {
			if one.Number != "" && isSameNumber(sent.number, string(one.Number)) {
				at = i
				break
			}
			if one.Number != "" && i == len(bills)-1 {
				at = -1 // a number that was not sent: the place is not to be believed
			}
		}
		if at >= 0 {
			shares[at].entity = &one
		}
	}
	for _, one := range response.Errors {
		if at := place(one.DIndex, len(bills)); at >= 0 {
			shares[at].complaints = append(shares[at].complaints, one)
		}
	}
	return shares
}

// decide is the gravest row among the complaints about a bill. What bars one bill
// where others were saved, as the right on its organisation, is that bill's fault.
func (s share) decide(response *status) Code {
	gravity := map[Decision]int{Duplicate: 5, InDoubt: 4, LoginExpired: 4, Final: 3, Barred: 3, Throttling: 2, Retryable: 1}
	var worst Code
	for _, one := range s.complaints {
		if row := response.codeOf(one); gravity[row.Decision] > gravity[worst.Decision] {
			worst = row
		}
	}
	if worst.Decision == Barred && len(response.SuccessEntitys) > 0 {
		worst.Decision = Final
	}
	return worst
}

// isUnnamed says that a batch was refused without a word on which bill is to
// blame: DIndex 0 is then the default and not a finding.
func isUnnamed(bills []*bill, response *status) bool {
	if len(bills) < 2 || response.isSuccess() || len(response.SuccessEntitys) > 0 {
		return false
	}
	for _, one := range response.Errors {
		if one.FieldName != "" || place(one.DIndex, len(bills)) > 0 {
			return false
		}
	}
	return true
}

// settle decides about each bill of an answered Save. What the answer leaves open is
// looked up before it gets an outcome, and so is every bill of a batch that was to be
// audited and did not wholly succeed: how such an answer shows what was saved is not
// known (assumed: a bill whose audit failed stays).
func (r *round) settle(ctx context.Context, bills []*bill, answered *result) {
	response := answered.ResponseStatus
	whole := response.code()
	isWhole := whole.IsWhole && !response.isSuccess() && len(response.SuccessEntitys) == 0
	if mayBeSaved := bills[0].isAuto && (whole.Decision == Final || whole.Decision == Barred); isWhole && !mayBeSaved {
		r.refuse(bills, whole, response.message())
		return
	}
	isUnnamed := isUnnamed(bills, response)
	var done []*saved
	var open []share
	for _, part := range divide(bills, answered) {
		row := part.decide(response)
		isHalfDone := part.bill.isAuto && !response.isSuccess()
		switch {
		case part.entity != nil && len(part.complaints) == 0 && !isHalfDone:
			done = append(done, part.saved())
		case part.entity == nil && !isHalfDone && !isUnnamed && row.isOver():
			r.refuse([]*bill{part.bill}, row, joinMessages(part.complaints))
		default:
			open = append(open, part)
		}
	}
	done = append(done, r.lookInto(ctx, open, response, isUnnamed)...)
	r.finishAll(ctx, done)
}

// saved is the share as a bill that the platform has.
func (s share) saved() *saved {
	one := &saved{bill: s.bill, id: string(s.entity.ID), number: string(s.entity.Number), status: statusCreated}
	if one.number == "" {
		one.number = s.bill.number
	}
	if s.bill.isAuto {
		one.status = statusAudited
	}
	return one
}

// lookInto asks the platform about bills of which an answer says too little, and
// returns those that it has.
func (r *round) lookInto(ctx context.Context, open []share, response *status, isUnnamed bool) []*saved {
	bills := make([]*bill, len(open))
	for i, part := range open {
		bills[i] = part.bill
	}
	if len(bills) == 0 {
		return nil
	}
	there, err := r.target.find(ctx, bills)
	if err != nil {
		r.say(bills, load.Outcome{State: load.InDoubt, Message: fmt.Sprintf(
			"the answer leaves open whether the bill was saved (%s), and it could not be looked up: %s",
			r.target.client.show(response.message()), err)})
		return nil
	}
	var done []*saved
	var again []*bill
	for _, part := range open {
		at, isThere := there[part.bill]
		switch {
		case isThere && part.entity != nil: // this very call saved it
			done = append(done, &saved{bill: part.bill, id: at.id, number: at.number, status: at.status, said: joinMessages(part.complaints)})
		case isThere:
			for _, mine := range r.claim(part.bill, at) {
				mine.said = joinMessages(part.complaints)
				done = append(done, mine)
			}
		case isUnnamed && response.code().IsWhole:
			r.refuse([]*bill{part.bill}, response.code(), response.message())
		case isUnnamed && response.code().Decision != Retryable:
			again = append(again, part.bill)
		default:
			r.missing(part, response)
		}
	}
	if len(again) > 0 {
		r.halve(ctx, again)
	}
	return done
}

// missing decides about a bill that the platform does not have.
func (r *round) missing(part share, response *status) {
	row, message := part.decide(response), joinMessages(part.complaints)
	switch {
	case part.entity != nil:
		r.say([]*bill{part.bill}, load.Outcome{
			State: load.InDoubt, TargetDocumentID: string(part.entity.ID), TargetDocumentNo: string(part.entity.Number),
			Message: "the platform says that it saved the bill, but does not find it; may the user read it?",
		})
	case len(part.complaints) == 0:
		r.say([]*bill{part.bill}, load.Outcome{
			State: load.Waiting, RetryAfter: r.waitOf(response.code()),
			Message: "the answer does not mention the bill, and the platform does not have it",
		})
	case row.Decision == Duplicate && row.FieldName != "":
		row.Advice = "the number is taken by a bill that the user may not read: give it the right, or free the number"
		r.refuse([]*bill{part.bill}, row, message)
	default:
		r.refuse([]*bill{part.bill}, row, message)
	}
}

// isOver says that the platform certainly has nothing of a bill that it refused so.
func (c Code) isOver() bool {
	switch c.Decision {
	case Final, Barred, Retryable, Throttling:
		return true
	default:
		return false
	}
}

// refuse gives bills that the platform certainly does not have the outcome of a row.
// What is barred gets none: it was not sent, as if the platform were not there.
func (r *round) refuse(bills []*bill, row Code, message string) {
	if row.Decision == Barred {
		r.leave(errors.New(r.words(row, message)))
		return
	}
	outcome := load.Outcome{State: load.Rejected, Message: r.words(row, message)}
	switch row.Decision {
	case Retryable, Throttling, InDoubt, LoginExpired:
		outcome.State, outcome.RetryAfter = load.Waiting, r.waitOf(row)
	}
	if row.Decision == Throttling {
		r.target.client.http.Pacer.Hold(outcome.RetryAfter)
		r.leave(errors.New(outcome.Message))
	}
	r.say(bills, outcome)
}

// words is what a person reads about a refusal.
func (r *round) words(row Code, message string) string {
	if message == "" {
		message = row.Meaning
	}
	text := "MsgCode " + row.MsgCode + ": " + r.target.client.show(message)
	if row.Advice != "" {
		text += "; " + row.Advice
	}
	return text
}
