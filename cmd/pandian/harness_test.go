package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"pandian/internal/erphttp"
	"pandian/internal/fault"
	"pandian/internal/pgtest"
	"pandian/internal/sandbox"
	"pandian/internal/sandbox/world"
	"pandian/load"
	"pandian/migrations"
	"pandian/sql"
)

// asPandian makes the test binary carry out its arguments as pandian would, for
// tests that need a process of its own to kill.
const asPandian = "PANDIAN_TEST_AS_PANDIAN"

func TestMain(m *testing.M) {
	if how := os.Getenv(asPandian); how != "" {
		os.Exit(startAs(how, os.Args[1:]))
	}
	// The tests wait for Postgres most of the time, so more of them than there are
	// processors go at once; -parallel on the command line wins.
	if err := flag.Set("test.parallel", "4"); err != nil {
		panic(err)
	}
	// Under the race detector a collection costs more than the memory it saves.
	debug.SetGCPercent(400)
	os.Exit(m.Run())
}

// shop is one merchant: simulated ERPs, a database of its own, and a folder with
// the pandian.yaml that names both.
type shop struct {
	t        *testing.T
	box      *sandbox.Sandbox
	front    *front
	dir      string
	database string
	environ  []string
	pace     func(*erphttp.Settings)
	drain    func(*load.Settings)
	link     *link
}

// shopOptions shape a shop. The zero value is a small world behind Qimen, with
// the schema migrated.
type shopOptions struct {
	route    string
	world    func(*world.Options)
	sandbox  func(*sandbox.Options)
	params   string // YAML of the pipeline's parameters, in braces
	source   string // more keys of the WDT source, as in ", settle: 1s"
	wdt      string // more keys of the WDT connection, one per line
	logLevel string
	empty    bool // no schema in the database
}

const compareParams = `{on_multiple: sum, both_directions: on, ignore_index_exception: {stock_num: {operator: eq, value: ""}}}`

// smallWorld is the demo's world with fewer rows of each kind.
func smallWorld() world.Options {
	options := world.DefaultOptions(time.Now())
	options.Rows, options.BadRecords, options.DifferentShare = 360, 5, 0.06
	options.MissingThereShare, options.MissingHereShare = 0.03, 0.03
	options.StaleRecords = 2
	return options
}

func newShop(t *testing.T, o shopOptions) *shop {
	t.Helper()
	options := sandbox.Options{World: smallWorld(), Seed: 7, Now: time.Now}
	if o.world != nil {
		o.world(&options.World)
	}
	if o.sandbox != nil {
		o.sandbox(&options)
	}
	box, err := sandbox.New(options)
	if err != nil {
		t.Fatal(err)
	}
	s := &shop{t: t, box: box, front: newFront(t, box, options.Now), dir: t.TempDir(), pace: hurry, drain: retryAtOnce, link: &link{}}
	if o.empty {
		s.database = withCanary(pgtest.Empty(t))
	} else {
		s.database = withCanary(migratedDatabase(t))
	}
	s.environ = []string{"PANDIAN_CONFIG=" + filepath.Join(s.dir, "pandian.yaml"), "PANDIAN_DATABASE_URL=" + s.database}
	s.configure(o)
	t.Cleanup(s.link.close)
	t.Cleanup(s.findNoSecret)
	return s
}

// migratedDatabase is the address of a database that pandian migrate up brought up
// to date, which is done once for all tests.
func migratedDatabase(t *testing.T) string {
	t.Helper()
	return pgtest.Prepared(t, "pandian migrate up", func(ctx context.Context, address string) error {
		var said locked
		a := newApp()
		a.stdout, a.stderr, a.environ = &said, &said, []string{"PANDIAN_DATABASE_URL=" + address}
		if code := a.execute(ctx, []string{"migrate", "up", "-q"}); code != fault.ExitOK {
			return fmt.Errorf("pandian migrate up ended with %d: %s", code, said.String())
		}
		return nil
	}, migrations.FS, sql.FS)
}

