package jdy

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"
)

func TestADetailThatIsNotThere(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{})
	got := r.v1("/jdy/basedata/material_detail", `{"number":"nothing"}`)
	if got.status != 200 || *got.Success || got.Message != "参数number[nothing]不存在" {
		t.Errorf("by number: got HTTP %d %s", got.status, got.body)
	}
	for _, body := range []string{`{}`, `[]`, ``, `{"id":"x"}`, `{"number":{}}`, `{"id":-1}`} {
		if got := r.v1("/jdy/basedata/material_detail", body); *got.Success {
			t.Errorf("%s: got %s, want a refusal", body, got.body)
		}
	}
	null := newRig(t, Options{MissingAsNull: true})
	if got := null.v1("/jdy/basedata/material_detail", `{"number":"nothing"}`).body; got != `{"success":true,"data":null}` {
		t.Errorf("as null: got %s", got)
	}
}

func TestADetailBatchLeavesOutWhatIsNotThere(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{})
	id := r.save(one("A", "a", ""), one("B", "b", ""))[1].id()
	got := r.v1("/jdy/basedata/material_detail_batch", `{"items":[{"number":"A"},{"number":"C"},{"id":"`+id+`"}]}`)
	var list []struct{ Number string }
	if err := json.Unmarshal(got.Data, &list); err != nil || len(list) != 2 || list[0].Number != "A" || list[1].Number != "B" {
		t.Errorf("got %s (%v)", got.body, err)
	}
}

// listed asks for a list and returns its numbers and its count.
func (r *rig) listed(body string) (string, int) {
	r.t.Helper()
	got := r.v1("/jdy/basedata/material_list", body)
	var data struct {
		Count int
		Rows  []struct{ Number string }
	}
	if err := json.Unmarshal(got.Data, &data); err != nil {
		r.t.Fatalf("list %s: got %s (%v)", body, got.body, err)
	}
	numbers := []string{}
	for _, row := range data.Rows {
		numbers = append(numbers, row.Number)
	}
	return strings.Join(numbers, " "), data.Count
}

func TestAListIsFilteredAndPaged(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{})
	r.save(one("A1", "甲", `,"parent_id":"1"`), one("A2", "乙", `,"parent_id":"2","enable":"0"`))
	r.pass(time.Hour)
	r.save(one("B1", "丙", ""))
	between := r.server.options.Now().Add(-time.Minute)
	for _, test := range []struct {
		body, want string
		count      int
	}{
		{`{}`, "A1 A2 B1", 3}, {`{"search":"A"}`, "A1 A2", 2}, {`{"search":"丙"}`, "B1", 1}, {`{"enable":"0"}`, "A2", 1},
		{`{"parent":["1","3"]}`, "A1", 1}, {`{"page":2,"pagesize":"2"}`, "B1", 3}, {`{"page":9}`, "", 3},
		{fmt.Sprintf(`{"starttime":%d}`, between.UnixMilli()), "B1", 1},
		{fmt.Sprintf(`{"endtime":%q}`, between.In(beijing).Format(time.DateTime)), "A1 A2", 2},
	} {
		if got, count := r.listed(test.body); got != test.want || count != test.count {
			t.Errorf("%s: got %s of %d, want %s of %d", test.body, got, count, test.want, test.count)
		}
	}
	for _, body := range []string{`{"page":0}`, `{"pagesize":"x"}`, `{"starttime":"soon"}`, `{"parent":"1"}`} {
		if got := r.v1("/jdy/basedata/material_list", body); *got.Success {
			t.Errorf("%s: got %s, want a refusal", body, got.body)
		}
	}
}

func TestAPageHasAHundredRowsAtMost(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{MaxItems: 200})
	items := make([]string, 120)
	for i := range items {
		items[i] = one(fmt.Sprintf("A%03d", i), fmt.Sprint("n", i), "")
	}
	r.save(items...)
	if got, count := r.listed(`{"pagesize":200}`); len(strings.Fields(got)) != 100 || count != 120 {
		t.Errorf("got %d rows of %d, want 100 of 120", len(strings.Fields(got)), count)
	}
}
