//go:build unix

package pgserver

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestAccount(t *testing.T) {
	t.Parallel()

	t.Run("of_the_server_is_not_root_and_alone_may_enter_cluster_and_socket", func(t *testing.T) {
		t.Parallel()
		opts := Options{Dir: newHome(t)}
		mustStart(t, opts)
		acct, err := serverAccount(filepath.Join(opts.Dir, "data"))
		if err != nil {
			t.Fatal(err)
		}
		// The server itself makes the socket, so its owner is who the server runs as.
		for _, path := range []string{filepath.Join(opts.Dir, "data"), filepath.Join(opts.Dir, "run"), socketPath(filepath.Join(opts.Dir, "run"))} {
			info, err := os.Stat(path)
			if err != nil {
				t.Fatal(err)
			}
			uid, _ := ownerOf(info)
			if uid == 0 || uid != acct.uid || info.Mode().Perm()&0o077 != 0 {
				t.Errorf("%s: got owner %d and mode %v, want %d, not root, and nothing for others", path, uid, info.Mode(), acct.uid)
			}
		}
	})

	t.Run("that_cannot_reach_the_folder_is_told_which_one_is_closed", func(t *testing.T) {
		t.Parallel()
		home := newHome(t)
		inner := filepath.Join(home, "closed", "open")
		if err := os.MkdirAll(inner, 0o755); err != nil {
			t.Fatal(err)
		}
		stranger := account{name: "stranger", uid: 4242, gid: 4242, switched: true}
		if err := stranger.checkReach(inner); err != nil {
			t.Errorf("got %v for a way that is open", err)
		}
		if err := os.Chmod(filepath.Join(home, "closed"), 0o700); err != nil {
			t.Fatal(err)
		}
		wantError(t, stranger.checkReach(filepath.Join(inner, "not", "yet", "there")), "account stranger", "cannot enter "+filepath.Join(home, "closed")+" (mode 0700)")
	})

	t.Run("takes_no_folder_of_somebody_else_for_its_socket", func(t *testing.T) {
		t.Parallel()
		link := filepath.Join(newHome(t), "run")
		if err := os.Symlink(os.TempDir(), link); err != nil {
			t.Fatal(err)
		}
		acct, err := serverAccount("")
		if err != nil {
			t.Fatal(err)
		}
		wantError(t, acct.makePrivate(link), link+" is not a folder of the account")
	})
}

func TestChoose(t *testing.T) {
	t.Parallel()
	old, first, newer, future := binaries{major: 13}, binaries{major: 15}, binaries{major: 17}, binaries{major: 19}
	for name, c := range map[string]struct {
		found []binaries
		want  int
		major int // 0: none
	}{
		"the_first_place_wins_over_a_newer_version":    {[]binaries{first, newer}, 0, 15},
		"unsupported_versions_are_passed_over":         {[]binaries{old, future, newer}, 0, 17},
		"an_existing_cluster_decides":                  {[]binaries{first, newer}, 17, 17},
		"a_cluster_without_its_version_gets_no_server": {[]binaries{first}, 17, 0},
		"none": {nil, 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, ok := choose(c.found, c.want)
			if got.major != c.major || ok != (c.major != 0) {
				t.Errorf("got %d %v, want %d", got.major, ok, c.major)
			}
		})
	}
}

func TestSearchPath(t *testing.T) {
	t.Parallel()

	t.Run("puts_the_newest_version_of_a_place_first", func(t *testing.T) {
		t.Parallel()
		base := newHome(t)
		for _, version := range []string{"9", "14", "17"} {
			if err := os.MkdirAll(filepath.Join(base, "pg-"+version, "bin"), 0o755); err != nil {
				t.Fatal(err)
			}
		}
		got := searchPath(t.Context(), []string{base + "/pg-*/bin"})
		if want := []string{base + "/pg-17/bin", base + "/pg-14/bin", base + "/pg-9/bin"}; !slices.Equal(got, want) {
			t.Errorf("got %v, want %v", got, want)
		}
	})
}

