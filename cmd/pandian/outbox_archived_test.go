package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"pandian/internal/fault"
)

// archivedWorld is a merchant whose documents are older than retention.outbox: one
// that a person gave up, and one that the target got.
func archivedWorld(t *testing.T) (d *documents, sent, discarded listedDocument) {
	t.Helper()
	d = newDocuments(t, documentOptions{})
	d.must("extract", tplusPipeline)
	d.must("transform", tplusPipeline)
	pending := d.outboxList(tplusPipeline)
	discarded, sent = pending[0], pending[1]
	d.decides("discard", tplusPipeline, "--key", discarded.Key, "--reason", "entered by hand", "--by", "李雷")
	d.stage("load", tplusPipeline)
	d.tell(`
		update outbox.document set created_at = now() - interval '600 days';
		update outbox.result set done_at = now() - interval '600 days';
		update outbox.retry set run_at = now() - interval '600 days';
		select setval('outbox.document_id_seq', 5000000)`)
	d.stage("load", tplusPipeline)
	if left := ask[int](d.shop, "select count(*) from outbox.document"); left != 0 {
		t.Fatalf("got %d documents that are not archived, want none", left)
	}
	return d, sent, discarded
}

// fault 27: what became of a document is shown when the document itself is gone, and
// nobody decides on what is not there any more.
func TestArchivedDocuments(t *testing.T) {
	t.Parallel()
	d, sent, discarded := archivedWorld(t)
	for name, one := range map[string]struct {
		document listedDocument
		state    string
	}{"that was sent": {sent, "sent"}, "that was discarded": {discarded, "discarded"}} {
		t.Run("one "+name+" is shown", func(t *testing.T) {
			t.Parallel()
			d.in(t).showsArchived(one.document, one.state)
		})
		t.Run("one "+name+" is left alone", func(t *testing.T) {
			t.Parallel()
			d.in(t).leavesArchived(one.document, one.state)
		})
	}
}

// showsArchived holds that a document that is gone is shown by each of its names, and
// that people read why its payload is not there.
func (s *shop) showsArchived(one listedDocument, state string) {
	t := s.t
	for _, name := range [][]string{{fmt.Sprint(one.ID)}, {one.Key}, {one.Key, "--revision", "1"}} {
		args := append([]string{"outbox", "show", "--pipeline", tplusPipeline}, name...)
		shown := decode[map[string]json.RawMessage](t, s.must(append(args, "--json")...).envelope(t).Result)
		for field, want := range map[string]string{
			"state": `"` + state + `"`, "payload": "null", "is_archived": "true", "document_id": fmt.Sprint(one.ID),
			"business_key": `"` + one.Key + `"`, "changes": "[]", "last_exchange": "null",
		} {
			if got := string(shown[field]); got != want {
				t.Errorf("show %v: got %s %s, want %s", name, field, got, want)
			}
		}
		attempts := decode[[]shownResult](t, shown["results"])
		if state == "sent" && (len(attempts) != 1 || attempts[0].Outcome != "sent" || len(shown["target_document_no"]) < 4) {
			t.Errorf("show %v: got the attempts %+v and the number %s, want what came of it", name, attempts, shown["target_document_no"])
		}
		text := s.must(args...).stdout
		for _, want := range []string{
			one.Key + ", revision 1", "Payload: not kept any more, it is older than retention.outbox", "archived: a decision cannot change it any more",
		} {
			if !strings.Contains(text, want) {
				t.Errorf("show %v: want %q in what is shown, got %s", name, want, clip(text))
			}
		}
	}
	s.fails(fault.UsageWrong, "outbox", "show", one.Key, "--revision", "2")
}

// leavesArchived holds that each verb leaves a document alone that is gone, and says
// that this is so.
func (s *shop) leavesArchived(one listedDocument, state string) {
	t := s.t
	for _, verb := range []string{"retry", "hold", "release", "discard"} {
		want := "refused"
		if verb == "discard" && state == "discarded" {
			want = "unchanged" // what is discarded already
		}
		for _, filter := range [][]string{{"--id", fmt.Sprint(one.ID)}, {"--key", one.Key}} {
			args := append([]string{"outbox", verb, tplusPipeline, "--reason", "look again", "--json"}, filter...)
			judged := decode[[]judgement](t, s.must(append(args, "--dry-run")...).envelope(t).Result)
			if len(judged) != 1 || judged[0].Verdict != want || judged[0].OldState != state || judged[0].NewState != state {
				t.Errorf("%s %v: got %+v, want one that is %s", verb, filter, judged, want)
				continue
			}
			why := ""
			if judged[0].Why != nil {
				why = *judged[0].Why
			}
			if !strings.HasPrefix(why, "it is archived") {
				t.Errorf("%s %v: got the reason %q, want that it is archived", verb, filter, why)
			}
			if want == "unchanged" {
				s.must(args...)
			} else {
				s.fails(fault.OutboxLeftAlone, args...)
			}
		}
	}
	if rows := ask[int](s, "select count(*) from outbox.retry"); rows != 0 {
		t.Errorf("got %d documents in trouble, want none of what is gone", rows)
	}
}
