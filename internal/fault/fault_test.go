package fault_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"pandian/internal/fault"
)

func TestExitCode(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		err  error
		want int
	}{
		"no error is success":                     {nil, 0},
		"an error without a code is a failed run": {errors.New("boom"), 1},
		"a wrong configuration is wrong usage":    {fault.New(fault.ConfigInvalid, "x"), 2},
		"the code is found under added context":   {fmt.Errorf("run: %w", fault.New(fault.DatabaseUnreachable, "x")), 3},
		"differences have a code of their own":    {fault.New(fault.Differences, "x"), 4},
		"an unregistered code is a failed run":    {fault.New("PD-NOWHERE-001", "x"), 1},
		"a forced stop keeps the signal":          {fault.New(fault.RunTerminated, "x"), 143},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := fault.ExitCode(c.err); got != c.want {
				t.Errorf("got %d, want %d", got, c.want)
			}
		})
	}
}

func TestFrom(t *testing.T) {
	t.Parallel()

	t.Run("keeps code and path and adds the context", func(t *testing.T) {
		t.Parallel()
		inner := fault.New(fault.SourceUnreachable, "no route to host").At("connections.wdt-main").Suggest("check the proxy")
		got := fault.From(fmt.Errorf("extract page 7: %w", inner))
		if got.Code != fault.SourceUnreachable || got.Path != "connections.wdt-main" || got.Suggestion != "check the proxy" {
			t.Errorf("got %+v, want code, path and suggestion kept", got)
		}
		if want := "extract page 7: connections.wdt-main: no route to host"; got.Message != want {
			t.Errorf("got %q, want %q", got.Message, want)
		}
	})

	t.Run("turns any other error into a failed run", func(t *testing.T) {
		t.Parallel()
		got := fault.From(fs.ErrNotExist)
		if got.Code != fault.RunFailed || !errors.Is(got, fs.ErrNotExist) {
			t.Errorf("got %+v, want %s that wraps the error", got, fault.RunFailed)
		}
	})

	t.Run("leaves nil alone", func(t *testing.T) {
		t.Parallel()
		if got := fault.From(nil); got != nil {
			t.Errorf("got %v, want nil", got)
		}
	})
}

func TestError(t *testing.T) {
	t.Parallel()

	t.Run("its text has place, path and every problem", func(t *testing.T) {
		t.Parallel()
		err := &fault.Error{Code: fault.ConfigInvalid, Message: "2 problems", Problems: []*fault.Error{
			{Code: fault.ConfigUnknownKey, Location: "pandian.yaml:3:5", Path: "log.levl", Message: "unknown key"},
			{Code: fault.ConfigMissingKey, Path: "connections.a.sid", Message: "missing"},
		}}
		want := "2 problems\n  pandian.yaml:3:5: log.levl: unknown key\n  connections.a.sid: missing"
		if diff := cmp.Diff(want, err.Error()); diff != "" {
			t.Errorf("want -, got +\n%s", diff)
		}
	})

	t.Run("errors.Is sees the cause of a problem", func(t *testing.T) {
		t.Parallel()
		err := &fault.Error{Code: fault.ConfigInvalid, Problems: []*fault.Error{
			fault.New(fault.ConfigNoSecret, "read secret: %w", fs.ErrPermission),
		}}
		if !errors.Is(err, fs.ErrPermission) {
			t.Error("got false, want the permission error to be found")
		}
	})

	t.Run("its JSON falls back to the registered remedy", func(t *testing.T) {
		t.Parallel()
		got, err := json.Marshal(fault.New(fault.SchemaBehind, "schema is at 3, 5 is needed"))
		if err != nil {
			t.Fatal(err)
		}
		want := `{"code":"PD-SCHEMA-001","severity":"fatal","message":"schema is at 3, 5 is needed","suggestion":"run pandian migrate up"}`
		if string(got) != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	})
}

func TestRegistry(t *testing.T) {
	t.Parallel()
	known := map[int]bool{}
	for _, exit := range fault.Exits() {
		known[exit.Code] = true
	}
	seen := map[fault.Code]bool{}
	for _, definition := range fault.Registry() {
		if seen[definition.Code] {
			t.Errorf("%s is registered twice", definition.Code)
		}
		seen[definition.Code] = true
		if !known[definition.Exit] || definition.Exit == fault.ExitOK {
			t.Errorf("%s ends with exit code %d, which is not a documented failure", definition.Code, definition.Exit)
		}
		if definition.Meaning == "" || definition.Remedy == "" || definition.Severity == "" {
			t.Errorf("%s lacks meaning, remedy or severity: %+v", definition.Code, definition)
		}
		if parts := strings.Split(string(definition.Code), "-"); len(parts) != 3 || parts[0] != "PD" || len(parts[2]) != 3 {
			t.Errorf("%s is not of the form PD-AREA-001", definition.Code)
		}
	}
}