// in is the shop for a subtest.
func (s *shop) in(t *testing.T) *shop {
	inside := *s
	inside.t = t
	return &inside
}

// hurry keeps the tests from waiting as long as platforms want.
func hurry(settings *erphttp.Settings) {
	settings.BaseDelay, settings.MaxDelay = 2*time.Millisecond, 20*time.Millisecond
	settings.ThrottleWait, settings.BreakerThreshold = 5*time.Millisecond, 1000
}

// retryAtOnce keeps the tests from waiting between the attempts of a document.
func retryAtOnce(settings *load.Settings) {
	settings.BaseBackoff, settings.MaxBackoff = 5*time.Millisecond, 50*time.Millisecond
}

// configure writes pandian.yaml and the secrets beside it.
func (s *shop) configure(o shopOptions) {
	s.t.Helper()
	c := s.box.Credentials()
	if o.route == "" {
		o.route = "qimen"
	}
	key, secret, gateway := c.TopAppKey, c.TopSecret, s.front.url+"/router/qm"
	if o.route == "openapi2" {
		key, secret, gateway = c.AppKey, c.AppSecret, s.front.url+"/openapi2/"
	}
	if o.params == "" {
		o.params = compareParams
	}
	if o.logLevel == "" {
		o.logLevel = "info"
	}
	for name, value := range map[string]string{
		"wdt.key": key, "wdt.secret": secret, "ys.key": c.YonsuiteAppKey, "ys.secret": c.YonsuiteAppSecret,
	} {
		s.write(name, value)
	}
	since := time.Now().In(beijing()).AddDate(0, 0, -90).Format(time.DateOnly)
	s.write("pandian.yaml", fmt.Sprintf(shopYAML, o.route, gateway, c.Sid, strings.ReplaceAll(o.wdt, "\n", "\n    "),
		s.front.url, c.TenantID, since, o.source, o.params, o.logLevel))
}

const shopYAML = `connections:
  wdt-main:
    platform: wdt
    route: %s
    url: %s
    sid: %s
    app_key: file:wdt.key
    app_secret: file:wdt.secret
    calls_per_minute: 100000
    %s
  ys-main:
    platform: yonsuite
    discovery_url: %s
    tenant_id: %s
    app_key: file:ys.key
    app_secret: file:ys.secret
    calls_per_minute: 100000
  qeasy: {platform: qeasy}
pipelines:
  stock-compare:
    sources:
      - {dataset: wdt.stock, connection: wdt-main, since: %s%s}
      - {dataset: yonsuite.current_stock, connection: ys-main}
    target: {connection: qeasy, batch_size: 50}
    params: %s
log: {level: %s, format: json}
`

func (s *shop) write(name, text string) string {
	s.t.Helper()
	path := filepath.Join(s.dir, name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		s.t.Fatal(err)
	}
	return path
}

// outcome is how a command line ended.
type outcome struct {
	line           string
	code           int
	stdout, stderr string
}

func (o outcome) String() string {
	return fmt.Sprintf("pandian %s: exit code %d\nstdout: %s\nstderr: %s", o.line, o.code, clip(o.stdout), clip(o.stderr))
}

func clip(text string) string {
	if len(text) > 6000 {
		return text[:3000] + "\n…\n" + text[len(text)-3000:]
	}
	return text
}

// pandian carries out one command line, as a process would.
func (s *shop) pandian(args ...string) outcome {
	return s.pandianWith(s.t.Context(), nil, args...)
}

