package webhooks_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/internal/deliver"
	"github.com/berdaya/berdaya/internal/webhooks"
)

var noon = time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)

type clock struct{}

func (clock) Now() time.Time { return noon }

// kept is one webhook and what one delivery to it holds. What the database does with them has tests of its own.
type kept struct {
	webhooks.Store
	hook    domain.Webhook
	sealed  []byte
	notices []domain.Notice
	off     atomic.Bool
}

func (k *kept) Webhook(context.Context, uuid.UUID) (*domain.Webhook, []byte, error) {
	w := k.hook
	w.Active = w.Active && !k.off.Load()
	return &w, k.sealed, nil
}

func (k *kept) InMessage(context.Context, uuid.UUID, int) ([]domain.Notice, error) {
	return k.notices, nil
}

func (k *kept) Deactivate(context.Context, uuid.UUID, time.Time) error {
	k.off.Store(true)
	return nil
}

func of[T any](v T) *T { return &v }

// sender posts to a URL, and gives the secret as its receiver knows it.
func sender(t *testing.T, url string, reach webhooks.Reach, notices ...domain.Notice) (*webhooks.Poster, *kept, string) {
	t.Helper()
	sealer, err := webhooks.NewSealer([]byte("a key of thirty-two bytes, indeed"[:32]))
	if err != nil {
		t.Fatal(err)
	}
	secret := webhooks.NewSecret()
	k := &kept{hook: domain.Webhook{Record: domain.Record{ID: uuid.New()}, RegionCode: "32", URL: url, Active: true}, notices: notices}
	k.sealed = sealer.Seal(k.hook.ID, secret)
	return webhooks.NewPoster(k, sealer, clock{}, reach, func(id uuid.UUID) string { return "P-" + id.String() }), k, secret.Shown()
}

func delivery(k *kept) *domain.Delivery {
	return &domain.Delivery{Record: domain.Record{ID: uuid.MustParse("018f0000-0000-7000-8000-00000000000d"), CreatedAt: noon.Add(-time.Hour)}, WebhookID: &k.hook.ID}
}

// received is what a receiver got.
type received struct {
	header http.Header
	body   []byte
}

// receiver answers with a status, and shows what it got.
func receiver(t *testing.T, answer func(http.ResponseWriter)) (string, <-chan received) {
	t.Helper()
	got := make(chan received, 10)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got <- received{r.Header, body}
		answer(w)
	}))
	t.Cleanup(s.Close)
	return s.URL, got
}

var private = webhooks.Reach{Private: true}

