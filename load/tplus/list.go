package tplus

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"

	"pandian/internal/erphttp"
)

// listService lists vouchers as a matrix of columns and rows.
const listService = "SaleDispatchOpenApi/FindVoucherList"

// findInList settles what GetVoucherDTO leaves open when it says NoAuthOrData: that
// there is no such voucher, or one that must not be seen. The list of vouchers with
// the number is empty only in the first case (assumed); unclear is what
// GetVoucherDTO said, for whatever else the list shows.
//
// Clients do not agree whether pages count from 0 or from 1, so an empty page alone
// proves nothing: the number of pages must be 0 too.
func (c *client) findInList(ctx context.Context, code string, unclear error) (*voucher, fate, error) {
	args := []byte(`{"selectFields":["Code"],"paramDic":{"Code":` + quote(code) + `},"pageIndex":1,"pageSize":1}`)
	answer, fate, err := c.call(ctx, listService, args, false)
	if fate != heard {
		if fate == barred {
			fate = refused // GetVoucherDTO was heard just now: it is the list alone that cannot be had
		}
		return nil, fate, fmt.Errorf("%w; and the list of vouchers failed: %w", unclear, err)
	}
	if isEmptyList(answer.Body) {
		return nil, heard, nil
	}
	return nil, refused, unclear
}

// isEmptyList reads {"code":"0","data":{"Columns":[…],"Rows":[],"TotalPageNum":0}}.
func isEmptyList(body []byte) bool {
	found, _ := readEnvelope(body)
	var data struct {
		Rows         []json.RawMessage
		TotalPageNum erphttp.Text
	}
	if !bytes.HasPrefix(bytes.TrimSpace(found.Data), []byte("{")) || json.Unmarshal(found.Data, &data) != nil {
		return false
	}
	return data.Rows != nil && len(data.Rows) == 0 && data.TotalPageNum == "0"
}
