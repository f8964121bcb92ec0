package offline

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/internal/access"
	"github.com/berdaya/berdaya/internal/command"
	"github.com/berdaya/berdaya/internal/entry"
)

// Submit carries out a list and gives one result for each command, in their order. With dryRun it only says what would come of
// each. Errors are about the list as a whole: UNAUTHENTICATED, BAD_USER_INPUT for a list of another length, UNAVAILABLE.
func (l Lists) Submit(ctx context.Context, a access.Actor, commands []Command, dryRun bool) ([]Result, error) {
	if err := access.MayAct(a); err != nil {
		return nil, err
	}
	if n := len(commands); n < 1 || n > MaxCommands {
		return nil, entry.Wrong("commands", fmt.Sprintf("send 1 to %d commands at a time; this list has %d", MaxCommands, n),
			fmt.Sprintf("kirim 1 sampai %d perintah sekaligus; daftar ini berisi %d", MaxCommands, n))
	}
	r := newRun(l, a)
	ctx, err := r.recall(ctx, commands)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, cmp.Or(l.Time, DefaultTime))
	defer cancel()
	if dryRun {
		return r.dryRun(ctx, commands)
	}
	results := make([]Result, len(commands))
	for i := range commands {
		results[i] = r.step(ctx, &commands[i])
	}
	return results, nil
}

// run is one list under way.
type run struct {
	Lists
	actor   access.Actor
	dry     bool
	kept    map[string]*domain.Draft // of the actor, by key
	stamps  map[string]time.Time     // what this list's commands gave things as their time of change, by global id
	drafted map[string]bool          // things that drafts would make, by global id
	owner   map[string]uuid.UUID     // the programmes of those
	waiting map[uuid.UUID]bool       // things that commands which were not run make or change
	// programmes are those that commands which were not run change or move. What a programme holds does not wait for them.
	programmes map[uuid.UUID]bool
}

func newRun(l Lists, a access.Actor) *run {
	return &run{Lists: l, actor: a, kept: map[string]*domain.Draft{}, stamps: map[string]time.Time{}, drafted: map[string]bool{},
		owner: map[string]uuid.UUID{}, waiting: map[uuid.UUID]bool{}, programmes: map[uuid.UUID]bool{}}
}

// recall finds what was done and what was kept under the keys of the list, all at once: a list that was carried out before is
// answered without asking for each command.
func (r *run) recall(ctx context.Context, commands []Command) (context.Context, error) {
	keys := make([]string, len(commands))
	for i := range commands {
		keys[i] = commands[i].Key
	}
	kept, err := r.Store.Drafts(ctx, r.actor.Subject, keys)
	if err != nil {
		return nil, err
	}
	for _, d := range kept {
		r.kept[d.Key] = d
	}
	done, err := r.Store.RecallAll(ctx, r.actor.Subject, keys)
	return command.LookedUp(ctx, keys, done), err
}

// step carries out one command.
func (r *run) step(ctx context.Context, c *Command) Result {
	wrong := c.Wrong
	if err, malformed := command.CheckKey(c.Key).(*domain.Error); malformed {
		wrong = err
		wrong.Path = []string{"key"}
	}
	switch draft := r.kept[c.Key]; {
	case wrong != nil:
		return refused(c, wrong)
	case draft != nil:
		return r.again(c, draft)
	case ctx.Err() != nil || r.waits(c):
		return r.notRun(c)
	}
	seen := c.ExpectedUpdatedAt
	if stamp, own := r.stamps[c.About]; own && (seen == nil || stamp.After(*seen)) {
		seen = &stamp
	}
	if c.Updates && seen == nil {
		return r.unseen(ctx, c)
	}
	return r.do(ctx, c, seen, true)
}

// waits tells whether a command hangs on one that was not run.
func (r *run) waits(c *Command) bool {
	return c.ofProgramme() && r.programmes[c.Thing] ||
		slices.ContainsFunc(c.Names, func(id uuid.UUID) bool { return r.waiting[id] })
}

