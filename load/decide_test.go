package load

import (
	"strings"
	"testing"
	"time"
)

var testSettings = Settings{BaseBackoff: time.Second, MaxBackoff: time.Minute}.withDefaults()

func TestDecide_keeps_what_is_final(t *testing.T) {
	t.Parallel()
	for _, state := range []State{Sent, Superseded, Rejected} {
		for _, attempt := range []int{1, testSettings.MaxAttempts, testSettings.MaxAttempts + 1} {
			got := Decide(7, Outcome{State: state, RetryAfter: time.Hour}, attempt, testSettings)
			if want := (Decision{State: state}); got != want {
				t.Errorf("%s at attempt %d: got %+v, want %+v", state, attempt, got, want)
			}
		}
	}
}

func TestDecide_abandons_when_the_attempts_are_used_up(t *testing.T) {
	t.Parallel()
	for _, state := range []State{Waiting, InDoubt} {
		if got := Decide(7, Outcome{State: state}, testSettings.MaxAttempts-1, testSettings); got.State != state {
			t.Errorf("one attempt before the last: got %s, want %s", got.State, state)
		}
		if got := Decide(7, Outcome{State: state}, testSettings.MaxAttempts, testSettings); got != (Decision{State: Abandoned}) {
			t.Errorf("last attempt of %s: got %+v, want abandoned with no wait", state, got)
		}
	}
}

func TestDecide_waits_between_base_and_three_times_the_wait_before(t *testing.T) {
	t.Parallel()
	spread := map[time.Duration]bool{}
	for id := range int64(500) {
		before := testSettings.BaseBackoff
		for attempt := 1; attempt < testSettings.MaxAttempts; attempt++ {
			got := Decide(id, Outcome{State: Waiting}, attempt, testSettings).Wait
			longest := min(3*before, testSettings.MaxBackoff)
			if got < testSettings.BaseBackoff || got > longest {
				t.Fatalf("document %d attempt %d: got wait %s, want %s to %s", id, attempt, got, testSettings.BaseBackoff, longest)
			}
			before = got
		}
		spread[before] = true
	}
	if len(spread) < 400 {
		t.Errorf("500 documents wait %d different times, want hardly two alike", len(spread))
	}
}

func TestDecide_waits_longer_on_average_with_each_attempt(t *testing.T) {
	t.Parallel()
	var before time.Duration
	for attempt := 1; attempt <= 4; attempt++ {
		var sum time.Duration
		for id := range int64(1000) {
			sum += Decide(id, Outcome{State: Waiting}, attempt, testSettings).Wait
		}
		if sum < before*5/4 {
			t.Errorf("attempt %d: got a mean of %s after %s, want a quarter more", attempt, sum/1000, before/1000)
		}
		before = sum
	}
}

func TestDecide_waits_as_long_as_the_target_asks(t *testing.T) {
	t.Parallel()
	got := Decide(7, Outcome{State: Waiting, RetryAfter: time.Hour}, 1, testSettings)
	if got.Wait != time.Hour {
		t.Errorf("got %s, want the hour asked for", got.Wait)
	}
	if got := Decide(7, Outcome{State: Waiting, RetryAfter: 1}, 1, testSettings); got.Wait < testSettings.BaseBackoff {
		t.Errorf("got %s, want the backoff where the target asks for less", got.Wait)
	}
}

func TestStorable_makes_texts_that_postgres_can_hold(t *testing.T) {
	t.Parallel()
	good, bad := "1", "1\x00"
	got := storable(Outcome{
		State:   Sent,
		Message: "a\x00b\xff" + strings.Repeat("仓", 3000),
		Writeback: []Writeback{
			{Dataset: "d", RecordKey: "k", Field: "good", Value: &good},
			{Dataset: "d", RecordKey: "k", Field: "bad", Value: &bad},
			{Dataset: "d", RecordKey: "k", Field: "gone"},
		},
	})
	if !isStorable(got.Message) || len([]rune(got.Message)) != maxMessage {
		t.Errorf("got a message of %d characters, storable %t; want %d, true", len([]rune(got.Message)), isStorable(got.Message), maxMessage)
	}
	if !strings.HasPrefix(got.Message, "the write-back of field bad cannot be stored") {
		t.Errorf("got %.60q, want the field named", got.Message)
	}
	if got.State != Sent || len(got.Writeback) != 2 || got.Writeback[1].Field != "gone" {
		t.Errorf("got %s with %+v, want sent with good and gone", got.State, got.Writeback)
	}
	if got := storable(Outcome{State: Waiting, Writeback: got.Writeback}); got.Writeback != nil {
		t.Errorf("got write-backs %+v of a document that waits, want none", got.Writeback)
	}
}

func TestNewestPerField_keeps_the_newest_document_and_the_last_mention(t *testing.T) {
	t.Parallel()
	value := func(s string) *string { return &s }
	field := func(key, text string) Writeback {
		return Writeback{Dataset: "d", RecordKey: key, Field: "f", Value: value(text)}
	}
	got := newestPerField([]settlement{
		{document: Document{ID: 5}, outcome: Outcome{Writeback: []Writeback{field("b", "5"), field("a", "5")}}},
		{document: Document{ID: 4}, outcome: Outcome{Writeback: []Writeback{field("a", "4")}}},
		{document: Document{ID: 6}, outcome: Outcome{Writeback: []Writeback{field("b", "6"), field("b", "6 again")}}},
	})
	if len(got) != 2 || *got[0].Value != "5" || got[0].documentID != 5 || *got[1].Value != "6 again" || got[1].documentID != 6 {
		t.Errorf("got %+v, want a from document 5 and b again from document 6", got)
	}
}
