package wdt

import (
	"encoding/json"
	"strings"
	"testing"
)

// The response fields of the integration profile of
// wdt.stockout.order.query.trade, and those that a live client reads beside them.
const (
	headerFields = `order_no src_order_no warehouse_no consign_time order_type trade_status order_type_name trade_type subtype
		goods_total_amount goods_total_cost post_fee logistics_no package_fee receiver_name receiver_country
		receiver_province receiver_city receiver_district receiver_address receiver_mobile receiver_telno receiver_zip
		receiver_dtb logistics_type logistics_code logistics_name print_remark salesman_no salesman_name fullname
		warehouse_name created stockout_reason outer_no trade_no src_trade_no nick_name customer_name customer_no trade_time
		pay_time status shop_name shop_no buyer_message cs_remark flag_name post_amount block_reason invoice_type
		invoice_title invoice_content invoice_id delivery_term fenxiao_type fenxiao_nick cod_amount id_card_type
		receiver_area shop_remark platform_id trade_id checker_name employee_no operator_name packager_no packager_name
		picker_no picker_name printer_no printer_name examiner_no examiner_name stockout_no wms_status error_info
		warehouse_type warehouse_id customer_id freeze_reason is_allocated consign_status ebill_status operator_id
		goods_type_count md5_str custom_type receiver_ring to_deliver_time pre_charge_time logistics_id
		unknown_goods_amount calc_post_cost post_cost calc_weight post_weight package_id package_cost has_invoice
		printer_id pick_error_count picker_id sorter_id examiner_id consigner_id packager_id pack_score pick_score
		checkouter_id watcher_id picklist_no picklist_seq invoice_print_status flag_id logistics_template_id
		sendbill_template_id pos_allocate_mode note_count reason_id lock_id reserve src_tids tax currency id_card
		stock_check_time bad_reason print_batch_no sendbill_print_status logistics_print_status picklist_print_status
		details_list`
	moreHeaderFields = `stockout_id goods_count receivable paid refund_status remark modified discount tax_rate`
	lineFields       = `stockout_id goods_count weight paid refund_status remark src_order_type discount tax_rate spec_no
		sell_price brand_no brand_name goods_type gift_type goods_name goods_no spec_name spec_code suite_no total_amount
		goods_id spec_id market_price share_amount barcode unit_name sale_order_id share_post src_oid src_tid from_mask
		src_order_detail_id base_unit_id unit_id unit_ratio num2 price is_examined is_package is_zero_cost scan_type
		good_prop1 good_prop2 good_prop3 good_prop4 good_prop5 good_prop6 prop1 prop2 prop3 prop4 prop5 prop6 batch_remark
		expire_date position_list`
	moreLineFields = `rec_id cost_price modified platform_id`
	positionFields = `modified batch_no rec_id cost_price num batch_id position_id position_no stockout_order_detail_id
		stockin_detail_id stock_spec_detail_id position_goods_count`
)

func TestStockoutsHaveTheFieldsOfTheProfile(t *testing.T) {
	t.Parallel()
	header := strings.Fields(headerFields + " " + moreHeaderFields)
	line := strings.Fields(lineFields + " " + moreLineFields)
	if len(header) != 133+9 {
		t.Fatalf("header fields: got %d, want 142", len(header))
	}
	r := newRig(t, Options{}, 10)
	docs, positions := 0, 0
	for _, record := range r.everything("openapi2") {
		if record["details_list"] == nil {
			record["details_list"] = json.RawMessage("[]")
		}
		wantFields(t, "header", record, header)
		for _, x := range lines(t, record, "details_list") {
			for _, p := range lines(t, x, "position_list") {
				wantFields(t, "position", p, strings.Fields(positionFields))
				positions++
			}
			if x["position_list"] == nil {
				x["position_list"] = json.RawMessage("[]")
			}
			wantFields(t, "line", x, line)
		}
		if docs++; t.Failed() {
			return
		}
	}
	if docs < 100 || positions < 200 {
		t.Errorf("got %d documents and %d positions, want more than 100 and 200", docs, positions)
	}
}
