package host

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/workflow"
)

const (
	readTimeout  = 5 * time.Second // of the activations
	mostStarting = 16              // programs of offices that start at a time
	settleEvery  = 10 * time.Millisecond
)

// Follow puts to work what a source says, and keeps to it: it is asked once before Follow returns, whose error is that it could
// not be, and then about once a second until the host closes. While it cannot be asked, what is at work stays at work.
func (h *Host) Follow(ctx context.Context, source Source) error {
	f := &follower{host: h, source: source, offices: map[officeKey]*office{}, runs: map[string]*run{}, starting: true}
	if err := f.read(ctx); err != nil {
		return err
	}
	f.starting = false
	h.ends.Go(f.follow)
	return nil
}

// Settle waits until every office's rule set answers or the context ends. A server that has just started spares people a moment of
// RULES_UNAVAILABLE by it; it goes on without those that are broken.
func (h *Host) Settle(ctx context.Context) {
	for _, r := range h.all() {
		for r.serving.Load() == nil {
			select {
			case <-time.After(settleEvery):
			case <-ctx.Done():
				return
			}
		}
	}
}

// follower makes the table from what the source says. It is one goroutine; the table is how others learn of it.
type follower struct {
	host    *Host
	source  Source
	named   []*domain.RuleActivation // at the last reading
	offices map[officeKey]*office
	runs    map[string]*run // by the key of their revision
	count   int             // of runs, so that two of the same revision are never mixed up
	// starting is that nothing has been at work here before. What the source names has judged elsewhere, or here until the last
	// stop, for all that can be known: nothing older judges in its place, however long it takes to be READY.
	starting bool
}

type officeKey struct {
	region  string
	ruleSet uuid.UUID
}

func (f *follower) follow() {
	h := f.host
	next := time.NewTimer(jitter(h.options.PollEvery))
	defer next.Stop()
	away := false
	for {
		select {
		case <-h.ctx.Done():
			return
		case <-h.wake:
			f.reconcile()
		case <-next.C:
			ctx, cancel := context.WithTimeout(h.ctx, readTimeout)
			err := f.read(ctx)
			cancel()
			if failed := err != nil && h.ctx.Err() == nil; failed != away {
				if away = failed; away {
					h.options.Logger.Warn("which rule sets are at work cannot be read; those that are stay", "error", err)
				} else {
					h.options.Logger.Info("which rule sets are at work can be read again")
				}
			}
			next.Reset(jitter(h.options.PollEvery))
		}
	}
}

// wakeFollower tells the follower that something has become READY.
func (h *Host) wakeFollower() {
	select {
	case h.wake <- struct{}{}:
	default:
	}
}

func (f *follower) read(ctx context.Context) error {
	named, err := f.source.Activations(ctx)
	if err != nil {
		return err
	}
	for _, a := range named {
		if _, ok := domain.LevelOf(a.RegionCode); !ok || a.RuleSet == nil || a.VersionID != nil && a.Version == nil {
			return domain.Errorf(domain.CodeInternal, "the activation %s lacks its rule set, version or region", a.ID)
		}
	}
	f.named = named
	f.reconcile()
	return nil
}

// reconcile makes the table be what the source says, as far as what it needs is READY; starts what it lacks, and ends what nobody
// needs any more once those who ask it have their answers.
func (f *follower) reconcile() {
	if f.host.ctx.Err() != nil {
		return
	}
	offices := map[officeKey]*office{}
	regions := map[string][]*office{}
	for chain := range domain.Chains(f.named) {
		key := officeKey{chain[0].RegionCode, chain[0].RuleSetID}
		o := &office{ruleSet: chain[0].RuleSet.Name, region: key.region}
		o.follow(f.activations(chain), f.offices[key])
		offices[key] = o
		regions[key.region] = append(regions[key.region], o)
	}
	f.offices = offices
	f.host.swap(regions)
	needed := f.host.table.Load().runs()
	for key, r := range f.runs {
		if !needed[r] {
			delete(f.runs, key)
			f.host.end(r)
		}
	}
}

