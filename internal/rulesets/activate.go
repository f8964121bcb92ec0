package rulesets

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/internal/access"
	"github.com/berdaya/berdaya/internal/command"
)

// Placed is what is to be at work in a region.
type Placed struct {
	RuleSet          string
	RegionCode       string
	Mode             domain.ActivationMode
	Reason           *string // 1 to 10,000 characters
	ExpectedRevision *int    // the newest revision of the rule set in the region that the actor saw, 0 for none; nil: whatever it is
	Key              *string
	DryRun           bool // only say what would be

	Version    string          // of an activation
	Parameters json.RawMessage // of an activation: a JSON object, empty for none
	ToRevision *int            // of a rollback: what was at work with this revision; nil: one step further back
}

// Activated is what came of it.
type Activated struct {
	ID         uuid.UUID // of the activation; zero for a dry run
	Revision   int
	Programmes int // that it binds, or frees, at once: those of the region and below that are being worked on or rest, for EVERYONE
}

// next is an activation that is to be.
type next struct {
	version    *domain.RuleSetVersion // nil: out of work
	parameters json.RawMessage
	mode       domain.ActivationMode
	action     domain.RuleSetAction
	restores   *int // of a rollback: the revision that it goes back to
}

// Activate puts a version to work for a region and all below it. Errors: UNAUTHENTICATED, FORBIDDEN, NOT_FOUND,
// RULE_SET_NOT_POSSIBLE for a version that is not ready, BAD_USER_INPUT for a region that is not the rule set's or below, and for
// parameters that do not fit, CONFLICT with the present revision, those of idempotency.
func (s *RuleSets) Activate(ctx context.Context, actor access.Actor, p Placed) (Activated, error) {
	return s.place(ctx, actor, "activateRuleSet", p, func(ctx context.Context, set *domain.RuleSet, _ *domain.RuleActivation) (n next, err error) {
		if n.version, err = s.versionOf(ctx, set, p.Version); err != nil {
			return n, err
		}
		if err := ready(set, n.version); err != nil {
			return n, err.At("version")
		}
		d, err := Describe(n.version.Description)
		if err != nil || d == nil {
			return n, fmt.Errorf("the description of version %s cannot be read: %w", n.version.ID, err)
		}
		if err := s.Parameters(d.ParametersSchema, p.Parameters); err != nil {
			return n, err
		}
		n.parameters, n.mode, n.action = p.Parameters, p.Mode, domain.RuleSetActivated
		return n, nil
	})
}

// Rollback puts to work for everyone what was at work before, with the parameters of then; where the rule set was out of work
// then, it is again. Rolling back again goes one step further back, never forward to what was left. It asks the rule set
// nothing. Errors as those of [RuleSets.Activate].
func (s *RuleSets) Rollback(ctx context.Context, actor access.Actor, p Placed) (Activated, error) {
	return s.place(ctx, actor, "rollbackRuleSet", p, func(ctx context.Context, set *domain.RuleSet, newest *domain.RuleActivation) (n next, err error) {
		if newest == nil {
			return n, neverAtWork(set, p.RegionCode)
		}
		now := original(newest)
		to := now - 1
		if p.ToRevision != nil {
			to = *p.ToRevision
		}
		switch {
		case p.ToRevision == nil && to < 1:
			return n, notPossible(fmt.Sprintf("there is nothing to go back to: what is at work of %s in %s is what was at work first; deactivate it instead", set.Name, p.RegionCode),
				fmt.Sprintf("tidak ada yang dapat dikembalikan: %s yang kini aktif di %s adalah yang pertama; nonaktifkan saja", set.Name, p.RegionCode)).At("toRevision")
		case to < 1 || to > newest.Revision:
			return n, notPossible(fmt.Sprintf("there is no revision %d: the newest of %s in %s is %d", to, set.Name, p.RegionCode, newest.Revision),
				fmt.Sprintf("tidak ada revisi %d: yang terbaru dari %s di %s adalah %d", to, set.Name, p.RegionCode, newest.Revision)).At("toRevision")
		}
		before, err := s.Store.Activation(ctx, set.ID, p.RegionCode, to)
		if err != nil {
			return n, err
		}
		if before == nil {
			return n, access.NotFound().At("toRevision")
		}
		if before.Version != nil {
			if ready(set, before.Version) != nil { // it was ready when it was activated
				return n, notPossible(fmt.Sprintf("revision %d cannot come back, because version %s was withdrawn: name another revision, or deactivate %s", to, before.Version.Version, set.Name),
					fmt.Sprintf("revisi %d tidak dapat kembali karena versi %s telah ditarik: sebutkan revisi lain, atau nonaktifkan %s", to, before.Version.Version, set.Name)).At("toRevision")
			}
		}
		to = original(before)
		return next{version: before.Version, parameters: before.Parameters, mode: domain.Everyone, action: domain.RuleSetRolledBack, restores: &to}, nil
	})
}

