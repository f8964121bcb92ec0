package demo

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"

	"github.com/google/uuid"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/internal/access"
	"github.com/berdaya/berdaya/internal/regions"
)

// Of the national portfolio: what there is of each, and how many of it are written by one transaction.
const (
	nationalProgrammes   = 500_000
	nationalStakeholders = 50_000
	programmeBatch       = 2_500
	registryBatch        = 10_000
	mostLoaders          = 4
)

// Nation is a portfolio of the size of a country: a community in every village of the bundled regions, 50,000 stakeholders,
// 500,000 programmes in every stage and status with one and a half million roles, and their histories of more than two
// million events.
//
// It is written past the use cases, for entering it command by command would take hours; but every event is decided, sealed
// and applied by the engine, so its histories fold and verify like any other. It is the same every time, ids and times
// included, but for timers, of which those are there that have still to go off: times are counted back from a fixed day, and each
// thing draws from a source of chance of its own.
//
// It is written in batches, each of them a transaction and known by the id of its first row. So a seeding that was cut off
// goes on with what is missing, and one that is complete is known by one query.
type Nation struct {
	Store NationStore
	// Actor gives a development member with a role in a region, making it if need be.
	Actor func(ctx context.Context, role domain.Role, region string) (access.Actor, error)
	// Clock says which timers are still to go off: those whose time has passed are left out.
	Clock domain.Clock
	// Part makes one part of so many of everything; 0 and 1 make all. At most 1,000.
	Part int
	// Progress is called after each batch, by one goroutine at a time; it may be nil.
	Progress func(what string, done, total int)
}

// NationStore is where a national portfolio is written.
type NationStore interface {
	// Regions gives the code and name of every region that was there on a day, in the order of the codes.
	Regions(ctx context.Context, day domain.Date) ([]domain.Region, error)
	// Present tells which of the ids are those of communities, stakeholders or programmes that are there.
	Present(ctx context.Context, ids []uuid.UUID) (map[uuid.UUID]bool, error)
	// Load writes slices of rows in one transaction, in their order.
	Load(ctx context.Context, rows ...any) error
	// Settled tells whether statistics and visibility maps were brought up to date after rows came.
	Settled(ctx context.Context) (bool, error)
	// Settle brings them up to date.
	Settle(ctx context.Context, settled func(done, total int)) error
}

// Seed makes the national portfolio, or what is missing of it, and gives the number of programmes that it made.
func (n Nation) Seed(ctx context.Context) (made int, err error) {
	part := max(n.Part, 1)
	if part > 1_000 {
		return 0, domain.Errorf(domain.CodeBadUserInput, "a part of 1 in %d is too small; at most 1 in 1000", part)
	}
	m := &nation{programmes: nationalProgrammes / part, stakeholders: nationalStakeholders / part, today: n.Clock.Now()}
	programmes := m.batches(aProgramme, m.programmes, programmeBatch)
	if programmes, err = n.missing(ctx, m, programmes); err != nil {
		return 0, err
	}
	if len(programmes) > 0 {
		if err := n.fill(ctx, m, part, programmes); err != nil {
			return 0, err
		}
		for _, b := range programmes {
			made += b.to - b.from
		}
	}
	settled, err := n.Store.Settled(ctx)
	if err == nil && (!settled || made > 0) {
		err = n.Store.Settle(ctx, func(done, total int) { n.progress("putting the tables in order", done, total) })
	}
	return made, err
}

// fill makes the batches of programmes, and before them whatever they refer to.
func (n Nation) fill(ctx context.Context, m *nation, part int, programmes []batch) error {
	all, err := n.Store.Regions(ctx, regions.BundledSince)
	if err != nil {
		return err
	}
	if m.takeRegions(all, part); len(m.villages) == 0 {
		return domain.Errorf(domain.CodeUnavailable, "the bundled regions are not there: a national portfolio needs a database without other regions")
	}
	for _, who := range m.memberships() {
		a, err := n.Actor(ctx, who.role, who.region)
		if err != nil {
			return err
		}
		m.subjects[who] = a.Subject
	}
	registered := append(m.batches(aCommunity, len(m.villages), registryBatch), m.batches(aStakeholder, m.stakeholders, registryBatch)...)
	if registered, err = n.missing(ctx, m, registered); err != nil {
		return err
	}
	if err := n.load(ctx, m, "registering communities and stakeholders", registered); err != nil {
		return err
	}
	return n.load(ctx, m, "making programmes with their histories", programmes)
}

// missing leaves out the batches that are there.
func (n Nation) missing(ctx context.Context, m *nation, all []batch) ([]batch, error) {
	heads := make([]uuid.UUID, len(all))
	for i, b := range all {
		heads[i], _ = m.begin(b.kind, b.from)
	}
	there, err := n.Store.Present(ctx, heads)
	if err != nil {
		return nil, err
	}
	var left []batch
	for i, b := range all {
		if !there[heads[i]] {
			left = append(left, b)
		}
	}
	return left, nil
}

// load makes and writes batches, several at once: while PostgreSQL takes in one, the next is made.
func (n Nation) load(ctx context.Context, m *nation, what string, all []batch) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	total, done := 0, 0
	todo := make(chan batch, len(all))
	for _, b := range all {
		total += b.to - b.from
		todo <- b
	}
	close(todo)
	var mu sync.Mutex
	var loaders sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), mostLoaders) {
		loaders.Go(func() {
			for b := range todo {
				rows, err := m.rows(b)
				if err == nil {
					err = n.Store.Load(ctx, rows...)
				}
				if err != nil {
					cancel(fmt.Errorf("%s: %w", what, err))
					return
				}
				mu.Lock()
				done += b.to - b.from
				n.progress(what, done, total)
				mu.Unlock()
			}
		})
	}
	loaders.Wait()
	if err := context.Cause(ctx); err != nil && !errors.Is(err, context.Canceled) {
		return err
	}
	return ctx.Err()
}

func (n Nation) progress(what string, done, total int) {
	if n.Progress != nil {
		n.Progress(what, done, total)
	}
}
