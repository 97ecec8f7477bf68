package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"pandian/extract"
	"pandian/internal/erphttp"
	"pandian/internal/fault"
	"pandian/internal/run"
	"pandian/internal/terminal"
)

// landFlags are the flags of pandian land.
type landFlags struct {
	dataset, connection, window string
	complete                    bool
}

func (a *app) landCommand() *cobra.Command {
	var flags landFlags
	command := &cobra.Command{
		Use:   "land --dataset NAME --connection NAME FILE...",
		Short: "land API responses that were saved as files",
		Long: `Lands API responses that were saved as files, through the same reader as the client: to replay, to backfill,
or to try pandian with real captures and no credentials. A file holds one response, or a bare array of records; - is
standard input. The connection is a name of your choice and need not be configured.

What was landed is typed and compared by: pandian transform PIPELINE`,
		Example: `  pandian land --dataset wdt.stock --connection wdt-main page-0.json page-1.json
  curl … | pandian land --dataset yonsuite.current_stock --connection ys-main --complete -`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(command *cobra.Command, args []string) error {
			return a.land(command.Context(), flags, args)
		},
	}
	f := command.Flags()
	f.StringVar(&flags.dataset, "dataset", "", "the reading that the responses are of, as in wdt.stock or wdt.stockout.modified")
	f.StringVar(&flags.connection, "connection", "", "the connection that the responses are of")
	f.StringVar(&flags.window, "window", "", `the span that the files cover, Beijing time: "2026-11-01..2026-11-07"`)
	f.BoolVar(&flags.complete, "complete", false, "the files hold everything: of the window, or of the snapshot")
	return command
}

func (a *app) land(ctx context.Context, flags landFlags, names []string) error {
	recorded, err := landedDataset(flags.dataset)
	if err != nil {
		return err
	}
	if flags.connection == "" {
		return fault.New(fault.UsageWrong, "no connection is named").Suggest("give --connection NAME, as in pandian.yaml")
	}
	job := extract.FilesJob{
		ConnectionCode: flags.connection, Spec: recorded.spec, Settings: extract.DefaultSettings(), Complete: flags.complete,
		Decode: func(body io.Reader) extract.Response {
			return &recording{reader: recorded.records(body), readEnvelope: recorded.readEnvelope}
		},
	}
	if job.Window, err = landedWindow(recorded.spec, flags.window); err != nil {
		return err
	}
	if job.Files, err = a.recordings(names); err != nil {
		return err
	}
	cfg, err := a.loadConfig()
	if err != nil {
		return err
	}
	db, err := a.openReady(ctx, cfg)
	if err != nil {
		return err
	}
	defer db.close()
	return a.landFiles(ctx, db, job)
}

// landedWindow is the span that files are said to cover; nil for none.
func landedWindow(spec extract.Spec, text string) (*extract.Window, error) {
	if text == "" {
		return nil, nil
	}
	window, err := parseWindow(text)
	switch {
	case err != nil:
		return nil, err
	case spec.Kind == extract.Snapshot:
		return nil, fault.New(fault.UsageWrong, "%s is always read whole, so its files have no window", spec.Dataset).
			Suggest("leave --window out; say --complete if the files hold everything")
	case window.To.After(time.Now()):
		return nil, fault.New(fault.UsageWrong, "--window %q ends in the future, which no file can cover", text).
			Suggest(`end it when the files were saved, as in "2026-11-01..2026-11-07 08:30:00"`)
	}
	return &window, nil
}

// recordings checks that every file is there before anything is landed.
func (a *app) recordings(names []string) ([]extract.File, error) {
	if first := slices.Index(names, "-"); first >= 0 && slices.Contains(names[first+1:], "-") {
		return nil, fault.New(fault.UsageWrong, "standard input is named twice").Suggest("it can be read once; save it to a file")
	}
	var files []extract.File
	for _, name := range names {
		file := extract.File{Name: name, Open: func() (io.ReadCloser, error) { return os.Open(name) }}
		if name == "-" {
			file.Name = "standard input"
			file.Open = func() (io.ReadCloser, error) { return io.NopCloser(a.stdin), nil }
		} else if info, err := os.Stat(name); err != nil || info.IsDir() {
			return nil, fault.New(fault.UsageWrong, "file %s cannot be read", name).Suggest("give files that were saved from the API")
		}
		files = append(files, file)
	}
	return files, nil
}