func (s *shop) pandianWith(ctx context.Context, stdin io.Reader, args ...string) outcome {
	s.t.Helper()
	var out, errs locked
	a := newApp()
	a.stdin, a.stdout, a.stderr = stdin, &out, &errs
	a.environ, a.pace, a.drain = s.environ, s.pace, s.drain
	if last, limited := s.t.Deadline(); limited { // what stands still is told by its name
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadlineCause(ctx, last.Add(-time.Minute), errStandsStill)
		defer cancel()
	}
	code := a.execute(ctx, args)
	ended := outcome{strings.Join(args, " "), code, out.String(), errs.String()}
	if errors.Is(context.Cause(ctx), errStandsStill) {
		s.t.Errorf("it was still under way a minute before go test's time was over: %s", ended)
	}
	s.hidesSecrets(ended)
	return ended
}

var errStandsStill = errors.New("go test's time is nearly over")

// must is for a command line that goes well.
func (s *shop) must(args ...string) outcome {
	s.t.Helper()
	ended := s.pandian(args...)
	if ended.code != fault.ExitOK {
		s.t.Fatalf("want exit code 0, got %s", ended)
	}
	return ended
}

// fails is for a command line that ends with a fault: its code, the exit code
// that goes with it, and something to do about it.
func (s *shop) fails(code fault.Code, args ...string) failure {
	s.t.Helper()
	return s.failed(s.pandian(append(args, "--json")...), code)
}

func (s *shop) failed(ended outcome, code fault.Code) failure {
	s.t.Helper()
	got := ended.envelope(s.t)
	definition, ok := fault.Lookup(code)
	if !ok {
		s.t.Fatalf("there is no code %s", code)
	}
	if got.Error == nil || got.Error.Code != string(code) || ended.code != definition.Exit {
		s.t.Fatalf("want %s and exit code %d, got %s", code, definition.Exit, ended)
	}
	if got.Error.Message == "" || got.Error.Suggestion == "" {
		s.t.Errorf("want a message and what to do, got %s", ended)
	}
	return *got.Error
}

// failure is the error of an envelope.
type failure struct {
	Code, Severity, Message, Path, Location, Suggestion string
	Problems                                            []failure
}

// envelope is what --json writes, read without the program's own types.
type envelope struct {
	Command string          `json:"command"`
	OK      bool            `json:"ok"`
	Summary json.RawMessage `json:"summary"`
	Result  json.RawMessage `json:"result"`
	Error   *failure        `json:"error"`
}

// envelope reads stdout, which must be exactly one envelope.
func (o outcome) envelope(t *testing.T) envelope {
	t.Helper()
	decoder := json.NewDecoder(strings.NewReader(o.stdout))
	decoder.DisallowUnknownFields()
	var got envelope
	if err := decoder.Decode(&got); err != nil {
		t.Fatalf("want one envelope on stdout, got %v: %s", err, o)
	}
	if rest, _ := io.ReadAll(decoder.Buffered()); strings.TrimSpace(string(rest)) != "" || decoder.More() {
		t.Fatalf("want one envelope and nothing after it, got %s", o)
	}
	return got
}

func decode[T any](t *testing.T, raw json.RawMessage) T {
	t.Helper()
	var value T
	if err := json.Unmarshal(raw, &value); err != nil {
		t.Fatalf("%v in %s", err, raw)
	}
	return value
}

// locked is a buffer for several goroutines.
type locked struct {
	mu     sync.Mutex
	buffer bytes.Buffer
}

func (l *locked) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buffer.Write(p)
}

func (l *locked) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buffer.String()
}

func quantity(text string) decimal.Decimal { return decimal.RequireFromString(text) }

// worldNow is the moment that worlds are built for; what is in them does not
// depend on it.
func worldNow() time.Time { return time.Now() }

// replace changes the shop's pandian.yaml.
func (s *shop) replace(from, to string) {
	s.t.Helper()
	text := string(mustRead(s.t, filepath.Join(s.dir, "pandian.yaml")))
	if !strings.Contains(text, from) {
		s.t.Fatalf("there is no %q in %s", from, text)
	}
	s.write("pandian.yaml", strings.Replace(text, from, to, 1))
}
