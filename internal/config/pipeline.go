package config

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"
	"github.com/robfig/cron/v3"

	"pandian/internal/fault"
)

// Pipeline says what one pipeline reads, where it delivers, when it runs and
// what sql/ is told.
type Pipeline struct {
	// Name is a built-in pipeline, as in stock-compare.
	Name     string
	Sources  []Source
	Target   Target
	Schedule Schedule
	// Params are what sql/ reads by ops.param: name to text, defaults filled
	// in. One that is not configured and has no default is left out.
	Params map[string]string
	// Tags group pipelines for --select tag:NAME.
	Tags []string
}

// Source is one dataset of one connection.
type Source struct {
	// Dataset is the vendor's code and thing: wdt.stock, yonsuite.current_stock.
	Dataset string
	// Connection is the name of a connection of the dataset's platform.
	Connection string

	// The rest is for windowed datasets only and zero for snapshots.

	// Since is where reading begins the first time. A date means its first
	// second in Beijing. Required.
	Since time.Time
	// Overlap is how much of the last window is read again. Default 5 min.
	Overlap time.Duration
	// Settle is how long a moment must be past before it is read. Default 2 min.
	Settle time.Duration
	// MaxSpan is the widest window. Default and limit: the vendor's 30 days.
	MaxSpan time.Duration
}

// Target is where the documents of a pipeline go.
type Target struct {
	// Connection is the name of a connection of the target's platform.
	Connection string
	// BatchSize is the number of documents claimed at once. Default 500.
	BatchSize int
	// Workers is the number of claims worked on at once. Default 2.
	Workers int
}

// Schedule says when serve runs a pipeline. The zero value is: never.
type Schedule struct {
	// Cron has five fields, or is a descriptor such as @hourly. Default empty.
	Cron string
	// TimeZone is an IANA name. Default Asia/Shanghai.
	TimeZone string
	// Location is TimeZone, loaded.
	Location *time.Location
	// Missed says what becomes of fires that no server could take: coalesce makes
	// one run of them, catch_up runs each, skip none. Default coalesce.
	Missed string
	// CatchUpLimit is how many missed fires catch_up runs one by one. Default 24.
	CatchUpLimit int
	// BusyWait is how long a fire waits for its pipeline to be free. Default 10 min.
	BusyWait time.Duration
	// Reread is a schedule of its own for what came late (遗漏补救).
	Reread Reread
}

// Reread says when serve reads the last Span of a pipeline's windowed datasets
// again, covered or not. The zero value is: never.
type Reread struct {
	// Cron is as that of the Schedule, and in its time zone. Default empty.
	Cron string
	// Span is how far back is read. Default 3 d.
	Span time.Duration
}

// pipelineKind is what a built-in pipeline needs.
type pipelineKind struct {
	datasets []string // one source each
	targets  []string // platforms that its target may be of
	params   func(map[string]string) []field
}

func pipelineKinds() map[string]pipelineKind {
	return map[string]pipelineKind{
		"stock-compare": {
			datasets: []string{"wdt.stock", "yonsuite.current_stock"},
			targets:  []string{PlatformQeasy},
			params:   stockCompareParams,
		},
		"jst-orders": {
			datasets: []string{"jst.saleout"},
			targets:  []string{PlatformQeasy},
			params:   saleoutToNoOpParams,
		},
		"wdt-shops-to-jdy": {
			datasets: []string{"wdt.shop"},
			targets:  []string{PlatformJDY},
			params:   shopToJDYParams,
		},
		"wdt-stockouts-to-tplus": {
			datasets: []string{"wdt.stockout"},
			targets:  []string{PlatformTPlus},
			params:   stockoutToTPlusParams,
		},
		"jst-saleouts-to-k3cloud": {
			datasets: []string{"jst.saleout"},
			targets:  []string{PlatformK3Cloud},
			params:   saleoutToK3CloudParams,
		},
	}
}

// dataset is what configuration has to know of one.
type dataset struct {
	platform string
	// maxSpan is the widest window that the vendor takes; 0 for a snapshot.
	maxSpan time.Duration
}

