package graph_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/graph/gid"
)

// goesOff has a timer of ani's programme go off now, and tells it.
func (v *village) goesOff(programme string) {
	v.Helper()
	id := uuid.MustParse(programme)
	now, due, level := time.Now().UTC(), domain.Date("2026-05-01"), domain.Province
	record := domain.Record{ID: uuid.Must(uuid.NewV7()), CreatedAt: now, UpdatedAt: now}
	timer := &domain.Timer{Record: record, ProgrammeID: id, Stage: domain.Identify, Kind: domain.TimerEscalation, OffsetDays: 3, Level: &level, FiresAt: now, State: domain.TimerFired}
	event := &domain.TimerEvent{ID: uuid.Must(uuid.NewV7()), TimerID: timer.ID, ProgrammeID: id, Stage: timer.Stage, Kind: timer.Kind, OffsetDays: 3, Level: &level, DueOn: &due, FiresAt: now, FiredAt: now}
	for _, row := range []any{timer, event} {
		if _, err := v.db.Bun.NewInsert().Model(row).Exec(v.Context()); err != nil {
			v.Fatal(err)
		}
	}
	if err := v.db.Notices().TellTimers(v.Context(), []uuid.UUID{event.ID}); err != nil {
		v.Fatal(err)
	}
}

const inbox = `{ viewer { unreadNotifications notifications(unread: true) { totalCount nodes { id kind kindLabel message readAt createdAt programme { code } } } } }`

const markRead = `mutation($in: MarkNotificationsReadInput!) { markNotificationsRead(input: $in) { marked userErrors { code path } } }`

func TestNotificationsAreReadByTheirRecipientAlone(t *testing.T) {
	t.Parallel()
	v := newVillage(t)
	if _, err := v.db.Pool.Exec(t.Context(), `insert into member_roles (id, created_at, updated_at, subject, role, region_code) values (gen_random_uuid(), now(), now(), 'citra', 'REGIONAL_ADMIN', '32')`); err != nil {
		t.Fatal(err)
	}
	_, programme := v.begun()
	v.goesOff(programme)
	v.goesOff(programme)
	ids := map[string]string{}
	for _, subject := range []string{"ani", "citra"} {
		a := v.ask(subject, inbox, nil)
		first, _ := at(a, "viewer", "notifications", "nodes", "0").(map[string]any)
		if fmt.Sprint(at(a, "viewer", "unreadNotifications"), at(a, "viewer", "notifications", "totalCount")) != "2 2" || first["kindLabel"] != "Escalation" || at(first, "programme", "code") == nil ||
			!strings.HasSuffix(fmt.Sprint(first["message"]), ": The stage Identify was due on 1 May 2026 and is not done; the admins (Province) are told.") {
			t.Fatalf("%s: %v", subject, a)
		}
		ids[subject] = first["id"].(string)
	}
	for _, subject := range []string{"budi", "dedi", "eka"} {
		if a := v.ask(subject, inbox, nil); fmt.Sprint(at(a, "viewer", "unreadNotifications"), at(a, "viewer", "notifications", "totalCount")) != "0 0" {
			t.Errorf("%s: %v", subject, a)
		}
		if a := v.ask(subject, `query($id: ID!) { node(id: $id) { id } }`, map[string]any{"id": ids["ani"]}); a["node"] != nil {
			t.Errorf("%s reads another's: %v", subject, a)
		}
	}
	if a := v.ask("citra", `query($id: ID!) { node(id: $id) { id } }`, map[string]any{"id": ids["ani"]}); a["node"] != nil {
		t.Error("an admin reads another's")
	}
	if a := v.ask("citra", markRead, map[string]any{"in": command{"ids": []string{ids["ani"]}}}); fmt.Sprint(at(a, "markNotificationsRead", "marked")) != "0" {
		t.Error("another's is marked:", a)
	}
	for range 2 { // the second time it was done before
		v.ask("ani", markRead, map[string]any{"in": command{"ids": []string{ids["ani"], ids["citra"], newID()}, "idempotencyKey": "read"}})
	}
	if a := v.ask("ani", inbox, nil); fmt.Sprint(at(a, "viewer", "unreadNotifications")) != "1" {
		t.Error(a)
	}
	newest := at(v.ask("citra", inbox, nil), "viewer", "notifications", "nodes", "0", "createdAt")
	if a := v.ask("citra", markRead, map[string]any{"in": command{"before": newest}}); fmt.Sprint(at(a, "markNotificationsRead", "marked")) != "2" {
		t.Error(a)
	}
	for name, in := range map[string]command{"nothing": {}, "both": {"ids": []string{ids["ani"]}, "before": newest}, "too many": {"ids": strings.Split(strings.Repeat(newID()+" ", 101), " ")[:101]}, "no id": {"ids": []string{gid.New("Programme", uuid.MustParse(programme))}}} {
		if a := v.ask("ani", markRead, map[string]any{"in": in}); at(a, "markNotificationsRead", "userErrors", "0", "code") != "BAD_USER_INPUT" {
			t.Errorf("%s: %v", name, a)
		}
	}
}

