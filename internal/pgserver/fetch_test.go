//go:build unix

package pgserver

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/crc32"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
)

func TestFetchBinaries(t *testing.T) {
	t.Parallel()

	t.Run("runs_a_server_on_what_the_network_has_and_fetches_it_once", func(t *testing.T) {
		t.Parallel()
		local := localBinaries(t)
		jar := jarOf(t, wrappers(local))
		sum := sha256.Sum256(jar)
		var fetched atomic.Int32
		maven := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			switch {
			case strings.HasSuffix(r.URL.Path, ".jar"):
				fetched.Add(1)
				_, _ = w.Write(jar)
			case strings.HasSuffix(r.URL.Path, ".jar.sha256"):
				_, _ = w.Write([]byte(hex.EncodeToString(sum[:])))
			default:
				http.NotFound(w, r)
			}
		}))
		defer maven.Close()
		cache := newHome(t)
		opts := Options{CacheDir: cache, DownloadBaseURL: maven.URL + "/", places: []string{"/nonexistent/*"}}
		for range 2 {
			opts.Dir = newHome(t)
			s := mustStart(t, opts)
			if got := query(t, s, "select 'fetched'"); got != "fetched" {
				t.Errorf("got %q", got)
			}
			if s.cluster.bin.dir == local.dir {
				t.Errorf("the server runs on %s, not on what was fetched", local.dir)
			}
		}
		if got := fetched.Load(); got != 1 {
			t.Errorf("got %d downloads, want 1", got)
		}
		if left, err := filepath.Glob(filepath.Join(cache, "fetch-*")); err != nil || len(left) > 0 {
			t.Errorf("left in the cache: %v %v", left, err)
		}
	})

	t.Run("refuses_an_archive_that_does_not_match_its_checksum", func(t *testing.T) {
		t.Parallel()
		jar := jarOf(t, wrappers(localBinaries(t)))
		maven := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if strings.HasSuffix(r.URL.Path, ".sha256") {
				_, _ = w.Write([]byte(strings.Repeat("0", 64)))
				return
			}
			_, _ = w.Write(jar)
		}))
		defer maven.Close()
		_, err := Start(t.Context(), Options{
			Dir: newHome(t), CacheDir: newHome(t), DownloadBaseURL: maven.URL, places: []string{},
		})
		wantError(t, err, "checksums do not match")
	})

	t.Run("without_binaries_and_network_says_where_it_looked_and_what_to_do", func(t *testing.T) {
		t.Parallel()
		closed := httptest.NewServer(http.NotFoundHandler())
		closed.Close()
		_, err := Start(t.Context(), Options{
			Dir: newHome(t), CacheDir: newHome(t), DownloadBaseURL: closed.URL, places: []string{"/nonexistent/*/bin"},
		})
		wantError(t, err,
			"no server binaries of PostgreSQL 14 to 18 were found",
			"looked for postgres, initdb, pg_ctl in: /nonexistent/*/bin",
			"fetch from "+closed.URL,
			"either install PostgreSQL", "or set PANDIAN_DATABASE_URL")
		if !errors.Is(err, ErrNoBinaries) {
			t.Errorf("got %v, want an ErrNoBinaries", err)
		}
	})

	t.Run("says_so_when_the_named_folder_holds_no_server", func(t *testing.T) {
		t.Parallel()
		empty := newHome(t)
		_, err := Start(t.Context(), Options{Dir: newHome(t), BinDir: empty})
		wantError(t, err, "no usable postgres in "+empty)
	})
}

// localBinaries are the ones that a Start without options would run.
func localBinaries(t *testing.T) binaries {
	t.Helper()
	opts := Options{Dir: filepath.Join(t.TempDir(), "none")}.withDefaults()
	acct, err := serverAccount("")
	if err != nil {
		t.Fatal(err)
	}
	bin, err := findBinaries(t.Context(), opts, acct)
	if err != nil {
		t.Fatal(err)
	}
	return bin
}

// wrappers are tiny programs in the layout of the real archive that call the
// local ones.
func wrappers(local binaries) map[string]string {
	files := map[string]string{}
	for _, program := range programs {
		files["bin/"+program] = fmt.Sprintf("#!/bin/sh\nexec '%s' \"$@\"\n", filepath.Join(local.dir, program))
	}
	return files
}

// jarOf packs files as Maven serves server binaries: a zip with a .txz in it.
func jarOf(t *testing.T, files map[string]string) []byte {
	t.Helper()
	var tarball bytes.Buffer
	tw := tar.NewWriter(&tarball)
	for name, content := range files {
		header := &tar.Header{Name: name, Mode: 0o755, Size: int64(len(content)), Typeflag: tar.TypeReg}
		if err := tw.WriteHeader(header); err != nil {
			t.Fatal(err)
		}
		if _, err := tw.Write([]byte(content)); err != nil {
			t.Fatal(err)
		}
	}
	if err := tw.Close(); err != nil {
		t.Fatal(err)
	}
	var jar bytes.Buffer
	zw := zip.NewWriter(&jar)
	entry, err := zw.Create("postgres-test.txz")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := entry.Write(xzStored(tarball.Bytes())); err != nil {
		t.Fatal(err)
	}
	if err := zw.Close(); err != nil {
		t.Fatal(err)
	}
	return jar.Bytes()
}

// xzStored wraps data of up to 64 kB in the xz format without compressing it:
// one block with one uncompressed LZMA2 chunk and no check sum of the data.
// The .xz file format, sections 2 and 3, and the LZMA2 control byte 1.
func xzStored(data []byte) []byte {
	var out bytes.Buffer
	sealed := func(part []byte) {
		out.Write(part)
		out.Write(binary.LittleEndian.AppendUint32(nil, crc32.ChecksumIEEE(part)))
	}
	padded := func(part []byte) []byte {
		return append(part, make([]byte, (4-len(part)%4)%4)...)
	}
	flags := []byte{0, 0} // no check
	out.WriteString("\xfd7zXZ\x00")
	sealed(flags)
	// Header of 12 bytes: one filter, LZMA2 (0x21), one property byte, 64 kB.
	header := []byte{2, 0, 0x21, 1, 8, 0, 0, 0}
	sealed(header)
	block := []byte{1, byte((len(data) - 1) >> 8), byte(len(data) - 1)}
	block = append(append(block, data...), 0)
	unpadded := uint64(len(header) + 4 + len(block))
	out.Write(padded(block))
	index := binary.AppendUvarint([]byte{0, 1}, unpadded)
	index = padded(binary.AppendUvarint(index, uint64(len(data))))
	sealed(index)
	footer := binary.LittleEndian.AppendUint32(nil, uint32(len(index)+4)/4-1)
	footer = append(footer, flags...)
	out.Write(binary.LittleEndian.AppendUint32(nil, crc32.ChecksumIEEE(footer)))
	out.Write(footer)
	out.WriteString("YZ")
	return out.Bytes()
}

func TestMain(m *testing.M) {
	if os.Getenv(childVariable) != "" {
		os.Exit(runChild())
	}
	os.Exit(m.Run())
}
