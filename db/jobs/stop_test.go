package jobs_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/berdaya/berdaya/db"
	"github.com/berdaya/berdaya/db/dbtest"
	"github.com/berdaya/berdaya/db/jobs"
	"github.com/berdaya/berdaya/workflow"
)

// victimVariable has this binary work jobs off until it is killed.
const victimVariable = "BERDAYA_TEST_JOBS_VICTIM"

func TestMain(m *testing.M) {
	if dsn := os.Getenv(victimVariable); dsn != "" {
		fmt.Fprintln(os.Stderr, victim(dsn))
		os.Exit(1)
	}
	os.Exit(m.Run())
}

func victim(dsn string) error {
	pool, err := pgxpool.New(context.Background(), dsn)
	if err != nil {
		return err
	}
	client, err := jobs.New(pool, jobs.Config{Workers: []jobs.Worker{{Kind: "survive", Work: func(context.Context, jobs.Run) error {
		fmt.Println("running")
		select {}
	}}}})
	if err != nil {
		return err
	}
	if err := client.Start(context.Background()); err != nil {
		return err
	}
	select {}
}

// runVictim starts a server that begins the job and never ends it.
func runVictim(t *testing.T, d *db.DB) *exec.Cmd {
	t.Helper()
	killed := exec.Command(os.Args[0])
	killed.Env = append(os.Environ(), victimVariable+"="+d.Pool.Config().ConnString())
	killed.Stderr = os.Stderr
	out, err := killed.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := killed.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = killed.Process.Kill() })
	if line, err := bufio.NewReader(out).ReadString('\n'); strings.TrimSpace(line) != "running" {
		t.Fatalf("it said %q, %v", line, err)
	}
	return killed
}

func TestAJobWhoseServerWasKilledIsDoneByAnother(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t)
	if err := d.Commands().Enqueue(t.Context(), workflow.Job{Kind: "survive"}); err != nil {
		t.Fatal(err)
	}
	// The leader is somebody else, so that no time passes until its place is free.
	leader := start(t, d, jobs.Config{Workers: []jobs.Worker{{Kind: "other", Work: func(context.Context, jobs.Run) error { return nil }}}})
	until(t, "there is a leader", func() bool {
		var n int
		err := d.Pool.QueryRow(t.Context(), "select count(*) from jobs.river_leader").Scan(&n)
		return err == nil && n == 1
	})
	killed := runVictim(t, d)
	if err := killed.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = killed.Wait()
	if n := count(t, d, "state = 'running'"); n != 1 {
		t.Fatalf("%d run for nobody", n)
	}
	if err := leader.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	var got seen
	start(t, d, jobs.Config{RescueAfter: time.Second, Workers: []jobs.Worker{{Kind: "survive", Timeout: time.Second, Work: func(_ context.Context, r jobs.Run) error {
		got.add(r)
		return nil
	}}}})
	// A new leader looks at once, and then every half a minute; on a slow machine the job has not run for a second before.
	for deadline := time.Now().Add(2 * time.Minute); count(t, d, "state = 'completed'") == 0; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("nobody does it")
		}
	}
	if runs := got.all(); len(runs) != 1 || runs[0].Attempt != 2 {
		t.Errorf("runs %+v", runs)
	}
}

// A server that leads dies with a job, with everything as it is in production: about a quarter of a minute until another leads,
// a minute until the job is held to have lost its server, up to half a minute until somebody looks.
func TestAJobOfALeaderThatWasKilledIsDoneByAnotherInGoodTime(t *testing.T) {
	if os.Getenv("BERDAYA_LONG") == "" {
		t.Skip("takes two minutes; BERDAYA_LONG=1 runs it")
	}
	t.Parallel()
	d := dbtest.New(t)
	if err := d.Commands().Enqueue(t.Context(), workflow.Job{Kind: "survive"}); err != nil {
		t.Fatal(err)
	}
	killed := runVictim(t, d)
	until(t, "it leads", func() bool {
		var n int
		err := d.Pool.QueryRow(t.Context(), "select count(*) from jobs.river_leader").Scan(&n)
		return err == nil && n == 1
	})
	done := make(chan struct{})
	start(t, d, jobs.Config{Workers: []jobs.Worker{{Kind: "survive", Work: func(context.Context, jobs.Run) error {
		close(done)
		return nil
	}}}})
	if err := killed.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = killed.Wait()
	began := time.Now()
	select {
	case <-done:
		t.Logf("after %s", time.Since(began).Round(time.Second))
	case <-time.After(150 * time.Second):
		t.Fatal("nobody does it")
	}
}

func TestStoppingEndsWhatRunsAndCostsNoAttempt(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t)
	running := make(chan struct{})
	client := start(t, d, jobs.Config{Workers: []jobs.Worker{{Kind: "long", Work: func(ctx context.Context, _ jobs.Run) error {
		close(running)
		<-ctx.Done()
		return ctx.Err()
	}}}})
	if err := d.Commands().Enqueue(t.Context(), workflow.Job{Kind: "long", Attempts: 1}); err != nil {
		t.Fatal(err)
	}
	<-running
	if err := client.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := count(t, d, "state = 'available' and attempt = 0 and errors is null"); n != 1 {
		t.Error("it does not wait for another server")
	}
}

