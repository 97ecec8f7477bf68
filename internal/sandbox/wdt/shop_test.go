package wdt

import (
	"strings"
	"testing"
)

// shopFields are the response fields of the integration profile of
// wdt.shop.query, all 60.
const shopFields = `platform_id sub_platform_id shop_id shop_no shop_name account_id account_nick province city district
	province_name city_name district_name address contact zip mobile telno remark pay_account_id auth_state push_rds_id
	pay_auth_state app_key refresh_token sh_secret auth_time expire_time re_expire_time freeze_auth_to wms_check
	logistics_id cod_logistics_id country address_id email website prop1 prop2 is_undownload_trade invoice_provider_id
	group_id is_hold_enabled is_nomerge is_nosplit is_forbidden_setwarebygoods is_setwarebygoods cust_data is_topreorder
	is_disabled taobao_shop_id invoice_payee_id paper_invoice_provider_id logistics_sync_delay forbidden_logistics_list
	shop_priority great_deal_limit great_deal_warehouse modified created`

// wantFields wants a record to have exactly these fields.
func wantFields(t *testing.T, what string, record entry, fields []string) {
	t.Helper()
	for _, name := range fields {
		if _, ok := record[name]; !ok {
			t.Errorf("%s: field %s is missing", what, name)
		}
	}
	if len(record) != len(fields) {
		t.Errorf("%s: got %d fields, want %d", what, len(record), len(fields))
	}
}

func TestShopsHaveTheFieldsOfTheProfile(t *testing.T) {
	t.Parallel()
	fields := strings.Fields(shopFields)
	if len(fields) != 60 {
		t.Fatalf("fields of the profile: got %d, want 60", len(fields))
	}
	r := newRig(t, Options{}, 10)
	for _, route := range routes {
		for _, record := range r.ask(route, methods()["shop"], nil).records {
			wantFields(t, route, record, fields)
		}
	}
}

func TestShopsAreTheSameOnBothRoutesButForTheirTypes(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{}, 10)
	open := r.ask("openapi2", methods()["shop"], nil).records
	qimen := r.ask("qimen", methods()["shop"], nil).records
	for i := range open {
		for name, value := range open[i] {
			if unquoted(value) != unquoted(qimen[i][name]) {
				t.Errorf("shop %d, %s: got %s and %s, want the same", i, name, value, qimen[i][name])
			}
			if string(value) != "null" && value[0] != '"' {
				t.Errorf("openapi2, %s: got %s, want a text", name, value)
			}
		}
		if string(qimen[i]["shop_id"])[0] == '"' || string(qimen[i]["province"])[0] == '"' || len(qimen[i]["province"]) != 6 {
			t.Errorf("qimen: got shop_id %s and province %s, want numbers", qimen[i]["shop_id"], qimen[i]["province"])
		}
		for _, secret := range []string{"app_key", "refresh_token", "sh_secret"} {
			if !strings.HasPrefix(unquoted(open[i][secret]), "dummy-") {
				t.Errorf("%s: got %s, want a dummy", secret, open[i][secret])
			}
		}
	}
}

func TestShopsAreAskedForByStateNumberAndPlatform(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{}, 10)
	for _, test := range []struct {
		name   string
		params map[string]string
		count  int
		code   string
	}{
		{"active are the default", map[string]string{"page_size": "100"}, 36, "0"},
		{"active by name", map[string]string{"page_size": "100", "is_disabled": "0"}, 36, "0"},
		{"disabled", map[string]string{"is_disabled": "1"}, 4, "0"},
		{"second page", map[string]string{"page_no": "1"}, 6, "0"},
		{"past the end", map[string]string{"page_no": "2"}, 0, "0"},
		{"a Chinese number", map[string]string{"shop_no": "门店-05"}, 1, "0"},
		{"the old name of the platform", map[string]string{"platform": "14"}, 5, "0"},
		{"the new name", map[string]string{"platform_id": "14"}, 5, "0"},
		{"several platforms", map[string]string{"platform_ids": "14,2"}, 9, "0"},
		{"a platform that is no number", map[string]string{"platform": "京东"}, 0, "100"},
		{"several platforms where one is due", map[string]string{"platform_id": "14,2"}, 0, "100"},
		{"a state that is none", map[string]string{"is_disabled": "2"}, 0, "100"},
		{"a window, which it does not have", map[string]string{"start_time": "x", "is_disabled": "1"}, 4, "0"},
	} {
		for _, route := range routes {
			got := r.ask(route, methods()["shop"], test.params)
			if len(got.records) != test.count || got.refusal() != test.code {
				t.Errorf("%s, %s: got %d shops and code %s, want %d and %s",
					route, test.name, len(got.records), got.refusal(), test.count, test.code)
			}
		}
	}
}

func TestOddShopsAreOnTheWire(t *testing.T) {
	t.Parallel()
	r := newRig(t, Options{}, 10)
	names, unnumbered, emoji, bad := map[string]int{}, 0, 0, 0
	for _, record := range r.ask("qimen", methods()["shop"], map[string]string{"page_size": "100"}).records {
		names[string(record["shop_name"])]++
		unnumbered += count(string(record["shop_no"]) == `""`)
		emoji += count(strings.Contains(string(record["remark"]), "🚀"))
		bad += count(string(record["modified"]) == `"not a time"`)
	}
	if len(names) != 35 || unnumbered != 1 || emoji != 1 || bad != 1 {
		t.Errorf("got %d names, %d without number, %d with emoji, %d unreadable, want 35, 1, 1, 1", len(names), unnumbered, emoji, bad)
	}
}
