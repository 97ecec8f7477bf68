package extract

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
)

// File is one recorded response.
type File struct {
	// Name is shown to people and kept as the page's request.
	Name string
	// Open opens the recording; it is called once, and what it returns is closed.
	Open func() (io.ReadCloser, error)
}

// FilesJob is a set of recorded responses to be landed in one run.
type FilesJob struct {
	// RunID is the run's row in ops.run.
	RunID          int64
	ConnectionCode string
	Spec           Spec
	Settings       Settings
	// Files are the responses, in order.
	Files []File
	// Decode reads one response of this dataset, as by NewRecordReader. It need
	// not close the body.
	Decode func(body io.Reader) Response
	// Complete is the caller's word that the files hold everything of the window,
	// or of the snapshot; without it the platform's own count must prove it.
	Complete bool
	// Window is the span that the files cover, when they are proved complete; nil
	// covers nothing. Snapshots have none.
	Window *Window
	// Progress may be nil.
	Progress Progress
}

// LandFiles lands recorded responses as Land lands those of a source. The files
// are one reading of kind files; the files of a snapshot dataset are one
// snapshot if the caller says that they are complete, so that what has vanished
// is known.
//
// A file that is no answer of this dataset, or is cut off, is kept in
// staging.reject; what was read of it stays, the other files go on, and the
// reading is incomplete. Errors are those of Land.
func (l *Lander) LandFiles(ctx context.Context, job FilesJob) (Report, error) {
	work := l.landing(job.RunID, job.ConnectionCode, job.Spec, job.Settings, job.Progress)
	window, err := job.window(l.Now())
	if err != nil {
		return work.report, work.fail("", err)
	}
	err = work.locked(ctx, func(ctx context.Context) error {
		return work.landFiles(ctx, job, window)
	})
	return work.report, err
}

// window is the span that the files are said to cover; zero for none.
func (j FilesJob) window(now time.Time) (Window, error) {
	switch {
	case j.Window == nil:
		return Window{}, nil
	case j.Spec.Kind == Snapshot:
		return Window{}, fmt.Errorf("%s is always read whole, so its files have no window", j.Spec.Dataset)
	case j.Window.To.Before(j.Window.From):
		return Window{}, fmt.Errorf("the window %s ends before it begins", *j.Window)
	case j.Window.To.After(now):
		return Window{}, fmt.Errorf("the window %s ends in the future, which no file can cover", *j.Window)
	}
	return Window{From: second(j.Window.From), To: second(j.Window.To)}, nil
}

func (l *landing) landFiles(ctx context.Context, job FilesJob, window Window) error {
	kind, stand := "files", &places{next: l.spec.FirstPage}
	isSnapshot := l.spec.Kind == Snapshot && job.Complete
	if isSnapshot {
		var err error
		if stand, err = l.places(ctx); err != nil {
			return err
		}
		kind = "snapshot"
	}
	r, err := l.open(ctx, nil, kind, window)
	if err != nil {
		return err
	}
	put := func(p *page) {
		stand.put(p)
		p.place = p.place && isSnapshot
	}
	evidence := filesProof{complete: job.Complete}
	for _, file := range job.Files {
		if err := r.landFile(ctx, file, job.Decode, put, &evidence); err != nil {
			return r.finishBroken(ctx, err)
		}
	}
	end := ending{reason: evidence.reason(), places: -1}
	if isSnapshot {
		end.places = stand.next
	}
	return r.finish(ctx, end, nil)
}

// landFile lands one file. A body that cannot be read is no error.
func (r *reading) landFile(ctx context.Context, file File, decode func(io.Reader) Response, put func(*page), evidence *filesProof) error {
	body, err := file.Open()
	if err != nil {
		return r.fail(" file "+file.Name, err)
	}
	defer body.Close()
	head := &headReader{body: body}
	response := recorded{Response: decode(head), name: file.Name, head: head}
	defer response.Close()
	r.w.filling.counts.PagesAsked++
	last, err := r.cutUp(ctx, response, put)
	if err != nil {
		return r.fail(" file "+file.Name, err)
	}
	evidence.file(file.Name, last)
	return nil
}

// recorded is a response that comes from a file.
type recorded struct {
	Response
	name string
	head *headReader
}

// Next turns every error into one of the body's: a recording cannot be asked for
// again, and the other files go on.
func (r recorded) Next() (Record, error) {
	record, err := r.Response.Next()
	var refused *BodyError
	if err == nil || errors.Is(err, io.EOF) || errors.As(err, &refused) {
		return record, err
	}
	return Record{}, &BodyError{Reason: ReasonRead, Err: err}
}

// Head returns the first bytes of the file.
func (r recorded) Head() []byte { return r.head.kept }

// Envelope names the file where the decoder knows no request.
func (r recorded) Envelope() Envelope {
	envelope := r.Response.Envelope()
	if len(envelope.Request) == 0 {
		envelope.Request, _ = json.Marshal(map[string]string{"file": r.name})
	}
	return envelope
}

// headReader keeps the first bytes that are read through it.
type headReader struct {
	body io.Reader
	kept []byte
}

func (h *headReader) Read(p []byte) (int, error) {
	n, err := h.body.Read(p)
	h.kept = append(h.kept, p[:min(n, maxRejectBytes-len(h.kept))]...)
	return n, err
}

// filesProof collects what shows that files are complete.
type filesProof struct {
	complete bool
	records  int64
	files    int
	whole    int // files that hold as many records as they say there are
	totals   []int64
	doubts   []string
}

func (f *filesProof) file(name string, end tail) {
	f.files++
	f.records += int64(end.read)
	if end.broken != nil {
		f.doubts = append(f.doubts, "file "+name+": "+end.broken.Error())
	}
	total := known(end.total)
	if total < 0 {
		return
	}
	if total == int64(end.read) {
		f.whole++
	}
	for _, said := range f.totals {
		if said == total {
			return
		}
	}
	f.totals = append(f.totals, total)
}

// reason is why the files are not complete; empty if they are.
func (f *filesProof) reason() string {
	switch {
	case f.files == 0:
		return "no files were given"
	case len(f.doubts) > 0:
		return strings.Join(f.doubts[:min(len(f.doubts), 3)], "; ")
	case f.complete, f.whole == f.files, len(f.totals) == 1 && f.totals[0] == f.records:
		return ""
	case len(f.totals) == 0:
		return fmt.Sprintf("no file says how many records there are, %d were given; add --complete if these are all", f.records)
	case len(f.totals) == 1:
		return fmt.Sprintf("the file says total_count %d, %d records were given; add the other pages or --complete", f.totals[0], f.records)
	default:
		return fmt.Sprintf("the files say different totals (%v), %d records were given; land each window by itself or add --complete", f.totals, f.records)
	}
}
