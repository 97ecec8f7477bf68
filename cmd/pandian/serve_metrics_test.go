package main

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	sandboxfault "pandian/internal/sandbox/fault"
)

// servedOnce runs the document pipelines once each in a server, and returns what
// /metrics tells after that.
func (p *person) servedOnce() string {
	p.t.Helper()
	for _, pipeline := range []string{k3Pipeline, jdyPipeline, tplusPipeline} {
		p.replace("  "+pipeline+":\n", "  "+pipeline+":\n    schedule: {cron: \"0 0 1 1 *\"}\n")
	}
	inside := *p.shop
	inside.environ = append(append([]string{}, p.environ...), asPandian+"="+leftAlone)
	_, address := inside.serving()
	p.makeDue("run")
	p.waitFor("three fires", "select count(*) = 3 from ops.job_fire where state in ('ok', 'failed')")
	_, body := p.get(address + "/metrics")
	return body
}

// samplesOf are the values of a metric, by its labels.
func samplesOf(body, metric string) map[string]float64 {
	found := map[string]float64{}
	for name, value := range figuresIn(body) {
		if labels, ok := strings.CutPrefix(name, metric+"{"); ok {
			found[strings.TrimSuffix(labels, "}")] = value
		}
	}
	return found
}

// faults 18, 32: /metrics counts every call as the platforms do, throttled ones
// too, and no label holds a secret, a person or the key of a row.
func TestMetricsOfCalls(t *testing.T) {
	t.Parallel()
	p := newPerson(t)
	p.faulty(atWDT(sandboxfault.Throttle, 3), atWDT(sandboxfault.HTTP500, 2))
	body := p.servedOnce()
	requests := samplesOf(body, "pandian_http_request_duration_seconds_count")

	t.Run("as many requests as arrived, by what became of them", func(t *testing.T) {
		counted, arrived := map[string]float64{}, 0.0
		for labels, count := range requests {
			if strings.Contains(labels, `connection="wdt-main"`) {
				counted["all"] += count
				counted[regexp.MustCompile(`outcome="(\w+)"`).FindStringSubmatch(labels)[1]] += count
			}
		}
		for endpoint, events := range p.box.Stats().Endpoints {
			if strings.HasPrefix(endpoint, "wdt.") {
				arrived += float64(events["requests"])
			}
		}
		want := map[string]float64{"all": arrived, "throttled": 3, "unavailable": 2, "ok": arrived - 5}
		if diff := cmp.Diff(want, counted); diff != "" {
			t.Errorf("requests to wdt-main (want -, got +)\n%s", diff)
		}
	})

	t.Run("throttled connections have waited, and each is told of", func(t *testing.T) {
		waits := samplesOf(body, "pandian_throttle_wait_seconds_total")
		if got := waits[`connection="wdt-main",platform="wdt"`]; got < 0.1 {
			t.Errorf("got %g s of waiting at wdt-main, want at least that of one throttle", got)
		}
		want := []string{
			`connection="jdy",platform="jdy"`, `connection="jst-qimen",platform="jst"`, `connection="k3",platform="k3cloud"`,
			`connection="tplus",platform="tplus"`, `connection="wdt-main",platform="wdt"`,
		}
		if diff := cmp.Diff(want, slices.Sorted(maps.Keys(waits))); diff != "" {
			t.Errorf("connections (want -, got +)\n%s", diff)
		}
	})

	t.Run("labels are few words of the program and of the configuration", func(t *testing.T) {
		allowed := regexp.MustCompile(`^connection="(wdt-main|jst-qimen|k3|jdy|tplus)",operation="/?[A-Za-z][A-Za-z_./]{1,80}(v2/[A-Za-z]+)?",outcome="(ok|throttled|unavailable|[a-z_]+)",platform="(wdt|jst|k3cloud|jdy|tplus)"$`)
		for labels := range requests {
			if !allowed.MatchString(labels) {
				t.Errorf("the labels %s are not of this kind", labels)
			}
		}
		if len(requests) < 8 || len(requests) > 40 {
			t.Errorf("got %d series of requests, want the few that five connections have: %v", len(requests), slices.Sorted(maps.Keys(requests)))
		}
	})

	t.Run("no canary shows", func(t *testing.T) { // secrets were looked for when it was read
		if found := p.shows(body); found != nil {
			t.Errorf("%q show in the metrics", found)
		}
		if n := ask[int](p.shop, "select count(*) from wdt.stockout where receiver_mobile = $1", p.canaryOf("receiver_mobile", 1)); n == 0 {
			t.Error("no canary was read: this shows nothing")
		}
	})

	t.Run("what the process itself costs", func(t *testing.T) { // make soak reads these
		for _, name := range []string{"go_goroutines", "process_open_fds", "process_resident_memory_bytes"} {
			if figuresIn(body)[name] <= 0 {
				t.Errorf("there is no %s", name)
			}
		}
	})
}

// fault 33: the connections to platforms end with the run that opened them. Those
// that were left idle lived on for 90 s, so a server had as many as it made runs.
func TestARunLeavesNoConnectionOpen(t *testing.T) {
	t.Parallel()
	d := newDocuments(t, documentOptions{})
	for _, pipeline := range []string{k3Pipeline, jdyPipeline, tplusPipeline, noopPipeline} {
		d.run(pipeline)
	}
	// The platforms' side hears of it a moment later.
	for deadline := time.Now().Add(20 * time.Second); d.front.connections.Load() > 0; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%d connections are still open 20 s after the last run", d.front.connections.Load())
		}
	}
}
