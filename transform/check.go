package transform

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// Finding is what one check came to in a run.
type Finding struct {
	Check    string
	Severity Severity
	// Count is the number of rows that the check listed.
	Count int64
	// Example is the first of them: its key and what is wrong with it.
	Example string
}

// Check runs the checks and notes in ops.finding what they list. It returns
// the checks that listed something.
func (r *Runner) Check(ctx context.Context, checks []File) ([]Finding, error) {
	var findings []Finding
	for _, check := range checks {
		finding, err := r.check(ctx, check)
		if err != nil {
			return nil, fmt.Errorf("check %s: %w", check.Name, err)
		}
		if finding.Count > 0 {
			findings = append(findings, finding)
		}
	}
	return findings, nil
}

func (r *Runner) check(ctx context.Context, check File) (Finding, error) {
	finding := Finding{Check: check.Name, Severity: check.Severity}
	err := r.transact(ctx, "check "+check.Name, func(tx pgx.Tx) error {
		if err := r.set(ctx, tx, check); err != nil {
			return err
		}
		counted := fmt.Sprintf(`
			select count(*), coalesce((array_agg(record_key || ' ' || message))[1], '')
			from (%s
			) as listed`, check.Text)
		if err := tx.QueryRow(ctx, counted).Scan(&finding.Count, &finding.Example); err != nil {
			return err
		}
		if finding.Count == 0 {
			return nil
		}
		_, err := tx.Exec(ctx, `
			insert into ops.finding (run_id, subject, code, found_count, message)
			values ($1, $2, $3, $4, $5)
			on conflict on constraint finding_pkey do nothing`,
			r.RunID, check.Name, string(check.Severity), finding.Count,
			fmt.Sprintf("%d rows, as %s", finding.Count, finding.Example))
		return err
	})
	return finding, err
}
