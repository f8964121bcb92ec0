package offline

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/internal/access"
	"github.com/berdaya/berdaya/internal/command"
	"github.com/berdaya/berdaya/internal/entry"
)

// keep keeps a command as a draft, with what was wrong. once says that the command may be tried once more, where somebody else
// was quicker with the same key.
func (r *run) keep(ctx context.Context, c *Command, answer Answer, once bool) Result {
	p, err := r.programme(ctx, c)
	if err != nil {
		return r.failed(ctx, c, err)
	}
	if p != nil && r.programmes[p.ID] {
		switch answer.Problems[0].Code {
		case domain.CodeMoveNotPossible, domain.CodeConflict, domain.CodeBlocked:
			return r.notRun(c, answer.Problems...) // perhaps only because a move of the programme was not run
		}
	}
	r.toDraft(c, p)
	if r.dry {
		return Result{Key: c.Key, Outcome: domain.OfflineDraft, Problems: answer.Problems, Blocks: answer.Blocks}
	}
	d, err := r.insert(ctx, c, p, answer)
	switch {
	case domain.CodeOf(err) == domain.CodeIdempotencyMismatch && once:
		return r.do(ctx, c, c.ExpectedUpdatedAt, false)
	case domain.CodeOf(err) == domain.CodeIdempotencyMismatch:
		return refused(c, err.(*domain.Error))
	case err != nil:
		return r.failed(ctx, c, err)
	}
	r.kept[c.Key] = d
	return Result{Key: c.Key, Outcome: domain.OfflineDraft, Problems: answer.Problems, Blocks: answer.Blocks, Draft: d.ID}
}

// again gives the result of a command that was kept as a draft before.
func (r *run) again(c *Command, d *domain.Draft) Result {
	if d.InputHash != c.hash() {
		return refused(c, domain.Errorf(domain.CodeIdempotencyMismatch, "this key was used before for another command or with another input; use a new key").
			In("kunci ini sudah dipakai untuk perintah atau masukan lain; gunakan kunci baru").At("key"))
	}
	var p *domain.Programme
	if d.ProgrammeID != nil {
		p = &domain.Programme{Record: domain.Record{ID: *d.ProgrammeID}}
	}
	r.toDraft(c, p)
	return Result{Key: c.Key, Outcome: domain.OfflineDraft, Problems: Problems(d), Draft: d.ID}
}

// toDraft remembers what a draft would make, for the commands that hang on it.
func (r *run) toDraft(c *Command, p *domain.Programme) {
	if c.Makes == "" {
		return
	}
	r.drafted[c.Makes] = true
	if p != nil {
		r.owner[c.Makes] = p.ID
	}
}

// programme gives the programme that a command is about; nil where it is not known or the actor does not see it: a draft must
// not tell more than its author knows. What hangs on a draft is about the draft's programme.
func (r *run) programme(ctx context.Context, c *Command) (*domain.Programme, error) {
	if c.Kind == nil {
		return nil, nil
	}
	kind, id := c.Kind, c.In
	if owner, known := r.owner[c.On]; known {
		kind, id = new(domain.Programme), owner
	}
	p, err := r.Store.ProgrammeOf(ctx, kind, id)
	if err != nil || p == nil || access.MaySee(r.actor, p.RegionCode) != nil {
		return nil, err
	}
	return p, nil
}

// insert writes the draft, or finds the one that the same command left before.
func (r *run) insert(ctx context.Context, c *Command, p *domain.Programme, answer Answer) (*domain.Draft, error) {
	d := &domain.Draft{Author: r.actor.Subject, Key: c.Key, Command: c.Name, Input: c.Input, InputHash: c.hash(), Personal: c.Personal,
		ExpectedVersion: c.ExpectedVersion, ExpectedUpdatedAt: c.ExpectedUpdatedAt, Code: answer.Problems[0].Code, State: domain.DraftOpen}
	if p != nil {
		d.ProgrammeID, d.FoundVersion = &p.ID, &p.Version
	}
	problems := make([]domain.DraftProblem, len(answer.Problems))
	for i, e := range answer.Problems {
		problems[i] = problemOf(e)
	}
	var err error
	if d.Problems, err = json.Marshal(problems); err != nil {
		return nil, err
	}
	if d.Blocks, err = json.Marshal(append([]domain.Block{}, answer.Blocks...)); err != nil {
		return nil, err
	}
	once := command.Command{Actor: d.Author, Key: &c.Key, Name: "draft:" + c.Name, Input: d.InputHash}
	out, err := command.Run(ctx, r.Store, once, func(ctx context.Context) (command.Outcome, error) {
		now := r.Clock.Now()
		d.Record = domain.Record{ID: r.IDs.New(), CreatedAt: now, UpdatedAt: now}
		return entry.Done(d.ID, now), r.Store.InsertDraft(ctx, d)
	})
	switch {
	case domain.CodeOf(err) == domain.CodeAlreadyExists: // its outcome is forgotten by now, and the draft is not
		found, err := r.Store.Drafts(ctx, d.Author, []string{c.Key})
		if err != nil || len(found) == 0 {
			return nil, err
		}
		return found[0], nil
	case err != nil:
		return nil, err
	}
	d.ID = out.IDs[0]
	return d, nil
}

// hash tells the same command from another.
func (c *Command) hash() string {
	whole, err := json.Marshal(map[string]any{"command": c.Name, "input": c.Input, "version": c.ExpectedVersion})
	if err != nil {
		panic(err) // JSON already: cannot fail
	}
	sum := sha256.Sum256(whole)
	return hex.EncodeToString(sum[:])
}

// problemOf gives an error as a draft keeps it, in both languages.
func problemOf(e *domain.Error) domain.DraftProblem {
	p := domain.DraftProblem{Code: e.Code, Message: e.Text, Path: append([]string{}, e.Path...), Params: e.Shown()}
	if p.Message.EN == "" {
		p.Message.EN = e.Message
	}
	return p
}

// Problems gives what was wrong when a draft was kept.
func Problems(d *domain.Draft) domain.Problems {
	var stored []domain.DraftProblem
	if json.Unmarshal(d.Problems, &stored) != nil {
		return nil
	}
	problems := make(domain.Problems, len(stored))
	for i, p := range stored {
		problems[i] = &domain.Error{Code: p.Code, Message: p.Message.EN, Text: p.Message, Path: p.Path, Params: p.Params}
	}
	return problems
}
