package k3cloud

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"pandian/internal/erphttp"
	"pandian/load"
)

// The operations that a payload may name.
const (
	save      = "Save"
	batchSave = "BatchSave"
)

// member is one member of a JSON object, its value byte for byte as it was written.
type member struct {
	name  string
	value json.RawMessage
}

// bill is a document as the platform will see it.
type bill struct {
	document load.Document
	// place is that of the document in the call of the target.
	place           int
	form, operation string
	// options stand beside Model in data: all members of the payload but FormId,
	// Operation and Model, in the order of the payload.
	options []member
	model   json.RawMessage
	// number is FBillNo, the natural key.
	number string
	proof  proof
	finish Finish
	// isAuto says that the platform submits and audits in the call that saves.
	isAuto bool
}

// proof is what must agree before a bill of the same number is taken for ours.
type proof struct {
	// fields are the keys to query, wants their values in the document.
	fields []string
	wants  []string
}

// readBill reads a payload. An error says what is wrong with the mapping; such a
// document cannot be sent whatever the platform says.
func readBill(document load.Document, conn Connection) (*bill, error) {
	all, err := readMembers(document.Payload)
	if err != nil {
		return nil, fmt.Errorf("the payload is not usable: %w", err)
	}
	read := &bill{document: document, finish: conn.Finish}
	for _, one := range all {
		switch strings.ToLower(one.name) {
		case "formid":
			read.form = string(erphttp.ReadText(one.value))
		case "operation":
			read.operation = string(erphttp.ReadText(one.value))
		case "model":
			read.model = one.value
		default:
			read.options = append(read.options, one)
			read.isAuto = read.isAuto || strings.EqualFold(one.name, "IsAutoSubmitAndAudit") && isTrue(one.value)
		}
	}
	if read.isAuto {
		read.finish = FinishAudit
	}
	return read, read.check(conn.ProofField)
}

func (b *bill) check(proofField string) error {
	switch {
	case b.form == "":
		return errors.New("the payload has no FormId")
	case strings.EqualFold(b.operation, batchSave):
		b.operation = batchSave
	case strings.EqualFold(b.operation, save):
		b.operation = save
	default:
		return fmt.Errorf("the payload's Operation %q is none of Save, BatchSave", b.operation)
	}
	fields, err := readMembers(b.model)
	if err != nil {
		return fmt.Errorf("the payload's Model is not usable: %w", err)
	}
	b.number = fieldText(fields, "FBillNo")
	if b.number == "" {
		return errors.New("the payload's Model has no FBillNo: a bill that could not be found again is not sent")
	}
	b.proof = readProof(fields, proofField)
	return nil
}

// readProof takes the proof field where the document has it, else date and customer.
func readProof(fields []member, proofField string) proof {
	var found proof
	add := func(key, query string) {
		if text := fieldText(fields, key); text != "" {
			found.fields, found.wants = append(found.fields, query), append(found.wants, text)
		}
	}
	add(proofField, proofKey(fields, proofField))
	if len(found.fields) == 0 {
		add("FDate", "FDate")
		add("FCustomerID", "FCustomerID.FNumber")
	}
	return found
}

// proofKey is the field's key in a query: the number of what it refers to where the
// document has a reference.
func proofKey(fields []member, key string) string {
	for _, one := range fields {
		if strings.EqualFold(one.name, key) && bytes.HasPrefix(one.value, []byte("{")) {
			return key + ".FNumber"
		}
	}
	return key
}

// agrees says whether the values found are those of the document, and which are
// not. Dates count by their day: they come back in another form, and the field may
// keep no time of day.
func (p proof) agrees(values []erphttp.Text) (isOurs bool, differences string) {
	var different []string
	for i, want := range p.wants {
		got := ""
		if i < len(values) {
			got = string(values[i])
		}
		if p.fields[i] == "FDate" {
			got, want = day(got), day(want)
		}
		if !strings.EqualFold(strings.TrimSpace(got), strings.TrimSpace(want)) {
			different = append(different, fmt.Sprintf("%s is %q there and %q here", p.fields[i], printable(got, 60), printable(want, 60)))
		}
	}
	return len(different) == 0 && len(p.wants) > 0, strings.Join(different, ", ")
}

func day(text string) string { return text[:min(len(text), len("2006-01-02"))] }

// fieldText is the text of a field, or of the number that a reference holds. Keys
// are compared without regard to case, as the platform does.
func fieldText(fields []member, key string) string {
	for _, one := range fields {
		if !strings.EqualFold(one.name, key) {
			continue
		}
		if !bytes.HasPrefix(one.value, []byte("{")) {
			return string(erphttp.ReadText(one.value))
		}
		if inner, err := readMembers(one.value); err == nil {
			return fieldText(inner, "FNumber")
		}
	}
	return ""
}

func isTrue(value json.RawMessage) bool {
	return strings.EqualFold(string(erphttp.ReadText(value)), "true")
}

// readMembers reads a JSON object without losing the order or the spelling of
// anything in it: the platform fills in a bill field by field, in this order.
func readMembers(text []byte) ([]member, error) {
	decoder := json.NewDecoder(bytes.NewReader(text))
	if token, err := decoder.Token(); err != nil || token != json.Delim('{') {
		return nil, errors.New("it is not a JSON object")
	}
	var found []member
	seen := map[string]bool{}
	for decoder.More() {
		name, err := decoder.Token()
		if err != nil {
			return nil, fmt.Errorf("read a key: %w", err)
		}
		one := member{name: fmt.Sprint(name)}
		if err := decoder.Decode(&one.value); err != nil {
			return nil, fmt.Errorf("read %s: %w", one.name, err)
		}
		if folded := strings.ToLower(one.name); seen[folded] {
			return nil, fmt.Errorf("it has %s twice", one.name)
		} else {
			seen[folded] = true
		}
		found = append(found, one)
	}
	if _, err := decoder.Token(); err != nil {
		return nil, fmt.Errorf("read its end: %w", err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("something follows the JSON object")
	}
	return found, nil
}

// saveData is the data of Save or BatchSave: the options of the bills, which are the
// same for all, and their models, byte for byte.
func saveData(bills []*bill) string {
	var data strings.Builder
	data.WriteString("{")
	for _, option := range bills[0].options {
		data.WriteString(quote(option.name) + ":" + string(option.value) + ",")
	}
	data.WriteString(`"Model":`)
	if bills[0].operation == save {
		data.Write(bills[0].model)
		return data.String() + "}"
	}
	data.WriteString("[")
	for i, one := range bills {
		if i > 0 {
			data.WriteString(",")
		}
		data.Write(one.model)
	}
	return data.String() + "]}"
}

// quote is text as a JSON string. Go escapes < > & the way the vendor's SDK does.
func quote(text string) string {
	quoted, _ := json.Marshal(text) // a string can always be written
	return string(quoted)
}

// batches divides bills into calls: equal form, operation and options together, in
// order, at most size of them; Save takes one.
func batches(bills []*bill, size int) [][]*bill {
	var keys []string
	groups := map[string][]*bill{}
	for _, one := range bills {
		key := quote(one.form) + one.operation
		for _, option := range one.options {
			key += quote(option.name) + ":" + string(option.value)
		}
		if groups[key] == nil {
			keys = append(keys, key)
		}
		groups[key] = append(groups[key], one)
	}
	var calls [][]*bill
	for _, key := range keys {
		group := groups[key]
		most := size
		if group[0].operation == save {
			most = 1
		}
		for len(group) > 0 {
			n := min(most, len(group))
			calls = append(calls, group[:n:n])
			group = group[n:]
		}
	}
	return calls
}
