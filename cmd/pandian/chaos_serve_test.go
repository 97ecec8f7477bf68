package main

import (
	"strings"
	"syscall"
	"testing"
	"time"
)

// chaosServeSeconds is how long servers are killed; make chaos-serve asks for more.
const chaosServeSeconds = "PANDIAN_CHAOS_SERVE_SECONDS"

// servedBy are two servers on one database, and what their schedules run.
type servedBy struct {
	*documents
	merchants []*chaos
	// how is what the servers are started as.
	how     string
	servers [2]*process
	// fallen are the servers that were killed.
	fallen []*process
}

func newServed(t *testing.T, seed uint64, how string) *servedBy {
	t.Helper()
	d := newDocuments(t, chaosOptions())
	s := &servedBy{documents: d, how: how}
	first := chaosOf(t, d, stockPipeline, seed)
	for _, pipeline := range chaosPipelines() {
		d.replace("  "+pipeline+":\n", "  "+pipeline+":\n    schedule: {cron: \"@every 2s\"}\n")
		one := *first
		one.pipeline = pipeline
		s.merchants = append(s.merchants, &one)
	}
	for index := range s.servers {
		s.serve(index)
	}
	return s
}

// serve starts one of the servers.
func (s *servedBy) serve(index int) {
	s.t.Helper()
	inside := *s.shop
	inside.environ = append(append([]string{}, s.environ...), asPandian+"="+s.how)
	s.servers[index] = inside.start("serve", "--listen", "127.0.0.1:0", "--grace", "30s")
}

// falls kills one of the servers and starts another.
func (s *servedBy) falls(index int) {
	s.t.Helper()
	if s.servers[index].ProcessState != nil {
		s.t.Errorf("a server ended by itself: %s", s.servers[index].errs.String())
	}
	s.servers[index].kill()
	s.fallen = append(s.fallen, s.servers[index])
	s.serve(index)
}

// worldsChange makes work for every pipeline. A shop that opens gets its customer at
// once, as stockouts of it may follow.
func (s *servedBy) worldsChange() {
	s.t.Helper()
	for _, c := range s.merchants {
		c.worldChanges()
	}
	var shops, customers []string
	for shop, customer := range s.box.Stockouts().Customers() {
		shops, customers = append(shops, shop), append(customers, customer)
	}
	s.tell(`
		insert into ref.shop_map (source_connection_code, source_shop_code, target_connection_code, customer_code)
		select 'wdt-main', unnest($1::text[]), 'tplus', unnest($2::text[])
		on conflict do nothing`, shops, customers)
}

// left is what all pipelines have left.
func (s *servedBy) left() (left int) {
	for _, c := range s.merchants {
		left += c.left()
	}
	return left
}

// isWell says whether what is left is nothing, by the sandbox's truth.
func (s *servedBy) isWell() bool {
	if s.left() > 0 {
		return false
	}
	for _, c := range s.merchants {
		if found := c.tally(); len(found.Lost)+len(found.Duplicates) > 0 {
			return false
		}
	}
	return true
}

// ends stops both servers as an operator would.
func (s *servedBy) ends() {
	s.t.Helper()
	for _, server := range s.servers {
		if ended := s.send(server, syscall.SIGTERM); ended.code != 0 {
			s.t.Errorf("want a server that is asked to end to end well, got %s", ended)
		}
	}
	for _, server := range s.fallen {
		s.hidesSecrets(outcome{server.String(), -1, server.out.String(), server.errs.String()})
		if strings.Contains(server.errs.String(), "panic:") {
			s.t.Errorf("a server panicked: %s", server.errs.String())
		}
	}
}