func TestAMessageIsSignedAndSaysWhatHappened(t *testing.T) {
	t.Parallel()
	url, got := receiver(t, func(w http.ResponseWriter) { w.WriteHeader(http.StatusAccepted) })
	overdue := domain.Notice{ID: uuid.MustParse("018f0000-0000-7000-8000-000000000001"), CreatedAt: noon, Kind: domain.NoticeOverdue, Programme: uuid.MustParse("018f0000-0000-7000-8000-0000000000ff"),
		Code: "JB-1", Title: "Air \"bersih\"", Region: "32.73", RegionName: "Bandung", Stage: domain.Train, OffsetDays: 7, DueOn: of(domain.Date("2026-04-27"))}
	waiver := overdue
	waiver.ID[15], waiver.Kind, waiver.DueOn, waiver.RuleSet, waiver.Rule, waiver.ExpiresOn = 2, domain.NoticeWaiverRequested, nil, of("national"), of("FEW"), of(domain.Date("2026-06-01"))
	gone := overdue
	gone.ID[15], gone.Region = 3, "33"
	p, k, shown := sender(t, url, private, overdue, waiver, gone)
	if err := p.Send(t.Context(), delivery(k)); err != nil {
		t.Fatal(err)
	}
	r := <-got
	h := r.header
	if h.Get("webhook-id") != "018f0000-0000-7000-8000-00000000000d" || h.Get("webhook-timestamp") != "1777896000" || h.Get("Content-Type") != "application/json" {
		t.Errorf("%v", h)
	}
	if !webhooks.Verify(shown, h.Get("webhook-id"), h.Get("webhook-timestamp"), "v1,AAAA "+h.Get("webhook-signature"), r.body) {
		t.Error("the signature is wrong")
	}
	for name, forged := range map[string]bool{
		"another body":      webhooks.Verify(shown, h.Get("webhook-id"), h.Get("webhook-timestamp"), h.Get("webhook-signature"), append(r.body, ' ')),
		"another id":        webhooks.Verify(shown, "x", h.Get("webhook-timestamp"), h.Get("webhook-signature"), r.body),
		"another time":      webhooks.Verify(shown, h.Get("webhook-id"), "1777896001", h.Get("webhook-signature"), r.body),
		"another secret":    webhooks.Verify(webhooks.NewSecret().Shown(), h.Get("webhook-id"), h.Get("webhook-timestamp"), h.Get("webhook-signature"), r.body),
		"no signature":      webhooks.Verify(shown, h.Get("webhook-id"), h.Get("webhook-timestamp"), "", r.body),
		"a time that isn't": webhooks.Verify(shown, h.Get("webhook-id"), "soon", h.Get("webhook-signature"), r.body),
	} {
		if forged {
			t.Errorf("%s is taken", name)
		}
	}
	const want = `{"type":"notices","timestamp":"2026-05-04T11:00:00Z","data":{"region":"32","notices":[` +
		`{"id":"018f0000-0000-7000-8000-000000000001","kind":"OVERDUE","at":"2026-05-04T12:00:00Z","programme":{"id":"P-018f0000-0000-7000-8000-0000000000ff","code":"JB-1","title":"Air \"bersih\"","region":"32.73"},` +
		`"stage":"TRAIN","offsetDays":7,"dueOn":"2026-04-27","message":{"en":"Air \"bersih\" (JB-1): The stage Train was due on 27 April 2026 and is not done.","id":"Air \"bersih\" (JB-1): Tahap Pelatihan seharusnya selesai 27 April 2026 dan belum selesai."}},` +
		`{"id":"018f0000-0000-7000-8000-000000000002","kind":"WAIVER_REQUESTED","at":"2026-05-04T12:00:00Z","programme":{"id":"P-018f0000-0000-7000-8000-0000000000ff","code":"JB-1","title":"Air \"bersih\"","region":"32.73"},` +
		`"stage":"TRAIN","ruleSet":"national","rule":"FEW","expiresOn":"2026-06-01","message":{"en":"Air \"bersih\" (JB-1): A waiver of the rule FEW (national) is asked for, until 1 June 2026.","id":"Air \"bersih\" (JB-1): Pengecualian dari aturan FEW (national) diajukan, sampai 1 Juni 2026."}},` +
		`{"id":"018f0000-0000-7000-8000-000000000003","kind":"OVERDUE","at":"2026-05-04T12:00:00Z","programme":null,"message":{"en":"About a programme that you can no longer see.","id":"Tentang program yang tidak dapat Anda lihat lagi."}}]}}`
	if string(r.body) != want {
		t.Errorf("got %s", r.body)
	}
}

func TestWhatAReceiverAnswersDecides(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		answer func(http.ResponseWriter)
		fails  string
		dies   bool
	}{
		"200":           {func(w http.ResponseWriter) {}, "", false},
		"204":           {func(w http.ResponseWriter) { w.WriteHeader(204) }, "", false},
		"500":           {func(w http.ResponseWriter) { w.WriteHeader(500); fmt.Fprint(w, "secret text") }, "answered 500", false},
		"404":           {func(w http.ResponseWriter) { w.WriteHeader(404) }, "answered 404", false},
		"410":           {func(w http.ResponseWriter) { w.WriteHeader(410) }, "410 Gone", true},
		"a redirect":    {func(w http.ResponseWriter) { w.Header().Set("Location", "http://127.0.0.1:1/"); w.WriteHeader(307) }, "answered 307", false},
		"endless":       {func(w http.ResponseWriter) { _, _ = io.CopyN(w, zeros{}, 1<<30) }, "", false},
		"large headers": {func(w http.ResponseWriter) { w.Header().Set("X", strings.Repeat("x", 64<<10)) }, "could not be reached", false},
		"cut off":       {func(w http.ResponseWriter) { panic(http.ErrAbortHandler) }, "could not be reached", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url, got := receiver(t, c.answer)
			p, k, _ := sender(t, url+"/?key=hunter2", private)
			err := p.Send(t.Context(), delivery(k))
			if (err == nil) != (c.fails == "") || err != nil && !strings.Contains(err.Error(), c.fails) || errors.Is(err, deliver.ErrPermanent) != c.dies {
				t.Errorf("%v", err)
			}
			if err != nil && (strings.Contains(err.Error(), "secret") || strings.Contains(err.Error(), "hunter2")) {
				t.Errorf("it tells too much: %v", err)
			}
			if n := len(got); n != 1 {
				t.Errorf("%d requests", n)
			}
			if k.off.Load() != (name == "410") {
				t.Error("the webhook is off:", k.off.Load())
			}
			if name == "410" {
				if err := p.Send(t.Context(), delivery(k)); !errors.Is(err, deliver.ErrPermanent) || len(got) != 1 {
					t.Error("an inactive webhook was sent to:", err)
				}
			}
		})
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { return len(p), nil }

