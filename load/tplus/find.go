package tplus

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"pandian/internal/erphttp"
)

// findService reads one voucher by number.
const findService = "SaleDispatchOpenApi/GetVoucherDTO"

// find looks a voucher up by its number; nil without an error is that there is
// none. After refused and lost it is this look-up alone that failed.
func (c *client) find(ctx context.Context, code string) (*voucher, fate, error) {
	answer, fate, err := c.call(ctx, findService, []byte(`{"param":{"voucherCode":`+quote(code)+`}}`), false)
	if fate == refused && isNone(erphttp.AsError(err).Message) {
		return nil, heard, nil
	}
	if fate == refused && strings.Contains(erphttp.AsError(err).Message, noAuthOrData) {
		return c.findInList(ctx, code, err)
	}
	if fate == barred && rowOf(err).Decision == Paused {
		// The service is not there; vouchers can be sent all the same.
		return nil, refused, fmt.Errorf("%w; set open_api to off if this server has no SaleDispatchOpenApi", err)
	}
	if fate != heard {
		return nil, fate, err
	}
	found, err := readVoucher(answer.Body)
	if err != nil {
		return nil, refused, fmt.Errorf("%s %s: %w", platform, findService, err)
	}
	return found, heard, nil
}

// isNone recognises that no such voucher is there. What the platform says then is
// not published; NoAuthOrData is not taken for it by itself, as it may mean that the
// voucher is there and must not be seen.
func isNone(message string) bool {
	for _, text := range []string{"不存在", "未找到", "没有找到", noRow} {
		if strings.Contains(message, text) {
			return true
		}
	}
	return false
}

// readVoucher reads {"code":"0","message":…,"data":{"ID":…,"Code":…,…}}. No data,
// or data without ID and Code, is that there is none (assumed).
func readVoucher(body []byte) (*voucher, error) {
	found, _ := readEnvelope(body)
	data := bytes.TrimSpace(found.Data)
	if len(data) == 0 && !bytes.Equal(bytes.TrimSpace(body), []byte("null")) && found.Code == "" {
		return nil, fmt.Errorf("the answer has neither code nor data")
	}
	if len(data) == 0 || bytes.Equal(data, []byte("null")) {
		return nil, nil
	}
	var read dto
	if err := json.Unmarshal(data, &read); err != nil {
		return nil, fmt.Errorf("data: %w", err)
	}
	if read.ID == "" && read.Code == "" {
		return nil, nil
	}
	shown := read.voucher()
	return &shown, nil
}
