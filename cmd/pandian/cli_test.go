package main

import (
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"pandian/internal/fault"
)

// plain carries out a command line that needs neither configuration nor
// database.
func plain(t *testing.T, args ...string) outcome {
	t.Helper()
	var out, errs locked
	a := newApp()
	a.stdin, a.stdout, a.stderr = strings.NewReader(""), &out, &errs
	a.environ = []string{"PANDIAN_CONFIG=" + t.TempDir() + "/absent.yaml"}
	code := a.execute(t.Context(), args)
	return outcome{strings.Join(args, " "), code, out.String(), errs.String()}
}

// everyCommand lists the commands below one, itself included.
func everyCommand(command *cobra.Command) []*cobra.Command {
	all := []*cobra.Command{command}
	for _, child := range command.Commands() {
		all = append(all, everyCommand(child)...)
	}
	return all
}

func TestEveryCommandExplainsItself(t *testing.T) {
	t.Parallel()
	commands := everyCommand(newApp().rootCommand())
	if len(commands) < 20 {
		t.Fatalf("got %d commands, want all of them", len(commands))
	}
	for _, command := range commands {
		t.Run(command.CommandPath(), func(t *testing.T) {
			t.Parallel()
			path := strings.Fields(command.CommandPath())[1:]
			for _, line := range [][]string{append(path, "--help"), append(path, "-h", "--json")} {
				ended := plain(t, line...)
				if ended.code != fault.ExitOK || ended.stderr != "" || !strings.Contains(ended.stdout, "Usage:") || strings.Contains(ended.stdout, `"command"`) {
					t.Errorf("want the help on stdout and nothing else, got %s", ended)
				}
			}
			if command.Short == "" || command.Long == "" && command.Example == "" {
				t.Error("want a short text, and a long one or an example")
			}
			if len(command.Example) > 0 && !strings.Contains(command.Example, "pandian") {
				t.Errorf("want an example to copy, got %q", command.Example)
			}
		})
	}
}

func TestWrongUsage(t *testing.T) {
	t.Parallel()
	lines := map[string][]string{
		"an unknown command":          {"rnu"},
		"an unknown subcommand":       {"migrate", "sideways"},
		"an unknown flag":             {"run", "--fulll"},
		"a flag without its value":    {"run", "--window"},
		"a flag of another type":      {"diff", "--limit", "many"},
		"too many arguments":          {"status", "now"},
		"too few arguments":           {"land"},
		"an unknown format":           {"diff", "--format", "xlsx"},
		"an unknown kind":             {"diff", "--kind", "strange"},
		"an unknown state":            {"diff", "--state", "closed"},
		"a duration without a unit":   {"diff", "--older-than", "5"},
		"a delta that is no number":   {"diff", "--min-delta", "1,5"},
		"a limit below zero":          {"diff", "--limit", "-1"},
		"a share above one":           {"demo", "--different", "2"},
		"an unknown route":            {"init", "--route", "fax"},
		"a day that is none":          {"init", "--since", "2024-02-30"},
		"a pipeline that is none":     {"init", "--pipeline", "jst-order"},
		"down without a yes":          {"migrate", "down"},
		"down by steps and to":        {"migrate", "down", "--yes", "--steps", "1", "--to", "0"},
		"a sandbox for everybody":     {"sandbox", "--listen", "0.0.0.0:0"},
		"a log level that is unknown": {"config", "validate", "--log-level", "loud", "--config", "testdata/empty.yaml"},
	}
	for name, line := range lines {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &shop{t: t}
			code := fault.UsageWrong
			if strings.Contains(name, "log level") {
				code = fault.ConfigInvalid
			}
			for _, at := range []int{0, len(line)} {
				if at > 0 && name == "a flag without its value" {
					continue // --json would be the value
				}
				withJSON := append(append(append([]string{}, line[:at]...), "--json"), line[at:]...)
				s.failed(plain(t, withJSON...), code)
			}
			ended := plain(t, line...)
			if ended.code != fault.ExitUsage || ended.stdout != "" || !strings.Contains(ended.stderr, string(code)) || !strings.Contains(ended.stderr, "-> ") {
				t.Errorf("want exit code 2, the code and what to do on stderr, and nothing on stdout, got %s", ended)
			}
		})
	}
}

func TestResultsAreAllThatStdoutGets(t *testing.T) {
	t.Parallel()
	s := newShop(t, shopOptions{logLevel: "debug"})
	for _, line := range [][]string{{"run"}, {"status"}, {"diff"}, {"migrate", "status"}, {"config", "show"}, {"doctor", "--offline"}} {
		t.Run(line[0], func(t *testing.T) {
			s := s.in(t)
			ended := s.must(append(line, "-q")...)
			for _, text := range []string{"level", "PD-", "pages"} {
				if strings.Contains(ended.stdout, `"`+text) {
					t.Errorf("want no log on stdout, got %s", ended)
				}
			}
			if line[0] == "run" && ended.stdout != "" {
				t.Errorf("want no summary under -q, got %s", ended)
			}
			s.must(append([]string{"--json"}, line...)...).envelope(t)
		})
	}
	if ended := s.pandian("status"); strings.Contains(ended.stdout, "\x1b[") || strings.Contains(ended.stderr, "\x1b[") {
		t.Errorf("want no colour where there is no terminal, got %s", ended)
	}
}

func TestCompletion(t *testing.T) {
	t.Parallel()
	for _, shell := range []string{"bash", "zsh", "fish", "powershell"} {
		for _, line := range [][]string{{"completion", shell}, {"completion", shell, "--json"}} {
			if ended := plain(t, line...); ended.code != 0 || len(ended.stdout) < 500 || strings.HasSuffix(strings.TrimSpace(ended.stdout), "}\n}") || strings.Contains(ended.stdout, `"command": "completion`) {
				t.Errorf("want a script, got %s", ended)
			}
		}
	}
	s := newShop(t, shopOptions{empty: true})
	for line, want := range map[string]string{
		"__complete run ": "stock-compare", "__complete diff --kind ": "missing_there", "__complete diff --format ": "ndjson", "__complete init --route ": "openapi2",
		"__complete init --pipeline ": "wdt-shops-to-jdy",
	} {
		if ended := s.pandian(strings.Split(line, " ")...); !strings.Contains(ended.stdout, want+"\n") {
			t.Errorf("want %s to be offered, got %s", want, ended)
		}
	}
}

func TestVersion(t *testing.T) {
	t.Parallel()
	got := decode[map[string]string](t, plain(t, "version", "--json").envelope(t).Summary)
	if got["version"] == "" || !strings.HasPrefix(got["go"], "go1") {
		t.Errorf("got %v, want version and Go's own", got)
	}
	for _, line := range [][]string{{"version"}, {"--version"}} {
		if ended := plain(t, line...); ended.code != 0 || !strings.Contains(ended.stdout, got["version"]) {
			t.Errorf("want the version, got %s", ended)
		}
	}
}
