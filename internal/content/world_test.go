package content_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/shopspring/decimal"

	"github.com/berdaya/berdaya/db"
	"github.com/berdaya/berdaya/db/dbtest"
	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/internal/access"
	"github.com/berdaya/berdaya/internal/content"
	"github.com/berdaya/berdaya/internal/entry"
	"github.com/berdaya/berdaya/internal/programmes"
	"github.com/berdaya/berdaya/internal/registry"
	"github.com/berdaya/berdaya/workflow"
)

// world is a database with two programmes of one region, a community and a stakeholder.
type world struct {
	*testing.T
	*db.DB
	content.Writer
	registry.Registry
	community, farCommunity, stakeholder uuid.UUID
	programme, other                     uuid.UUID
}

func begin(t *testing.T) *world {
	d := dbtest.New(t)
	dbtest.Regions(t, d, "32.04.05.2001", "33.01")
	dbtest.Member(t, d, "ani")
	clock, ids := domain.SystemClock{}, domain.RandomIDs{}
	w := &world{T: t, DB: d,
		Writer:   content.Writer{Store: d.Contents(), Clock: clock, IDs: ids},
		Registry: registry.Registry{Store: d.Registry(), Clock: clock, IDs: ids},
	}
	w.community = w.register(&domain.Community{RegionCode: "32.04.05.2001", Kind: "VILLAGE", Name: "Here", Population: 1000})
	w.farCommunity = w.register(&domain.Community{RegionCode: "33.01", Kind: "VILLAGE", Name: "There"})
	w.stakeholder = w.register(&domain.Stakeholder{RegionCode: "32.04", Kind: "DONOR", Name: "A fund"})
	u := programmes.Programmes{Store: d.Programmes(), Clock: clock, IDs: ids, Courses: workflow.Default}
	for code, id := range map[string]*uuid.UUID{"P-1": &w.programme, "P-2": &w.other} {
		p := &domain.Programme{RegionCode: "32.04", Code: code, Title: code, StartDate: "2026-01-01", EndDate: "2026-12-31"}
		var err error
		if *id, err = u.Enter(t.Context(), coordinator, p, []uuid.UUID{w.community}, entry.New{Command: "createProgramme"}); err != nil {
			t.Fatal(err)
		}
	}
	return w
}

func as(role domain.Role, region string) access.Actor {
	return access.Actor{Subject: "ani", Locale: domain.English, Grants: []access.Grant{{Role: role, Region: region}}}
}

var coordinator = as(domain.Coordinator, "32")

func (w *world) register(row domain.Registered) uuid.UUID {
	w.Helper()
	id, err := w.Registry.Enter(w.Context(), as(domain.NationalAdmin, "ID"), row, entry.New{Command: "enter"})
	if err != nil {
		w.Fatal(err)
	}
	return id
}

// enter enters a row as the coordinator, and must.
func (w *world) enter(row domain.Content) uuid.UUID {
	w.Helper()
	id, err := w.Writer.Enter(w.Context(), coordinator, row, entry.New{Command: "enter"})
	if err != nil {
		w.Fatalf("%T: %v", row, err)
	}
	return id
}

// refused enters a row as the coordinator, and must not; it gives what was wrong.
func (w *world) refused(row domain.Content) string {
	w.Helper()
	_, err := w.Writer.Enter(w.Context(), coordinator, row, entry.New{Command: "enter"})
	return said(err)
}

// change changes a row as an actor and gives what was wrong.
func change[T any, P interface {
	*T
	domain.Content
}](w *world, a access.Actor, id uuid.UUID, to func(P)) string {
	w.Helper()
	row := P(new(T))
	_, err := w.Writer.Change(w.Context(), a, row, entry.Change{Command: "change", ID: id, Apply: func() domain.Problems {
		to(row)
		return nil
	}})
	return said(err)
}

