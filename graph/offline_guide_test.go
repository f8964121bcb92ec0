package graph_test

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestTheWorkedExampleOfTheGuideIsTrue(t *testing.T) {
	t.Parallel()
	guide, err := os.ReadFile("../docs/front-end.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(guide), "## Working without a line\n")
	var blocks []string // the query, its variables, the answer
	for part := range strings.SplitSeq(section, "\n```") {
		if language, text, ok := strings.Cut(part, "\n"); ok && language != "" && len(blocks) < 3 {
			blocks = append(blocks, text)
		}
	}
	var variables map[string]any
	type shown struct {
		Key, Outcome, ID string
		Version          *int
		UserErrors       []struct {
			Code string
			Path []string
		}
		Draft any
	}
	var want, got struct{ Results []shown }
	if err := json.Unmarshal([]byte(blocks[1]), &variables); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(blocks[2]), &want); err != nil {
		t.Fatal(err)
	}
	v := newVillage(t)
	programme := "01890a5d-ac96-774b-bcce-b302099a8057"
	for _, r := range v.submit("ani", false, append(begin(newID(), programme, "WATER-1"),
		on("updateProgramme", command{"id": programme, "title": "Sumur", "expectedUpdatedAt": "2200-01-01T00:00:00Z"}))...) {
		if r.Outcome != "DONE" {
			t.Fatalf("%+v", r)
		}
	}
	text, _ := json.Marshal(v.ask("ani", blocks[0], variables)["submitCommands"])
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	for _, results := range [][]shown{want.Results, got.Results} {
		for i := range results {
			if results[i].Draft != nil {
				results[i].Draft = "one"
			}
			if len(results[i].UserErrors) == 0 {
				results[i].UserErrors = nil
			}
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s\n%s", diff, text)
	}
}
