package load

import (
	"context"
	"errors"
	"fmt"
)

// Epoch is which life of the database it is, and what its outbox is worth. A database
// that was restored from a dump, or promoted from a standby that lagged, does not know
// all that was sent.
type Epoch struct {
	// Number names the life; 0 stands for the only one.
	Number int
	// MustLookUp has every document looked up at the target before it is sent.
	MustLookUp bool
}

// ErrOtherEpoch ends a drain that finds another database than it began with: what it
// was told of its documents is worth nothing any more. The next drain looks them up.
var ErrOtherEpoch = errors.New("the database was restored, promoted or called into doubt while documents were sent")

// askEpoch asks for the present life; without Settings.Epoch there is but one.
func (w *worker) askEpoch(ctx context.Context) (epoch Epoch, err error) {
	if w.settings.Epoch == nil {
		return Epoch{}, nil
	}
	err = w.inDatabase(ctx, func(ctx context.Context, _ int) (err error) {
		epoch, err = w.settings.Epoch(ctx)
		return err
	})
	if err != nil {
		return Epoch{}, fmt.Errorf("ask whether the database was restored: %w", err)
	}
	return epoch, nil
}

// beware puts a batch in doubt that was claimed in a database which does not know all
// that was sent. It is asked after the claim: a database that is replaced between the
// two has lost the claim, or is known to be another one. What is in trouble was put in
// doubt when the life began, and a person may have looked since.
func (w *worker) beware(ctx context.Context, taken *batch) error {
	epoch, err := w.askEpoch(ctx)
	if err != nil {
		return err
	}
	if epoch.Number != w.epoch.Number {
		return ErrOtherEpoch
	}
	_, isClaim := taken.lease.(claimLease)
	for i := range taken.documents {
		if isClaim && epoch.MustLookUp && w.sender.finder != nil {
			taken.documents[i].InDoubt = true
		}
	}
	return nil
}
