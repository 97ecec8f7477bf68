package main

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

const mib = 1 << 20

// sampled are the figures of a moment.
type sampled struct {
	at time.Duration
}

// put appends a figure to its series.
func (s *soak) put(at sampled, name, unit string, value float64, limit leeway) {
	one := s.series[name]
	if one == nil {
		one = &series{name: name, unit: unit}
		s.series[name] = one
	}
	one.bound = limit // that of the newest, largest table
	one.points = append(one.points, reading{at.at, value})
}

// samples reads every figure once.
func (s *soak) samples() {
	s.t.Helper()
	at := sampled{time.Since(s.began)}
	for index := range s.servers {
		s.samplesServer(at, index)
	}
	s.samplesDatabase(at)
	s.forgetsTokens()
}

// samplesServer reads /metrics of one server.
func (s *soak) samplesServer(at sampled, index int) {
	s.t.Helper()
	if s.servers[index].ProcessState != nil {
		s.t.Fatalf("a server ended by itself: %s", s.servers[index].errs.String())
	}
	asked := time.Now()
	code, body := s.get(s.addresses[index] + "/metrics")
	took := time.Since(asked)
	if code != http.StatusOK {
		s.t.Errorf("got %d from /metrics of server %d", code, index)
		return
	}
	figures, name := figuresIn(body), func(what string) string { return fmt.Sprintf("server %d: %s", index, what) }
	limits := soakBounds()
	s.put(at, name("resident memory"), "MiB", figures["process_resident_memory_bytes"]/mib, limits["resident memory"])
	s.put(at, name("goroutines"), "", figures["go_goroutines"], limits["goroutines"])
	s.put(at, name("file handles"), "", figures["process_open_fds"], limits["file handles"])
	s.put(at, name("answer of /metrics"), "ms", took.Seconds()*1000, leeway{})
	if index > 0 {
		return // both tell the same of the database
	}
	if figures["pandian_database_up"] != 1 {
		s.unread++
		return
	}
	s.put(at, "backlog", "", s.inMotion(figures), leeway{share: 1, floor: 2000})
	s.put(at, "oldest document under way", "s", largest(figures, "pandian_outbox_oldest_age_seconds"), leeway{share: 1, floor: 120})
}

// inMotion are the documents that are not at their target and shall get there.
func (s *soak) inMotion(figures map[string]float64) (count float64) {
	for name, value := range figures {
		if strings.HasPrefix(name, "pandian_outbox_rows{") && !strings.Contains(name, `"held_back"`) {
			count += value
		}
	}
	return count
}

func largest(figures map[string]float64, prefix string) (most float64) {
	for name, value := range figures {
		if strings.HasPrefix(name, prefix) {
			most = max(most, value)
		}
	}
	return most
}

// figuresIn reads Prometheus's text, by name and labels.
func figuresIn(body string) map[string]float64 {
	figures := map[string]float64{}
	for line := range strings.Lines(body) {
		line = strings.TrimSpace(line)
		at := strings.LastIndexByte(line, ' ')
		if at < 0 || strings.HasPrefix(line, "#") {
			continue
		}
		if value, err := strconv.ParseFloat(line[at+1:], 64); err == nil {
			figures[line[:at]] = value
		}
	}
	return figures
}

// tableSizes are those of whole tables, partitions together.
const tableSizes = `
	select
		root.oid::regclass::text,
		coalesce(sum(pg_total_relation_size(leaf.oid)), 0)::float8,
		coalesce(sum(greatest(pg_stat_get_live_tuples(leaf.oid), 0)), 0)::float8,
		coalesce(sum(greatest(pg_stat_get_dead_tuples(leaf.oid), 0)), 0)::float8,
		coalesce(bool_or(pg_partitioned_table.partattrs is not null and pg_attribute.atttypid = 'timestamptz'::regtype), false)
	from pg_class as leaf
	inner join pg_class as root on root.oid = coalesce(pg_partition_root(leaf.oid), leaf.oid)
	left join pg_partitioned_table on partrelid = root.oid
	left join pg_attribute on attrelid = root.oid and attnum = partattrs[0]
	where
		leaf.relkind = 'r'
		and leaf.relnamespace::regnamespace::text in ('ops', 'staging', 'wdt', 'jst', 'yonsuite', 'compare', 'outbox', 'ref')
	group by root.oid`