func TestANotificationTellsNothingOfWhatItsReaderNoLongerSees(t *testing.T) {
	t.Parallel()
	v := newVillage(t)
	_, programme := v.begun()
	v.goesOff(programme)
	if _, err := v.db.Pool.Exec(t.Context(), `update programmes set region_code = '33.01'`); err != nil {
		t.Fatal(err)
	}
	a := v.ask("ani", inbox, nil)
	n, _ := at(a, "viewer", "notifications", "nodes", "0").(map[string]any)
	if n == nil || n["programme"] != nil || n["message"] != "About a programme that you can no longer see." {
		t.Error(a)
	}
}

func TestPreferencesAreTheReadersOwn(t *testing.T) {
	t.Parallel()
	v := newVillage(t)
	const prefs = `{ viewer { notificationPreferences { email } } }`
	a := v.ask("ani", `mutation { setNotificationPreferences(input: {email: false}) { notificationPreferences { email } userErrors { code } } }`, nil)
	if at(a, "setNotificationPreferences", "notificationPreferences", "email") != false || at(v.ask("ani", prefs, nil), "viewer", "notificationPreferences", "email") != false ||
		at(v.ask("budi", prefs, nil), "viewer", "notificationPreferences", "email") != true {
		t.Error(a)
	}
}

const (
	createWebhook = `mutation($in: CreateWebhookInput!) { createWebhook(input: $in) { webhook { id regionCode url active createdBy region { code } } secret userErrors { code path message } } }`
	updateWebhook = `mutation($in: UpdateWebhookInput!) { updateWebhook(input: $in) { webhook { url description active } secret userErrors { code path } } }`
	deleteWebhook = `mutation($in: DeleteWebhookInput!) { deleteWebhook(input: $in) { deleted userErrors { code } } }`
)

func TestWebhooksAreAnAdminsAndTheirSecretIsShownOnce(t *testing.T) {
	t.Parallel()
	v := newVillage(t)
	in := command{"regionCode": "32.04", "url": "https://hooks.example.org/x", "description": "Our board", "idempotencyKey": "once"}
	made := v.ask("citra", createWebhook, map[string]any{"in": in})
	id, _ := at(made, "createWebhook", "webhook", "id").(string)
	secret, _ := at(made, "createWebhook", "secret").(string)
	if id == "" || !strings.HasPrefix(secret, "whsec_") || at(made, "createWebhook", "webhook", "createdBy") != "citra" || at(made, "createWebhook", "webhook", "region", "code") != "32.04" {
		t.Fatal(made)
	}
	if again := v.ask("citra", createWebhook, map[string]any{"in": in}); at(again, "createWebhook", "webhook", "id") != id || at(again, "createWebhook", "secret") != nil {
		t.Error("a second time:", again)
	}
	var row string
	if err := v.db.Pool.QueryRow(t.Context(), `select to_jsonb(w)::text || encode(secret, 'escape') || encode(secret, 'base64') from webhooks w`).Scan(&row); err != nil || strings.Contains(row, secret[6:]) {
		t.Error("the secret is stored as it is:", err)
	}
	for _, f := range schema().Types["Webhook"].Fields {
		if strings.Contains(strings.ToLower(f.Name), "secret") {
			t.Error("the secret can be read")
		}
	}
	for subject, want := range map[string]string{"ani": "FORBIDDEN", "dedi": "FORBIDDEN", "eka": "FORBIDDEN", "fajar": "FORBIDDEN"} {
		if a := v.ask(subject, createWebhook, map[string]any{"in": command{"regionCode": "32.04", "url": "https://hooks.example.org/x"}}); at(a, "createWebhook", "userErrors", "0", "code") != want || at(a, "createWebhook", "secret") != nil {
			t.Errorf("%s: %v", subject, a)
		}
	}
	for _, subject := range []string{"ani", "dedi", "eka"} {
		for _, other := range []string{id, newID()} {
			for query, command := range map[string]command{updateWebhook: {"id": other, "active": false, "newSecret": true}, deleteWebhook: {"id": other}} {
				if a := v.ask(subject, query, map[string]any{"in": command}); !strings.Contains(fmt.Sprint(a), "NOT_FOUND") || strings.Contains(fmt.Sprint(a), "whsec") {
					t.Errorf("%s: %v", subject, a)
				}
			}
		}
		if a := v.ask(subject, `query($id: ID!) { node(id: $id) { id } webhooks { totalCount } }`, map[string]any{"id": id}); a["node"] != nil || fmt.Sprint(at(a, "webhooks", "totalCount")) != "0" {
			t.Errorf("%s: %v", subject, a)
		}
	}
	for _, bad := range []string{"http://hooks.example.org/", "https://127.0.0.1/", "https://2130706433/", "https://[::ffff:10.0.0.1]/", "https://user:pass@example.org/", "https://example.org:25/", "https://localhost/", "https://169.254.169.254/", "x", ""} {
		for query, command := range map[string]command{createWebhook: {"regionCode": "32.04", "url": bad}, updateWebhook: {"id": id, "url": bad}} {
			if a := v.ask("citra", query, map[string]any{"in": command}); !strings.Contains(fmt.Sprint(a), "BAD_USER_INPUT") || !strings.Contains(fmt.Sprint(a), "[input url]") {
				t.Errorf("%s: %v", bad, a)
			}
		}
	}
	changed := v.ask("citra", updateWebhook, map[string]any{"in": command{"id": id, "description": "", "active": false, "newSecret": true}})
	if next, _ := at(changed, "updateWebhook", "secret").(string); !strings.HasPrefix(next, "whsec_") || next == secret || at(changed, "updateWebhook", "webhook", "active") != false || at(changed, "updateWebhook", "webhook", "url") != "https://hooks.example.org/x" {
		t.Error(changed)
	}
	if a := v.ask("citra", updateWebhook, map[string]any{"in": command{"id": id, "active": true}}); at(a, "updateWebhook", "secret") != nil {
		t.Error("a secret nobody asked for:", a)
	}
	if a := v.ask("citra", updateWebhook, map[string]any{"in": command{"id": id, "url": nil}}); at(a, "updateWebhook", "userErrors", "0", "code") != "BAD_USER_INPUT" {
		t.Error(a)
	}
	for i := range 20 {
		a := v.ask("citra", createWebhook, map[string]any{"in": command{"regionCode": "32.04", "url": "https://hooks.example.org/x"}})
		if i == 19 && at(a, "createWebhook", "userErrors", "0", "code") != "TOO_LARGE" {
			t.Error("the twenty-first:", a)
		}
	}
	if a := v.ask("citra", deleteWebhook, map[string]any{"in": command{"id": id}}); at(a, "deleteWebhook", "deleted") != true {
		t.Error(a)
	}
}

