package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/shopspring/decimal"
	"github.com/spf13/cobra"

	"pandian/internal/config"
	"pandian/internal/fault"
	"pandian/internal/terminal"
)

// diffFlags are the flags of pandian diff.
type diffFlags struct {
	pipeline            string
	warehouse, sku      []string
	kind, state         []string
	olderThan, minDelta string
	limit               int
	format              string
	bom, failOnDiff     bool
}

func (a *app) diffCommand() *cobra.Command {
	var flags diffFlags
	command := &cobra.Command{
		Use:   "diff [PIPELINE]",
		Short: "list discrepancies, the largest first",
		Long: `Lists the discrepancies of the ledger, the largest first. The same rows are in the view report.discrepancy.

delta is the source's figure minus the counterpart's; a row that is missing counts as 0.

A discrepancy that is known is acknowledged in SQL, with a reason; it opens again when its figures change:
  select compare.acknowledge('stock-compare', RECORD_KEY, 'counted on Friday, booked on Monday');`,
		Example: `  pandian diff --warehouse WH01 --min-delta 10
  pandian diff --kind missing_there --older-than 2d --format csv > missing.csv
  pandian diff --format ndjson | jq .sku_code
  pandian diff --fail-on-diff -q   # exit code 4 when there is one`,
		Args: cobra.MaximumNArgs(1), ValidArgsFunction: a.completePipelines,
		RunE: func(command *cobra.Command, args []string) error {
			if len(args) == 1 {
				flags.pipeline = args[0]
			}
			if flags.format == string(terminal.FormatJSON) && !a.json {
				// --format json is --json: stdout is left to the envelope.
				a.term.Close()
				a.json = true
				a.begin(command)
			}
			return a.diff(command.Context(), flags)
		},
	}
	f := command.Flags()
	f.StringSliceVar(&flags.warehouse, "warehouse", nil, "warehouse code, as the counterpart calls it")
	f.StringSliceVar(&flags.sku, "sku", nil, "SKU code, as the counterpart calls it, or spec_no or goods_no of the source")
	f.StringSliceVar(&flags.kind, "kind", nil, "different, missing_there, missing_here, not_comparable")
	f.StringSliceVar(&flags.state, "state", []string{"open", "acknowledged"}, "open, acknowledged, resolved")
	f.StringVar(&flags.olderThan, "older-than", "", "first seen longer ago than this, as in 2d or 12h")
	f.StringVar(&flags.minDelta, "min-delta", "", "at least this difference, in base units")
	f.IntVar(&flags.limit, "limit", 0, "at most so many rows; 0 is all (a table shows 50)")
	f.StringVar(&flags.format, "format", "table", strings.Join(terminal.Formats(), ", "))
	f.BoolVar(&flags.bom, "bom", false, "begin CSV with a byte order mark, for Excel")
	f.BoolVar(&flags.failOnDiff, "fail-on-diff", false, "end with exit code 4 when there is a row")
	for name, words := range map[string][]string{
		"kind": discrepancyKinds(), "state": discrepancyStates(), "format": terminal.Formats(),
	} {
		_ = command.RegisterFlagCompletionFunc(name, cobra.FixedCompletions(words, cobra.ShellCompDirectiveNoFileComp))
	}
	return command
}

func discrepancyKinds() []string {
	return []string{"different", "missing_there", "missing_here", "not_comparable"}
}

func discrepancyStates() []string { return []string{"open", "acknowledged", "resolved"} }

// discrepancyColumns are those of the listing, in order: what differs first.
func discrepancyColumns() []terminal.Column {
	return []terminal.Column{
		{Key: "kind", Title: "Kind"},
		number("delta_qty", "Delta"),
		number("source_qty", "Source"), number("counterpart_qty", "Counterpart"),
		{Key: "warehouse_code", Title: "Warehouse"}, {Key: "warehouse_name", Title: "Name"},
		{Key: "sku_code", Title: "SKU"}, {Key: "goods_name", Title: "Goods"}, {Key: "spec_name", Title: "Spec"},
		{Key: "state", Title: "State"}, {Key: "age", Title: "Age"}, {Key: "record_key", Title: "Record"},
		{Key: "pipeline_code"}, {Key: "connection_code"}, {Key: "spec_no"}, {Key: "goods_no"}, {Key: "field"},
		{Key: "first_seen_at"}, {Key: "last_seen_at"}, number("reopened_count", ""), {Key: "decided_by"}, {Key: "reason"},
	}
}

