package workflow

import (
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/berdaya/berdaya/domain"
)

// Engine is who speaks in a block that the engine itself gives, and EngineVersion is its version.
const (
	Engine        = "workflow"
	EngineVersion = "1"
)

// RuleUnavailable is the code of the engine's block for rules that could not be asked.
const RuleUnavailable = "RULES_UNAVAILABLE"

// Decision is what comes of a command: an event and its effects where Err is nil, and otherwise nothing but Err and Blocks.
type Decision struct {
	Err     error                  // why nothing happens: an *Error or Problems
	Blocks  []domain.Block         // what stands in the way, and remarks that do not
	Step    Step                   // the step asked for; zero where the state does not offer it
	Event   *domain.ProgrammeEvent // without id and hashes until it is sealed
	After   State                  // the state after Event
	Effects Effects
}

// Allowed tells whether the command may be carried out.
func (d Decision) Allowed() bool { return d.Err == nil }

// Effects are what an event does beside changing the programme's state. They name things by what they are, not by id, so
// that deciding them needs no content.
type Effects struct {
	EndVisit            bool                   // the present visit ends
	Supersede           []domain.Stage         // visits to these stages that are not superseded yet are superseded
	SupersedeActivities bool                   // so are activities that have not begun
	SupersedeReports    bool                   // so are published versions of reports
	BeginVisit          *domain.StageVisit     // a visit begins; it gets its event's id when sealed
	ShiftVisit          bool                   // the present visit's due date becomes the programme's
	Checklist           []domain.ChecklistItem // asked for now; those there already stay as they are
	Timers              []domain.Timer         // begin
	TimersBefore        TimersBefore           // what becomes of the timers there are
	ShiftTimers         int                    // days by which timers that were held go off later
	EndWaivers          bool                   // waivers requested and granted end with the stage
	EndWaiversBefore    *domain.Date           // so do those whose last day was before this one
	Waiver              *domain.Waiver         // requested, or settled
	StagePlan           *domain.StagePlan      // takes the place of the stage's plan, if there is one
}

// TimersBefore is what becomes of the timers that have not gone off yet.
type TimersBefore string

// What becomes of timers.
const (
	KeepTimers    TimersBefore = ""
	EndTimers     TimersBefore = "END"     // they are cancelled
	EndDueTimers  TimersBefore = "END_DUE" // so are those that hang on the due date
	HoldTimers    TimersBefore = "HOLD"    // they do not go off
	ReleaseTimers TimersBefore = "RELEASE" // those held go off again, ShiftTimers days later
)

// Decide says what comes of a command, on these terms. facts are needed by no move, but what rules have judged is named in the history by
// its hash. j is what the rules said to this command's step; it is looked at for moves that ask the rules only, where nil
// means that the rules could not be asked.
//
// Errors in Decision.Err: BAD_USER_INPUT, REASON_REQUIRED, MOVE_NOT_POSSIBLE, BLOCKED, RULES_UNAVAILABLE.
func Decide(terms Terms, s State, facts *Facts, j *Judgement, c Command) Decision {
	c = c.Tidy()
	if domain.Moves.Has(string(c.Move)) {
		if err := s.offers(c.Move); err != nil {
			return Decision{Err: err}
		}
	}
	if err := c.check(); err != nil {
		return Decision{Err: err}
	}
	step, err := s.step(c)
	if err != nil {
		return Decision{Err: err}
	}
	if err := s.shifts(c); err != nil {
		return Decision{Err: err}
	}
	d := Decision{Step: step}
	if AsksRules(c.Move) {
		d.Blocks = waived(blocks(j), terms.Waivers, s, domain.Today(c.At))
		if d.Err = stopped(d.Blocks); d.Err != nil {
			return d
		}
	} else {
		facts, j = nil, nil
	}
	d.carryOut(terms, s, facts, j, c)
	return d
}