func TestDeliveriesAreListedAndRetriedByAdminsOfTheirRegion(t *testing.T) {
	t.Parallel()
	v := newVillage(t)
	made := v.ask("citra", createWebhook, map[string]any{"in": command{"regionCode": "32.04", "url": "https://hooks.example.org/x"}})
	hook, err := gid.UUID("Webhook", at(made, "createWebhook", "webhook", "id").(string))
	if err != nil {
		t.Fatal(err)
	}
	now, why := time.Now().UTC(), "the receiver answered 503 Service Unavailable"
	d := &domain.Delivery{Record: domain.Record{ID: uuid.Must(uuid.NewV7()), CreatedAt: now, UpdatedAt: now}, RegionCode: "32.04", Channel: domain.WebhookChannel, WebhookID: &hook, State: domain.DeliveryDead, Attempts: 8, LastError: &why}
	if _, err := v.db.Bun.NewInsert().Model(d).Exec(t.Context()); err != nil {
		t.Fatal(err)
	}
	const list = `{ deliveries(state: DEAD, region: {under: "32"}) { totalCount nodes { id channelLabel stateLabel attempts lastError webhook { url } } } }`
	const retry = `mutation($in: RetryDeliveryInput!) { retryDelivery(input: $in) { delivery { id state attempts } userErrors { code } } }`
	id := gid.New("Delivery", d.ID)
	for _, subject := range []string{"ani", "dedi", "eka", "fajar"} {
		if a := v.ask(subject, list, nil); fmt.Sprint(at(a, "deliveries", "totalCount")) != "0" {
			t.Errorf("%s: %v", subject, a)
		}
		if a := v.ask(subject, retry, map[string]any{"in": command{"id": id}}); at(a, "retryDelivery", "userErrors", "0", "code") != "NOT_FOUND" {
			t.Errorf("%s: %v", subject, a)
		}
	}
	a := v.ask("citra", list, nil)
	if got, _ := json.Marshal(at(a, "deliveries", "nodes")); string(got) != `[{"attempts":8,"channelLabel":"Webhook","id":"`+id+`","lastError":"the receiver answered 503 Service Unavailable","stateLabel":"Given up","webhook":{"url":"https://hooks.example.org/x"}}]` {
		t.Errorf("%s", got)
	}
	if a := v.ask("citra", retry, map[string]any{"in": command{"id": id}}); at(a, "retryDelivery", "delivery", "state") != "PENDING" || fmt.Sprint(at(a, "retryDelivery", "delivery", "attempts")) != "0" {
		t.Error(a)
	}
	if a := v.ask("citra", retry, map[string]any{"in": command{"id": id}}); at(a, "retryDelivery", "userErrors", "0", "code") != "CONFLICT" {
		t.Error(a)
	}
	var jobs int
	if err := v.db.Pool.QueryRow(t.Context(), `select count(*) from jobs.river_job where kind = 'send_delivery'`).Scan(&jobs); err != nil || jobs != 1 {
		t.Error(jobs, err)
	}
}