// shown is how many of the columns a table for people has.
const shownColumns = 12

// tableLimit is how many rows a table shows unless --limit says otherwise.
const tableLimit = 50

func (a *app) diff(ctx context.Context, flags diffFlags) error {
	format, err := terminal.ParseFormat(flags.format)
	if err != nil {
		return fault.New(fault.UsageWrong, "%w", err)
	}
	if a.json {
		format = terminal.FormatJSON
	}
	if flags.limit < 0 {
		return fault.New(fault.UsageWrong, "--limit %d is less than 0", flags.limit).Suggest("0 lists all")
	}
	where, args, err := flags.where()
	if err != nil {
		return err
	}
	cfg, err := a.loadConfig()
	if err != nil {
		return err
	}
	db, err := a.openReadable(ctx, cfg)
	if err != nil {
		return err
	}
	defer db.close()
	if err := a.knowsPipeline(ctx, cfg, db, flags.pipeline); err != nil {
		return err
	}
	total, err := a.listDiscrepancies(ctx, db, format, flags, where, args)
	if err != nil {
		return err
	}
	a.summary = map[string]any{"discrepancies": total}
	if flags.failOnDiff && total > 0 {
		return fault.New(fault.Differences, "%d discrepancies", total)
	}
	return nil
}

// knowsPipeline refuses a name that is neither configured nor ever ran: an empty
// list would look like good news.
func (a *app) knowsPipeline(ctx context.Context, cfg *config.Config, db *database, name string) error {
	if name == "" {
		return nil
	}
	_, unknown := cfg.Pipeline(name)
	if unknown == nil {
		return nil
	}
	pool, err := db.pool(ctx, "")
	if err != nil {
		return err
	}
	var ran bool
	if err := pool.QueryRow(ctx, "select exists (select from ops.pipeline where pipeline_code = $1)", name).Scan(&ran); err != nil {
		return fmt.Errorf("look for pipeline %s: %w", name, err)
	}
	if ran {
		return nil
	}
	return unknown
}

// where turns the filters into a condition on report.discrepancy.
func (f diffFlags) where() (string, []any, error) {
	conditions := []string{"true"}
	var args []any
	add := func(condition string, value any) {
		args = append(args, value)
		conditions = append(conditions, fmt.Sprintf(condition, len(args)))
	}
	for _, check := range []struct {
		flag   string
		values []string
		known  []string
	}{{"kind", f.kind, discrepancyKinds()}, {"state", f.state, discrepancyStates()}} {
		for _, value := range check.values {
			if !slices.Contains(check.known, value) {
				return "", nil, fault.New(fault.UsageWrong, "--%s %q is not known", check.flag, value).
					Suggest("one of %s", strings.Join(check.known, ", "))
			}
		}
		if len(check.values) > 0 {
			add(check.flag+" = any($%d)", check.values)
		}
	}
	if f.pipeline != "" {
		add("pipeline_code = $%d", f.pipeline)
	}
	if len(f.warehouse) > 0 {
		add("warehouse_code = any($%d)", f.warehouse)
	}
	if len(f.sku) > 0 {
		add("(sku_code = any($%[1]d) or spec_no = any($%[1]d) or goods_no = any($%[1]d))", f.sku)
	}
	if f.olderThan != "" {
		age, err := config.ParseDuration(f.olderThan)
		if err != nil {
			return "", nil, fault.New(fault.UsageWrong, "--older-than %q: %w", f.olderThan, err).Suggest("write it as 2d or 12h")
		}
		add("first_seen_at < $%d", time.Now().Add(-age))
	}
	if f.minDelta != "" {
		delta, err := decimal.NewFromString(f.minDelta)
		if err != nil {
			return "", nil, fault.New(fault.UsageWrong, "--min-delta %q is not a number", f.minDelta)
		}
		add("abs(delta_qty) >= $%d::text::numeric", delta.String())
	}
	return strings.Join(conditions, " and "), args, nil
}

