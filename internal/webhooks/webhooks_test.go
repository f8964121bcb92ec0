package webhooks_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/berdaya/berdaya/db"
	"github.com/berdaya/berdaya/db/dbtest"
	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/internal/access"
	"github.com/berdaya/berdaya/internal/webhooks"
)

var admin = access.Actor{Subject: "admin", Locale: domain.English, Grants: []access.Grant{{Role: domain.NationalAdmin, Region: "ID"}}}

// entering gives the use case on a database with a region.
func entering(t *testing.T) (*webhooks.Webhooks, *db.DB) {
	t.Helper()
	d := dbtest.New(t)
	dbtest.Regions(t, d, "32")
	member := &domain.Member{Record: domain.Record{ID: domain.RandomIDs{}.New(), CreatedAt: noon, UpdatedAt: noon}, Subject: "admin", Name: "The admin", Locale: domain.English}
	if _, err := d.Bun.NewInsert().Model(member).Exec(t.Context()); err != nil {
		t.Fatal(err)
	}
	sealer, err := webhooks.NewSealer(make([]byte, 32))
	if err != nil {
		t.Fatal(err)
	}
	return &webhooks.Webhooks{Store: d.Webhooks(), Sealer: sealer, Clock: clock{}, IDs: domain.RandomIDs{}}, d
}

func TestARegionHasTwentyWebhooksAtMostHoweverManyEnterThemAtOnce(t *testing.T) {
	t.Parallel()
	hooks, _ := entering(t)
	errs := make([]error, 30)
	var all sync.WaitGroup
	for i := range errs {
		all.Go(func() {
			_, _, errs[i] = hooks.Create(t.Context(), admin, webhooks.New{Region: "32", URL: fmt.Sprintf("https://example.org/%d", i), Active: true})
		})
	}
	all.Wait()
	entered := 0
	for _, err := range errs {
		switch {
		case err == nil:
			entered++
		case domain.CodeOf(err) != domain.CodeTooLarge || !strings.Contains(err.Error(), "20"):
			t.Error(err)
		}
	}
	if entered != 20 {
		t.Error(entered, "were entered")
	}
}

func TestAWebhookForARegionThatIsNotThereIsNotFound(t *testing.T) {
	t.Parallel()
	hooks, _ := entering(t)
	_, _, err := hooks.Create(t.Context(), admin, webhooks.New{Region: "99", URL: "https://example.org/", Active: true})
	if e, ok := err.(*domain.Error); !ok || e.Code != domain.CodeNotFound || strings.Join(e.Path, ".") != "regionCode" {
		t.Error(err)
	}
}

func TestTwoWhoChangeAWebhookAtOnceUndoNothingOfEachOther(t *testing.T) {
	t.Parallel()
	hooks, d := entering(t)
	id, _, err := hooks.Create(t.Context(), admin, webhooks.New{Region: "32", URL: "https://example.org/", Active: true})
	if err != nil {
		t.Fatal(err)
	}
	for round := range 20 {
		url, active := fmt.Sprintf("https://example.org/%d", round), round%2 == 1
		var both sync.WaitGroup
		for _, c := range []webhooks.Change{{ID: id, URL: &url}, {ID: id, Active: &active}} {
			both.Go(func() {
				if _, err := hooks.Update(t.Context(), admin, c); err != nil {
					t.Error(err)
				}
			})
		}
		both.Wait()
		if w, _, err := d.Webhooks().Webhook(t.Context(), id); err != nil || w.URL != url || w.Active != active {
			t.Fatal(round, w, err)
		}
	}
}
