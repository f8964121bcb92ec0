package moving_test

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/internal/access"
	"github.com/berdaya/berdaya/internal/moving"
	"github.com/berdaya/berdaya/workflow"
)

func (o *office) options(t *testing.T, who access.Actor, id uuid.UUID) []moving.Option {
	t.Helper()
	all, err := o.moves.Available(t.Context(), who, []uuid.UUID{id})
	if err != nil {
		t.Fatal(err)
	}
	return all[id]
}

func blockOf(blocks []domain.Block, rule string) domain.Block {
	return blocks[slices.IndexFunc(blocks, func(b domain.Block) bool { return b.Rule == rule })]
}

func TestABlockSaysWhoMayLiftItAndWhichWaiverIsOnItsWay(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.blocking("FEW", "LOCAL", "NEVER")
	id := o.programme(t, "32", "P-1")
	for _, c := range []struct {
		who    access.Actor
		rule   string
		region string
		may    bool
	}{
		{coordinator, "FEW", "ID", false}, {admin, "FEW", "ID", false}, {minister, "FEW", "ID", true},
		{coordinator, "LOCAL", "32", false}, {admin, "LOCAL", "32", true}, {minister, "LOCAL", "32", true},
	} {
		by := blockOf(o.options(t, c.who, id)[0].Blocks, c.rule).LiftableBy
		if by == nil || by.Region != c.region || by.ByReader != c.may || len(by.Roles) != 2 {
			t.Errorf("%s to %s: %+v", c.rule, c.who.Subject, by)
		}
	}
	if b := blockOf(o.options(t, minister, id)[0].Blocks, "NEVER"); b.LiftableBy != nil || b.Waiver != nil {
		t.Errorf("what cannot be waived: %+v", b)
	}
	out, err := o.asks(admin, id, "west-java", "LOCAL")
	if err != nil {
		t.Fatal(err)
	}
	local := blockOf(o.options(t, admin, id)[0].Blocks, "LOCAL")
	if local.Waiver == nil || local.Waiver.ID != *out.WaiverID || local.Waiver.State != domain.WaiverRequested || local.LiftableBy.ByReader {
		t.Errorf("whoever asked is told that they may grant it: %+v %+v", local.LiftableBy, local.Waiver)
	}
	blocked, err := o.moves.DryRun(t.Context(), minister, moving.Command{ProgrammeID: id, Move: domain.Advance})
	if domain.CodeOf(err) != domain.CodeBlocked || o.moves.Explain(t.Context(), minister, blocked) != nil {
		t.Fatal(err)
	}
	if b := blockOf(blocked.Blocks, "LOCAL"); b.Waiver == nil || !b.LiftableBy.ByReader {
		t.Errorf("a dry run explains less: %+v", b)
	}
	if _, err := o.settles(minister, *out.WaiverID, domain.WaiverGranted); err != nil {
		t.Fatal(err)
	}
	if b := blockOf(o.options(t, admin, id)[0].Blocks, "LOCAL"); !b.Waived || b.LiftableBy != nil || b.Waiver == nil || b.Waiver.State != domain.WaiverGranted {
		t.Errorf("what is waived: %+v", b)
	}
}

func TestAnOptionSaysWhenTheStageWouldBeDueAndWhatItSupersedes(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	id := o.programme(t, "32", "P-1")
	o.move(t, moving.Command{ProgrammeID: id, Move: domain.Advance})
	o.move(t, moving.Command{ProgrammeID: id, Move: domain.Advance})
	for _, a := range []*domain.Activity{{Title: "not begun"}, {Title: "neither"}, {Title: "begun", ActualStart: of(domain.Date("2026-02-01"))}, {Title: "gone", SupersededAt: of(noon)}} {
		a.Record, a.ProgrammeID, a.Kind = record(), id, domain.ActivityKind("TRAINING")
		o.insert(t, a)
	}
	for _, published := range []bool{true, false} {
		r := &domain.Report{Record: record(), ProgrammeID: id, Kind: "PROGRESS", Audience: "council", PeriodStart: "2026-01-01", PeriodEnd: "2026-02-01"}
		if published {
			r.Edition, r.PublishedAt, r.Figures = 1, of(noon), json.RawMessage("{}")
		}
		o.insert(t, r)
	}
	if n := o.count(t, "select count(*) from stage_visits where programme_id = ?", id); n != 3 {
		t.Fatal(n, "visits")
	}
	want := map[domain.Stage]workflow.Superseded{domain.Identify: {Visits: 2, Activities: 2, Reports: 1}, domain.Plan: {Visits: 1, Activities: 2, Reports: 1}}
	for _, option := range o.options(t, admin, id) {
		dry, err := o.moves.DryRun(t.Context(), admin, moving.Command{ProgrammeID: id, Move: option.Move, ToStage: backTo(option), Reason: of("why")})
		if err != nil || !dry.Allowed {
			t.Fatal(option.Move, err)
		}
		switch option.Move {
		case domain.SendBack:
			if diff := cmp.Diff(want[option.ToStage], *option.Superseded); diff != "" {
				t.Errorf("back to %s: %s", option.ToStage, diff)
			}
		default:
			if option.Superseded != nil {
				t.Errorf("%s supersedes %+v", option.Move, option.Superseded)
			}
		}
		if (option.DueOn != nil) != (option.ToStatus == domain.Active || option.ToStatus == domain.OnHold) {
			t.Errorf("%s: due %v", option.Move, option.DueOn)
		}
	}
	back := o.options(t, admin, id)[1]
	o.move(t, moving.Command{ProgrammeID: id, Move: back.Move, ToStage: backTo(back), Reason: of("why")})
	if p := o.get(t, id); *p.DueOn != *back.DueOn {
		t.Errorf("it is due %s and %s was foretold", *p.DueOn, *back.DueOn)
	}
	if n := o.count(t, "select count(*) from stage_visits where programme_id = ? and superseded_at is not null", id); n != back.Superseded.Visits {
		t.Errorf("%d visits were superseded, %d foretold", n, back.Superseded.Visits)
	}
	o.blocking("NEVER")
	if next := o.options(t, admin, id)[0]; next.Allowed || next.DueOn != nil || next.Superseded != nil {
		t.Errorf("a step that may not be made: %+v", next)
	}
}

func backTo(o moving.Option) *domain.Stage {
	if o.Move == domain.SendBack {
		return &o.ToStage
	}
	return nil
}
