package workflow_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/workflow"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func of[T any](v T) *T { return &v }

// passes is a judgement in which every rule passed.
func passes() *workflow.Judgement {
	return &workflow.Judgement{Revisions: []domain.RuleRevision{{RuleSet: "national", Version: "1.0.0"}}}
}

// state makes the state of a programme that has come to a stage and status.
func state(stage domain.Stage, status domain.Status) workflow.State {
	s := workflow.State{ProgrammeID: uuid.New(), Stage: stage, Status: status, StageEnteredAt: noon.AddDate(0, 0, -20), Version: 7, Hash: "before"}
	if status == domain.Active || status == domain.OnHold {
		s.DueOn = of(domain.Date("2026-04-10"))
	}
	if status == domain.OnHold {
		s.HeldAt = of(noon.AddDate(0, 0, -10))
	}
	return s
}

// table is the table of moves, written down a second time: for each status and move, where each stage leads to. A dash means
// that the move is not offered.
const table = `
status    move      IDENTIFY         PLAN              TRAIN             MONITOR           REPORT
ACTIVE    ADVANCE   PLAN/ACTIVE      TRAIN/ACTIVE      MONITOR/ACTIVE    REPORT/ACTIVE     REPORT/COMPLETED
ACTIVE    SEND_BACK -                IDENTIFY/ACTIVE   IDENTIFY,PLAN/ACTIVE IDENTIFY,PLAN,TRAIN/ACTIVE IDENTIFY,PLAN,TRAIN,MONITOR/ACTIVE
ACTIVE    HOLD      IDENTIFY/ON_HOLD PLAN/ON_HOLD      TRAIN/ON_HOLD     MONITOR/ON_HOLD   REPORT/ON_HOLD
ACTIVE    RESUME    -                -                 -                 -                 -
ACTIVE    CANCEL    IDENTIFY/CANCELLED PLAN/CANCELLED  TRAIN/CANCELLED   MONITOR/CANCELLED REPORT/CANCELLED
ACTIVE    REOPEN    -                -                 -                 -                 -
ON_HOLD   ADVANCE   -                -                 -                 -                 -
ON_HOLD   SEND_BACK -                -                 -                 -                 -
ON_HOLD   HOLD      -                -                 -                 -                 -
ON_HOLD   RESUME    IDENTIFY/ACTIVE  PLAN/ACTIVE       TRAIN/ACTIVE      MONITOR/ACTIVE    REPORT/ACTIVE
ON_HOLD   CANCEL    IDENTIFY/CANCELLED PLAN/CANCELLED  TRAIN/CANCELLED   MONITOR/CANCELLED REPORT/CANCELLED
ON_HOLD   REOPEN    -                -                 -                 -                 -
COMPLETED ADVANCE   -                -                 -                 -                 -
COMPLETED SEND_BACK -                -                 -                 -                 -
COMPLETED HOLD      -                -                 -                 -                 -
COMPLETED RESUME    -                -                 -                 -                 -
COMPLETED CANCEL    -                -                 -                 -                 -
COMPLETED REOPEN    IDENTIFY/ACTIVE  PLAN/ACTIVE       TRAIN/ACTIVE      MONITOR/ACTIVE    REPORT/ACTIVE
CANCELLED ADVANCE   -                -                 -                 -                 -
CANCELLED SEND_BACK -                -                 -                 -                 -
CANCELLED HOLD      -                -                 -                 -                 -
CANCELLED RESUME    -                -                 -                 -                 -
CANCELLED CANCEL    -                -                 -                 -                 -
CANCELLED REOPEN    IDENTIFY/ACTIVE  PLAN/ACTIVE       TRAIN/ACTIVE      MONITOR/ACTIVE    REPORT/ACTIVE
`

func TestEveryCellOfTheTableOfMoves(t *testing.T) {
	t.Parallel()
	lines := strings.Split(strings.TrimSpace(table), "\n")
	stages := strings.Fields(lines[0])[2:]
	if want := len(domain.Statuses) * len(domain.Moves); len(lines)-1 != want || len(stages) != len(domain.Stages) {
		t.Fatalf("the table has %d rows of %d", len(lines)-1, want)
	}
	for _, line := range lines[1:] {
		cells := strings.Fields(line)
		status, move := domain.Status(cells[0]), domain.Move(cells[1])
		for i, cell := range cells[2:] {
			s := state(domain.Stage(stages[i]), status)
			targets, toStatus, _ := strings.Cut(cell, "/")
			for _, target := range domain.Stages {
				c := workflow.Command{Actor: "a", Move: move, Reason: of("because"), At: noon}
				if move == domain.SendBack {
					c.ToStage = of(domain.Stage(target.Code))
				}
				d := workflow.Decide(terms, s, nil, passes(), c)
				name := fmt.Sprintf("%s %s %s to %s", s.Stage, status, move, target.Code)
				switch {
				case cell == "-":
					if domain.CodeOf(d.Err) != domain.CodeMoveNotPossible {
						t.Errorf("%s: %v", name, d.Err)
					}
				case move == domain.SendBack && !slices.Contains(strings.Split(targets, ","), target.Code):
					if domain.CodeOf(d.Err) != domain.CodeBadUserInput {
						t.Errorf("%s: %v", name, d.Err)
					}
				case d.Err != nil:
					t.Errorf("%s: %v", name, d.Err)
				case move == domain.SendBack && string(d.After.Stage) != target.Code,
					move != domain.SendBack && string(d.After.Stage) != targets,
					string(d.After.Status) != toStatus, d.After.Version != 8:
					t.Errorf("%s leads to %+v", name, d.After)
				}
			}
		}
	}
}

