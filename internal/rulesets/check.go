package rulesets

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/internal/access"
	"github.com/berdaya/berdaya/internal/command"
	"github.com/berdaya/berdaya/workflow"
)

// CheckJob is the kind of the job that checks a program.
const CheckJob = "rule_set_check"

// Of a check.
const (
	CheckTimeout  = 3 * time.Minute
	checkAttempts = 5 // where it cannot be checked now: half a minute in all
)

// check is what the job is told.
type check struct {
	Version uuid.UUID `json:"version"`
}

// Check is the work of CheckJob: it runs a program and writes what it says of itself, or what is wrong with it.
func (s *RuleSets) Check(ctx context.Context, run workflow.JobRun) error {
	var c check
	if err := run.Decode(&c); err != nil {
		return err
	}
	v, err := s.Store.Version(ctx, c.Version)
	if err != nil || v == nil || v.State != domain.VersionUploaded {
		return err
	}
	description, err := s.Checker.Program(ctx, v)
	if err == nil {
		err = same(v, description)
	}
	problems, found := errors.AsType[domain.Problems](err)
	switch {
	case err == nil || found:
	case !run.Last:
		return err
	case domain.CodeOf(err) != domain.CodeInternal: // such as a runtime that no server has
		coded, _ := errors.AsType[*domain.Error](err)
		problems = domain.Problems{coded}
	default:
		problems = domain.Problems{domain.Errorf(domain.CodeRulesUnavailable, "the program could not be checked; upload it again, or ask the operator to look at the log").
			In("program tidak dapat diperiksa; unggah lagi, atau minta operator melihat log")}
	}
	if writeErr := s.checked(ctx, v, description, problems); writeErr != nil {
		return writeErr
	}
	if err != nil && !found {
		return workflow.GiveUp(err) // for the log
	}
	return nil
}

// same makes sure that a program is the one its manifest says.
func same(v *domain.RuleSetVersion, description json.RawMessage) error {
	d, err := Describe(description)
	if err != nil || d == nil {
		return fmt.Errorf("what a program says of itself cannot be read: %w", err)
	}
	if d.Name == v.RuleSet.Name && d.Version == v.Version {
		return nil
	}
	return domain.Problems{domain.Errorf(domain.CodeBadFile, "the manifest says %s %s, the program says %.64q %.64q: make them the same", v.RuleSet.Name, v.Version, d.Name, d.Version).
		In(fmt.Sprintf("manifes menyebut %s %s, program menyebut %.64q %.64q: samakan keduanya", v.RuleSet.Name, v.Version, d.Name, d.Version))}
}

// checked writes what a check found, unless the version has changed meanwhile.
func (s *RuleSets) checked(ctx context.Context, v *domain.RuleSetVersion, description json.RawMessage, problems domain.Problems) error {
	return s.Store.Transact(ctx, func(ctx context.Context) error {
		set, err := s.hold(ctx, v.RuleSet.Name)
		if err != nil {
			return err
		}
		now, err := s.Store.Version(ctx, v.ID)
		if err != nil || now == nil || now.State != domain.VersionUploaded {
			return err
		}
		at, action := s.Clock.Now(), domain.RuleSetChecked
		now.State, now.Description, now.CheckedAt, now.UpdatedAt = domain.VersionChecked, description, &at, at
		if len(problems) > 0 {
			action = domain.RuleSetFailed
			now.State, now.Description = domain.VersionFailed, nil
			if now.Problems, err = json.Marshal(problems.Kept()); err != nil {
				return err
			}
		}
		if err := s.Store.PutVersion(ctx, now); err != nil {
			return err
		}
		return s.event(ctx, domain.RuleSetEvent{RegionCode: set.RegionCode, RuleSetID: set.ID, VersionID: &v.ID, Action: action, Actor: System})
	})
}

// Named is a version of a rule set that somebody does something with.
type Named struct {
	RuleSet, Version string
	Reason           *string // 1 to 10,000 characters
	Key              *string
}

// Validate gives all that is wrong with the names, whatever the day: what has another form is not there.
func (n Named) Validate(domain.Date) (wrong domain.Problems) {
	if !domain.ValidRuleSetName(n.RuleSet) {
		wrong = append(wrong, access.NotFound().At("ruleSet"))
	}
	if !validVersion(n.Version) {
		wrong = append(wrong, access.NotFound().At("version"))
	}
	return wrong
}

