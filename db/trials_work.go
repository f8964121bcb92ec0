package db

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/workflow"
)

var trialLease = leased{table: "rule_trials", works: "state = 'RUNNING'", waits: "state = 'RUNNING' and kind <> 'SHADOW'", holds: "state = 'RUNNING'"}

// ClaimTrial has a worker hold a simulation or replay until then, and reads it with its rule set and version, and after which
// programme or decision its work goes on; nil where it does not run or another one holds it. The lease runs by the database's
// clock, so that servers whose clocks differ agree on it.
func (s Trials) ClaimTrial(ctx context.Context, id, worker uuid.UUID, until time.Duration) (*domain.RuleTrial, string, error) {
	t, reached := new(domain.RuleTrial), ""
	err := s.DB.Pool.QueryRow(ctx, claimTrialQuery, id, worker, until).Scan(append(into(t), &reached)...)
	if there, err := found(Coded(err)); !there {
		return nil, "", err
	}
	t.Version, err = s.trialVersion(ctx, t.VersionID)
	return t, reached, err
}

var claimTrialQuery = `update rule_trials t set worker = $2, leased_until = now() + $3::interval
	where id = $1 and state = 'RUNNING' and kind <> 'SHADOW' and (leased_until is null or leased_until < now())
	returning ` + columnsOf[domain.RuleTrial]("t") + `, t.reached`

func (s Trials) trialVersion(ctx context.Context, id uuid.UUID) (*domain.RuleSetVersion, error) {
	return Catalogue(s).Version(ctx, id)
}

// KeepTrial renews a worker's lease, and tells whether it still has it.
func (s Trials) KeepTrial(ctx context.Context, id, worker uuid.UUID, until time.Duration) (bool, error) {
	return trialLease.keep(ctx, s.DB, id, worker, until)
}

// ReleaseTrial lets go of a trial, and gives whether there is still work.
func (s Trials) ReleaseTrial(ctx context.Context, id, worker uuid.UUID) (bool, error) {
	return trialLease.release(ctx, s.DB, id, worker)
}

// UnattendedTrials lists simulations and replays that run and that nobody holds.
func (s Trials) UnattendedTrials(ctx context.Context) ([]workflow.Waiting, error) {
	return trialLease.unattended(ctx, s.DB)
}

// TrialProgress gives where trials stand; it leaves out those that are not there.
func (s Trials) TrialProgress(ctx context.Context, ids []uuid.UUID) (map[uuid.UUID]workflow.Progress, error) {
	return trialLease.progress(ctx, s.DB, ids)
}

// NoteTrial notes why the work on a trial broke off.
func (s Trials) NoteTrial(ctx context.Context, id uuid.UUID, why domain.Text) error {
	_, err := s.DB.Pool.Exec(ctx, `update rule_trials set last_error_en = $2, last_error_id = $3, updated_at = now(), revision = revision + 1 where id = $1 and state = 'RUNNING'`,
		id, why.EN, why.In(domain.Indonesian))
	return Coded(err)
}

// CountTrial writes what came of a batch of a trial that runs, counted and listed at once, and tells whether it goes on. It writes
// nothing for a worker that has lost the trial; uuid.Nil is nobody, for shadows, on which all servers work.
func (s Trials) CountTrial(ctx context.Context, id, worker uuid.UUID, step workflow.TrialStep) (goOn bool, err error) {
	err = pgx.BeginFunc(ctx, s.DB.Pool, func(tx pgx.Tx) error {
		var raw []byte
		var listed int
		err := tx.QueryRow(ctx, `select rules, listed from rule_trials where id = $1 and state = 'RUNNING' and ($2 = '00000000-0000-0000-0000-000000000000'::uuid or worker = $2) for update`,
			id, worker).Scan(&raw, &listed)
		if there, err := found(err); !there {
			return err
		}
		rules, err := addedUp(raw, step.Rules)
		if err != nil {
			return err
		}
		list := step.Differences[:min(len(step.Differences), domain.MaxTrialDifferences-listed)]
		if err := listDifferences(ctx, tx, list); err != nil {
			return err
		}
		_, err = tx.Exec(ctx, countTrialQuery, id, step.Done(), step.NewlyBlocked, step.Freed, step.Unchanged, step.NotJudged, step.Masked, step.Missed, rules,
			len(list), len(list) < len(step.Differences), step.Reached, step.Finished)
		goOn = err == nil && !step.Finished
		return err
	})
	return goOn, Coded(err)
}

// The total of a shadow is what there was so far, and that of others never less than what is done.
const countTrialQuery = `update rule_trials set done = done + $2, newly_blocked = newly_blocked + $3, freed = freed + $4, unchanged = unchanged + $5,
	not_judged = not_judged + $6, masked = masked + $7, missed = missed + $8, rules = $9, listed = listed + $10, more = more or $11,
	reached = case when $12 = '' then reached else $12 end, total = case when $13 then done + $2 else greatest(total, done + $2) end,
	state = case when $13 then 'COMPLETED' else state end, finished_at = case when $13 then now() else null end,
	last_error_en = null, last_error_id = null, updated_at = now(), revision = revision + 1
	where id = $1`

// addedUp adds counts of rules to those that there are, by their codes.
func addedUp(raw []byte, more []domain.TrialRule) ([]byte, error) {
	var all []domain.TrialRule
	if err := json.Unmarshal(raw, &all); err != nil {
		return nil, err
	}
	for _, m := range more {
		i, there := slices.BinarySearchFunc(all, m.Rule, func(r domain.TrialRule, code string) int { return cmp.Compare(r.Rule, code) })
		if !there {
			all = slices.Insert(all, i, domain.TrialRule{Rule: m.Rule})
		}
		all[i].Blocks += m.Blocks
		all[i].Frees += m.Frees
		all[i].Remarks += m.Remarks
		all[i].RemarksGone += m.RemarksGone
	}
	return json.Marshal(append([]domain.TrialRule{}, all...))
}

func listDifferences(ctx context.Context, tx pgx.Tx, list []*domain.RuleTrialDifference) error {
	if len(list) == 0 {
		return nil
	}
	columns := []string{"id", "rule_trial_id", "programme_id", "decided_at", "change", "effect", "rule", "message_en", "message_id", "masked"}
	_, err := tx.CopyFrom(ctx, pgx.Identifier{"rule_trial_differences"}, columns, pgx.CopyFromSlice(len(list), func(i int) ([]any, error) {
		d := list[i]
		return []any{d.ID, d.RuleTrialID, d.ProgrammeID, d.DecidedAt, string(d.Change), string(d.Effect), d.Rule, d.MessageEN, d.MessageID, d.Masked}, nil
	}))
	return err
}
