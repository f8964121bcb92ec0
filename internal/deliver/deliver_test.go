package deliver_test

import (
	"context"
	"fmt"
	"io"
	"mime/quotedprintable"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/internal/access"
	"github.com/berdaya/berdaya/internal/mail/mailtest"
	"github.com/berdaya/berdaya/internal/notices"
	"github.com/berdaya/berdaya/internal/webhooks"
	"github.com/berdaya/berdaya/workflow"
)

func TestADigestGoesOutOnceADayAndSaysEverythingOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.member(t, "citra", "COORDINATOR 32.73", "VIEWER 32.73.05")
	w.member(t, "fajar", "COORDINATOR 32", "COORDINATOR 33")
	own, other := w.programme(t, "32.73.05", "citra"), w.programme(t, "33", "fajar")
	w.goesOff(t, own, 3)
	w.goesOff(t, other, 1)
	for range 3 {
		w.make(t)
		w.send(t)
	}
	if got := w.states(t); got != "0 pending, 2 sent, 0 dead" {
		t.Fatal(got)
	}
	for _, d := range w.deliveries(t) {
		if want := map[string]string{"citra": "32.73", "fajar": "ID"}[*d.Recipient]; d.RegionCode != want || d.Attempts != 1 || d.LastError != nil {
			t.Errorf("%s: %+v", *d.Recipient, d)
		}
	}
	taken := w.mail.Taken()
	if len(taken) != 2 || taken[0].To == taken[1].To {
		t.Fatalf("%d mails", len(taken))
	}
	for _, m := range taken {
		if text := plain(t, m); strings.Count(text, "Tahap Perencanaan seharusnya selesai 1 Mei 2026") != map[string]int{"citra@example.org": 3, "fajar@example.org": 1}[m.To] {
			t.Errorf("%s got\n%s", m.To, text)
		}
	}
	w.clock.pass(6 * time.Hour)
	w.goesOff(t, own, 1)
	w.make(t)
	if n := len(w.deliveries(t)); n != 2 {
		t.Error("a second digest on one day")
	}
	w.clock.pass(24 * time.Hour)
	w.make(t)
	w.send(t)
	if n := len(w.mail.Taken()); n != 3 {
		t.Errorf("%d mails after another day", n)
	}
	if n := w.count(t, `select count(*) from notifications where delivery_id is null`); n != 0 {
		t.Errorf("%d notifications in no digest", n)
	}
}

// plain gives the text of a mail.
func plain(t *testing.T, m mailtest.Mail) string {
	t.Helper()
	b, err := io.ReadAll(quotedprintable.NewReader(m.Message(t).Body))
	if err != nil {
		t.Fatal(err)
	}
	text, _, _ := strings.Cut(string(b), "text/html")
	return strings.ReplaceAll(text, "\r\n", "\n")
}

func TestNoMailGoesToWhoDoesNotWantItCannotGetItOrHasReadIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, who := range []string{"unwilling", "reader", "late", "blind"} {
		w.member(t, who, "COORDINATOR 32")
		w.goesOff(t, w.programme(t, "32", who), 1)
	}
	w.insert(t, &domain.Member{Record: w.record(), Subject: "unreachable", Name: "unreachable", Locale: domain.English})
	w.goesOff(t, w.programme(t, "32", "unreachable"), 1)
	inbox := notices.Inbox{Store: w.DB.Notices(), Clock: w.clock}
	as := func(who string) access.Actor { return access.Actor{Subject: who} }
	if err := inbox.SetWantsEmail(t.Context(), as("unwilling"), false, nil); err != nil {
		t.Fatal(err)
	}
	now := w.clock.Now()
	if n, err := inbox.MarkRead(t.Context(), as("reader"), notices.Reading{UpTo: &now}); n != 1 || err != nil {
		t.Fatal(n, err)
	}
	w.make(t)
	if n := len(w.deliveries(t)); n != 2 {
		t.Fatalf("%d digests", n)
	}
	// After the digest was made and before it goes out:
	if err := inbox.SetWantsEmail(t.Context(), as("late"), false, nil); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Pool.Exec(t.Context(), `delete from member_roles where subject = 'blind'`); err != nil {
		t.Fatal(err)
	}
	w.send(t)
	if got := w.states(t); got != "0 pending, 2 sent, 0 dead" || len(w.mail.Taken()) != 0 {
		t.Error(got, w.mail.Taken())
	}
	w.clock.pass(8 * 24 * time.Hour)
	if err := inbox.SetWantsEmail(t.Context(), as("unwilling"), true, nil); err != nil {
		t.Fatal(err)
	}
	w.make(t)
	if n := len(w.deliveries(t)); n != 2 {
		t.Error("news of last week are sent")
	}
}

