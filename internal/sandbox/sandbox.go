package sandbox

import (
	"fmt"
	"maps"
	"net/http"
	"time"

	"pandian/internal/sandbox/fault"
	"pandian/internal/sandbox/jdy"
	"pandian/internal/sandbox/jst"
	"pandian/internal/sandbox/k3cloud"
	"pandian/internal/sandbox/meter"
	"pandian/internal/sandbox/saleouts"
	"pandian/internal/sandbox/stockouts"
	"pandian/internal/sandbox/tplus"
	"pandian/internal/sandbox/wdt"
	"pandian/internal/sandbox/world"
	"pandian/internal/sandbox/yonsuite"
)

// platform is one simulated vendor. Another one is added by writing its package
// and naming it in New.
type platform interface {
	// Register adds the vendor's paths.
	Register(mux *http.ServeMux)
	// Peaks are the most calls that arrived within any 60 seconds, by endpoint.
	Peaks() map[string]int
}

// Sandbox is a set of simulated platforms over one world. It is an
// http.Handler, safe for any number of clients.
type Sandbox struct {
	options     Options
	credentials Credentials
	world       *world.World
	stockouts   *stockouts.World
	faults      *fault.Set
	meter       *meter.Meter
	platforms   []platform
	yonsuite    *yonsuite.Server
	saleouts    *saleouts.World
	jst         *jst.Server
	k3cloud     *k3cloud.Server
	jdy         *jdy.Server
	tplus       *tplus.Server
	mux         *http.ServeMux
}

// New builds the world and the platforms. It listens nowhere; see Start.
func New(o Options) (*Sandbox, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.World.Now.IsZero() {
		o.World.Now = o.Now()
	}
	s := &Sandbox{options: o, credentials: newCredentials(o), meter: &meter.Meter{}, mux: http.NewServeMux()}
	var err error
	if s.world, err = world.New(o.World); err != nil {
		return nil, fmt.Errorf("build sandbox world: %w", err)
	}
	if o.Stockouts.Now.IsZero() {
		o.Stockouts.Now = o.World.Now
	}
	if s.stockouts, err = stockouts.New(o.Stockouts); err != nil {
		return nil, fmt.Errorf("build sandbox shops and stockouts: %w", err)
	}
	if o.Saleouts.Now.IsZero() {
		o.Saleouts.Now = o.World.Now
	}
	if s.saleouts, err = saleouts.New(o.Saleouts); err != nil {
		return nil, fmt.Errorf("build sandbox sale-outs: %w", err)
	}
	if s.faults, err = fault.NewSet(o.Seed, o.Faults, s.meter); err != nil {
		return nil, fmt.Errorf("read sandbox faults: %w", err)
	}
	s.addPlatforms()
	s.registerAdmin()
	return s, nil
}

func (s *Sandbox) addPlatforms() {
	o := s.options
	s.yonsuite = yonsuite.New(yonsuite.Options{
		Account: s.credentials.yonsuite(), Limit: o.Limits.Yonsuite, TokenLife: o.TokenLife,
		ClockSkew: o.TokenClockSkew, Seed: o.Seed, BaseURL: o.BaseURL, Now: o.Now,
	}, s.world, s.faults, s.meter)
	s.jst = jst.New(jst.Options{
		Account: s.credentials.jst(), OpenLimit: o.Limits.JSTOpen, OldLimit: o.Limits.JSTOld, QimenLimit: o.Limits.JSTQimen,
		TokenLife: o.TokenLife, Now: o.Now, Seed: o.Seed,
	}, s.saleouts, s.faults, s.meter)
	s.addTargets()
	s.platforms = []platform{
		wdt.New(wdt.Options{
			Account: s.credentials.wdt(), OpenLimit: o.Limits.OpenAPI2, QimenLimit: o.Limits.Qimen, Now: o.Now,
		}, s.world, s.stockouts, s.faults, s.meter),
		s.yonsuite, s.jst, s.k3cloud, s.jdy, s.tplus,
	}
	for _, p := range s.platforms {
		p.Register(s.mux)
	}
}

// ServeHTTP answers as the platform that the path belongs to.
func (s *Sandbox) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.mux.ServeHTTP(w, r) }

// Credentials are what clients of this sandbox sign with.
func (s *Sandbox) Credentials() Credentials { return s.credentials }

// World is the data behind the platforms; changing it changes their answers.
func (s *Sandbox) World() *world.World { return s.world }

// Stockouts are the shops and sales stockouts behind 旺店通.
func (s *Sandbox) Stockouts() *stockouts.World { return s.stockouts }

// SetFaults replaces the faults in place; a plan that is refused changes
// nothing.
func (s *Sandbox) SetFaults(plan fault.Plan) error { return s.faults.Replace(plan) }

// Saleouts are the documents of 聚水潭.
func (s *Sandbox) Saleouts() *saleouts.World { return s.saleouts }

// ExpireTokens makes every token and session given out so far void.
func (s *Sandbox) ExpireTokens() {
	s.yonsuite.ExpireTokens()
	s.jst.ExpireTokens()
	s.k3cloud.ExpireSessions()
	s.jdy.ExpireTokens()
	s.tplus.ExpireTokens()
}

// Stats are what reached the platforms so far.
type Stats struct {
	// Endpoints counts events by endpoint, as named in package meter.
	Endpoints map[string]map[string]int64 `json:"endpoints"`
	// Peaks are the most calls that arrived within any 60 seconds.
	Peaks map[string]int `json:"peak_calls_per_minute"`
}

// Stats returns a copy of the counts.
func (s *Sandbox) Stats() Stats {
	out := Stats{Endpoints: s.meter.Snapshot(), Peaks: map[string]int{}}
	for _, p := range s.platforms {
		maps.Copy(out.Peaks, p.Peaks())
	}
	return out
}
