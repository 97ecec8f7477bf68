package qeasy_test

import (
	"strings"
	"testing"

	"pandian/load"
	"pandian/load/qeasy"
)

// document is a CompareData document around the given primaryWriteback.
func document(writeback string) load.Document {
	return load.Document{ID: 1, Key: "7@3", Revision: 1, Attempt: 1, Payload: []byte(`{
		"dataset": "wdt.stock", "record_key": "7@3", "strategy_id": "2b8bda5e",
		"index_combination": {"new_warehouseno": "W1", "productsku_code": "A-1"},
		"comparison_field": {"currentqty": {"operator": "eq", "value": 12.5}},
		"target_field_quote": "1", "state": "finished", "primaryWriteback": ` + writeback + `}`)}
}

func sendOne(t *testing.T, one load.Document) load.Outcome {
	t.Helper()
	outcomes, err := qeasy.CompareData{}.Send(t.Context(), []load.Document{one})
	if err != nil || len(outcomes) != 1 {
		t.Fatalf("got %d outcomes and error %v, want one outcome", len(outcomes), err)
	}
	return outcomes[0]
}

func TestCompareData_writes_values_back_digit_for_digit(t *testing.T) {
	t.Parallel()
	for name, given := range map[string]struct{ json, want string }{
		"text":                          {`"12.5"`, "12.5"},
		"number":                        {`12.5`, "12.5"},
		"number keeps trailing zeros":   {`12.500`, "12.500"},
		"beyond the integers of floats": {`9007199254740993`, "9007199254740993"},
		"beyond the digits of floats":   {`0.1000000000000000055511151231257827`, "0.1000000000000000055511151231257827"},
		"twenty digits as text":         {`"12345678901234567890"`, "12345678901234567890"},
		"exponent":                      {`1e400`, "1e400"},
		"blank is not null":             {`""`, ""},
		"text is not trimmed":           {`" 仓 "`, " 仓 "},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			outcome := sendOne(t, document(`{"currentqty": `+given.json+`}`))
			if outcome.State != load.Sent || len(outcome.Writeback) != 1 {
				t.Fatalf("got %+v, want Sent with one write-back", outcome)
			}
			got := outcome.Writeback[0]
			if got.Value == nil || *got.Value != given.want {
				t.Errorf("got value %v, want %q", got.Value, given.want)
			}
			if got.Dataset != "wdt.stock" || got.RecordKey != "7@3" || got.Field != "currentqty" {
				t.Errorf("got %+v, want wdt.stock 7@3 currentqty", got)
			}
		})
	}
}

func TestCompareData_clears_the_value_of_a_counterpart_that_is_gone(t *testing.T) {
	t.Parallel()
	outcome := sendOne(t, document(`{"currentqty": null}`))
	if outcome.State != load.Sent || len(outcome.Writeback) != 1 || outcome.Writeback[0].Value != nil {
		t.Errorf("got %+v, want Sent with a write-back of nil", outcome)
	}
}

func TestCompareData_writes_nothing_back_where_nothing_is_given(t *testing.T) {
	t.Parallel()
	for _, given := range []string{`{}`, `null`} {
		if outcome := sendOne(t, document(given)); outcome.State != load.Sent || len(outcome.Writeback) != 0 {
			t.Errorf("%s: got %+v, want Sent without write-back", given, outcome)
		}
	}
	ignored := load.Document{Payload: []byte(`{"dataset":"wdt.stock","record_key":"7@3","state":"ignored"}`)}
	if outcome := sendOne(t, ignored); outcome.State != load.Sent || len(outcome.Writeback) != 0 {
		t.Errorf("absent: got %+v, want Sent without write-back", outcome)
	}
}

func TestCompareData_orders_several_fields_by_name(t *testing.T) {
	t.Parallel()
	outcome := sendOne(t, document(`{"b": "2", "a": "1", "c": null}`))
	var names []string
	for _, field := range outcome.Writeback {
		names = append(names, field.Field)
	}
	if got := strings.Join(names, " "); got != "a b c" {
		t.Errorf("got %q, want %q", got, "a b c")
	}
}