func TestAReceiverThatHangsIsLeftInTime(t *testing.T) {
	t.Parallel()
	url, _ := receiver(t, func(w http.ResponseWriter) { <-t.Context().Done() })
	p, k, _ := sender(t, url, private)
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	if err := p.Send(ctx, delivery(k)); err == nil || errors.Is(err, deliver.ErrPermanent) {
		t.Error(err)
	}
}

// TestWhatANameLeadsToIsCheckedWhenItIsDialled takes names and numbers that got past the check of the address, as one that
// was entered when it led elsewhere does. What is said of them is what is said of a name that nobody knows.
func TestWhatANameLeadsToIsCheckedWhenItIsDialled(t *testing.T) {
	t.Parallel()
	url, got := receiver(t, func(http.ResponseWriter) {})
	_, port, err := net.SplitHostPort(strings.TrimPrefix(url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	said := func(host string) string {
		p, k, _ := sender(t, "http://"+host+":"+port, webhooks.Reach{})
		err := p.Send(t.Context(), delivery(k))
		return fmt.Sprintf("%v, given up at once: %t", err, errors.Is(err, deliver.ErrPermanent))
	}
	unknown := said("no..such.name")
	if !strings.Contains(unknown, "no address that everybody can reach") || strings.Contains(unknown, "no..such") {
		t.Error(unknown)
	}
	for _, host := range []string{"127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "0.0.0.0", "[::]"} {
		if inside := said(host); inside != unknown {
			t.Errorf("%s can be told from a name that is not known: %s", host, inside)
		}
	}
	if len(got) > 0 {
		t.Error("it was reached")
	}
}

func TestASecretIsReadOnlyByItsWebhookAndNeverPrinted(t *testing.T) {
	t.Parallel()
	a, err := webhooks.NewSealer(make([]byte, 32))
	if err != nil {
		t.Fatal(err)
	}
	b, err := webhooks.NewSealer(append(make([]byte, 31), 1))
	if err != nil {
		t.Fatal(err)
	}
	hook, other, secret := uuid.New(), uuid.New(), webhooks.NewSecret()
	sealed := a.Seal(hook, secret)
	if back, err := a.Open(hook, sealed); err != nil || back.Shown() != secret.Shown() {
		t.Error(back.Shown(), err)
	}
	for name, try := range map[string]func() (webhooks.Secret, error){
		"another webhook": func() (webhooks.Secret, error) { return a.Open(other, sealed) },
		"another key":     func() (webhooks.Secret, error) { return b.Open(hook, sealed) },
		"a changed byte": func() (webhooks.Secret, error) {
			return a.Open(hook, append(sealed[:len(sealed)-1:len(sealed)-1], sealed[len(sealed)-1]^1))
		},
		"nothing": func() (webhooks.Secret, error) { return a.Open(hook, nil) },
	} {
		if got, err := try(); err == nil || got.Shown() == secret.Shown() {
			t.Errorf("%s opens it", name)
		}
	}
	printed := fmt.Sprintf("%v %+v %#v %s", secret, secret, secret, []any{secret, &secret})
	//lint:ignore SA9005 that nothing of it is ever written is what the test is about
	if written, err := json.Marshal(secret); err != nil || string(written) != "{}" || !strings.Contains(printed, "(secret)") || strings.Contains(printed, secret.Shown()[6:20]) {
		t.Errorf("%s %s %v", printed, written, err)
	}
	if !strings.HasPrefix(secret.Shown(), "whsec_") || webhooks.NewSecret().Shown() == secret.Shown() {
		t.Error(secret.Shown())
	}
}
