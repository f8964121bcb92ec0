package trials

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"time"

	"github.com/google/uuid"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/internal/access"
	"github.com/berdaya/berdaya/internal/command"
	"github.com/berdaya/berdaya/workflow"
)

// Store is what trials need of the database.
type Store interface {
	command.Store
	Enqueue(ctx context.Context, j workflow.Job) error
	// HoldTrials lets nobody else begin a trial for a region until the transaction ends.
	HoldTrials(ctx context.Context, region string) error
	// CountTrials counts what runs beside a trial of this rule set for this region.
	CountTrials(ctx context.Context, region string, ruleSet uuid.UUID) (workflow.TrialsRunning, error)
	AddTrial(ctx context.Context, t *domain.RuleTrial) error
	// Trial gives a trial, nil where there is none; within a transaction nobody else changes it until that ends.
	Trial(ctx context.Context, id uuid.UUID) (*domain.RuleTrial, error)
	// EndTrial ends a trial that runs.
	EndTrial(ctx context.Context, id uuid.UUID, state domain.TrialState, why *domain.Text, at time.Time) error

	// ClaimTrial has a worker hold a simulation or replay until then, and gives it with its rule set and version, and after which
	// programme or decision its work goes on; nil where it does not run or another one holds it.
	ClaimTrial(ctx context.Context, id, worker uuid.UUID, until time.Duration) (*domain.RuleTrial, string, error)
	KeepTrial(ctx context.Context, id, worker uuid.UUID, until time.Duration) (bool, error)
	ReleaseTrial(ctx context.Context, id, worker uuid.UUID) (bool, error)
	UnattendedTrials(ctx context.Context) ([]workflow.Waiting, error)
	NoteTrial(ctx context.Context, id uuid.UUID, why domain.Text) error
	// CountTrial writes what came of a batch of a trial that runs, and tells whether it goes on. It writes nothing for a worker
	// that has lost the trial; uuid.Nil is nobody, for shadows.
	CountTrial(ctx context.Context, id, worker uuid.UUID, step workflow.TrialStep) (bool, error)

	CountActive(ctx context.Context, region string) (int, error)
	NextActive(ctx context.Context, region, after string, most int) ([]workflow.TrialTurn, error)
	CountDecisions(ctx context.Context, region string, since, until time.Time) (int, error)
	NextDecisions(ctx context.Context, region string, since time.Time, after uuid.UUID, until time.Time, most int) ([]workflow.LoggedDecision, error)

	// RunningShadows gives all shadows that run, but those whose version was withdrawn, with their rule sets and versions.
	RunningShadows(ctx context.Context) ([]*domain.RuleTrial, error)
	// EndShadows ends shadows whose time is over, and fails those whose version was withdrawn, saying so.
	EndShadows(ctx context.Context, at time.Time, withdrawn domain.Text) error
	ForgetTrials(ctx context.Context, before time.Time) (bool, error)
}

// Facts reads programmes with the facts that are wanted of them.
type Facts interface {
	Facts(ctx context.Context, wanted []workflow.Wanted) ([]workflow.FactsSnapshot, error)
}

// Rules is what is at work.
type Rules interface {
	Needs(ctx context.Context, region string) ([]workflow.FactKind, error)
	// Verdicts is workflow.Rules.Judge without plans.
	Verdicts(ctx context.Context, questions []workflow.Question) []workflow.Judgement
}

// Candidate is a version that is tried: it answers, and judges no programme.
type Candidate interface {
	Needs() []workflow.FactKind
	// Reads tells whether it is given a field of facts, by its path, such as trainingEvents.venue.
	Reads(path string) bool
	Verdicts(ctx context.Context, questions []workflow.Question) []workflow.Judgement
}

// Trier runs versions that are tried.
type Trier interface {
	// Try runs a version for as long as do takes. Its error is coded where the version or its parameters are wrong.
	Try(ctx context.Context, v *domain.RuleSetVersion, region string, parameters json.RawMessage, do func(context.Context, Candidate) error) error
	// Shadow is Try for what takes weeks.
	Shadow(ctx context.Context, v *domain.RuleSetVersion, region string, parameters json.RawMessage, do func(context.Context, Candidate) error) error
	// Recall reads facts that were kept, for workflow.Question.Kept.
	Recall(content []byte) (any, error)
}

