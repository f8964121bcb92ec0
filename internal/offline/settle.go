package offline

import (
	"context"
	"fmt"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/internal/access"
	"github.com/berdaya/berdaya/internal/command"
	"github.com/berdaya/berdaya/internal/entry"
	"github.com/berdaya/berdaya/internal/moving"
	"github.com/berdaya/berdaya/workflow"
)

// Drop settles a draft without doing anything, and gives its id. Errors: UNAUTHENTICATED; NOT_FOUND on draftId; CONFLICT where
// it is settled already; REASON_REQUIRED and BAD_USER_INPUT on reason; those of idempotency.
func (l Lists) Drop(ctx context.Context, a access.Actor, draftID uuid.UUID, reason string, key *string) (uuid.UUID, error) {
	if err := access.MayAct(a); err != nil {
		return uuid.Nil, err
	}
	c := command.Command{Actor: a.Subject, Key: key, Name: "dropDraft", Input: map[string]any{"draft": draftID, "reason": reason}}
	return entry.First(command.Run(ctx, l.Store, c, func(ctx context.Context) (command.Outcome, error) {
		d, err := l.open(ctx, a, draftID, true)
		if err != nil {
			return command.Outcome{}, err
		}
		if err := checkReason(reason); err != nil {
			return command.Outcome{}, err
		}
		d.State, d.Reason = domain.DraftDropped, &reason
		return l.settle(ctx, a, d)
	}))
}

func checkReason(reason string) error {
	switch n := utf8.RuneCountInString(reason); {
	case n > domain.MaxText || !utf8.ValidString(reason):
		return entry.Wrong("reason", fmt.Sprintf("a reason has at most %d characters", domain.MaxText), fmt.Sprintf("alasan paling banyak %d karakter", domain.MaxText))
	case domain.Blank(reason):
		return domain.Errorf(domain.CodeReasonRequired, "say why nothing is to come of it").In("sebutkan alasan draf ini dibuang").At("reason")
	}
	return nil
}

// open reads a draft that the actor may settle and nobody has settled.
func (l Lists) open(ctx context.Context, a access.Actor, id uuid.UUID, hold bool) (*domain.Draft, error) {
	d, err := l.Store.Draft(ctx, id, hold)
	switch {
	case err != nil:
		return nil, err
	case d == nil:
		return nil, access.NotFound().At("draftId")
	}
	if err := access.MaySettle(a, d, d.Programme); err != nil {
		return nil, entry.At(err, "draftId")
	}
	if d.State != domain.DraftOpen {
		return nil, domain.Errorf(domain.CodeConflict, "somebody has settled this draft already: its state is %s", d.State).
			In(fmt.Sprintf("draf ini sudah diselesaikan: keadaannya %s", d.State)).At("draftId")
	}
	return d, nil
}

// settle writes that a draft is settled. What it holds of people is taken away.
func (l Lists) settle(ctx context.Context, a access.Actor, d *domain.Draft) (command.Outcome, error) {
	now := l.Clock.Now()
	d.SettledBy, d.SettledAt, d.UpdatedAt = &a.Subject, &now, now
	if d.Personal {
		d.Input = nil
	}
	return entry.Done(d.ID, now), l.Store.SettleDraft(ctx, d)
}

// Merge carries out a command in the actor's name and settles the draft with it: both or neither. Errors: those of Drop on
// draftId, BAD_USER_INPUT on command for one that is put wrongly; what the command itself fails for is in the answer.
func (l Lists) Merge(ctx context.Context, a access.Actor, draftID uuid.UUID, c Command, key *string) (Answer, error) {
	if err := access.MayAct(a); err != nil {
		return Answer{}, err
	}
	if c.Wrong == nil && c.Updates && c.ExpectedUpdatedAt == nil {
		c.Wrong = Demanded("expectedUpdatedAt")
	}
	if c.Wrong != nil {
		return Answer{}, c.Wrong.At("command")
	}
	once := command.Command{Actor: a.Subject, Key: key, Name: "mergeDraft", Input: map[string]any{"draft": draftID, "command": c.hash()}}
	switch before, err := command.Recall(ctx, l.Store, once); {
	case err != nil:
		return Answer{}, err
	case before != nil:
		return l.merged(ctx, draftID)
	}
	if c.Move {
		return l.mergeMove(ctx, a, draftID, &c, once)
	}
	var answer Answer
	out, err := command.Run(ctx, l.Store, once, func(ctx context.Context) (command.Outcome, error) {
		d, err := l.open(ctx, a, draftID, true)
		if err != nil {
			return command.Outcome{}, err
		}
		acting := ctx
		if c.ExpectedVersion != nil {
			acting = entry.ExpectVersion(ctx, *c.ExpectedVersion)
		}
		// The merge itself is remembered with it, so the command needs no key of its own.
		if answer, err = c.Do(acting, Way{Seen: c.ExpectedUpdatedAt}); err != nil {
			return command.Outcome{}, err
		}
		if len(answer.Problems) > 0 {
			return command.Outcome{}, answer.Problems
		}
		d.State, d.MadeID = domain.DraftMerged, &answer.ID
		return l.settle(ctx, a, d)
	})
	if err == nil && out.Repeated {
		return l.merged(ctx, draftID)
	}
	if len(answer.Problems) > 0 {
		return answer, nil
	}
	return answer, err
}

// merged gives the answer of a merge that was done before.
func (l Lists) merged(ctx context.Context, draftID uuid.UUID) (Answer, error) {
	d, err := l.Store.Draft(ctx, draftID, false)
	if err != nil || d == nil || d.MadeID == nil {
		return Answer{}, err
	}
	return Answer{ID: *d.MadeID}, nil
}

// mergeMove has a move settle the draft with it, because no transaction may be open while rules think. Where it fails, that may
// be because somebody else has settled the draft meanwhile, or because the same merge, sent twice, was quicker.
func (l Lists) mergeMove(ctx context.Context, a access.Actor, draftID uuid.UUID, c *Command, once command.Command) (Answer, error) {
	var answer Answer
	_, failed := l.open(ctx, a, draftID, false)
	if failed == nil {
		ctx := moving.Merging(ctx, workflow.Merged{DraftID: draftID, MadeID: c.About}, once)
		if answer, failed = c.Do(ctx, Way{Version: c.ExpectedVersion}); failed == nil && len(answer.Problems) == 0 {
			return answer, nil
		}
	}
	if before, err := command.Recall(ctx, l.Store, once); before != nil && err == nil {
		return l.merged(ctx, draftID)
	}
	if _, err := l.open(ctx, a, draftID, false); err != nil {
		return Answer{}, err
	}
	return answer, failed
}
