// Command pandian takes stock of what a merchant's systems say: it reads
// e-commerce and finance ERPs into Postgres, compares them in SQL, and delivers
// what follows from it.
//
// This package is the only place where flags, configuration and wiring live:
// one file per subcommand.
package main

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"syscall"

	_ "time/tzdata" // schedules name time zones, and bare hosts have no table of them

	"pandian/internal/fault"
)

// version is set by the linker in releases.
var version = "dev"

func main() {
	os.Exit(start(os.Args[1:]))
}

// errSignal ends the command's context at the first signal.
type errSignal struct{ signal os.Signal }

func (e errSignal) Error() string { return "stopped by " + e.signal.String() }

// start carries out one command line and returns the exit code. The first SIGINT
// or SIGTERM asks the command to stop; the second one ends the process.
func start(args []string) int {
	ctx, cancel := context.WithCancelCause(context.Background())
	defer cancel(nil)
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		cancel(errSignal{<-signals})
		os.Exit(forcedExit(<-signals))
	}()
	return newApp().execute(ctx, args)
}

func forcedExit(sig os.Signal) int {
	if sig == syscall.SIGTERM {
		return fault.ExitTerminated
	}
	return fault.ExitInterrupted
}

// interruption turns the error of a command that was asked to stop into the
// fault that says so; any other error stays.
func interruption(ctx context.Context, err error) error {
	var stopped errSignal
	if err == nil || !errors.As(context.Cause(ctx), &stopped) {
		return err
	}
	code := fault.RunInterrupted
	if stopped.signal == syscall.SIGTERM {
		code = fault.RunTerminated
	}
	return fault.New(code, "%w", err)
}
