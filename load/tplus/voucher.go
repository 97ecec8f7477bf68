package tplus

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"pandian/internal/erphttp"
	"pandian/load"
)

// voucher is what of a 销售出库单 tells whose it is, as it was sent or as it is
// shown. Empty fields are not known.
type voucher struct {
	id, code, externalCode string
	// date is as in "2024-04-01".
	date                     string
	partnerCode, partnerName string
	// hasLines says that the lines are known at all. goods are the codes of their
	// 存货, sorted, where each line has one.
	hasLines bool
	lines    int
	goods    []string
}

// dto is a voucher on the wire, as far as it is read. Keys match in any case:
// ID, Code and the rest are not spelt alike everywhere.
type dto struct {
	ID             erphttp.Text    `json:"ID"`
	Code           erphttp.Text    `json:"Code"`
	ExternalCode   erphttp.Text    `json:"ExternalCode"`
	IsModifiedCode erphttp.Text    `json:"IsModifiedCode"`
	VoucherDate    erphttp.Text    `json:"VoucherDate"`
	Partner        reference       `json:"Partner"`
	Lines          json.RawMessage `json:"RDRecordDetails"`
}

// reference is an archive by code or name: {"Code":"…"}.
type reference struct {
	Code erphttp.Text `json:"Code"`
	Name erphttp.Text `json:"Name"`
}

// UnmarshalJSON takes an object, and nothing from any other value.
func (r *reference) UnmarshalJSON(raw []byte) error {
	type plain reference
	if len(raw) > 0 && raw[0] == '{' {
		return json.Unmarshal(raw, (*plain)(r))
	}
	return nil
}

// readPayload reads a document's payload, which is the dto as SQL wrote it. The
// error names what is wrong with it for a person.
func readPayload(document load.Document) (voucher, error) {
	text := bytes.TrimSpace(document.Payload)
	if len(text) == 0 || text[0] != '{' || !json.Valid(text) {
		return voucher{}, errors.New("payload: is not a JSON object")
	}
	var read dto
	if err := json.Unmarshal(text, &read); err != nil {
		return voucher{}, fmt.Errorf("payload: %w", err)
	}
	made := read.voucher()
	switch {
	case made.code == "":
		return voucher{}, errors.New("Code (单据编码): is missing, without it the voucher cannot be found again")
	case strings.EqualFold(string(read.IsModifiedCode), "false"):
		return voucher{}, errors.New("IsModifiedCode: is false, so T+ would give a number of its own and the voucher could not be found again")
	case !made.hasLines || made.lines == 0:
		return voucher{}, errors.New("RDRecordDetails (物料明细): has no line")
	}
	return made, nil
}

func (d dto) voucher() voucher {
	made := voucher{
		id: string(d.ID), code: string(d.Code), externalCode: string(d.ExternalCode), date: dateOf(string(d.VoucherDate)),
		partnerCode: string(d.Partner.Code), partnerName: string(d.Partner.Name),
	}
	var lines []struct{ Inventory reference }
	if len(d.Lines) == 0 || d.Lines[0] != '[' || json.Unmarshal(d.Lines, &lines) != nil {
		return made
	}
	made.hasLines, made.lines = true, len(lines)
	for _, line := range lines {
		if line.Inventory.Code == "" {
			made.goods = nil
			return made
		}
		made.goods = append(made.goods, string(line.Inventory.Code))
	}
	slices.Sort(made.goods)
	return made
}

// dateOf is the day of a date that may have a time behind it: the day in China
// where the time names its zone.
func dateOf(text string) string {
	if at, err := time.Parse(time.RFC3339, text); err == nil {
		return at.In(china()).Format(time.DateOnly)
	}
	day := text[:min(len(text), len(time.DateOnly))]
	if _, err := time.Parse(time.DateOnly, day); err != nil {
		return ""
	}
	return day
}

// china is the zone of all of the platform's wall clocks.
func china() *time.Location { return time.FixedZone("GMT+8", 8*3600) }

// wrap is the body of saleDispatch/Create: the payload as it is, under dto.
func wrap(payload []byte) []byte {
	return slices.Concat([]byte(`{"dto":`), bytes.TrimSpace(payload), []byte(`}`))
}
