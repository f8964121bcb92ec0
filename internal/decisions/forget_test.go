package decisions_test

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/internal/decisions"
	"github.com/berdaya/berdaya/internal/moving"
	"github.com/berdaya/berdaya/workflow"
)

func TestWhatIsUsedAgainWhileTheOldIsForgottenStays(t *testing.T) {
	t.Parallel()
	o := newOffice(t, nil)
	o.moves.Rules = rules{say: blocked}
	_, _ = o.moves.Move(t.Context(), admin, moving.Command{ProgrammeID: o.programme(t, "32"), Move: domain.Advance})
	o.written(t)
	// Another server counts the same failure again, on the same facts, a hundred days later: it has not committed yet.
	tx, err := o.Pool.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback(context.Background()) }()
	for _, again := range []string{`update decision_facts set last_used = '2026-06-09'`, `update decisions set last_at = '2026-06-09', count = 2`} {
		if _, err := tx.Exec(t.Context(), again); err != nil {
			t.Fatal(err)
		}
	}
	forgotten := make(chan error, 1)
	go func() {
		_, err := o.Decisions().Forget(context.Background(), noon.Add(10*24*time.Hour), 100)
		forgotten <- err
	}()
	waits := func() bool { // whether it waits for what the other one holds
		return o.count(t, `select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`) > 0
	}
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(5 * time.Millisecond) {
		if len(forgotten) > 0 || waits() {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("it neither ends nor waits")
		}
	}
	if err := tx.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := <-forgotten; err != nil {
		t.Fatal(err)
	}
	if o.count(t, `select count(*) from decisions where count = 2`) != 1 || o.count(t, `select count(*) from decision_facts`) != 1 {
		t.Error("what was used again is gone")
	}
}

// unheard is a store that writes a batch and does not say so the first time.
type unheard struct {
	decisions.Store
	written atomic.Int64
}

func (u *unheard) Keep(ctx context.Context, facts []workflow.KeptFacts, all []workflow.KeptDecision) error {
	err := u.Store.Keep(ctx, facts, all)
	if u.written.Add(1) == 1 {
		err = errors.Join(err, errors.New("the connection broke"))
	}
	return err
}

func TestABatchThatIsWrittenTwiceIsThereOnceAndNotLost(t *testing.T) {
	t.Parallel()
	u := &unheard{}
	o := newOffice(t, func(l *decisions.Log) { u.Store, l.Store = l.Store, u })
	moved, stopped := o.programme(t, "32"), o.programme(t, "32")
	if _, err := o.moves.Move(t.Context(), admin, moving.Command{ProgrammeID: moved, Move: domain.Advance}); err != nil {
		t.Fatal(err)
	}
	o.moves.Rules = rules{say: blocked}
	_, _ = o.moves.Move(t.Context(), admin, moving.Command{ProgrammeID: stopped, Move: domain.Advance})
	all := o.written(t)
	if len(all) != 2 || all[0].Count != 1 || all[1].Count != 1 || o.lost.Load() != 0 || u.written.Load() < 2 {
		t.Error(all, o.lost.Load(), u.written.Load())
	}
}

func TestWhatRulesQuoteOfMaskedTextsIsMaskedToo(t *testing.T) {
	t.Parallel()
	o := newOffice(t, nil)
	id := o.programme(t, "32")
	o.moves.Rules = rules{say: func(workflow.Question) workflow.Judgement {
		return workflow.Judgement{Blocks: []domain.Block{{RuleSet: "water", Region: "32", Version: "2", Rule: "WELL_DUG", Severity: domain.SeverityBlock,
			Message: domain.Text{EN: "Meet elsewhere than in the house of a family.", ID: "the house of a family bukan tempat"}, Values: map[string]string{"place": "the house of a family", "n": "1"}}},
			Unavailable: []workflow.Unavailable{{RuleSet: "roads", Region: "32", Reason: `its last line was: "the house of a family"?`}}}
	}}
	_, _ = o.moves.Move(t.Context(), admin, moving.Command{ProgrammeID: id, Move: domain.Advance})
	d := o.written(t)[0]
	if b := d.Blocks[0]; b.Message.EN != "Meet elsewhere than in •••." || b.Message.ID != "••• bukan tempat" || b.Values["place"] != "•••" || b.Values["n"] != "1" {
		t.Errorf("%+v", b)
	}
	if strings.Contains(string(d.Unavailable), "family") || !strings.Contains(string(d.Unavailable), "roads") {
		t.Error(string(d.Unavailable))
	}
}

func TestRulesThatStayAwayAreTheSameAgainWhateverTheyLogLast(t *testing.T) {
	t.Parallel()
	o := newOffice(t, nil)
	id, tries := o.programme(t, "32"), 0
	o.moves.Rules = rules{say: func(workflow.Question) workflow.Judgement {
		tries++
		return workflow.Judgement{Unavailable: []workflow.Unavailable{{RuleSet: "water", Region: "32", Reason: "its last line was: attempt " + strings.Repeat("i", tries)}}}
	}}
	for range 3 {
		_, _ = o.moves.Move(t.Context(), admin, moving.Command{ProgrammeID: id, Move: domain.Advance})
	}
	if all := o.written(t); len(all) != 1 || all[0].Count != 3 || !strings.Contains(string(all[0].Unavailable), `attempt i"`) {
		t.Errorf("%+v", all)
	}
}
