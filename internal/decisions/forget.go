package decisions

import (
	"context"
	"encoding/json"
	"time"

	"github.com/google/uuid"

	"github.com/berdaya/berdaya/internal/access"
	"github.com/berdaya/berdaya/workflow"
)

// Of forgetting.
const (
	ForgetJob     = "forget_decisions"
	ForgetEvery   = 24 * time.Hour
	ForgetTimeout = 10 * time.Minute
	forgetSlice   = 2000

	DefaultKeeping = 90 * 24 * time.Hour // what an operator gets who says nothing
	LeastKeeping   = 24 * time.Hour
	MostKeeping    = 2 * 366 * 24 * time.Hour
)

// Forget deletes what is older than it is to be kept, a slice at a time. It may be broken off anywhere.
func (l *Log) Forget(ctx context.Context, _ workflow.JobRun) error {
	before := l.Clock.Now().Add(-l.Keeping)
	for {
		more, err := l.Store.Forget(ctx, before, forgetSlice)
		if err != nil || !more {
			return err
		}
	}
}

// Shown are facts as JSON, in the names that rules know them by, and the paths of the fields in which a text was masked.
type Shown struct {
	Content json.RawMessage
	Masked  []string
}

// Facts gives the facts on which decisions rest for those that the actor may look into; it leaves out the others, and those whose
// facts are not there.
func (l *Log) Facts(ctx context.Context, actor access.Actor, ids []uuid.UUID) (map[uuid.UUID]Shown, error) {
	found, err := l.Store.Facts(ctx, ids)
	if err != nil {
		return nil, err
	}
	shown := make(map[uuid.UUID]Shown, len(found))
	for id, f := range found {
		if access.MaySeeTrails(actor, f.RegionCode) != nil {
			continue
		}
		content, err := l.Show(f.Content)
		if err != nil {
			return nil, err
		}
		shown[id] = Shown{content, f.Masked}
	}
	return shown, nil
}
