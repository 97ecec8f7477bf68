package transform_test

import (
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const seedFolder = "../sql/testdata/"

// seed is a published scheme and what this project makes of it.
type seed struct {
	number, pipeline string
	// golden is the folder of its payloads; empty for the scheme that calls nothing.
	golden string
	// prefix is where the fields of its target stand in the payload.
	prefix string
	// tables are where the fields of its source go, by the printed list that they
	// stand in. Where several are named, a field goes into the first that has it.
	tables map[string][]string
}

// seedField is a line of a published field list.
type seedField struct{ direction, path, name, preset string }

// TestSeed walks the request and response tables of each published scheme and
// fails at a field that is no column, that is not sent, or of which nobody says
// why it is not on the wire.
func TestSeed(t *testing.T) {
	t.Parallel()
	for _, s := range []seed{
		{
			number: "001", pipeline: "jst-orders",
			tables: map[string][]string{
				"": {"jst.saleout"}, "items": {"jst.saleout_item"}, "items.batchs": {"jst.saleout_batch"},
				"items.batchs.sns": {"jst.saleout_sn"},
			},
		},
		{number: "002", pipeline: "wdt-shops-to-jdy", golden: "jdy", tables: map[string][]string{"": {"wdt.shop"}}},
		{
			number: "003", pipeline: "wdt-stockouts-to-tplus", golden: "tplus",
			tables: map[string][]string{
				"": {"wdt.stockout"}, "details_list": {"wdt.stockout_line"}, "details_list.position_list": {"wdt.stockout_position"},
			},
		},
		{
			number: "004", pipeline: "jst-saleouts-to-k3cloud", golden: "k3cloud", prefix: "Model.",
			// Beside a list's own fields this scheme prints those of the document.
			tables: map[string][]string{
				"": {"jst.saleout"}, "items": {"jst.saleout_item", "jst.saleout"}, "items.pays": {"jst.saleout_pay", "jst.saleout"},
			},
		},
	} {
		t.Run(s.number, func(t *testing.T) {
			t.Parallel()
			w := &walk{bundle: newBundleFor(t, s.pipeline), seed: s}
			w.read()
			count := map[string]int{}
			for _, field := range w.fields {
				count[field.direction]++
				switch field.direction {
				case "source.request":
					w.wantParameter(field)
				case "source.response":
					w.wantColumn(field)
				case "target.request":
					w.wantSent(field)
				default:
					t.Errorf("%s: %s is no direction", field.path, field.direction)
				}
			}
			w.wantNothingStale()
			if count["source.request"] < 4 || count["source.response"] < 40 || (s.golden != "") != (count["target.request"] > 0) {
				t.Errorf("the list is not whole: %v", count)
			}
		})
	}
}

// walk is one scheme's walk through its lists.
type walk struct {
	*bundle
	seed
	fields                       []seedField
	parameters, offWire, moved   map[string]string
	comments                     map[string]string
	payloads                     []any
	metParameters, metOff, moves []string
}

func (w *walk) read() {
	w.Helper()
	for line := range strings.Lines(readText(w, seedFolder+"seed_fields_"+w.number+".txt")) {
		part := strings.Split(strings.TrimRight(line, "\n"), "\t")
		if len(part) != 4 {
			w.Fatalf("seed_fields_%s.txt: %q has %d parts, want 4", w.number, line, len(part))
		}
		w.fields = append(w.fields, seedField{part[0], part[1], part[2], part[3]})
	}
	w.parameters = w.told("seed_request_parameters.txt")
	w.offWire = w.told("seed_fields_not_on_the_wire.txt")
	w.moved = w.told("seed_fields_elsewhere.txt")
	w.comments = map[string]string{}
	for _, row := range w.table(`
		select
			format('%s.%s%s', pg_namespace.nspname, pg_class.relname, '.' || pg_attribute.attname),
			coalesce(col_description(pg_class.oid, pg_attribute.attnum), '')
		from pg_catalog.pg_class
		inner join pg_catalog.pg_namespace on pg_namespace.oid = pg_class.relnamespace
		inner join pg_catalog.pg_attribute on pg_attribute.attrelid = pg_class.oid and pg_attribute.attnum > 0
		where pg_namespace.nspname in ('wdt', 'jst')
		union all
		select format('%s.%s', pg_namespace.nspname, pg_class.relname), coalesce(obj_description(pg_class.oid), '')
		from pg_catalog.pg_class
		inner join pg_catalog.pg_namespace on pg_namespace.oid = pg_class.relnamespace
		where pg_namespace.nspname in ('wdt', 'jst')`)[1:] {
		w.comments[row[0]] = row[1]
	}
	if w.golden == "" {
		return
	}
	paths, err := filepath.Glob(filepath.Join("testdata/golden", w.golden, "*.json"))
	if err != nil || len(paths) == 0 {
		w.Fatalf("no payloads of %s: %v", w.golden, err)
	}
	for _, path := range paths {
		var g golden
		if err := json.Unmarshal([]byte(readText(w, path)), &g); err != nil {
			w.Fatal(err)
		}
		w.payloads = append(w.payloads, decode(w, g.Payload))
	}
}

// told reads this scheme's lines of a file: path and what is said of it.
func (w *walk) told(name string) map[string]string {
	w.Helper()
	said := map[string]string{}
	for line := range strings.Lines(readText(w, seedFolder+name)) {
		part := strings.Split(strings.TrimRight(line, "\n"), "\t")
		if strings.HasPrefix(line, "#") {
			continue
		}
		if len(part) != 3 || part[2] == "" {
			w.Fatalf("%s: %q has %d parts, want 3", name, line, len(part))
		}
		if part[0] == w.number {
			said[part[1]] = part[2]
		}
	}
	return said
}

// wantParameter: the client has a field that sends it, or somebody says why not.
func (w *walk) wantParameter(field seedField) {
	w.Helper()
	said, ok := w.parameters[field.path]
	w.metParameters = append(w.metParameters, field.path)
	switch {
	case !ok:
		w.Errorf("request parameter %s (%s): seed_request_parameters.txt does not say what sends it", field.path, field.name)
	case strings.HasPrefix(said, "not sent, because "):
	default:
		folder, option, _ := strings.Cut(said, " ")
		if !hasField(w, folder, option) {
			w.Errorf("request parameter %s: there is no field %s in %s", field.path, option, folder)
		}
	}
}

// hasField looks for "Type.Field" in the Go files of a folder, which this
// package may not import.
func hasField(t testing.TB, folder, option string) bool {
	t.Helper()
	typeName, fieldName, _ := strings.Cut(option, ".")
	paths, err := filepath.Glob(filepath.Join("..", folder, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	found := false
	for _, path := range paths {
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(node ast.Node) bool {
			spec, ok := node.(*ast.TypeSpec)
			if !ok || spec.Name.Name != typeName {
				return true
			}
			if fields, ok := spec.Type.(*ast.StructType); ok {
				for _, field := range fields.Fields.List {
					found = found || slices.ContainsFunc(field.Names, func(name *ast.Ident) bool { return name.Name == fieldName })
				}
			}
			return false
		})
	}
	return found
}

// wantColumn: a field is a column whose comment has its Chinese name; a list is
// a table whose comment has.
func (w *walk) wantColumn(field seedField) {
	w.Helper()
	if tables, ok := w.tables[field.path]; ok {
		if !hasName(w.comments[tables[0]], field.name) {
			w.Errorf("%s (%s): the comment of table %s is %q", field.path, field.name, tables[0], w.comments[tables[0]])
		}
		return
	}
	list, column := "", field.path
	if at := strings.LastIndex(field.path, "."); at >= 0 {
		list, column = field.path[:at], field.path[at+1:]
	}
	for _, table := range w.tables[list] {
		comment, ok := w.comments[table+"."+column]
		if !ok {
			continue
		}
		if !hasName(comment, field.name) {
			w.Errorf("%s (%s): the comment of column %s.%s is %q", field.path, field.name, table, column, comment)
		}
		return
	}
	w.Errorf("%s (%s) is no column of %v", field.path, field.name, w.tables[list])
}

// hasName tells whether a comment holds a field's Chinese name. Scheme 004 prints
// none: any will do there.
func hasName(comment, name string) bool {
	if strings.ContainsFunc(name, isChinese) {
		return strings.Contains(strings.ReplaceAll(comment, " ", ""), strings.ReplaceAll(name, " ", ""))
	}
	return strings.ContainsFunc(comment, isChinese)
}

func isChinese(r rune) bool { return r >= 0x4e00 && r <= 0x9fff }

// wantSent: a golden payload has the field, with its preset where that is a
// constant; or ref.payload_field brings it; or somebody says why it is not sent.
func (w *walk) wantSent(field seedField) {
	w.Helper()
	path, isMoved := w.moved[field.path]
	if isMoved {
		w.moves = append(w.moves, field.path)
	} else {
		path = w.prefix + field.path
	}
	var found []any
	for _, payload := range w.payloads {
		found = append(found, at(payload, strings.Split(path, "."))...)
	}
	_, isOff := w.offWire[field.path]
	if isOff {
		w.metOff = append(w.metOff, field.path)
	}
	switch {
	case isOff && len(found) > 0:
		w.Errorf("%s (%s) is said not to be on the wire, but is sent as %v", field.path, field.name, found[0])
	case isOff:
		if !strings.HasPrefix(w.offWire[field.path], "because ") {
			w.Errorf("%s (%s) is not on the wire, and the file does not say why", field.path, field.name)
		}
	case len(found) == 0 && !w.comesFromPeople(field):
		w.Errorf("%s (%s) is not sent, and nobody says why", field.path, field.name)
	case len(found) > 0 && isConstant(field) && !slices.ContainsFunc(found, func(value any) bool { return says(value, field.preset) }):
		w.Errorf("%s (%s): no payload has the preset %s, got %v", field.path, field.name, field.preset, found)
	}
}

// isConstant tells a preset from a rule, a reference to a source field and the
// name of a source list.
func isConstant(field seedField) bool {
	return field.preset != "" && !strings.Contains(field.preset, "{{") && field.preset != "items" && field.preset != "details_list"
}

// says compares a value with a preset as printed; a code stands in an object.
func says(value any, preset string) bool {
	if object, ok := value.(map[string]any); ok && len(object) == 1 {
		for _, code := range object {
			value = code
		}
	}
	return fmt.Sprint(value) == preset
}

// at returns the values at a path, through lists; names compare without case.
func at(value any, path []string) []any {
	if list, ok := value.([]any); ok {
		var found []any
		for _, element := range list {
			found = append(found, at(element, path)...)
		}
		return found
	}
	if len(path) == 0 {
		return []any{value}
	}
	object, _ := value.(map[string]any)
	var found []any
	for name, member := range object {
		if !strings.EqualFold(name, path[0]) {
			continue
		}
		if list, ok := member.([]any); ok && len(path) == 1 {
			found = append(found, list)
		} else {
			found = append(found, at(member, path[1:])...)
		}
	}
	return found
}

// comesFromPeople tries whether a row of ref.payload_field brings the field, for
// which the scheme has no value and the mapping none either.
func (w *walk) comesFromPeople(field seedField) bool {
	w.Helper()
	if field.preset != "" || strings.Contains(field.path, ".") {
		return false
	}
	w.exec(`insert into ref.payload_field (pipeline_code, field_name, value) values ($1, $2, '"by hand"')`, w.bundle.pipeline, field.path)
	sent := scan[string](w.bundle, "select outbox.with_fixed_fields('{\"own\": 1}', $1)", w.bundle.pipeline)
	w.exec("delete from ref.payload_field")
	return len(at(decode(w, []byte(sent)), []string{field.path})) > 0
}

// wantNothingStale: the lists speak of fields of the scheme only.
func (w *walk) wantNothingStale() {
	w.Helper()
	for name, pair := range map[string]struct {
		said map[string]string
		met  []string
	}{
		"seed_request_parameters.txt":     {w.parameters, w.metParameters},
		"seed_fields_not_on_the_wire.txt": {w.offWire, w.metOff},
		"seed_fields_elsewhere.txt":       {w.moved, w.moves},
	} {
		for path := range pair.said {
			if !slices.Contains(pair.met, path) {
				w.Errorf("%s speaks of %s, which scheme %s does not have", name, path, w.number)
			}
		}
	}
}

func decode(t testing.TB, text []byte) any {
	t.Helper()
	decoder := json.NewDecoder(strings.NewReader(string(text)))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	return value
}
