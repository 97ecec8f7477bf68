package main

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"pandian/extract/jst"
	"pandian/extract/wdt"
	"pandian/extract/yonsuite"
	"pandian/internal/config"
	"pandian/internal/erphttp"
	"pandian/internal/fault"
	"pandian/internal/terminal"
	pandiansql "pandian/sql"
	"pandian/transform"
)

// examination is what doctor found out about one thing.
type examination struct {
	Subject string `json:"subject"`
	OK      bool   `json:"ok"`
	Detail  string `json:"detail"`
	// Advice says what to do; empty where all is well. What is OK all the same may
	// have some, too.
	Advice string `json:"advice,omitempty"`
	err    error
}

func (a *app) doctorCommand() *cobra.Command {
	var offline bool
	command := &cobra.Command{
		Use:   "doctor",
		Short: "check configuration, database, schema, connections and sql",
		Long: `Checks the configuration and its secrets, the database and its schema, the credentials and the clock of every
connection (with one cheap call each), and every file of sql/ against the schema as it is. Says what is not
encrypted, and which transactions have been open for so long that they slow down everybody. Changes nothing.`,
		Args: cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			return a.doctor(command.Context(), offline)
		},
	}
	command.Flags().BoolVar(&offline, "offline", false, "do not call the platforms")
	return command
}

func (a *app) doctor(ctx context.Context, offline bool) error {
	cfg, err := a.loadConfig()
	if err != nil {
		return err
	}
	found := []examination{examineConfig(cfg)}
	found = append(found, a.examineDatabase(ctx, cfg)...)
	if !offline {
		found = append(found, a.examineConnections(ctx, cfg)...)
	}
	return a.diagnose(found)
}

// diagnose shows what was found, and fails with the first thing that is wrong.
func (a *app) diagnose(found []examination) error {
	a.result = found
	table := terminal.Table{Columns: []terminal.Column{
		{Key: "ok", Title: ""}, {Key: "subject", Title: "What"}, {Key: "detail", Title: "Found"}, {Key: "advice", Title: "Do"},
	}}
	var failure error
	bad := 0
	for _, e := range found {
		mark := a.term.OutStyle().Sign(terminal.Good)
		if e.OK && e.Advice != "" {
			mark = a.term.OutStyle().Sign(terminal.Doubtful)
		}
		if !e.OK {
			mark = a.term.OutStyle().Sign(terminal.Bad)
			bad++
			if failure == nil {
				failure = e.err
			}
		}
		table.Rows = append(table.Rows, []any{mark, e.Subject, e.Detail, e.Advice})
	}
	a.summary = map[string]any{"examined": len(found), "bad": bad}
	if err := a.term.Table(table); err != nil {
		return err
	}
	return failure
}

func good(subject, detail string) examination {
	return examination{Subject: subject, OK: true, Detail: detail}
}

func bad(subject string, err error) examination {
	known := fault.From(err)
	detail := known.Message
	for _, problem := range known.Problems {
		detail += "; " + problem.Error()
	}
	return examination{Subject: subject, Detail: detail, Advice: known.Advice(), err: err}
}

func examineConfig(cfg *config.Config) examination {
	where := cfg.File
	if where == "" {
		where = "no file, the defaults hold"
	}
	if err := cfg.Resolve(); err != nil {
		return bad("configuration", err)
	}
	return good("configuration", fmt.Sprintf("%s: %d connections, %d pipelines", where, len(cfg.Connections), len(cfg.Pipelines)))
}

