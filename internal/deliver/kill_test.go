package deliver_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/berdaya/berdaya/db/jobs"
	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/internal/deliver"
	"github.com/berdaya/berdaya/workflow"
)

// says is a channel whose receiver asks to be left alone for a while.
type says struct{ after time.Duration }

func (s says) Send(context.Context, *domain.Delivery) error {
	return deliver.Later(errors.New("busy"), s.after)
}

// dying is the store of a server that is killed before it can write down what became of an attempt.
type dying struct{ deliver.Store }

var errKilled = errors.New("killed")

func (dying) Settle(context.Context, *domain.Delivery) error { return errKilled }

// never is a channel of a server that is killed before it sends.
type never struct{}

func (never) Send(context.Context, *domain.Delivery) error { return nil }

// TestWhateverIsKilledEveryNoticeArrivesAndUnderOneID lets servers die at every point of sending, by chance, and several at
// once, with receivers that refuse by chance, until all is sent.
func TestWhateverIsKilledEveryNoticeArrivesAndUnderOneID(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for i := range 3 {
		w.member(t, fmt.Sprint("citra", i), "COORDINATOR 32", "COORDINATOR 33")
	}
	w.webhook(t, "ID", "/nation")
	w.webhook(t, "32", "/province")
	programmes := []uuid.UUID{w.programme(t, "32", "citra0"), w.programme(t, "32.73.05", "citra1"), w.programme(t, "33", "citra2")}
	wanted := map[string]map[string]bool{"/nation": {}, "/province": {}}
	rounds, seed := 10, uint64(1)
	if os.Getenv("BERDAYA_LONG") != "" {
		rounds, seed = 300, rand.Uint64()
	}
	t.Logf("seed %d", seed)
	chance := rand.New(rand.NewPCG(seed, 1))
	for range rounds {
		w.clock.pass(24 * time.Hour)
		for i, p := range programmes {
			for _, id := range w.goesOff(t, p, chance.IntN(4)) {
				wanted["/nation"][id.String()] = true
				if i < 2 {
					wanted["/province"][id.String()] = true
				}
			}
		}
		var makers sync.WaitGroup
		for range 2 { // two servers make them at once
			makers.Go(func() {
				_ = w.MakeDigests(context.Background(), workflow.JobRun{})
				_ = w.Publish(context.Background(), workflow.JobRun{})
			})
		}
		makers.Wait()
		w.make(t)
		for range chance.IntN(13) {
			pending := w.pending(t)
			if len(pending) == 0 {
				break
			}
			id := pending[chance.IntN(len(pending))]
			d := *w.Deliveries
			switch chance.IntN(5) {
			case 0:
				d.Store = dying{d.Store} // after sending
			case 1:
				d.Store, d.Channels = dying{d.Store}, map[domain.Channel]deliver.Channel{domain.Email: never{}, domain.WebhookChannel: never{}}
			case 2:
				w.clock.pass(2 * time.Minute) // a claim runs out
			case 3:
				busy := func(string) int { return 500 }
				w.answer.Store(&busy)
			}
			var both sync.WaitGroup
			for range 1 + chance.IntN(2) {
				both.Go(func() { _ = d.Send(context.Background(), run(id)) })
			}
			both.Wait()
			w.answer.Store(nil)
		}
		for range 30 { // the servers live on
			if len(w.pending(t)) == 0 {
				break
			}
			w.clock.pass(time.Hour)
			w.send(t)
		}
		if n, err := w.RetryAll(context.Background()); err != nil {
			t.Fatal(err)
		} else if n > 0 {
			w.send(t)
		}
		w.holds(t, wanted)
	}
}

func (w *world) pending(t testing.TB) (ids []uuid.UUID) {
	for _, d := range w.deliveries(t) {
		if d.State == domain.DeliveryPending {
			ids = append(ids, d.ID)
		}
	}
	return ids
}

// holds checks what must be true once everything is sent.
func (w *world) holds(t testing.TB, wanted map[string]map[string]bool) {
	all := w.deliveries(t)
	mailed := map[string]int{}
	for _, m := range w.mail.Taken() {
		mailed[m.Message(t).Header.Get("Message-Id")]++
	}
	for _, d := range all {
		if d.State != domain.DeliverySent {
			t.Fatalf("not sent: %+v", d)
		}
		if d.Channel == domain.Email && mailed["<"+d.ID.String()+"@example.org>"] == 0 {
			t.Fatalf("no mail of %s", d.ID)
		}
	}
	if n := w.count(t, `select count(*) from notifications where delivery_id is null`); n > 0 {
		t.Fatalf("%d notifications in no digest", n)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for path, want := range wanted {
		in := map[string]string{} // of each notice, the delivery
		for _, id := range w.got[path] {
			for _, n := range w.told[path+" "+id] {
				if before := in[n]; before != "" && before != id || !want[n] {
					t.Fatalf("%s got %s in %s and in %s", path, n, before, id)
				}
				in[n] = id
			}
		}
		if len(in) != len(want) {
			t.Fatalf("%s got %d of %d notices", path, len(in), len(want))
		}
	}
}

// TestJobsSendWhatIsMadeWhateverWasLost runs the real queue, with a job that was lost.
func TestJobsSendWhatIsMadeWhateverWasLost(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.member(t, "citra", "COORDINATOR 32")
	w.webhook(t, "32", "/province")
	w.Deliveries.Clock = domain.SystemClock{}
	w.clock.pass(time.Since(morning))
	w.goesOff(t, w.programme(t, "32", "citra"), 2)
	if err := w.Publish(t.Context(), workflow.JobRun{}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Pool.Exec(t.Context(), `delete from jobs.river_job`); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Pool.Exec(t.Context(), `update deliveries set next_attempt_at = now() - interval '11 minutes'`); err != nil {
		t.Fatal(err)
	}
	client, err := jobs.New(w.Pool, jobs.Config{Workers: []jobs.Worker{{Kind: deliver.SendJob, Work: w.Send}, {Kind: deliver.PublishJob, Work: w.Publish}, {Kind: deliver.DigestJob, Work: w.MakeDigests}},
		Periodic: []jobs.Periodic{{Kind: deliver.PublishJob, Every: time.Minute}}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		_ = client.Stop(ctx)
	})
	if err := client.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(30 * time.Second); w.states(t) != "0 pending, 1 sent, 0 dead"; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal(w.states(t))
		}
	}
	if got := w.arrived("/province"); len(got) != 1 {
		t.Error(got)
	}
}
