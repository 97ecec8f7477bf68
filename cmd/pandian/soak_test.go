package main

import (
	"os"
	"strconv"
	"syscall"
	"testing"
	"time"

	"pandian/internal/erphttp"
	"pandian/internal/sandbox"
	"pandian/load"
)

const (
	// soakTime is how long servers work, as in 12 (hours), 0.5 or 40m; make soak
	// asks for more than the few seconds of a test run.
	soakTime = "PANDIAN_SOAK_TIME"
	// soakShort is how long they work in a test run: long enough to show that the
	// harness works, and too short for a verdict about growth.
	soakShort = 10 * time.Second
	// soakVerdictFrom is the shortest time after which growth is judged.
	soakVerdictFrom = 10 * time.Minute
	// soaking makes a process that carries out pandian retry sooner; leases, rate
	// limits kept in the database and sizes of batches are as always.
	soaking = "soaking"
	// soakPerSecond is 20 million records a day, in records landed a second.
	soakPerSecond = 20e6 / (24 * 60 * 60)
)

func soakPace(settings *erphttp.Settings) {
	settings.BaseDelay, settings.MaxDelay, settings.ThrottleWait = 20*time.Millisecond, 200*time.Millisecond, 20*time.Millisecond
	settings.BreakerThreshold = 1000 // one call in twenty goes wrong
	settings.Timeout, settings.MaxWait = 20*time.Second, 5*time.Second
}

func soakDrain(settings *load.Settings) {
	settings.BaseBackoff, settings.MaxBackoff, settings.MaxAttempts = 100*time.Millisecond, 2*time.Second, 60
}

// soak are two servers that work for hours while the sources change.
type soak struct {
	*documents
	merchants []*chaos
	servers   [2]*process
	addresses [2]string
	random    uint64
	span      time.Duration
	began     time.Time

	series map[string]*series
	// tables are the rows of each table at the last sample.
	tables map[string]float64
	// changes counts what was changed at the sources.
	changes int
	// nights counts the days that passed; nightsMissed those for which no quiet
	// moment was found.
	nights, nightsMissed int
	nightly              []time.Duration
	// unread counts the samples in which /metrics had nothing from the database.
	unread int
}

// soakSpan reads how long.
func soakSpan(t *testing.T) time.Duration {
	t.Helper()
	text := os.Getenv(soakTime)
	if text == "" {
		return soakShort
	}
	if hours, err := strconv.ParseFloat(text, 64); err == nil && hours > 0 {
		return time.Duration(hours * float64(time.Hour))
	}
	span, err := time.ParseDuration(text)
	if err != nil || span <= 0 {
		t.Fatalf("%s is %q, want hours or a duration, as in 12, 0.5 or 40m", soakTime, text)
	}
	return span
}

func newSoak(t *testing.T, seed uint64) *soak {
	t.Helper()
	s := &soak{span: soakSpan(t), random: seed, series: map[string]*series{}, tables: map[string]float64{}}
	s.documents = newSoakDocuments(t, s, s.options())
	first := chaosOf(t, s.documents, stockPipeline, seed)
	s.replace("retention: {pages: 30d}", "retention: {pages: 3d}")
	s.replace("dataset: wdt.stock,", "dataset: wdt.stock, settle: 2s, overlap: 10s,")
	s.replace("  ys-main:\n    {platform: yonsuite,", "  ys-main:\n    {platform: yonsuite, calls_per_minute: 60000,")
	for pipeline, period := range s.periods() {
		s.replace("  "+pipeline+":\n", "  "+pipeline+":\n    schedule: {cron: \"@every "+period+"\"}\n")
		one := *first
		one.pipeline = pipeline
		s.merchants = append(s.merchants, &one)
	}
	s.pace, s.drain = soakPace, soakDrain
	s.faulty(fivePercent()...)
	for index := range s.servers {
		inside := *s.shop
		inside.environ = append(append([]string{}, s.environ...), asPandian+"="+soaking)
		s.servers[index], s.addresses[index] = inside.serving("--grace", "60s")
	}
	s.began = time.Now()
	return s
}