func TestDigestsWaitForTheTimersOfTheDay(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.clock.pass(-90*time.Minute + 2*time.Second)
	w.member(t, "citra", "COORDINATOR 32")
	p := w.programme(t, "32", "citra")
	w.goesOff(t, p, 1)
	w.insert(t, &domain.Timer{Record: w.record(), ProgrammeID: p, Stage: domain.Plan, Kind: domain.TimerReminder, FiresAt: w.clock.Now().Add(-time.Second), State: domain.TimerPending})
	err := w.MakeDigests(t.Context(), workflow.JobRun{})
	if _, waits := err.(*workflow.GoingOn); !waits || len(w.deliveries(t)) != 0 {
		t.Fatal("it does not wait:", err)
	}
	w.clock.pass(time.Hour)
	w.make(t)
	if len(w.deliveries(t)) != 1 {
		t.Error("it waits for ever")
	}
}

func TestAWebhookGetsWhatHappensInItsRegionAndBelow(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.member(t, "citra", "COORDINATOR 32")
	village, province, elsewhere := w.programme(t, "32.73.05.1001", "citra"), w.programme(t, "32", "citra"), w.programme(t, "33", "citra")
	w.goesOff(t, village, 2) // before there was any webhook
	w.clock.pass(time.Minute)
	for path, region := range map[string]string{"/nation": "ID", "/province": "32", "/regency": "32.73", "/district": "32.73.05", "/village": "32.73.05.1001", "/elsewhere": "33"} {
		w.webhook(t, region, path)
	}
	off := w.webhook(t, "32", "/off")
	if _, err := w.hooks.Update(t.Context(), minister, webhooks.Change{ID: off, Active: new(bool)}); err != nil {
		t.Fatal(err)
	}
	w.goesOff(t, village, 101)
	w.goesOff(t, province, 1)
	w.goesOff(t, elsewhere, 1)
	for range 2 {
		w.make(t)
		w.send(t)
	}
	for path, want := range map[string][2]int{"/nation": {2, 103}, "/province": {2, 102}, "/regency": {2, 101}, "/district": {2, 101}, "/village": {2, 101}, "/elsewhere": {1, 1}, "/off": {0, 0}} {
		told := map[string]bool{}
		for _, id := range w.arrived(path) {
			for _, n := range w.told[path+" "+id] {
				told[n] = true
			}
			if len(w.told[path+" "+id]) > 100 {
				t.Errorf("%s: %d notices in one message", path, len(w.told[path+" "+id]))
			}
		}
		if got := [2]int{len(w.arrived(path)), len(told)}; got != want {
			t.Errorf("%s: %d messages with %d notices, want %v", path, got[0], got[1], want)
		}
	}
}

