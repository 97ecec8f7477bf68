package extract

import "fmt"

// Counts says what a landing did. Only what was committed is counted, so the
// figures are those of ops.window and ops.tally.
type Counts struct {
	// PagesAsked are the requests made; more than PagesRead where a page was
	// asked for again because its body did not arrive whole.
	PagesAsked int64
	// PagesRead are the pages that came: landed, unchanged or replaced.
	PagesRead int64
	// PagesLanded are stored in staging.page.
	PagesLanded int64
	// PagesUnchanged stand as they stood in the last snapshot.
	PagesUnchanged int64
	// PagesReplaced are first looks, at page 0 for the count and beyond the last
	// page, that a later reading replaces.
	PagesReplaced int64
	// PagesRemoved are places of the last snapshot that are no more.
	PagesRemoved int64

	// RecordsRead are the records that came: landed, unchanged, replaced or
	// rejected.
	RecordsRead      int64
	RecordsLanded    int64
	RecordsUnchanged int64
	RecordsReplaced  int64
	RecordsRejected  int64
	// BodiesRejected are answers that could not be read to their end.
	BodiesRejected int64

	WindowsComplete   int64
	WindowsIncomplete int64

	// Bytes are those of the records that came.
	Bytes int64
}

// Add adds other to c.
func (c *Counts) Add(other Counts) {
	mine, theirs := c.fields(), other.fields()
	for i := range mine {
		*mine[i].value += *theirs[i].value
	}
}

// Check returns an error if the figures do not add up.
func (c Counts) Check() error {
	if sum := c.PagesLanded + c.PagesUnchanged + c.PagesReplaced; sum != c.PagesRead {
		return fmt.Errorf("%d pages came, but %d were landed, %d unchanged and %d replaced",
			c.PagesRead, c.PagesLanded, c.PagesUnchanged, c.PagesReplaced)
	}
	if sum := c.RecordsLanded + c.RecordsUnchanged + c.RecordsReplaced + c.RecordsRejected; sum != c.RecordsRead {
		return fmt.Errorf("%d records came, but %d were landed, %d unchanged, %d replaced and %d rejected",
			c.RecordsRead, c.RecordsLanded, c.RecordsUnchanged, c.RecordsReplaced, c.RecordsRejected)
	}
	return nil
}

type countField struct {
	name  string // in ops.tally
	value *int64
}

// fields names the figures as ops.tally does. Those that a later stage counts
// under the same subject have "landing" in their name.
func (c *Counts) fields() []countField {
	return []countField{
		{"pages_asked", &c.PagesAsked},
		{"pages_read", &c.PagesRead},
		{"pages_landed", &c.PagesLanded},
		{"pages_unchanged", &c.PagesUnchanged},
		{"pages_replaced", &c.PagesReplaced},
		{"pages_removed", &c.PagesRemoved},
		{"got", &c.RecordsRead},
		{"landed", &c.RecordsLanded},
		{"unchanged_landing", &c.RecordsUnchanged},
		{"replaced_landing", &c.RecordsReplaced},
		{"rejected_landing", &c.RecordsRejected},
		{"rejected_bodies", &c.BodiesRejected},
		{"windows_complete", &c.WindowsComplete},
		{"windows_incomplete", &c.WindowsIncomplete},
		{"bytes_read", &c.Bytes},
	}
}

// kept counts a page that is kept: stored, or standing as it stood.
func (c *Counts) kept(p *page) {
	c.RecordsRead += int64(p.read)
	c.RecordsRejected += int64(p.rejectedRecords())
	c.Bytes += int64(p.bytes)
	if p.broken != nil {
		c.BodiesRejected++
	}
	if p.bodyOnly() {
		return
	}
	c.PagesRead++
	if p.unchanged {
		c.PagesUnchanged++
		c.RecordsUnchanged += int64(p.count)
		return
	}
	c.PagesLanded++
	c.RecordsLanded += int64(p.count)
}

// replaced counts a page that a later reading replaces.
func (c *Counts) replaced(p *page) {
	c.PagesRead++
	c.PagesReplaced++
	c.RecordsRead += int64(p.read)
	c.RecordsReplaced += int64(p.read)
	c.Bytes += int64(p.bytes)
}
