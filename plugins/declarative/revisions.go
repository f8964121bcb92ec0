package declarative

import (
	"context"
	"crypto/sha256"
	"fmt"
	"log/slog"
	"runtime"
	"runtime/debug"
	"sync"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/berdaya/berdaya/internal/plainyaml"
	"github.com/berdaya/berdaya/plugins/rules"
)

// mostRevisions is how many revisions one process holds. A hundred for each of the country's provinces leave room.
const mostRevisions = 4000

// compileMost is how long a file may take to compile that several wait for.
const compileMost = 30 * time.Second

// revisions holds rule files, each under its revision. Revisions of the same file share what was compiled.
type revisions struct {
	mu       sync.Mutex
	held     map[string]*revision
	programs map[[sha256.Size]byte]*compiled
}

// revision is a file with the parameters of a region.
type revision struct {
	set   rules.RuleSet
	sum   [sha256.Size]byte
	calls sync.WaitGroup
}

// turns lets a revision judge so many questions at a time, half of what the machine can: a region whose rules take all that they
// may leaves the other half to the others.
type turns struct {
	rules.RuleSet
	taken chan struct{}
}

func taking(set rules.RuleSet) turns {
	return turns{set, make(chan struct{}, max(1, runtime.GOMAXPROCS(0)/2))}
}

// Evaluate implements [rules.RuleSet].
func (t turns) Evaluate(ctx context.Context, q *rules.Question) ([]*rules.Verdict, error) {
	select {
	case t.taken <- struct{}{}:
		defer func() { <-t.taken }()
		return t.RuleSet.Evaluate(ctx, q)
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// compiled is a program that one or more revisions share, or that is being compiled for them.
type compiled struct {
	users    int
	done     chan struct{} // closed when the rest is there
	program  *Program
	problems Problems
}

func newRevisions() *revisions {
	return &revisions{held: map[string]*revision{}, programs: map[[sha256.Size]byte]*compiled{}}
}

// of gives the rule set of a revision, and what to call when the call it is for has ended.
func (r *revisions) of(name string) (rules.RuleSet, func(), error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	held := r.held[name]
	if held == nil {
		return nil, nil, fmt.Errorf("no rule file is held under the revision %q", plainyaml.Short(name))
	}
	held.calls.Add(1)
	return held.set, held.calls.Done, nil
}

// load compiles a file, unless that was done, and holds it.
func (r *revisions) load(ctx context.Context, name string, text []byte) (Problems, error) {
	if n := len(name); n < 1 || n > 100 {
		return nil, status.Error(codes.InvalidArgument, "a revision has 1 to 100 characters")
	}
	sum := sha256.Sum256(text)
	r.mu.Lock()
	if done, err := r.there(name, sum); done || err != nil {
		r.mu.Unlock()
		return nil, err
	}
	c := r.programs[sum]
	ours := c == nil
	if ours {
		c = &compiled{done: make(chan struct{})}
		r.programs[sum] = c
	}
	c.users++
	r.mu.Unlock()

	if ours {
		c.compile(context.WithoutCancel(ctx), text) // others may wait for it
	}
	<-c.done

	r.mu.Lock()
	defer r.mu.Unlock()
	done, err := r.there(name, sum)
	if done || err != nil || len(c.problems) > 0 {
		r.drop(sum)
		return c.problems, err
	}
	r.held[name] = &revision{set: taking(c.program.RuleSet()), sum: sum}
	return nil, nil
}

// compile compiles a file for all who wait. They are not left waiting, whatever becomes of it. Its tests were run when it was checked.
func (c *compiled) compile(ctx context.Context, text []byte) {
	ctx, cancel := context.WithTimeout(ctx, compileMost)
	defer cancel()
	defer close(c.done)
	defer func() {
		if fault := recover(); fault != nil {
			slog.Error("a rule file could not be compiled", "fault", fault, "stack", string(debug.Stack()))
			c.problems.Note(plainyaml.Place{}, "the file cannot be compiled", "berkas tidak dapat dikompilasi")
		}
	}()
	if c.program, c.problems = Compile(ctx, text); c.program != nil {
		c.program.tests = nil
	}
}

// there tells whether a revision is held already, or why it cannot be.
func (r *revisions) there(name string, sum [sha256.Size]byte) (bool, error) {
	held := r.held[name]
	switch {
	case held == nil && len(r.held) >= mostRevisions:
		return false, status.Errorf(codes.ResourceExhausted, "%d revisions are held, as many as one process can; unload some", len(r.held))
	case held == nil:
		return false, nil
	case held.sum != sum:
		return false, status.Error(codes.AlreadyExists, "another file is held under this revision")
	}
	return true, nil
}

// drop takes a user from a program.
func (r *revisions) drop(sum [sha256.Size]byte) {
	if c := r.programs[sum]; c != nil {
		if c.users--; c.users == 0 {
			delete(r.programs, sum)
		}
	}
}

// unload drops a revision. It returns when the calls that were under way have ended; those that come later find nothing.
func (r *revisions) unload(ctx context.Context, name string) error {
	r.mu.Lock()
	held := r.held[name]
	delete(r.held, name)
	r.mu.Unlock()
	if held == nil {
		return nil
	}
	ended := make(chan struct{})
	go func() {
		held.calls.Wait()
		r.mu.Lock()
		r.drop(held.sum)
		r.mu.Unlock()
		close(ended)
	}()
	select {
	case <-ended:
		return nil
	case <-ctx.Done():
		return status.FromContextError(ctx.Err()).Err()
	}
}
