package keeping

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/internal/command"
	"github.com/berdaya/berdaya/workflow"
)

// The job: its kind, and how often it is done.
const (
	Job   = "forget_settled"
	Every = 24 * time.Hour
)

// Of a run of the job: how many rows are removed in one transaction, and after which time it lets others work.
const (
	atOnce = 1000
	slice  = 10 * time.Second
)

const (
	day = 24 * time.Hour
	// Most is the longest that anything here may be kept for.
	Most = 10 * 365 * day
)

// What is kept for a time.
const (
	DryRuns       = "dry-runs"
	BulkResults   = "bulk-results"
	Drafts        = "drafts"
	Sent          = "sent"
	Dead          = "dead"
	Read          = "read"
	Notifications = "notifications"
)

// notices follow what tells them, so nobody says how long they are kept.
const notices = "notices"

// Kept is one thing that is kept for a time.
type Kept struct {
	What           string
	Default, Least time.Duration
	Says           string // what it is, and since when its time counts
}

// All is what is kept for how long, in the order in which it is removed: what refers to other things goes before them.
var All = []Kept{
	{DryRuns, 90 * day, day, "untouched dry runs of bulk moves; CANCELLED then"},
	{BulkResults, 400 * day, 30 * day, "single results of ended bulk moves; counts stay"},
	{Drafts, 400 * day, command.KeptFor, "drafts since they were merged or dropped"},
	{Sent, 180 * day, 30 * day, "deliveries since they were sent"},
	{Dead, 730 * day, 180 * day, "dead letters since they were given up"},
	{Read, 180 * day, day, "notifications since they were read"},
	{Notifications, 400 * day, 30 * day, "notifications since they were made, read or not"},
}

// Periods say for how long what is kept that is kept otherwise than by default.
type Periods map[string]time.Duration

// Check says what is wrong with periods: something that is not in the list, or a time that is out of bounds.
func (p Periods) Check() error {
	for _, what := range slices.Sorted(maps.Keys(p)) {
		at := slices.IndexFunc(All, func(k Kept) bool { return k.What == what })
		if at < 0 {
			names := make([]string, len(All))
			for i, k := range All {
				names[i] = k.What
			}
			return domain.Errorf(domain.CodeBadUserInput, "%q is nothing that can be kept longer or shorter; name one of %s", what, strings.Join(names, ", ")).
				In(fmt.Sprintf("masa simpan %q tidak dapat diatur; sebutkan salah satu dari %s", what, strings.Join(names, ", ")))
		}
		if k := All[at]; p[what] < k.Least || p[what] > Most {
			return domain.Errorf(domain.CodeBadUserInput, "%s can be kept for %.0fh to %.0fh, not %s", what, k.Least.Hours(), Most.Hours(), p[what]).
				In(fmt.Sprintf("%s dapat disimpan %.0fh sampai %.0fh, bukan %s", what, k.Least.Hours(), Most.Hours(), p[what]))
		}
	}
	return nil
}

// of gives for how long something is kept.
func (p Periods) of(k Kept) time.Duration {
	if said := p[k.What]; said > 0 {
		return said
	}
	return k.Default
}

// Keeping is the job that removes what is over.
type Keeping struct {
	Store interface {
		// RemoveOld removes what was over before an instant, the oldest first and at most so many rows, and gives how many.
		RemoveOld(ctx context.Context, what string, before time.Time, most int) (int, error)
	}
	Periods Periods
	Clock   domain.Clock
	Log     *slog.Logger
}

// Work is one run of the job. It may be broken off anywhere.
func (k Keeping) Work(ctx context.Context, _ workflow.JobRun) error {
	until, now := time.Now().Add(slice), k.Clock.Now()
	told := time.Duration(0) // how long something may tell a notice
	for _, one := range All {
		kept := k.Periods.of(one)
		if one.What == Notifications || one.What == Sent {
			told = max(told, kept)
		}
		if done, err := k.remove(ctx, one.What, now.Add(-kept), until); err != nil || !done {
			return goOn(err)
		}
	}
	done, err := k.remove(ctx, notices, now.Add(-told), until)
	if err != nil || !done {
		return goOn(err)
	}
	return nil
}

func goOn(err error) error {
	if err != nil {
		return err
	}
	return workflow.GoOnIn(time.Second)
}

// remove removes all of something that was over before an instant, and tells whether it did before the time was up.
func (k Keeping) remove(ctx context.Context, what string, before, until time.Time) (done bool, err error) {
	total := 0
	for n := atOnce; n == atOnce; total += n {
		if !time.Now().Before(until) {
			break
		}
		if n, err = k.Store.RemoveOld(ctx, what, before, atOnce); err != nil {
			break
		}
		done = n < atOnce
	}
	if total > 0 {
		level := slog.LevelInfo
		if what == Dead { // nobody took care of them
			level = slog.LevelWarn
		}
		k.Log.Log(ctx, level, "what was kept long enough is removed", "what", what, "older_than", before, "rows", total)
	}
	return done && err == nil, err
}
