package main

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/berdaya/berdaya/internal/demo"
)

var (
	graphqlBlock = regexp.MustCompile("(?s)```graphql\n(.*?)```")
	variable     = regexp.MustCompile(`\$(\w+): ID!`)
)

// TestTheMainJobOfTheREADMEWorksAsPasted runs the README's queries in their order. A step's variables are the ids of what the
// steps before made, by the name of the thing.
func TestTheMainJobOfTheREADMEWorksAsPasted(t *testing.T) {
	t.Parallel()
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks := graphqlBlock.FindAllStringSubmatch(string(readme), -1)
	if len(blocks) < 5 {
		t.Fatalf("the README has %d queries", len(blocks))
	}
	p := newWorld(t).as(t, "coordinator", "32")
	made := map[string]any{}
	var last value
	for _, b := range blocks {
		variables := map[string]any{}
		for _, m := range variable.FindAllStringSubmatch(b[1], -1) {
			variables[m[1]] = made[m[1]]
		}
		last = p.ask(b[1], variables)
		for field, payload := range last.v.(map[string]any) {
			fields, _ := payload.(map[string]any)
			if errors, _ := fields["userErrors"].([]any); len(errors) > 0 {
				t.Fatalf("%s\n%s: %v", b[1], field, errors)
			}
			for name, entity := range fields {
				if e, ok := entity.(map[string]any); ok && e["id"] != nil {
					made[name] = e["id"]
				}
			}
		}
	}
	if got := last.list("programme.history.nodes"); len(got) != 2 || got[1].text("toStage") != "PLAN" {
		t.Errorf("the history at the end: %v", got)
	}
}

func TestTheQueriesThatDevPrintsAnswerSomething(t *testing.T) {
	t.Parallel()
	p := newWorld(t).as(t, "coordinator", "32")
	p.programme("BDG-2026-003")
	for _, q := range demo.Queries {
		if v := p.ask(q.Text, nil); v.v == nil || strings.Contains(q.Text, "'") {
			t.Errorf("%s: %v", q.Title, v.v)
		}
	}
}
