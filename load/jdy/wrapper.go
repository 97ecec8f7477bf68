package jdy

import "bytes"

// saveMethod writes several 商品 at once.
const saveMethod = "material_batch_save"

// wrap is the body of saveMethod: {"items":[…]}. It is assumed, after the batch
// method jdy/gl/voucher_save of the same family.
func wrap(items []item) []byte {
	texts := make([][]byte, len(items))
	for i, one := range items {
		texts[i] = one.json()
	}
	var body bytes.Buffer
	body.WriteString(`{"items":[`)
	body.Write(bytes.Join(texts, []byte(",")))
	body.WriteString(`]}`)
	return body.Bytes()
}
