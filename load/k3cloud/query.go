package k3cloud

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"pandian/internal/erphttp"
)

// The states of a bill (FDocumentStatus).
const (
	statusDraft     = "Z" // 暂存
	statusCreated   = "A" // 创建
	statusSubmitted = "B" // 审核中
	statusAudited   = "C" // 已审核
	statusReopened  = "D" // 重新审核
)

const (
	// numbersPerQuery keeps a query short.
	numbersPerQuery = 100
	// maxRows is what a query gives by default.
	maxRows = 2000
)

// query is the parameter of ExecuteBillQuery.
type query struct {
	FormID       string `json:"FormId"`
	FieldKeys    string
	FilterString string
	OrderString  string
	TopRowCount  int
	StartRow     int
	Limit        int
	SubSystemID  string `json:"SubSystemId"`
}

// found is a bill as the platform has it.
type found struct {
	id, number, status string
	// isOurs says that the proof agrees; differences is why it does not.
	isOurs      bool
	differences string
}

// refusedQuery is a query that the platform understood and refused.
type refusedQuery struct {
	row     Code
	message string
}

func (e *refusedQuery) Error() string {
	text := "the bill cannot be looked up: MsgCode " + e.row.MsgCode + " " + e.message
	if e.row.Advice != "" {
		text += "; " + e.row.Advice
	}
	return text
}

// find asks which of the bills the platform has. Bills that it does not show are
// not in the answer: they do not exist, or the user may not see them (assumed).
// The error is a *refusedQuery where the platform refused, else that of the call.
func (t *Target) find(ctx context.Context, bills []*bill) (map[*bill]found, error) {
	there := map[*bill]found{}
	rest := slices.Clone(bills)
	for len(rest) > 0 {
		first := rest[0]
		var together, others []*bill
		for _, one := range rest {
			if one.form == first.form && slices.Equal(one.proof.fields, first.proof.fields) && len(together) < numbersPerQuery {
				together = append(together, one)
			} else {
				others = append(others, one)
			}
		}
		if err := t.findTogether(ctx, together, there); err != nil {
			return nil, err
		}
		rest = others
	}
	return there, nil
}

// findTogether asks about bills of one form with the same fields for proof.
func (t *Target) findTogether(ctx context.Context, bills []*bill, there map[*bill]found) error {
	rows, err := t.query(ctx, query{
		FormID:       bills[0].form,
		FieldKeys:    strings.Join(append([]string{"FBillNo", "FID", "FDocumentStatus"}, bills[0].proof.fields...), ","),
		FilterString: "FBillNo in (" + quoteNumbers(bills) + ")",
		Limit:        maxRows,
	})
	if err != nil {
		return err
	}
	for _, row := range rows {
		if len(row) < 3 {
			return fmt.Errorf("%s: a query answered a row of %d cells, want %d", platform, len(row), 3+len(bills[0].proof.fields))
		}
		for _, one := range bills {
			if !isSameNumber(one.number, string(row[0])) || there[one].isOurs {
				continue
			}
			isOurs, differences := one.proof.agrees(row[3:])
			there[one] = found{
				id: string(row[1]), number: string(row[0]), status: strings.ToUpper(string(row[2])),
				isOurs: isOurs, differences: differences,
			}
		}
	}
	return nil
}

// query runs ExecuteBillQuery and returns its rows.
func (t *Target) query(ctx context.Context, asked query) ([][]erphttp.Text, error) {
	text, err := json.Marshal(asked)
	if err != nil {
		return nil, fmt.Errorf("write a query: %w", err)
	}
	answer, _, err := t.client.do(ctx, call{method: "ExecuteBillQuery", parameters: []string{string(text)}})
	if err != nil {
		return nil, err
	}
	if answer.result != nil {
		response := answer.result.ResponseStatus
		return nil, &refusedQuery{row: response.code(), message: t.client.show(response.message())}
	}
	return answer.rows, nil
}

// quoteNumbers lists numbers as SQL texts. That a single quote is doubled is assumed.
func quoteNumbers(bills []*bill) string {
	quoted := make([]string, len(bills))
	for i, one := range bills {
		quoted[i] = "'" + strings.ReplaceAll(one.number, "'", "''") + "'"
	}
	return strings.Join(quoted, ",")
}

// isSameNumber compares as the platform's database does: without regard to case
// and to blanks at the end.
func isSameNumber(a, b string) bool {
	return strings.EqualFold(strings.TrimSpace(a), strings.TrimSpace(b))
}

// maxShown is how many characters of the platform's own text are shown.
const maxShown = 400

// show makes a platform's text fit to be shown: without secrets, on one line.
func (c *client) show(text string) string {
	return printable(c.secrets.Clean(printable(text, 4*maxShown)), maxShown)
}
