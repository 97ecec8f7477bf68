package tplus

import (
	"slices"
	"strings"
)

// proof says whether a voucher that has a document's number is that document.
type proof int

const (
	// isOurs: it is the document.
	isOurs proof = iota
	// isOther: it is another one, or the document as it was before it changed.
	isOther
	// isUnclear: too little is shown to tell.
	isUnclear
)

// prove compares what was sent with what is shown under the same Code. Where the
// platform shows ExternalCode, that decides whose the voucher is; else the day, the
// number of lines, and the partner or the goods of the lines must be shown and be
// the same. Whatever is shown besides must not contradict. why names what was
// compared, for a person.
func prove(sent, shown voucher) (found proof, why string) {
	var same, different []string
	compare := func(name, ours, theirs string) bool {
		switch {
		case ours == "" || theirs == "":
			return false
		case ours == theirs:
			same = append(same, name)
			return true
		default:
			different = append(different, name+" is "+theirs+" and not "+ours)
			return false
		}
	}
	compare("Code", sent.code, shown.code)
	hasExternalCode := compare("ExternalCode", sent.externalCode, shown.externalCode)
	hasDate := compare("VoucherDate", sent.date, shown.date)
	hasPartner := compare("Partner", sent.partnerCode, shown.partnerCode)
	if sent.partnerCode == "" || shown.partnerCode == "" {
		hasPartner = compare("Partner", sent.partnerName, shown.partnerName)
	}
	hasGoods := compare("Inventory", strings.Join(sent.goods, ","), strings.Join(shown.goods, ","))
	if hasLines := shown.hasLines && sent.lines == shown.lines; hasLines {
		same = append(same, "number of lines")
	} else if shown.hasLines {
		different = append(different, "number of lines")
	}
	switch {
	case len(different) > 0:
		return isOther, strings.Join(different, ", ")
	case hasExternalCode, hasDate && slices.Contains(same, "number of lines") && (hasPartner || hasGoods):
		return isOurs, "same " + strings.Join(same, ", ")
	default:
		return isUnclear, "only shown: " + strings.Join(same, ", ")
	}
}