// Hush gives what takes out of what rules say those texts of facts that the decision log masks: lists of differences are kept for
// longer than decisions are.
type Hush func(*workflow.Facts) func(said string) string

// Trials is the use case. All fields but the last are needed.
type Trials struct {
	Store Store
	Facts Facts
	Rules Rules
	Trier Trier
	Hush  Hush
	// Possible gives a version that the actor could put to work for a region, with its rule set, and its parameters in one form.
	Possible func(ctx context.Context, actor access.Actor, ruleSet, version, region string, parameters json.RawMessage) (*domain.RuleSetVersion, json.RawMessage, error)
	Clock    domain.Clock
	IDs      domain.IDs
	Log      *slog.Logger
	Batch    int // programmes or decisions that are asked about together; 500
}

// Start is a trial as an actor asks for it.
type Start struct {
	Kind       domain.TrialKind
	RuleSet    string // its name
	Version    string
	Region     string          // a code
	Parameters json.RawMessage // a JSON object; empty for none
	Since      *time.Time      // of a replay: the first decisions
	Until      *time.Time      // of a replay: before these, now where nil; of a shadow: when it ends, at most 90 days from now
	Key        *string
}

// Start begins a trial and gives its id. Who may activate the version for the region may try it there. Errors: UNAUTHENTICATED,
// FORBIDDEN, NOT_FOUND, BAD_USER_INPUT, RULE_SET_NOT_POSSIBLE for a version that could not be put to work and where as many trials run
// as may, and IDEMPOTENCY_MISMATCH.
func (s *Trials) Start(ctx context.Context, actor access.Actor, c Start) (uuid.UUID, error) {
	if err := access.MayAct(actor); err != nil {
		return uuid.Nil, err
	}
	now := s.Clock.Now().UTC().Truncate(time.Microsecond)
	input := c
	input.Key = nil
	once := command.Command{Actor: actor.Subject, Key: c.Key, Name: "startTrial", Input: input}
	out, err := command.Run(ctx, s.Store, once, func(ctx context.Context) (command.Outcome, error) {
		version, parameters, err := s.Possible(ctx, actor, c.RuleSet, c.Version, c.Region, c.Parameters)
		if err != nil {
			return command.Outcome{}, err
		}
		if err := c.check(now); err != nil {
			return command.Outcome{}, err
		}
		t := &domain.RuleTrial{Record: domain.Record{ID: s.IDs.New(), CreatedAt: now, UpdatedAt: now}, Kind: c.Kind, RegionCode: c.Region, RuleSetID: version.RuleSetID,
			VersionID: version.ID, Parameters: parameters, StartedBy: actor.Subject, State: domain.TrialRunning, Since: c.Since, Until: c.Until,
			Rules: []domain.TrialRule{}, Revision: 1}
		if err := s.room(ctx, t); err != nil {
			return command.Outcome{}, err
		}
		switch c.Kind {
		case domain.Simulation:
			t.Total, err = s.Store.CountActive(ctx, c.Region)
		case domain.Replay:
			t.Total, err = s.Store.CountDecisions(ctx, c.Region, *c.Since, *c.Until)
		}
		if err != nil {
			return command.Outcome{}, err
		}
		if err := s.Store.AddTrial(ctx, t); err != nil {
			return command.Outcome{}, err
		}
		if c.Kind != domain.Shadow {
			err = s.Store.Enqueue(ctx, Job(t.ID))
		}
		return command.Outcome{Code: command.Done, IDs: []uuid.UUID{t.ID}}, err
	})
	if err != nil {
		return uuid.Nil, err
	}
	return out.IDs[0], nil
}

// check says what is wrong with the times of a trial, and fills in those that were not said.
func (c *Start) check(now time.Time) error {
	bad := func(path, en, id string) error {
		return domain.Errorf(domain.CodeBadUserInput, "%s", en).In(id).At(path)
	}
	for _, at := range []**time.Time{&c.Since, &c.Until} {
		if *at != nil {
			exact := (*at).UTC().Truncate(time.Microsecond)
			*at = &exact
		}
	}
	switch c.Kind {
	case domain.Simulation:
		c.Since, c.Until = nil, nil
	case domain.Replay:
		if c.Until == nil || c.Until.After(now) {
			c.Until = &now
		}
		if c.Since == nil || !c.Since.Before(*c.Until) {
			return bad("from", "a replay is of decisions from one instant until a later one, which is not to come", "pemutaran ulang mencakup keputusan sejak suatu saat sampai saat sesudahnya yang sudah lewat")
		}
	default:
		if c.Since = nil; c.Until == nil || !c.Until.After(now) || c.Until.Sub(now) > domain.MaxShadowing {
			return bad("until", "a shadow runs until an instant that is to come, at most 90 days from now", "bayangan berjalan sampai saat yang akan datang, paling lama 90 hari dari sekarang")
		}
	}
	return nil
}

