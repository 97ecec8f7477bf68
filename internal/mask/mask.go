// Package mask hides personal data and credentials in texts that people look at:
// payloads, and what was said between pandian and a platform.
//
// It goes by the names of fields, as the platforms spell them. What stands in a
// field of another name stays, so it is no licence to show everything.
package mask

import (
	"regexp"
	"slices"
	"strings"
)

// Hidden stands where a value was.
const Hidden = "(hidden)"

// personal are names of fields that say who a receiver is and where, in lower
// case: those of the sources, and those of the finance systems they go to.
func personal() []string {
	return []string{
		"receiver", "receiver_name", "receiver_mobile", "receiver_phone", "receiver_telno", "receiver_tel", "receiver_address",
		"receiver_zip", "receiver_area", "receiver_dtb", "receiver_town", "receiver_street", "receiver_email",
		"id_card", "id_card_no", "id_card_type", "id_number", "card_name", "buyer_nick", "buyer_name", "buyer_message",
		"shop_buyer_id", "customer_name", "nick_name", "contact", "telno", "mobile", "phone", "address", "email",
		"dispatchaddress", "linkman", "contactphone", "customerphone", "contactperson", "receiveaddress",
		"account_nick", "buyer_account", "buyer_id", "buyer_open_uid", "buyer_tax_no", "fenxiao_nick", "invoice_title", "oaid", "open_id",
		"pay_account_id", "drp_info",
		// what people write about an order, or a machine repeats of it
		"remark", "cs_remark", "shop_remark", "print_remark", "node", "fnote", "invoice_content", "error_info",
		"flinkman", "flinkphone", "freceiveaddress", "freceivername", "freceiverphone", "fcontactphone", "fheaddeliveryaddress",
	}
}

// secret are names of fields that open something.
func secret() []string {
	return []string{
		"app_key", "appkey", "app_secret", "appsecret", "secret", "sh_secret", "refresh_token", "access_token", "session", "session_key",
		"sessionid", "kdsvcsessionid", "password", "passwd", "token", "sign", "signature", "ticket", "appticket", "certificate",
		"opentoken", "encryptkey", "authorization", "client_secret", "apptoken", "app-token", "app_signature",
	}
}

var (
	// quotedName is a field of JSON, at any depth of JSON within strings; formName
	// is name=value.
	quotedName = regexp.MustCompile(`(?i)\\*"(?:` + names() + `)\\*"\s*:\s*`)
	formName   = regexp.MustCompile(`(?i)\b(` + names() + `)=([^&\s"]+)`)
)

// names are all of them, the longest first, for a pattern.
func names() string {
	all := append(personal(), secret()...)
	slices.SortFunc(all, func(a, b string) int { return len(b) - len(a) })
	for i, name := range all {
		all[i] = regexp.QuoteMeta(name)
	}
	return strings.Join(all, "|")
}

// Text hides the values of such fields in JSON, in JSON that stands in a string
// of JSON, and in name=value pairs of a form. All else stays as it is, also where
// the text is cut off or no JSON at all.
func Text(text string) string {
	var masked strings.Builder
	for {
		at := quotedName.FindStringIndex(text)
		if at == nil {
			break
		}
		masked.WriteString(text[:at[1]])
		value, rest := splitValue(text[at[1]:])
		masked.WriteString(hide(value))
		text = rest
	}
	masked.WriteString(text)
	return formName.ReplaceAllString(masked.String(), "$1="+Hidden)
}

// hide replaces a value, but for objects and lists, whose own fields are looked
// at, and for what says nothing.
func hide(value string) string {
	quote := value[:len(value)-len(strings.TrimLeft(value, `\`))] + `"`
	switch {
	case value == "" || value == "null" || value == quote+quote:
		return value
	case strings.HasPrefix(value, quote):
		return quote + Hidden + quote
	default:
		return `"` + Hidden + `"`
	}
}

// splitValue parts the scalar that text begins with from what follows. An object
// or a list has no value of its own.
func splitValue(text string) (value, rest string) {
	depth := len(text) - len(strings.TrimLeft(text, `\`))
	switch {
	case strings.HasPrefix(text[depth:], `"`):
		return splitString(text, depth)
	case strings.HasPrefix(text, "{"), strings.HasPrefix(text, "["):
		return "", text
	}
	end := strings.IndexAny(text, ",}] \t\r\n")
	if end < 0 {
		end = len(text)
	}
	return text[:end], text[end:]
}

// splitString ends at the first quote behind as many backslashes as the opening
// one has: a quote within the string has more.
func splitString(text string, depth int) (value, rest string) {
	backslashes := 0
	for i := depth + 1; i < len(text); i++ {
		switch text[i] {
		case '\\':
			backslashes++
		case '"':
			if backslashes == depth {
				return text[:i+1], text[i+1:]
			}
			backslashes = 0
		default:
			backslashes = 0
		}
	}
	return text, "" // cut off: what is left of it goes too
}
