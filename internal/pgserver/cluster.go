package pgserver

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// cluster is one folder with the server that runs, or shall run, in it.
type cluster struct {
	home string
	bin  binaries
	acct account
	opts Options
	at   endpoint // known once the server runs
}

func (c *cluster) data() string         { return filepath.Join(c.home, "data") }
func (c *cluster) users() string        { return filepath.Join(c.home, "users") }
func (c *cluster) runDir() string       { return filepath.Join(c.home, "run") }
func (c *cluster) logFile() string      { return filepath.Join(c.home, "server.log") }
func (c *cluster) passwordFile() string { return filepath.Join(c.home, "password") }
func (c *cluster) pidFile() string      { return filepath.Join(c.data(), "postmaster.pid") }

// ensureRunning leaves with a server that accepts connections and has the
// database, and returns its version.
func (c *cluster) ensureRunning(ctx context.Context) (version string, err error) {
	pm, err := c.postmaster()
	if err != nil {
		return "", err
	}
	if pm == nil {
		if err := c.initIfMissing(ctx); err != nil {
			return "", err
		}
		if err := c.launch(ctx); err != nil {
			return "", err
		}
	}
	return c.awaitReady(ctx)
}

// initIfMissing makes the cluster. It is made beside its place and moved there
// when complete, so that a half-made one never passes for a cluster.
func (c *cluster) initIfMissing(ctx context.Context) error {
	major, err := clusterMajor(c.data())
	if err != nil {
		return err
	}
	if major != 0 {
		return nil
	}
	c.opts.Notify(fmt.Sprintf("creating a private PostgreSQL %d database in %s", c.bin.major, c.home))
	making := c.data() + ".new"
	if err := os.RemoveAll(making); err != nil {
		return fmt.Errorf("remove a half-made cluster: %w", err)
	}
	if err := c.acct.makePrivate(making); err != nil {
		return err
	}
	if err := c.initdb(ctx, making); err != nil {
		return err
	}
	// An empty folder may stand in the way; anything else was an error above.
	if err := os.Remove(c.data()); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("clear the place of the cluster: %w", err)
	}
	if err := os.Rename(making, c.data()); err != nil {
		return fmt.Errorf("put the cluster into its place: %w", err)
	}
	return nil
}

func (c *cluster) initdb(ctx context.Context, dir string) error {
	args := []string{
		"-D", dir, "-U", superuser, "-E", "UTF8", "--locale=C", "--no-instructions",
		"--auth-local=trust",
	}
	if usesTCP(c.opts) {
		if _, err := c.password(); err != nil {
			return err
		}
		args = append(args, "--auth-host=scram-sha-256", "--pwfile="+c.passwordFile())
	} else {
		args = append(args, "--auth-host=reject")
	}
	if c.opts.Throwaway {
		args = append(args, "--no-sync")
	}
	if out, err := c.run(ctx, "initdb", args...); err != nil {
		return tail(out).explain(c.acct, fmt.Sprintf("initdb failed (%v)", err))
	}
	conf := filepath.Join(dir, "postgresql.conf")
	file, err := os.OpenFile(conf, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return fmt.Errorf("extend the configuration: %w", err)
	}
	_, err = file.WriteString("\ninclude = 'pandian.conf'\n")
	if err := errors.Join(err, file.Close()); err != nil {
		return fmt.Errorf("extend the configuration: %w", err)
	}
	return nil
}

// configure writes the parameters for the next start.
func (c *cluster) configure(ctx context.Context) error {
	at, err := c.prepareEndpoint()
	if err != nil {
		return err
	}
	_, err = c.run(ctx, "postgres", "-C", "default_toast_compression", "-c", "default_toast_compression=lz4", "-c", "config_file="+os.DevNull, "-D", c.data())
	parameters := settings(c.bin.major, err == nil, at)
	if c.opts.Throwaway {
		maps.Copy(parameters, throwawaySettings())
	}
	maps.Copy(parameters, c.opts.Settings)
	path := filepath.Join(c.data(), "pandian.conf")
	if err := os.WriteFile(path, []byte(configFile(parameters)), 0o600); err != nil {
		return fmt.Errorf("write the server's parameters: %w", err)
	}
	return c.acct.give(path)
}

// clusterMajor is the major version of the cluster in dir, 0 if there is none.
func clusterMajor(dir string) (int, error) {
	raw, err := os.ReadFile(filepath.Join(dir, "PG_VERSION"))
	if err == nil {
		major, err := strconv.Atoi(strings.TrimSpace(string(raw)))
		if err != nil {
			return 0, fmt.Errorf("read version of the cluster: %w", err)
		}
		return major, nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return 0, fmt.Errorf("read version of the cluster: %w", err)
	}
	entries, err := os.ReadDir(dir)
	if err == nil && len(entries) > 0 {
		return 0, fmt.Errorf("%s is not empty and holds no PostgreSQL cluster: move it away or choose another data folder", dir)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return 0, fmt.Errorf("look for the cluster: %w", err)
	}
	return 0, nil
}
