package transform

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// Rehearse carries out the steps in one transaction, lets look see what they
// came to, and rolls everything back. It holds the steps' locks meanwhile, so it
// waits for runs that carry out the same steps, and they for it.
func (r *Runner) Rehearse(ctx context.Context, steps []File, look func(pgx.Tx) error) error {
	err := pgx.BeginFunc(ctx, r.Pool, func(tx pgx.Tx) error {
		for _, step := range steps {
			if r.Before != nil {
				r.Before(step)
			}
			if _, err := tx.Exec(ctx, "select pg_advisory_xact_lock(hashtext('pandian.step'), hashtext($1))", step.Step()); err != nil {
				return fmt.Errorf("rehearse %s: wait for the step's lock: %w", step.Name, err)
			}
			if err := r.set(ctx, tx, step); err != nil {
				return fmt.Errorf("rehearse %s: %w", step.Name, err)
			}
			if _, err := tx.Exec(ctx, "select ops.take_input()"); err != nil {
				return fmt.Errorf("rehearse %s: take input: %w", step.Name, err)
			}
			if err := execFile(ctx, tx, step.Text); err != nil {
				return fmt.Errorf("rehearse %s: %w", step.Name, err)
			}
		}
		if err := look(tx); err != nil {
			return err
		}
		return errTried
	})
	if errors.Is(err, errTried) {
		return nil
	}
	return err
}