func TestEndpoint(t *testing.T) {
	t.Parallel()

	t.Run("as_a_psql_line_can_be_pasted_into_a_shell", func(t *testing.T) {
		t.Parallel()
		for host, want := range map[string]string{
			"/home/li/.local/run":             "psql -h /home/li/.local/run -p 5432 -U pandian -d pandian",
			"/Users/li/Application Support/x": "psql -h '/Users/li/Application Support/x' -p 5432 -U pandian -d pandian",
			"/it's":                           `psql -h '/it'\''s' -p 5432 -U pandian -d pandian`,
		} {
			if got := psqlLine("psql", endpoint{host: host, port: 5432}); got != want {
				t.Errorf("got %s, want %s", got, want)
			}
		}
	})

	t.Run("of_any_folder_has_a_short_enough_socket", func(t *testing.T) {
		t.Parallel()
		for _, length := range []int{5, 79, 80, 81, 300} {
			home := "/" + strings.Repeat("h", length)
			path := socketPath(socketDir(home))
			if len(path) > maxSocketPath {
				t.Errorf("home of %d bytes: the socket's path has %d", length, len(path))
			}
			if short := len(home)+len("/run/.s.PGSQL.5432") <= maxSocketPath; short != strings.HasPrefix(path, home+"/") {
				t.Errorf("home of %d bytes: the socket is %s", length, path)
			}
		}
	})
}

func TestSettings(t *testing.T) {
	t.Parallel()

	t.Run("use_lz4_only_where_the_build_and_the_version_have_it", func(t *testing.T) {
		t.Parallel()
		at := endpoint{host: "/run", port: 5432}
		for name, c := range map[string]struct {
			major      int
			lz4        bool
			toast, wal string
		}{
			"14_without": {14, false, "", "on"},
			"14_with":    {14, true, "lz4", "on"},
			"15_with":    {15, true, "lz4", "lz4"},
			"18_without": {18, false, "", "on"},
		} {
			got := settings(c.major, c.lz4, at)
			if got["default_toast_compression"] != c.toast || got["wal_compression"] != c.wal {
				t.Errorf("%s: got toast %q and wal %q, want %q and %q",
					name, got["default_toast_compression"], got["wal_compression"], c.toast, c.wal)
			}
		}
	})

	t.Run("are_quoted_for_the_configuration_file", func(t *testing.T) {
		t.Parallel()
		_, got, _ := strings.Cut(configFile(map[string]string{"b": `it's`, "a": `c:\new`}), "\n")
		if want := "a = 'c:\\\\new'\nb = 'it''s'\n"; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	})
}

func TestExplain(t *testing.T) {
	t.Parallel()

	t.Run("names_the_cause_and_ends_with_the_last_lines", func(t *testing.T) {
		t.Parallel()
		long := strings.Repeat("LOG:  noise\n", 100) + "FATAL:  could not write: No space left on device\n"
		err := tail(long).explain(account{name: "postgres"}, "the server did not start")
		wantError(t, err, "the server did not start: the disk is full", "FATAL:  could not write")
		if got := strings.Count(err.Error(), "noise"); got != tailLines-1 {
			t.Errorf("got %d lines before the last, want %d", got, tailLines-1)
		}
		denied := tail("postgres: could not access directory: Permission denied")
		wantError(t, denied.explain(account{name: "nobody"}, "initdb failed"), "initdb failed: the account nobody may not use")
	})
}

func TestParsePIDFile(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		content string
		pid     int // 0: not readable
		at      endpoint
	}{
		"on_a_socket":              {"17\n/d\n1\n5432\n/run\n\n 1 2\nready\n", 17, endpoint{host: "/run", port: 5432}},
		"on_a_port":                {"17\n/d\n1\n6000\n\n127.0.0.1\n 1 2\nready\n", 17, endpoint{host: "127.0.0.1", port: 6000}},
		"before_it_listens":        {"17\n/d\n1\n5432\n\n", 17, endpoint{port: 5432}},
		"of_a_single_user_session": {"-17\n/d\n1\n5432\n\n\n", 0, endpoint{}},
		"cut_short":                {"17\n/d", 0, endpoint{}},
		"empty":                    {"", 0, endpoint{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pm, ok := parsePIDFile(c.content)
			if ok != (c.pid != 0) {
				t.Fatalf("got %v %v, want process %d", pm, ok, c.pid)
			}
			if ok && (pm.pid != c.pid || pm.at != c.at) {
				t.Errorf("got %+v, want %d at %+v", *pm, c.pid, c.at)
			}
		})
	}
}
