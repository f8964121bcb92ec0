package workflow

import (
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/berdaya/berdaya/domain"
)

// MaxWaiverDays is for how many days a waiver may be asked at most.
const MaxWaiverDays = 366

// waived marks the blocks that a granted waiver lifts on a day. A rule that has come to allow no waiver since is not
// lifted, nor one that only its owner may lift by now, unless it was lifted as such.
func waived(blocks []domain.Block, waivers []WaivedRule, s State, today domain.Date) []domain.Block {
	for i := range blocks {
		b := &blocks[i]
		for _, w := range waivers {
			if s.Status == domain.Active && w.ExpiresOn >= today && w.RuleSet == b.RuleSet && w.Rule == b.Rule &&
				!b.Retry && (b.Waivable == domain.WaivableRegion || b.Waivable == domain.WaivableOwner && w.Waivable != domain.WaivableRegion) {
				b.Waived = true
			}
		}
	}
	return blocks
}

// WaiverRequest asks that one rule be lifted for the present stage of a programme.
type WaiverRequest struct {
	Actor     string
	RuleSet   string
	Rule      string
	Reason    string
	ExpiresOn domain.Date // the last day on which it is to hold: today to MaxWaiverDays later
	At        time.Time
}

// RequestWaiver decides on a request. blocks are what stands in the way of the programme's next move now: what blocks nothing
// cannot be waived. The row of the waiver gets the id given, and comes in Effects.Waiver.
//
// Errors: MOVE_NOT_POSSIBLE for a programme that is not ACTIVE, REASON_REQUIRED, BAD_USER_INPUT for a date out of range and
// for a rule that does not block, NOT_WAIVABLE for a rule that allows none.
func RequestWaiver(s State, blocks []domain.Block, id uuid.UUID, r WaiverRequest) Decision {
	reason, err := s.because(r.Reason, r.At, domain.Active)
	if err != nil {
		return Decision{Err: err}
	}
	if wrong := (&domain.Waiver{RuleSet: r.RuleSet, Rule: r.Rule}).Validate(""); len(wrong) > 0 {
		return Decision{Err: wrong}
	}
	today := domain.Today(r.At)
	if _, err := domain.ParseDate(string(r.ExpiresOn)); err != nil || r.ExpiresOn < today || r.ExpiresOn > today.AddDays(MaxWaiverDays) {
		return Decision{Err: domain.Errorf(domain.CodeBadUserInput, "a waiver ends on a day from today to %d days later", MaxWaiverDays).
			In(fmt.Sprintf("pengecualian berakhir pada hari ini sampai %d hari kemudian", MaxWaiverDays)).At("expiresOn")}
	}
	var names []string
	for _, b := range blocks {
		if b.Severity != domain.SeverityBlock || b.Retry || b.Waived {
			continue
		}
		if b.RuleSet != r.RuleSet || b.Rule != r.Rule {
			names = append(names, b.RuleSet+" "+b.Rule)
			continue
		}
		if b.Waivable != domain.WaivableOwner && b.Waivable != domain.WaivableRegion {
			e := domain.Errorf(domain.CodeNotWaivable, "the rule %s of %s cannot be waived; do what it asks for", r.Rule, r.RuleSet)
			return Decision{Err: e.In(fmt.Sprintf("aturan %s dari %s tidak dapat dikecualikan; penuhi yang dimintanya", r.Rule, r.RuleSet)).At("rule")}
		}
		w := &domain.Waiver{Record: domain.Record{ID: id, CreatedAt: r.At, UpdatedAt: r.At}, ProgrammeID: s.ProgrammeID, Stage: s.Stage,
			RuleSet: b.RuleSet, Rule: b.Rule, Waivable: b.Waivable, RuleRegion: b.Region, Reason: reason, ExpiresOn: r.ExpiresOn,
			State: domain.WaiverRequested, RequestedBy: r.Actor}
		d := s.note(domain.EventWaiverRequested, w, r.Actor, reason, r.At)
		d.Effects.EndWaiversBefore = &today // one whose day has passed must not stand in the way of the next
		return d
	}
	list := strings.Join(names, ", ")
	if list == "" {
		list = "none"
	}
	return Decision{Err: domain.Errorf(domain.CodeBadUserInput, "the rule %s of %s does not block this programme now; blocking are: %s", r.Rule, r.RuleSet, list).
		In(fmt.Sprintf("aturan %s dari %s tidak sedang menghalangi program ini; yang menghalangi: %s", r.Rule, r.RuleSet, list)).At("rule")}
}

