package fault

// Exit codes of every command. They are part of the interface: scripts and
// schedulers branch on them.
const (
	// ExitOK means that the work was done and adds up.
	ExitOK = 0
	// ExitRunFailed means that the work failed, in whole or in part.
	ExitRunFailed = 1
	// ExitUsage means that the command line or the configuration is wrong;
	// trying again without a change fails again.
	ExitUsage = 2
	// ExitUnreachable means that the database or a platform was not reachable,
	// refused the credentials or is of a version that cannot be used.
	ExitUnreachable = 3
	// ExitDifferences means that the command worked and found differences. Only
	// commands that were given --fail-on-diff end with it.
	ExitDifferences = 4
	// ExitAttention means that status worked and found what it was asked to look
	// for. Only status with --fail-on ends with it.
	ExitAttention = 5
	// ExitInterrupted follows a forced stop by SIGINT (128 + 2).
	ExitInterrupted = 130
	// ExitTerminated follows a forced stop by SIGTERM (128 + 15).
	ExitTerminated = 143
)

// ExitCode returns the exit code for err: ExitOK for nil, the registered one
// for a fault anywhere in err's chain, else ExitRunFailed.
func ExitCode(err error) int {
	if err == nil {
		return ExitOK
	}
	if definition, ok := Lookup(From(err).Code); ok {
		return definition.Exit
	}
	return ExitRunFailed
}

// Exit describes one exit code for help texts and documentation.
type Exit struct {
	Code    int
	Meaning string
}

// Exits lists all exit codes, ascending.
func Exits() []Exit {
	return []Exit{
		{ExitOK, "the work was done and adds up"},
		{ExitRunFailed, "the run failed, in whole or in part"},
		{ExitUsage, "wrong usage or configuration"},
		{ExitUnreachable, "the database or a platform is not reachable or cannot be used"},
		{ExitDifferences, "differences were found (only with --fail-on-diff)"},
		{ExitAttention, "something needs attention (only with status --fail-on)"},
		{ExitInterrupted, "forced stop by SIGINT (Ctrl-C twice)"},
		{ExitTerminated, "forced stop by SIGTERM"},
	}
}
