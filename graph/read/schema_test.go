package read_test

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/berdaya/berdaya/graph/read"
)

func moves(context.Context, []uuid.UUID) ([]any, error) { return nil, nil }

// TestAFieldThatNothingAnswersIsRefusedAtTheStart changes one thing of the schema at a time.
func TestAFieldThatNothingAnswersIsRefusedAtTheStart(t *testing.T) {
	t.Parallel()
	var whole strings.Builder
	files, err := filepath.Glob("../schema/*.graphqls")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		whole.Write(append(text, '\n'))
	}
	for _, c := range []struct{ name, old, new, says string }{
		{"as it is", "", "", ""},
		{"a field that is no column", "goal: String!", "goals: String!", "Programme.goals"},
		{"a column of another form", "goal: String!", "goal: Int!", "Programme.goal"},
		{"personal data that is never null", "responsible: String", "responsible: String!", "Activity.responsible"},
		{"a column that may be null", "heldAt: DateTime", "heldAt: DateTime!", "Programme.heldAt"},
		{"a label of nothing", "kindLabel: String!", "phaseLabel: String!", "phaseLabel"},
		{"a list of another type", "): NeedConnection!", "): FindingConnection!", "Programme.needs"},
		{"a community that is always there", "community: Community\n", "community: Community!\n", "ProgrammeCommunity.community"},
		{"a type that is not stored", "type PageInfo {", "type Elsewhere implements Node { id: ID! }\ntype PageInfo {", "Elsewhere"},
	} {
		source := whole.String()
		if c.old != "" {
			if !strings.Contains(source, c.old) {
				t.Fatalf("%s: the schema has no %q", c.name, c.old)
			}
			source = strings.Replace(source, c.old, c.new, 1)
		}
		schema, err := gqlparser.LoadSchema(&ast.Source{Input: source})
		if err != nil {
			t.Fatal(err)
		}
		_, err = read.New(nil, read.Options{Schema: schema, Key: cursorKey, Batches: []read.Batch{{Type: "Programme", Field: "availableMoves", Func: moves}, {Type: "Notification", Field: "message", Func: moves}, {Type: "Programme", Field: "rules", Func: moves}, {Type: "Decision", Field: "facts", Func: moves}}})
		if c.says == "" && err != nil || c.says != "" && (err == nil || !strings.Contains(err.Error(), c.says)) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	if _, err := read.New(nil, read.Options{Schema: servedSchema(), Key: cursorKey, Batches: []read.Batch{{Type: "Notification", Field: "message", Func: moves}, {Type: "Decision", Field: "facts", Func: moves}}}); err == nil || !strings.Contains(err.Error(), "availableMoves") {
		t.Errorf("without a batch: %v", err)
	}
	if _, err := read.New(nil, read.Options{Schema: servedSchema(), Key: []byte("short")}); err == nil {
		t.Error("a short key is taken")
	}
}

// TestStoredDataBeginsWhereTheSchemaSays holds that every query but these few is the read path's.
func TestStoredDataBeginsWhereTheSchemaSays(t *testing.T) {
	t.Parallel()
	for _, f := range servedSchema().Query.Fields {
		other := slices.Contains([]string{"viewer", "diagram", "definition", "plugins"}, f.Name)
		if stored := f.Directives.ForName("stored") != nil; stored == other && !strings.HasPrefix(f.Name, "__") {
			t.Errorf("%s: @stored is %v", f.Name, stored)
		}
	}
}
