package extract

// Progress is told what a landing does, as it does it; a command draws it. Calls
// come from one goroutine, in order.
type Progress interface {
	// TotalPages says how many pages the window that begins now will have. For a
	// snapshot it is what the last one had. It is not called where nobody knows.
	TotalPages(pages int)
	// PageRead says that a page came, with this many records of this many bytes.
	PageRead(records, bytes int)
	// WindowDone says that a window was closed.
	WindowDone(WindowReport)
}

// WindowReport says how a window ended.
type WindowReport struct {
	WindowID int64
	// Window is zero for snapshots and for files without one.
	Window Window
	// Reason is why it is not complete, in words for a person; empty if it is.
	Reason string
	Counts Counts
}

// Complete is true when the window was proved complete.
func (w WindowReport) Complete() bool { return w.Reason == "" }

// silent is the Progress of a caller that gave none.
type silent struct{}

func (silent) TotalPages(int)          {}
func (silent) PageRead(int, int)       {}
func (silent) WindowDone(WindowReport) {}
