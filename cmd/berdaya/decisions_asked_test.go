package main

import (
	"encoding/json"
	"errors"
	"regexp"
	"strings"

	"github.com/berdaya/berdaya/domain"
)

// decisionsByCommands reads the decision log by commands, where a programme with this code was blocked.
func (d *bureau) decisionsByCommands(code string) {
	d.Helper()
	must := func(role string, args ...string) string {
		d.Helper()
		out, err := d.runs(role, "32", append([]string{"decisions"}, args...)...)
		if err != nil {
			d.Fatalf("%s: %v\n%s", strings.Join(args, " "), err, out)
		}
		return out
	}
	read := func(role string, args ...string) (all []shownDecision) {
		d.Helper()
		if err := json.Unmarshal([]byte(must(role, append(append([]string{"list"}, args...), "--json")...)), &all); err != nil {
			d.Fatal(err)
		}
		return all
	}
	all := read("auditor", "--first", "1000")
	if len(all) < 3 || len(read("auditor", "--first", "2")) != 2 || len(read("auditor", "--to", "2020-01-01")) != 0 || len(read("viewer", "--programme", code)) != 0 {
		d.Errorf("%+v", all)
	}
	var newest *shownDecision
	rules := map[string]int{}
	for i := range all {
		if newest == nil && all[i].Outcome == "BLOCKED" && all[i].code() == code {
			newest = &all[i]
		}
		if i > 0 && all[i].DecidedAt.After(all[i-1].DecidedAt) {
			d.Error("they are not in the order of time")
		}
		for _, name := range strings.Fields(all[i].stoppers()) {
			rules[name]++
		}
	}
	if newest == nil {
		d.Fatalf("%s is not there: %+v", code, all)
	}
	name := strings.Fields(newest.stoppers())[0]
	set, rule, _ := strings.Cut(name, "/")
	for _, found := range read("auditor", "--rule-set", set, "--rule", rule, "--outcome", "blocked", "--first", "1000") {
		if found.Outcome != "BLOCKED" || !strings.Contains(found.stoppers(), name) {
			d.Errorf("%+v", found)
		}
		rules[name]--
	}
	if rules[name] != 0 {
		d.Errorf("%d decisions by %s are missing", rules[name], name)
	}
	mine := read("coordinator", "--programme", code)
	if len(mine) == 0 || len(read("coordinator", "--mine")) < len(mine) {
		d.Error("a coordinator does not see those on a programme of theirs")
	}
	table := must("auditor", "list", "--programme", code, "--first", "1")
	if !regexp.MustCompile(`(?m)^WHEN +PROGRAMME +REGION +STAGE +MOVE +OUTCOME +TIMES +RULES +WHO +ID$`).MatchString(table) || !strings.Contains(table, code) {
		d.Error(table)
	}
	if out := must("viewer", "list", "--programme", code); !strings.Contains(out, "none that you see") {
		d.Error(out)
	}
	text := must("auditor", "show", newest.ID)
	if !strings.Contains(text, code+" in ") || !strings.Contains(text, name) || !strings.Contains(text, newest.FactsHash) || !strings.Contains(text, "Blocks") {
		d.Error(text)
	}
	for _, b := range newest.Blocks {
		if !strings.Contains(text, b.Message) {
			d.Errorf("%s does not say in full %s", text, b.Message)
		}
	}
	var one shownDecision
	if err := json.Unmarshal([]byte(must("auditor", "show", newest.ID, "--json")), &one); err != nil || one.Facts == nil || len(one.Facts.Content) < 10 {
		d.Errorf("%v %+v", err, one)
	}
	if _, err := d.runs("viewer", "32", "decisions", "show", newest.ID); domain.CodeOf(err) != domain.CodeNotFound {
		d.Error(err)
	}
	for _, wrong := range [][]string{{"--rule", "X"}, {"--outcome", "maybe"}, {"--first", "0"}, {"--first", "1001"}, {"--from", "yesterday"}} {
		if _, err := d.runs("auditor", "32", append([]string{"decisions", "list"}, wrong...)...); !isUsage(err) {
			d.Errorf("%s: %v", wrong, err)
		}
	}
}

func isUsage(err error) bool {
	_, ok := errors.AsType[usageError](err)
	return ok
}
