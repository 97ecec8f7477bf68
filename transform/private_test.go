package transform_test

import (
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"pandian/internal/mask"
)

// TestMask asks the functions that hide personal data, as they are called by
// the views.
func TestMask(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	for name, cases := range map[string]map[string]string{
		"mask_name": {
			"王小明": "王**", " 欧阳娜娜 ": "欧**", "bob": "b**", "张": "张**", "": "", "  ": "  ", "😀笑": "😀**",
		},
		"mask_phone": {
			"13812345678": "138****5678", "+86 138-1234-5678": "861****5678", "0571-88888888": "057****8888",
			"12345": "***", "13812345678转8888": "***", "电话见备注": "***", "": "",
		},
		"mask_address": {
			"浙江省杭州市西湖区文三路1号": "浙江省***", "北京市朝阳区建国路88号": "北京市***", "内蒙古自治区呼和浩特市": "内蒙古自治区***",
			"新疆维吾尔自治区乌鲁木齐": "新疆维吾尔自治区***", "上海浦东": "上海***", "文三路1号浙江省": "***", "12 Main St": "***", "": "",
		},
		"mask_text": {"any word": "***", "": "", "\t": "***"},
	} {
		for value, want := range cases {
			if got := b.askAs("", "ops."+name+"($1)", value); got != want {
				t.Errorf("ops.%s(%q): got %q, want %q", name, value, got, want)
			}
		}
	}
}

// maskedDocument has what is private at every depth, in every shape.
const maskedDocument = `{"Z": 1.50, "DispatchAddress": "浙江省杭州市文三路1号", "Note": null, "Contact": {"Name": "王小明"},
	"Lines": [{"remark": "放门口", "Qty": 2, "Mobile": 13812345678}, {"remark": "", "oaid": null}], "app_KEY": "k-1", "A": [true, "x"], "empty": {}}`

// TestMaskPayload: what is private goes, what is not stays as it was written, in
// its order.
func TestMaskPayload(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	const want = `{"Z" : 1.50, "DispatchAddress" : "浙江省***", "Note" : null, "Contact" : "***", ` +
		`"Lines" : [{"remark" : "***", "Qty" : 2, "Mobile" : "138****5678"}, {"remark" : "", "oaid" : null}], "app_KEY" : "***", "A" : [true, "x"], "empty" : {}}`
	if got := b.askAs("", "ops.mask_payload($1::text::json)::text", maskedDocument); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	for _, document := range []string{`[]`, `"text"`, `12`, `null`} {
		if got := b.askAs("", "ops.mask_payload($1::text::json)::text", document); got != document {
			t.Errorf("got %s of %s, want it as it is", got, document)
		}
	}
}

// TestShown: one function serves those who may see and those who may not.
func TestShown(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	for _, reader := range []struct{ name, as string }{
		{"without_the_role", "set local role pandian_analyst"},
		{"with_the_role_who_asks_for_masks", "set local pandian.masked = 'on'"}, // the tests' account may do all
		{"with_the_role", ""},
	} {
		t.Run(reader.name, func(t *testing.T) {
			sees := reader.as == ""
			for _, c := range []struct{ call, clear, masked string }{
				{`ops.shown('name', '王小明')`, "王小明", "王**"},
				{`ops.shown('secret', 'k-1')`, "***", "***"},
				{`ops.shown('name', null)`, "null", "null"},
				{`ops.shown_payload('{"remark": "a", "app_key": "b", "n": 1}')`, `{"remark" : "a", "app_key" : "***", "n" : 1}`, `{"remark" : "***", "app_key" : "***", "n" : 1}`},
				{`ops.shown_payload('not json')`, "not json", "***"},
				{`ops.shown_payload(null)`, "null", "null"},
				{`ops.shown_value('receiver_mobile', '13812345678')`, "13812345678", "138****5678"},
				{`ops.shown_value('details_list[2].remark', 'x')`, "x", "***"},
				{`ops.shown_value('Contact.Name', '王小明')`, "王小明", "王**"},
				{`ops.shown_value('goods_count', '1,5')`, "1,5", "1,5"},
				{`ops.shown_value('details_list', ' {"remark": "a", "b')`, ` {"remark": "a", "b`, "***"},
				{`ops.shown_message('浙江省文三路1号 is too long for 王小明', '{"DispatchAddress": "浙江省文三路1号", "Contact": "王小明"}')`,
					"浙江省文三路1号 is too long for 王小明", "浙江省*** is too long for 王**"},
				{`ops.shown_message('refused', 'not json')`, "refused", "refused"},
				{`ops.shown_message(null, '{}')`, "null", "null"},
			} {
				want := c.masked
				if sees {
					want = c.clear
				}
				if got := b.askAs(reader.as, c.call); got != want {
					t.Errorf("%s: got %q, want %q", c.call, got, want)
				}
			}
		})
	}
}

// askAs returns one text, "null" where there is none, after a statement that
// holds for it alone.
func (b *bundle) askAs(statement, expression string, args ...any) string {
	b.Helper()
	var got string
	err := pgx.BeginFunc(b.Context(), b.pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(b.Context(), statement); err != nil {
			return err
		}
		return tx.QueryRow(b.Context(), "select coalesce("+expression+", 'null')", args...).Scan(&got)
	})
	if err != nil {
		b.Fatalf("%s: %v", expression, err)
	}
	return got
}

// TestPrivateFields: a column with a receiver, buyer or credential in its name is
// one of ops.private_field, unless it is known to be harmless.
func TestPrivateFields(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	// As far as a county, sums of money, and notes on goods.
	got := b.askAs("", `(
		select string_agg(format('%s.%s', attrelid::regclass, attname), ' ')
		from pg_attribute
		inner join pg_class on pg_class.oid = attrelid
		where
			relnamespace in ('wdt'::regnamespace, 'jst'::regnamespace, 'yonsuite'::regnamespace)
			and relkind in ('r', 'p')
			and not relispartition
			and attnum > 0
			and attname ~ '(receiver|buyer|nick|address|phone|mobile|telno|email|id_card|secret|token|app_key|remark|message|oaid|open_id|contact|invoice_title|tax_no)'
			and attname <> all ($1)
			and not ops.is_private_column(relnamespace::regnamespace::text, relname, attname)
	)`, []string{
		"receiver_country", "receiver_province", "receiver_state", "receiver_city", "receiver_district", "receiver_area",
		"receiver_ring", "buyer_paid_amount", "address_id", "batch_remark", "id_card_type",
	})
	if got != "null" {
		t.Errorf("%s: neither in ops.private_field nor known to be harmless", got)
	}
}

// TestMaskedExchanges: what is kept of the talk with a target goes by a list in Go,
// because it is masked before it gets to the database; the two must not part.
func TestMaskedExchanges(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	for _, row := range b.table("select field_name from ops.private_field order by 1")[1:] {
		if got := mask.Text(`{"` + row[0] + `":"sesame"}`); strings.Contains(got, "sesame") {
			t.Errorf("internal/mask does not know %s", row[0])
		}
	}
}
