package definitions

import (
	"context"
	"maps"
	"sync/atomic"
	"time"

	"golang.org/x/sync/singleflight"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/workflow"
)

// Of knowing what is in force.
const (
	// Fresh is for how long an answer of the database is taken for the present one.
	Fresh = time.Second
	// Stale is for how long it is while the database does not answer.
	Stale = 5 * time.Minute
	// patience is how long the database may take.
	patience = 2 * time.Second
)

// Courses answers from memory what holds for a region. It is the workflow.Courses of a server, for use by many at once.
type Courses struct {
	// Store gives the definition in force of every region that has one and how many definitions there have ever been; the former
	// only where the number is other than the one known.
	Store interface {
		InForce(ctx context.Context, known int) (map[string]workflow.Definition, int, error)
	}
	Now func() time.Time // the time by which answers age; nil: time.Now

	last   atomic.Pointer[answer]
	asking singleflight.Group
}

// answer is what the database said.
type answer struct {
	defined map[string]workflow.Definition // never changed
	known   int
	asked   time.Time // when it was asked last, whether or not it answered
	heard   time.Time // when it answered last
}

// Course gives what holds for the programmes of a region. The error is UNAVAILABLE where that is not known and the database does
// not say.
func (c *Courses) Course(ctx context.Context, region string) (workflow.Course, error) {
	defined, err := c.defined(ctx)
	if err != nil {
		return nil, err
	}
	return workflow.CourseOf(defined, region), nil
}

// with gives what would hold for a region with one more definition.
func (c *Courses) with(ctx context.Context, d workflow.Definition) (workflow.Course, error) {
	defined, err := c.defined(ctx)
	if err != nil {
		return nil, err
	}
	defined = maps.Clone(defined)
	defined[d.Region] = d
	return workflow.CourseOf(defined, d.Region), nil
}

// Renew asks the database now: after publishing, the server that did knows at once.
func (c *Courses) Renew(ctx context.Context) error {
	_, err := c.ask(ctx)
	return err
}

// defined gives the definitions in force. Whoever wants to know when the last answer is no longer fresh waits for the next one,
// for which the database is asked once.
func (c *Courses) defined(ctx context.Context) (map[string]workflow.Definition, error) {
	if last := c.last.Load(); last != nil && c.now().Sub(last.asked) < Fresh {
		return last.defined, nil
	}
	asked := c.asking.DoChan("", func() (any, error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
		defer cancel()
		return c.ask(ctx)
	})
	select {
	case result := <-asked:
		if result.Err != nil {
			return nil, result.Err
		}
		return result.Val.(*answer).defined, nil
	case <-ctx.Done():
		return nil, unknown(ctx.Err())
	}
}

// ask asks the database, and falls back on its last answer while that is not too old.
func (c *Courses) ask(ctx context.Context) (*answer, error) {
	last, at := c.last.Load(), c.now()
	if last == nil {
		last = &answer{known: -1}
	}
	next := &answer{defined: last.defined, known: last.known, asked: at, heard: at}
	defined, known, err := c.Store.InForce(ctx, last.known)
	switch {
	case err != nil && (last.known < 0 || at.Sub(last.heard) > Stale):
		return nil, unknown(err)
	case err != nil:
		next.heard = last.heard
	case known != last.known:
		next.defined, next.known = defined, known
	}
	return c.keep(next), nil
}

// keep takes an answer for the present one, unless another that was asked for meanwhile knows more.
func (c *Courses) keep(next *answer) *answer {
	for {
		last := c.last.Load()
		if last != nil && last.known > next.known {
			return last
		}
		if c.last.CompareAndSwap(last, next) {
			return next
		}
	}
}

func (c *Courses) now() time.Time {
	if c.Now != nil {
		return c.Now()
	}
	return time.Now()
}

func unknown(err error) error {
	return domain.Errorf(domain.CodeUnavailable, "how long stages take cannot be read now: try again").
		In("jangka waktu tahap sedang tidak dapat dibaca: coba lagi").Because(err)
}