// original gives the revision by which what an activation has at work came to work, before any rollback to it.
func original(a *domain.RuleActivation) int {
	if a.Restores != nil {
		return *a.Restores
	}
	return a.Revision
}

// Deactivate takes a rule set out of work in a region, for everyone or for programmes that enter a stage from now on. It asks the
// rule set nothing. Errors as those of [RuleSets.Activate].
func (s *RuleSets) Deactivate(ctx context.Context, actor access.Actor, p Placed) (Activated, error) {
	return s.place(ctx, actor, "deactivateRuleSet", p, func(_ context.Context, set *domain.RuleSet, newest *domain.RuleActivation) (next, error) {
		if newest == nil {
			return next{}, neverAtWork(set, p.RegionCode)
		}
		if newest.VersionID == nil && (newest.Mode == domain.Everyone || p.Mode == domain.NewEntries) {
			return next{}, notPossible(fmt.Sprintf("%s is out of work in %s already", set.Name, p.RegionCode), fmt.Sprintf("%s sudah tidak aktif di %s", set.Name, p.RegionCode))
		}
		return next{mode: p.Mode, action: domain.RuleSetDeactivated}, nil
	})
}

func neverAtWork(set *domain.RuleSet, region string) error {
	return notPossible(fmt.Sprintf("%s was never at work in %s", set.Name, region), fmt.Sprintf("%s belum pernah aktif di %s", set.Name, region))
}

// place makes the next activation of a rule set in a region, as decide says.
func (s *RuleSets) place(ctx context.Context, actor access.Actor, name string, p Placed,
	decide func(ctx context.Context, set *domain.RuleSet, newest *domain.RuleActivation) (next, error)) (done Activated, err error) {
	if err := access.MayAct(actor); err != nil {
		return done, err
	}
	if p, err = p.tidy(); err != nil {
		return done, err
	}
	if err := access.MayRule(actor, p.RegionCode); err != nil {
		return done, err
	}
	make := func(ctx context.Context) error {
		set, err := s.hold(ctx, p.RuleSet)
		if err != nil {
			return err
		}
		if err := belongs(set, p.RegionCode); err != nil {
			return err
		}
		newest, err := s.newest(ctx, set, p)
		if err != nil {
			return err
		}
		n, err := decide(ctx, set, newest)
		if err != nil {
			return err
		}
		done = Activated{Revision: 1}
		if newest != nil {
			done.Revision = newest.Revision + 1
		}
		if n.mode == domain.Everyone && p.DryRun {
			done.Programmes, err = s.Store.CountWorking(ctx, p.RegionCode)
		}
		if err != nil || p.DryRun {
			return err
		}
		done.ID, err = s.activate(ctx, actor, p, set, newest, n)
		return err
	}
	if p.DryRun {
		return done, s.Store.Transact(ctx, make)
	}
	input := p
	input.Key = nil
	out, err := command.Run(ctx, s.Store, command.Command{Actor: actor.Subject, Key: p.Key, Name: name, Input: input}, func(ctx context.Context) (command.Outcome, error) {
		if err := make(ctx); err != nil {
			return command.Outcome{}, err
		}
		revision := int64(done.Revision)
		return command.Outcome{Code: command.Done, IDs: []uuid.UUID{done.ID}, Version: &revision}, nil
	})
	if err != nil {
		return Activated{}, err
	}
	return Activated{ID: out.IDs[0], Revision: int(*out.Version)}, nil
}

// tidy brings what was asked for into one form, and says what is wrong with it by itself.
func (p Placed) tidy() (_ Placed, err error) {
	if p.Reason, err = tidied("reason", p.Reason); err != nil {
		return p, err
	}
	if wrong := p.Validate(""); len(wrong) > 0 {
		return p, wrong
	}
	p.Parameters = bytes.TrimSpace(p.Parameters)
	if len(p.Parameters) == 0 || string(p.Parameters) == "null" || string(p.Parameters) == "{}" {
		p.Parameters = nil
	}
	var object map[string]json.RawMessage
	if p.Parameters != nil && (len(p.Parameters) > domain.MaxParameters || json.Unmarshal(p.Parameters, &object) != nil) {
		return p, domain.Errorf(domain.CodeBadUserInput, "parameters are a JSON object of at most 64 KiB").In("parameter berupa objek JSON paling besar 64 KiB").At("parameters")
	}
	if p.Parameters != nil { // equal parameters are to be equal commands
		if p.Parameters, err = json.Marshal(object); err != nil {
			return p, err
		}
	}
	return p, nil
}

// Validate gives all that is wrong with the names in what is to be at work, whatever the day: what has another form is not there.
func (p Placed) Validate(domain.Date) (wrong domain.Problems) {
	if !domain.ValidRuleSetName(p.RuleSet) {
		wrong = append(wrong, access.NotFound().At("ruleSet"))
	}
	if p.Version != "" && !validVersion(p.Version) {
		wrong = append(wrong, access.NotFound().At("version"))
	}
	if _, ok := domain.LevelOf(p.RegionCode); !ok {
		wrong = append(wrong, access.NotFound().At("regionCode"))
	}
	return wrong
}

