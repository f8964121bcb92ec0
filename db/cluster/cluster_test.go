package cluster

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/berdaya/berdaya/domain"
)

// The test binary plays the Berdaya that is killed: it starts the cluster, says so and waits.
func TestMain(m *testing.M) {
	dir := os.Getenv("CLUSTER_TEST_DIR")
	if dir == "" {
		os.Exit(m.Run())
	}
	c, err := Start(context.Background(), Options{Dir: dir})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(c.DSN("postgres"))
	<-c.Done()
}

// folder gives a folder short enough for a socket, and open to the account that PostgreSQL runs as.
func folder(t *testing.T) string { return filepath.Join(t.TempDir(), "c") }

func start(t *testing.T, o Options) *Cluster {
	t.Helper()
	c, err := Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Stop(context.Background()) })
	return c
}

func query[T any](t *testing.T, dsn, sql string) (value T) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	if err := conn.QueryRow(t.Context(), sql).Scan(&value); err != nil {
		t.Fatal(err)
	}
	return value
}

func exec1(t *testing.T, dsn, sql string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	if _, err := conn.Exec(t.Context(), sql); err != nil {
		t.Fatal(err)
	}
}

func TestASecondStartKeepsTheData(t *testing.T) {
	dir := folder(t)
	first := start(t, Options{Dir: dir})
	dsn, err := first.EnsureDatabase(t.Context(), "berdaya")
	if err != nil {
		t.Fatal(err)
	}
	exec1(t, dsn, "CREATE TABLE villages AS SELECT 'Sukamaju'::text AS name")
	first.Stop(t.Context())
	if alive, certain := processesIn(first.data); certain && len(alive) > 0 {
		t.Fatalf("processes %v are alive after Stop", alive)
	}

	began := time.Now()
	second := start(t, Options{Dir: dir})
	took := time.Since(began)
	t.Logf("the second start took %s", took)
	if took > 3*time.Second && os.Getenv("BERDAYA_LONG") != "" { // no bound where a test may share the machine with many others
		t.Errorf("the second start took %s", took)
	}
	if dsn, err = second.EnsureDatabase(t.Context(), "berdaya"); err != nil {
		t.Fatal(err)
	}
	if name := query[string](t, dsn, "SELECT name FROM villages"); name != "Sukamaju" {
		t.Fatalf("name = %q", name)
	}
	for setting, want := range map[string]string{
		"server_encoding": "UTF8", "lc_collate": "C", "jit": "off", "listen_addresses": "", "fsync": "on", "TimeZone": "UTC",
	} {
		if got := query[string](t, dsn, "SHOW "+setting); got != want {
			t.Errorf("%s = %q, want %q", setting, got, want)
		}
	}
	if conn, err := pgx.Connect(t.Context(), strings.Replace(dsn, second.password, "guess", 1)); err == nil {
		conn.Close(t.Context())
		t.Error("a wrong password was let in")
	}
}

func TestAPortIsLoopbackAlone(t *testing.T) {
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := free.Addr().(*net.TCPAddr).Port
	free.Close()
	c := start(t, Options{Dir: folder(t), Port: port, Fast: true})
	if got := query[string](t, c.DSN("postgres"), "SHOW listen_addresses"); got != "127.0.0.1" {
		t.Fatalf("listen_addresses = %q", got)
	}
	tcp := fmt.Sprintf("postgres://%s:%s@127.0.0.1:%d/postgres", role, c.password, port)
	if n := query[int](t, tcp, "SELECT 1"); n != 1 {
		t.Fatal("no answer by the port")
	}
}

func TestAClusterInUseNamesItsProcess(t *testing.T) {
	dir := folder(t)
	start(t, Options{Dir: dir, Fast: true})
	_, err := Start(t.Context(), Options{Dir: dir, Fast: true})
	if !errors.Is(err, ErrInUse) || domain.CodeOf(err) != domain.CodeConflict {
		t.Fatalf("err = %v", err)
	}
	if pid := strconv.Itoa(os.Getpid()); !strings.Contains(err.Error(), "process "+pid) {
		t.Fatalf("%q does not name process %s", err, pid)
	}
}

// killed starts the cluster from another process, which keeps it until kill is called.
func killed(t *testing.T, dir string) (dsn string, kill func()) {
	t.Helper()
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), "CLUSTER_TEST_DIR="+dir)
	child.Stderr = os.Stderr
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	kill = func() {
		_ = child.Process.Kill()
		_ = child.Wait()
	}
	t.Cleanup(kill)
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatalf("the other process said nothing: %v", err)
	}
	return strings.TrimSpace(line), kill
}