func TestFailuresAreTriedAgainAfterGrowingPausesAndThenAreDead(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.member(t, "citra", "COORDINATOR 32")
	hook := w.webhook(t, "32", "/down")
	down := func(string) int { return http.StatusServiceUnavailable }
	w.answer.Store(&down)
	w.goesOff(t, w.programme(t, "32", "citra"), 1)
	if err := w.Publish(t.Context(), workflow.JobRun{}); err != nil {
		t.Fatal(err)
	}
	began := w.clock.Now()
	for attempt := 1; attempt <= 8; attempt++ {
		w.send(t)
		w.send(t) // too early: nothing happens
		d := w.deliveries(t)[0]
		if d.Attempts != attempt || d.LastError == nil || *d.LastError != "the receiver answered 503 Service Unavailable" {
			t.Fatalf("%+v", d)
		}
		if attempt < 8 {
			w.clock.pass(d.NextAttemptAt.Sub(w.clock.Now()))
		}
	}
	if took := w.clock.Now().Sub(began); took < 21*time.Hour || took > 27*time.Hour {
		t.Errorf("it was tried for %s", took)
	}
	if got := w.states(t); got != "0 pending, 0 sent, 1 dead" {
		t.Fatal(got)
	}
	w.answer.Store(nil)
	dead := w.deliveries(t)[0].ID
	for name, c := range map[string]struct {
		who  access.Actor
		want domain.Code
	}{
		"nobody":                {access.Actor{}, domain.CodeUnauthenticated},
		"an admin elsewhere":    {actor(domain.RegionalAdmin, "33"), domain.CodeNotFound},
		"an admin below":        {actor(domain.RegionalAdmin, "32.73"), domain.CodeNotFound},
		"a coordinator":         {actor(domain.Coordinator, "32"), domain.CodeNotFound},
		"an auditor":            {actor(domain.Auditor, "ID"), domain.CodeForbidden},
		"an admin, but no such": {actor(domain.RegionalAdmin, "32"), domain.CodeNotFound},
	} {
		id := dead
		if strings.HasSuffix(name, "no such") {
			id = uuid.New()
		}
		if err := w.Retry(t.Context(), c.who, id, nil); domain.CodeOf(err) != c.want {
			t.Errorf("%s: %v", name, err)
		}
	}
	key := "again"
	for range 2 { // the second time it is remembered
		if err := w.Retry(t.Context(), actor(domain.RegionalAdmin, "32"), dead, &key); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Retry(t.Context(), actor(domain.RegionalAdmin, "32"), dead, nil); domain.CodeOf(err) != domain.CodeConflict {
		t.Error("one that is pending:", err)
	}
	w.send(t)
	if got := w.arrived("/down"); w.states(t) != "0 pending, 1 sent, 0 dead" || len(got) != 1 || got[0] != dead.String() {
		t.Error(w.states(t), got)
	}
	if err := w.hooks.Delete(t.Context(), minister, hook, nil); err != nil || len(w.deliveries(t)) != 0 {
		t.Error("its deliveries are left:", err)
	}
}

func actor(role domain.Role, region string) access.Actor {
	return access.Actor{Subject: string(role) + " " + region, Locale: domain.English, Grants: []access.Grant{{Role: role, Region: region}}}
}

func TestWhatCannotSucceedIsDeadAtOnceAndAllCanBeRetried(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	refuse := func(to string) error { return mailtest.Refuse(550, "no such user "+to) }
	w.rcpt.Store(&refuse)
	for i := range 3 {
		who := fmt.Sprintf("citra%d", i)
		w.member(t, who, "COORDINATOR 32")
		w.goesOff(t, w.programme(t, "32", who), 1)
	}
	w.make(t)
	w.send(t)
	for _, d := range w.deliveries(t) {
		if d.State != domain.DeliveryDead || d.Attempts != 1 || !strings.Contains(*d.LastError, "550") || strings.Contains(*d.LastError, "example.org") {
			t.Errorf("%+v %s", d, *d.LastError)
		}
	}
	w.rcpt.Store(nil)
	if n, err := w.RetryAll(t.Context()); n != 3 || err != nil {
		t.Fatal(n, err)
	}
	w.send(t)
	if got := w.states(t); got != "0 pending, 3 sent, 0 dead" || len(w.mail.Taken()) != 3 {
		t.Error(got)
	}
}

func TestAReceiverMayAskForTimeWithinBounds(t *testing.T) {
	t.Parallel()
	for asks, want := range map[time.Duration][2]time.Duration{0: {50 * time.Second, 70 * time.Second}, 30 * time.Minute: {30 * time.Minute, 31 * time.Minute}, 90 * 24 * time.Hour: {13 * time.Hour, 14 * time.Hour}} {
		w := newWorld(t)
		w.Channels[domain.WebhookChannel] = says{asks}
		w.member(t, "citra", "COORDINATOR 32")
		w.webhook(t, "32", "/")
		w.goesOff(t, w.programme(t, "32", "citra"), 1)
		if err := w.Publish(context.Background(), workflow.JobRun{}); err != nil {
			t.Fatal(err)
		}
		w.send(t)
		if pause := w.deliveries(t)[0].NextAttemptAt.Sub(w.clock.Now()); pause < want[0] || pause > want[1] {
			t.Errorf("asked for %s, it waits %s", asks, pause)
		}
	}
}
