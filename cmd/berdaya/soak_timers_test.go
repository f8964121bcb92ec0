package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/berdaya/berdaya/db"
	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/internal/members"
	"github.com/berdaya/berdaya/workflow"
)

// Of the timers that fall due in the storm: so many, in so many programmes, and beside them some that are held.
const (
	stormTimers     = 1_000
	stormProgrammes = 125
	stormHeld       = 40
)

func TestAThousandTimersUnderKillsOfTwoServersGoOffOnceEachAndAreToldOnce(t *testing.T) {
	if os.Getenv(longEnv) == "" {
		t.Skipf("set %s=1 to run it", longEnv)
	}
	length, err := time.ParseDuration(cmp.Or(os.Getenv(soakEnv), "5m"))
	if err != nil {
		t.Fatal(err)
	}
	seed, began := seedOf(t), time.Now()
	p := newPair(t, seed)
	d := p.open(t)
	last := seedTimers(t, d, rand.New(rand.NewPCG(seed, 3)), length)
	p.storm(t, func() bool { return time.Now().After(last) })
	until(t, recoveryBound, "all have gone off", func() bool {
		return figure(t, d, `select count(*) from timers where state = 'PENDING'`) == 0
	})

	for what, query := range map[string]string{
		"timers have not gone off":                        `select count(*) - 1000 from timers where state = 'FIRED'`,
		"timers that were held have changed":              `select count(*) - 40 from timers where state = 'HELD'`,
		"timer events are too many":                       `select count(*) - 1000 from timer_events`,
		"timers have another number of events than one":   `select count(*) from (select t.id from timers t left join timer_events e on e.timer_id = t.id where t.state = 'FIRED' group by t.id having count(e.id) <> 1) x`,
		"events are of programmes on hold":                `select count(*) from timer_events e join programmes p on p.id = e.programme_id where p.status <> 'ACTIVE'`,
		"events came before their hour":                   `select count(*) from timer_events where fired_at < fires_at`,
		"events have another number of notices than one":  `select count(*) from (select e.id from timer_events e left join notices n on n.timer_event_id = e.id group by e.id having count(n.id) <> 1) x`,
		"events were not told to their coordinator once":  `select count(*) from (select e.id from timer_events e left join notifications n on n.notice_id = e.id and n.recipient = 'dev-coordinator-32' group by e.id having count(n.id) <> 1) x`,
		"escalations were not told to the region's admin": `select count(*) from (select e.id from timer_events e left join notifications n on n.notice_id = e.id and n.recipient = 'dev-regional-admin-32' where e.kind = 'ESCALATION' group by e.id having count(n.id) <> 1) x`,
		"people were told of what does not concern them":  `select count(*) from notifications n join timer_events e on e.id = n.notice_id where n.recipient <> 'dev-coordinator-32' and (e.kind <> 'ESCALATION' or n.recipient <> 'dev-regional-admin-32')`,
	} {
		if n := figure(t, d, query); n != 0 {
			t.Errorf("%.0f %s", n, what)
		}
	}
	told, worst, late := figure(t, d, `select count(*) from notifications`), figure(t, d, `select extract(epoch from max(fired_at - fires_at)) from timer_events`),
		figure(t, d, `select extract(epoch from percentile_disc(0.5) within group (order by fired_at - fires_at)) from timer_events`)
	events := figure(t, d, `select count(*) from timer_events`)
	_ = d.Close()
	p.end(t)
	if !t.Failed() { // what it says is true then
		fmt.Printf("\ntwo servers, seed %d, %s\n  timers      %d due at random instants, %.0f events, each told: %.0f notifications; %d held, silent\n  kills       %s\n  lag         median %.1f s, worst %.1f s\n  left behind nothing: %s\n",
			seed, time.Since(began).Round(time.Second), stormTimers, events, told, stormHeld, p.said(), late, worst, p.left)
	}
}

// seedTimers enters programmes with timers that fall due at random instants from now on, and gives the last of these.
func seedTimers(t *testing.T, d *db.DB, rng *rand.Rand, length time.Duration) (last time.Time) {
	t.Helper()
	who := members.New(d, domain.SystemClock{}, domain.RandomIDs{})
	coordinator, err := who.EnsureDevelopment(t.Context(), domain.Coordinator, "32")
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now().UTC().Truncate(time.Microsecond)
	var timers []domain.Timer
	timer := func(programme uuid.UUID, state domain.TimerState) {
		at := now.Add(2*time.Second + time.Duration(rng.Int64N(int64(length)))).Truncate(time.Microsecond)
		if state == domain.TimerPending && at.After(last) {
			last = at
		}
		kind := domain.TimerKind(domain.TimerKinds[rng.IntN(len(domain.TimerKinds))].Code)
		row := domain.Timer{Record: domain.Record{ID: uuid.Must(uuid.NewV7()), CreatedAt: now, UpdatedAt: now}, ProgrammeID: programme, Stage: domain.Identify,
			Kind: kind, OffsetDays: 1 + rng.IntN(30), FiresAt: at, State: state}
		if kind == domain.TimerEscalation {
			level := domain.Province // whose admin there is; below, nobody is, so it goes up to them as well
			if rng.IntN(2) == 0 {
				level = domain.Regency
			}
			row.Level = &level
		}
		timers = append(timers, row)
	}
	for n := range stormProgrammes + stormHeld {
		id := programmeWithoutTimers(t, d, coordinator, fmt.Sprintf("SOAK-%04d", n), now)
		if n >= stormProgrammes {
			timer(id, domain.TimerHeld)
			continue
		}
		for range stormTimers / stormProgrammes {
			timer(id, domain.TimerPending)
		}
	}
	if _, err := d.Pool.Exec(t.Context(), `update programmes set status = 'ON_HOLD', held_at = now() where code >= 'SOAK-0125'`); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Bun.NewInsert().Model(&timers).Exec(t.Context()); err != nil {
		t.Fatal(err)
	}
	return last
}

// programmeWithoutTimers begins a programme that nothing reminds.
func programmeWithoutTimers(t *testing.T, d *db.DB, coordinator, code string, at time.Time) uuid.UUID {
	t.Helper()
	p := &domain.Programme{Record: domain.Record{ID: uuid.Must(uuid.NewV7()), CreatedAt: at, UpdatedAt: at}, RegionCode: "32.73", Code: code, Title: "Air bersih",
		Goal: "Air bersih untuk semua", StartDate: "2026-01-01", EndDate: "2027-12-31", Coordinator: coordinator, FactsVersion: 1}
	decided := workflow.Created(workflow.Course{}, p.ID, p.RegionCode, coordinator, at)
	decided.Seal(domain.RandomIDs{}, "")
	decided.After.Apply(p)
	s := d.Commands()
	if err := s.Transact(t.Context(), func(ctx context.Context) error {
		_, err := s.In(ctx).NewInsert().Model(p).Exec(ctx)
		return errors.Join(err, s.Begin(ctx, decided))
	}); err != nil {
		t.Fatal(err)
	}
	return p.ID
}

// figure gives one number of the database, which is never away here.
func figure(t *testing.T, d *db.DB, query string) (n float64) {
	t.Helper()
	if err := d.Pool.QueryRow(t.Context(), "select ("+query+")::float8").Scan(&n); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return n
}
