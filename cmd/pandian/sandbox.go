package main

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"pandian/internal/fault"
	"pandian/internal/sandbox"
	"pandian/internal/sandbox/world"
)

// sandboxFlags shape the simulated platforms.
type sandboxFlags struct {
	address            string
	rows               int
	seed               uint64
	different, missing float64
	duplicates         float64
	callsPerMinute     int
	key                string
}

func (f *sandboxFlags) register(command *cobra.Command) {
	defaults := world.DefaultOptions(time.Now())
	flags := command.Flags()
	flags.IntVar(&f.rows, "rows", defaults.Rows, "rows of 旺店通 stock")
	flags.Uint64Var(&f.seed, "seed", 1, "picks the world; equal seeds give equal worlds")
	flags.Float64Var(&f.different, "different", defaults.DifferentShare, "share of rows whose quantities differ, 0 to 1")
	flags.Float64Var(&f.missing, "missing", defaults.MissingThereShare, "share of rows that only one side has, 0 to 1")
	flags.Float64Var(&f.duplicates, "duplicates", defaults.DuplicateShare, "share of SKUs with several rows at YonSuite, 0 to 1")
	flags.StringVar(&f.key, "key", world.KeyGoodsNo, "what joins the two sides: goods_no or spec_no")
}

func (f *sandboxFlags) options() (sandbox.Options, error) {
	for name, share := range map[string]float64{"different": f.different, "missing": f.missing, "duplicates": f.duplicates} {
		if share < 0 || share > 1 {
			return sandbox.Options{}, fault.New(fault.UsageWrong, "--%s %v is no share", name, share).Suggest("give a number from 0 to 1")
		}
	}
	options := sandbox.DefaultOptions()
	options.World = world.DefaultOptions(time.Now())
	options.World.Rows, options.World.Seed, options.World.Key = f.rows, f.seed, f.key
	options.World.DifferentShare, options.World.DuplicateShare = f.different, f.duplicates
	options.World.MissingThereShare, options.World.MissingHereShare = f.missing, f.missing
	options.Seed = f.seed
	options.RandomCredentials = true
	options.Limits = sandbox.Limits{OpenAPI2: f.callsPerMinute, Qimen: f.callsPerMinute, Yonsuite: f.callsPerMinute}
	return options, nil
}

func (a *app) sandboxCommand() *cobra.Command {
	var flags sandboxFlags
	command := &cobra.Command{
		Use:   "sandbox",
		Short: "serve simulated ERPs: 旺店通 on both routes, 用友 YonSuite",
		Long: `Serves simulated ERPs behind their real wire protocols: signatures are checked, pages and limits are the
vendors'. It listens on this machine only, keeps the truth at /_truth, and takes faults at /_faults.

It prints its addresses and credentials as lines for a shell, under the names that pandian init uses. In
pandian.yaml, point the connections to it: url: ${WDT_URL} and discovery_url: ${YONSUITE_DISCOVERY_URL}.`,
		Example: `  pandian sandbox --rows 5000 > sandbox.env &
  source sandbox.env
  pandian doctor`,
		Args: cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			return a.serveSandbox(command.Context(), flags)
		},
	}
	flags.register(command)
	command.Flags().StringVar(&flags.address, "listen", "127.0.0.1:8765", "address on this machine")
	command.Flags().IntVar(&flags.callsPerMinute, "calls-per-minute", 60, "limit of each credential; 0 is none")
	return command
}

func (a *app) serveSandbox(ctx context.Context, flags sandboxFlags) error {
	options, err := flags.options()
	if err != nil {
		return err
	}
	box, err := sandbox.New(options)
	if err != nil {
		return fault.New(fault.UsageWrong, "%w", err)
	}
	url, stop, err := box.Start(flags.address)
	if err != nil {
		return fault.New(fault.UsageWrong, "listen on %s: %w", flags.address, err).Suggest("give another --listen, as in 127.0.0.1:0")
	}
	defer stop()
	if _, err := fmt.Fprint(a.stdout, sandboxEnvironment(url, box.Credentials())); err != nil {
		return err
	}
	a.term.Note("simulated ERPs at %s; the truth is at %s/_truth. Ctrl-C ends them.", url, url)
	<-ctx.Done()
	return nil
}

// sandboxEnvironment is the variables of a configuration for the sandbox, as
// lines for a shell.
func sandboxEnvironment(url string, c sandbox.Credentials) string {
	return fmt.Sprintf(`export WDT_URL=%s/router/qm
export WDT_SID=%s
export WDT_APP_KEY=%s
export WDT_APP_SECRET=%s
export WDT_OPENAPI2_URL=%s/openapi2/
export WDT_OPENAPI2_APP_KEY=%s
export WDT_OPENAPI2_APP_SECRET=%s
export YONSUITE_DISCOVERY_URL=%s
export YONSUITE_TENANT_ID=%s
export YONSUITE_APP_KEY=%s
export YONSUITE_APP_SECRET=%s
`, url, c.Sid, c.TopAppKey, c.TopSecret, url, c.AppKey, c.AppSecret, url, c.TenantID, c.YonsuiteAppKey, c.YonsuiteAppSecret)
}
