package definitions_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/internal/definitions"
	_ "github.com/berdaya/berdaya/internal/seeded"
	"github.com/berdaya/berdaya/workflow"
)

func TestWhatIsWrittenIsReadTheSame(t *testing.T) {
	t.Parallel()
	days := func(least int) *rapid.Generator[[]int] {
		return rapid.Custom(func(t *rapid.T) []int {
			list := rapid.SliceOfNDistinct(rapid.IntRange(least, 3650), 0, 20, rapid.ID[int]).Draw(t, "list")
			if len(list) == 0 {
				return nil
			}
			return list
		})
	}
	rapid.Check(t, func(t *rapid.T) {
		var entries []definitions.Entry
		for _, stage := range rapid.SliceOfDistinct(rapid.SampledFrom(domain.Stages.Codes()), rapid.ID[string]).Draw(t, "stages") {
			e := definitions.Entry{Stage: domain.Stage(stage), Schedule: workflow.Schedule{Checkpoints: days(1).Draw(t, "checkpoints"),
				Reminders: days(0).Draw(t, "reminders"), Overdue: days(1).Draw(t, "overdue")}}
			if rapid.Bool().Draw(t, "due") {
				e.Days = of(rapid.IntRange(1, 3650).Draw(t, "days"))
			}
			after := slices.Sorted(slices.Values(days(1).Draw(t, "after")))
			for i, a := range after {
				e.Escalations = append(e.Escalations, workflow.Escalation{After: a, To: domain.Level(domain.Levels[max(4-i, 0)].Code)})
			}
			entries = append(entries, e)
		}
		got, err := definitions.Parse("x.yaml", []byte(definitions.Text(entries, func(domain.Stage) string { return "remark" })))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(entries, got); diff != "" {
			t.Fatal(diff)
		}
	})
}