func datasets() map[string]dataset {
	return map[string]dataset{
		"wdt.stock":              {platform: PlatformWDT, maxSpan: 30 * day},
		"wdt.shop":               {platform: PlatformWDT},
		"wdt.stockout":           {platform: PlatformWDT, maxSpan: 30 * day},
		"jst.saleout":            {platform: PlatformJST, maxSpan: jstMaxSpan},
		"yonsuite.current_stock": {platform: PlatformYonSuite},
	}
}

// pipeline decodes one entry of pipelines.
func (d *decoder) pipeline(path, name string, at Origin, node ast.Node) Pipeline {
	p := Pipeline{Name: name, Params: map[string]string{}}
	kind := pipelineKinds()[name]
	d.section(path, at, node, []field{
		{key: "sources", node: func(d *decoder, path string, at Origin, value ast.Node) { p.Sources = d.sources(path, at, value) }},
		section("target", p.Target.fields()...),
		section("schedule", p.Schedule.fields()...),
		section("params", kind.params(p.Params)...),
		{key: "tags", node: func(d *decoder, path string, _ Origin, value ast.Node) { p.Tags = d.tags(path, value) }},
	})
	p.Schedule.Location, _ = location(p.Schedule.TimeZone) // checked by its field
	if name == "stock-compare" {
		d.checkStockCompareParams(join(path, "params"), p.Params)
	}
	d.checkSources(join(path, "sources"), at, kind, p.Sources)
	d.checkReread(path, p)
	return p
}

