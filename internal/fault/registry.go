package fault

// The codes, by area. docs/errors.md has a section for each, and a test holds
// the two together.
const (
	UsageWrong Code = "PD-USAGE-001"

	ConfigUnreadable Code = "PD-CONFIG-001"
	ConfigInvalid    Code = "PD-CONFIG-002"
	ConfigSyntax     Code = "PD-CONFIG-003"
	ConfigUnknownKey Code = "PD-CONFIG-004"
	ConfigMissingKey Code = "PD-CONFIG-005"
	ConfigBadValue   Code = "PD-CONFIG-006"
	ConfigUnknownRef Code = "PD-CONFIG-007"
	ConfigInline     Code = "PD-CONFIG-008"
	ConfigNoSecret   Code = "PD-CONFIG-009"
	ConfigDuplicate  Code = "PD-CONFIG-010"

	DatabaseUnreachable Code = "PD-DATABASE-001"
	DatabaseTooOld      Code = "PD-DATABASE-002"
	DatabaseReadOnly    Code = "PD-DATABASE-003"
	DatabaseForbidden   Code = "PD-DATABASE-004"
	PostgresNoBinaries  Code = "PD-DATABASE-005"
	PostgresNoStart     Code = "PD-DATABASE-006"
	DatabasePooled      Code = "PD-DATABASE-007"

	SchemaBehind    Code = "PD-SCHEMA-001"
	SchemaAhead     Code = "PD-SCHEMA-002"
	MigrationFailed Code = "PD-SCHEMA-003"

	SourceUnreachable Code = "PD-SOURCE-001"
	SourceRefused     Code = "PD-SOURCE-002"
	SourceUnreadable  Code = "PD-SOURCE-003"
	SourceIncomplete  Code = "PD-SOURCE-004"

	TransformFailed Code = "PD-TRANSFORM-001"
	CheckFailed     Code = "PD-TRANSFORM-002"
	NotComparable   Code = "PD-COMPARE-001"
	Differences     Code = "PD-COMPARE-002"

	TargetUnreachable Code = "PD-TARGET-001"
	TargetRefused     Code = "PD-TARGET-002"

	OutboxLeftAlone Code = "PD-OUTBOX-001"

	RunFailed      Code = "PD-RUN-001"
	RunUnbalanced  Code = "PD-RUN-002"
	RunBusy        Code = "PD-RUN-003"
	RunInterrupted Code = "PD-RUN-004"
	RunTerminated  Code = "PD-RUN-005"
	RunInDoubt     Code = "PD-RUN-006"
	NeedsAttention Code = "PD-STATUS-001"
)

// Definition is what holds for every fault of one code.
type Definition struct {
	Code     Code
	Severity Severity
	// Exit is the exit code of a command that ends with this fault.
	Exit int
	// Meaning says what happened, as a heading.
	Meaning string
	// Remedy says what to do where the single fault does not know better.
	Remedy string
}

// Registry lists every code there is, grouped by area.
func Registry() []Definition {
	return concat(inputs(), databases(), sources(), results())
}

// Lookup finds the definition of a code.
func Lookup(code Code) (Definition, bool) {
	for _, definition := range Registry() {
		if definition.Code == code {
			return definition, true
		}
	}
	return Definition{}, false
}

func inputs() []Definition {
	return []Definition{
		{UsageWrong, Fatal, ExitUsage, "the command line is wrong", "run the command with --help"},
		{ConfigUnreadable, Fatal, ExitUsage, "the configuration file cannot be read", "name an existing file with --config, or write one with pandian init"},
		{ConfigInvalid, Fatal, ExitUsage, "the configuration has problems", "correct every problem listed, then run pandian config validate"},
		{ConfigSyntax, Fatal, ExitUsage, "the configuration is not valid YAML", "correct the line shown; YAML is indented with spaces, never with tabs"},
		{ConfigUnknownKey, Fatal, ExitUsage, "a key is not known", "correct the spelling or remove the key"},
		{ConfigMissingKey, Fatal, ExitUsage, "a required key is missing", "add the key"},
		{ConfigBadValue, Fatal, ExitUsage, "a value is not allowed", "use one of the values that the message names"},
		{ConfigUnknownRef, Fatal, ExitUsage, "a name refers to nothing, or to the wrong kind of thing", "define it, or use a name that the message lists"},
		{ConfigInline, Fatal, ExitUsage, "a secret stands in the configuration file", "move it to an environment variable or a file, and replace it if the file was shared"},
		{ConfigNoSecret, Fatal, ExitUsage, "a variable or secret file that is needed cannot be read", "set the variable, or make the file readable for the account that runs pandian"},
		{ConfigDuplicate, Fatal, ExitUsage, "a key is given twice", "keep one of the two"},
	}
}

