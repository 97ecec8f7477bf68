package load

import (
	"context"
	"errors"
	"log/slog"
	"math/bits"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
)

// sendFunc is a target without Lookup.
type sendFunc func(ctx context.Context, documents []Document) ([]Outcome, error)

func (f sendFunc) Send(ctx context.Context, documents []Document) ([]Outcome, error) {
	return f(ctx, documents)
}

// findable is a target with Lookup.
type findable struct {
	sendFunc
	lookup sendFunc
}

func (f findable) Lookup(ctx context.Context, documents []Document) ([]Outcome, error) {
	return f.lookup(ctx, documents)
}

func documentsTo(n int) []Document {
	documents := make([]Document, n)
	for i := range documents {
		documents[i] = Document{ID: int64(i), Attempt: 1}
	}
	return documents
}

func all(state State, documents []Document) []Outcome {
	outcomes := make([]Outcome, len(documents))
	for i := range outcomes {
		outcomes[i].State = state
	}
	return outcomes
}

func deliver(t *testing.T, target Target, documents []Document) ([]Outcome, *sender, error) {
	t.Helper()
	s := newSender(target, Settings{SendTimeout: time.Minute, Logger: slog.New(slog.DiscardHandler)})
	outcomes, err := s.deliver(t.Context(), documents, nil, func() bool { return true })
	return outcomes, s, err
}

func count(state State, outcomes []Outcome) (n int) {
	for _, outcome := range outcomes {
		if outcome.State == state {
			n++
		}
	}
	return n
}

// refusing fails every call that holds one of the bad documents, as a whole.
func refusing(bad map[int64]bool, delivered map[int64]int) sendFunc {
	return func(_ context.Context, documents []Document) ([]Outcome, error) {
		for _, document := range documents {
			if bad[document.ID] {
				return nil, errors.New("refused")
			}
		}
		for _, document := range documents {
			delivered[document.ID]++
		}
		return all(Sent, documents), nil
	}
}

// fault 24: a batch that is refused without saying which row is halved.
func TestDeliver_halves_a_batch_until_the_bad_documents_stand_alone(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	for range 500 {
		n, k := 1+random.IntN(128), 1+random.IntN(3)
		bad, delivered := map[int64]bool{}, map[int64]int{}
		for len(bad) < min(k, n) {
			bad[random.Int64N(int64(n))] = true
		}
		outcomes, s, err := deliver(t, refusing(bad, delivered), documentsTo(n))
		if err != nil {
			t.Fatal(err)
		}
		for i, outcome := range outcomes {
			want := Sent
			if bad[int64(i)] {
				want = Waiting
			}
			if outcome.State != want || (want == Sent && delivered[int64(i)] != 1) {
				t.Fatalf("document %d of %d, bad %v: got %s, delivered %d times; want %s", i, n, bad, outcome.State, delivered[int64(i)], want)
			}
		}
		if further, most := s.calls-1, 2*len(bad)*bits.Len(uint(n-1)); further > most {
			t.Fatalf("%d bad among %d: got %d further calls, want at most %d", len(bad), n, further, most)
		}
	}
}

// fault 26: a target that is down is not called once per document.
func TestDeliver_does_not_halve_to_the_end_when_every_call_fails(t *testing.T) {
	t.Parallel()
	down := sendFunc(func(context.Context, []Document) ([]Outcome, error) { return nil, errors.New("reset") })
	outcomes, s, err := deliver(t, down, documentsTo(500))
	if err != nil || count(Waiting, outcomes) != 500 {
		t.Fatalf("got %d waiting and error %v, want 500 and none", count(Waiting, outcomes), err)
	}
	if s.calls > 50 {
		t.Errorf("got %d calls for 500 documents, want no more than 50", s.calls)
	}
}

// fault 5: a panic is one document's, and the worker lives.
func TestDeliver_isolates_the_document_that_panics(t *testing.T) {
	t.Parallel()
	target := sendFunc(func(_ context.Context, documents []Document) ([]Outcome, error) {
		for _, document := range documents {
			if document.ID == 37 {
				var nothing map[string]int
				nothing["x"] = 1 //nolint:staticcheck // the panic is what is tested
			}
		}
		return all(Sent, documents), nil
	})
	outcomes, _, err := deliver(t, target, documentsTo(50))
	if err != nil || count(Sent, outcomes) != 49 || outcomes[37].State != Waiting {
		t.Fatalf("got %d sent, document 37 %s, error %v; want 49, waiting, none", count(Sent, outcomes), outcomes[37].State, err)
	}
	if !strings.Contains(outcomes[37].Message, "panicked") || !strings.Contains(outcomes[37].Message, "nil map") {
		t.Errorf("got message %q, want the panic named", outcomes[37].Message)
	}
}

func TestDeliver_does_not_believe_a_target_that_breaks_its_promise(t *testing.T) {
	t.Parallel()
	tooFew := sendFunc(func(_ context.Context, documents []Document) ([]Outcome, error) {
		return all(Sent, documents[1:]), nil
	})
	if outcomes, _, err := deliver(t, tooFew, documentsTo(4)); err != nil || count(Waiting, outcomes) != 4 {
		t.Errorf("too few outcomes: got %+v and error %v, want all waiting", outcomes, err)
	}
	for _, state := range []State{"", Abandoned, Superseded, "done"} {
		odd := sendFunc(func(_ context.Context, documents []Document) ([]Outcome, error) {
			return all(state, documents), nil
		})
		if outcomes, _, err := deliver(t, odd, documentsTo(2)); err != nil || count(Waiting, outcomes) != 2 {
			t.Errorf("state %q: got %+v and error %v, want all waiting", state, outcomes, err)
		}
	}
}