// tagName is a word that needs no quotes in a shell.
var tagName = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]*$`)

// tags reads one tag or a list of them.
func (d *decoder) tags(path string, node ast.Node) []string {
	if node == nil || d.isNull(node) {
		return nil
	}
	values, refused := d.texts(node)
	for _, value := range values {
		if !tagName.MatchString(value) {
			refused = badValue("use small letters, digits, - and _", "%q is no tag", value)
		}
	}
	if refused != nil {
		d.refuse(path, d.origin(node), refused)
		return nil
	}
	d.remember(path, strings.Join(values, ", "), d.origin(node))
	return values
}

func (t *Target) fields() []field {
	return []field{
		text("connection", &t.Connection, "").require(),
		whole("batch_size", &t.BatchSize, "500", 1, 10_000),
		whole("workers", &t.Workers, "2", 1, 64),
	}
}

func (s *Schedule) fields() []field {
	return []field{
		cronField(&s.Cron),
		{key: "time_zone", fallback: "Asia/Shanghai", set: func(v given) *refusal {
			if _, err := location(v.text); err != nil {
				return badValue("write an IANA name, as in Asia/Shanghai or UTC", "there is no time zone %s", v.text)
			}
			s.TimeZone = v.text
			return nil
		}},
		choice("missed", &s.Missed, "coalesce", "coalesce", "catch_up", "skip"),
		whole("catch_up_limit", &s.CatchUpLimit, "24", 1, 1000),
		span("busy_wait", &s.BusyWait, "10m", time.Second, day),
		section("reread",
			cronField(&s.Reread.Cron),
			span("span", &s.Reread.Span, "3d", time.Hour, 90*day),
		),
	}
}

func cronField(target *string) field {
	return field{key: "cron", set: func(v given) *refusal {
		if strings.Contains(v.text, "TZ=") {
			return badValue("name the zone with time_zone", "cron must hold no time zone")
		}
		spec, err := cron.ParseStandard(v.text)
		if err != nil {
			return badValue(`write five fields, as in "0 */2 * * *": minute, hour, day, month, weekday`, "%v", err)
		}
		if spec.Next(time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)).IsZero() {
			return badValue("name a day that exists", "%q never comes", v.text)
		}
		*target = v.text
		return nil
	}}
}

// checkReread refuses a reread where nothing is read by time.
func (d *decoder) checkReread(path string, p Pipeline) {
	isWindowed := func(s Source) bool { return s.MaxSpan > 0 }
	if p.Schedule.Reread.Cron != "" && len(p.Sources) > 0 && !slices.ContainsFunc(p.Sources, isWindowed) {
		place := join(path, "schedule.reread.cron")
		d.refuse(place, d.origins[place], badValue("remove reread", "%s reads its sources whole each time: there is nothing to read again", p.Name))
	}
}

// location loads a zone. China's needs no zone database: it has been eight
// hours ahead without change since 1991.
func location(name string) (*time.Location, error) {
	if name == "Asia/Shanghai" {
		return time.FixedZone(name, 8*60*60), nil
	}
	if name == "" || name == "Local" {
		return nil, fmt.Errorf("no zone is named %q", name)
	}
	return time.LoadLocation(name)
}

// sources decodes the list of sources.
func (d *decoder) sources(path string, at Origin, node ast.Node) []Source {
	if node == nil || d.isNull(node) {
		d.refuse(path, at, missing(path, "sources"))
		return nil
	}
	list, ok := d.unwrap(node).(*ast.SequenceNode)
	if !ok {
		d.refuse(path, d.origin(node), badValue("write one line per source, each beginning with -", "must be a list"))
		return nil
	}
	sources := make([]Source, len(list.Values))
	for i, member := range list.Values {
		s := &sources[i]
		s.Dataset = strings.ToLower(d.peek(member, "dataset"))
		d.section(fmt.Sprintf("%s[%d]", path, i), d.origin(member), member, s.fields())
		if s.MaxSpan > 0 && s.Overlap >= s.MaxSpan {
			at := fmt.Sprintf("%s[%d].overlap", path, i)
			d.refuse(at, d.origins[at], badValue("make overlap smaller or max_span larger", "overlap %s is not shorter than max_span %s", FormatDuration(s.Overlap), FormatDuration(s.MaxSpan)))
		}
	}
	return sources
}

func (s *Source) fields() []field {
	known := datasets()
	names := slices.Collect(maps.Keys(known))
	fields := []field{
		choice("dataset", &s.Dataset, "", names...).require(),
		text("connection", &s.Connection, "").require(),
	}
	widest := known[s.Dataset].maxSpan
	windowed := []field{
		moment("since", &s.Since).require(),
		span("overlap", &s.Overlap, "5m", time.Second, 7*day),
		span("settle", &s.Settle, "2m", time.Second, day),
		span("max_span", &s.MaxSpan, FormatDuration(widest), time.Minute, widest),
	}
	switch {
	case widest > 0:
		return append(fields, windowed...)
	case known[s.Dataset].platform != "":
		for _, f := range windowed {
			fields = append(fields, misplaced(f.key, fmt.Sprintf("%s is always read whole and has no %s", s.Dataset, f.key)))
		}
	default: // the dataset is refused already; its other keys are let pass
		for _, f := range windowed {
			fields = append(fields, field{key: f.key, misplaced: true, set: func(given) *refusal { return nil }})
		}
	}
	return fields
}

// moment is a date or a time; without a zone it is Beijing's.
func moment(key string, target *time.Time) field {
	beijing := time.FixedZone("Asia/Shanghai", 8*60*60)
	return field{key: key, set: func(v given) *refusal {
		for _, layout := range []string{time.DateOnly, time.DateTime, time.RFC3339} {
			if parsed, err := time.ParseInLocation(layout, v.text, beijing); err == nil {
				*target = parsed
				return nil
			}
		}
		return badValue("write a date or time as in 2024-01-31, 2024-01-31 08:00:00 (Beijing) or 2024-01-31T00:00:00Z", "%q is no date", v.text)
	}}
}

// checkSources holds the list of sources against what the pipeline needs.
func (d *decoder) checkSources(path string, at Origin, kind pipelineKind, sources []Source) {
	if len(sources) == 0 {
		return // told already
	}
	count := map[string]int{}
	for i, s := range sources {
		place := fmt.Sprintf("%s[%d].dataset", path, i)
		count[s.Dataset]++
		switch {
		case datasets()[s.Dataset].platform == "":
			// told already
		case !slices.Contains(kind.datasets, s.Dataset):
			d.refuse(place, d.origins[place], unknownReference("use "+strings.Join(kind.datasets, " and "), "this pipeline does not read %s", s.Dataset))
		case count[s.Dataset] == 2:
			d.refuse(place, d.origins[place], badValue("keep one source for each dataset", "%s is given twice", s.Dataset))
		}
	}
	for _, needed := range kind.datasets {
		if count[needed] == 0 {
			d.refuse(path, at, &refusal{fault.ConfigMissingKey, "no source has dataset " + needed, "add - {dataset: " + needed + ", connection: …} to sources"})
		}
	}
}
