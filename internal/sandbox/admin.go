package sandbox

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"pandian/internal/sandbox/fault"
	"pandian/internal/sandbox/world"
)

// registerAdmin adds the paths that no vendor has.
//
//	GET  /_truth?key=&on_multiple=&operator=&tolerance=&no_ignore=&one_way=&skip_unkeyed=&from=&to=&rows=
//	GET  /_truth/stockouts?route=qimen|openapi2&statuses=&rows=
//	GET  /_truth/shops
//	GET  /_truth/saleouts?route=open|old|qimen&rows=
//	GET  /_received/k3cloud|jdy|tplus   what a target received, by its natural key
//	GET  /_stats
//	GET  /_faults, POST /_faults with a fault.Plan, DELETE /_faults
//	POST /_mutate?rows=&seed=&age=&side=wdt|yonsuite|stockouts|saleouts
//	POST /_insert?rows=&seed=&age=&side=wdt|stockouts|saleouts
//	POST /_cancel?rows=&seed=&age=&side=stockouts|saleouts
//	POST /_delete?rows=&seed=&side=wdt|shops
//	POST /_expire_tokens
//
// age is how many seconds before now the changed rows count as modified (0): a
// client that leaves the newest minutes alone sees them only when age is larger.
func (s *Sandbox) registerAdmin() {
	s.mux.HandleFunc("GET /_truth", s.serveTruth)
	s.registerDocuments()
	s.mux.HandleFunc("GET /_stats", func(w http.ResponseWriter, _ *http.Request) { reply(w, s.Stats()) })
	s.mux.HandleFunc("GET /_faults", func(w http.ResponseWriter, _ *http.Request) { reply(w, s.faults.Plan()) })
	s.mux.HandleFunc("POST /_faults", s.servePlan)
	s.mux.HandleFunc("DELETE /_faults", func(w http.ResponseWriter, _ *http.Request) {
		_ = s.faults.Replace(fault.Plan{}) // an empty plan is never refused
		reply(w, s.faults.Plan())
	})
	s.mux.HandleFunc("POST /_expire_tokens", func(w http.ResponseWriter, _ *http.Request) {
		s.ExpireTokens()
		reply(w, struct{}{})
	})
}

// serveTruth tells what a comparison must report; rows=true adds every row.
func (s *Sandbox) serveTruth(w http.ResponseWriter, r *http.Request) {
	params, err := world.ParseParams(r.URL.Query())
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	truth, err := s.world.Truth(params)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	reply(w, truth)
}

// servePlan puts other faults in place. Unknown members are refused, so that a
// typing error does not pass for a healthy platform.
func (s *Sandbox) servePlan(w http.ResponseWriter, r *http.Request) {
	decoder := json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<20))
	decoder.DisallowUnknownFields()
	var plan fault.Plan
	err := decoder.Decode(&plan)
	if err == nil {
		err = s.faults.Replace(plan)
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	reply(w, s.faults.Plan())
}

// change is a wish to change the world.
type change struct {
	rows int
	seed uint64
	at   time.Time
	side string
}

// change reads the wish, carries it out on the side that it names ("" is 旺店通's
// stock) and answers with what was changed.
func (s *Sandbox) change(sides map[string]func(change) any) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		c, err := readChange(r.URL.Query(), s.options.Now())
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		carryOut, ok := sides[c.side]
		if !ok {
			http.Error(w, fmt.Sprintf("side %q is none of %s", c.side, strings.Join(slices.Sorted(maps.Keys(sides)), ", ")), http.StatusBadRequest)
			return
		}
		reply(w, map[string]any{"changed": carryOut(c)})
	}
}

func readChange(query url.Values, now time.Time) (c change, err error) {
	if c.rows, err = strconv.Atoi(query.Get("rows")); err != nil || c.rows < 0 {
		return c, fmt.Errorf("rows %q is not a count", query.Get("rows"))
	}
	if text := query.Get("seed"); text != "" {
		if c.seed, err = strconv.ParseUint(text, 10, 64); err != nil {
			return c, fmt.Errorf("seed: %w", err)
		}
	}
	c.at = now
	if text := query.Get("age"); text != "" {
		seconds, err := strconv.Atoi(text)
		if err != nil {
			return c, fmt.Errorf("age: %w", err)
		}
		c.at = now.Add(-time.Duration(seconds) * time.Second)
	}
	c.side = query.Get("side")
	return c, nil
}

// texts writes ids as texts, because readers of JSON may lose the last digits
// of a number with 19.
func texts(ids []int64) []string {
	out := make([]string, 0, len(ids))
	for _, id := range ids {
		out = append(out, strconv.FormatInt(id, 10))
	}
	return out
}

func reply(w http.ResponseWriter, value any) {
	w.Header().Set("Content-Type", "application/json")
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	_ = encoder.Encode(value) // a client that has gone needs no answer
}
