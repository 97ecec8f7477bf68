package main

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"pandian/internal/sandbox/world"
)

// datasetFigures, comparisonFigures, documentFigures and runFigures are a
// balance as --json shows it, read without the program's own types.
type datasetFigures struct {
	Got             int64 `json:"got"`
	Landed          int64 `json:"landed"`
	ReadAgain       int64 `json:"read_again"`
	Standing        int64 `json:"standing"`
	Taken           int64 `json:"taken"`
	New             int64 `json:"new"`
	Changed         int64 `json:"changed"`
	Unchanged       int64 `json:"unchanged"`
	Repeated        int64 `json:"repeated"`
	Replaced        int64 `json:"replaced"`
	Vanished        int64 `json:"vanished"`
	Rejected        int64 `json:"rejected"`
	RejectedLanding int64 `json:"rejected_landing"`
	Typed           int64 `json:"typed"`
}

type comparisonFigures struct {
	Compared      int64 `json:"compared"`
	Equal         int64 `json:"equal"`
	Different     int64 `json:"different"`
	MissingThere  int64 `json:"missing_there"`
	MissingHere   int64 `json:"missing_here"`
	Ignored       int64 `json:"ignored"`
	NotComparable int64 `json:"not_comparable"`
	WrittenBack   int64 `json:"written_back"`
}

type documentFigures struct {
	Made       int64 `json:"made"`
	Sent       int64 `json:"sent"`
	Writebacks int64 `json:"writebacks"`
	Left       int64 `json:"left"`
}

type runFigures struct {
	RunID      int64                     `json:"run_id"`
	Datasets   map[string]datasetFigures `json:"datasets"`
	Comparison *comparisonFigures        `json:"comparison"`
	Documents  documentFigures           `json:"documents"`
	Unbalanced []string                  `json:"unbalanced"`
}

// figures are those of the run of stock-compare in an envelope.
func (o outcome) figures(t *testing.T) runFigures {
	t.Helper()
	byPipeline := decode[map[string]runFigures](t, o.envelope(t).Summary)
	got, ok := byPipeline["stock-compare"]
	if !ok {
		t.Fatalf("want a balance of stock-compare, got %s", o)
	}
	return got
}

func (s *shop) run(args ...string) runFigures {
	s.t.Helper()
	return s.must(append([]string{"run", "--json"}, args...)...).figures(s.t)
}

// demoParams are what compareParams asks for.
var demoParams = world.Params{SkipUnkeyed: true}

func (s *shop) truth(params world.Params) world.Truth {
	s.t.Helper()
	truth, err := s.box.World().Truth(params)
	if err != nil {
		s.t.Fatal(err)
	}
	return truth
}

// agrees holds the figures of a first run, or of one that read everything,
// against the truth.
func (s *shop) agrees(got runFigures, params world.Params) {
	s.t.Helper()
	truth := s.truth(params)
	agree(s.t, got, truth)
	for name, side := range map[string]world.Dataset{"wdt.stock": truth.WDT, "yonsuite.current_stock": truth.Yonsuite} {
		stored := ask[int64](s, "select coalesce(sum(json_array_length(records::json)), 0) from staging.page where dataset = $1 and run_id = $2", name, got.RunID)
		if stored != got.Datasets[name].Landed {
			s.t.Errorf("%s: %d records stand in staging.page, landed says %d", name, stored, got.Datasets[name].Landed)
		}
		rejected := ask[int64](s, "select count(distinct (page_id, place, stage)) from staging.reject where dataset = $1", name)
		if rejected != int64(side.Rejected) {
			s.t.Errorf("%s: %d records stand in staging.reject, the truth is %d", name, rejected, side.Rejected)
		}
	}
}

// agree holds a balance against the truth, figure by figure.
func agree(t *testing.T, got runFigures, truth world.Truth) {
	t.Helper()
	for name, side := range map[string]world.Dataset{"wdt.stock": truth.WDT, "yonsuite.current_stock": truth.Yonsuite} {
		d := got.Datasets[name]
		// Neighbouring windows share a second, so a record of that second comes
		// twice: landed and repeated are larger by the same number.
		extra := d.Repeated - int64(side.Repeated)
		want := datasetFigures{
			Got: int64(side.Records) + extra + d.ReadAgain, ReadAgain: d.ReadAgain,
			Landed: int64(side.Records) + extra - d.RejectedLanding, Taken: int64(side.Records) + extra - d.RejectedLanding,
			New: int64(side.Typed), Repeated: int64(side.Repeated) + extra,
			Rejected: int64(side.Rejected), RejectedLanding: d.RejectedLanding, Typed: int64(side.Typed),
		}
		if extra < 0 {
			t.Errorf("%s: %d repeated, the truth is %d", name, d.Repeated, side.Repeated)
		}
		if diff := cmp.Diff(want, d); diff != "" {
			t.Errorf("%s (want -, got +)\n%s", name, diff)
		}
	}
	agreeOnOutcomes(t, got, truth)
}

// agreeOnOutcomes compares where the comparison stands, whatever was read for it.
func agreeOnOutcomes(t *testing.T, got runFigures, truth world.Truth) {
	t.Helper()
	want := comparisonFigures{
		Compared: int64(truth.WDT.Typed), Equal: int64(truth.Equal), Different: int64(truth.Different),
		MissingThere: int64(truth.MissingThere), MissingHere: int64(truth.MissingHere),
		Ignored: int64(truth.Ignored), NotComparable: int64(truth.NotComparable), WrittenBack: int64(truth.WrittenBack),
	}
	if got.Comparison == nil {
		t.Fatal("there is no comparison")
	}
	if diff := cmp.Diff(want, *got.Comparison); diff != "" {
		t.Errorf("comparison (want -, got +)\n%s", diff)
	}
	for name, side := range map[string]world.Dataset{"wdt.stock": truth.WDT, "yonsuite.current_stock": truth.Yonsuite} {
		if typed := got.Datasets[name].Typed; typed != int64(side.Typed) {
			t.Errorf("%s: %d rows are typed, the truth is %d", name, typed, side.Typed)
		}
	}
	if len(got.Unbalanced) > 0 {
		t.Errorf("the balance does not add up: %v", got.Unbalanced)
	}
}