// newest gives the newest activation of a rule set in a region, nil where there is none, if it is the one that the actor saw and
// the region is there.
func (s *RuleSets) newest(ctx context.Context, set *domain.RuleSet, p Placed) (*domain.RuleActivation, error) {
	if r, err := s.Store.Region(ctx, p.RegionCode); err != nil || r == nil {
		if err == nil {
			err = access.NotFound().At("regionCode")
		}
		return nil, err
	}
	found, err := s.Store.Newest(ctx, set.ID, p.RegionCode, 1)
	if err != nil {
		return nil, err
	}
	revision, newest := 0, (*domain.RuleActivation)(nil)
	if len(found) > 0 {
		newest, revision = found[0], found[0].Revision
	}
	if p.ExpectedRevision != nil && *p.ExpectedRevision != revision {
		e := domain.Errorf(domain.CodeConflict, "the newest revision of %s in %s is %d now, not %d: look at it first", set.Name, p.RegionCode, revision, *p.ExpectedRevision).
			In(fmt.Sprintf("revisi terbaru %s di %s kini %d, bukan %d: periksa dahulu", set.Name, p.RegionCode, revision, *p.ExpectedRevision)).At("expectedRevision")
		e.Params = map[string]any{"revision": revision}
		return nil, e
	}
	return newest, nil
}

// activate writes an activation. Its time is later than that of the one before, even by a clock that is behind.
func (s *RuleSets) activate(ctx context.Context, actor access.Actor, p Placed, set *domain.RuleSet, newest *domain.RuleActivation, n next) (uuid.UUID, error) {
	now := s.Clock.Now()
	a := &domain.RuleActivation{Record: domain.Record{ID: s.IDs.New(), CreatedAt: now, UpdatedAt: now}, RegionCode: p.RegionCode, RuleSetID: set.ID, Revision: 1,
		Parameters: n.parameters, Mode: n.mode, Restores: n.restores, ActivatedBy: actor.Subject, ActivatedAt: now, Reason: p.Reason}
	if newest != nil {
		a.Revision = newest.Revision + 1
		if earliest := newest.ActivatedAt.Add(time.Microsecond); a.ActivatedAt.Before(earliest) {
			a.ActivatedAt = earliest
		}
	}
	if n.version != nil {
		a.VersionID = &n.version.ID
	}
	if err := s.Store.AddActivation(ctx, a); err != nil {
		return uuid.Nil, err
	}
	return a.ID, s.event(ctx, domain.RuleSetEvent{RegionCode: p.RegionCode, RuleSetID: set.ID, VersionID: a.VersionID, ActivationID: &a.ID, Action: n.action, Actor: actor.Subject, Reason: p.Reason})
}

// ready says whether a version can be put to work.
func ready(set *domain.RuleSet, v *domain.RuleSetVersion) *domain.Error {
	switch {
	case v.State == domain.VersionApproved, v.State == domain.VersionChecked && set.Kind == domain.RuleFile:
		return nil
	case v.State == domain.VersionChecked:
		return notPossible(fmt.Sprintf("version %s of %s is a program that waits for a national admin to approve it", v.Version, set.Name),
			fmt.Sprintf("versi %s dari %s adalah program yang menunggu persetujuan admin nasional", v.Version, set.Name))
	case v.State == domain.VersionUploaded:
		return notPossible(fmt.Sprintf("version %s of %s is still being checked: wait until that is done", v.Version, set.Name),
			fmt.Sprintf("versi %s dari %s masih diperiksa: tunggu sampai selesai", v.Version, set.Name))
	}
	return notPossible(fmt.Sprintf("version %s of %s cannot be put to work: upload another; its state: %s", v.Version, set.Name, labelOf(v, domain.English)),
		fmt.Sprintf("versi %s dari %s tidak dapat dijalankan: unggah yang lain; keadaannya: %s", v.Version, set.Name, labelOf(v, domain.Indonesian)))
}

// mostNamed is how many regions an error names.
const mostNamed = 20

// inUse is the error for a version that may still bind programmes.
func inUse(v *domain.RuleSetVersion, regions []string) error {
	named := regions[:min(len(regions), mostNamed)]
	e := domain.Errorf(domain.CodeRuleSetInUse, "version %s may still bind programmes in %s: take it out of work there for everyone, or wait until the programmes that it binds have gone on", v.Version, strings.Join(named, ", ")).
		In(fmt.Sprintf("versi %s masih dapat mengikat program di %s: nonaktifkan di sana untuk semua, atau tunggu sampai program yang terikat berlanjut", v.Version, strings.Join(named, ", "))).At("version")
	e.Params = map[string]any{"regions": named, "count": len(regions)}
	return e
}