// room makes sure that no more trials run than may.
func (s *Trials) room(ctx context.Context, t *domain.RuleTrial) error {
	held := t.RegionCode
	if t.Kind == domain.Shadow {
		held = "" // shadows are counted in all regions
	}
	if err := s.Store.HoldTrials(ctx, held); err != nil {
		return err
	}
	run, err := s.Store.CountTrials(ctx, t.RegionCode, t.RuleSetID)
	full := func(en, id string) error { return domain.Errorf(domain.CodeRuleSetNotPossible, "%s", en).In(id) }
	switch {
	case err != nil:
		return err
	case t.Kind != domain.Shadow && run.Here >= domain.MaxTrialsInRegion:
		return full(fmt.Sprintf("%d simulations and replays run for this region already: wait until one is done, or cancel one", run.Here),
			fmt.Sprintf("%d simulasi dan pemutaran ulang sedang berjalan untuk wilayah ini: tunggu sampai salah satunya selesai, atau batalkan", run.Here))
	case t.Kind == domain.Shadow && run.Same > 0:
		return full("the rule set has a shadow in this region already: cancel it first", "kumpulan aturan ini sudah memiliki bayangan di wilayah ini: batalkan dahulu")
	case t.Kind == domain.Shadow && run.Near >= domain.MaxShadowsNear:
		return full(fmt.Sprintf("%d shadows run in this province already, which is as many as may: wait until one is done, or cancel one", run.Near),
			fmt.Sprintf("%d bayangan sedang berjalan di provinsi ini, dan itu batasnya: tunggu sampai salah satunya selesai, atau batalkan", run.Near))
	case t.Kind == domain.Shadow && run.Shadows >= domain.MaxShadows:
		return full(fmt.Sprintf("%d shadows run in all regions together, which is as many as may: wait until one is done", run.Shadows),
			fmt.Sprintf("%d bayangan sedang berjalan di semua wilayah, dan itu batasnya: tunggu sampai salah satunya selesai", run.Shadows))
	}
	return nil
}

// Cancel ends a trial after the batch that is under way; what it found stays. One that has ended stays as it is. Errors:
// UNAUTHENTICATED, NOT_FOUND, FORBIDDEN, IDEMPOTENCY_MISMATCH.
func (s *Trials) Cancel(ctx context.Context, actor access.Actor, id uuid.UUID, key *string) (uuid.UUID, error) {
	if err := access.MayAct(actor); err != nil {
		return uuid.Nil, err
	}
	once := command.Command{Actor: actor.Subject, Key: key, Name: "cancelTrial", Input: id}
	out, err := command.Run(ctx, s.Store, once, func(ctx context.Context) (command.Outcome, error) {
		t, err := s.seen(ctx, actor, id)
		if err != nil {
			return command.Outcome{}, err
		}
		if err := access.MayRule(actor, t.RegionCode); err != nil {
			return command.Outcome{}, err
		}
		return command.Outcome{Code: command.Done, IDs: []uuid.UUID{id}}, s.Store.EndTrial(ctx, id, domain.TrialCancelled, nil, s.Clock.Now())
	})
	if err != nil {
		return uuid.Nil, err
	}
	return out.IDs[0], nil
}

// See says whether the actor sees a trial that there is. The error is UNAUTHENTICATED or NOT_FOUND.
func (s *Trials) See(ctx context.Context, actor access.Actor, id uuid.UUID) error {
	if err := access.MayAct(actor); err != nil {
		return err
	}
	_, err := s.seen(ctx, actor, id)
	return err
}

func (s *Trials) seen(ctx context.Context, actor access.Actor, id uuid.UUID) (*domain.RuleTrial, error) {
	t, err := s.Store.Trial(ctx, id)
	if err == nil && (t == nil || access.MaySeeTrails(actor, t.RegionCode) != nil) {
		err = access.NotFound().At("id")
	}
	return t, err
}
