package main

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"
)

const (
	// chaosKills is how many processes are killed in all; make chaos asks for more.
	chaosKills = "PANDIAN_CHAOS_KILLS"
	// chaosSeed is where the places are drawn from; the same seed draws the same.
	chaosSeed = "PANDIAN_CHAOS_SEED"
	// chaosReport is a file that the last line is written to.
	chaosReport = "PANDIAN_CHAOS_REPORT"
)

// fromEnv is a number from the environment.
func fromEnv(t *testing.T, name string, standard int) int {
	t.Helper()
	text := os.Getenv(name)
	if text == "" {
		return standard
	}
	value, err := strconv.Atoi(text)
	if err != nil || value < 0 {
		t.Fatalf("%s is %q, want a number", name, text)
	}
	return value
}

// tolls adds up what the merchants of a test came to.
type tolls struct {
	mu                            sync.Mutex
	kills, lost, duplicates, open int
	faults                        int64
	took                          []time.Duration
	ended                         int
}

func (v *tolls) add(c *chaos, found toll) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.kills += c.kills
	v.lost += len(found.Lost)
	v.duplicates += len(found.Duplicates)
	v.open += found.Stuck
	v.faults += c.faultsFired()
	v.took = append(v.took, c.took...)
	v.ended++
}

// line is what a chaos ends with.
func (v *tolls) line() string {
	return fmt.Sprintf("%d kills, %d lost, %d duplicates, %d stuck", v.kills, v.lost, v.duplicates, v.open)
}

// tells writes the line, and what it stands on before it, to the file that is asked
// for; it fails unless the line is clean and stands on all merchants.
func (v *tolls) tells(t *testing.T, seed, merchants int) {
	t.Helper()
	if v.ended != merchants {
		t.Errorf("%d of %d merchants came to an end: the figures are not all", v.ended, merchants)
	}
	if v.lost+v.duplicates+v.open > 0 || v.kills == 0 {
		t.Errorf("%s", v.line())
	}
	slices.Sort(v.took)
	figures := fmt.Sprintf("seed %d, %d faults at the platforms, lease %s", seed, v.faults, chaosLease)
	if n := len(v.took); n > 0 {
		figures += fmt.Sprintf(", all well again after %s (median), %s (95 %%), %s (longest)",
			v.took[n/2].Round(10*time.Millisecond), v.took[n*95/100].Round(10*time.Millisecond), v.took[n-1].Round(10*time.Millisecond))
	}
	state := ""
	if t.Failed() {
		state = "FAILED: "
	}
	reports(t, "%s\n%s%s", figures, state, v.line())
}

// reports writes a line to the log of the test, and to the file that is asked for.
func reports(t *testing.T, format string, args ...any) {
	t.Helper()
	line := fmt.Sprintf(format, args...)
	t.Log(line)
	path := os.Getenv(chaosReport)
	if path == "" {
		return
	}
	file, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := file.WriteString(line + "\n"); err != nil {
		t.Error(err)
	}
	if err := file.Close(); err != nil {
		t.Error(err)
	}
}

// faults 1 and 2: killed at places drawn by chance, again and again, while one call
// in twenty goes wrong.
func TestKillsAtPlacesDrawnByChance(t *testing.T) {
	t.Parallel()
	pipelines := chaosPipelines()
	kills, seed, pairs := fromEnv(t, chaosKills, len(pipelines)), fromEnv(t, chaosSeed, 1), fromEnv(t, chaosPairs, 0)
	var all tolls
	var speed throughput
	t.Run("seed "+strconv.Itoa(seed), func(t *testing.T) {
		for index, pipeline := range pipelines {
			share := (kills + index) / len(pipelines)
			t.Run(pipeline, func(t *testing.T) {
				t.Parallel()
				m := measured(t, pairs, func() *chaos { return newChaos(t, pipeline, uint64(seed)) })
				defer func() { all.add(m.chaos, m.tally()) }()
				m.begins()
				m.faulty(fivePercent()...)
				m.isKilledTimes(share)
				m.settles()
				m.ends()
				m.settles()
				speed.add(m)
				m.tells(t)
			})
		}
	})
	speed.tells(t, "")
	all.tells(t, seed, len(pipelines))
}

// isKilledTimes kills and recovers. A run that does not come by the place that was
// drawn is one more run.
func (c *paired) isKilledTimes(kills int) {
	c.t.Helper()
	var deck []point
	for runs := 0; c.kills < kills; runs++ {
		if runs > 4*kills+8 {
			c.t.Fatalf("seed %d: %d runs and only %d kills: the places are not reached", c.seed, runs, c.kills)
		}
		if len(deck) == 0 {
			deck = c.shuffled()
		}
		p := deck[0]
		deck = deck[1:]
		at, nth := p.draw(c.random)
		had, began := c.arrived(), time.Now()
		c.killAt(p, at, nth, "run", c.pipeline)
		c.recovers(fmt.Sprintf("%s, side %d, number %d", p.name, at, nth))
		c.during.add(rate{c.arrived() - had, time.Since(began)})
		c.somethingNew()
		c.keepsUp(1)
	}
}

// shuffled are all places of the pipeline, and as many anywhere, in an order of
// chance.
func (c *chaos) shuffled() (deck []point) {
	for _, p := range killPoints() {
		if p.has(c.pipeline) {
			deck = append(deck, p, anywhere(150))
		}
	}
	c.random.Shuffle(len(deck), func(i, j int) { deck[i], deck[j] = deck[j], deck[i] })
	return deck
}
