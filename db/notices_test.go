package db_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/berdaya/berdaya/db"
	"github.com/berdaya/berdaya/db/dbtest"
	"github.com/berdaya/berdaya/domain"
)

// village is a region four levels down.
const village = "32.73.05.1001"

var fired = time.Date(2026, 5, 4, 0, 0, 0, 0, time.UTC)

// peopled gives a database with the regions down to a village, and members with roles written ROLE region.
func peopled(t *testing.T, roles map[string]string) *db.DB {
	t.Helper()
	d := dbtest.New(t)
	dbtest.Regions(t, d, village, "33")
	dbtest.Member(t, d, "coordinator")
	for subject, role := range roles {
		if subject != "coordinator" {
			dbtest.Member(t, d, subject)
		}
		what, where, _ := strings.Cut(role, " ")
		insert(t, d, &domain.MemberRole{Record: newRecord(), Subject: subject, Role: domain.Role(what), RegionCode: where})
	}
	return d
}

func newRecord() domain.Record {
	return domain.Record{ID: uuid.Must(uuid.NewV7()), CreatedAt: fired, UpdatedAt: fired}
}

func insert(t *testing.T, d *db.DB, row any) {
	t.Helper()
	if _, err := d.Bun.NewInsert().Model(row).Exec(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// goesOff has a timer of a new programme in a region go off, and gives the id of its event.
func goesOff(t *testing.T, d *db.DB, region string, kind domain.TimerKind, level *domain.Level) uuid.UUID {
	t.Helper()
	p := &domain.Programme{Record: newRecord(), RegionCode: region, Code: "P-" + strings.ToUpper(uuid.NewString()[:8]), Title: "Clean water", StartDate: "2026-01-01",
		EndDate: "2026-12-31", Coordinator: "coordinator", Stage: domain.Plan, Status: domain.Active, StageEnteredAt: fired, Version: 1, FactsVersion: 1}
	insert(t, d, p)
	timer := &domain.Timer{Record: newRecord(), ProgrammeID: p.ID, Stage: p.Stage, Kind: kind, OffsetDays: 7, Level: level, FiresAt: fired, State: domain.TimerFired}
	insert(t, d, timer)
	due := domain.Date("2026-04-27")
	e := &domain.TimerEvent{ID: uuid.Must(uuid.NewV7()), TimerID: timer.ID, ProgrammeID: p.ID, Stage: p.Stage, Kind: kind, OffsetDays: 7, Level: level,
		DueOn: &due, FiresAt: fired, FiredAt: fired}
	insert(t, d, e)
	return e.ID
}

// told gives who is told of an event, sorted.
func told(t *testing.T, d *db.DB, event uuid.UUID) string {
	t.Helper()
	var subjects []string
	err := d.Bun.NewSelect().Model((*domain.Notification)(nil)).Column("recipient").Where("notice_id = ?", event).Scan(t.Context(), &subjects)
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(subjects)
	return strings.Join(subjects, " ")
}

func TestATimerIsToldToWhomItConcerns(t *testing.T) {
	t.Parallel()
	everybody := map[string]string{"village": "REGIONAL_ADMIN " + village, "regency": "REGIONAL_ADMIN 32.73", "another": "REGIONAL_ADMIN 32.73", "minister": "NATIONAL_ADMIN ID",
		"elsewhere": "REGIONAL_ADMIN 33", "viewer": "VIEWER 32.73", "facilitator": "FACILITATOR " + village}
	for name, c := range map[string]struct {
		roles  map[string]string
		region string
		kind   domain.TimerKind
		level  domain.Level
		want   string
	}{
		"a reminder is the coordinator's":          {everybody, village, domain.TimerReminder, "", "coordinator"},
		"a checkpoint too":                         {everybody, village, domain.TimerCheckpoint, "", "coordinator"},
		"what is overdue too":                      {everybody, village, domain.TimerOverdue, "", "coordinator"},
		"to all admins of the level":               {everybody, village, domain.TimerEscalation, domain.Regency, "another coordinator regency"},
		"to the next above where there is nobody":  {everybody, village, domain.TimerEscalation, domain.District, "another coordinator regency"},
		"to its own region":                        {everybody, village, domain.TimerEscalation, domain.Village, "coordinator village"},
		"to its own region above the level":        {everybody, "32.73", domain.TimerEscalation, domain.Village, "another coordinator regency"},
		"at last to national admins":               {everybody, village, domain.TimerEscalation, domain.Province, "coordinator minister"},
		"to the nation":                            {everybody, village, domain.TimerEscalation, domain.Nation, "coordinator minister"},
		"of a programme of the nation":             {everybody, "ID", domain.TimerEscalation, domain.Regency, "coordinator minister"},
		"to the nation's regional admin before":    {map[string]string{"nation": "REGIONAL_ADMIN ID", "minister": "NATIONAL_ADMIN ID"}, village, domain.TimerEscalation, domain.Province, "coordinator nation"},
		"once to a coordinator who is admin too":   {map[string]string{"coordinator": "REGIONAL_ADMIN 32"}, village, domain.TimerEscalation, domain.Province, "coordinator"},
		"to the coordinator where there is no one": {nil, village, domain.TimerEscalation, domain.Province, "coordinator"},
		"not to national admins of another region": {map[string]string{"there": "NATIONAL_ADMIN 33"}, village, domain.TimerEscalation, domain.Nation, "coordinator"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := peopled(t, c.roles)
			var level *domain.Level
			if c.level != "" {
				level = &c.level
			}
			event := goesOff(t, d, c.region, c.kind, level)
			other := goesOff(t, d, "33", domain.TimerReminder, nil)
			for range 2 { // told twice is told once
				if err := d.Notices().TellTimers(t.Context(), []uuid.UUID{event, other}); err != nil {
					t.Fatal(err)
				}
			}
			if got := told(t, d, event); got != c.want {
				t.Errorf("told were %q, want %q", got, c.want)
			}
			if got := told(t, d, other); got != "coordinator" {
				t.Errorf("of the other were told %q", got)
			}
		})
	}
}

func TestWhatTheTransactionTakesBackIsNotTold(t *testing.T) {
	t.Parallel()
	d := peopled(t, nil)
	event := goesOff(t, d, village, domain.TimerReminder, nil)
	refused := domain.Errorf(domain.CodeConflict, "another time")
	err := d.Commands().Transact(t.Context(), func(ctx context.Context) error {
		if err := d.Notices().TellTimers(ctx, []uuid.UUID{event}); err != nil {
			return err
		}
		return refused
	})
	if domain.CodeOf(err) != domain.CodeConflict || told(t, d, event) != "" {
		t.Error(err, told(t, d, event))
	}
}
