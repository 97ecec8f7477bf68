package extract

import (
	"fmt"
	"time"
)

// Settings say how a dataset is landed. Begin with DefaultSettings.
type Settings struct {
	// Since is where a windowed dataset begins; required there, unused for
	// snapshots.
	Since time.Time
	// Overlap is how far behind the verified time the next window begins, for
	// records that appear late; default 5 min.
	Overlap time.Duration
	// Settle is how long a second must be past before it is read; default 2 min.
	Settle time.Duration
	// MaxSpan narrows the windows below what the vendor accepts; 0 does not.
	MaxSpan time.Duration
	// Full reads everything from Since on again, covered or not.
	Full bool
	// MaxPageAge is the age from which a snapshot's page is landed again
	// although nothing changed, so that retention never takes a page that is
	// still in use; default 15 days, half the default retention.
	MaxPageAge time.Duration
	// RecordsPerPage is where a response without paging is cut; default 500.
	RecordsPerPage int
	// PageTries is how often a page is asked for whose body does not arrive
	// whole, the first time included; default 3.
	PageTries int
	// CommitPages and CommitEvery say when pages are committed, whichever comes
	// first; default 10 pages, 1 s.
	CommitPages int
	CommitEvery time.Duration
	// QueryTimeout bounds every commit and query of the landing; default 60 s.
	QueryTimeout time.Duration
}

// DefaultSettings returns the defaults; Since is left to the caller.
func DefaultSettings() Settings {
	return Settings{
		Overlap:        5 * time.Minute,
		Settle:         2 * time.Minute,
		MaxPageAge:     15 * 24 * time.Hour,
		RecordsPerPage: 500,
		PageTries:      3,
		CommitPages:    10,
		CommitEvery:    time.Second,
		QueryTimeout:   time.Minute,
	}
}

// checkSource names what is missing for reading a source.
func (s Settings) checkSource(spec Spec) error {
	switch {
	case spec.Kind == Windowed && s.Since.IsZero():
		return fmt.Errorf("since is not set: %s is read by time and needs a beginning", spec.Dataset)
	case spec.Kind == Windowed && spec.PageSize < 1:
		return fmt.Errorf("the page size of %s is %d, must be at least 1", spec.Dataset, spec.PageSize)
	}
	return nil
}

// check names the first setting that cannot be worked with.
func (s Settings) check() error {
	switch {
	case s.Overlap < 0, s.Settle < 0, s.MaxSpan < 0, s.MaxPageAge < 0:
		return fmt.Errorf("overlap %s, settle %s, max_span %s and max_page_age %s must not be negative",
			s.Overlap, s.Settle, s.MaxSpan, s.MaxPageAge)
	case s.MaxSpan > 0 && s.MaxSpan < time.Second:
		return fmt.Errorf("max_span is %s, must be at least 1s", s.MaxSpan)
	case s.RecordsPerPage < 1, s.PageTries < 1, s.CommitPages < 1:
		return fmt.Errorf("records_per_page %d, page_tries %d and commit_pages %d must be at least 1",
			s.RecordsPerPage, s.PageTries, s.CommitPages)
	case s.QueryTimeout <= 0:
		return fmt.Errorf("query_timeout is %s, must be more than 0", s.QueryTimeout)
	}
	return nil
}

// span is the widest window to ask for: the narrower of vendor and user.
func (s Settings) span(spec Spec) time.Duration {
	if s.MaxSpan > 0 && (spec.MaxSpan == 0 || s.MaxSpan < spec.MaxSpan) {
		return s.MaxSpan.Truncate(time.Second)
	}
	return spec.MaxSpan.Truncate(time.Second)
}