// samplesDatabase reads sizes, and what they are measured by.
func (s *soak) samplesDatabase(at sampled) {
	s.t.Helper()
	conn := s.connect()
	defer conn.Close(context.Background())
	var runs, landed, wal, size float64
	if err := conn.QueryRow(s.t.Context(), `
		select
			(select count(*) from ops.run)::float8,
			(select coalesce(sum(records_landed), 0) from ops."window")::float8,
			pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::float8,
			pg_database_size(current_database())::float8`).Scan(&runs, &landed, &wal, &size); err != nil {
		s.t.Fatal(err)
	}
	s.put(at, "records landed", "", landed, leeway{})
	s.put(at, "runs", "", runs, leeway{})
	s.put(at, "write-ahead log", "MiB", wal/mib, leeway{})
	s.put(at, "database", "MiB", size/mib, leeway{})
	s.put(at, "sandbox and test: resident memory", "MiB", residentMemory(s.t), leeway{})
	rows, err := conn.Query(s.t.Context(), tableSizes)
	if err != nil {
		s.t.Fatal(err)
	}
	var table string
	var bytes, live, dead, allDead float64
	var isAged bool
	if _, err := pgx.ForEachRow(rows, []any{&table, &bytes, &live, &dead, &isAged}, func() error {
		allDead += dead
		s.putTable(at, table, bytes, live, isAged || table == "ops.job_fire", runs)
		return nil
	}); err != nil {
		s.t.Fatal(err)
	}
	s.put(at, "dead rows, all tables", "", allDead, leeway{share: 0.5, floor: 30000})
}

// smallTable is what no table is asked about.
const smallTable = 2 * mib

// putTable holds a table against what explains its size: those that age must
// stand, and of the others each row must stay as large as it is, and no more rows
// must come than with the runs (schema ops) or with the changes at the sources.
func (s *soak) putTable(at sampled, table string, bytes, rows float64, isAged bool, runs float64) {
	s.tables[table] = rows
	if isAged {
		s.put(at, "table "+table, "MiB", bytes/mib, leeway{share: 0.25, floor: smallTable / mib})
		return
	}
	s.put(at, "table "+table+", size", "MiB", bytes/mib, leeway{})
	if rows < 1 {
		s.put(at, "table "+table+", empty", "MiB", bytes/mib, leeway{share: 0.25, floor: smallTable / mib})
		return
	}
	s.put(at, "table "+table+", bytes a row", "", bytes/rows, leeway{share: 0.25, floor: smallTable / rows})
	by, what := float64(s.changes), "a change at a source"
	if strings.HasPrefix(table, "ops.") {
		by, what = runs, "a run"
	}
	if by > 0 {
		s.put(at, "table "+table+", rows "+what, "", rows/by, leeway{share: 0.25, floor: 100 / by})
	}
}

// forgetsTokens bounds what the front remembers of the tokens that passed: the
// search for secrets in all tables at the end takes as long as there are tokens.
func (s *soak) forgetsTokens() {
	s.front.mu.Lock()
	defer s.front.mu.Unlock()
	seen, newest := map[string]bool{}, []string{}
	for index := len(s.front.tokens) - 1; index >= 0 && len(newest) < 40; index-- {
		if token := s.front.tokens[index]; !seen[token] {
			seen[token] = true
			newest = append(newest, token)
		}
	}
	slices.Reverse(newest)
	s.front.tokens = newest
}

// arrived counts the documents that the targets took.
func (s *soak) arrived() (count int) {
	for _, target := range []string{"k3cloud", "jdy", "tplus"} {
		for _, entry := range s.ledger(target) {
			count += min(entry.Created, 1)
		}
	}
	return count
}
