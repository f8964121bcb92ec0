package ripe_test

import (
	"context"
	"log/slog"
	"os"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/berdaya/berdaya/bench/ripe"
	"github.com/berdaya/berdaya/db"
	"github.com/berdaya/berdaya/db/dbtest"
	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/internal/history/historytest"
	"github.com/berdaya/berdaya/internal/members"
	"github.com/berdaya/berdaya/internal/moving"
	"github.com/berdaya/berdaya/plugins/host"
	"github.com/berdaya/berdaya/plugins/national"
	"github.com/berdaya/berdaya/workflow"
)

const play = "national-rules"

// The test binary plays the national rules too: the first argument says so.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == play {
		national.Serve()
		return
	}
	os.Exit(m.Run())
}

// made gives a database with three ripe programmes and their coordinator.
func made(t *testing.T) (*db.DB, string) {
	t.Helper()
	d := dbtest.New(t)
	if _, err := d.Bun.ExecContext(t.Context(), `insert into regions (code, parent_code, level, name, valid_from) values
		('32', 'ID', 'PROVINCE', 'Jawa Barat', '1950-01-01'), ('32.04', '32', 'REGENCY', 'Bandung', '1950-01-01'),
		('32.05', '32', 'REGENCY', 'Garut', '1950-01-01')`); err != nil {
		t.Fatal(err)
	}
	coordinator, err := members.New(d, domain.SystemClock{}, domain.RandomIDs{}).EnsureDevelopment(t.Context(), domain.Coordinator, "32")
	if err != nil {
		t.Fatal(err)
	}
	if err := ripe.Make(t.Context(), d, coordinator, []string{"32.04", "32.05"}, 3, time.Now().AddDate(0, 0, -20)); err != nil {
		t.Fatal(err)
	}
	return d, coordinator
}

func TestRipeProgrammesHoldWhatPeopleWorkWithAndMayMove(t *testing.T) {
	t.Parallel()
	d, coordinator := made(t)
	var wanted []workflow.Wanted
	var ids []uuid.UUID
	for i := range 3 {
		ids = append(ids, ripe.ID(ripe.First+i))
		wanted = append(wanted, workflow.Wanted{ProgrammeID: ids[i], Kinds: workflow.FactKinds})
	}
	found, err := d.Moving().Facts(t.Context(), wanted)
	if err != nil || len(found) != 3 {
		t.Fatalf("%d programmes, %v", len(found), err)
	}
	for i, f := range found {
		if f.Facts.Programme.ID != ids[i] {
			t.Errorf("programme %d is %s", i, f.Facts.Programme.ID)
		}
		attended, budget := 0, 0
		for _, s := range f.Facts.TrainingEvents[0].Sessions {
			attended += len(s.Attendances)
		}
		for _, a := range f.Facts.Activities {
			budget += len(a.BudgetLines)
		}
		got := []int{len(f.Facts.Needs), len(f.Facts.Needs[4].ProblemTree), len(f.Facts.Activities), budget, len(f.Facts.TrainingEvents),
			len(f.Facts.TrainingEvents[0].Participants), attended, len(f.Facts.Indicators), len(f.Facts.Indicators[0].Measurements)}
		want := []int{5, 5, 10, 20, 1, 32, 96, 4, 3}
		for k := range want {
			if got[k] != want[k] {
				t.Fatalf("programme %d holds %v, want %v", i, got, want)
			}
		}
	}
	moves := moving.Moves{Store: d.Moving(), Rules: nationalRules(t), Courses: workflow.Default, Clock: domain.SystemClock{}, IDs: domain.RandomIDs{}}
	who, err := members.New(d, domain.SystemClock{}, domain.RandomIDs{}).Resolve(t.Context(), coordinator)
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range ids {
		if out, err := moves.Move(t.Context(), who, moving.Command{ProgrammeID: id, Move: domain.Advance}); err != nil {
			t.Errorf("%v, %v", out.Blocks, err)
		}
	}
	historytest.Verify(t, d.Histories())
}

// nationalRules gives the national rules at work in a process of their own, which this binary plays.
func nationalRules(t *testing.T) *host.Host {
	t.Helper()
	h, err := host.New(host.Options{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := h.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	own, err := host.Own(play)
	if err == nil {
		err = h.Bind(host.Binding{RuleSet: national.Name, Region: domain.NationCode, Command: own})
	}
	if err == nil {
		err = h.Ready(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
	return h
}