func TestAMoveThatIsNotOfferedListsThoseThatAre(t *testing.T) {
	t.Parallel()
	d := workflow.Decide(terms, state(domain.Train, domain.OnHold), nil, passes(), workflow.Command{Move: domain.Advance, At: noon})
	e, ok := d.Err.(*domain.Error)
	if !ok || e.Code != domain.CodeMoveNotPossible {
		t.Fatal(d.Err)
	}
	if diff := cmp.Diff([]string{"RESUME", "CANCEL"}, e.Params["possible"]); diff != "" {
		t.Error(diff)
	}
	if !strings.Contains(e.Message, "Resume, Cancel") || !strings.Contains(e.Text.ID, "Lanjut tidak mungkin untuk program pada tahap Pelatihan dengan status Ditunda; yang mungkin: Teruskan, Batalkan") {
		t.Error(e.Text)
	}
}

func TestWhatIsWrongWithACommandIsSaidInOneGo(t *testing.T) {
	t.Parallel()
	wrong := func(c workflow.Command, s workflow.State, codes ...domain.Code) {
		t.Helper()
		c.At = noon
		d := workflow.Decide(terms, s, nil, passes(), c)
		var got []domain.Code
		switch e := d.Err.(type) {
		case *domain.Error:
			got = append(got, e.Code)
			if e.Text.ID == "" {
				t.Errorf("%v has no Indonesian text", e)
			}
		case domain.Problems:
			for _, p := range e {
				got = append(got, p.Code)
			}
		}
		if diff := cmp.Diff(codes, got); diff != "" {
			t.Error(c.Move, diff)
		}
	}
	active, held := state(domain.Train, domain.Active), state(domain.Train, domain.OnHold)
	ended := state(domain.ReportResult, domain.Completed)
	wrong(workflow.Command{Move: "JUMP"}, active, domain.CodeBadUserInput, domain.CodeReasonRequired)
	wrong(workflow.Command{Move: domain.Hold}, active, domain.CodeReasonRequired)
	wrong(workflow.Command{Move: domain.Hold, Reason: of(" \n ")}, active, domain.CodeReasonRequired)
	wrong(workflow.Command{Move: domain.SendBack, ToStage: of(domain.Plan)}, active, domain.CodeReasonRequired)
	wrong(workflow.Command{Move: domain.Cancel}, active, domain.CodeReasonRequired)
	wrong(workflow.Command{Move: domain.Resume}, held, domain.CodeReasonRequired)
	wrong(workflow.Command{Move: domain.Reopen}, ended, domain.CodeReasonRequired)
	wrong(workflow.Command{Move: domain.SendBack, Reason: of("x")}, active, domain.CodeBadUserInput)
	wrong(workflow.Command{Move: domain.Advance, ToStage: of(domain.Monitor)}, active, domain.CodeBadUserInput)
	wrong(workflow.Command{Move: domain.Hold, Reason: of(strings.Repeat("é", 10_001))}, active, domain.CodeBadUserInput)
	wrong(workflow.Command{Move: domain.Hold, Reason: of("a\x00b")}, active, domain.CodeBadUserInput)
	wrong(workflow.Command{Move: domain.Hold, Reason: of("\xff")}, active, domain.CodeBadUserInput)
	wrong(workflow.Command{Move: domain.Hold, Reason: of("x"), ReviewOn: of(domain.Date("2026-02-28"))}, active, domain.CodeBadUserInput)
	wrong(workflow.Command{Move: domain.Hold, Reason: of("x"), ReviewOn: of(domain.Date("soon"))}, active, domain.CodeBadUserInput)
	wrong(workflow.Command{Move: domain.Cancel, ReviewOn: of(domain.Date("2026-05-01"))}, active, domain.CodeReasonRequired, domain.CodeBadUserInput)
	wrong(workflow.Command{Move: domain.Hold, Reason: of(strings.Repeat("é", 10_000)), ReviewOn: of(domain.Date("2026-03-01"))}, active)
	wrong(workflow.Command{Move: domain.Advance, Reason: of("all agreed")}, active)
}

func TestContentIsTakenByStatus(t *testing.T) {
	t.Parallel()
	takes := map[domain.Status][]workflow.Content{
		domain.Active:    {workflow.AnyContent, workflow.MeasurementContent, workflow.EvaluationContent, workflow.FeedbackContent, workflow.ErasureContent},
		domain.OnHold:    {workflow.ErasureContent},
		domain.Completed: {workflow.MeasurementContent, workflow.EvaluationContent, workflow.FeedbackContent, workflow.ErasureContent},
		domain.Cancelled: {workflow.ErasureContent},
	}
	for status, taken := range takes {
		for _, c := range takes[domain.Active] {
			err := workflow.MayEnter(status, c)
			if (err == nil) != slices.Contains(taken, c) || err != nil && domain.CodeOf(err) != domain.CodeMoveNotPossible {
				t.Errorf("%s in %s: %v", c, status, err)
			}
		}
	}
}

// terms are those of a programme in a region that has said nothing of its own.
var terms = workflow.Terms{Course: workflow.Default}