func (s *soak) isShort() bool { return s.span == soakShort }

// options are those of the merchant. Limits of calls are kept in the database, as
// always; that of 聚水潭's open platform is the only low one.
func (s *soak) options() documentOptions {
	soon, many := ", settle: 2s, overlap: 10s", keys{"calls_per_minute": "60000"}
	rows := 3000
	if s.isShort() {
		rows = 300
	}
	return documentOptions{
		connections: map[string]keys{
			"wdt-main": many, "jst-open": {"calls_per_minute": "300"}, "jst-qimen": many, "k3": many, "jdy": many, "tplus": many,
		},
		source:   map[string]string{noopPipeline: soon, k3Pipeline: soon, tplusPipeline: soon},
		sandbox:  func(o *sandbox.Options) { o.World.Rows = rows },
		logLevel: "warn",
	}
}

// periods are how often each pipeline runs.
func (s *soak) periods() map[string]string {
	if s.isShort() {
		return map[string]string{stockPipeline: "2s", noopPipeline: "2s", k3Pipeline: "2s", tplusPipeline: "2s", jdyPipeline: "2s"}
	}
	return map[string]string{stockPipeline: "20s", noopPipeline: "10s", k3Pipeline: "10s", tplusPipeline: "10s", jdyPipeline: "30s"}
}

// fault 33: hours of work at the pace of 20 million records a day, with faults at
// one call in twenty, leave memory, goroutines, file handles and tables as they are.
func TestSoak(t *testing.T) {
	t.Parallel()
	s := newSoak(t, uint64(fromEnv(t, chaosSeed, 1)))
	s.works()
	s.catchesUp()
	s.endsServers()
	s.verdict()
}

// works changes the world, lets nights pass and takes samples.
func (s *soak) works() {
	s.t.Helper()
	second := time.NewTicker(time.Second)
	defer second.Stop()
	sample := time.NewTicker(min(max(s.span/240, time.Second), time.Minute))
	defer sample.Stop()
	night := time.NewTicker(s.day())
	defer night.Stop()
	tell := time.NewTicker(max(s.span/20, 10*time.Second))
	defer tell.Stop()
	for time.Since(s.began) < s.span {
		select {
		case <-second.C:
			s.worldsChange()
		case <-night.C:
			s.night()
		case <-sample.C:
			s.samples()
		case <-tell.C:
			s.tellsProgress()
		}
	}
	s.samples()
}

// day is how long a day takes here. A short soak has one night in its middle.
func (s *soak) day() time.Duration {
	if s.isShort() {
		return s.span * 6 / 10
	}
	return min(s.span/16, 10*time.Minute)
}

// warmUp is until the oldest day is dropped for the first time, and the servers
// have made every kind of run many times.
func (s *soak) warmUp() time.Duration { return max(6*s.day(), s.span/5) }

// catchesUp waits until everything is at its target.
func (s *soak) catchesUp() {
	s.t.Helper()
	stopped := time.Now()
	for !s.isWell() {
		if time.Since(stopped) > max(time.Minute, min(s.span/4, 5*time.Minute)) {
			s.t.Errorf("not everything is at its target %s after the last change; the last runs that failed: %v", time.Since(stopped).Round(time.Second), s.pairs(`
				select run_id::text, pipeline_code || ': ' || left(error, 500) from ops.run where state = 'failed' order by run_id desc limit 5`))
			return
		}
		time.Sleep(time.Second)
	}
	reports(s.t, "everything was at its target %s after the last change", time.Since(stopped).Round(time.Second))
}

func (s *soak) endsServers() {
	s.t.Helper()
	for _, server := range s.servers {
		if ended := s.send(server, syscall.SIGTERM); ended.code != 0 {
			s.t.Errorf("want a server that is asked to end to end well, got exit code %d", ended.code)
		}
	}
}
