package config

import "time"

// none is how a file says that a code with a default is to be left out: the
// code then comes from ref, or the document is held back.
const none = "none"

// saleoutToNoOpParams are the parameters of jst-orders.
func saleoutToNoOpParams(params map[string]string) []field {
	return []field{
		param(params, "statuses", "Confirmed", textOrNone), // none: every state
	}
}

// shopToJDYParams are the parameters of wdt-shops-to-jdy. Ids are those of the
// account at 星辰.
func shopToJDYParams(params map[string]string) []field {
	return []field{
		expandable(params, param(params, "base_unit_id", "", anyText)),
		expandable(params, param(params, "parent_id", "", anyText)),
		param(params, "cost_method", "1", textOrNone),
		param(params, "tax_rate", "", anyText),
		param(params, "ignore_warnings", "off", onOff),
	}
}

// stockoutToTPlusParams are the parameters of wdt-stockouts-to-tplus. The
// defaults are the codes of the published scheme.
func stockoutToTPlusParams(params map[string]string) []field {
	return []field{
		param(params, "customer", "TESTCUST", textOrNone),
		param(params, "warehouse", "TEST_CK01", textOrNone),
		param(params, "inventory", "2121", textOrNone),
		param(params, "voucher_type", "ST1021", anyText),
		param(params, "business_type", "15", anyText),
		param(params, "memo", "来自旺店通", textOrNone),
		param(params, "statuses", "95,105,110,113", anyText),
		param(params, "shipped_since", "", momentOrNone),
	}
}

// saleoutToK3CloudParams are the parameters of jst-saleouts-to-k3cloud. The
// defaults are the codes of the published scheme.
func saleoutToK3CloudParams(params map[string]string) []field {
	return []field{
		param(params, "statuses", "Confirmed,Archive", anyText),
		param(params, "shipped_since", "", momentOrNone),
		param(params, "bill_type", "XSCKD01_SYS", anyText),
		param(params, "customer", none, textOrNone),
		param(params, "special_shop_id", "12948597", textOrNone),
		param(params, "special_organisation", "102", anyText),
		param(params, "organisation", "101", anyText),
		param(params, "special_profit_centre", "LY003", textOrNone),
		param(params, "profit_centre", "LY004", textOrNone),
		param(params, "special_currency", "PRE007", anyText),
		param(params, "currency", "PRE001", anyText),
		param(params, "special_department", "00003", textOrNone),
		param(params, "department", "00006", textOrNone),
		param(params, "trigger_text", "1", textOrNone),
		param(params, "form_id", "SAL_OUTSTOCK", anyText),
		param(params, "operation", "BatchSave", oneOfAsWritten("BatchSave", "Save")),
		param(params, "auto_submit_and_audit", "on", onOff),
		param(params, "verify_base_data", "off", onOff),
		param(params, "interaction_flags", "STK_InvCheckResult", textOrNone),
	}
}

// momentOrNone is a date or a time as since is written, in the form that sql/
// reads; none turns into the beginning of all things.
func momentOrNone(value string) (string, *refusal) {
	if value == none {
		return "-infinity", nil
	}
	var parsed time.Time
	if refused := moment("", &parsed).set(given{text: value}); refused != nil {
		return "", refused
	}
	return parsed.Format(time.RFC3339), nil
}

// textOrNone turns none into nothing.
func textOrNone(value string) (string, *refusal) {
	if value == none {
		return "", nil
	}
	return value, nil
}

// oneOfAsWritten is a choice whose letters' case belongs to the protocol.
func oneOfAsWritten(allowed ...string) func(string) (string, *refusal) {
	return func(value string) (string, *refusal) {
		for _, word := range allowed {
			if word == value {
				return value, nil
			}
		}
		return "", badValue(didYouMean(value, "allowed", allowed), "%q is not allowed", value)
	}
}
