package main

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/berdaya/berdaya/db"
	"github.com/berdaya/berdaya/db/dbtest"
	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/internal/access"
	"github.com/berdaya/berdaya/internal/deliver"
	"github.com/berdaya/berdaya/internal/token"
	"github.com/berdaya/berdaya/internal/webhooks"
	"github.com/berdaya/berdaya/workflow"
)

// TestAServerThatIsKilledWhileItSendsLosesNothing kills servers with SIGKILL while a receiver has their messages in its hands,
// until one lives; every notice must have arrived, in one delivery each.
func TestAServerThatIsKilledWhileItSendsLosesNothing(t *testing.T) {
	t.Parallel()
	dsn := dbtest.MigratedDSN(t)
	d, err := db.Open(t.Context(), dsn, db.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	dbtest.Regions(t, d, "32.73")
	dbtest.Member(t, d, "citra")

	var mu sync.Mutex
	arrived, held := map[string]map[string]int{}, make(chan struct{}) // of each notice, how often in which delivery
	kills := 2
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		raw, _ := io.ReadAll(r.Body)
		var body struct {
			Data struct{ Notices []struct{ ID string } }
		}
		_ = json.Unmarshal(raw, &body)
		mu.Lock()
		for _, n := range body.Data.Notices {
			if arrived[n.ID] == nil {
				arrived[n.ID] = map[string]int{}
			}
			arrived[n.ID][r.Header.Get("webhook-id")]++
		}
		dies := kills > 0
		if dies {
			kills--
		}
		mu.Unlock()
		if dies { // it has the message; whoever sent it does not learn that
			held <- struct{}{}
			<-r.Context().Done()
		}
	}))
	t.Cleanup(receiver.Close)

	secret, err := token.ParseSecret(strings.Repeat("s", 40))
	if err != nil {
		t.Fatal(err)
	}
	sealer, err := webhooks.NewSealer(secret.Derive("webhooks"))
	if err != nil {
		t.Fatal(err)
	}
	clock, ids := domain.SystemClock{}, domain.RandomIDs{}
	hooks := &webhooks.Webhooks{Store: d.Webhooks(), Sealer: sealer, Reach: webhooks.Reach{Private: true}, Clock: clock, IDs: ids}
	admin := access.Actor{Subject: "rina", Grants: []access.Grant{{Role: domain.RegionalAdmin, Region: "32"}}}
	if _, _, err := hooks.Create(t.Context(), admin, webhooks.New{Region: "32", URL: receiver.URL, Active: true}); err != nil {
		t.Fatal(err)
	}
	wanted := tellFive(t, d)
	out := &deliver.Deliveries{Store: d.Deliveries(), Clock: clock, IDs: ids, Lease: time.Second}
	if err := out.Publish(t.Context(), workflow.JobRun{}); err != nil {
		t.Fatal(err)
	}
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		cmd := exec.Command(program, "serve", "--listen", "127.0.0.1:0", "--data", filepath.Join(t.TempDir(), "data"))
		cmd.Env = append(os.Environ(), asProgram+"=1", "DATABASE_URL="+dsn, secretEnv+"="+strings.Repeat("s", 40), privateEnv+"=allow")
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		select {
		case <-held:
		case <-time.After(time.Minute):
			t.Error("nothing was sent")
		}
		_ = cmd.Process.Signal(syscall.SIGKILL)
		_ = cmd.Wait()
		// The claim and the job of a server that is gone run out in minutes; a test has less time.
		if _, err := d.Pool.Exec(t.Context(), `update deliveries set next_attempt_at = now() where state = 'PENDING'`); err != nil {
			t.Fatal(err)
		}
		if _, err := d.Pool.Exec(t.Context(), `update jobs.river_job set state = 'available', scheduled_at = now() where kind = 'send_delivery' and state = 'running'`); err != nil {
			t.Fatal(err)
		}
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	sv, err := newServer(t.Context(), settings{DSN: dsn, Secret: secret, Outgoing: outgoing{Reach: webhooks.Reach{Private: true}}, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	defer sv.close()
	ctx, stop := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() { served <- sv.serve(ctx, l) }()
	until(t, time.Minute, "it is sent", func() bool {
		sent, err := d.Deliveries().List(t.Context(), domain.DeliverySent, 10)
		return err == nil && len(sent) == 1
	})
	stop()
	if err := <-served; err != nil {
		t.Error(err)
	}
	mu.Lock()
	defer mu.Unlock()
	if len(arrived) != len(wanted) {
		t.Errorf("%d of %d notices arrived", len(arrived), len(wanted))
	}
	for _, id := range wanted {
		if len(arrived[id.String()]) != 1 {
			t.Errorf("%s arrived in %d deliveries", id, len(arrived[id.String()]))
		}
		for delivery, times := range arrived[id.String()] {
			if times < 3 {
				t.Errorf("%s was sent %d times, not again after each kill", delivery, times)
			}
		}
	}
}

// tellFive has five timers of a new programme go off, and gives the ids of their notices.
func tellFive(t *testing.T, d *db.DB) (ids []uuid.UUID) {
	t.Helper()
	now := time.Now().UTC()
	record := func() domain.Record {
		return domain.Record{ID: uuid.Must(uuid.NewV7()), CreatedAt: now, UpdatedAt: now}
	}
	insert := func(row any) {
		if _, err := d.Bun.NewInsert().Model(row).Exec(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	p := &domain.Programme{Record: record(), RegionCode: "32.73", Code: "WATER-1", Title: "Clean water", StartDate: "2026-01-01", EndDate: "2026-12-31", Coordinator: "citra",
		Stage: domain.Plan, Status: domain.Active, StageEnteredAt: now, Version: 1, FactsVersion: 1}
	insert(p)
	for range 5 {
		timer := &domain.Timer{Record: record(), ProgrammeID: p.ID, Stage: p.Stage, Kind: domain.TimerCheckpoint, OffsetDays: 30, FiresAt: now, State: domain.TimerFired}
		insert(timer)
		e := &domain.TimerEvent{ID: uuid.Must(uuid.NewV7()), TimerID: timer.ID, ProgrammeID: p.ID, Stage: p.Stage, Kind: timer.Kind, OffsetDays: 30, FiresAt: now, FiredAt: now}
		insert(e)
		ids = append(ids, e.ID)
	}
	if err := d.Notices().TellTimers(t.Context(), ids); err != nil {
		t.Fatal(err)
	}
	return ids
}
