package trials

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/workflow"
)

// Of shadows on one server.
const (
	followEvery = time.Second            // how often it is looked which there are
	shadowFlush = 200 * time.Millisecond // after which what was decided is asked about, or
	shadowBatch = 100                    // so many
	shadowQueue = 500                    // decisions with their facts, for each shadow
	askBound    = 20 * time.Second       // for one batch
)

// restarts are how long a shadow that broke off waits, time after time; after them it fails.
var restarts = []time.Duration{time.Second, 5 * time.Second, 20 * time.Second}

// steady is after what time a shadow that breaks off has all of them again.
const steady = 10 * time.Minute

// Shadows runs, on one server, all shadows that there are, and asks them about the decisions of this server. It takes decisions as
// a recorder of package moving, and stands before the rules at work as it tells what facts are needed.
type Shadows struct {
	workflow.Rules
	Store Store
	Trier Trier
	Hush  Hush
	Clock domain.Clock
	IDs   domain.IDs
	Log   *slog.Logger
	Every time.Duration   // how often it is looked which there are; followEvery
	Waits []time.Duration // between starts; restarts

	running atomic.Pointer[[]*shadow]
}

// shadow is one of them.
type shadow struct {
	*domain.RuleTrial
	cancel context.CancelFunc
	queue  chan workflow.Decided
	missed atomic.Int64
	over   atomic.Bool                         // whether nothing of it runs any more
	needs  atomic.Pointer[[]workflow.FactKind] // once it answers
}

// Needs gives the facts that the rules at work ask for in a region, and those that shadows there do.
func (s *Shadows) Needs(ctx context.Context, region string) ([]workflow.FactKind, error) {
	kinds, err := s.Rules.Needs(ctx, region)
	if err != nil {
		return nil, err
	}
	for _, sh := range s.all() {
		if needs := sh.needs.Load(); needs != nil && domain.Under(region, sh.RegionCode) {
			kinds = united(kinds, *needs)
		}
	}
	return kinds, nil
}

// Decided hands a decision to the shadows that it concerns. It never waits.
func (s *Shadows) Decided(d workflow.Decided) {
	for _, sh := range s.all() {
		if sh.needs.Load() == nil || !domain.Under(d.Snapshot.Programme.RegionCode, sh.RegionCode) {
			continue
		}
		select {
		case sh.queue <- d:
		default:
			sh.missed.Add(1)
		}
	}
}

func (s *Shadows) all() []*shadow {
	if all := s.running.Load(); all != nil {
		return *all
	}
	return nil
}

// Follow runs shadows until the context ends. Those that ended are stopped, and new ones started, within about a second.
func (s *Shadows) Follow(ctx context.Context) {
	var busy sync.WaitGroup
	defer busy.Wait()
	every := s.Every
	if every == 0 {
		every = followEvery
	}
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		if found, err := s.Store.RunningShadows(ctx); err == nil { // otherwise those that run go on
			s.running.Store(s.follow(ctx, found, &busy))
		}
		select {
		case <-ctx.Done():
			s.running.Store(nil)
			return
		case <-tick.C:
		}
	}
}

// follow stops what is not to run any more and starts what is new.
func (s *Shadows) follow(ctx context.Context, found []*domain.RuleTrial, busy *sync.WaitGroup) *[]*shadow {
	var next []*shadow
	for _, sh := range s.all() {
		switch {
		case !slices.ContainsFunc(found, func(t *domain.RuleTrial) bool { return t.ID == sh.ID }):
			sh.cancel()
		case !sh.over.Load(): // one that is over and yet runs could not be ended: it is begun anew
			next = append(next, sh)
		}
	}
	for _, t := range found {
		if slices.ContainsFunc(next, func(sh *shadow) bool { return sh.ID == t.ID }) {
			continue
		}
		running, cancel := context.WithCancel(ctx)
		sh := &shadow{RuleTrial: t, cancel: cancel, queue: make(chan workflow.Decided, shadowQueue)}
		next = append(next, sh)
		busy.Go(func() {
			defer cancel()
			defer sh.over.Store(true)
			s.run(running, sh)
		})
	}
	return &next
}

