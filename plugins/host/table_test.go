package host

import (
	"testing"
	"time"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/berdaya/berdaya/domain"
	_ "github.com/berdaya/berdaya/internal/seeded"
	"github.com/berdaya/berdaya/workflow"
)

// history is what was done with a rule set in a region, as the catalogue keeps it.
type history struct {
	all   []*domain.RuleActivation
	runs  map[uuid.UUID]*run // by version; adopted ones have been READY
	ended int                // the first so many have ended
}

func (h *history) activate(t *rapid.T) {
	n := len(h.all)
	a := &domain.RuleActivation{Revision: n + 1, ActivatedAt: time.Unix(int64(n+1)*60, 0),
		Mode: rapid.SampledFrom([]domain.ActivationMode{domain.NewEntries, domain.Everyone}).Draw(t, "mode")}
	if version := rapid.IntRange(-1, 3).Draw(t, "version"); version >= 0 {
		id := uuid.UUID{byte(version + 1)}
		a.VersionID = &id
		if h.runs[id] == nil {
			h.runs[id] = &run{}
		}
	}
	if a.Mode == domain.NewEntries {
		if a.BindsSince = &a.ActivatedAt; n > 0 {
			a.BindsSince = h.all[n-1].BindsSince
		}
	}
	h.all = append(h.all, a)
}

// named gives what the catalogue says, which leaves out what was ended: all before the newest for everyone, at least.
func (h *history) named() []*domain.RuleActivation {
	begin := h.ended
	for i, a := range h.all {
		if a.Mode == domain.Everyone && i > begin {
			begin = i
		}
	}
	return h.all[begin:]
}

// followed gives the office as a follower makes it.
func (h *history) followed(old *office) *office {
	var named []activation
	for i, a := range h.named() {
		one := activation{RuleActivation: a, since: workflow.BindsSince(h.named(), i)}
		if a.VersionID != nil {
			one.run = h.runs[*a.VersionID]
			one.adopted = one.run.adopted
		}
		named = append(named, one)
	}
	o := &office{}
	o.follow(named, old)
	return o
}

func runOf(a *activation) *run {
	if a == nil {
		return nil
	}
	return a.run
}

// With all READY the table says what workflow.Bound says, for every programme.
func TestATableWhereAllAreReadyBindsAsTheWorkflowSays(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		h := &history{runs: map[uuid.UUID]*run{}}
		var o *office
		for range rapid.IntRange(1, 8).Draw(t, "activations") {
			h.activate(t)
			h.ended = rapid.IntRange(h.ended, len(h.all)-1).Draw(t, "ended")
			for _, r := range h.runs {
				r.adopted = true
			}
			o = h.followed(o)
		}
		for minute := range len(h.all) + 2 {
			enteredAt := time.Unix(int64(minute)*60+rapid.Int64Range(-1, 1).Draw(t, "second"), 0)
			for _, anew := range []bool{false, true} {
				want := workflow.Bound(h.named(), enteredAt)
				if anew {
					want = workflow.BoundAnew(h.named())
				}
				judge, waiting := o.judge(enteredAt, anew)
				got := runOf(judge)
				if waiting != nil || (want == nil) != (got == nil) || want != nil && got != h.runs[*want.VersionID] {
					t.Fatalf("entered at %v, anew %v: %v waits, %p judges", enteredAt, anew, waiting, got)
				}
			}
		}
	})
}

// Whatever becomes READY in whatever order, nobody is judged by what never was, nobody goes without rules while some are to
// judge, and once all have been READY it is as if they always had.
func TestATableNeverLetsThroughWhatIsToBeJudged(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		h := &history{runs: map[uuid.UUID]*run{}}
		var o *office
		for range rapid.IntRange(1, 20).Draw(t, "steps") {
			if len(h.all) == 0 {
				h.activate(t)
			}
			for number := range 4 {
				if r := h.runs[uuid.UUID{byte(number + 1)}]; r != nil && rapid.IntRange(0, 3).Draw(t, "ready") == 0 {
					r.adopted = true
				}
			}
			before := h.followed(o)
			added := rapid.Bool().Draw(t, "activate")
			if added {
				h.activate(t)
			}
			newest := h.all[len(h.all)-1]
			judged := map[*run]bool{}
			for _, r := range h.runs {
				judged[r] = r.adopted
			}
			o = h.followed(before)
			for minute := range len(h.all) + 2 {
				enteredAt := time.Unix(int64(minute)*60, 0)
				want := workflow.Bound(h.named(), enteredAt)
				judge, waiting := o.judge(enteredAt, false)
				got := runOf(judge)
				switch {
				case got != nil && !judged[got]:
					t.Fatal("it is judged by what never answered")
				case want == nil && (got != nil || waiting != nil):
					t.Fatalf("out of work, and yet %p judges and %v waits", got, waiting)
				case want == nil:
				case judged[h.runs[*want.VersionID]] && got != h.runs[*want.VersionID]:
					t.Fatal("it is not judged by what is in force")
				case got == nil && waiting == nil:
					t.Fatal("it goes without rules")
				case added && want == newest && !judged[h.runs[*newest.VersionID]]:
					if old, _ := before.judge(enteredAt, false); runOf(old) != got {
						t.Fatalf("%p judged and %p does where the newest waits", old, got)
					}
				}
			}
		}
		for _, r := range h.runs {
			r.adopted = true
		}
		if o = h.followed(o); !o.settled() || len(o.activations) > len(h.named()) {
			t.Fatalf("with all of them READY %d activations are kept for %d", len(o.activations), len(h.named()))
		}
	})
}
