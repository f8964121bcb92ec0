package deliver_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/berdaya/berdaya/db"
	"github.com/berdaya/berdaya/db/dbtest"
	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/internal/access"
	"github.com/berdaya/berdaya/internal/deliver"
	"github.com/berdaya/berdaya/internal/mail"
	"github.com/berdaya/berdaya/internal/mail/mailtest"
	"github.com/berdaya/berdaya/internal/webhooks"
	"github.com/berdaya/berdaya/workflow"
)

// morning is when the tests begin: in the second hour of a day, so that digests do not wait for timers.
var morning = time.Date(2026, 5, 4, 1, 30, 0, 0, time.UTC)

// clock is moved on by tests.
type clock struct{ ahead atomic.Int64 }

func (c *clock) Now() time.Time       { return morning.Add(time.Duration(c.ahead.Load())) }
func (c *clock) pass(d time.Duration) { c.ahead.Add(int64(d)) }

// world is a database with receivers that are real: an SMTP server, and one for HTTP.
type world struct {
	*db.DB
	*deliver.Deliveries
	clock *clock
	mail  *mailtest.Server
	hooks *webhooks.Webhooks
	url   string // of the HTTP server

	answer atomic.Pointer[func(path string) int] // the status that it answers; nil: 200
	rcpt   atomic.Pointer[func(to string) error] // what the SMTP server says of a recipient

	mu   sync.Mutex
	got  map[string][]string // by path, the ids of the deliveries that arrived, with repetitions
	told map[string][]string // by path and id of the delivery, the notices in it
}

var minister = access.Actor{Subject: "minister", Locale: domain.English, Grants: []access.Grant{{Role: domain.NationalAdmin, Region: "ID"}}}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{DB: dbtest.New(t), clock: &clock{}, got: map[string][]string{}, told: map[string][]string{}}
	w.mail = mailtest.New(t, mailtest.Options{Rcpt: func(to string) error {
		if say := w.rcpt.Load(); say != nil {
			return (*say)(to)
		}
		return nil
	}})
	server := httptest.NewServer(http.HandlerFunc(w.receive))
	t.Cleanup(server.Close)
	w.url = server.URL
	settings, err := mail.ParseURL("smtp://"+w.mail.Addr, "berdaya@example.org")
	if err != nil {
		t.Fatal(err)
	}
	sealer, err := webhooks.NewSealer(make([]byte, 32))
	if err != nil {
		t.Fatal(err)
	}
	reach := webhooks.Reach{Private: true}
	w.hooks = &webhooks.Webhooks{Store: w.DB.Webhooks(), Sealer: sealer, Reach: reach, Clock: w.clock, IDs: domain.RandomIDs{}}
	w.Deliveries = &deliver.Deliveries{Store: w.DB.Deliveries(), Clock: w.clock, IDs: domain.RandomIDs{}, Channels: map[domain.Channel]deliver.Channel{
		domain.Email:          mail.Digests{Store: w.DB.Notices(), Settings: settings},
		domain.WebhookChannel: webhooks.NewPoster(w.DB.Webhooks(), sealer, w.clock, reach, uuid.UUID.String),
	}}
	dbtest.Regions(t, w.DB, "32.73.05.1001", "33")
	return w
}

// receive is the HTTP server.
func (w *world) receive(rw http.ResponseWriter, r *http.Request) {
	if say := w.answer.Load(); say != nil {
		if status := (*say)(r.URL.Path); status != http.StatusOK {
			rw.WriteHeader(status)
			return
		}
	}
	var body struct {
		Data struct{ Notices []struct{ ID string } }
	}
	_ = json.NewDecoder(r.Body).Decode(&body)
	var ids []string
	for _, n := range body.Data.Notices {
		ids = append(ids, n.ID)
	}
	id := r.Header.Get("webhook-id")
	w.mu.Lock()
	defer w.mu.Unlock()
	w.got[r.URL.Path] = append(w.got[r.URL.Path], id)
	w.told[r.URL.Path+" "+id] = ids
}

// arrived gives what arrived at a path.
func (w *world) arrived(path string) []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]string(nil), w.got[path]...)
}

// member enters a member with an address and roles written ROLE region.
func (w *world) member(t *testing.T, subject string, roles ...string) {
	t.Helper()
	address := subject + "@example.org"
	w.insert(t, &domain.Member{Record: w.record(), Subject: subject, Name: subject, Email: &address, Locale: domain.Indonesian})
	for _, r := range roles {
		role, region, _ := strings.Cut(r, " ")
		w.insert(t, &domain.MemberRole{Record: w.record(), Subject: subject, Role: domain.Role(role), RegionCode: region})
	}
}