func databases() []Definition {
	return []Definition{
		{DatabaseUnreachable, Fatal, ExitUnreachable, "the database cannot be reached", "check database.url, the network and that the server runs; pandian doctor tries each step"},
		{DatabaseTooOld, Fatal, ExitUnreachable, "the PostgreSQL server is of a version that is not supported", "use PostgreSQL 14 to 18"},
		{DatabaseReadOnly, Fatal, ExitUnreachable, "the database is read-only", "point database.url to the primary server, or end the recovery"},
		{DatabaseForbidden, Fatal, ExitUnreachable, "the database account may not do what is needed", "grant the account what the message names"},
		{PostgresNoBinaries, Fatal, ExitUnreachable, "no PostgreSQL server binaries were found and none could be fetched", "install PostgreSQL 14 to 18, or set database.url"},
		{PostgresNoStart, Fatal, ExitUnreachable, "the private PostgreSQL server did not start", "read the server log that the message names"},
		{DatabasePooled, Fatal, ExitUnreachable, "a connection pooler gives each transaction another session", "connect to the PostgreSQL server directly, or set pool_mode = session at the pooler: locks, roles and settings must outlive a transaction"},
		{SchemaBehind, Fatal, ExitUnreachable, "the schema is older than this program needs", "run pandian migrate up"},
		{SchemaAhead, Fatal, ExitUnreachable, "the schema is newer than this program may work on", "use a newer pandian"},
		{MigrationFailed, Fatal, ExitRunFailed, "a migration failed", "read the cause; a failed migration was rolled back unless it says otherwise, so it may be run again"},
	}
}

func sources() []Definition {
	return []Definition{
		{SourceUnreachable, Failed, ExitUnreachable, "a platform cannot be reached", "try again later; what was landed stays, and the next run goes on from there"},
		{SourceRefused, Failed, ExitUnreachable, "a platform refused the call", "read what it said; pandian doctor checks keys, secret, permissions and clock"},
		{SourceUnreadable, Failed, ExitRunFailed, "a platform's answer could not be read", "look at staging.reject, where it is kept with the reason"},
		{SourceIncomplete, Failed, ExitRunFailed, "a window could not be read completely", "run again; ops.window shows the gap"},
		{TargetUnreachable, Failed, ExitUnreachable, "a target cannot be reached", "try again later; the documents wait in the outbox"},
		{TargetRefused, Failed, ExitRunFailed, "a target refused documents", "read the reasons in outbox.delivery, correct the data, then run again"},
	}
}

func results() []Definition {
	return []Definition{
		{TransformFailed, Failed, ExitRunFailed, "a SQL file failed", "run the file by hand in psql as its header says; nothing of it was kept"},
		{CheckFailed, Failed, ExitRunFailed, "a check found rows that must not exist", "run the file in sql/check that the message names to see the rows"},
		{NotComparable, Failed, ExitRunFailed, "the two sides cannot be compared", "read the side that is incomplete, empty or stale again"},
		{Differences, Notice, ExitDifferences, "differences were found", "look at them with pandian diff or in report"},
		{OutboxLeftAlone, Failed, ExitRunFailed, "documents were left as they are", "pandian outbox show tells the state of each; what is being sent can be decided on once the answer is there"},
		{RunFailed, Failed, ExitRunFailed, "the run failed", "read the cause; running again is safe"},
		{RunUnbalanced, Failed, ExitRunFailed, "the balance of the run does not add up", "keep the log and report it: something was counted that is not accounted for"},
		{RunBusy, Failed, ExitRunFailed, "another run of this pipeline is under way", "wait for it to end; pandian status shows it"},
		{RunInterrupted, Failed, ExitInterrupted, "the run was stopped by SIGINT", "run again; it goes on from its last checkpoint"},
		{RunTerminated, Failed, ExitTerminated, "the run was stopped by SIGTERM", "run again; it goes on from its last checkpoint"},
		{RunInDoubt, Failed, ExitRunFailed, "the database was restored, promoted or called into doubt while documents were sent", "run again: each document is looked up at its target before it is sent"},
		{NeedsAttention, Notice, ExitAttention, "something is so that status --fail-on names", "read what pandian status shows of that pipeline"},
	}
}

func concat(groups ...[]Definition) []Definition {
	var all []Definition
	for _, group := range groups {
		all = append(all, group...)
	}
	return all
}
