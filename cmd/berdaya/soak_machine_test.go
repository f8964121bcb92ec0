package main

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/berdaya/berdaya/db"
	"github.com/berdaya/berdaya/db/cluster"
	"github.com/berdaya/berdaya/db/migrate"
	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/internal/deathsig"
	"github.com/berdaya/berdaya/internal/members"
	"github.com/berdaya/berdaya/internal/regions"
	"github.com/berdaya/berdaya/internal/token"
)

// machine runs the program as a service manager would: what dies is started again. Everything it makes lies below one folder,
// so that what is left can be found: by /proc, where a process shows the folder in its command, its environment, its program
// or the folder it works in.
type machine struct {
	root    string
	command string // serve, beside a PostgreSQL of its own; or dev, which brings one
	address string
	issue   func(role, region string) string

	struck map[string]int
	left   string // what was looked at in the end

	mu      sync.Mutex
	server  int // its process; 0 while there is none
	started int

	stopServer, stopCluster context.CancelFunc
	services                sync.WaitGroup
}

// again is how long a service manager waits before it starts a service again.
const again = 100 * time.Millisecond

func newMachine(t *testing.T, command string) *machine {
	t.Helper()
	root, err := os.MkdirTemp("", "soak-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if !t.Failed() {
			_ = os.RemoveAll(root)
		}
	})
	m := &machine{root: root, command: command, address: freeAddress(t), struck: map[string]int{}}
	for _, folder := range []string{root, m.data(), m.temporary()} {
		if err := os.MkdirAll(folder, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(folder, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	text := strings.Repeat("a soaked secret ", 3)
	if err := os.WriteFile(secretFile(m.data()), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	secret, err := token.ParseSecret(text)
	if err != nil {
		t.Fatal(err)
	}
	issuer := token.NewIssuer(secret, time.Now)
	m.issue = func(role, region string) string {
		subject, err := members.DevelopmentSubject(role, region)
		if err != nil {
			t.Fatal(err)
		}
		text, err := issuer.Issue(subject, 24*time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		return text
	}

	var serving, clustering context.Context
	serving, m.stopServer = context.WithCancel(context.Background())
	clustering, m.stopCluster = context.WithCancel(context.Background())
	t.Cleanup(func() { m.stopServer(); m.stopCluster(); m.services.Wait() })
	args, env := []string{"dev", "--demo", "none"}, append(os.Environ(), asProgram+"=1", "TMPDIR="+m.temporary(), "DATABASE_URL=")
	if command == "serve" {
		up := make(chan struct{})
		m.services.Go(func() { m.keepCluster(t, clustering, up) })
		<-up
		m.prepare(t)
		args, env = []string{"serve", "--token-secret-file", secretFile(m.data())}, append(env, "DATABASE_URL="+m.dsn(t))
	}
	args = append(args, "--data", m.data(), "--listen", m.address)
	m.services.Go(func() { m.keepServer(t, serving, args, env) })
	return m
}

func (m *machine) data() string      { return filepath.Join(m.root, "data") }
func (m *machine) temporary() string { return filepath.Join(m.root, "tmp") }
func (m *machine) postgres() string  { return clusterDir(m.data()) }
func (m *machine) url() string       { return "http://" + m.address }

func (m *machine) starts() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.started
}

// prepare brings the database of a production server to where an operator has it.
func (m *machine) prepare(t *testing.T) {
	t.Helper()
	set, err := migrate.Embedded()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := set.Up(t.Context(), m.dsn(t)); err != nil {
		t.Fatal(err)
	}
	d, err := db.Open(t.Context(), m.dsn(t), db.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if _, _, err := regions.Seed(t.Context(), d, regions.Options{}); err != nil {
		t.Fatal(err)
	}
	if _, err := members.New(d, domain.SystemClock{}, domain.RandomIDs{}).EnsureDevelopment(t.Context(), domain.RegionalAdmin, "32"); err != nil {
		t.Fatal(err)
	}
}

// dsn gives the database as it runs now.
func (m *machine) dsn(t *testing.T) (dsn string) {
	t.Helper()
	until(t, time.Minute, "PostgreSQL runs", func() (ok bool) {
		dsn, ok = cluster.Running(m.postgres(), databaseName)
		return ok
	})
	return dsn
}

// keepCluster keeps PostgreSQL running.
func (m *machine) keepCluster(t *testing.T, ctx context.Context, up chan<- struct{}) {
	for started := false; ctx.Err() == nil; {
		c, err := cluster.Start(context.Background(), cluster.Options{Dir: m.postgres(), Log: slog.New(slog.DiscardHandler)})
		if err != nil && started { // it may be struck while it starts
			<-after(ctx, again)
			continue
		}
		if err == nil && !started {
			_, err = c.EnsureDatabase(ctx, databaseName)
		}
		if err != nil {
			t.Errorf("PostgreSQL did not start: %v", err)
			close(up)
			return
		}
		if !started {
			close(up)
			started = true
		}
		select {
		case <-c.Done():
			<-after(ctx, again)
		case <-ctx.Done():
		}
		c.Stop(context.Background())
	}
}

// keepServer keeps the server running.
func (m *machine) keepServer(t *testing.T, ctx context.Context, args, env []string) {
	self, err := os.Executable()
	if err != nil {
		t.Error(err)
		return
	}
	log, err := os.Create(filepath.Join(m.root, "server.log"))
	if err != nil {
		t.Error(err)
		return
	}
	defer log.Close()
	for ctx.Err() == nil {
		cmd := exec.Command(self, args...)
		cmd.Env, cmd.Stdout, cmd.Stderr = env, log, log
		if err := deathsig.Start(cmd, syscall.SIGKILL); err != nil {
			t.Error(err)
			return
		}
		m.mu.Lock()
		m.server = cmd.Process.Pid
		m.started++
		m.mu.Unlock()
		stop := context.AfterFunc(ctx, func() { _ = cmd.Process.Signal(syscall.SIGTERM) })
		ended := cmd.Wait()
		stop()
		m.mu.Lock()
		m.server = 0
		m.mu.Unlock()
		fmt.Fprintf(log, "== ended: %v\n", ended)
		<-after(ctx, again)
	}
}

// after is closed when some time has passed or the context has ended.
func after(ctx context.Context, d time.Duration) <-chan struct{} {
	ctx, cancel := context.WithTimeout(ctx, d)
	context.AfterFunc(ctx, cancel)
	return ctx.Done()
}

// process gives the process that a kind of strike hits; 0 while there is none.
func (m *machine) process(kind string) int {
	switch kind {
	case killServer:
		m.mu.Lock()
		defer m.mu.Unlock()
		return m.server
	case killDatabase:
		return m.postmaster()
	}
	return m.rules()
}

// strike kills or freezes, and gives the process; 0 where there was none.
func (m *machine) strike(kind string) int {
	pid, signal := m.process(kind), syscall.SIGKILL
	if kind == freezeRules {
		signal = syscall.SIGSTOP
	}
	if pid == 0 || syscall.Kill(pid, signal) != nil {
		return 0
	}
	m.struck[kind]++
	return pid
}

func (m *machine) postmaster() int { return postmasterIn(filepath.Join(m.postgres(), "data")) }

// postmasterIn gives the first process of the PostgreSQL in a data directory, by what it says and by where it works; 0 for none.
func postmasterIn(data string) int {
	text, err := os.ReadFile(filepath.Join(data, "postmaster.pid"))
	if err != nil {
		return 0
	}
	first, _, _ := strings.Cut(string(text), "\n")
	pid, _ := strconv.Atoi(first)
	if cwd, err := os.Readlink(fmt.Sprintf("/proc/%d/cwd", pid)); err != nil || cwd != data {
		return 0
	}
	return pid
}

// rules gives the process of the national rules: a child of the server's.
func (m *machine) rules() int {
	m.mu.Lock()
	server := m.server
	m.mu.Unlock()
	for _, p := range m.processes() {
		if p.parent == server && strings.Contains(p.command, pluginProcess) {
			return p.pid
		}
	}
	return 0
}

type processInfo struct {
	pid, parent int
	zombie      bool
	command     string
}

// processes lists the processes that show the machine's folder anywhere.
func (m *machine) processes() (list []processInfo) {
	folders, _ := filepath.Glob("/proc/[0-9]*")
	for _, folder := range folders {
		pid, _ := strconv.Atoi(filepath.Base(folder))
		if pid == os.Getpid() {
			continue
		}
		command, _ := os.ReadFile(folder + "/cmdline")
		environment, _ := os.ReadFile(folder + "/environ")
		cwd, _ := os.Readlink(folder + "/cwd")
		program, _ := os.Readlink(folder + "/exe")
		stat, err := os.ReadFile(folder + "/stat")
		if err != nil {
			continue
		}
		_, rest, _ := strings.Cut(string(stat), ") ")
		fields := strings.Fields(rest)
		parent, _ := strconv.Atoi(fields[1])
		mine := bytes.Contains(slices.Concat(command, environment, []byte(cwd), []byte(program)), []byte(m.root))
		if mine || fields[0] == "Z" && parent == os.Getpid() {
			list = append(list, processInfo{pid, parent, fields[0] == "Z", strings.ReplaceAll(string(command), "\x00", " ")})
		}
	}
	return list
}

// openFiles counts what the server has open.
func (m *machine) openFiles() int {
	list, _ := os.ReadDir(fmt.Sprintf("/proc/%d/fd", m.process(killServer)))
	return len(list)
}

// connections counts the server's connections to PostgreSQL.
func (m *machine) connections(t *testing.T) (n int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	conn, err := pgx.Connect(ctx, m.dsn(t))
	if err != nil {
		t.Log("connections could not be counted:", err)
		return 0
	}
	defer conn.Close(ctx)
	err = conn.QueryRow(ctx, "select count(*) from pg_stat_activity where backend_type = 'client backend' and application_name like 'berdaya%'").Scan(&n)
	if err != nil {
		t.Log("connections could not be counted:", err)
	}
	return n
}

// end stops everything in order and looks for what is left.
func (m *machine) end(t *testing.T) {
	t.Helper()
	// Folders of servers that were killed go when the next one starts, but not while they are so young that their owner may
	// not have locked them yet: they are made older.
	// The same holds for a program that was half copied.
	places, _ := filepath.Glob(filepath.Join(m.temporary(), "*"))
	copies, _ := filepath.Glob(filepath.Join(m.data(), "programs", "*", "new-*"))
	for _, path := range append(places, copies...) {
		old := time.Now().Add(-2 * time.Hour)
		_ = os.Chtimes(path, old, old)
	}
	before := m.starts()
	m.strike(killServer)
	m.struck[killServer]--
	until(t, time.Minute, "the server was started once more", func() bool { return m.starts() > before && m.rules() != 0 })
	until(t, time.Minute, "it listens", func() bool {
		c, err := net.Dial("tcp", m.address)
		if err == nil {
			c.Close()
		}
		return err == nil
	})
	m.stopServer()
	if m.command == "serve" {
		until(t, time.Minute, "the server has ended", func() bool { m.mu.Lock(); defer m.mu.Unlock(); return m.server == 0 })
		until(t, 10*time.Second, "it left no connection to PostgreSQL", func() bool { return m.connections(t) == 0 })
	}
	m.stopCluster()
	m.services.Wait()

	until(t, 10*time.Second, "no process is left", func() bool { return len(m.processes()) == 0 || t.Failed() })
	if left, _ := os.ReadDir(m.temporary()); len(left) > 0 {
		t.Errorf("temporary files are left: %v", left)
	}
	if sockets, err := os.ReadFile("/proc/net/unix"); err == nil && bytes.Contains(sockets, []byte(m.root)) {
		t.Errorf("sockets are left in %s", m.root)
	}
	l, err := net.Listen("tcp", m.address)
	if err != nil {
		t.Errorf("somebody still listens: %v", err)
	} else {
		l.Close()
	}
	m.files(t)
	m.left = "no process, zombie, socket, listener, connection, temporary file, unknown file"
}

// files looks for files in the data folder that nobody knows.
func (m *machine) files(t *testing.T) {
	t.Helper()
	programs := 0
	err := filepath.WalkDir(m.data(), func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, _ := filepath.Rel(m.data(), path)
		parts := strings.Split(rel, string(filepath.Separator))
		switch {
		case slices.Contains([]string{".", "token.secret", "programs", "postgres", "postgres/lock", "postgres/password", "postgres/postgres.log",
			"postgres/postgres.log.1"}, rel):
		case rel == "postgres/data":
			return fs.SkipDir
		case parts[0] == "programs" && len(parts) == 2 && d.IsDir() && len(parts[1]) == 64:
			programs++
		case parts[0] == "programs" && len(parts) == 3 && !strings.HasPrefix(parts[2], "new-"):
		default:
			t.Errorf("%s is left in the data folder", rel)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	if programs > 1 {
		t.Errorf("%d programs are kept", programs)
	}
	if left, _ := filepath.Glob(filepath.Join(m.postgres(), "data", "base", "pgsql_tmp", "*")); len(left) > 0 {
		t.Errorf("PostgreSQL left %v", left)
	}
}

// open is what a process has open.
type open struct{ goroutines, files int }

func openHere(t *testing.T) open {
	t.Helper()
	files, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return open{runtime.NumGoroutine(), len(files)}
}

// freeAddress gives a loopback address that nobody listens on.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}