// Approve lets a program run that was checked. Errors: UNAUTHENTICATED, FORBIDDEN, NOT_FOUND, RULE_SET_NOT_POSSIBLE for what need
// not or cannot be approved, BAD_USER_INPUT, those of idempotency.
func (s *RuleSets) Approve(ctx context.Context, actor access.Actor, n Named) (uuid.UUID, error) {
	return s.settle(ctx, actor, n, "approveRuleSet", func(ctx context.Context, set *domain.RuleSet, v *domain.RuleSetVersion) (domain.RuleSetAction, error) {
		if err := access.MayApprove(actor, v); err != nil {
			return "", err
		}
		if set.Kind == domain.RuleFile {
			return "", notPossible("a rule file needs no approval: activate it once it is checked", "berkas aturan tidak perlu persetujuan: aktifkan setelah diperiksa").At("version")
		}
		if v.State != domain.VersionChecked {
			return "", notPossible(fmt.Sprintf("only a version that was checked can be approved; the state of this one: %s", labelOf(v, domain.English)),
				fmt.Sprintf("hanya versi yang telah diperiksa dapat disetujui; keadaan versi ini: %s", labelOf(v, domain.Indonesian))).At("version")
		}
		at := s.Clock.Now()
		v.State, v.ApprovedBy, v.ApprovedAt = domain.VersionApproved, &actor.Subject, &at
		return domain.RuleSetApproved, nil
	})
}

// Withdraw makes sure that a version is never activated again. Errors: as those of [RuleSets.Approve], and RULE_SET_IN_USE with
// the regions where it may still bind programmes.
func (s *RuleSets) Withdraw(ctx context.Context, actor access.Actor, n Named) (uuid.UUID, error) {
	return s.settle(ctx, actor, n, "withdrawRuleSet", func(ctx context.Context, set *domain.RuleSet, v *domain.RuleSetVersion) (domain.RuleSetAction, error) {
		if err := access.MayRule(actor, set.RegionCode); err != nil {
			return "", err
		}
		if v.State == domain.VersionFailed || v.State == domain.VersionWithdrawn {
			return "", notPossible(fmt.Sprintf("this version cannot be withdrawn; its state: %s", labelOf(v, domain.English)),
				fmt.Sprintf("versi ini tidak dapat ditarik; keadaannya: %s", labelOf(v, domain.Indonesian))).At("version")
		}
		regions, err := s.Store.AtWork(ctx, v.ID)
		if err != nil {
			return "", err
		}
		if len(regions) > 0 {
			return "", inUse(v, regions)
		}
		v.State = domain.VersionWithdrawn
		return domain.RuleSetWithdrawn, nil
	})
}

func labelOf(v *domain.RuleSetVersion, l domain.Locale) string {
	return domain.VersionStates.Label(string(v.State), l)
}

// settle does something with a version of a rule set that is held, and writes it.
func (s *RuleSets) settle(ctx context.Context, actor access.Actor, n Named, name string,
	do func(context.Context, *domain.RuleSet, *domain.RuleSetVersion) (domain.RuleSetAction, error)) (uuid.UUID, error) {
	if err := access.MayAct(actor); err != nil {
		return uuid.Nil, err
	}
	if wrong := n.Validate(""); len(wrong) > 0 {
		return uuid.Nil, wrong
	}
	reason, err := tidied("reason", n.Reason)
	if err != nil {
		return uuid.Nil, err
	}
	input := map[string]any{"ruleSet": n.RuleSet, "version": n.Version, "reason": reason}
	out, err := command.Run(ctx, s.Store, command.Command{Actor: actor.Subject, Key: n.Key, Name: name, Input: input}, func(ctx context.Context) (command.Outcome, error) {
		set, err := s.hold(ctx, n.RuleSet)
		if err != nil {
			return command.Outcome{}, err
		}
		v, err := s.versionOf(ctx, set, n.Version)
		if err != nil {
			return command.Outcome{}, err
		}
		action, err := do(ctx, set, v)
		if err != nil {
			return command.Outcome{}, err
		}
		v.UpdatedAt = s.Clock.Now()
		if err := s.Store.PutVersion(ctx, v); err != nil {
			return command.Outcome{}, err
		}
		return command.Outcome{Code: command.Done, IDs: []uuid.UUID{v.ID}},
			s.event(ctx, domain.RuleSetEvent{RegionCode: set.RegionCode, RuleSetID: set.ID, VersionID: &v.ID, Action: action, Actor: actor.Subject, Reason: reason})
	})
	if err != nil {
		return uuid.Nil, err
	}
	return out.IDs[0], nil
}
