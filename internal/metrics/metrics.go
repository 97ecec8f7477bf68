// Package metrics tells Prometheus how pandian stands. What it tells is read
// from the database when it is asked, so only what was committed counts, and
// every server on the same database tells the same.
package metrics

import (
	"context"
	"fmt"
	"log/slog"
	"runtime"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/prometheus/client_golang/prometheus"
)

// Settings say how the database is asked. Begin with DefaultSettings.
type Settings struct {
	// Version is pandian's own.
	Version string
	// Fresh is how long what was read is told again without asking; default 5 s.
	Fresh time.Duration
	// Deadline bounds all questions of one reading together; default 5 s.
	Deadline time.Duration
}

// DefaultSettings returns the defaults; Version is left to the caller.
func DefaultSettings() Settings {
	return Settings{Fresh: 5 * time.Second, Deadline: 5 * time.Second}
}

// Collector reads metrics from the database. It implements
// prometheus.Collector, and may be used by several goroutines.
type Collector struct {
	pool     *pgxpool.Pool
	settings Settings
	log      *slog.Logger
	families []family
	isUp     *prometheus.Desc
	build    prometheus.Metric

	mu     sync.Mutex
	readAt time.Time
	found  []prometheus.Metric
}

// New makes a collector. Nothing is read before the first Collect.
func New(pool *pgxpool.Pool, settings Settings, log *slog.Logger) *Collector {
	build := prometheus.NewDesc("pandian_build_info", "Which pandian this is; always 1.", []string{"version", "go_version"}, nil)
	return &Collector{
		pool: pool, settings: settings, log: log, families: families(),
		isUp:  prometheus.NewDesc("pandian_database_up", "1 when the other metrics could be read from the database, else 0.", nil, nil),
		build: prometheus.MustNewConstMetric(build, prometheus.GaugeValue, 1, settings.Version, runtime.Version()),
	}
}

// Describe implements prometheus.Collector.
func (c *Collector) Describe(descs chan<- *prometheus.Desc) {
	descs <- c.isUp
	descs <- c.build.Desc()
	for _, f := range c.families {
		descs <- f.desc()
	}
}

// Collect implements prometheus.Collector. A database that does not answer
// leaves its metrics out: old figures would look like good ones.
func (c *Collector) Collect(metrics chan<- prometheus.Metric) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.readAt.IsZero() || time.Since(c.readAt) > c.settings.Fresh {
		c.found = c.read()
		c.readAt = time.Now()
	}
	metrics <- c.build
	for _, metric := range c.found {
		metrics <- metric
	}
}

func (c *Collector) read() []prometheus.Metric {
	ctx, cancel := context.WithTimeout(context.Background(), c.settings.Deadline)
	defer cancel()
	var found []prometheus.Metric
	up := 1.0
	// One snapshot, and one connection however many questions.
	err := pgx.BeginTxFunc(ctx, c.pool, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
		for _, f := range c.families {
			read, err := f.read(ctx, tx)
			if err != nil {
				return fmt.Errorf("read %s: %w", f.name, err)
			}
			found = append(found, read...)
		}
		return nil
	})
	if err != nil {
		c.log.WarnContext(ctx, "metrics could not be read", "error", err)
		found, up = nil, 0
	}
	return append(found, prometheus.MustNewConstMetric(c.isUp, prometheus.GaugeValue, up))
}

// family is one metric of the database.
type family struct {
	name, help string
	kind       prometheus.ValueType
	labels     []string
	// sql returns the labels as text, then the value as double precision; a value
	// that is null is left out.
	sql string
}

func (f family) desc() *prometheus.Desc {
	return prometheus.NewDesc(f.name, f.help, f.labels, nil)
}

func (f family) read(ctx context.Context, tx pgx.Tx) ([]prometheus.Metric, error) {
	rows, err := tx.Query(ctx, f.sql)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var metrics []prometheus.Metric
	for rows.Next() {
		labels := make([]string, len(f.labels))
		var value *float64
		targets := make([]any, 0, len(labels)+1)
		for index := range labels {
			targets = append(targets, &labels[index])
		}
		if err := rows.Scan(append(targets, &value)...); err != nil {
			return nil, err
		}
		if value == nil {
			continue
		}
		metric, err := prometheus.NewConstMetric(f.desc(), f.kind, *value, labels...)
		if err != nil {
			return nil, err
		}
		metrics = append(metrics, metric)
	}
	return metrics, rows.Err()
}