func (a *app) examineDatabase(ctx context.Context, cfg *config.Config) []examination {
	db, err := a.openDatabase(ctx, cfg)
	if err != nil {
		return []examination{bad("database", err)}
	}
	defer db.close()
	migrator, err := a.migrator(db)
	if err != nil {
		return []examination{bad("schema", err)}
	}
	conn, err := db.conn(ctx)
	if err != nil {
		return []examination{bad("database", err)}
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	verdict, err := migrator.Gate(ctx, conn)
	protection, advice := protectionOf(db, conn).inWords()
	found := []examination{{Subject: "database", OK: true, Advice: advice, Detail: fmt.Sprintf("PostgreSQL %s, database %s, account %s, %s",
		verdict.Server.Version, verdict.Server.Database, verdict.Server.Account, protection)}}
	if err != nil {
		return append(found, bad("schema", err))
	}
	found = append(found, good("schema", fmt.Sprintf("version %d, this program knows %d", verdict.Applied, verdict.Newest)))
	found = append(found, a.examineRestore(ctx, db))
	found = append(found, examineTransactions(ctx, conn)...)
	return append(found, a.examineSQL(ctx, db)...)
}

// examineSQL tries every file of sql/ against the schema as it is.
func (a *app) examineSQL(ctx context.Context, db *database) []examination {
	library, err := transform.Load(pandiansql.FS)
	if err != nil {
		return []examination{bad("sql", err)}
	}
	conn, err := db.conn(ctx)
	if err != nil {
		return []examination{bad("sql", err)}
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	outdated, err := replaceable{library}.outdated(ctx, conn)
	if err != nil {
		return []examination{bad("sql", err)}
	}
	var found []examination
	for _, file := range outdated {
		found = append(found, examination{
			Subject: "sql/" + file.Name + ".sql", Detail: "differs from what the database has, or is gone there", Advice: "pandian migrate up",
			err: fault.New(fault.SchemaBehind, "sql/%s.sql differs from what the database has, or is gone there", file.Name).Suggest("pandian migrate up"),
		})
	}
	tried := 0
	for _, file := range library.Files() {
		if file.Folder == "function" || file.Folder == "view" {
			continue
		}
		tried++
		if err := file.Try(ctx, conn); err != nil {
			found = append(found, bad("sql/"+file.Name+".sql", fault.New(fault.TransformFailed, "%w", err)))
		}
	}
	if len(found) == 0 {
		found = append(found, good("sql", fmt.Sprintf("%d files fit the schema", tried)))
	}
	return found
}

// examineConnections makes one cheap call to each. Tokens that platforms replace
// are kept where they always are: a call that renews one must not lose it.
func (a *app) examineConnections(ctx context.Context, cfg *config.Config) []examination {
	db, err := a.openDatabase(ctx, cfg)
	if err == nil {
		defer db.close()
	}
	clients := a.newClients(cfg, db, "")
	defer clients.close()
	var found []examination
	for _, name := range cfg.ConnectionNames() {
		subject := "connection " + name
		platform := cfg.Connections[name].Platform
		check, err := clients.checkOf(ctx, name)
		switch {
		case err != nil:
			found = append(found, bad(subject, err))
		case check == nil:
			found = append(found, good(subject, platform+": makes no calls"))
		default:
			one := examineHealth(subject, platform, check(ctx))
			// It resolved a moment ago, or there would be no check.
			if conn, err := cfg.Connection(name); err == nil && one.OK {
				plain, advice := plainDetail(conn.PlainAddresses())
				one.Detail, one.Advice = one.Detail+plain, advice
			}
			found = append(found, one)
		}
	}
	return found
}

func examineHealth(subject, platform string, health erphttp.Health) examination {
	if !health.OK() {
		problem := strings.Join(health.Problems, "; ")
		return bad(subject, fault.New(fault.SourceRefused, "%s", problem).
			Suggest("correct what it names: keys and secret in the configuration, rights at the platform, this machine's clock"))
	}
	return good(subject, platform+": credentials accepted, clock agrees")
}

// readFrom is a dataset that a pipeline reads from a connection: an account may
// have rights on that one alone. Empty where none reads from it.
func (c *clients) readFrom(connection string) string {
	for _, name := range c.cfg.PipelineNames() {
		for _, source := range c.cfg.Pipelines[name].Sources {
			if source.Connection == connection {
				return source.Dataset
			}
		}
	}
	return ""
}

// checkOf is the cheap call of a connection; nil where there is none to make.
func (c *clients) checkOf(ctx context.Context, connection string) (func(context.Context) erphttp.Health, error) {
	platform := c.cfg.Connections[connection].Platform
	dataset := cmp.Or(c.readFrom(connection), map[string]string{
		config.PlatformWDT: wdt.StockDataset, config.PlatformYonSuite: yonsuite.CurrentStockDataset,
		config.PlatformJST: jst.SaleoutDataset,
	}[platform])
	switch {
	case platform == config.PlatformQeasy:
		return nil, nil
	case dataset != "":
		source, err := c.newSource(ctx, dataset, connection, &erphttp.Stats{})
		if err != nil {
			return nil, err
		}
		return source.Check, nil
	default:
		conn, err := c.cfg.Connection(connection)
		if err != nil {
			return nil, err
		}
		target, err := c.platformTarget(ctx, conn, &erphttp.Stats{})
		if err != nil {
			return nil, err
		}
		return target.check, nil
	}
}