// carryOut fills in the event, its effects and the state after it.
func (d *Decision) carryOut(terms Terms, s State, facts *Facts, j *Judgement, c Command) {
	e := event(s.ProgrammeID, c.Actor, c.At)
	e.Kind, e.Move, e.Version = domain.EventMoved, &c.Move, s.Version+1
	e.FromStage, e.ToStage, e.FromStatus, e.ToStatus = &s.Stage, d.Step.ToStage, &s.Status, d.Step.ToStatus
	e.Reason, e.ReviewOn = c.Reason, c.ReviewOn
	if j != nil {
		e.RuleRevisions = append(e.RuleRevisions, j.Revisions...)
	}
	if facts != nil {
		hash := facts.Hash()
		e.FactsHash = &hash
	}
	said := said{Remarks: d.Blocks}

	f := &d.Effects
	switch {
	case d.Step.begins():
		var rules *domain.Date
		if j != nil {
			rules = j.DueOn
			f.Checklist = checklist(e, j.Checklist)
		}
		f.EndVisit = s.Status == domain.Active
		f.begin(terms, e, rules)
		said.name(terms.Course[e.ToStage])
	case c.Move == domain.Resume:
		e.DueOn = s.DueOn
		f.TimersBefore = ReleaseTimers
		if c.ShiftDueDates {
			f.ShiftTimers = held(s.HeldAt, c.At)
			e.DueOn = later(s.DueOn, f.ShiftTimers)
			said.Shifted, f.ShiftVisit = true, true
		}
	case c.Move == domain.Hold:
		f.TimersBefore = HoldTimers
	default: // completed or cancelled
		f.EndVisit, f.TimersBefore = true, EndTimers
	}
	f.EndWaivers = f.EndVisit
	if c.Move == domain.SendBack {
		for _, later := range domain.Stages[d.Step.ToStage.Order()+1:] {
			f.Supersede = append(f.Supersede, domain.Stage(later.Code))
		}
		f.SupersedeActivities = d.Step.ToStage.Order() <= domain.Plan.Order()
		f.SupersedeReports = true
	}
	e.Decision = said.json()
	d.Event, d.After = e, s.after(e)
}

// Created decides the beginning of a programme: the event that its history starts with, its state and its first visit.
// The programme's row takes the state by [State.Apply].
func Created(course Course, programmeID uuid.UUID, region, actor string, at time.Time) Decision {
	e := event(programmeID, actor, at.UTC().Truncate(time.Microsecond))
	e.Kind, e.Version = domain.EventCreated, 1
	e.ToStage, e.ToStatus, e.ToRegion = domain.Identify, domain.Active, &region
	d := Decision{Step: Step{ToStage: e.ToStage, ToStatus: e.ToStatus}, Event: e}
	d.Effects.begin(Terms{Course: course}, e, nil)
	var said said
	said.name(course[e.ToStage])
	e.Decision = said.json()
	d.After = State{}.after(e)
	return d
}

// begin begins a visit with an event: it sets when the stage is due, and what reminds of that.
func (f *Effects) begin(terms Terms, e *domain.ProgrammeEvent, rules *domain.Date) {
	entered := domain.DateOf(e.OccurredAt)
	e.DueOn = terms.dueOn(e.ToStage, entered, rules)
	f.BeginVisit = visit(e)
	t := timers{stage: e.ToStage, now: e.OccurredAt}
	t.since(entered, terms.Course[e.ToStage].Schedule)
	t.around(e.DueOn, terms.Course[e.ToStage].Schedule)
	f.Timers, f.TimersBefore = t.of(e.ProgrammeID), EndTimers
}

func event(programmeID uuid.UUID, actor string, at time.Time) *domain.ProgrammeEvent {
	return &domain.ProgrammeEvent{ProgrammeID: programmeID, Actor: actor, OccurredAt: at, RuleRevisions: []domain.RuleRevision{}}
}

func visit(e *domain.ProgrammeEvent) *domain.StageVisit {
	return &domain.StageVisit{Record: domain.Record{CreatedAt: e.OccurredAt, UpdatedAt: e.OccurredAt}, ProgrammeID: e.ProgrammeID,
		Stage: e.ToStage, EnteredAt: e.OccurredAt, DueOn: e.DueOn}
}

