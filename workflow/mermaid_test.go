package workflow_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/berdaya/berdaya/domain"
	"github.com/berdaya/berdaya/workflow"
)

var update = flag.Bool("update", false, "write the golden files anew")

func TestTheDiagramShowsWhereProgrammesStand(t *testing.T) {
	t.Parallel()
	counts := []workflow.StageCount{
		{Stage: domain.Identify, Status: domain.Active, Count: 1_234_567, Overdue: 12}, {Stage: domain.Plan, Status: domain.Active, Count: 45_006},
		{Stage: domain.Plan, Status: domain.OnHold, Count: 3, Overdue: 1}, {Stage: domain.Train, Status: domain.OnHold, Count: 4, Overdue: 1},
		{Stage: domain.Monitor, Status: domain.Active, Count: 999, Overdue: 999}, {Stage: domain.Identify, Status: domain.Cancelled, Count: 7},
		{Stage: domain.ReportResult, Status: domain.Completed, Count: 88_000},
	}
	for name, given := range map[string][]workflow.StageCount{"stages": counts, "empty": nil} {
		for _, l := range []domain.Locale{domain.English, domain.Indonesian} {
			golden := filepath.Join("testdata", name+"."+string(l)+".mmd")
			got := workflow.Mermaid(given, l)
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(got, "\n")); diff != "" {
				t.Errorf("%s (go test -update writes it anew):\n%s", golden, diff)
			}
		}
	}
}
