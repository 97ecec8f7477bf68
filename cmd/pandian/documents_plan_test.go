package main

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"pandian/internal/fault"
	sandboxfault "pandian/internal/sandbox/fault"
)

// planned is a plan as --json shows it, read without the program's own types.
type planned struct {
	Pipeline  string           `json:"pipeline"`
	Counts    map[string]int64 `json:"counts"`
	Documents []struct {
		Action      string          `json:"action"`
		BusinessKey string          `json:"business_key"`
		Revision    int             `json:"revision"`
		Reason      string          `json:"reason"`
		Payload     json.RawMessage `json:"payload"`
		Changes     []struct {
			Field string  `json:"field"`
			Old   *string `json:"old"`
			New   *string `json:"new"`
		} `json:"changes"`
	} `json:"documents"`
}

// plan asks for the plan of one pipeline and holds that asking changes nothing and
// sends nothing.
func (d *documents) plan(pipeline string, args ...string) planned {
	d.t.Helper()
	before, received, calls := d.writtenVersions(), d.box.Received(), d.calls()
	ended := d.must(append([]string{"plan", pipeline, "--json"}, args...)...)
	if diff := cmp.Diff(before, d.writtenVersions()); diff != "" {
		d.t.Errorf("a plan wrote (before -, after +)\n%s", diff)
	}
	d.sentNothing(received)
	if diff := cmp.Diff(calls, d.calls()); diff != "" {
		d.t.Errorf("a plan called (before -, after +)\n%s", diff)
	}
	plans := decode[[]planned](d.t, ended.envelope(d.t).Result)
	if len(plans) != 1 || plans[0].Pipeline != pipeline {
		d.t.Fatalf("want the plan of %s, got %s", pipeline, ended)
	}
	return plans[0]
}

// writtenVersions are the row versions without who locked or deleted them: what a
// plan rehearses is rolled back, and leaves its number there.
func (d *documents) writtenVersions() map[string]string {
	versions := d.rowVersions()
	for row, version := range versions {
		parts := strings.SplitN(version, " ", 3)
		versions[row] = parts[0] + " " + parts[2]
	}
	return versions
}

// calls are the requests that reached the platforms, by endpoint.
func (d *documents) calls() map[string]int64 {
	calls := map[string]int64{}
	for endpoint, events := range d.box.Stats().Endpoints {
		calls[endpoint] = events["requests"]
	}
	return calls
}

func (p planned) keys(action string) []string {
	var keys []string
	for _, document := range p.Documents {
		if document.Action == action {
			keys = append(keys, document.BusinessKey)
		}
	}
	slices.Sort(keys)
	return keys
}

