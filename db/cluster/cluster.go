package cluster

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/internal/deathsig"
)

// role is the cluster's one role, a superuser; the cluster is private.
const role = "berdaya"

// Bounds of starting (recovery after a crash included) and of each step of stopping.
const (
	startBound = 2 * time.Minute
	fastBound  = 10 * time.Second
	quitBound  = 6 * time.Second // PostgreSQL itself kills what does not end within 5 s of an immediate shutdown
)

// Options say where and how a cluster runs.
type Options struct {
	Dir  string       // the cluster's own folder; made if it is not there. "" is the folder postgres in DataDir
	Port int          // a port to listen on at 127.0.0.1, besides the unix socket; 0 is none
	Fast bool         // do not wait for the disk: for tests, since a crash of the machine may lose everything
	Log  *slog.Logger // nil is silence
}

// Cluster is a running PostgreSQL.
type Cluster struct {
	Dir string // its folder

	data, sockets string
	port          int
	password      string
	log           *slog.Logger
	output        *boundedLog
	lock          *os.File
	cmd           *exec.Cmd
	done          chan struct{}
	stop          sync.Once
}

// Start starts the cluster in a folder, making it first if there is none, and returns when it takes connections. ctx bounds
// the start alone. Its errors are coded: CodeUnavailable when PostgreSQL is not installed or did not start, with the last
// lines it said; CodeConflict, with the cause ErrInUse, when another Berdaya runs the cluster.
func Start(ctx context.Context, o Options) (*Cluster, error) {
	ctx, cancel := context.WithTimeout(ctx, startBound)
	defer cancel()
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Dir == "" {
		base, err := DataDir()
		if err != nil {
			return nil, err
		}
		o.Dir = filepath.Join(base, "postgres")
	}
	dir, err := filepath.Abs(o.Dir)
	if err != nil {
		return nil, err
	}
	c := &Cluster{Dir: dir, data: filepath.Join(dir, "data"), log: o.Log, port: socketPort, done: make(chan struct{})}
	if o.Port != 0 {
		c.port = o.Port
	}
	as, err := accountFor(c.data)
	if err != nil {
		return nil, err
	}
	major, err := majorOf(c.data)
	if err != nil {
		return nil, coded(dir, err)
	}
	bin, err := findBinaries(ctx, as, os.Getenv("PATH"), usualFolders, major)
	if err != nil {
		return nil, err
	}
	if err := makeDir(dir, as); err != nil {
		return nil, coded(dir, err)
	}
	if c.lock, err = lockDir(dir, as); err != nil {
		return nil, coded(dir, err)
	}
	c.output = openLog(filepath.Join(dir, "postgres.log"), as)
	if err := c.start(ctx, o, as, bin); err != nil {
		c.output.close()
		c.lock.Close()
		return nil, coded(dir, err)
	}
	return c, nil
}

// coded says of an error of the file system which folder it is about.
func coded(dir string, err error) error {
	if file := (*fs.PathError)(nil); errors.As(err, &file) {
		return domain.Errorf(domain.CodeUnavailable, "the folder %s cannot hold a PostgreSQL cluster: %w", dir, err)
	}
	return err
}

// start does what needs the lock.
func (c *Cluster) start(ctx context.Context, o Options, as *account, bin binaries) error {
	if err := awaitPredecessor(ctx, c.data); err != nil {
		return err
	}
	passwordFile := filepath.Join(c.Dir, "password")
	if major, err := majorOf(c.data); err != nil {
		return err
	} else if major == 0 {
		c.log.Info("making a PostgreSQL cluster", "dir", c.Dir, "version", bin.major, "binaries", bin.dir)
		if err := c.initialise(ctx, o, as, bin, passwordFile); err != nil {
			return err
		}
	}
	var err error
	if c.password, err = readPassword(passwordFile); err != nil {
		return err
	}
	if c.sockets, err = socketDir(c.Dir, as); err != nil {
		return err
	}
	args := []string{"-D", c.data}
	for _, s := range settings(o, c.sockets) {
		args = append(args, "-c", s)
	}
	c.cmd = exec.Command(bin.path("postgres"), args...)
	c.cmd.Dir, c.cmd.Env = c.Dir, environment()
	c.cmd.Stdout, c.cmd.Stderr = c.output, c.output
	c.cmd.SysProcAttr = as.attributes()
	c.cmd.WaitDelay = quitBound
	began := time.Now()
	if err := deathsig.Start(c.cmd, syscall.SIGQUIT); err != nil {
		return domain.Errorf(domain.CodeUnavailable, "PostgreSQL could not be started: %w", err)
	}
	go func() {
		_ = c.cmd.Wait() // how it ended is in its log
		close(c.done)
	}()
	if err := c.awaitReady(ctx); err != nil {
		c.end(context.WithoutCancel(ctx))
		return err
	}
	c.log.Info("PostgreSQL is ready", "dir", c.Dir, "version", bin.major, "took", time.Since(began).Round(time.Millisecond))
	return nil
}

