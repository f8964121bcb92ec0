package workflow

import (
	"encoding/json"
	"fmt"
	"strings"
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
}

// Decide says what comes of a command. facts are needed by no move, but what rules have judged is named in the history by
// its hash. j is what the rules said to this command's step; it is looked at for moves that ask the rules only, where nil
// means that the rules could not be asked.
//
// Errors in Decision.Err: BAD_USER_INPUT, REASON_REQUIRED, MOVE_NOT_POSSIBLE, BLOCKED, RULES_UNAVAILABLE.
func Decide(def Definition, s State, facts *Facts, j *Judgement, c Command) Decision {
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
	d := Decision{Step: step}
	if AsksRules(c.Move) {
		d.Blocks = blocks(j)
		if d.Err = stopped(d.Blocks); d.Err != nil {
			return d
		}
	} else {
		facts, j = nil, nil
	}
	d.carryOut(def, s, facts, j, c)
	return d
}

// carryOut fills in the event, its effects and the state after it.
func (d *Decision) carryOut(def Definition, s State, facts *Facts, j *Judgement, c Command) {
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
	said := said{Definition: def.Version, Remarks: d.Blocks}

	f := &d.Effects
	switch {
	case d.Step.begins():
		e.DueOn = def.dueOn(d.Step.ToStage, domain.DateOf(c.At))
		if j != nil && j.DueOn != nil {
			e.DueOn = j.DueOn
		}
		f.EndVisit = s.Status == domain.Active
		f.BeginVisit = visit(e)
		if j != nil {
			f.Checklist = checklist(e, j.Checklist)
		}
	case c.Move == domain.Resume:
		e.DueOn = s.DueOn
		if c.ShiftDueDates {
			e.DueOn = shift(s.DueOn, s.HeldAt, c.At)
			said.Shifted, f.ShiftVisit = true, true
		}
	case c.Move != domain.Hold:
		f.EndVisit = true // completed or cancelled
	}
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
func Created(def Definition, programmeID uuid.UUID, region, actor string, at time.Time) Decision {
	e := event(programmeID, actor, at.UTC().Truncate(time.Microsecond))
	e.Kind, e.Version = domain.EventCreated, 1
	e.ToStage, e.ToStatus, e.ToRegion = domain.Identify, domain.Active, &region
	e.DueOn = def.dueOn(domain.Identify, domain.DateOf(e.OccurredAt))
	e.Decision = said{Definition: def.Version}.json()
	return Decision{Step: Step{ToStage: e.ToStage, ToStatus: e.ToStatus}, Event: e, After: State{}.after(e), Effects: Effects{BeginVisit: visit(e)}}
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

// shift moves a due date on by the whole days, in UTC, between the beginning of a hold and its end.
func shift(due *domain.Date, held *time.Time, at time.Time) *domain.Date {
	if due == nil || held == nil {
		return due
	}
	days := int(domain.DateOf(at).Time().Sub(domain.DateOf(*held).Time()).Hours() / 24)
	later := due.AddDays(max(days, 0))
	return &later
}

// blocks gives what the rules hold against a step; an answer that is missing is a block, never a pass.
func blocks(j *Judgement) []domain.Block {
	if j == nil {
		j = &Judgement{Unavailable: []Unavailable{{RuleSet: "all", Reason: "they were not asked"}}}
	}
	all := append([]domain.Block{}, j.Blocks...)
	for _, u := range j.Unavailable {
		all = append(all, domain.Block{RuleSet: Engine, Version: EngineVersion, Rule: RuleUnavailable, Severity: domain.SeverityBlock,
			Message: domain.Text{
				EN: fmt.Sprintf("The rules %q could not be asked. Nothing is missing; try again shortly.", u.RuleSet),
				ID: fmt.Sprintf("Aturan %q tidak dapat ditanyai. Tidak ada yang kurang; coba lagi sebentar.", u.RuleSet),
			}, Waivable: domain.WaivableNo, Retry: true})
	}
	return all
}

// stopped gives the error for blocks that stop a move; nil where all are remarks. BLOCKED outranks RULES_UNAVAILABLE,
// because waiting alone will not help. A severity that the engine does not know stops the move.
func stopped(all []domain.Block) error {
	var stop *domain.Error
	for _, b := range all {
		switch {
		case b.Severity == domain.SeverityWarn || b.Severity == domain.SeverityInfo:
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

// said is the part of a decision that an event keeps beside its columns.
type said struct {
	Definition int            `json:"definition"`        // the version that gave the due date
	Shifted    bool           `json:"shifted,omitempty"` // whether the due date shifted by the time held
	Remarks    []domain.Block `json:"remarks,omitempty"` // what the rules remarked without stopping the move
}

// json writes it down. PostgreSQL's jsonb keeps no NUL, so none may come in by a rule's text.
func (s said) json() json.RawMessage {
	clean := func(t string) string { return strings.ReplaceAll(t, "\x00", "") }
	remarks := make([]domain.Block, len(s.Remarks))
	for i, b := range s.Remarks {
		b.RuleSet, b.Version, b.Rule = clean(b.RuleSet), clean(b.Version), clean(b.Rule)
		b.Message = domain.Text{EN: clean(b.Message.EN), ID: clean(b.Message.ID)}
		path := make([]string, len(b.Path))
		for k, p := range b.Path {
			path[k] = clean(p)
		}
		b.Path, remarks[i] = path, b
	}
	s.Remarks = remarks
	raw, err := json.Marshal(s)
	if err != nil {
		panic(err) // strings and numbers only: cannot fail
	}
	return raw
}

// Remarks gives what the rules remarked on an event without stopping it.
func Remarks(e *domain.ProgrammeEvent) []domain.Block {
	var s said
	if len(e.Decision) == 0 || json.Unmarshal(e.Decision, &s) != nil {
		return nil
	}
	return s.Remarks
}