func TestPlanShowsWhatTheNextLoadWouldDo(t *testing.T) {
	t.Parallel()

	t.Run("documents that would be made or held back", func(t *testing.T) {
		t.Parallel()
		for _, pipeline := range []string{k3Pipeline, jdyPipeline, tplusPipeline} {
			t.Run(pipeline, func(t *testing.T) {
				t.Parallel()
				d := newDocuments(t, documentOptions{})
				d.must("extract", pipeline)
				truth := d.dues(pipeline)
				got := d.plan(pipeline, "--limit", "0")
				want := map[string]int64{"create": int64(len(truth.due)), "held_back": int64(len(truth.held))}
				if diff := cmp.Diff(want, got.Counts); diff != "" {
					t.Errorf("counts (want -, got +)\n%s", diff)
				}
				if diff := cmp.Diff(slices.Sorted(maps.Keys(truth.due)), got.keys("create")); diff != "" {
					t.Errorf("documents that would be made (want -, got +)\n%s", diff)
				}
				for _, document := range got.Documents {
					reason, _, _ := strings.Cut(document.Reason, ":")
					switch document.Action {
					case "create":
						if document.Revision != 1 || !json.Valid(document.Payload) || len(document.Payload) < 50 || len(document.Changes) > 0 {
							t.Errorf("got %+v, want the first revision with its payload", document)
						}
					case "held_back":
						if reason != truth.held[document.BusinessKey] || document.Payload != nil {
							t.Errorf("got %+v, want it held back for %q", document, truth.held[document.BusinessKey])
						}
					}
				}
				if few := d.plan(pipeline, "--limit", "3"); len(few.Documents) != 3 || !maps.Equal(few.Counts, want) {
					t.Errorf("got %d documents and %v under --limit 3, want 3 and all counts", len(few.Documents), few.Counts)
				}
				// What it showed is what is done.
				d.run(pipeline)
				d.arrives(pipeline)
				if after := d.plan(pipeline); after.Counts["create"] != 0 || len(after.keys("create")) != 0 {
					t.Errorf("got %v after all was sent, want nothing to be made", after.Counts)
				}
			})
		}
	})

	t.Run("shops that changed, field by field", func(t *testing.T) {
		t.Parallel()
		d := newDocuments(t, documentOptions{})
		d.run(jdyPipeline)
		closed := texts(d.box.Stockouts().CloseShops(2, 1, aWhileAgo()))
		d.must("extract", jdyPipeline)
		got := d.plan(jdyPipeline)
		if diff := cmp.Diff(closed, got.keys("update")); diff != "" || got.Counts["update"] != 2 {
			t.Errorf("updates (want -, got +)\n%s", diff)
		}
		for _, document := range got.Documents {
			if document.Action != "update" {
				continue
			}
			if len(document.Changes) != 1 || document.Changes[0].Field != "issale" || document.Revision != 2 ||
				*document.Changes[0].Old != "true" || *document.Changes[0].New != "false" {
				t.Errorf("got %+v, want the one field that differs", document)
			}
		}
		if text := d.must("plan", jdyPipeline).stdout; !strings.Contains(text, "issale: true → false") {
			t.Errorf("want the change in words, got %s", text)
		}
	})

	t.Run("what changed too late, what is withdrawn, what is in doubt", func(t *testing.T) {
		t.Parallel()
		d := newDocuments(t, documentOptions{})
		d.must("extract", k3Pipeline)
		d.must("transform", k3Pipeline)
		d.must("load", k3Pipeline, "--limit", "12")
		sent := d.pairs("select business_key, state from outbox.delivery where state = 'sent'")
		d.faulty(sandboxfault.Rule{Kind: sandboxfault.LostAnswer, Endpoint: "k3cloud.save", Count: 1}, sandboxfault.Rule{Kind: sandboxfault.HTTP503, Endpoint: "k3cloud.query"})
		d.pandian("load", k3Pipeline, "--limit", "1")
		d.faulty()
		doubted := slices.Sorted(maps.Keys(d.pairs("select business_key, state from outbox.delivery where state = 'in_doubt'")))
		if len(doubted) != 1 {
			t.Fatalf("got %v in doubt, want one document", doubted)
		}
		due := d.dues(k3Pipeline).due
		var late, withdrawn []string
		for _, key := range texts(d.box.Saleouts().Cancel(30, 4, aWhileAgo())) {
			switch _, isDue := due[key]; {
			case sent[key] != "":
				late = append(late, key)
			case isDue && !slices.Contains(doubted, key):
				withdrawn = append(withdrawn, key)
			case isDue:
				late, doubted = append(late, key), nil
			}
		}
		nextSecond()
		d.must("extract", k3Pipeline)
		got := d.plan(k3Pipeline, "--limit", "0")
		slices.Sort(late)
		want := map[string][]string{"late_change": late, "withdraw": withdrawn}
		if len(doubted) > 0 {
			want["look_up"] = doubted
		}
		for action, keys := range want {
			slices.Sort(keys)
			if diff := cmp.Diff(keys, got.keys(action)); diff != "" || got.Counts[action] != int64(len(keys)) || len(keys) == 0 {
				t.Errorf("%s, counted %d (want -, got +)\n%s", action, got.Counts[action], diff)
			}
		}
		if create := got.keys("create"); slices.ContainsFunc(create, func(key string) bool { return sent[key] != "" || slices.Contains(withdrawn, key) }) {
			t.Errorf("got %v to be made, want nothing that was sent or withdrawn", create)
		}
		d.must("transform", k3Pipeline)
		d.untilDelivered(k3Pipeline)
		for _, entry := range d.ledger("k3cloud") {
			if entry.Created > 1 || slices.Contains(withdrawn, entry.Key) {
				t.Errorf("got %+v, want it once, or not at all if it was withdrawn", entry)
			}
		}
	})
}

func TestDryRunReadsAndSendsNothing(t *testing.T) {
	t.Parallel()
	d := newDocuments(t, documentOptions{})
	ended := d.must("run", k3Pipeline, "--dry-run", "--json")
	plans := decode[[]planned](t, ended.envelope(t).Result)
	truth := d.dues(k3Pipeline)
	if len(plans) != 1 || plans[0].Counts["create"] != int64(len(truth.due)) || plans[0].Counts["held_back"] != int64(len(truth.held)) {
		t.Errorf("got %+v, want everything that is due to be planned", plans)
	}
	if pages := ask[int](d.shop, "select count(*) from staging.page"); pages == 0 {
		t.Error("nothing was read")
	}
	if made := ask[int](d.shop, "select (select count(*) from outbox.document) + (select count(*) from jst.saleout)"); made != 0 || len(d.ledger("k3cloud")) != 0 {
		t.Errorf("got %d rows typed and documents made and %d sent, want none", made, len(d.ledger("k3cloud")))
	}
	got := d.run(k3Pipeline)
	d.arrives(k3Pipeline)
	if got.Documents.Sent != int64(len(truth.due)) {
		t.Errorf("got %+v of the run after it, want everything sent", got.Documents)
	}
	d.fails(fault.UsageWrong, "load", k3Pipeline, "--dry-run")
}

func TestLimit(t *testing.T) {
	t.Parallel()
	for _, pipeline := range []string{noopPipeline, k3Pipeline, jdyPipeline, tplusPipeline} {
		t.Run(pipeline, func(t *testing.T) {
			t.Parallel()
			d := newDocuments(t, documentOptions{})
			first := d.run(pipeline, "--limit", "3")
			due := int64(len(d.dues(pipeline).due))
			if first.Documents.Sent != 3 || first.Documents.Made != due || first.Documents.Left != due-3 {
				t.Errorf("got %+v under --limit 3, want 3 of %d sent and the rest left", first.Documents, due)
			}
			if target := targetOf(pipeline); target != "" && len(d.ledger(target)) != 3 {
				t.Errorf("got %d documents at %s, want 3", len(d.ledger(target)), target)
			}
			if second := d.run(pipeline); second.Documents.Sent != due-3 || second.Documents.Left != 0 {
				t.Errorf("got %+v of the next run, want the other %d sent", second.Documents, due-3)
			}
			d.arrives(pipeline)
			d.fails(fault.UsageWrong, "run", pipeline, "--limit", "-1")
		})
	}
}
