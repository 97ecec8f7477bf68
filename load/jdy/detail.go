package jdy

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"pandian/internal/erphttp"
)

// detailMethod reads one 商品 by number.
const detailMethod = "material_detail"

// material is a 商品 as the platform shows it.
type material struct {
	id      string
	members map[string]json.RawMessage
}

// find looks a material up by number; nil without an error is that there is none.
// The fate is heard, or one that says why it could not be asked; after refused and
// lost it is this look-up alone that failed.
func (c *client) find(ctx context.Context, number string) (*material, fate, error) {
	body := []byte(`{"number":` + string(quote(number)) + `}`)
	answer, fate, err := c.call(ctx, detailMethod, body, false)
	if fate == refused && isUnknown(erphttp.AsError(err)) {
		return nil, heard, nil
	}
	if fate != heard {
		return nil, fate, err
	}
	found, err := readDetail(answer.Body, number)
	if err != nil {
		return nil, refused, fmt.Errorf("%s %s: %w", platform, detailMethod, err)
	}
	return found, heard, nil
}

func isUnknown(failed *erphttp.Error) bool {
	return failed != nil && strings.Contains(failed.Message, unknown)
}

// readDetail reads {"success":true,"data":{"id":…,"number":…,…}}. The answer for a
// number that nobody has is not published: no data, an empty object or list, and a
// refusal that says 不存在 are taken for it.
func readDetail(body []byte, number string) (*material, error) {
	found, _ := readAnswer(body)
	data := bytes.TrimSpace(found.Data)
	if len(data) == 0 || bytes.Equal(data, []byte("null")) {
		return nil, nil
	}
	rows := []json.RawMessage{data}
	if data[0] == '[' {
		if err := json.Unmarshal(data, &rows); err != nil {
			return nil, fmt.Errorf("data: %w", err)
		}
	}
	for _, row := range rows {
		one, err := readMaterial(row, number)
		if one != nil || err != nil {
			return one, err
		}
	}
	return nil, nil
}

// readMaterial is nil for a row that is of no material, or of another one.
func readMaterial(row json.RawMessage, number string) (*material, error) {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(row, &members); err != nil {
		return nil, fmt.Errorf("data: is neither an object nor a list of them: %w", err)
	}
	text := func(key string) string { return string(erphttp.ReadText(members[key])) }
	if refusal, ok := readOne(row); ok && !refusal.isSaved {
		if strings.Contains(refusal.message, unknown) {
			return nil, nil
		}
		return nil, fmt.Errorf("refused: %s", refusal.message)
	}
	switch {
	case len(members) == 0:
		return nil, nil
	case text("id") == "":
		return nil, fmt.Errorf("data: has no id")
	case members["number"] != nil && text("number") != number:
		return nil, nil
	}
	return &material{id: text("id"), members: members}, nil
}