// notRun gives the result of a command that is to be sent again, and has those wait that hang on it.
func (r *run) notRun(c *Command, problems ...*domain.Error) Result {
	switch {
	case c.ofProgramme():
		r.programmes[c.Thing] = true
	case c.Thing != uuid.Nil:
		r.waiting[c.Thing] = true
	}
	return Result{Key: c.Key, Outcome: domain.OfflineNotRun, Problems: problems}
}

// unseen is about an update that does not say what the person saw. Where the thing is not there, it hangs on a draft, and is
// kept; where it is, the client must say.
func (r *run) unseen(ctx context.Context, c *Command) Result {
	absent := r.drafted[c.About]
	if c.Kind != nil && !absent {
		p, err := r.programme(ctx, c)
		if err != nil {
			return r.failed(ctx, c, err)
		}
		absent = p == nil
	}
	if absent {
		return r.keep(ctx, c, Answer{Problems: domain.Problems{access.NotFound().At("id")}}, false)
	}
	return refused(c, Demanded("expectedUpdatedAt"))
}

// Demanded is the error for what a command made without a line must say.
func Demanded(path string) *domain.Error {
	return entry.Wrong(path, "a command made without a line must say what was seen: give "+path, "perintah luring harus menyebut yang dilihat: berikan "+path)
}

// do carries a command out. once says that it may be tried once more, where somebody else was quicker.
func (r *run) do(ctx context.Context, c *Command, seen *time.Time, once bool) Result {
	acting, noted := command.Noting(ctx)
	if c.ExpectedVersion != nil && !c.Move {
		acting = entry.ExpectVersion(acting, *c.ExpectedVersion)
	}
	answer, err := c.Do(acting, Way{Key: &c.Key, Seen: seen, Version: c.ExpectedVersion})
	if err != nil {
		return r.failed(ctx, c, err)
	}
	if len(answer.Problems) == 0 {
		return r.done(c, answer, noted)
	}
	switch code := answer.Problems[0].Code; {
	case code == domain.CodeRulesUnavailable || passing(c, answer.Problems):
		result := r.notRun(c, answer.Problems...)
		result.Blocks = answer.Blocks
		return result
	case code == domain.CodeIdempotencyMismatch:
		if found, err := r.Store.Drafts(ctx, r.actor.Subject, []string{c.Key}); err == nil && len(found) == 1 {
			return r.again(c, found[0])
		}
		return refused(c, answer.Problems...)
	}
	return r.keep(ctx, c, answer, once)
}

// done gives the result of a command that was done, now or before.
func (r *run) done(c *Command, answer Answer, noted *command.Outcome) Result {
	result := Result{Key: c.Key, Outcome: domain.OfflineDone, ID: answer.ID, ChangedAt: noted.ChangedAt, Version: noted.Version, Blocks: answer.Blocks}
	if noted.Repeated {
		result.Outcome = domain.OfflineRepeated
	}
	if noted.ChangedAt != nil && (c.Updates || c.Makes != "") { // only these looked at what others had changed before
		r.stamps[answer.ID] = *noted.ChangedAt
	}
	return result
}

// failed gives the result of a command that failed through no fault of its own.
func (r *run) failed(ctx context.Context, c *Command, err error) Result {
	result := r.notRun(c)
	// What is cut off when the time is up fails in many ways, such as by a transaction that has ended already.
	if ctx.Err() == nil && domain.CodeOf(err) != domain.CodeUnavailable && !errors.Is(err, context.Canceled) {
		result.Fault = err
	}
	return result
}

// passing tells whether what stood in the way is that others change the same things at this very moment: the database says so,
// or the programme has the very version that a move expects and others kept entering content while it was decided.
func passing(c *Command, problems domain.Problems) bool {
	return slices.ContainsFunc(problems, func(p *domain.Error) bool {
		if p.Code != domain.CodeConflict {
			return false
		}
		var said interface{ SQLState() string }
		version, is := p.Params["version"].(int64)
		return errors.As(p, &said) || is && c.ExpectedVersion != nil && version == *c.ExpectedVersion
	})
}