// checklist gives the rules' items as rows of the programme, each code of a rule set once.
func checklist(e *domain.ProgrammeEvent, items []domain.ChecklistItem) []domain.ChecklistItem {
	seen := map[[2]string]bool{}
	var rows []domain.ChecklistItem
	for _, i := range items {
		if key := [2]string{i.RuleSet, i.Code}; !seen[key] {
			seen[key] = true
			i.Record = domain.Record{CreatedAt: e.OccurredAt, UpdatedAt: e.OccurredAt}
			i.ProgrammeID, i.Stage, i.DoneAt = e.ProgrammeID, e.ToStage, nil
			rows = append(rows, i)
		}
	}
	return rows
}

// held gives the whole days, in UTC, between the beginning of a hold and its end.
func held(since *time.Time, at time.Time) int {
	if since == nil {
		return 0
	}
	return max(int(domain.DateOf(at).Time().Sub(domain.DateOf(*since).Time()).Hours()/24), 0)
}

// shifts refuses a RESUME whose shift would take the due date beyond the last day that there is.
func (s State) shifts(c Command) error {
	if c.Move != domain.Resume || !c.ShiftDueDates {
		return nil
	}
	if due := later(s.DueOn, held(s.HeldAt, c.At)); due == nil || *due <= domain.LastDate {
		return nil
	}
	return domain.Errorf(domain.CodeBadUserInput, "the due date %s cannot shift beyond %s: resume without shifting due dates, and plan the stage anew", *s.DueOn, domain.LastDate).
		In(fmt.Sprintf("tenggat %s tidak dapat digeser melewati %s: lanjutkan tanpa menggeser tenggat, lalu rencanakan ulang tahap ini", *s.DueOn, domain.LastDate)).At("shiftDueDates")
}

// later moves a due date on by so many days.
func later(due *domain.Date, days int) *domain.Date {
	if due == nil {
		return nil
	}
	moved := due.AddDays(days)
	return &moved
}

// blocks gives what the rules hold against a step; an answer that is missing is a block, never a pass.
func blocks(j *Judgement) []domain.Block {
	if j == nil {
		j = &Judgement{Unavailable: []Unavailable{{RuleSet: "all", Reason: "they were not asked"}}}
	}
	all := append([]domain.Block{}, j.Blocks...)
	for _, u := range j.Unavailable {
		all = append(all, domain.Block{RuleSet: Engine, Version: EngineVersion, Rule: RuleUnavailable, Severity: domain.SeverityBlock,
			Message: unasked(u), Waivable: domain.WaivableNo, Retry: true})
	}
	return all
}

// unasked says that a rule set did not answer, and whom to tell where that goes on: rules that an office has put to work, the
// office's admins can take back.
func unasked(u Unavailable) domain.Text {
	t := domain.Text{
		EN: fmt.Sprintf("The rules %q could not be asked. Nothing is missing; try again shortly.", u.RuleSet),
		ID: fmt.Sprintf("Aturan %q tidak dapat ditanyai. Tidak ada yang kurang; coba lagi sebentar.", u.RuleSet),
	}
	if u.Region != "" && u.Region != domain.NationCode {
		t.EN += fmt.Sprintf(" If it goes on, tell an admin of region %s: they see why in the list of rule sets, and can go back to the version before (rollback).", u.Region)
		t.ID += fmt.Sprintf(" Bila berlanjut, beri tahu admin wilayah %s: sebabnya ada di daftar kumpulan aturan, dan versi sebelumnya dapat dipakai kembali (rollback).", u.Region)
	}
	return t
}

// stopped gives the error for blocks that stop a move; nil where all are remarks. BLOCKED outranks RULES_UNAVAILABLE,
// because waiting alone will not help.
func stopped(all []domain.Block) error {
	var stop *domain.Error
	for _, b := range all {
		switch {
		case !b.Stops():
		case !b.Retry:
			stop = domain.Errorf(domain.CodeBlocked, "rules do not allow this move yet; the blocks say what is missing").
				In("aturan belum mengizinkan langkah ini; lihat apa yang masih kurang")
			stop.Blocks = all
			return stop
		case stop == nil:
			stop = domain.Errorf(domain.CodeRulesUnavailable, "the rules could not be asked; try again shortly").
				In("aturan tidak dapat ditanyai; coba lagi sebentar")
			stop.Blocks = all
		}
	}
	if stop == nil {
		return nil
	}
	return stop
}
