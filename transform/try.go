package transform

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// errTried rolls the transaction of a trial back.
var errTried = errors.New("tried")

// Try tells whether a file fits the database as it is: it runs the file for a
// run that does not exist, so that it finds nothing to do, and rolls back.
func (f File) Try(ctx context.Context, conn *pgx.Conn) error {
	text := f.Text
	if f.Folder == "check" {
		text = fmt.Sprintf("select record_key::text, message::text from (%s\n) as listed", text)
	}
	err := pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `
			select
				set_config('pandian.run_id', '0', true),
				set_config('pandian.step', 'try', true),
				set_config('jit', 'off', true)`)
		if err != nil {
			return err
		}
		if err := execFile(ctx, tx, text); err != nil {
			return err
		}
		return errTried
	})
	if errors.Is(err, errTried) {
		return nil
	}
	return err
}
