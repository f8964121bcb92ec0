package demo_test

import (
	"context"
	"os"
	"testing"
	"time"

	"github.com/berdaya/berdaya/db"
	"github.com/berdaya/berdaya/db/dbtest"
	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/internal/access"
	"github.com/berdaya/berdaya/internal/content"
	"github.com/berdaya/berdaya/internal/demo"
	"github.com/berdaya/berdaya/internal/history/historytest"
	"github.com/berdaya/berdaya/internal/members"
	"github.com/berdaya/berdaya/internal/moving"
	"github.com/berdaya/berdaya/internal/programmes"
	"github.com/berdaya/berdaya/internal/regions"
	"github.com/berdaya/berdaya/internal/registry"
	"github.com/berdaya/berdaya/internal/timers"
	"github.com/berdaya/berdaya/plugins/host"
	"github.com/berdaya/berdaya/plugins/national"
	"github.com/berdaya/berdaya/workflow"
)

// TestMain lets this program stand in for the server's: started with the word, it is the national rules.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "national" {
		national.Serve()
		return
	}
	os.Exit(m.Run())
}

func ports(t *testing.T, d *db.DB) demo.Ports {
	t.Helper()
	ctx := t.Context()
	if _, _, err := regions.Seed(ctx, d, regions.Options{}); err != nil {
		t.Fatal(err)
	}
	rules, err := host.New(host.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := rules.Close(ctx); err != nil {
			t.Error(err)
		}
	})
	own, err := host.Own("national")
	if err != nil {
		t.Fatal(err)
	}
	if err := rules.Bind(host.Binding{RuleSet: national.Name, Region: domain.NationCode, Command: own}); err != nil {
		t.Fatal(err)
	}
	wait, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	if err := rules.Ready(wait); err != nil {
		t.Fatal(err)
	}
	clock, ids := domain.SystemClock{}, domain.RandomIDs{}
	who := members.New(d, clock, ids)
	return demo.Ports{
		Registry:   registry.Registry{Store: d.Registry(), Clock: clock, IDs: ids},
		Programmes: programmes.Programmes{Store: d.Programmes(), Courses: workflow.Default, Clock: clock, IDs: ids},
		Content:    content.Writer{Store: d.Contents(), Clock: clock, IDs: ids},
		Moves:      &moving.Moves{Store: d.Moving(), Rules: rules, Courses: workflow.Default, Clock: clock, IDs: ids},
		Timers:     timers.Timers{Store: d.Timers(), Teller: d.Notices(), Clock: clock, IDs: ids},
		There:      d.Demo().There,
		Actor: func(ctx context.Context, role domain.Role, region string) (access.Actor, error) {
			subject, err := who.EnsureDevelopment(ctx, role, region)
			if err != nil {
				return access.Actor{}, err
			}
			return who.Resolve(ctx, subject)
		},
	}
}

func TestTheSmallPortfolioHasEveryStageAndStatusAndASecondSeedingChangesNothing(t *testing.T) {
	t.Parallel()
	d := dbtest.New(t)
	p := ports(t, d)
	n, err := demo.Seed(t.Context(), p)
	if err != nil {
		t.Fatal(err)
	}
	type cell struct {
		Stage  domain.Stage
		Status domain.Status
		Count  int
	}
	var cells []cell
	if err := d.Bun.NewRaw("select stage, status, count(*)::int as count from programmes group by 1, 2").Scan(t.Context(), &cells); err != nil {
		t.Fatal(err)
	}
	stages, statuses, sum := map[domain.Stage]bool{}, map[domain.Status]bool{}, 0
	for _, c := range cells {
		sum += c.Count
		statuses[c.Status] = true
		if c.Status == domain.Active {
			stages[c.Stage] = true
		}
	}
	if sum != n || len(stages) != len(domain.Stages) || len(statuses) != len(domain.Statuses) {
		t.Fatalf("%d programmes, %v", n, cells)
	}
	// What has come of it is whole: every history folds to its programme's state.
	historytest.Verify(t, d.Histories())
	due, err := p.Timers.GoOff(t.Context())
	if err != nil || due.Off+due.Righted != 0 {
		t.Errorf("at the first start timers go off: %+v, %v", due, err)
	}
	var events, told int
	if err := d.Bun.NewRaw("select (select count(*) from timer_events), (select count(*) from notifications)").Scan(t.Context(), &events, &told); err != nil {
		t.Fatal(err)
	}
	if events == 0 || told != 0 {
		t.Errorf("%d timers have gone off as the story was told, and %d people were told", events, told)
	}
	before := latest(t, d)
	if again, err := demo.Seed(t.Context(), p); err != nil || again != n {
		t.Fatal(again, err)
	}
	if after := latest(t, d); after != before {
		t.Errorf("the second seeding wrote something: %s became %s", before, after)
	}
	var old int
	if err := d.Bun.NewRaw("select count(*) from idempotency_keys where created_at < now() - interval '1 day'").Scan(t.Context(), &old); err != nil || old != 0 {
		t.Errorf("%d commands would be forgotten before their time: %v", old, err)
	}
	if _, err := d.Pool.Exec(t.Context(), "delete from idempotency_keys"); err != nil {
		t.Fatal(err)
	}
	before = latest(t, d)
	if again, err := demo.Seed(t.Context(), p); err != nil || again != n {
		t.Fatal(again, err)
	}
	if after := latest(t, d); after != before {
		t.Errorf("a seeding after its commands were forgotten wrote something: %s became %s", before, after)
	}
}

// latest is the number of remembered commands and of events, and the last transaction that changed a programme.
func latest(t *testing.T, d *db.DB) (s string) {
	t.Helper()
	err := d.Bun.NewRaw("select concat_ws(' ', (select count(*) from idempotency_keys), (select count(*) from programme_events), (select max(updated_at) from programmes))").
		Scan(t.Context(), &s)
	if err != nil {
		t.Fatal(err)
	}
	return s
}