// listDiscrepancies writes the rows and returns how many there are in all.
func (a *app) listDiscrepancies(ctx context.Context, db *database, format terminal.Format, flags diffFlags, where string, args []any) (int64, error) {
	pool, err := db.pool(ctx, "")
	if err != nil {
		return 0, err
	}
	var total int64
	if err := pool.QueryRow(ctx, "select count(*) from report.discrepancy where "+where, args...).Scan(&total); err != nil {
		return 0, fmt.Errorf("count discrepancies: %w", err)
	}
	limit := flags.limit
	if limit == 0 && format == terminal.FormatTable {
		limit = tableLimit
	}
	columns := discrepancyColumns()
	if format == terminal.FormatTable {
		columns = columns[:shownColumns]
	}
	query := "select " + strings.Join(selectList(columns), ", ") + " from report.discrepancy where " + where +
		" order by abs(delta_qty) desc nulls first, warehouse_code, sku_code, record_key"
	if limit > 0 {
		query += fmt.Sprintf(" limit %d", limit)
	}
	rows, err := pool.Query(ctx, query, args...)
	if err != nil {
		return 0, fmt.Errorf("list discrepancies: %w", err)
	}
	defer rows.Close()
	written, err := a.writeRows(rows, format, columns, terminal.RowOptions{BOM: flags.bom, Empty: "no discrepancies"})
	if err != nil {
		return 0, err
	}
	if total == 0 {
		return 0, a.noteNeverCompared(ctx, pool)
	}
	if format == terminal.FormatTable && int64(written) < total {
		a.term.Note("%d of %d discrepancies; --limit shows more, --format csv writes all", written, total)
	}
	return total, nil
}

// noteNeverCompared says so where an empty ledger means nothing yet.
func (a *app) noteNeverCompared(ctx context.Context, pool *pgxpool.Pool) error {
	var compared bool
	if err := pool.QueryRow(ctx, "select exists (select from compare.basis)").Scan(&compared); err != nil {
		return fmt.Errorf("look for a comparison: %w", err)
	}
	if !compared {
		a.term.Note("%s nothing was compared yet, or a side is not complete: pandian status", a.term.ErrStyle().Mark(terminal.Doubtful))
	}
	return nil
}

// selectList reads numerics as text: exact, and without a codec.
func selectList(columns []terminal.Column) []string {
	var list []string
	for _, column := range columns {
		switch {
		case strings.HasSuffix(column.Key, "_qty"):
			list = append(list, "trim_scale("+column.Key+")::text")
		case column.Key == "age":
			list = append(list, "justify_hours(date_trunc('second', age))::text")
		default:
			list = append(list, column.Key)
		}
	}
	return list
}

// writeRows writes what a query returns in any of the formats.
func (a *app) writeRows(rows pgx.Rows, format terminal.Format, columns []terminal.Column, options terminal.RowOptions) (int, error) {
	var records []terminal.Record
	var writer terminal.RowWriter
	if format != terminal.FormatJSON {
		var err error
		options.Style = a.term.OutStyle()
		writer, err = terminal.Rows(a.stdout, format, columns, options)
		if err != nil {
			return 0, err
		}
	}
	written := 0
	for rows.Next() {
		values, err := rows.Values()
		if err != nil {
			return written, fmt.Errorf("read a row: %w", err)
		}
		if err := exact(columns, values); err != nil {
			return written, err
		}
		written++
		if writer == nil {
			records = append(records, terminal.Record{Columns: columns, Values: values})
			continue
		}
		if err := writer.Write(values...); err != nil {
			return written, err
		}
	}
	if err := rows.Err(); err != nil {
		return written, fmt.Errorf("read rows: %w", err)
	}
	if writer == nil {
		if records == nil {
			records = []terminal.Record{}
		}
		a.result = records
		return written, nil
	}
	return written, writer.Close()
}

// exact turns quantities, which came as text, into decimals, and times into
// Beijing's.
func exact(columns []terminal.Column, values []any) error {
	for index, value := range values {
		switch value := value.(type) {
		case string:
			if strings.HasSuffix(columns[index].Key, "_qty") {
				quantity, err := decimal.NewFromString(value)
				if err != nil {
					return fmt.Errorf("column %s: %w", columns[index].Key, err)
				}
				values[index] = quantity
			}
		case time.Time:
			values[index] = value.In(beijing())
		}
	}
	return nil
}