func TestAfterAKillNothingLivesAndCommittedDataAreKept(t *testing.T) {
	dir := folder(t)
	dsn, kill := killed(t, dir)
	exec1(t, dsn, "CREATE TABLE villages (name text)")
	exec1(t, dsn, "INSERT INTO villages SELECT 'village ' || n FROM generate_series(1, 1000) n")
	busy, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer busy.Close(context.Background())
	if _, err := busy.Exec(t.Context(), "BEGIN; INSERT INTO villages VALUES ('never committed')"); err != nil {
		t.Fatal(err)
	}

	kill()
	deadline := time.Now().Add(time.Minute)
	for data := filepath.Join(dir, "data"); ; time.Sleep(5 * time.Millisecond) {
		alive, certain := processesIn(data)
		if !certain {
			t.Skip("this system does not say which processes live in a folder")
		}
		if len(alive) == 0 {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("processes %v are alive a minute after the kill", alive)
		}
	}
	c := start(t, Options{Dir: dir})
	if n := query[int](t, c.DSN("postgres"), "SELECT count(*) FROM villages"); n != 1000 {
		t.Fatalf("%d villages were kept, want 1000", n)
	}
}

func TestAStartRightAfterAKillWaitsForThePredecessor(t *testing.T) {
	dir := folder(t)
	dsn, kill := killed(t, dir)
	exec1(t, dsn, "CREATE TABLE villages (name text)")
	kill()
	c := start(t, Options{Dir: dir})
	if n := query[int](t, c.DSN("postgres"), "SELECT count(*) FROM villages"); n != 0 {
		t.Fatalf("%d villages", n)
	}
}

func TestAStalePostmasterNumberOfAnotherProcessIsNoObstacle(t *testing.T) {
	dir := folder(t)
	c := start(t, Options{Dir: dir, Fast: true})
	c.Stop(t.Context())
	stale := fmt.Sprintf("%d\n%s\n1\n5432\n%s\n\n0 0\nready\n", os.Getpid(), c.data, c.sockets)
	if err := os.WriteFile(filepath.Join(c.data, "postmaster.pid"), []byte(stale), 0o600); err != nil {
		t.Fatal(err)
	}
	start(t, Options{Dir: dir, Fast: true})
}

func TestAnUnfinishedClusterIsMadeAnew(t *testing.T) {
	dir := folder(t)
	if err := os.MkdirAll(filepath.Join(dir, "data.new", "base"), 0o700); err != nil {
		t.Fatal(err)
	}
	start(t, Options{Dir: dir, Fast: true})
}

func TestAFolderMayHaveAnyName(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "a b+c'd\"e%41$f&g=h#i")
	c := start(t, Options{Dir: dir})
	if got := query[string](t, c.DSN("postgres"), "select 'in'"); got != "in" {
		t.Error(got)
	}
	dsn, ok := Running(dir, "postgres")
	if !ok {
		t.Fatal("it is not seen to be running")
	}
	if got := query[string](t, dsn, "select 'in'"); got != "in" {
		t.Error(got)
	}
}

func TestALongPathStillGetsASocket(t *testing.T) {
	dir := filepath.Join(t.TempDir(), strings.Repeat("kecamatan-", 12), "c")
	c := start(t, Options{Dir: dir, Fast: true})
	if len(c.sockets) > socketRoom || !strings.HasPrefix(c.sockets, "/tmp/berdaya-") {
		t.Fatalf("sockets in %s", c.sockets)
	}
	c.Stop(t.Context())
	if _, err := os.Stat(c.sockets); !errors.Is(err, fs.ErrNotExist) {
		t.Fatalf("%s is left over: %v", c.sockets, err)
	}
}

func TestAFailedStartShowsWhatPostgreSQLSaid(t *testing.T) {
	dir := folder(t)
	c := start(t, Options{Dir: dir, Fast: true})
	c.Stop(t.Context())
	if err := os.Remove(filepath.Join(c.data, "global", "pg_control")); err != nil {
		t.Fatal(err)
	}
	_, err := Start(t.Context(), Options{Dir: dir, Fast: true})
	if domain.CodeOf(err) != domain.CodeUnavailable || !strings.Contains(err.Error(), "could not find the database system") {
		t.Fatalf("err = %v", err)
	}
	if _, err := os.Stat(filepath.Join(dir, "postgres.log")); err != nil {
		t.Error(err)
	}
	// The lock is free again: the next attempt fails for the same reason.
	if _, err := Start(t.Context(), Options{Dir: dir, Fast: true}); errors.Is(err, ErrInUse) {
		t.Fatal("a failed start keeps the lock")
	}
}