func (a *app) landFiles(ctx context.Context, db *database, job extract.FilesJob) error {
	pool, err := db.pool(ctx, "")
	if err != nil {
		return err
	}
	if err := a.makeAhead(ctx, pool); err != nil {
		return err
	}
	begun, runCtx, err := run.Start(ctx, pool, run.Spec{
		Pipeline: "land " + job.Spec.Dataset + " " + job.ConnectionCode, Command: "land", Version: version, Log: a.log,
	})
	if err != nil {
		return runFault(err)
	}
	tracker := a.term.Progress().Task("land "+job.Spec.Dataset, 0)
	job.RunID, job.Progress = begun.ID, &landProgress{tracker: tracker, stats: &erphttp.Stats{}}
	lander := &extract.Lander{Pool: pool, Now: time.Now, Log: a.log}
	report, err := lander.LandFiles(runCtx, job)
	tracker.Done(err)
	a.summary = map[string]any{
		"run_id": begun.ID, "pages": report.PagesRead, "records": report.RecordsRead,
		"landed": report.RecordsLanded, "unchanged": report.RecordsUnchanged,
		"rejected": report.RecordsRejected, "rejected_files": report.BodiesRejected,
		"complete": len(report.Incomplete()) == 0,
	}
	err = sourceFault(err)
	if err == nil && report.RecordsRead == 0 && report.BodiesRejected == 0 && !job.Complete {
		err = fault.New(fault.SourceUnreadable, "no records of %s were found", job.Spec.Dataset).
			Suggest("a file holds the platform's answer or a bare array of records; --complete says that there are none")
	}
	if err == nil && report.BodiesRejected > 0 {
		err = fault.New(fault.SourceUnreadable, "%d files could not be read to their end", report.BodiesRejected).
			Suggest("what came of them is in staging.reject with the reason: select * from report.reject where run_id = %d", begun.ID)
	}
	if finishErr := begun.Finish(ctx, a.summary, a.masked(err)); finishErr != nil {
		err = errors.Join(err, finishErr)
	}
	return errors.Join(runFault(err), a.showLanded(begun.ID, report))
}

func (a *app) showLanded(runID int64, report extract.Report) error {
	for _, window := range report.Incomplete() {
		a.term.Note("%s not complete: %s", a.term.ErrStyle().Mark(terminal.Doubtful), window.Reason)
	}
	if report.RecordsRejected > 0 {
		a.term.Note("%s %d records rejected: select * from report.reject where run_id = %d",
			a.term.ErrStyle().Mark(terminal.Doubtful), report.RecordsRejected, runID)
	}
	return a.term.Summary(terminal.Table{
		Title: fmt.Sprintf("Run %d", runID),
		Columns: []terminal.Column{
			number("pages", "Pages"), number("records", "Records"), number("landed", "Landed"),
			number("unchanged", "Unchanged"), number("rejected", "Rejected"),
		},
		Rows: [][]any{{report.PagesRead, report.RecordsRead, report.RecordsLanded, report.RecordsUnchanged, report.RecordsRejected}},
	})
}

// recording is a saved response being read.
type recording struct {
	reader       *extract.RecordReader
	readEnvelope func([]byte) (*int64, error)
}

func (r *recording) Next() (extract.Record, error) {
	record, err := r.reader.Next()
	if errors.Is(err, io.EOF) {
		// A saved answer may say with a code that it is none.
		if _, refused := r.readEnvelope(r.reader.Envelope()); refused != nil {
			return record, refused
		}
	}
	return record, err
}

func (r *recording) Envelope() extract.Envelope {
	total, _ := r.readEnvelope(r.reader.Envelope()) //nolint:errcheck // Next has returned it
	return extract.Envelope{JSON: r.reader.Envelope(), Total: total}
}

func (r *recording) Close() error { return nil }
