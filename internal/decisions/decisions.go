package decisions

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/internal/expiring"
	"github.com/berdaya/berdaya/workflow"
)

// Of writing: after so long, or so many.
const (
	FlushEvery = 200 * time.Millisecond
	batchSize  = 500
	queueSize  = 2000 // decisions with their facts, some ten kilobytes each
	writeBound = 10 * time.Second
	knownFacts = 10_000 // hashes of facts that are known to be kept
)

// pauses are how long the writer waits, time after time, where the database does not take a batch. After them it is dropped.
var pauses = []time.Duration{250 * time.Millisecond, time.Second, 4 * time.Second}

// Store is what the log needs of the database.
type Store interface {
	// Keep writes decisions and the facts that they rest on, all or none. It counts those that are the same again in the
	// entries that there are. Facts without content are there already.
	Keep(ctx context.Context, facts []workflow.KeptFacts, all []workflow.KeptDecision) error
	// Forget deletes at most so many decisions that were last made before then, and as many facts that none rests on, and tells
	// whether there may be more.
	Forget(ctx context.Context, before time.Time, most int) (bool, error)
	// Facts gives the facts of decisions and the regions that these were made in, by the decisions' ids; it leaves out those
	// that are not there.
	Facts(ctx context.Context, ids []uuid.UUID) (map[uuid.UUID]workflow.FactsIn, error)
}

// Recorder knows which texts in facts are masked.
type Recorder interface {
	// Keep puts facts into the form in which they are kept, and gives the paths of the fields in which a text was masked.
	Keep(*workflow.Facts) (content []byte, masked []string, err error)
	// Hush gives what takes those texts out of what rules say.
	Hush(*workflow.Facts) func(said string) string
}

// Log is the decision log of one server. It takes decisions as soon as Start was called.
type Log struct {
	Store Store
	Recorder
	Show    func(content []byte) (json.RawMessage, error) // puts facts that were kept into words
	Clock   domain.Clock
	IDs     domain.IDs
	Log     *slog.Logger
	Keeping time.Duration           // how long decisions are kept
	Count   func(written, lost int) // is told what became of decisions; nil: nobody is
	Pauses  []time.Duration         // of a batch that the database does not take; 250 ms, 1 and 4 s

	queue  chan workflow.Decided
	closed atomic.Bool
	stop   chan struct{}
	done   chan struct{}
	once   sync.Once
	facts  *expiring.Map[string, struct{}] // by hash and day
}

// Start begins to write. Close ends it.
func (l *Log) Start() {
	l.queue, l.stop, l.done = make(chan workflow.Decided, queueSize), make(chan struct{}), make(chan struct{})
	l.facts = expiring.New[string, struct{}](knownFacts)
	if l.Pauses == nil {
		l.Pauses = pauses
	}
	go l.write()
}

// Decided takes a decision into the log. It never waits.
func (l *Log) Decided(d workflow.Decided) {
	if !l.closed.Load() {
		select {
		case l.queue <- d:
			return
		default:
		}
	}
	l.count(0, 1)
}

func (l *Log) count(written, lost int) {
	if l.Count != nil {
		l.Count(written, lost)
	}
}

// Close writes what is queued, within the context, and takes no more.
func (l *Log) Close(ctx context.Context) {
	l.once.Do(func() {
		l.closed.Store(true)
		close(l.stop)
	})
	select {
	case <-l.done:
	case <-ctx.Done():
	}
}

// write writes batch after batch.
func (l *Log) write() {
	defer close(l.done)
	for {
		var batch []workflow.Decided
		select {
		case d := <-l.queue:
			batch = l.gather(d)
		case <-l.stop:
			for batch = l.rest(); len(batch) > 0; batch = l.rest() {
				l.put(batch)
			}
			return
		}
		l.put(batch)
	}
}

// gather waits a little for more to write together.
func (l *Log) gather(first workflow.Decided) []workflow.Decided {
	batch := []workflow.Decided{first}
	flush := time.NewTimer(FlushEvery)
	defer flush.Stop()
	for len(batch) < batchSize {
		select {
		case d := <-l.queue:
			batch = append(batch, d)
		case <-flush.C:
			return batch
		case <-l.stop:
			return batch
		}
	}
	return batch
}

// rest gives what is queued and waits for nothing.
func (l *Log) rest() (batch []workflow.Decided) {
	for len(batch) < batchSize {
		select {
		case d := <-l.queue:
			batch = append(batch, d)
		default:
			return batch
		}
	}
	return batch
}

// put writes a batch, again where it fails.
func (l *Log) put(batch []workflow.Decided) {
	facts, all := l.entries(batch)
	var err error
	for _, pause := range append(slices.Clone(l.Pauses), -1) {
		ctx, cancel := context.WithTimeout(context.Background(), writeBound)
		err = l.Store.Keep(ctx, facts, all)
		cancel()
		if err == nil {
			l.remember(facts)
			l.count(len(batch), 0)
			return
		}
		if pause < 0 {
			break
		}
		select {
		case <-time.After(pause):
		case <-l.stop: // it is tried again at once
		}
	}
	l.Log.Error("decisions could not be written and are missing in the decision log; the programmes' histories have them", "decisions", len(batch), "error", err)
	l.count(0, len(batch))
}

// entries gives a batch as it is written: the same again counted, facts once. Both are sorted, so that two servers never wait for
// each other.
func (l *Log) entries(batch []workflow.Decided) ([]workflow.KeptFacts, []workflow.KeptDecision) {
	var facts []workflow.KeptFacts
	var all []workflow.KeptDecision
	seen, same := map[string]int{}, map[[sha256.Size]byte]int{} // places in facts and in all
	for i := range batch {
		e, key := l.entry(&batch[i])
		if at, there := seen[e.FactsHash]; there && at >= 0 {
			facts[at].UsedOn = max(facts[at].UsedOn, domain.DateOf(e.LastAt))
		}
		if at, again := same[key]; again && e.Repeats != nil {
			all[at].Count++
			all[at].LastAt = later(all[at].LastAt, e.LastAt)
			continue
		}
		if _, there := seen[e.FactsHash]; !there {
			k, err := l.keep(e.FactsHash, &batch[i])
			seen[e.FactsHash] = -1
			if err != nil {
				l.Log.Error("the facts of a decision could not be put into words, so that it cannot be replayed", "programme", e.ProgrammeID, "error", err)
			} else {
				seen[e.FactsHash], facts = len(facts), append(facts, k)
			}
		}
		same[key] = len(all)
		all = append(all, e)
	}
	slices.SortFunc(facts, func(a, b workflow.KeptFacts) int { return strings.Compare(a.Hash, b.Hash) })
	slices.SortStableFunc(all, func(a, b workflow.KeptDecision) int { return strings.Compare(string(a.Repeats), string(b.Repeats)) })
	return facts, all
}

// keep gives facts as they are kept; without content where they are known to be there.
func (l *Log) keep(hash string, d *workflow.Decided) (k workflow.KeptFacts, err error) {
	k.Hash, k.UsedOn = hash, domain.DateOf(d.Question.At)
	if _, there := l.facts.Get(hash+" "+string(k.UsedOn), l.Clock.Now()); !there {
		k.Content, k.Masked, err = l.Recorder.Keep(d.Facts)
	}
	return k, err
}

func (l *Log) remember(facts []workflow.KeptFacts) {
	now := l.Clock.Now()
	for _, k := range facts {
		l.facts.Put(k.Hash+" "+string(k.UsedOn), struct{}{}, now.Add(time.Hour), now)
	}
}