// SettleWaiver decides that a waiver is granted, refused or revoked. Who may is decided elsewhere, but for one thing: whoever
// asked for it cannot grant it.
//
// Errors: MOVE_NOT_POSSIBLE where the waiver's state does not offer it or the programme is not ACTIVE, REASON_REQUIRED,
// BAD_USER_INPUT, FORBIDDEN.
func SettleWaiver(s State, w domain.Waiver, to domain.WaiverState, actor, why string, at time.Time) Decision {
	reason, err := s.because(why, at, domain.Active)
	if err != nil {
		return Decision{Err: err}
	}
	kind, from := domain.EventWaiverGranted, domain.WaiverRequested
	switch to {
	case domain.WaiverGranted:
	case domain.WaiverRefused:
		kind = domain.EventWaiverRefused
	case domain.WaiverRevoked:
		kind, from = domain.EventWaiverRevoked, domain.WaiverGranted
	default:
		panic("a waiver is settled by granting, refusing or revoking it")
	}
	switch {
	case w.State != from:
		label := func(l domain.Locale) string { return domain.WaiverStates.Label(string(w.State), l) }
		return Decision{Err: domain.Errorf(domain.CodeMoveNotPossible, "the waiver is %q already; read it again", label(domain.English)).
			In(fmt.Sprintf("pengecualian sudah %q; baca kembali", label(domain.Indonesian))).At("id")}
	case to == domain.WaiverGranted && w.RequestedBy == actor:
		return Decision{Err: domain.Errorf(domain.CodeForbidden, "whoever asks for a waiver cannot grant it; it takes a second person").
			In("pengaju tidak dapat mengabulkan pengecualiannya sendiri; diperlukan orang kedua")}
	case to == domain.WaiverGranted && w.ExpiresOn < domain.Today(at):
		return Decision{Err: domain.Errorf(domain.CodeMoveNotPossible, "the day until which it was asked for, %s, has passed; it must be asked for anew", w.ExpiresOn).
			In(fmt.Sprintf("tanggal berlakunya, %s, sudah lewat; harus diajukan kembali", w.ExpiresOn)).At("id")}
	}
	w.State, w.DecidedBy, w.DecidedAt, w.DecisionReason, w.UpdatedAt = to, &actor, &at, &reason, at
	return s.note(kind, &w, actor, reason, at)
}

// because checks what every command about a programme's present stage needs: the status, and a reason, which it gives tidied.
func (s State) because(why string, at time.Time, status domain.Status) (string, error) {
	if s.Status != status {
		return "", MayEnter(s.Status, AnyContent)
	}
	c := Command{Move: domain.Hold, Reason: &why, At: at}.Tidy() // any move that needs a reason: the bounds are the same
	if c.Reason == nil {
		return "", domain.Errorf(domain.CodeReasonRequired, "this needs a reason").In("ini memerlukan alasan").At("reason")
	}
	return *c.Reason, c.check()
}

// note has an event about a waiver.
func (s State) note(kind domain.EventKind, w *domain.Waiver, actor, reason string, at time.Time) Decision {
	d := s.unmoved(kind, actor, reason, at)
	d.Effects.Waiver = w
	d.Event.Decision = said{Waiver: &WaivedRule{w.ID, w.RuleSet, w.Rule, w.ExpiresOn, w.Waivable}}.json()
	return d
}

// unmoved has an event that leaves stage and status as they are.
func (s State) unmoved(kind domain.EventKind, actor, reason string, at time.Time) Decision {
	e := event(s.ProgrammeID, actor, at.UTC().Truncate(time.Microsecond))
	e.Kind, e.Version, e.Reason = kind, s.Version+1, &reason
	e.FromStage, e.ToStage, e.FromStatus, e.ToStatus = &s.Stage, s.Stage, &s.Status, s.Status
	return Decision{Step: Step{ToStage: s.Stage, ToStatus: s.Status}, Event: e, After: s.after(e)}
}

// unmoving tells why an event that leaves stage and status as they are cannot follow a state; "" where it can.
func unmoving(s State, e *domain.ProgrammeEvent) string {
	switch {
	case e.Move != nil || e.ToStage != s.Stage || e.ToStatus != s.Status || e.FromRegion != nil || e.ToRegion != nil:
		return "it changes what it may not change"
	case s.Status != domain.Active:
		return "it is about a programme that is not being worked on"
	case e.Kind == domain.EventRescheduled && e.DueOn == nil:
		return "it does not say when the stage is due"
	case e.Kind == domain.EventPlanned:
		if p := Planned(e); p == nil || p.Stage.Order() <= s.Stage.Order() {
			return "it does not say which later stage is planned"
		}
	case e.Kind != domain.EventRescheduled && Waived(e) == nil:
		return "it does not say which rule the waiver is for"
	}
	return ""
}