// run keeps one shadow going. One that breaks off is started again; one that does so time after time, without having gone on for
// long in between, fails for all servers: it is there to be compared, and nobody would look at nothing for weeks.
func (s *Shadows) run(ctx context.Context, sh *shadow) {
	waits := s.Waits
	if waits == nil {
		waits = restarts
	}
	sh.Version.RuleSet = sh.RuleSet
	var err error
	for tries := 0; ; tries++ {
		began := time.Now()
		err = s.Trier.Shadow(ctx, sh.Version, sh.RegionCode, sh.Parameters, func(ctx context.Context, c Candidate) error { return s.beside(ctx, sh, c) })
		sh.needs.Store(nil)
		if err == nil || ctx.Err() != nil {
			return
		}
		if time.Since(began) > steady {
			tries = 0
		}
		if tries == len(waits) {
			break
		}
		s.Log.Warn("a shadow broke off and is started again", "trial", sh.ID, "error", err)
		select {
		case <-ctx.Done():
			return
		case <-time.After(waits[tries]):
		}
	}
	s.Log.Warn("a shadow failed", "trial", sh.ID, "error", err)
	ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), endBound)
	defer cancel()
	if err := s.Store.EndTrial(ending, sh.ID, domain.TrialFailed, said(err), s.Clock.Now()); err != nil {
		s.Log.Error("that a shadow failed could not be written", "trial", sh.ID, "error", err)
	}
}

// beside asks a shadow about decisions until it ends.
func (s *Shadows) beside(ctx context.Context, sh *shadow, c Candidate) error {
	needs := slices.Clone(c.Needs())
	sh.needs.Store(&needs)
	of := workflow.TriedIn{RuleSet: sh.RuleSet.Name, Region: sh.RegionCode}
	for mute := 0; ; {
		batch := sh.gather(ctx)
		if len(batch) == 0 {
			return nil // it ends
		}
		done := s.compare(ctx, sh, c, of, batch)
		if ctx.Err() != nil {
			return nil
		}
		if mute++; !done.mute {
			mute = 0
		}
		done.Missed = int(sh.missed.Swap(0))
		goOn, err := s.Store.CountTrial(ctx, sh.ID, uuid.Nil, done.finish())
		switch {
		case err != nil && ctx.Err() == nil:
			// What it was asked in vain is missed; the next batch says so.
			sh.missed.Add(int64(done.Done() + done.Missed))
			s.Log.Warn("what a shadow said could not be written", "trial", sh.ID, "error", err)
		case err != nil || !goOn:
			return nil
		}
		if mute >= mostMute {
			return errMute
		}
	}
}

// compare asks about a batch.
func (s *Shadows) compare(ctx context.Context, sh *shadow, c Candidate, of workflow.TriedIn, batch []workflow.Decided) *step {
	ctx, cancel := context.WithTimeout(ctx, askBound)
	defer cancel()
	all, questions := make([]asked, len(batch)), make([]workflow.Question, len(batch))
	for i := range batch {
		d := &batch[i]
		questions[i] = d.Question
		all[i] = asked{question: d.Question, state: d.Snapshot.State(), waivers: d.Snapshot.Waivers}
		if d.Judgement != nil {
			all[i].atWork = *d.Judgement
		} else {
			all[i].atWork.Unavailable = []workflow.Unavailable{{RuleSet: "all", Reason: "they were not asked"}}
		}
	}
	done := newStep(sh.ID, of, s.IDs, s.Hush)
	for i, says := range c.Verdicts(ctx, questions) {
		done.add(&all[i], says)
	}
	return done
}

// gather waits for decisions to ask about together; none where the context ends.
func (sh *shadow) gather(ctx context.Context) (batch []workflow.Decided) {
	select {
	case d := <-sh.queue:
		batch = append(batch, d)
	case <-ctx.Done():
		return nil
	}
	flush := time.NewTimer(shadowFlush)
	defer flush.Stop()
	for len(batch) < shadowBatch {
		select {
		case d := <-sh.queue:
			batch = append(batch, d)
		case <-flush.C:
			return batch
		case <-ctx.Done():
			return batch
		}
	}
	return batch
}