// faults 1, 2, 29: two servers, one of which is killed every few seconds, while one
// call in twenty goes wrong and new documents come in.
func TestServersThatAreKilledByTurns(t *testing.T) {
	t.Parallel()
	seconds, seed := fromEnv(t, chaosServeSeconds, 12), fromEnv(t, chaosSeed, 1)
	period := max(3*time.Second, min(10*time.Second, time.Duration(seconds)*time.Second/4))
	how := impatient
	if seconds > 60 {
		how = hurried // there is time for the lease that servers have
	}
	s := newServed(t, uint64(seed), how)
	s.faulty(fivePercent()...)
	span := time.Duration(seconds) * time.Second
	isMeasured := fromEnv(t, chaosPairs, 0) > 0
	var before, after rate
	if isMeasured {
		s.untilWell(3 * time.Minute) // the first run of each has the whole world to read
		before = s.works(span / 3)
	}
	kill := time.NewTicker(period)
	defer kill.Stop()
	random := s.merchants[0].random
	during := s.worksWhile(span, kill.C, func() { s.falls(random.IntN(len(s.servers))) })
	took := s.untilWell(3 * time.Minute)
	if isMeasured {
		after = s.works(span / 3)
		// A shortfall is measured again before it counts: a lasting one stays.
		for try := 1; try < 3 && after.perSecond() < fullThroughput*before.perSecond(); try++ {
			after = s.works(span / 3)
		}
		reports(t, "documents a second: %.2f before, %.2f during, %.2f after; after it %.0f %% of before",
			before.perSecond(), during.perSecond(), after.perSecond(), 100*after.perSecond()/before.perSecond())
		isBack(t, "", after.perSecond()/before.perSecond())
	}
	s.ends()
	s.untilNothingRuns(2 * time.Minute)
	s.settlesAll(t, seed, took)
}

// works makes the same work every two seconds, and says how much of it arrived until
// all of it had.
func (s *servedBy) works(span time.Duration) rate {
	s.t.Helper()
	had, began := s.arrived(), time.Now()
	s.worksWhile(span, nil, nil)
	s.untilWell(3 * time.Minute)
	return rate{s.arrived() - had, time.Since(began)}
}

// worksWhile makes work for a span, and disturbs it at each tick.
func (s *servedBy) worksWhile(span time.Duration, ticks <-chan time.Time, disturb func()) rate {
	s.t.Helper()
	work := time.NewTicker(2 * time.Second)
	defer work.Stop()
	had, began := s.arrived(), time.Now()
	for over := time.After(span); ; {
		select {
		case <-over:
			return rate{s.arrived() - had, time.Since(began)}
		case <-ticks:
			disturb()
		case <-work.C:
			s.worldsChange()
		}
	}
}

// untilWell waits until all is well, and says how long that took.
func (s *servedBy) untilWell(limit time.Duration) time.Duration {
	s.t.Helper()
	began := time.Now()
	for !s.isWell() {
		if time.Since(began) > limit {
			s.t.Errorf("%d documents are left after %s", s.left(), limit)
			break
		}
		time.Sleep(250 * time.Millisecond)
	}
	return time.Since(began)
}

// untilNothingRuns has the fires taken over that the last server that was killed
// still holds.
func (s *servedBy) untilNothingRuns(limit time.Duration) {
	s.t.Helper()
	for began := time.Now(); ask[int](s.shop, "select count(*) from ops.job_fire where state = 'running'") > 0; {
		if time.Since(began) > limit {
			s.t.Errorf("fires are still held %s after the last server ended", limit)
			return
		}
		time.Sleep(500 * time.Millisecond)
		s.must("serve", "--once")
	}
}

// arrived counts what the sandbox has of all pipelines.
func (s *servedBy) arrived() (count int) {
	for _, c := range s.merchants {
		count += c.arrived()
	}
	return count
}

// settlesAll ends the faults and holds everything against the truth.
func (s *servedBy) settlesAll(t *testing.T, seed int, took time.Duration) {
	t.Helper()
	var all tolls
	for _, c := range s.merchants {
		c.settles()
		all.add(c, c.tally())
	}
	all.kills, all.faults, all.took = len(s.fallen), s.faultsFired(), []time.Duration{took}
	all.open += ask[int](s.shop, "select count(*) from ops.job_fire where state = 'running'")
	fires := s.pairs("select state, count(*)::text from ops.job_fire group by state")
	again := ask[int](s.shop, "select count(*) from ops.job_fire where attempt_count > 1")
	longest := ask[float64](s.shop, `
		select coalesce(max(extract(epoch from finished_at - noted_at)), 0)::float8 from ops.job_fire where attempt_count > 1 and state in ('ok', 'failed')`)
	reports(t, "fires by state: %v; %d were taken over from a server that was killed, the slowest done %.0f s after its time", fires, again, longest)
	all.tells(t, seed, len(s.merchants))
}
