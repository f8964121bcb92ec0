package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/internal/decisions"
	"github.com/berdaya/berdaya/plugins/host"
)

// noMask is said where nothing is to be masked.
const noMask = "none"

// decisionsKept says how decisions are kept. Its zero value is the default.
type decisionsKept struct {
	Masks []string      // which texts in facts are masked; nil: host.DefaultMasks
	For   time.Duration // 0: decisions.DefaultKeeping
}

func (k *decisionsKept) flags(cmd *cobra.Command) {
	cmd.Flags().StringSliceVar(&k.Masks, "mask", host.DefaultMasks, "the texts in facts that the decision log replaces by "+host.Masked+", as rule files name them; "+noMask+" masks nothing")
	cmd.Flags().DurationVar(&k.For, "keep-decisions", decisions.DefaultKeeping, "how long decisions are kept, 24h to 17568h; the same on every server")
}

// check says what is wrong with the flags, before anything is started.
func (k *decisionsKept) check() error {
	if k.For != 0 && (k.For < decisions.LeastKeeping || k.For > decisions.MostKeeping) {
		return usageError{fmt.Errorf("--keep-decisions is from 24h to 17568h, not %s", k.For)}
	}
	_, err := k.recorder()
	return err
}

func (k *decisionsKept) recorder() (*host.Recorder, error) {
	masks := k.Masks
	switch {
	case masks == nil:
		masks = host.DefaultMasks
	case slices.Contains(masks, noMask) && len(masks) > 1:
		return nil, usageError{fmt.Errorf("--mask %s stands alone, not with %s", noMask, strings.Join(masks, ","))}
	case slices.Contains(masks, noMask):
		masks = nil
	}
	return host.NewRecorder(masks)
}

// startDecisions begins to keep the decision log.
func (sv *server) startDecisions(s settings, clock domain.Clock, ids domain.IDs) error {
	recorder, err := s.Decisions.recorder()
	if err != nil {
		return err
	}
	sv.decided = &decisions.Log{Store: sv.db.Decisions(), Recorder: recorder, Show: host.ShowFacts, Clock: clock, IDs: ids, Log: s.Log,
		Keeping: cmp.Or(s.Decisions.For, decisions.DefaultKeeping), Count: sv.metrics.FromDecisions()}
	sv.decided.Start()
	return nil
}