// initialise makes the data directory, under another name until it is whole. Text is compared byte by byte (the locale C, so
// that an index serves a prefix search) while letters are known beyond ASCII wherever the system has a locale for that.
func (c *Cluster) initialise(ctx context.Context, o Options, as *account, bin binaries, passwordFile string) error {
	if err := newPassword(passwordFile, as); err != nil {
		return err
	}
	unfinished := c.data + ".new"
	if err := awaitPredecessor(ctx, unfinished); err != nil {
		return err
	}
	var said string
	for _, letters := range []string{"C.UTF-8", "en_US.UTF-8", "C"} {
		if err := os.RemoveAll(unfinished); err != nil {
			return err
		}
		args := []string{"-D", unfinished, "-U", role, "-A", "scram-sha-256", "--pwfile", passwordFile, "-E", "UTF8",
			"--locale", "C", "--lc-ctype", letters, "--no-instructions"}
		if o.Fast {
			args = append(args, "--no-sync")
		}
		cmd := exec.Command(bin.path("initdb"), args...)
		cmd.Dir, cmd.Env, cmd.SysProcAttr = c.Dir, environment(), as.attributes()
		var out strings.Builder
		cmd.Stdout, cmd.Stderr = &out, &out
		err := run(ctx, cmd)
		if err == nil {
			return os.Rename(unfinished, c.data)
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if said = strings.TrimSpace(out.String()); !strings.Contains(said, "locale") {
			break
		}
	}
	return domain.Errorf(domain.CodeUnavailable, "a PostgreSQL cluster could not be made in %s; initdb said:\n%s", c.Dir, said)
}

// run runs a command to its end, or kills it with all its children when ctx ends.
func run(ctx context.Context, cmd *exec.Cmd) error {
	cmd.WaitDelay = quitBound
	if err := deathsig.Start(cmd, syscall.SIGKILL); err != nil {
		return err
	}
	defer context.AfterFunc(ctx, func() { _ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) })()
	return cmd.Wait()
}

// awaitReady waits until PostgreSQL says in postmaster.pid that it takes connections, and then makes one.
func (c *Cluster) awaitReady(ctx context.Context) error {
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		if pid, ready := postmaster(c.data); ready && pid == c.cmd.Process.Pid {
			conn, err := pgconn.Connect(ctx, c.DSN("postgres"))
			if err != nil {
				return domain.Errorf(domain.CodeUnavailable, "PostgreSQL in %s runs but does not let us in: %w", c.Dir, err)
			}
			return conn.Close(ctx)
		}
		select {
		case <-c.done:
			return domain.Errorf(domain.CodeUnavailable, "PostgreSQL in %s did not start; it said:\n%s", c.Dir, c.output.last(12))
		case <-ctx.Done():
			if !errors.Is(ctx.Err(), context.DeadlineExceeded) {
				return ctx.Err()
			}
			return domain.Errorf(domain.CodeUnavailable, "PostgreSQL in %s was not ready in time; it said:\n%s", c.Dir, c.output.last(12))
		case <-tick.C:
		}
	}
}

// DSN is the connection string (a URL, by the unix socket) of a database. It holds the password: never log it.
func (c *Cluster) DSN(database string) string {
	return address(c.password, c.sockets, strconv.Itoa(c.port), database)
}

// address makes the connection string of a database behind a unix socket. A blank in the folder's name is %20 in it: in
// PostgreSQL's connection strings + stands for itself.
func address(password, sockets, port, database string) string {
	query := url.Values{"host": {sockets}, "port": {port}}.Encode()
	u := url.URL{
		Scheme: "postgres", User: url.UserPassword(role, password), Path: "/" + database,
		RawQuery: strings.ReplaceAll(query, "+", "%20"),
	}
	return u.String()
}

// EnsureDatabase makes a database unless it is there, and gives its DSN.
func (c *Cluster) EnsureDatabase(ctx context.Context, database string) (string, error) {
	conn, err := pgx.Connect(ctx, c.DSN("postgres"))
	if err != nil {
		return "", fmt.Errorf("make database %s: %w", database, err)
	}
	defer conn.Close(context.WithoutCancel(ctx))
	var there bool
	if err := conn.QueryRow(ctx, "SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)", database).Scan(&there); err != nil {
		return "", fmt.Errorf("make database %s: %w", database, err)
	}
	if !there {
		if _, err := conn.Exec(ctx, "CREATE DATABASE "+pgx.Identifier{database}.Sanitize()); err != nil {
			return "", fmt.Errorf("make database %s: %w", database, err)
		}
	}
	return c.DSN(database), nil
}

// Done is closed when PostgreSQL has ended, by Stop or by itself. LastWords tells why.
func (c *Cluster) Done() <-chan struct{} { return c.done }

// LastWords gives the last lines that PostgreSQL said.
func (c *Cluster) LastWords() string { return c.output.last(12) }

// Stop ends PostgreSQL: open transactions are rolled back, everything committed is on disk. It takes at most 10 seconds, or
// as long as ctx allows, before it turns to an immediate shutdown, which the next start recovers from. It may be called twice.
func (c *Cluster) Stop(ctx context.Context) {
	c.stop.Do(func() {
		c.end(ctx)
		c.output.close()
		c.lock.Close()
	})
}

func (c *Cluster) end(ctx context.Context) {
	defer os.Remove(c.sockets) // it is empty now, and may lie in /tmp
	began := time.Now()
	fast, cancel := context.WithTimeout(ctx, fastBound)
	defer cancel()
	_ = c.cmd.Process.Signal(syscall.SIGINT)
	select {
	case <-c.done:
		c.log.Debug("PostgreSQL has stopped", "dir", c.Dir, "took", time.Since(began).Round(time.Millisecond))
		return
	case <-fast.Done():
	}
	c.log.Warn("PostgreSQL does not stop by itself; ending it at once", "dir", c.Dir)
	_ = c.cmd.Process.Signal(syscall.SIGQUIT)
	select {
	case <-c.done:
		return
	case <-time.After(quitBound):
	}
	_ = syscall.Kill(-c.cmd.Process.Pid, syscall.SIGKILL)
	<-c.done
}
