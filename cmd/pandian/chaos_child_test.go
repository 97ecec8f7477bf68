package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	"time"

	"pandian/internal/erphttp"
	"pandian/internal/schedule"
	"pandian/load"
)

// hurried makes a process that carries out pandian wait as little as the tests in
// this process do, and hold what it claims for chaosLease instead of a minute.
const hurried = "hurried"

// impatient is hurried, and takes the fires of a server that is gone over after
// seconds.
const impatient = "impatient"

// leftAlone is hurried, but leaves a platform alone that says "too often" for longer
// than it takes to come to the next attempt.
const leftAlone = "left alone"

// chaosLease is how long what a killed process had claimed stays with it.
const chaosLease = 2 * time.Second

// startAs carries out a command line in a process of its own.
func startAs(how string, args []string) int {
	a := newApp()
	switch how {
	case hurried:
		a.pace, a.drain = chaosPace, chaosDrain
	case impatient:
		a.pace, a.drain, a.schedule = chaosPace, chaosDrain, soonTakenOver
	case leftAlone:
		a.pace, a.drain = patientlyThrottled, chaosDrain
	case soaking:
		a.pace, a.drain = soakPace, soakDrain
	default:
		return start(args)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	return a.execute(ctx, args)
}

func soonTakenOver(settings *schedule.Settings) {
	settings.Lease, settings.Renew, settings.BusyPause = 6*time.Second, time.Second, 500*time.Millisecond
}

func chaosPace(settings *erphttp.Settings) {
	hurry(settings)
	settings.CallsPerMinute, settings.Timeout, settings.MaxWait = -1, 20*time.Second, 5*time.Second
}

func patientlyThrottled(settings *erphttp.Settings) {
	chaosPace(settings)
	settings.ThrottleWait = 500 * time.Millisecond
}

func chaosDrain(settings *load.Settings) {
	retryAtOnce(settings)
	// Sending few at a time leaves more places to be killed at.
	settings.Lease, settings.MaxAttempts, settings.BatchSize = chaosLease, 60, 4
}

// through is the shop seen through a tap.
func (s *shop) through(p *tap) *shop {
	inside := *s
	inside.environ = append(append([]string{}, s.environ...), "PANDIAN_DATABASE_URL="+p.url, asPandian+"="+hurried)
	return &inside
}

// kill ends a process as a power cut would, and waits until it is gone.
func (p *process) kill() {
	_ = p.Process.Kill() // it may have ended by itself
	<-p.done
}
