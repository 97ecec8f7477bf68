package main

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"pandian/internal/repeat"
	"pandian/internal/retention"
)

// makeAhead makes the partitions of the days to come.
func (a *app) makeAhead(ctx context.Context, pool *pgxpool.Pool) error {
	return repeat.Do(ctx, a.log, "make day partitions", func(ctx context.Context) error {
		_, err := retention.MakeAhead(ctx, pool, time.Now())
		return err
	})
}

// retain drops what is older than its retention. It never fails a run: what
// stays too long is said, and dropped by a later one.
func (p *pipelineRun) retain(ctx context.Context, pool *pgxpool.Pool) {
	p.retainPages(ctx, pool)
	p.retainOutbox(ctx)
	p.retainHistory(ctx)
}

func (p *pipelineRun) retainPages(ctx context.Context, pool *pgxpool.Pool) {
	days := int(p.cfg.Retention.Pages.Hours() / 24)
	if days <= 0 {
		return
	}
	err := repeat.Do(ctx, p.app.log, "drop old partitions", func(ctx context.Context) error {
		dropped, err := retention.Drop(ctx, pool, days, time.Now())
		if dropped.Count > 0 || len(dropped.Busy) > 0 {
			p.app.log.InfoContext(ctx, "old partitions dropped", "run_id", p.id,
				"count", dropped.Count, "in_use", dropped.InUse, "busy", dropped.Busy)
		}
		return err
	})
	if err != nil {
		p.app.log.WarnContext(ctx, "old partitions were not dropped", "run_id", p.id, "error", err)
	}
}

// removes says that the command is one that loads: removing documents and what
// runs left behind is a right of that stage.
func (p *pipelineRun) removes() bool {
	return p.options.Command == "run" || p.options.Command == "load"
}

func (p *pipelineRun) retainOutbox(ctx context.Context) {
	keep := p.cfg.Retention.Outbox
	if keep <= 0 || !p.removes() {
		return
	}
	pool, err := p.db.pool(ctx, "pandian_load")
	if err != nil {
		p.app.log.WarnContext(ctx, "old documents were not dropped", "run_id", p.id, "error", err)
		return
	}
	settings := retention.DefaultOutboxSettings()
	settings.Keep = keep
	err = repeat.Do(ctx, p.app.log, "drop old documents", func(ctx context.Context) error {
		dropped, err := retention.DropOutbox(ctx, pool, settings, time.Now())
		if !dropped.IsEmpty() {
			p.app.log.InfoContext(ctx, "old documents dropped", "run_id", p.id, "count", dropped.Count,
				"kept", dropped.Kept, "busy", dropped.Busy, "unfinished", dropped.Unfinished, "walked", dropped.Walked)
		}
		return err
	})
	if err != nil {
		p.app.log.WarnContext(ctx, "old documents were not dropped", "run_id", p.id, "error", err)
	}
}

// retainHistory removes what runs left behind.
func (p *pipelineRun) retainHistory(ctx context.Context) {
	keep := p.cfg.Retention.History
	if keep <= 0 || !p.removes() {
		return
	}
	pool, err := p.db.pool(ctx, "pandian_load")
	if err != nil {
		p.app.log.WarnContext(ctx, "old history was not removed", "run_id", p.id, "error", err)
		return
	}
	settings := retention.DefaultHistorySettings()
	// A reading tells of its pages, which are gone by then.
	settings.Keep, settings.KeepReadings = keep, p.cfg.Retention.Pages
	err = repeat.Do(ctx, p.app.log, "remove old history", func(ctx context.Context) error {
		removed, err := retention.RemoveHistory(ctx, pool, settings, time.Now())
		if !removed.IsEmpty() {
			p.app.log.InfoContext(ctx, "old history removed", "run_id", p.id, "rows", removed.Rows,
				"busy", removed.Busy, "unfinished", removed.Unfinished)
		}
		return err
	})
	if err != nil {
		p.app.log.WarnContext(ctx, "old history was not removed", "run_id", p.id, "error", err)
	}
}
