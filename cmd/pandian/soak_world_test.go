package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// newSoakDocuments is a merchant on a Postgres that nobody else uses, where the
// soak is longer than a moment: its log is measured, and tests come and go.
func newSoakDocuments(t *testing.T, s *soak, options documentOptions) *documents {
	t.Helper()
	if s.isShort() {
		return newDocuments(t, options)
	}
	server := newOwnServer(t)
	options.noMaps = true
	d := newDocuments(t, options)
	d.database = withCanary(server.URL())
	d.environ = []string{"PANDIAN_CONFIG=" + filepath.Join(d.dir, "pandian.yaml"), "PANDIAN_DATABASE_URL=" + d.database}
	d.must("migrate", "up", "-q")
	d.mapShops()
	return d
}

// What changes each second. With the periods of the schedules it makes the pace of
// 20 million records landed a day: the stock of YonSuite is read whole, that of
// 旺店通 and the documents where they changed.
const (
	soakStocks, soakCurrents = 60, 40
	soakSaleouts             = 6
	soakStockouts            = 4
	// soakShopEvery is after how many seconds a shop opens.
	soakShopEvery = 12
)

// worldsChange is a second at the platforms.
func (s *soak) worldsChange() {
	s.t.Helper()
	s.random++
	now := time.Now()
	s.changes += len(s.box.World().Mutate(soakStocks, s.random, now))
	s.changes += s.box.World().MutateCurrents(soakCurrents, s.random)
	s.changes += len(s.box.Saleouts().Insert(soakSaleouts, s.random, now))
	s.changes += len(s.box.Stockouts().Insert(soakStockouts, s.random, now))
	if s.random%soakShopEvery == 0 {
		s.changes += len(s.box.Stockouts().OpenShops(1, now))
		s.mapsShops()
	}
}

// mapsShops gives the shops that opened their customer.
func (s *soak) mapsShops() {
	s.t.Helper()
	var shops, customers []string
	for shop, customer := range s.box.Stockouts().Customers() {
		shops, customers = append(shops, shop), append(customers, customer)
	}
	s.tell(`
		insert into ref.shop_map (source_connection_code, source_shop_code, target_connection_code, customer_code)
		select 'wdt-main', unnest($1::text[]), 'tplus', unnest($2::text[])
		on conflict do nothing`, shops, customers)
}

// isWell says whether nothing is left, by the sandbox's truth.
func (s *soak) isWell() bool {
	for _, c := range s.merchants {
		if found := s.tallyOf(c); len(found.Lost)+len(found.Duplicates) > 0 || c.left() > 0 {
			return false
		}
	}
	return true
}

// tallyOf asks the sandbox about one pipeline.
func (s *soak) tallyOf(c *chaos) toll {
	s.t.Helper()
	if c.pipeline != noopPipeline {
		return c.tally()
	}
	found := toll{Stuck: c.left() + ask[int](s.shop, `
		select count(*) from ops.run where pipeline_code = $1 and state = 'running'`, c.pipeline)}
	// What this pipeline keeps is in the outbox alone, so that is where it is counted.
	sent := s.pairs(`
		select head.business_key, count(*)::text
		from outbox.head
		inner join outbox.result using (connection_code, pipeline_code, document_id)
		where head.pipeline_code = $1 and result.outcome = 'sent'
		group by head.business_key`, c.pipeline)
	for business := range s.dues(c.pipeline).due {
		switch sent[business] {
		case "":
			found.Lost = append(found.Lost, business)
		case "1":
		default:
			found.Duplicates = append(found.Duplicates, business)
		}
	}
	return found
}

// tellsProgress says in one line how it stands.
func (s *soak) tellsProgress() {
	s.t.Helper()
	last := func(name string) float64 {
		one := s.series[name]
		if one == nil || len(one.points) == 0 {
			return 0
		}
		return one.points[len(one.points)-1].value
	}
	reports(s.t, "%s: %.0f records landed, %d nights, backlog %.0f, database %.0f MiB; server 0: %.1f MiB, %.0f goroutines, %.0f file handles; server 1: %.1f MiB, %.0f, %.0f; /metrics %.0f ms",
		time.Since(s.began).Round(time.Second), last("records landed"), s.nights, last("backlog"), last("database"),
		last("server 0: resident memory"), last("server 0: goroutines"), last("server 0: file handles"),
		last("server 1: resident memory"), last("server 1: goroutines"), last("server 1: file handles"), last("server 0: answer of /metrics"))
}