func (w *world) record() domain.Record {
	return domain.Record{ID: uuid.Must(uuid.NewV7()), CreatedAt: w.clock.Now(), UpdatedAt: w.clock.Now()}
}

func (w *world) insert(t *testing.T, row any) {
	t.Helper()
	if _, err := w.Bun.NewInsert().Model(row).Exec(context.Background()); err != nil {
		t.Fatal(err)
	}
}

// programme enters a programme of a coordinator.
func (w *world) programme(t *testing.T, region, coordinator string) uuid.UUID {
	t.Helper()
	p := &domain.Programme{Record: w.record(), RegionCode: region, Code: "P-" + strings.ToUpper(uuid.NewString()[:8]), Title: "Clean water", StartDate: "2026-01-01",
		EndDate: "2026-12-31", Coordinator: coordinator, Stage: domain.Plan, Status: domain.Active, StageEnteredAt: w.clock.Now(), Version: 1, FactsVersion: 1}
	w.insert(t, p)
	return p.ID
}

// goesOff has timers of a programme go off now, and gives the ids of their events.
func (w *world) goesOff(t *testing.T, programme uuid.UUID, n int) (ids []uuid.UUID) {
	t.Helper()
	for range n {
		now, due := w.clock.Now(), domain.Date("2026-05-01")
		timer := &domain.Timer{Record: w.record(), ProgrammeID: programme, Stage: domain.Plan, Kind: domain.TimerOverdue, OffsetDays: 3, FiresAt: now, State: domain.TimerFired}
		w.insert(t, timer)
		e := &domain.TimerEvent{ID: uuid.Must(uuid.NewV7()), TimerID: timer.ID, ProgrammeID: programme, Stage: domain.Plan, Kind: timer.Kind, OffsetDays: 3, DueOn: &due, FiresAt: now, FiredAt: now}
		w.insert(t, e)
		ids = append(ids, e.ID)
	}
	if err := w.Notices().TellTimers(t.Context(), ids); err != nil {
		t.Fatal(err)
	}
	return ids
}

// webhook enters a webhook at a path.
func (w *world) webhook(t *testing.T, region, path string) uuid.UUID {
	t.Helper()
	id, secret, err := w.hooks.Create(t.Context(), minister, webhooks.New{Region: region, URL: w.url + path, Active: true})
	if err != nil || secret == nil {
		t.Fatal(err)
	}
	return id
}

// make makes the deliveries of now.
func (w *world) make(t testing.TB) {
	t.Helper()
	if err := w.MakeDigests(context.Background(), workflow.JobRun{}); err != nil {
		t.Fatal(err)
	}
	if err := w.Publish(context.Background(), workflow.JobRun{}); err != nil {
		t.Fatal(err)
	}
}

// deliveries gives all deliveries, oldest first.
func (w *world) deliveries(t testing.TB) (all []domain.Delivery) {
	t.Helper()
	if err := w.Bun.NewSelect().Model(&all).Order("id").Scan(context.Background()); err != nil {
		t.Fatal(err)
	}
	return all
}

// run is the job that sends a delivery.
func run(id uuid.UUID) workflow.JobRun {
	return workflow.JobRun{Kind: deliver.SendJob, Args: json.RawMessage(fmt.Sprintf(`{"delivery":%q}`, id))}
}

// send does one attempt of each delivery that is pending.
func (w *world) send(t testing.TB) {
	t.Helper()
	for _, d := range w.deliveries(t) {
		if err := w.Send(context.Background(), run(d.ID)); err != nil {
			if _, goesOn := err.(*workflow.GoingOn); !goesOn {
				t.Fatal(err)
			}
		}
	}
}

// states says in one line how many deliveries are in which state.
func (w *world) states(t testing.TB) string {
	t.Helper()
	count := map[domain.DeliveryState]int{}
	for _, d := range w.deliveries(t) {
		count[d.State]++
	}
	return fmt.Sprintf("%d pending, %d sent, %d dead", count[domain.DeliveryPending], count[domain.DeliverySent], count[domain.DeliveryDead])
}

func (w *world) count(t testing.TB, query string, args ...any) (n int) {
	t.Helper()
	if err := w.Pool.QueryRow(context.Background(), query, args...).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}