func TestDeliver_leaves_documents_untouched_when_the_target_is_not_available(t *testing.T) {
	t.Parallel()
	target := sendFunc(func(context.Context, []Document) ([]Outcome, error) {
		return nil, &UnavailableError{Cause: errors.New("circuit open")}
	})
	outcomes, s, err := deliver(t, target, documentsTo(8))
	var unavailable *UnavailableError
	if !errors.As(err, &unavailable) || count("", outcomes) != 8 || s.calls != 1 {
		t.Errorf("got %+v, %d calls, error %v; want no outcome, one call, an UnavailableError", outcomes, s.calls, err)
	}
}

func TestDeliver_calls_nobody_once_the_lease_has_run_out(t *testing.T) {
	t.Parallel()
	target := sendFunc(func(_ context.Context, documents []Document) ([]Outcome, error) {
		t.Error("the target was called")
		return all(Sent, documents), nil
	})
	s := newSender(target, Settings{SendTimeout: time.Minute})
	outcomes, err := s.deliver(t.Context(), documentsTo(3), nil, func() bool { return false })
	if !errors.Is(err, errLeaseLost) || count("", outcomes) != 3 {
		t.Errorf("got %+v and error %v, want no outcome and errLeaseLost", outcomes, err)
	}
}

func TestDeliver_does_not_halve_a_call_that_ran_out_of_time(t *testing.T) {
	t.Parallel()
	target := findable{sendFunc: func(ctx context.Context, _ []Document) ([]Outcome, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	}}
	s := newSender(target, Settings{SendTimeout: 20 * time.Millisecond})
	outcomes, err := s.deliver(t.Context(), documentsTo(9), nil, func() bool { return true })
	if err != nil || s.calls != 1 || count(InDoubt, outcomes) != 9 {
		t.Fatalf("got %d calls, %d in doubt, error %v; want 1, 9, none", s.calls, count(InDoubt, outcomes), err)
	}
	if !strings.Contains(outcomes[0].Message, "did not answer within 20ms") {
		t.Errorf("got message %q, want the limit named", outcomes[0].Message)
	}
}

// fault 23: what may have arrived is looked up before anything is sent again.
func TestDeliver_looks_documents_in_doubt_up_first(t *testing.T) {
	t.Parallel()
	var looked, sent []int64
	target := findable{
		sendFunc: func(_ context.Context, documents []Document) ([]Outcome, error) {
			sent = append(sent, idsOf(documents)...)
			return all(Sent, documents), nil
		},
		lookup: func(_ context.Context, documents []Document) ([]Outcome, error) {
			looked = append(looked, idsOf(documents)...)
			return []Outcome{{State: Sent, TargetDocumentNo: "there"}, {State: Waiting}, {State: InDoubt}, {State: Waiting}}, nil
		},
	}
	documents := documentsTo(5)
	for i := range 4 {
		documents[i].InDoubt = true
	}
	s := newSender(target, Settings{SendTimeout: time.Minute})
	outcomes, err := s.deliver(t.Context(), documents, map[int64]bool{3: true}, func() bool { return true })
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(sent)
	if !slices.Equal(looked, []int64{0, 1, 2, 3}) || !slices.Equal(sent, []int64{1, 4}) {
		t.Errorf("looked up %v, sent %v; want 0 to 3 and 1, 4", looked, sent)
	}
	want := []State{Sent, Sent, InDoubt, Superseded, Sent}
	for i, outcome := range outcomes {
		if outcome.State != want[i] {
			t.Errorf("document %d: got %s, want %s", i, outcome.State, want[i])
		}
	}
	if outcomes[0].TargetDocumentNo != "there" {
		t.Errorf("got number %q, want the one that was found", outcomes[0].TargetDocumentNo)
	}
}

// fault 23: a call that fails after the target kept some of it makes no second one.
func TestDeliver_looks_up_before_it_halves(t *testing.T) {
	t.Parallel()
	stored := map[int64]int{}
	isFirst := true
	target := findable{
		sendFunc: func(_ context.Context, documents []Document) ([]Outcome, error) {
			for i, document := range documents {
				if document.ID == 6 {
					return nil, errors.New("refused")
				}
				if isFirst && i == 3 {
					isFirst = false
					return nil, errors.New("connection reset after three were kept")
				}
				stored[document.ID]++
			}
			return all(Sent, documents), nil
		},
		lookup: func(_ context.Context, documents []Document) ([]Outcome, error) {
			outcomes := all(Waiting, documents)
			for i, document := range documents {
				if stored[document.ID] > 0 {
					outcomes[i].State = Sent
				}
			}
			return outcomes, nil
		},
	}
	outcomes, _, err := deliver(t, target, documentsTo(10))
	if err != nil {
		t.Fatal(err)
	}
	for id := range int64(10) {
		wantStored, wantState := 1, Sent
		if id == 6 {
			wantStored, wantState = 0, InDoubt
		}
		if stored[id] != wantStored || outcomes[id].State != wantState {
			t.Errorf("document %d: got stored %d times, %s; want %d, %s", id, stored[id], outcomes[id].State, wantStored, wantState)
		}
	}
}

func TestDeliver_keeps_the_doubt_when_the_target_goes_away_amid_it(t *testing.T) {
	t.Parallel()
	gone := &UnavailableError{Cause: errors.New("circuit open")}
	target := findable{
		sendFunc: func(context.Context, []Document) ([]Outcome, error) { return nil, errors.New("reset") },
		lookup:   func(context.Context, []Document) ([]Outcome, error) { return nil, gone },
	}
	outcomes, _, err := deliver(t, target, documentsTo(4))
	if !errors.Is(err, gone) || count(InDoubt, outcomes) != 4 {
		t.Errorf("got %+v and error %v, want all in doubt and the target gone", outcomes, err)
	}
}
