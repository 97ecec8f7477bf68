package schema_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/jackc/pgx/v5"

	"pandian/internal/fault"
	"pandian/internal/pgtest"
	"pandian/internal/schema"
	"pandian/migrations"
	"pandian/sql"
	"pandian/transform"
)

// library is what cmd/pandian makes of sql/.
type library struct{ files *transform.Library }

func (l library) All() ([]schema.Item, error) { return items(l.files.Replaceable()) }

func (l library) Outdated(ctx context.Context, conn *pgx.Conn) ([]schema.Item, error) {
	return items(l.files.Outdated(ctx, conn))
}

func (l library) Apply(ctx context.Context, conn *pgx.Conn) ([]string, error) {
	return l.files.Apply(ctx, conn)
}

func items(files []transform.File, err error) ([]schema.Item, error) {
	var items []schema.Item
	for _, file := range files {
		items = append(items, schema.Item{Name: file.Name, Text: file.Text})
	}
	return items, err
}

// loadLibrary reads pandian's own sql/.
func loadLibrary(t *testing.T) library {
	t.Helper()
	files, err := transform.Load(sql.FS)
	if err != nil {
		t.Fatal(err)
	}
	return library{files}
}

// newMigrator has pandian's migrations, functions and views, unless options
// name others.
func newMigrator(t *testing.T, options schema.Options) *schema.Migrator {
	t.Helper()
	if options.Migrations == nil {
		options.Migrations = migrations.FS
		options.Replaceable = loadLibrary(t)
	}
	m, err := schema.New(options)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func mustUp(t *testing.T, m *schema.Migrator) schema.UpResult {
	t.Helper()
	result, err := m.Up(t.Context())
	if err != nil {
		t.Fatalf("up: %v", err)
	}
	return result
}

func mustStatus(t *testing.T, m *schema.Migrator) schema.Status {
	t.Helper()
	status, err := m.Status(t.Context())
	if err != nil {
		t.Fatalf("status: %v", err)
	}
	return status
}

// released are pandian's migrations and those of a release to come.
func released(t *testing.T, more map[string]string) fstest.MapFS {
	t.Helper()
	fsys := fstest.MapFS{}
	names, err := fs.Glob(migrations.FS, "*.sql")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		text, err := fs.ReadFile(migrations.FS, name)
		if err != nil {
			t.Fatal(err)
		}
		fsys[name] = &fstest.MapFile{Data: text}
	}
	maps.Copy(fsys, files(more))
	return fsys
}

// files makes migrations from their texts.
func files(texts map[string]string) fstest.MapFS {
	fsys := fstest.MapFS{}
	for name, text := range texts {
		fsys[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return fsys
}

// three are small migrations for tests in which their meaning does not matter.
func three() map[string]string {
	return map[string]string{
		"00001_create_shop.sql":  "-- +goose Up\ncreate schema shop;\n-- +goose Down\ndrop schema shop;\n",
		"00002_create_shelf.sql": "-- +goose Up\ncreate table shop.shelf (n int);\n-- +goose Down\ndrop table shop.shelf;\n",
		"00003_create_box.sql":   "-- +goose Up\ncreate table shop.box (n int);\n-- +goose Down\ndrop table shop.box;\n",
	}
}

// with returns texts and one more.
func with(texts map[string]string, name, text string) map[string]string {
	texts = maps.Clone(texts)
	texts[name] = text
	return texts
}

func connect(t *testing.T, url string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return conn
}

func exec(t *testing.T, conn *pgx.Conn, sql string) {
	t.Helper()
	if _, err := conn.Exec(t.Context(), sql); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

func scan[T any](t *testing.T, conn *pgx.Conn, sql string, args ...any) T {
	t.Helper()
	var value T
	if err := conn.QueryRow(t.Context(), sql, args...).Scan(&value); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return value
}

// eventually waits until a query is true.
func eventually(t *testing.T, conn *pgx.Conn, what, sql string, args ...any) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if scan[bool](t, conn, sql, args...) {
			return
		}
	}
	t.Fatalf("waited in vain until %s", what)
}

// wantFault fails unless err is a fault of the code that says all the words.
func wantFault(t *testing.T, err error, code fault.Code, words ...string) {
	t.Helper()
	var found *fault.Error
	if !errors.As(err, &found) || found.Code != code {
		t.Fatalf("got %v, want a fault of code %s", err, code)
	}
	text := fmt.Sprintf("%s (%s)", fault.From(err).Message, found.Suggestion)
	for _, word := range words {
		if !strings.Contains(text, word) {
			t.Errorf("got %q, want it to say %q", text, word)
		}
	}
}

// emptyFor makes an empty database in which an account has only the rights
// that the statements grant it; %[1]s is the account, %[2]s the database.
func emptyFor(t *testing.T, account string, statements ...string) (owner, asAccount string) {
	t.Helper()
	admin := connect(t, pgtest.Empty(t))
	account = fmt.Sprintf("%s_%s", account, admin.Config().Database)
	exec(t, admin, "create role "+account)
	t.Cleanup(func() {
		conn, err := pgx.Connect(context.Background(), admin.Config().ConnString())
		if err == nil {
			_, err = conn.Exec(context.Background(), "drop role "+account)
			_ = conn.Close(context.Background())
		}
		if err != nil {
			t.Errorf("drop the role %s: %v", account, err)
		}
	})
	owner = pgtest.Empty(t) // dropped before the role is
	conn := connect(t, owner)
	for _, statement := range statements {
		exec(t, conn, fmt.Sprintf(statement, account, conn.Config().Database))
	}
	separator := "?"
	if strings.Contains(owner, "?") {
		separator = "&"
	}
	return owner, owner + separator + "options=-c%20role%3D" + account
}
