package jdy

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/shopspring/decimal"

	"pandian/internal/erphttp"
)

// isIn says whether the platform shows what was sent. A field that it does not
// show proves nothing and is passed over, but the name must be shown where one was
// sent. A command, such as ignorewarn, leaves no trace and is passed over too.
func (s schema) isIn(sent item, shown *material) bool {
	for _, one := range sent.members {
		field := s[one.key]
		there, isShown := shown.members[one.key]
		switch {
		case field.IsCommand:
		case !isShown && one.key == "name":
			return false
		case isShown && !isSame(one.value, there, field):
			return false
		}
	}
	return true
}

// isSame compares two values as a platform means them that changes between text,
// numbers and booleans. Lists have the same length and the same rows in order; of
// the rows only the members named in Field.Rows are compared, where both have them.
func isSame(sent, shown json.RawMessage, field Field) bool {
	if sent[0] != '[' {
		return isSameText(erphttp.ReadText(sent), erphttp.ReadText(shown), field.Kind)
	}
	var sentRows, shownRows []json.RawMessage
	if json.Unmarshal(sent, &sentRows) != nil || json.Unmarshal(shown, &shownRows) != nil || len(sentRows) != len(shownRows) {
		return false
	}
	for i := range sentRows {
		if !isSameRow(sentRows[i], shownRows[i], field) {
			return false
		}
	}
	return true
}

func isSameRow(sent, shown json.RawMessage, field Field) bool {
	var sentMembers, shownMembers map[string]json.RawMessage
	if json.Unmarshal(sent, &sentMembers) != nil || json.Unmarshal(shown, &shownMembers) != nil {
		return erphttp.ReadText(sent) == erphttp.ReadText(shown)
	}
	for _, key := range field.Rows {
		if sentMembers[key] == nil || shownMembers[key] == nil {
			continue
		}
		if !isSameText(erphttp.ReadText(sentMembers[key]), erphttp.ReadText(shownMembers[key]), field.Kind) {
			return false
		}
	}
	return true
}

// isSameText takes 1 and 1.0 for the same where the field is a figure, and true
// and "1" where it is a flag; the type of a sub-table's members is not known.
func isSameText(sent, shown erphttp.Text, kind Kind) bool {
	switch {
	case sent == shown:
		return true
	case kind == Flag, kind == List && (isFlag(sent) || isFlag(shown)):
		return isTrue(sent) == isTrue(shown)
	case kind == Text, kind == "":
		return false
	}
	a, err := decimal.NewFromString(string(sent))
	if err != nil {
		return false
	}
	b, err := decimal.NewFromString(string(shown))
	return err == nil && a.Equal(b)
}

func isFlag(text erphttp.Text) bool {
	return slices.Contains([]string{"true", "false"}, strings.ToLower(string(text)))
}
