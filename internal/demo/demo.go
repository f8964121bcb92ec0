// Package demo makes a portfolio to try things out on: programmes in every stage and status, in three provinces, with all that
// their stages hold.
//
// Nothing is written past the use cases: the portfolio is entered and moved by the same commands that everybody gives, in the
// name of development members, judged by the rules that run. So whatever it shows, a person could have done. It is the same
// every time (but for ids and times of entry), and each command carries a key: a seeding that was cut off goes on where it
// was, and one that is complete changes nothing.
//
// The story runs on a clock of its own, in the year 2026, whatever the machine's says: histories show how long stages took. Timers
// that were due by the time a story ends, or by now, have gone off at their hour as it is told; nobody is told of them, so that the
// first start is no storm of notices.
//
// The regions are real; the communities' figures and everything else are made up, and nobody is named.
package demo

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/internal/access"
	"github.com/berdaya/berdaya/internal/content"
	"github.com/berdaya/berdaya/internal/entry"
	"github.com/berdaya/berdaya/internal/moving"
	"github.com/berdaya/berdaya/internal/programmes"
	"github.com/berdaya/berdaya/internal/registry"
	"github.com/berdaya/berdaya/internal/timers"
)

// The sizes of a demo portfolio.
const (
	None     = "none"
	Small    = "small"
	National = "national"
)

// Sizes lists the sizes.
var Sizes = domain.Enum{
	{Code: None, Label: domain.Text{EN: "No programmes", ID: "Tanpa program"}},
	{Code: Small, Label: domain.Text{EN: "A few programmes in three provinces", ID: "Beberapa program di tiga provinsi"}},
	{Code: National, Label: domain.Text{EN: "Those, and as many programmes as a whole country has", ID: "Ditambah program sebanyak satu negara"}},
}

// Ports are the use cases that the portfolio is entered by.
type Ports struct {
	Registry   registry.Registry
	Programmes programmes.Programmes
	Content    content.Writer
	Moves      *moving.Moves
	Timers     timers.Timers
	// There tells whether there is a programme with a code.
	There func(ctx context.Context, code string) (bool, error)
	// Actor gives a development member with a role in a region, making it if need be.
	Actor func(ctx context.Context, role domain.Role, region string) (access.Actor, error)
	// Progress is called after each programme; it may be nil.
	Progress func(done, total int)
}

// Seed makes the small portfolio, or what is missing of it, and gives the number of its programmes.
func Seed(ctx context.Context, p Ports) (int, error) {
	clock, now := new(storyClock), p.Timers
	p = p.at(clock)
	total := len(places) * len(plots)
	done := 0
	for _, place := range places {
		coordinator, err := p.Actor(ctx, domain.Coordinator, place.province)
		if err != nil {
			return done, err
		}
		admin, err := p.Actor(ctx, domain.RegionalAdmin, place.province)
		if err != nil {
			return done, err
		}
		facilitator, err := p.Actor(ctx, domain.Facilitator, place.province)
		if err != nil {
			return done, err
		}
		for i, plot := range plots {
			a := author{ctx: ctx, clock: clock, ports: p, actor: coordinator, admin: admin, facilitator: facilitator.Subject,
				code: fmt.Sprintf("DEMO-%s-%02d", place.province, i+1)}
			if !a.toldLongAgo() {
				a.tell(plot, place.villages[i%len(place.villages)], i)
			}
			if a.untold {
				a.letPass(now)
			}
			if a.err != nil {
				return done, fmt.Errorf("demo programme %s: %w", a.code, a.err)
			}
			if done++; p.Progress != nil {
				p.Progress(done, total)
			}
		}
	}
	return done, nil
}

// storyClock stands still until the story goes on.
type storyClock struct{ now time.Time }

func (c *storyClock) Now() time.Time { return c.now }

// at gives the same use cases on another clock.
func (p Ports) at(clock domain.Clock) Ports {
	moves := *p.Moves
	p.Registry.Clock, p.Programmes.Clock, p.Content.Clock, moves.Clock, p.Timers.Clock = clock, clock, clock, clock, clock
	p.Moves = &moves
	return p
}

// author tells the story of one programme. After the first error it does nothing.
type author struct {
	ctx         context.Context
	clock       *storyClock
	ports       Ports
	actor       access.Actor
	admin       access.Actor
	facilitator string
	code        string // of the programme
	programme   uuid.UUID
	untold      bool // the programme was entered by this seeding
	commands    int
	err         error
}

// toldLongAgo tells whether the programme is there though nobody remembers the story's first command: outcomes are forgotten
// after a while. What is there then is left as it is.
func (a *author) toldLongAgo() (there bool) {
	before, err := a.ports.Moves.Store.Recall(a.ctx, a.actor.Subject, a.keyOf(1))
	if before == nil && err == nil {
		there, err = a.ports.There(a.ctx, a.code)
	}
	a.err = err
	return there
}

func (a *author) keyOf(command int) string { return fmt.Sprintf("demo %s %03d", a.code, command) }

// key gives each command of the story its own key, by its place in the story.
func (a *author) key() *string {
	a.commands++
	k := a.keyOf(a.commands)
	return &k
}

// until lets the time go on to nine in the morning of a day, in western Indonesia.
func (a *author) until(d domain.Date) {
	a.clock.now = d.Time().Add(2 * time.Hour)
	if a.untold {
		a.letPass(a.ports.Timers)
	}
}

// letPass has the programme's timers go off that were due by the time of a clock. What a seeding finds already there is left to
// the server: a timer of it that is due has somebody to be told.
func (a *author) letPass(by timers.Timers) {
	if a.err == nil {
		a.err = by.Pass(a.ctx, a.programme)
	}
}

// begin enters the programme, and notes whether it was there already.
func (a *author) begin(p *domain.Programme, communities []uuid.UUID) {
	a.programme = a.do(func(key *string) (uuid.UUID, error) {
		before, err := a.ports.Moves.Store.Recall(a.ctx, a.actor.Subject, *key)
		if err != nil {
			return uuid.Nil, err
		}
		a.untold = before == nil
		return a.ports.Programmes.Enter(a.ctx, a.actor, p, communities, entry.New{Command: "demo", Key: key})
	})
}

func (a *author) register(row domain.Registered) uuid.UUID {
	return a.do(func(key *string) (uuid.UUID, error) {
		return a.ports.Registry.Enter(a.ctx, a.actor, row, entry.New{Command: "demo", Key: key})
	})
}

func (a *author) enter(row domain.Content) uuid.UUID {
	return a.do(func(key *string) (uuid.UUID, error) {
		return a.ports.Content.Enter(a.ctx, a.actor, row, entry.New{Command: "demo", Key: key})
	})
}

func (a *author) change(row domain.Content, id uuid.UUID, apply func()) {
	a.do(func(key *string) (uuid.UUID, error) {
		return a.ports.Content.Change(a.ctx, a.actor, row, entry.Change{Command: "demo", Key: key, ID: id,
			Apply: func() domain.Problems { apply(); return nil }})
	})
}

func (a *author) move(c moving.Command) {
	a.do(func(key *string) (uuid.UUID, error) {
		c.ProgrammeID, c.Key = a.programme, key
		out, err := a.ports.Moves.Move(a.ctx, a.actor, c)
		return out.ProgrammeID, err
	})
}

func (a *author) do(command func(key *string) (uuid.UUID, error)) (id uuid.UUID) {
	if key := a.key(); a.err == nil {
		id, a.err = command(key)
	}
	return id
}