func TestDemoEqualsTheTruth(t *testing.T) {
	t.Parallel()
	for route, flags := range map[string][]string{
		"qimen": nil, "openapi2": {"--route", "openapi2", "--rows", "300", "--seed", "9"},
	} {
		t.Run(route, func(t *testing.T) {
			t.Parallel()
			// A world of its own, built without a look at what the command says.
			options := world.DefaultOptions(worldNow())
			if route == "openapi2" {
				options.Rows, options.Seed = 300, 9
			}
			built, err := world.New(options)
			if err != nil {
				t.Fatal(err)
			}
			truth, err := built.Truth(demoParams)
			if err != nil {
				t.Fatal(err)
			}
			var out, errs locked
			a := newApp()
			a.stdout, a.stderr, a.environ = &out, &errs, []string{"PANDIAN_DATABASE_URL=postgres://nobody@127.0.0.1:1/not-to-be-touched"}
			line := append([]string{"demo", "--once", "--json"}, flags...)
			code := a.execute(t.Context(), line)
			ended := outcome{fmt.Sprint(line), code, out.String(), errs.String()}
			if code != 0 {
				t.Fatalf("want exit code 0, got %s", ended)
			}
			got := ended.envelope(t)
			agree(t, decode[runFigures](t, got.Summary), truth)
			if !got.OK || got.Command != "demo" {
				t.Errorf("want ok of demo, got %s", ended)
			}
		})
	}
}

func TestEveryRowEqualsTheTruth(t *testing.T) {
	t.Parallel()
	const ignore = `ignore_index_exception: {stock_num: {operator: eq, value: ""}}, both_directions: on`
	cases := map[string]struct {
		params string
		truth  world.Params
		world  func(*world.Options)
	}{
		"the first of several rows":           {`{on_multiple: first, ` + ignore + `}`, world.Params{OnMultiple: world.First}, nil},
		"several rows are an error":           {`{on_multiple: error, ` + ignore + `}`, world.Params{OnMultiple: world.Error}, nil},
		"the sum, with unknown figures in it": {`{` + ignore + `}`, world.Params{}, func(o *world.Options) { o.NullShare = 0.05 }},
		"spec_no, and warehouses that are called otherwise": {`{sku_key: spec_no, ` + ignore + `}`, world.Params{Key: world.KeySpecNo}, func(o *world.Options) {
			o.Key, o.WarehouseCodes = world.KeySpecNo, map[string]string{"WH01": "YS-上海", "WH05": "YS-5"}
		}},
		"a tolerance, both in one direction only": {`{tolerance: "25.5"}`, world.Params{Tolerance: quantity("25.5"), NoIgnore: true, OneWay: true}, nil},
		"another operator":                        {`{operator: egt, ` + ignore + `}`, world.Params{Operator: "egt"}, nil},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newShop(t, shopOptions{params: c.params, world: c.world})
			for from, to := range map[string]string{"WH01": "YS-上海", "WH05": "YS-5"} {
				if c.truth.Key == world.KeySpecNo {
					s.tell(`insert into ref.warehouse_map (source_connection_code, target_connection_code, source_warehouse_code, target_warehouse_code)
						values ('wdt-main', 'ys-main', $1, $2)`, from, to)
				}
			}
			c.truth.SkipUnkeyed, c.truth.WithRows = true, true
			s.agrees(s.run(), c.truth)
			s.agreesByRow(c.truth)
		})
	}
}

// agreesByRow compares compare.stock_result, what is written back beside each
// row, and what only the counterpart has, with the truth's rows.
func (s *shop) agreesByRow(params world.Params) {
	s.t.Helper()
	want, missingHere := map[string]string{}, map[string]string{}
	for _, row := range s.truth(params).Rows {
		figure := "null"
		if row.CurrentQty != nil {
			figure = row.CurrentQty.String()
		}
		if row.State == world.MissingHere {
			missingHere[row.WarehouseNo+"/"+row.Key] = figure
			continue
		}
		want[fmt.Sprint(row.RecID)] = fmt.Sprintf("%s, stock_num %s, currentqty %s, %d candidates", row.State, row.StockNum, figure, row.Candidates)
	}
	got := s.pairs(`
		select
			stock.rec_id,
			format('%s, stock_num %s, currentqty %s, %s candidates', stock_result.outcome, trim_scale(stock_result.source_qty),
				coalesce(trim_scale(wdt_stock.currentqty)::text, 'null'), stock_result.candidate_count)
		from compare.stock_result
		inner join wdt.stock using (connection_code, spec_id, warehouse_id)
		inner join report.wdt_stock using (connection_code, spec_id, warehouse_id)`)
	if diff := cmp.Diff(want, got); diff != "" {
		s.t.Errorf("rows (want -, got +)\n%s", diff)
	}
	only := s.pairs(`
		select warehouse_code || '/' || sku_code, coalesce(trim_scale(counterpart_qty)::text, 'null')
		from report.discrepancy
		where kind = 'missing_here' and state <> 'resolved'`)
	if diff := cmp.Diff(missingHere, only); diff != "" {
		s.t.Errorf("missing here (want -, got +)\n%s", diff)
	}
}
