package main

import (
	"context"
	"fmt"
	"strings"
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
	if f.callsPerMinute == 0 {
		options.Limits = sandbox.Limits{}
	}
	options.Limits.OpenAPI2, options.Limits.Qimen, options.Limits.Yonsuite = f.callsPerMinute, f.callsPerMinute, f.callsPerMinute
	return options, nil
}

func (a *app) sandboxCommand() *cobra.Command {
	var flags sandboxFlags
	command := &cobra.Command{
		Use:   "sandbox",
		Short: "serve simulated ERPs: 旺店通, YonSuite, 聚水潭, 金蝶云星空, 金蝶云星辰, 畅捷通T+",
		Long: `Serves simulated ERPs behind their real wire protocols: signatures are checked, pages and limits are the
vendors'. They are 旺店通 on both routes, 用友 YonSuite and 聚水潭 on its three routes, which are read, and 金蝶云星空, 金蝶云星辰 V1 and
畅捷通T+, which keep what they receive. It listens on this machine only, keeps the truth at /_truth, and takes faults at /_faults.

It prints its addresses and credentials as lines for a shell, under the names that pandian init uses; credentials are new with
each start. pandian init --sandbox writes the addresses too: url: ${WDT_URL}, discovery_url: ${YONSUITE_DISCOVERY_URL}, ….
For 聚水潭 on another route take the variables that begin with JST_QIMEN_ or JST_OLD_.`,
		Example: `  pandian sandbox > sandbox.env &
  sleep 1
  source sandbox.env
  pandian init --pipeline all --sandbox
  pandian migrate up
  pandian doctor
  pandian run`,
		Args: cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			return a.serveSandbox(command.Context(), flags)
		},
	}
	flags.register(command)
	command.Flags().StringVar(&flags.address, "listen", "127.0.0.1:8765", "address on this machine")
	command.Flags().IntVar(&flags.callsPerMinute, "calls-per-minute", 60, "limit of 旺店通 and YonSuite; the others have their vendors'; 0 is none anywhere")
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

// sandboxBegins is the day on which the world of a sandbox that starts now begins.
func sandboxBegins(now time.Time) time.Time { return now.In(beijing()).AddDate(0, 0, -90) }

// variable is one line of the sandbox's environment.
type variable struct{ name, value string }

// sandboxEnvironment is the variables of a configuration for the sandbox, as
// lines for a shell. No value needs quotes.
func sandboxEnvironment(url string, c sandbox.Credentials) string {
	var lines strings.Builder
	for _, v := range append(sourceVariables(url, c), targetVariables(url, c)...) {
		fmt.Fprintf(&lines, "export %s=%s\n", v.name, v.value)
	}
	return lines.String()
}

func sourceVariables(url string, c sandbox.Credentials) []variable {
	return []variable{
		{"WDT_URL", url + "/router/qm"},
		{"WDT_SID", c.Sid},
		{"WDT_APP_KEY", c.TopAppKey},
		{"WDT_APP_SECRET", c.TopSecret},
		{"WDT_OPENAPI2_URL", url + "/openapi2/"},
		{"WDT_OPENAPI2_APP_KEY", c.AppKey},
		{"WDT_OPENAPI2_APP_SECRET", c.AppSecret},
		{"YONSUITE_DISCOVERY_URL", url},
		{"YONSUITE_TENANT_ID", c.TenantID},
		{"YONSUITE_APP_KEY", c.YonsuiteAppKey},
		{"YONSUITE_APP_SECRET", c.YonsuiteAppSecret},
		{"JST_URL", url},
		{"JST_APP_KEY", c.JSTAppKey},
		{"JST_APP_SECRET", c.JSTAppSecret},
		{"JST_QIMEN_URL", url + "/jst/router/qm"},
		{"JST_QIMEN_APP_KEY", c.TopAppKey},
		{"JST_QIMEN_APP_SECRET", c.TopSecret},
		{"JST_QIMEN_CUSTOMER_ID", c.JSTCustomerID},
		{"JST_OLD_URL", url + "/api/open/query.aspx"},
		{"JST_OLD_PARTNER_ID", c.JSTPartnerID},
		{"JST_OLD_PARTNER_KEY", c.JSTPartnerKey},
		{"JST_OLD_TOKEN", c.JSTToken},
	}
}

func targetVariables(url string, c sandbox.Credentials) []variable {
	return []variable{
		{"K3CLOUD_URL", url + "/k3cloud/"},
		{"K3CLOUD_ACCT_ID", c.K3AcctID},
		{"K3CLOUD_USER_NAME", c.K3UserName},
		{"K3CLOUD_PASSWORD", c.K3Password},
		{"K3CLOUD_APP_ID", c.K3AppID},
		{"K3CLOUD_APP_SECRET", c.K3AppSecret},
		{"JDY_URL", url},
		{"JDY_CLIENT_ID", c.JDYClientID},
		{"JDY_CLIENT_SECRET", c.JDYClientSecret},
		{"JDY_USERNAME", c.JDYUserName},
		{"JDY_PASSWORD", c.JDYPassword},
		{"JDY_ACCOUNT_ID", c.JDYAccountID},
		{"JDY_GROUP_NAME", c.JDYGroupName},
		{"JDY_BASE_UNIT_ID", c.JDYBaseUnitID},
		{"JDY_PARENT_ID", c.JDYParentID},
		{"TPLUS_URL", url},
		{"TPLUS_APP_KEY", c.TPlusAppKey},
		{"TPLUS_APP_SECRET", c.TPlusAppSecret},
		{"TPLUS_APP_TICKET", c.TPlusAppTicket},
		{"TPLUS_CERTIFICATE", c.TPlusCertificate},
	}
}
