package offline

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/internal/command"
)

// dryTime is how long the transaction of a dry run may last. It holds the programmes that it is about, and whoever waits for one
// gives up after ten seconds.
const dryTime = 8 * time.Second

// errUndo has the transaction of a dry run rolled back.
var errUndo = errors.New("a dry run is undone")

// errFailed has one command of a dry run rolled back.
var errFailed = errors.New("a command of a dry run is undone")

// dryRun says what would come of a list, and changes nothing. No rules are asked once the transaction has begun.
func (r *run) dryRun(ctx context.Context, commands []Command) ([]Result, error) {
	r.dry = true
	places, err := r.places(ctx, commands)
	if err != nil {
		return nil, err
	}
	asked := r.askMoves(ctx, commands, places)
	ctx, cancel := context.WithTimeout(ctx, dryTime)
	defer cancel()
	var results []Result
	err = r.Store.Transact(ctx, func(ctx context.Context) error {
		results = make([]Result, len(commands))
		moved := map[uuid.UUID]bool{}     // programmes that a move of the list would have moved by now
		clean := newRun(r.Lists, r.actor) // a transaction may run several times
		clean.kept, clean.dry = r.kept, true
		for i := range commands {
			c := &commands[i]
			switch {
			case c.Wrong == nil && r.kept[c.Key] == nil && moved[places[i]]:
				results[i] = Result{Key: c.Key, Outcome: domain.OfflineUncertain}
			case c.Move && asked[i] != nil:
				results[i] = *asked[i]
			case ctx.Err() != nil:
				results[i] = clean.step(ctx, c) // which does nothing any more
			default:
				if failed := r.Store.Try(ctx, func(ctx context.Context) error {
					if results[i] = clean.step(ctx, c); results[i].Outcome != domain.OfflineDone {
						return errFailed
					}
					return nil
				}); failed != nil && !errors.Is(failed, errFailed) {
					return failed
				}
			}
			if o := results[i].Outcome; c.Move && places[i] != uuid.Nil && (o == domain.OfflineDone || o == domain.OfflineUncertain) {
				moved[places[i]] = true
			}
		}
		return errUndo
	})
	if errors.Is(err, errUndo) {
		return results, nil
	}
	return nil, err
}

// places gives the programme of each command as far as it can be known beforehand: also of those about things that the list
// makes.
func (r *run) places(ctx context.Context, commands []Command) ([]uuid.UUID, error) {
	places, owner := make([]uuid.UUID, len(commands)), map[string]uuid.UUID{}
	for i := range commands {
		c := &commands[i]
		switch _, ofProgramme := c.Kind.(*domain.Programme); {
		case c.Kind == nil && c.Name == "createProgramme":
			places[i] = c.Thing
		case c.Kind == nil:
			continue
		case ofProgramme:
			places[i] = c.In
		default:
			places[i] = owner[c.On]
			if places[i] == uuid.Nil {
				p, err := r.Store.ProgrammeOf(ctx, c.Kind, c.In)
				if err != nil {
					return nil, err
				}
				if p != nil {
					places[i] = p.ID
				}
			}
		}
		if c.Makes != "" {
			owner[c.Makes] = places[i]
		}
	}
	return places, nil
}

// askMoves asks about the moves on what is there now. A move that comes after other commands about the same programme is
// UNCERTAIN. What is refused or a draft already has no answer here.
func (r *run) askMoves(ctx context.Context, commands []Command, places []uuid.UUID) []*Result {
	asked, touched := make([]*Result, len(commands)), map[uuid.UUID]bool{}
	for i := range commands {
		c := &commands[i]
		if c.Move && c.Wrong == nil && r.kept[c.Key] == nil {
			result := Result{Key: c.Key, Outcome: domain.OfflineUncertain}
			if !touched[places[i]] {
				result = r.askMove(ctx, c)
			}
			asked[i] = &result
		}
		touched[places[i]] = true
	}
	return asked
}

func (r *run) askMove(ctx context.Context, c *Command) Result {
	ctx, noted := command.Noting(ctx)
	answer, err := c.Do(ctx, Way{Key: &c.Key, Version: c.ExpectedVersion, DryRun: true})
	switch {
	case err != nil:
		return r.failed(ctx, c, err)
	case len(answer.Problems) == 0:
		return r.done(c, answer, noted)
	case answer.Problems[0].Code == domain.CodeIdempotencyMismatch:
		return refused(c, answer.Problems...)
	case answer.Problems[0].Code == domain.CodeRulesUnavailable || passing(c, answer.Problems):
		return Result{Key: c.Key, Outcome: domain.OfflineNotRun, Problems: answer.Problems, Blocks: answer.Blocks}
	}
	return Result{Key: c.Key, Outcome: domain.OfflineDraft, Problems: answer.Problems, Blocks: answer.Blocks}
}