func TestStoppingIsBoundedWhateverAWorkerDoes(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t)
	running, release := make(chan struct{}), make(chan struct{})
	client := start(t, d, jobs.Config{Workers: []jobs.Worker{{Kind: "deaf", Work: func(context.Context, jobs.Run) error {
		close(running)
		<-release
		return nil
	}}}})
	if err := d.Commands().Enqueue(t.Context(), workflow.Job{Kind: "deaf"}); err != nil {
		t.Fatal(err)
	}
	<-running
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	if err := client.Stop(ctx); err == nil || !strings.Contains(err.Error(), "did not stop in time") { // the worker would go on for ever
		t.Errorf("Stop: %v", err)
	}
	close(release)
}

func TestAClientThatIsStartedBeforeItsDatabaseBeginsLater(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t)
	name := d.Pool.Config().ConnConfig.Database
	admin := d.Pool.Config().ConnConfig.Copy()
	admin.Database = "postgres"
	conn, err := pgx.ConnectConfig(t.Context(), admin)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	allow := func(yes bool) {
		t.Helper()
		if _, err := conn.Exec(t.Context(), fmt.Sprintf("alter database %s allow_connections %t", name, yes)); err != nil {
			t.Fatal(err)
		}
	}
	if err := d.Commands().Enqueue(t.Context(), workflow.Job{Kind: "patient"}); err != nil {
		t.Fatal(err)
	}
	allow(false)
	var log lines
	done := make(chan struct{})
	config := jobs.Config{Logger: slog.New(slog.NewTextHandler(&log, nil)), Workers: []jobs.Worker{{Kind: "patient", Work: func(context.Context, jobs.Run) error {
		close(done)
		return nil
	}}}}
	patient, err := jobs.New(d.Pool, config)
	if err != nil {
		t.Fatal(err)
	}
	started := make(chan error, 1)
	go func() { started <- patient.Start(t.Context()) }()
	until(t, "it says that it waits", func() bool { return log.has("jobs are not taken yet") })
	givesUp, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	never, err := jobs.New(d.Pool, config)
	if err != nil {
		t.Fatal(err)
	}
	if err := never.Start(givesUp); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Start: %v", err)
	}
	if err := never.Stop(t.Context()); err != nil {
		t.Error(err)
	}
	allow(true)
	if err := <-started; err != nil {
		t.Fatal(err)
	}
	<-done
	if err := patient.Stop(t.Context()); err != nil {
		t.Error(err)
	}
}

// Not parallel, so that every goroutine is its own.
func TestAClientThatHasStoppedLeavesNothing(t *testing.T) {
	d := dbtest.New(t)
	connections := func() (n int) {
		if err := d.Pool.QueryRow(t.Context(), "select count(*) from pg_stat_activity where datname = current_database() and application_name = 'berdaya jobs'").Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	connections()
	before := runtime.NumGoroutine()
	client, err := jobs.New(d.Pool, jobs.Config{Workers: []jobs.Worker{{Kind: "some", Work: func(context.Context, jobs.Run) error { return nil }}},
		Periodic: []jobs.Periodic{{Kind: "some", Every: time.Second}}})
	if err != nil {
		t.Fatal(err)
	}
	if err := client.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	until(t, "some are done", func() bool { return count(t, d, "state = 'completed'") > 0 })
	if connections() == 0 {
		t.Error("it has no connections of its own")
	}
	if err := client.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	until(t, "nothing is left", func() bool { return connections() == 0 && runtime.NumGoroutine() <= before })
}

func TestWhatCannotBeWorkedIsRefused(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t)
	work := func(context.Context, jobs.Run) error { return nil }
	for says, c := range map[string]jobs.Config{
		"no kind of job":    {Workers: []jobs.Worker{{Kind: "Send Mail", Work: work}}},
		"two workers":       {Workers: []jobs.Worker{{Kind: "a", Work: work}, {Kind: "a", Work: work}}},
		"does nothing":      {Workers: []jobs.Worker{{Kind: "a"}}},
		"may take up to":    {Workers: []jobs.Worker{{Kind: "a", Work: work, Timeout: time.Hour}}},
		"at once":           {Workers: []jobs.Worker{{Kind: "a", Work: work, Limit: 1000}}},
		"has no worker":     {Workers: []jobs.Worker{{Kind: "a", Work: work}}, Periodic: []jobs.Periodic{{Kind: "b", Every: time.Hour}}},
		"the period":        {Workers: []jobs.Worker{{Kind: "a", Work: work}}, Periodic: []jobs.Periodic{{Kind: "a"}}},
		"periodic twice":    {Workers: []jobs.Worker{{Kind: "a", Work: work}}, Periodic: []jobs.Periodic{{Kind: "a", Every: time.Hour}, {Kind: "a", Every: time.Minute}}},
		"cannot be written": {Workers: []jobs.Worker{{Kind: "a", Work: work}}, Periodic: []jobs.Periodic{{Kind: "a", Every: time.Hour, Args: work}}},
	} {
		if _, err := jobs.New(d.Pool, c); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: %v", says, err)
		}
	}
	for says, j := range map[string]workflow.Job{
		"no kind of job":    {Kind: "1"},
		"cannot be written": {Kind: "a", Args: work},
		"bytes, more than":  {Kind: "a", Args: strings.Repeat("x", 1<<17)},
		"the key of":        {Kind: "a", Key: strings.Repeat("x", 201)},
		"the priority":      {Kind: "a", Priority: 5},
		"may be tried":      {Kind: "a", Attempts: -1},
	} {
		if err := d.Commands().Enqueue(t.Context(), j); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: %v", says, err)
		}
	}
	if n := count(t, d, "true"); n != 0 {
		t.Errorf("%d were taken", n)
	}
}
