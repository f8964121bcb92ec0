package read_test

import (
	"context"
	"math/rand/v2"

	"github.com/google/uuid"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/internal/access"
)

// newestFirst is the order of notifications and deliveries.
const newestFirst = "created_at desc, id desc"

// notices makes notices of timers, with whom they were told; some of them see the programme no longer, or never did.
func (m *maker) notices() {
	m = &maker{rand.New(rand.NewPCG(3, 5)), m.t, m.db} // so that all else stays as it is without them
	if _, err := m.db.Pool.Exec(m.t.Context(), `insert into notices (id, created_at, kind, programme_id, timer_event_id)
		select id, fired_at, kind, programme_id, id from timer_events`); err != nil {
		m.t.Fatal(err)
	}
	var events []domain.TimerEvent
	if err := m.db.Bun.NewSelect().Model(&events).Order("id").Scan(m.t.Context()); err != nil {
		m.t.Fatal(err)
	}
	for _, e := range events {
		for _, s := range m.some(3, len(subjects)) {
			m.insert(&domain.Notification{ID: m.id(), CreatedAt: m.time(), Recipient: subjects[s], NoticeID: e.ID, Kind: domain.NoticeKind(e.Kind), ProgrammeID: e.ProgrammeID, ReadAt: maybe(m, m.time())})
		}
	}
}

// outgoing makes webhooks of all places, and deliveries to them and to members.
func (m *maker) outgoing() {
	m = &maker{rand.New(rand.NewPCG(7, 11)), m.t, m.db}
	for i := range 25 {
		hook := &domain.Webhook{Record: m.record(), RegionCode: pick(m, allCodes), URL: "https://example.org/\"x\"", Description: m.text("why"), Active: m.IntN(2) == 0, CreatedBy: pick(m, subjects)}
		if err := m.db.Webhooks().AddWebhook(m.t.Context(), hook, []byte("sealed")); err != nil {
			m.t.Fatal(err)
		}
		for range m.IntN(4) {
			d := &domain.Delivery{Record: m.record(), RegionCode: hook.RegionCode, Channel: domain.WebhookChannel, WebhookID: &hook.ID, Attempts: m.IntN(9), LastError: maybe(m, m.text("503"))}
			if m.IntN(3) == 0 {
				d.RegionCode, d.Channel, d.WebhookID, d.Recipient = pick(m, allCodes), domain.Email, nil, ptr(pick(m, subjects))
				d.DigestOn = ptr(domain.Date("2026-01-01").AddDays(i*4 + m.IntN(3)))
			}
			switch m.IntN(3) {
			case 0:
				d.State, d.NextAttemptAt = domain.DeliveryPending, ptr(m.time())
			case 1:
				d.State, d.SentAt = domain.DeliverySent, ptr(m.time())
			default:
				d.State = domain.DeliveryDead
			}
			if _, err := m.db.Bun.NewInsert().Model(d).On("conflict do nothing").Exec(m.t.Context()); err != nil {
				m.t.Fatal(err)
			}
		}
	}
}

// messages is a batch whose results depend on the row alone.
func messages(_ context.Context, ids []uuid.UUID) ([]any, error) {
	all := make([]any, len(ids))
	for i, id := range ids {
		all[i] = messageOf(id)
	}
	return all, nil
}

func messageOf(id uuid.UUID) string { return "\"" + id.String() + "\"\n" }

// tells tells whether the actor is an admin or auditor of a place.
func tells(a access.Actor, r row) bool {
	return has(a, r["region_code"], domain.RegionalAdmin, domain.NationalAdmin, domain.Auditor)
}

// out tells whether a webhook or delivery is in a list.
func (n *naive) out(r row, args map[string]any) bool {
	if region, _ := args["region"].(map[string]any); region != nil && !n.inRegion("", r, region) {
		return false
	}
	return tells(n.actor, r) && (args["state"] == nil || args["state"] == r["state"]) && (args["channel"] == nil || args["channel"] == r["channel"])
}