// activations finds or starts what a rule set's activations in a region need. Those that bind nobody need nothing.
func (f *follower) activations(chain []*domain.RuleActivation) []activation {
	binding := 0
	for i, a := range chain {
		if a.Mode == domain.Everyone {
			binding = i
		}
	}
	all := make([]activation, 0, len(chain)-binding)
	for i, a := range chain[binding:] {
		one := activation{RuleActivation: a, since: workflow.BindsSince(chain, binding+i)}
		if a.VersionID != nil {
			one.run = f.runFor(a)
			one.run.adopted = one.run.adopted || f.starting || one.run.serving.Load() != nil
			one.adopted = one.run.adopted
		}
		all = append(all, one)
	}
	return all
}

// swap puts another table in the place of the one that is there.
func (h *Host) swap(offices map[string][]*office) {
	for _, all := range offices {
		slices.SortFunc(all, func(a, b *office) int { return strings.Compare(a.ruleSet, b.ruleSet) })
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	t := *h.table.Load()
	t.offices = offices
	h.table.Store(&t)
}

// revisionKey names what runs: a version with parameters in a region.
func revisionKey(a *domain.RuleActivation) string {
	parameters := "-"
	if values, err := parametersOf(a.Parameters); err == nil && len(values) > 0 {
		if text, err := json.Marshal(values); err == nil { // in the order of the names
			sum := sha256.Sum256(text)
			parameters = hex.EncodeToString(sum[:8])
		}
	} else if err != nil {
		parameters = "broken"
	}
	return fmt.Sprintf("%s.%s.%s", a.VersionID, a.RegionCode, parameters)
}

// runFor gives the run of an activation; it is started if there is none yet.
func (f *follower) runFor(a *domain.RuleActivation) *run {
	key := revisionKey(a)
	r := f.runs[key]
	if r == nil {
		f.count++
		r = f.start(a, key)
		f.runs[key] = r
	}
	r.number.Store(max(r.number.Load(), int64(a.Revision)))
	return r
}

func (f *follower) start(a *domain.RuleActivation, key string) *run {
	h := f.host
	r := newRun(&h.options, h.options.Logger.With("rule_set", a.RuleSet.Name, "region", a.RegionCode, "version", a.Version.Version))
	r.ruleSet, r.region, r.version, r.parameters, r.key = a.RuleSet.Name, a.RegionCode, a.Version.Version, a.Parameters, key
	ctx, stop := context.WithCancel(h.ctx)
	r.stop = stop
	sum := a.Version.SHA256
	fetch := func(ctx context.Context, to io.Writer) error { return f.source.Artefact(ctx, sum, to) }
	if a.RuleSet.Kind == domain.RuleFile {
		r.wire, r.blame = fmt.Sprintf("%s.%d", key, f.count), h.blameOf(sum, a.RegionCode)
		h.runFile(ctx, r, func(ctx context.Context) ([]byte, error) { return fetchFile(ctx, sum, fetch) })
	} else {
		h.run(ctx, r, h.starting, func(ctx context.Context) (*program, error) {
			p, m, err := h.program(ctx, sum, fetch)
			if err == nil && (m.Name != r.ruleSet || m.Version != r.version) {
				p.release()
				return nil, fmt.Errorf("its manifest is of %s %s", m.Name, m.Version)
			}
			return p, err
		})
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.runs = append(h.runs, r)
	return r
}

// end ends a run that no table has any more, when those who ask it have their answers.
func (h *Host) end(r *run) {
	h.ends.Go(func() {
		select {
		case <-r.retire():
		case <-h.ctx.Done(): // it drains, as all others do
		}
		r.stop()
		<-r.stopped
		h.mu.Lock()
		defer h.mu.Unlock()
		h.runs = slices.DeleteFunc(h.runs, func(other *run) bool { return other == r })
	})
}
