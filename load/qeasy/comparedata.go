// Package qeasy holds the targets that 轻易云 (Qeasy) offers inside itself: the
// write-back of a comparison, and the write that does nothing. Neither makes a
// call; what they do is in the outcome that load writes down.
//
// Source: 轻易云 integration schemes, "CompareData 对比数据操作方法" and "写入空操作".
package qeasy

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"pandian/load"
)

// CompareData (对比数据操作方法) writes the counterpart's figures back beside the
// source row. The comparison itself was made in SQL: the document says how it came
// out, and sending it twice has the effect of sending it once.
type CompareData struct{}

// Send returns for each document Sent with its write-backs, or Rejected with a
// message that names the field which is malformed. It never fails as a whole.
func (CompareData) Send(_ context.Context, documents []load.Document) ([]load.Outcome, error) {
	outcomes := make([]load.Outcome, len(documents))
	for i, document := range documents {
		fields, err := readPayload(document.Payload)
		if err != nil {
			outcomes[i] = load.Outcome{State: load.Rejected, Message: err.Error()}
			continue
		}
		outcomes[i] = load.Outcome{State: load.Sent, Writeback: fields}
	}
	return outcomes, nil
}

// payload is a CompareData document as sql/outbox writes it. What is only kept for
// people to read is checked for its shape and not looked into.
type payload struct {
	Dataset          json.RawMessage `json:"dataset"`
	RecordKey        json.RawMessage `json:"record_key"`
	State            json.RawMessage `json:"state"`
	IndexCombination json.RawMessage `json:"index_combination"`
	ComparisonField  json.RawMessage `json:"comparison_field"`
	PrimaryWriteback json.RawMessage `json:"primaryWriteback"`
}

// readPayload returns the write-backs of a document, by field name. There are none
// where primaryWriteback is absent: the row had no counterpart and was ignored.
func readPayload(text []byte) ([]load.Writeback, error) {
	var read payload
	if err := decodeOne(text, &read); err != nil {
		return nil, fmt.Errorf("payload: %w", err)
	}
	dataset, err := readName("dataset", read.Dataset)
	if err != nil {
		return nil, err
	}
	recordKey, err := readName("record_key", read.RecordKey)
	if err != nil {
		return nil, err
	}
	state, err := readName("state", read.State)
	if err != nil {
		return nil, err
	}
	if !slices.Contains([]string{"finished", "error", "ignored"}, state) {
		return nil, fmt.Errorf("state: is %q, want finished, error or ignored", state)
	}
	for name, raw := range map[string]json.RawMessage{
		"index_combination": read.IndexCombination, "comparison_field": read.ComparisonField,
	} {
		if _, err := readObject(name, raw); err != nil {
			return nil, err
		}
	}
	values, err := readObject("primaryWriteback", read.PrimaryWriteback)
	if err != nil {
		return nil, err
	}
	return writebacks(dataset, recordKey, values)
}

// writebacks makes one write-back of each member of primaryWriteback, by name.
func writebacks(dataset, recordKey string, values map[string]json.RawMessage) ([]load.Writeback, error) {
	var fields []load.Writeback
	for _, name := range slices.Sorted(maps.Keys(values)) {
		value, err := readValue("primaryWriteback."+name, values[name])
		if err != nil {
			return nil, err
		}
		if name == "" || strings.ContainsRune(name, 0) {
			return nil, fmt.Errorf("primaryWriteback: has a field named %q", name)
		}
		fields = append(fields, load.Writeback{Dataset: dataset, RecordKey: recordKey, Field: name, Value: value})
	}
	return fields, nil
}

// decodeOne reads one JSON value and nothing after it.
func decodeOne(text []byte, into any) error {
	if len(bytes.TrimSpace(text)) == 0 {
		return errors.New("is empty")
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	if err := decoder.Decode(into); err != nil {
		return fmt.Errorf("is not a JSON object: %w", err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return errors.New("has something after the JSON object")
	}
	return nil
}

// readName reads a text that must be there.
func readName(name string, raw json.RawMessage) (string, error) {
	value, err := readValue(name, raw)
	if err != nil {
		return "", err
	}
	if raw == nil || value == nil || *value == "" {
		return "", fmt.Errorf("%s: is missing", name)
	}
	if raw[0] != '"' {
		return "", fmt.Errorf("%s: is %s, want text", name, raw)
	}
	return *value, nil
}

// readObject reads an object that may be absent or null.
func readObject(name string, raw json.RawMessage) (map[string]json.RawMessage, error) {
	var members map[string]json.RawMessage
	if raw == nil {
		return nil, nil
	}
	if err := json.Unmarshal(raw, &members); err != nil {
		return nil, fmt.Errorf("%s: is %s, want an object", name, kind(raw))
	}
	return members, nil
}

// readValue reads text, or a number digit for digit as it stands, or null.
func readValue(name string, raw json.RawMessage) (*string, error) {
	if raw == nil || kind(raw) == "null" {
		return nil, nil
	}
	var text string
	switch kind(raw) {
	case "a number":
		text = string(raw)
	case "text":
		if err := json.Unmarshal(raw, &text); err != nil {
			return nil, fmt.Errorf("%s: cannot be read: %w", name, err)
		}
	default:
		return nil, fmt.Errorf("%s: is %s, want text, a number or null", name, kind(raw))
	}
	if strings.ContainsRune(text, 0) {
		return nil, fmt.Errorf("%s: holds \\u0000, which cannot be stored", name)
	}
	return &text, nil
}

// kind names the JSON type of a valid value.
func kind(raw json.RawMessage) string {
	switch raw[0] {
	case '{':
		return "an object"
	case '[':
		return "an array"
	case '"':
		return "text"
	case 't', 'f':
		return "true or false"
	case 'n':
		return "null"
	default:
		return "a number"
	}
}
