package sandbox

import (
	"net/http"

	"pandian/internal/sandbox/saleouts"
	"pandian/internal/sandbox/stockouts"
)

// registerDocuments adds the paths that tell of and change documents.
func (s *Sandbox) registerDocuments() {
	s.mux.HandleFunc("GET /_truth/stockouts", s.serveStockoutTruth)
	s.mux.HandleFunc("GET /_truth/shops", func(w http.ResponseWriter, _ *http.Request) { reply(w, s.stockouts.ShopTruth()) })
	s.mux.HandleFunc("GET /_truth/saleouts", s.serveSaleoutTruth)
	s.mux.HandleFunc("GET /_received/{target}", func(w http.ResponseWriter, r *http.Request) {
		entries, ok := s.Received()[r.PathValue("target")]
		if !ok {
			http.Error(w, "targets are k3cloud, jdy and tplus", http.StatusNotFound)
			return
		}
		reply(w, entries)
	})
	stock := func(c change) any { return texts(s.world.Mutate(c.rows, c.seed, c.at)) }
	s.mux.HandleFunc("POST /_mutate", s.change(map[string]func(change) any{
		"": stock, "wdt": stock,
		"yonsuite":  func(c change) any { return s.world.MutateCurrents(c.rows, c.seed) },
		"stockouts": func(c change) any { return texts(s.stockouts.Mutate(c.rows, c.seed, c.at)) },
		"saleouts":  func(c change) any { return texts(s.saleouts.Mutate(c.rows, c.seed, c.at)) },
	}))
	insert := func(c change) any { return texts(s.world.Insert(c.rows, c.seed, c.at)) }
	s.mux.HandleFunc("POST /_insert", s.change(map[string]func(change) any{
		"": insert, "wdt": insert,
		"stockouts": func(c change) any { return texts(s.stockouts.Insert(c.rows, c.seed, c.at)) },
		"saleouts":  func(c change) any { return texts(s.saleouts.Insert(c.rows, c.seed, c.at)) },
	}))
	s.mux.HandleFunc("POST /_cancel", s.change(map[string]func(change) any{
		"stockouts": func(c change) any { return texts(s.stockouts.Cancel(c.rows, c.seed, c.at)) },
		"saleouts":  func(c change) any { return texts(s.saleouts.Cancel(c.rows, c.seed, c.at)) },
	}))
	remove := func(c change) any { return texts(s.world.Delete(c.rows, c.seed)) }
	s.mux.HandleFunc("POST /_delete", s.change(map[string]func(change) any{
		"": remove, "wdt": remove,
		"shops": func(c change) any { return texts(s.stockouts.RemoveShops(c.rows, c.seed)) },
	}))
}

// serveStockoutTruth tells what must become of each stockout at 畅捷通T+.
func (s *Sandbox) serveStockoutTruth(w http.ResponseWriter, r *http.Request) {
	params, err := stockouts.ParseParams(r.URL.Query())
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	truth, err := s.stockouts.StockoutTruth(params)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	reply(w, truth)
}

// serveSaleoutTruth tells what must become of each sale-out at 金蝶云星空.
func (s *Sandbox) serveSaleoutTruth(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	route := saleouts.Route(query.Get("route"))
	if route == "" {
		route = saleouts.Qimen
	}
	reply(w, s.saleouts.Truth(saleouts.TruthParams{Route: route, WithRows: query.Get("rows") == "true"}))
}