// read reads a row that must be there.
func read[T any](w *world, id uuid.UUID) *T {
	w.Helper()
	row := new(T)
	if err := w.Bun.NewSelect().Model(row).Where("id = ?", id).Scan(w.Context()); err != nil {
		w.Fatal(err)
	}
	return row
}

func (w *world) factsVersion() int64 { return read[domain.Programme](w, w.programme).FactsVersion }

func (w *world) setStatus(s domain.Status) {
	w.Helper()
	if _, err := w.Bun.ExecContext(w.Context(), `update programmes set status = ? where id = ?`, s, w.programme); err != nil {
		w.Fatal(err)
	}
}

// said gives code and path of each problem, as CODE at.path; "" for none.
func said(err error) string {
	if err == nil {
		return ""
	}
	problems, many := err.(domain.Problems)
	if e, one := err.(*domain.Error); one {
		problems, many = domain.Problems{e}, true
	}
	if !many {
		return "a fault: " + err.Error()
	}
	var all []string
	for _, p := range problems {
		all = append(all, string(p.Code)+" "+strings.Join(p.Path, "."))
	}
	return strings.Join(all, ", ")
}

func want(t *testing.T, got, wanted string) {
	t.Helper()
	if got != wanted {
		t.Errorf("got %q, want %q", got, wanted)
	}
}

func ptr[T any](v T) *T { return &v }

var nine = time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)

// Rows that are right, of a programme or of what they hang on.

func (w *world) need() *domain.Need {
	return &domain.Need{ProgrammeID: w.programme, Title: "Clean water", Sector: "WATER_SANITATION", Severity: 4, Urgency: 3, PeopleAffected: 400, Votes: 12}
}

func (w *world) core(need uuid.UUID) *domain.ProblemNode {
	return &domain.ProblemNode{NeedID: need, Kind: domain.CoreProblem, Statement: "Wells run dry"}
}

func (w *world) objective(level domain.ObjectiveLevel, parent *uuid.UUID) *domain.Objective {
	return &domain.Objective{ProgrammeID: w.programme, ParentID: parent, Level: level, Statement: "Everybody has water"}
}

func (w *world) activity() *domain.Activity {
	return &domain.Activity{ProgrammeID: w.programme, Title: "Training of cadres", Kind: "TRAINING", BuildsCapacity: true}
}

func (w *world) budgetLine(activity uuid.UUID, planned string) *domain.BudgetLine {
	return &domain.BudgetLine{ActivityID: activity, Description: "Food", SourceOfFunds: "Dana Desa", Planned: decimal.RequireFromString(planned), Currency: "IDR"}
}

func (w *world) training() *domain.TrainingEvent {
	return &domain.TrainingEvent{ProgrammeID: w.programme, Title: "Pumps", Venue: "Balai desa", Capacity: 30}
}

func (w *world) session(training uuid.UUID) *domain.Session {
	return &domain.Session{TrainingEventID: training, Topic: "Repair", StartsAt: nine, EndsAt: nine.Add(3 * time.Hour)}
}

func (w *world) indicator() *domain.Indicator {
	return &domain.Indicator{ProgrammeID: w.programme, Name: "Households with water", Unit: "households", Direction: "INCREASE"}
}

func (w *world) measurement(indicator uuid.UUID, value string, on domain.Date) *domain.Measurement {
	return &domain.Measurement{IndicatorID: indicator, MeasuredOn: on, Value: decimal.RequireFromString(value), Source: "survey"}
}

func (w *world) report() *domain.Report {
	return &domain.Report{ProgrammeID: w.programme, Kind: "PROGRESS", Audience: "Village council", PeriodStart: "2026-01-01", PeriodEnd: "2026-06-30", Narrative: "It goes well."}
}

func (w *world) role() *domain.ProgrammeStakeholder {
	return &domain.ProgrammeStakeholder{ProgrammeID: w.programme, StakeholderID: w.stakeholder, Role: "funds it", Power: 4, Interest: 5}
}