// residentMemory is that of this process, in MiB.
func residentMemory(t *testing.T) float64 {
	t.Helper()
	fields := strings.Fields(string(mustRead(t, "/proc/self/statm")))
	pages, err := strconv.ParseFloat(fields[1], 64)
	if err != nil {
		t.Fatal(err)
	}
	return pages * float64(os.Getpagesize()) / mib
}

// verdict holds everything against the truth and every series against its bound.
func (s *soak) verdict() {
	s.t.Helper()
	var all tolls
	for _, c := range s.merchants {
		all.add(c, s.tallyOf(c))
		if c.pipeline != noopPipeline {
			c.settles()
		}
	}
	s.isMeasured()
	s.tellsSeries()
	landed := s.tellsPace()
	if all.lost+all.duplicates+all.open > 0 || all.ended != len(s.merchants) {
		s.t.Errorf("%d lost, %d duplicates, %d stuck", all.lost, all.duplicates, all.open)
	}
	state := ""
	if s.t.Failed() {
		state = "FAILED: "
	}
	delivered := ask[int64](s.shop, "select count(*) from outbox.result where outcome = 'sent'")
	reports(s.t, "%s%.2f hours, %d records, %d documents, %d lost, %d duplicates, %d stuck", state, s.span.Hours(), landed, delivered,
		all.lost, all.duplicates, all.open)
}

// isMeasured holds that there is something to judge by, and that time passed.
func (s *soak) isMeasured() {
	s.t.Helper()
	from := s.warmUp()
	if s.isShort() {
		from = 0
	}
	for index := range s.servers {
		for what := range soakBounds() {
			one := s.series[fmt.Sprintf("server %d: %s", index, what)]
			if one == nil || !(one.judge(from).level > 0) {
				s.t.Errorf("server %d: there is no %s to judge", index, what)
			}
		}
	}
	if s.nights == 0 {
		s.t.Errorf("no day passed; %d times no quiet moment was found for it", s.nightsMissed)
	}
	if samples := len(s.series["runs"].points); s.unread > samples/10+1 {
		s.t.Errorf("/metrics had nothing from the database in %d of %d samples", s.unread, samples)
	}
}

// tellsPace says how much was done, and returns the records landed.
func (s *soak) tellsPace() (landed int64) {
	s.t.Helper()
	landed = ask[int64](s.shop, `select coalesce(sum(records_landed), 0)::bigint from ops."window"`)
	tallied := ask[int64](s.shop, `select coalesce(sum(value), 0)::bigint from ops.tally where name = 'got'`)
	reports(s.t, "pace: %.0f records landed a second by ops.window, %.0f taken up by the steps that read them, by ops.tally; 20 million a day are %.0f",
		float64(landed)/s.span.Seconds(), float64(tallied)/s.span.Seconds(), soakPerSecond)
	reports(s.t, "%d faults at the platforms, %d nights (%d without a quiet moment), %d documents at the three finance systems, runs by state: %v",
		s.faultsFired(), s.nights, s.nightsMissed, s.arrived(), s.pairs("select state, count(*)::text from ops.run group by state"))
	if s.span >= soakVerdictFrom && float64(landed)/s.span.Seconds() < soakPerSecond/2 {
		s.t.Errorf("fewer than half of the records that a soak asks for were landed: it shows nothing")
	}
	return landed
}

// tellsSeries writes a line for each, and fails for those that are red.
func (s *soak) tellsSeries() {
	s.t.Helper()
	if s.span < soakVerdictFrom {
		return // too short to tell growth from a start
	}
	judged, red := judgeAll(s.series, s.warmUp())
	for _, g := range judged {
		reports(s.t, "%s", g)
	}
	for _, g := range red {
		s.t.Errorf("it grows: %s", g)
	}
	rows := make([]string, 0, len(s.tables))
	for table, count := range s.tables {
		rows = append(rows, fmt.Sprintf("%s %.0f", table, count))
	}
	slices.Sort(rows)
	reports(s.t, "rows at the end: %s", strings.Join(rows, ", "))
}