// fault 5: a payload that cannot be read fails alone, and says which field it is.
func TestCompareData_rejects_a_malformed_payload_and_names_the_field(t *testing.T) {
	t.Parallel()
	whole := string(document(`{"currentqty": "1"}`).Payload)
	for name, given := range map[string]struct{ payload, want string }{
		"nothing":            {"", "payload: is empty"},
		"not JSON":           {"<html>", "payload: is not a JSON object"},
		"an array":           {"[]", "payload: is not a JSON object"},
		"cut off":            {whole[:40], "payload: is not a JSON object"},
		"two objects":        {whole + whole, "payload: has something after"},
		"null":               {"null", "dataset: is missing"},
		"no dataset":         {strings.Replace(whole, `"dataset"`, `"data"`, 1), "dataset: is missing"},
		"blank dataset":      {strings.Replace(whole, `"wdt.stock"`, `""`, 1), "dataset: is missing"},
		"dataset a number":   {strings.Replace(whole, `"wdt.stock"`, `5`, 1), "dataset: is 5, want text"},
		"null record key":    {strings.Replace(whole, `"7@3"`, `null`, 1), "record_key: is missing"},
		"record key true":    {strings.Replace(whole, `"7@3"`, `true`, 1), "record_key: is true or false"},
		"unknown state":      {strings.Replace(whole, `"finished"`, `"done"`, 1), `state: is "done"`},
		"no state":           {strings.Replace(whole, `"state"`, `"status"`, 1), "state: is missing"},
		"index a text":       {strings.Replace(whole, `{"new_warehouseno": "W1", "productsku_code": "A-1"}`, `"x"`, 1), "index_combination: is text"},
		"writeback a list":   {string(document(`["1"]`).Payload), "primaryWriteback: is an array"},
		"value true":         {string(document(`{"currentqty": true}`).Payload), "primaryWriteback.currentqty: is true or false"},
		"value an object":    {string(document(`{"currentqty": {}}`).Payload), "primaryWriteback.currentqty: is an object"},
		"value with NUL":     {string(document(`{"currentqty": "1\u0000"}`).Payload), "primaryWriteback.currentqty: holds"},
		"key with NUL":       {strings.Replace(whole, `"7@3"`, `"7\u0000"`, 1), "record_key: holds"},
		"field with NUL":     {string(document(`{"a\u0000": "1"}`).Payload), "primaryWriteback: has a field named"},
		"field with no name": {string(document(`{"": "1"}`).Payload), "primaryWriteback: has a field named"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			outcome := sendOne(t, load.Document{Payload: []byte(given.payload)})
			if outcome.State != load.Rejected || !strings.HasPrefix(outcome.Message, given.want) {
				t.Errorf("got %s %q, want rejected %q…", outcome.State, outcome.Message, given.want)
			}
		})
	}
}

func TestCompareData_answers_in_the_order_of_the_documents(t *testing.T) {
	t.Parallel()
	outcomes, err := qeasy.CompareData{}.Send(t.Context(), []load.Document{
		document(`{"currentqty": "1"}`), {Payload: []byte("bad")}, document(`{"currentqty": "3"}`),
	})
	if err != nil {
		t.Fatal(err)
	}
	if outcomes[0].State != load.Sent || outcomes[1].State != load.Rejected || *outcomes[2].Writeback[0].Value != "3" {
		t.Errorf("got %+v, want sent, rejected, sent", outcomes)
	}
}

func TestNoOp_finishes_every_document_with_an_empty_answer(t *testing.T) {
	t.Parallel()
	outcomes, err := qeasy.NoOp{}.Send(t.Context(), []load.Document{{Payload: nil}, {Payload: []byte("bad")}})
	if err != nil || len(outcomes) != 2 {
		t.Fatalf("got %d outcomes and error %v, want 2 and none", len(outcomes), err)
	}
	for _, outcome := range outcomes {
		if outcome.State != load.Sent || outcome.Message != "" || outcome.TargetDocumentID != "" || outcome.Writeback != nil {
			t.Errorf("got %+v, want Sent and nothing else", outcome)
		}
	}
}
